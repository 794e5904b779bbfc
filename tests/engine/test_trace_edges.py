"""What stands at the edges: cuts, shapes, Jacobians, numbers in formulas, slopes of slopes."""

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf, named, steps


def cuts(trace):
    names = [node.name for node in trace.nodes]
    return {(names[e.source], names[e.target]): e.cut for e in trace.edges if e.cut}


def moves(trace):
    return {
        trace.nodes[trace.edges[move.edge].source].name: move
        for step in steps(trace, "edge")
        for move in step.moves
    }


# Cuts ------------------------------------------------------------------------------------


def test_cuts_of_a_recording():
    def function(x, fixed):
        with mg.no_grad():
            still = x * 2
            above = x > 1
        held = (x * 3).detach()
        mg.where(above, x, still).detach()  # nobody uses it
        return x * still + held * fixed

    trace = mg.trace(function, leaf(2.0), mg.tensor(5.0))
    assert cuts(trace) == {
        ("x", "still"): "no_grad", ("x·3", "held"): "detach", ("fixed", "held·fixed"): "frozen",
    }  # fmt: skip
    assert (named(trace)["held"].op, named(trace)["held"].requires_grad) == ("detach", False)
    assert steps(trace, "deposit")[-1].after == 4
    assert "is 4. It was computed under no_grad, so no gradient goes back from still." in str(trace)
    assert "It is detached, so no gradient goes back from held." in str(trace)


def test_detaching_in_place_is_a_cut_and_a_later_write_is_seen():
    def function(x):
        y = x * 3
        y.detach_()
        z = y.detach()
        z += 1
        return x * y

    trace = mg.trace(function, leaf(2.0))
    assert cuts(trace) == {("y", "y"): "detach", ("y", "x·y"): "frozen"}
    assert steps(trace, "deposit")[-1].after == 7


def test_what_was_detached_before_is_a_frozen_leaf():
    x = leaf(2.0)
    y = x * 3
    trace = mg.trace(x * y.detach())
    assert set(cuts(trace).values()) == {"frozen"}


def test_where_no_gradient_goes_nothing_is_cut():
    x = leaf([1.0, 2.0])
    y = mg.where(x > 1, x, x * 2).sum()  # a condition has none to give
    assert cuts(mg.trace(y)) == {}
    assert cuts(mg.trace(lambda a, b: a * b, mg.tensor(2.0), mg.tensor(3.0))) == {}


def test_what_has_no_derivative_is_not_cut_by_no_grad():
    class Same(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * 1
            ctx.mark_non_differentiable(y)
            return y

    assert cuts(mg.trace(lambda x: x * Same.apply(x), leaf(2.0))) == {}


# Structured ops --------------------------------------------------------------------------


def test_a_product_of_matrices_tells_its_shapes():
    X, W, bias = mg.ones(3, 4), mg.ones(4, 2, requires_grad=True), leaf([0.5, -0.5])
    assert moves(mg.trace((X @ W + bias).sum()))["W"].text == "Xᵀ @ G: (4×3)·(3×2) = (4×2)"
    linear = moves(mg.trace(mg.nn.functional.linear(X, W.T, bias).sum()))
    assert linear["Wᵀ"].text == "Gᵀ @ X: (2×3)·(3×4) = (2×4)"
    v = leaf([1.0, 2.0])
    assert moves(mg.trace((W @ v).sum()))["v"].text == "Wᵀ @ G: (2×4)·(4) = (2)"
    assert moves(mg.trace(v.softmax(0)[0]))["v"].text == "softmax(v)·(G − sum(G·softmax(v)))"


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.softmax(-1),
        lambda x: mg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) @ x,
        lambda x: x[[2, 0, 0]],
        lambda x: x.cumsum(0),
    ],
)
def test_a_jacobian_holds_all_slopes(function):
    x = leaf([0.5, -1.0, 2.0])
    y = function(x)
    whole = mg.autograd.functional.jacobian(function, x).numpy()
    move = moves(mg.trace((y * mg.arange(1.0, len(y) + 1)).sum()))["x"]
    np.testing.assert_allclose(move.jacobian, whole, rtol=1e-6)
    np.testing.assert_allclose(move.arriving @ move.jacobian, move.contribution, rtol=1e-6)


def test_a_jacobian_is_there_where_it_can_be_read():
    small, large = leaf([1.0, 2.0]), leaf(np.ones(9))
    assert moves(mg.trace(small.exp().sum()))["small"].jacobian is None  # has slopes of its own
    assert moves(mg.trace(small.sum()))["small"].jacobian is None  # into one number
    assert moves(mg.trace(large.softmax(0)[0]))["large"].jacobian is None
    bias = leaf([1.0, 2.0])
    y = mg.nn.functional.linear(mg.ones(3, 1), mg.ones(2, 1), bias)
    assert moves(mg.trace(y.sum()))["bias"].jacobian.tolist() == 3 * [[1, 0], [0, 1]]


# Numbers in formulas ---------------------------------------------------------------------


def formulas(trace, kind):
    return [step.formula for step in steps(trace, kind)]


def test_a_formula_shows_symbols_then_numbers():
    x, a, b = leaf(1.0), leaf(2.0), leaf(3.0)
    y = a * x**2 + b * x + 1
    s = y.sigmoid()
    t = (x / a).sigmoid()
    trace = mg.trace(s * t)
    assert "y = a·x² + b·x + 1 = 2·1² + 3·1 + 1 = 6" in formulas(trace, "forward")
    back = formulas(trace, "edge")
    assert "∂t/∂(x/a) = t·(1 − t) = 0.6225·(1 − 0.6225) = 0.235" in back
    # 0.9975·(1 − 0.9975) is 0.002494.
    assert "∂s/∂y = s·(1 − s) = 0.9975·(1 − 0.9975) ≈ 0.002467" in back
    assert "∂(x/a)/∂a = −x/a² = −1/2² = −0.25" in back


def test_negative_numbers_and_conditions_stand_in_brackets():
    x = leaf(-3.0)
    y = x**2
    trace = mg.trace(y.relu() * x)
    assert formulas(trace, "forward")[0] == "y = x² = (−3)² = 9"
    assert "∂(x²)/∂x = 2·x" not in formulas(trace, "edge")
    assert "∂(relu(y))/∂y = (relu(y) > 0) = (9 > 0) = 1" in formulas(trace, "edge")
    assert "∂y/∂x = 2·x = 2·(−3) = −6" in formulas(trace, "edge")


def test_numbers_are_left_out_where_they_are_no_help():
    x, v = leaf(1.2345), leaf([1.0, 2.0])
    trace = mg.trace((x * v).sum())
    assert "∂(x·v)/∂v = x = 1.235" in formulas(trace, "edge")
    assert formulas(trace, "forward") == ["", ""]
    u = leaf(1.234e-3)
    y = u * u * u * u * u * u
    z = u * u * u * u * u * u * u * u
    assert formulas(mg.trace(y), "forward")[-1].count("0.001234") == 6
    assert formulas(mg.trace(z), "forward")[-1] == "z = u·u·u·u·u·u·u·u = 5.377e−24"


# The graph of a gradient -----------------------------------------------------------------


def curve(x, w):
    y = (w * x).sigmoid()
    (slope,) = mg.autograd.grad(y, x, create_graph=True)
    return slope * slope + y


@pytest.mark.parametrize("recorded", [True, False])
def test_the_graph_of_a_gradient_is_stepped(recorded):
    x, w = leaf(0.5), leaf(2.0)
    loss = curve(x, w)
    trace = mg.trace(curve, x, w) if recorded else mg.trace(loss)
    loss.backward()
    found = {trace.nodes[step.node].name: step.after for step in steps(trace, "deposit")}
    assert found == {"x": x.grad.numpy(), "w": w.grad.numpy()}
    leaves = [node for node in trace.nodes if not node.op]
    assert {node.name: node.requires_grad for node in leaves} == {"x": True, "w": True, "1": False}
