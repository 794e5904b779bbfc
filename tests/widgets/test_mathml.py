"""Formulas keep every sign on their way into MathML, and fractions and powers become such."""

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad_widgets.mathml import mathml

TAG = "{http://www.w3.org/1998/Math/MathML}"
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ", "−0123456789T")


def structure(part):
    """An element as nested tuples: its tag, and its text or its parts."""
    return (part.tag.removeprefix(TAG), *(map(structure, part) if len(part) else [part.text]))


def parts(formula):
    return [structure(part) for part in fromstring(mathml(formula))]


def test_a_slope_is_a_fraction():
    rise, run = (("mrow", ("mo", "∂"), ("mi", name)) for name in "yx")
    assert parts("∂y/∂x = 2") == [("mfrac", rise, run), ("mo", "="), ("mn", "2")]


def test_powers_roots_and_transposes():
    assert parts("x²") == [("msup", ("mi", "x"), ("mn", "2"))]
    assert parts("x⁻¹·y") == [("msup", ("mi", "x"), ("mn", "−1")), ("mo", "·"), ("mi", "y")]
    assert parts("√2") == [("msqrt", ("mn", "2"))]
    assert parts("Xᵀ @ G") == [
        ("msup", ("mi", "X"), ("mn", "T")), ("mo", "@"), ("mi", "G")
    ]  # fmt: skip
    assert parts("2^x") == [("msup", ("mn", "2"), ("mi", "x"))]


def test_a_fraction_needs_no_brackets():
    (fraction,) = parts("1/(1 + |x|)")
    assert fraction[2] == (
        "mrow", ("mn", "1"), ("mo", "+"), ("mrow", ("mo", "|"), ("mi", "x"), ("mo", "|"))
    )  # fmt: skip


def test_a_call_is_one_factor():
    call = ("mrow", ("mi", "exp"), ("mrow", ("mo", "("), ("mi", "x"), ("mo", ")")))
    assert parts("exp(x)/2") == [("mfrac", call, ("mn", "2"))]


def signs(formula):
    """All characters but those that a drawn fraction, root or power stands for."""
    return sorted(each for each in formula.translate(RAISED) if each not in "/^()√ \u00a0")


@given(st.text("xy12.⁻²ᵀ()[]|√∂/^·+−= ifelse<&é", max_size=40))
def test_nothing_is_lost_whatever_is_written(formula):
    if formula:
        math = fromstring(mathml(formula))
        assert math.get("alttext") == formula
        assert signs("".join(math.itertext())) == signs(formula)


@pytest.mark.parametrize("formula", ["", "<b>&</b>", "(" * 60])
def test_any_name_is_text(formula):
    written = mathml(formula)
    assert (not formula and written == "") or "<b>" not in written.partition(">")[2]


def test_the_formulas_of_a_trace_are_read_to_the_end():
    x, w = (mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name=name) for name in "xw")
    trace = mg.trace((mg.sigmoid(x @ w) / (1 + abs(w)) ** 2).sum())
    formulas = [step.formula for step in trace.steps if step.formula]
    assert any("/" in formula for formula in formulas)
    for formula in formulas:
        assert signs("".join(fromstring(mathml(formula)).itertext())) == signs(formula)
