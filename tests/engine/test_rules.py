"""Each rule's derivative is the derivative of its value, and so on for the second order."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.rules import RULES, Elementwise, Row
from minigrad.tensor import apply

A = np.array([[0.7, 1.9, 2.3], [1.1, 0.45, 3.1]])
B = np.array([[1.5, 0.6, 1.2], [2.2, 0.9, 1.7]])
SIGNED = A - 1.5  # on both sides of 0
ON_POSITIVE = [
    "asinh", "atan", "cos", "cosh", "erf", "exp", "exp2", "expm1", "log", "log10", "log1p",
    "log2", "ndtr", "neg", "reciprocal", "rsqrt", "sigmoid", "sin", "sinh", "sqrt", "tan", "tanh",
    "tanh_slope",
]  # fmt: skip
ON_SIGNED = [
    "abs", "ceil", "elu", "floor", "gelu", "gelu_slope", "gelu_tanh", "gelu_tanh_slope",
    "leaky_relu", "logsigmoid", "nan_to_num",
    "relu", "round", "selu", "sign", "silu", "silu_slope", "softplus", "trunc",
]  # fmt: skip
ON_TWO = [
    "add", "atan2", "div", "div_trunc", "floor_divide", "fmod", "maximum", "minimum", "mul",
    "pow_tensor", "remainder", "sub",
]  # fmt: skip
# One set of operands per rule, or several; the last part of each is its parameters.
OPERANDS = {
    **{name: [((A,), {}), ((A[0, 0],), {})] for name in ON_POSITIVE},
    **{name: [((SIGNED,), {})] for name in ON_SIGNED},
    **{name: [((SIGNED / 2,), {})] for name in ("acos", "asin", "atanh")},
    "acosh": [((A + 1,), {})],
    **{
        name: [((A, B), {}), ((A, B[0]), {}), ((A[:, :1], 2.0), {}), ((2.0, A), {})]
        for name in ON_TWO
    },
    "pow": [((A, 3), {}), ((A, -1.5), {}), ((A, 1), {}), ((A, 0), {}), ((SIGNED, 2), {})],
    "lerp": [((A, B, A - 1), {}), ((A, B[0], 0.25), {})],
    "clamp": [((A, B - 1, B), {}), ((A, 1, 2.0), {})],
    "clamp_min": [((A, B), {}), ((A, 1.5), {})],
    "clamp_max": [((A, B), {}), ((A, 1.5), {})],
    "where": [((A > 1, A, B), {}), ((A > 1, A, 0.0), {})],
    "softmax": [((A,), {}), ((A,), {"axis": 0})],
    "log_softmax": [((A,), {}), ((A,), {"axis": 0})],
    "cross_entropy": [
        ((A, np.array(target), 1), {"axis": axis, "ignored": 9, "reduction": reduction})
        for target, axis in [([2, 0], 1), ([1, 9, 0], 0)]
        for reduction in ("mean", "sum", "none")
    ],
    "logsumexp": [((A,), {"axis": -1}), ((A,), {"axis": (0, 1), "keepdims": True})],
    "layer_norm": [((A,), {}), ((A,), {"axis": (0, 1), "eps": 0.1})],
    "matmul": [((A, B.T), {}), ((np.stack([A, B]), B.T), {})],
    "mv": [((A, B[0]), {})],
    "dot": [((A[0], B[0]), {})],
    "sum": [((A,), {}), ((A,), {"axis": 0}), ((A,), {"axis": (0, 1), "keepdims": True})],
    "mean": [((A,), {}), ((A,), {"axis": 1}), ((A,), {"axis": -1, "keepdims": True})],
    "amax": [((A,), {}), ((A,), {"axis": 1})],
    "reshape": [((A,), {"shape": (3, 2)}), ((A,), {"shape": (-1,)})],
    "transpose": [((A,), {"axis1": 0, "axis2": 1})],
    "unsqueeze": [((A,), {"axis": 1})],
    "expand": [((A[:, :1],), {"shape": (4, 2, 3)})],
    "to": [((A,), {"dtype": np.dtype("float64")}), ((A,), {"dtype": np.dtype("float32")})],
    "index": [((A,), {"key": ([0, 1, 0],)}), ((A,), {"key": (A > 1,)})],
    "select": [((A,), {"key": (0,)}), ((A,), {"key": (slice(None), None, slice(0, 3, 2))})],
}
CASES = [(name, *each) for name, sets in OPERANDS.items() for each in sets]
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


def test_every_fused_rule_is_tested():
    fused = {name for name, rule in RULES.items() if isinstance(rule, Elementwise | Row)}
    differentiable = {name for name in fused if RULES[name].differentiable}
    assert differentiable - {"masked_fill"} <= OPERANDS.keys()  # masked_fill is where


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
    ours = [None] * len(leaves(tensors))
    if squared.requires_grad:  # x⁰ is flat: nothing is left to walk back through
        ours = mg.autograd.grad(squared, leaves(tensors), allow_unused=True)
    theirs = differences(lambda each: length(tracked(each), False).item(), operands, step)
    for g, slope in zip(ours, theirs, strict=True):
        scale = max(1.0, np.abs(slope).max())
        g = 0 if g is None else g.numpy() / scale
        np.testing.assert_allclose(g, slope / scale, tolerance, tolerance)


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


@pytest.mark.parametrize("function", [np.cbrt, np.median, np.linalg.norm])
def test_what_rules_may_not_use_raises(function):
    x = mg.tensor([1.0, 4.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="record a Tensor"):
        function(x)
