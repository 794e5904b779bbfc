"""Every reading of every rule gives the same derivative."""

import itertools
import re

import numpy as np
import pytest
import sympy

import minigrad as mg
from minigrad import formula
from minigrad.rules import RULES, Elementwise, Row
from minigrad.tensor import apply

DIFFERENTIABLE = [name for name, rule in RULES.items() if rule.differentiable]
SLOPED = [name for name in DIFFERENTIABLE if isinstance(RULES[name], Elementwise)]

A = np.array([[0.7, 1.9, 2.3], [1.1, 0.4, 3.1]])
B = np.array([[1.5, 0.6, 1.2], [2.2, 0.9, 1.7]])
ROWS = (np.array([[0], [1]]), np.array([[2], [0]]))
# One set of operands per rule, or several; the last part of each is its parameters.
OPERANDS = {
    "add": [((A, B), {}), ((A, B[0]), {}), ((A[:, :1], 2.0), {})],
    "sub": [((A, B), {}), ((3.0, A), {})],
    "mul": [((A, B), {}), ((A, 2.0), {}), ((0.5, A[0, 0]), {})],
    "div": [((A, B), {}), ((2.0, A), {}), ((A, 4.0), {})],
    "neg": [((A,), {})],
    "reciprocal": [((A,), {})],
    "pow": [((A, 3), {}), ((A, -1.5), {}), ((A, 1), {}), ((A, 0), {}), ((A - 2, 2), {})],
    "pow_tensor": [((A, B), {}), ((2.0, A), {})],
    "exp": [((A,), {})],
    "log": [((A,), {})],
    "sin": [((A,), {})],
    "cos": [((A,), {})],
    "tanh": [((A,), {})],
    "sigmoid": [((A - 1,), {})],
    "relu": [((A - 1,), {})],
    "where": [((A > 1, A, B), {}), ((A > 1, A, 0.0), {})],
    "softmax": [((A,), {}), ((A,), {"axis": 0})],
    "matmul": [((A, B.T), {}), ((np.stack([A, B]), B.T), {})],
    "mv": [((A, B[0]), {})],
    "dot": [((A[0], B[0]), {})],
    "sum": [((A,), {}), ((A,), {"axis": 0}), ((A,), {"axis": (0, 1), "keepdims": True})],
    "mean": [((A,), {}), ((A,), {"axis": 1}), ((A,), {"axis": -1, "keepdims": True})],
    "amax": [((A,), {}), ((A,), {"axis": 1})],
    "max": [
        ((A,), {"key": ROWS, "axis": 1, "keepdims": True}),
        ((A,), {"key": ROWS, "axis": 1, "keepdims": False}),
    ],
    "reshape": [((A,), {"shape": (3, 2)}), ((A,), {"shape": (-1,)})],
    "transpose": [((A,), {"axis1": 0, "axis2": 1})],
    "unsqueeze": [((A,), {"axis": 1})],
    "expand": [((A[:, :1],), {"shape": (4, 2, 3)})],
    "to": [((A,), {"dtype": np.dtype("float64")}), ((A,), {"dtype": np.dtype("float32")})],
    "index": [((A,), {"key": ([0, 1, 0],)}), ((A,), {"key": (A > 1,)})],
    "select": [((A,), {"key": (0,)}), ((A,), {"key": (slice(None), None, slice(0, 3, 2))})],
    "scatter": [((A,), {"key": ([0, 2],), "shape": (4, 3)})],
}
CASES = [(name, *each) for name in DIFFERENTIABLE for each in OPERANDS[name]]
IDS = [f"{name}{i}" for i, (name, *_) in enumerate(CASES)]


def tracked(operands):
    """Give each float array a place in a graph; everything else stays as it is."""
    return [
        mg.tensor(each, requires_grad=each.dtype.kind == "f") if hasattr(each, "dtype") else each
        for each in operands
    ]


def weights(shape):
    return np.cos(np.arange(np.prod(shape, dtype=int)).reshape(shape)) + 1.5


def scalar(rule, operands, parameters):
    """Weigh the cells of an op's result, so that none can be mistaken for another."""
    y = apply(rule, *operands, **parameters)
    return (y.to(mg.float64) * mg.tensor(weights(y.shape))).sum()


def differences(function, arrays, step=1e-6):
    """Central differences of a number for every cell of every float array."""
    slopes = []
    for place, array in enumerate(arrays):
        if not hasattr(array, "dtype") or array.dtype.kind != "f":
            continue
        slope = np.zeros_like(array)
        for cell in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = np.array(array)
                moved[cell] += sign * step
                ends.append(function([*arrays[:place], moved, *arrays[place + 1 :]]))
            slope[cell] = (ends[0] - ends[1]) / (2 * step)
        slopes.append(slope)
    return slopes


def leaves(operands):
    return [each for each in operands if isinstance(each, mg.Tensor) and each.requires_grad]


def is_rounded(parameters):
    return parameters.get("dtype") == np.dtype("float32")


@pytest.mark.parametrize(("name", "operands", "parameters"), CASES, ids=IDS)
def test_first_order_is_the_finite_difference(name, operands, parameters):
    rule, tensors = RULES[name], tracked(operands)
    step, tolerance = (1e-2, 1e-4) if is_rounded(parameters) else (1e-6, 1e-8)
    ours = mg.autograd.grad(scalar(rule, tensors, parameters), leaves(tensors))
    theirs = differences(lambda each: scalar(rule, each, parameters).item(), operands, step)
    for g, slope in zip(ours, theirs, strict=True):
        assert g.dtype is mg.float64
        np.testing.assert_allclose(g.numpy(), slope, tolerance, tolerance)


@pytest.mark.parametrize(("name", "operands", "parameters"), CASES, ids=IDS)
def test_second_order_is_the_finite_difference_of_the_first(name, operands, parameters):
    rule = RULES[name]
    step, tolerance = (1e-2, 1e-3) if is_rounded(parameters) else (1e-6, 1e-7)

    def length(tensors, create_graph):
        # Squared, so that also a linear op has something to differentiate twice.
        y = scalar(rule, tensors, parameters)
        first = mg.autograd.grad(y * y, leaves(tensors), create_graph=create_graph)
        return sum((g * g).sum() for g in first)

    tensors = tracked(operands)
    squared = length(tensors, True)
    if squared.requires_grad:
        ours = mg.autograd.grad(squared, leaves(tensors))
    else:  # x⁰ is flat: nothing is left to walk back through
        ours = [mg.tensor(np.zeros(each.shape)) for each in leaves(tensors)]
    theirs = differences(lambda each: length(tracked(each), False).item(), operands, step)
    for g, slope in zip(ours, theirs, strict=True):
        scale = max(1.0, np.abs(slope).max())
        np.testing.assert_allclose(g.numpy() / scale, slope / scale, tolerance, tolerance)


# The formulas --------------------------------------------------------------------------

PLAIN = {
    "·": "*", "−": "-", "^": "**", "≥": ">=", "≤": "<=", "not ": "~", "⁻": "-",
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
}  # fmt: skip


def evaluated(text, known):
    """Read a displayed formula with sympy, which knows nothing of rules."""
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda raised: f"**({raised[0]})", text)
    for sign, plain in PLAIN.items():
        text = text.replace(sign, plain)
    value = sympy.sympify(text)
    value = value.subs(known) if hasattr(value, "subs") else value
    return float(bool(value)) if value in (True, False) else float(value)


@pytest.mark.parametrize("name", SLOPED)
def test_the_slope_shown_is_the_slope_used(name):
    rule = RULES[name]
    for operands, _ in OPERANDS[name]:
        numbers = [np.ravel(each)[0] if hasattr(each, "dtype") else each for each in operands]
        known = {**dict(zip(rule.inputs, numbers, strict=True)), "y": rule.value(*numbers)}
        for place, derivative in enumerate(rule.derivatives):
            if derivative is not None:
                slope = rule.shown(place, {key: formula.symbol(key) for key in known})
                shown = formula.text(formula.simplified(slope))
                used = float(rule.local(place, known))
                plain = {key: np.asarray(each).item() for key, each in known.items()}
                assert evaluated(shown, plain) == pytest.approx(used, rel=1e-12), shown


@pytest.mark.parametrize("name", [name for name in SLOPED if RULES[name].textbook])
def test_the_textbooks_form_equals_the_codes(name):
    rule = RULES[name]
    grid = [0.3, 1.0, 1.7, 4.0]
    for values in itertools.product(grid, repeat=len(rule.inputs)):
        known = dict(zip(rule.inputs, map(np.float64, values), strict=True))
        known["y"] = rule.value(*known.values())
        for place, each in enumerate(rule.inputs):
            if each in rule.textbook:
                assert rule.textbook[each](known) == pytest.approx(rule.local(place, known))


def test_the_textbooks_form_of_max_equals_the_codes():
    rule = RULES["amax"]
    known = {"x": A, "y": A.max(), "g": np.float64(3), "axis": None, "keepdims": False}
    assert rule.textbook["x"](known).tolist() == rule.pull_back(0, known, known["g"]).tolist()


@pytest.mark.parametrize(
    ("name", "place", "text"),
    [
        ("mul", 0, "b"),
        ("div", 0, "1/b"),
        ("div", 1, "−a/b²"),
        ("pow_tensor", 0, "b·a^(b − 1)"),
        ("pow_tensor", 1, "y·log(a)"),
        ("log", 0, "1/x"),
        ("cos", 0, "−sin(x)"),
        ("tanh", 0, "1 − y·y"),
        ("sigmoid", 0, "y·(1 − y)"),
        ("relu", 0, "y > 0"),
        ("matmul", 0, "g @ bᵀ"),
        ("matmul", 1, "aᵀ @ g"),
        ("softmax", 0, "y·(g − sum(g·y))"),
    ],
)
def test_how_a_derivative_is_written(name, place, text):
    rule = RULES[name]
    symbols = {key: formula.symbol(key) for key in (*rule.inputs, "y", "g")} | {"axis": -1}
    assert formula.text(formula.simplified(rule.shown(place, symbols))) == text


@pytest.mark.parametrize(
    ("exponent", "text"),
    [(2, "2·x"), (3, "3·x²"), (1, "1"), (0, "0"), (-1, "(−1)·x⁻²"), (0.5, "0.5·x^(−0.5)")],
)
def test_how_a_powers_slope_is_written(exponent, text):
    symbols = {"x": formula.symbol("x"), "n": exponent, "y": formula.symbol("y")}
    assert formula.text(formula.simplified(RULES["pow"].shown(0, symbols))) == text


def test_rows_are_read_on_numbers_and_symbols_alike():
    row = next(rule for rule in RULES.values() if isinstance(rule, Row))
    np.testing.assert_allclose(row.value(A).sum(-1), 1)
    assert formula.text(row(formula.symbol("x"))) == "softmax(x)"


# Rules of one's own --------------------------------------------------------------------


@pytest.fixture
def softplus():
    rule = Elementwise(
        "softplus_of_the_test(x)",
        lambda x: np.log(1 + np.exp(x)),
        floating=True,
        x=lambda x: RULES["sigmoid"](x),  # noqa: PLW0108 the argument's name is read
    )
    yield rule
    del RULES[rule.name]


def test_a_new_rule_needs_nothing_else(softplus):
    x = mg.tensor(0.5, dtype=mg.float64, requires_grad=True)
    y = apply(softplus, x)
    (first,) = mg.autograd.grad(y, x, create_graph=True)
    (second,) = mg.autograd.grad(first, x)
    s = 1 / (1 + np.exp(-0.5))
    assert first.item() == pytest.approx(s)
    assert second.item() == pytest.approx(s * (1 - s))
    assert "sigmoid(x)" in str(mg.trace(y))


def test_a_derivative_for_no_input_is_refused():
    before = dict(RULES)
    with pytest.raises(TypeError, match="has no input w to derive for"):
        Elementwise("broken(x)", np.exp, w=lambda x: x)
    assert before == RULES


@pytest.mark.parametrize("function", [np.sqrt, np.cumsum, np.linalg.norm, np.concatenate])
def test_what_rules_may_not_use_raises(function):
    x = mg.tensor([1.0, 4.0], requires_grad=True)
    with pytest.raises(TypeError, match="record a Tensor"):
        function([x] if function is np.concatenate else x)
