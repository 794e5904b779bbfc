"""The formulas that are shown: read back by sympy they give the numbers used."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import formula
from minigrad.rules import RULES, Elementwise
from minigrad.rules.activations import SELU_ALPHA, SELU_SCALE

GOLDEN = Path(__file__).with_name("golden") / "formulas.txt"
TEXTBOOK = GOLDEN.read_text(encoding="utf-8").splitlines()
CELLS = [name for name, rule in RULES.items() if isinstance(rule, Elementwise)]
SLOPES = [
    (name, place)
    for name in CELLS
    for place, derivative in enumerate(RULES[name].derivatives)
    if derivative
]
# Parameters other than the defaults, which would hide that they are used.
PARAMETERS = {
    "elu": {"alpha": 0.5}, "leaky_relu": {"negative_slope": 0.25}, "softplus": {"beta": 2.0},
    "round": {"decimals": 1},
}  # fmt: skip
WITHIN = {
    **dict.fromkeys(["asin", "acos", "atanh"], (-0.9, 0.9)),
    **dict.fromkeys(["sqrt", "rsqrt", "log", "log2", "log10", "log1p"], (0.1, 5)),
    **dict.fromkeys(["pow", "pow_tensor"], (0.1, 5)),
    "acosh": (1.1, 5),
}

# Reading what was written ----------------------------------------------------------------

SIGNS = {
    "·": "*", "−": "-", "^": "**", "≥": ">=", "≤": "<=", "≠": "!=", " = ": " == ", "⁻": "-",
    "λ": "lam", "α": "alp", " mod ": " % ", " xor ": " ^ ",
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
}  # fmt: skip
WORDS = {
    "max": sympy.Max,
    "min": sympy.Min,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "trunc": lambda x: sympy.sign(x) * sympy.floor(abs(x)),
    "round": lambda x, decimals=0: sympy.Float(round(float(x), decimals)),
    "ceil": sympy.ceiling,
    "fmod": lambda a, b: sympy.Float(math.fmod(a, b)),
    "arctan2": sympy.atan2,
    **{f"arc{name}": getattr(sympy, f"a{name}") for name in ("sin", "cos", "tan")},
    **{f"arc{name}": getattr(sympy, f"a{name}") for name in ("sinh", "cosh", "tanh")},
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log2": lambda x: sympy.log(x, 2),
    "log10": lambda x: sympy.log(x, 10),
    "log1p": lambda x: sympy.log(1 + x),
    "isfinite": lambda x: x.is_finite,
    "isnan": lambda x: x is sympy.nan,
    "isinf": lambda x: x.is_infinite,
    "isclose": lambda a, b: abs(a - b) <= 1e-8 + 1e-5 * abs(b),
    "nan_to_num": lambda x: x,
    "lam": sympy.Float(SELU_SCALE, 30),
    "alp": sympy.Float(SELU_ALPHA, 30),
    "π": sympy.pi,
}


def plain(text):
    """Write a displayed formula as Python."""
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda raised: f"**({raised[0]})", text)
    text = re.sub(r"√(\w+)", r"sqrt(\1)", text).replace("√", "sqrt")
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    text = re.sub(r"ln (\d+)", r"log(\1)", text)
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    return text


def evaluated(text, known):
    """Read a displayed formula with sympy, which knows nothing of rules."""
    numbers = {
        key: each if isinstance(each, bool) else sympy.Float(each, 30)
        for key, each in known.items()
    }
    value = eval(plain(text), {**vars(sympy), **WORDS, **numbers})
    return float(bool(value)) if value in (True, False) else float(value)


def symbols_of(rule):
    return {key: formula.symbol(key) for key in (*rule.inputs, "y", "g")}


def value_shown(rule, parameters):
    symbols = symbols_of(rule)
    return formula.text(formula.read(rule, [symbols[key] for key in rule.inputs], parameters))


def slope_shown(rule, place, parameters):
    return formula.text(formula.simplified(rule.shown(place, symbols_of(rule) | parameters)))


def draw_point(data, rule, parameters):
    """Draw the numbers of one cell, where the op has a value and a slope."""
    low, high = WITHIN.get(rule.name, (-5, 5))
    # Few bits, so that a quotient is whole for both readers or for none.
    number = st.integers(int(low * 128), int(high * 128)).filter(bool).map(lambda n: n / 128)
    on_truth = "logical" in rule.name or "f" not in rule.takes
    kinds = [st.booleans() if on_truth or key == "condition" else number for key in rule.inputs]
    cell = [np.asarray(data.draw(kind))[()] for kind in kinds]
    known = dict(zip(rule.inputs, cell, strict=True))
    return {**known, "y": rule.value(*cell, **parameters)}


def as_python(known):
    return {key: np.asarray(each).item() for key, each in known.items()}


# The tests -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "place"), SLOPES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_the_slope_shown_is_the_slope_used(name, place, data):
    rule = RULES[name]
    parameters = {**rule.defaults, **PARAMETERS.get(name, {})}
    known = draw_point(data, rule, parameters)
    used = float(rule.local(place, {**parameters, **known}))
    shown = slope_shown(rule, place, parameters)
    assert evaluated(shown, as_python(known)) == pytest.approx(used, rel=1e-9, abs=1e-12), shown


@pytest.mark.parametrize("name", [name for name in CELLS if RULES[name].formula])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_the_value_shown_is_the_value_used(name, data):
    rule = RULES[name]
    parameters = {**rule.defaults, **PARAMETERS.get(name, {})}
    known = as_python(draw_point(data, rule, parameters))
    shown, used = value_shown(rule, parameters), float(known.pop("y"))
    assert evaluated(shown, known) == pytest.approx(used, rel=1e-9, abs=1e-12), shown


@pytest.mark.parametrize("line", TEXTBOOK)
def test_textbook_forms(line):
    about, _, form = line.partition(": ")
    name, _, what = about.partition(" ")
    rule = RULES[name]
    if what:
        assert slope_shown(rule, rule.inputs.index(what), rule.defaults) == form
    else:
        assert value_shown(rule, rule.defaults) == form


def test_there_are_thirty_textbook_forms():
    slopes = {line for line in TEXTBOOK if " " in line.partition(":")[0]}
    assert len(slopes) >= 30


@pytest.mark.parametrize(
    ("name", "place", "text"),
    [
        ("matmul", 0, "g @ bᵀ"),
        ("matmul", 1, "aᵀ @ g"),
        ("softmax", 0, "y·(g − sum(g·y))"),
    ],
)
def test_how_a_whole_ops_derivative_is_written(name, place, text):
    assert slope_shown(RULES[name], place, {"axis": -1}) == text


@pytest.mark.parametrize(
    ("exponent", "text"),
    [(2, "2·x"), (3, "3·x²"), (1, "1"), (0, "0"), (-1, "(−1)·x⁻²"), (0.5, "0.5·x^(−0.5)")],
)
def test_how_a_powers_slope_is_written(exponent, text):
    assert slope_shown(RULES["pow"], 0, {"n": exponent}) == text


def test_rows_are_read_on_symbols():
    assert formula.text(RULES["softmax"](formula.symbol("x"))) == "softmax(x)"


def test_a_loss_of_classes_shows_no_options_that_nobody_gave():
    logits = mg.tensor([[2.0, 1.0], [0.0, 1.0]], requires_grad=True, name="logits")
    target = mg.tensor([0, 1], name="target")
    F = mg.nn.functional
    trace = mg.trace(F.cross_entropy(logits, target))
    assert trace.nodes[-1].badge == "cross_entropy"
    shown = [each.formula.partition(", where")[0] for each in trace.steps]
    assert shown[1].startswith("cross_entropy1 = mean(−log_softmax(logits) at class target) = ")
    assert shown[3] == (
        "∂cross_entropy1/∂logits = "
        "(softmax(logits) − (1 at class target, else 0))·G·(target ≠ −100)/sum(target ≠ −100)"
    )
    trace = mg.trace(F.nll_loss(F.log_softmax(logits, 1), target))
    shown = [each.formula.partition(", where")[0] for each in trace.steps]
    assert shown[2].startswith("nll_loss1 = mean(−log_softmax1 at class target) = ")
    assert shown[4] == ("∂nll_loss1/∂log_softmax1 = −G/sum(target ≠ −100) at class target, else 0")
