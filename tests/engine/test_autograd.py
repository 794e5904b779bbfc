"""Gradients as a user meets them: what PyTorch would do, without its numbers at hand."""

import gc
import weakref

import numpy as np
import pytest
import sympy

import minigrad as mg
from engine_helpers import leaf
from minigrad.graph import Node

# Gradients ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "value", "slopes"),
    [((1, 2, 3), 48, (98, 14, 14)), ((3, -3, 5), 99, (260, -180, -60))],
)
def test_the_seeds_example(point, value, slopes):
    x, a, b = (leaf(float(each)) for each in point)
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    z.backward()
    assert z.item() == value
    assert (x.grad.item(), a.grad.item(), b.grad.item()) == slopes


def test_gradients_add_up_until_they_are_zeroed():
    x = leaf(1.0)
    seen = []
    for i in range(3):
        (x**2 + i).backward()
        seen.append(x.grad.item())
    assert seen == [2.0, 4.0, 6.0]
    emptied = x.grad.zero_()
    assert emptied is x.grad
    assert str(emptied) == "tensor(0.)"
    (x**2).backward()
    assert x.grad.item() == 2.0


def test_adding_to_a_gradient_is_a_change_in_place():
    x, w = leaf([1.0, 2.0]), leaf(3.0)
    x.sum().backward()
    held = x.grad
    used = (held * w).sum()
    x.sum().backward()
    assert x.grad is held
    with pytest.raises(RuntimeError, match="held when mul ran"):
        used.backward()


def test_grad_is_none_before_and_can_be_set():
    x = leaf([1.0, 2.0])
    assert x.grad is None
    x.sum().backward()
    assert not x.grad.requires_grad
    x.grad = None
    assert x.grad is None
    with pytest.raises(RuntimeError, match=r"x is float32 \(2,\), the gradient float32 \(1,\)"):
        x.grad = mg.tensor([1.0])


def test_inner_gradients_are_let_go_with_a_warning():
    x = leaf(2.0)
    y = x * 3
    (y * y).backward()
    with pytest.warns(UserWarning, match="y is not a leaf"):
        assert y.grad is None


def test_leaves_do_not_share_a_gradient():
    a, b = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    for create_graph in (False, True):
        a.grad = b.grad = None
        (a + b).backward(mg.tensor([1.0, 1.0]), create_graph=create_graph)
        with mg.no_grad():
            a.grad += 5
        assert a.grad.tolist() == [6.0, 6.0]
        assert b.grad.tolist() == [1.0, 1.0]


def test_gradient_made_with_create_graph_can_be_zeroed():
    x = leaf([1.0, 2.0])
    x.sum().backward(create_graph=True)
    x.grad.zero_()
    assert x.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("kind", [mg.float32, mg.float64])
@pytest.mark.parametrize("seed", [mg.float32, mg.float64, mg.int64])
def test_gradients_have_the_dtype_of_their_leaf(kind, seed):
    x, w = leaf([1.0, 2.0], dtype=kind), leaf([1.0, 2.0], dtype=mg.float32)
    (2**x * w + x / 3).backward(mg.tensor([1, 1], dtype=seed))
    assert x.grad.dtype is kind
    assert w.grad.dtype is mg.float32


def test_backward_of_many_numbers_needs_a_gradient():
    x = leaf([1.0, 2.0])
    y = x * 3
    with pytest.raises(RuntimeError, match=r"y has shape \(2,\)"):
        y.backward()
    with pytest.raises(RuntimeError, match=r"\(3,\), but y has \(2,\)"):
        y.backward(mg.tensor([1.0, 1.0, 1.0]))
    y.backward(mg.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [3.0, 30.0]


def test_backward_of_one_number_in_any_shape():
    x = leaf([[2.0]])
    (x * x).backward()
    assert x.grad.tolist() == [[4.0]]
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1.0


def test_backward_without_history_says_so():
    x = mg.tensor(2.0)
    y = x * x
    with pytest.raises(RuntimeError, match="y was not computed from a tensor that requires"):
        y.backward()


def test_freed_graph_and_retained_graph():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(RuntimeError, match=r"MulBackward0 was freed .*retain_graph=True"):
        y.backward()
    assert x.grad.item() == 12.0


def test_broadcast_gradients_are_summed_back():
    x, w, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([10.0, 20.0]), leaf(2.0)
    (x * w + b).sum().backward()
    assert x.grad.tolist() == [[10.0, 20.0], [10.0, 20.0]]
    assert w.grad.tolist() == [4.0, 6.0]
    assert b.grad.item() == 4.0


@pytest.mark.parametrize("shape", [(2, 3, 4), (4, 4, 4)])
def test_stacks_of_matrices_times_a_vector(shape):
    stack = leaf(np.arange(np.prod(shape), dtype=float).reshape(shape))
    vector = leaf(np.arange(4.0))
    (stack @ vector).sum().backward()
    assert vector.grad.tolist() == stack.detach().numpy().sum((0, 1)).tolist()
    assert stack.grad.tolist() == np.broadcast_to(vector.detach().numpy(), shape).tolist()
    vector = leaf(np.arange(float(shape[1])))
    (vector @ stack).sum().backward()
    assert vector.grad.tolist() == stack.detach().numpy().sum((0, 2)).tolist()


def test_dim_zero_of_a_single_number():
    x = leaf(3.0)
    for y in (x.sum(0), x.mean(-1), x.max(0).values, x.softmax(0) * x, x.transpose(0, -1)):
        assert y.item() == 3.0
        (g,) = mg.autograd.grad(y, x)
        assert g.shape == ()
        assert g.item() == 1.0


def test_a_failed_backward_leaves_grad_alone():
    x, w = leaf(2.0), mg.tensor(3.0)
    y = x * x + (x * w).sin()
    w += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    assert x.grad is None


# mg.autograd.grad -----------------------------------------------------------------------


def test_grad_touches_no_grad():
    x, y = leaf(2.0), leaf(3.0)
    assert [g.item() for g in mg.autograd.grad(x * y, [x, y])] == [3.0, 2.0]
    assert x.grad is None
    assert y.grad is None


def test_grad_of_an_inner_tensor_and_of_itself():
    x = leaf(2.0)
    y = x * 3
    z = y * y
    assert [g.item() for g in mg.autograd.grad(z, [y, x, z])] == [12.0, 36.0, 1.0]


def test_grad_of_several_outputs():
    x = leaf(2.0)
    assert mg.autograd.grad([x * x, x * 3], x)[0].item() == 7.0
    pair = [mg.tensor(1.0), mg.tensor(10.0)]
    assert mg.autograd.grad([x * x, x * 3], [x], grad_outputs=pair)[0].item() == 34.0
    with pytest.raises(RuntimeError, match="2 outputs need as many gradients, not 1"):
        mg.autograd.grad([x * x, x * 3], x, mg.tensor(1.0))


def test_grad_of_an_unused_input():
    x, unused, fixed = leaf(2.0), leaf(3.0), mg.tensor(1.0)
    with pytest.raises(RuntimeError, match="unused was not used"):
        mg.autograd.grad(x * x, [x, unused])
    (g, nothing) = mg.autograd.grad(x * x, [x, unused], allow_unused=True)
    assert g.item() == 4.0
    assert nothing is None
    with pytest.raises(RuntimeError, match="fixed does not require a gradient"):
        mg.autograd.grad(x * fixed, fixed)


def test_third_order_is_sympys():
    s = sympy.Symbol("s")
    formula = sympy.exp(s) * sympy.sin(s**2) + sympy.log(s) * s**4 / (1 + s) + sympy.tanh(3**s)
    for point in (0.3, 0.7, 1.1):
        x = leaf(point, dtype=mg.float64)
        y = x.exp() * (x**2).sin() + x.log() * x**4 / (1 + x) + (3**x).tanh()
        for order in range(1, 4):
            (y,) = mg.autograd.grad(y, x, create_graph=True)
            assert y.item() == pytest.approx(float(formula.diff(s, order).subs(s, point)), 1e-9)


def test_backward_can_be_differentiated():
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    slope = x.grad
    assert slope.requires_grad
    (curve,) = mg.autograd.grad(slope, x)
    assert curve.item() == 12.0


def test_create_graph_records_even_under_no_grad():
    x = leaf(2.0)
    y = x**3
    with mg.no_grad():
        (g,) = mg.autograd.grad(y, x, create_graph=True)
        assert not mg.is_grad_enabled()
    assert mg.autograd.grad(g, x)[0].item() == 12.0


# Memory ---------------------------------------------------------------------------------


def test_graphs_have_no_reference_cycles():
    def living():
        return sum(type(each) in (mg.Tensor, Node) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = living()
        x = leaf([[1.0, 2.0], [3.0, 4.0]])
        y = (x @ x.T).relu().softmax(-1) + 1
        y += x.max(1, keepdim=True).values
        y.sum().backward(create_graph=True)
        x.grad = None
        result = weakref.ref(y)
        del y
        assert result() is None
        del x
        assert living() == before
    finally:
        gc.enable()


def test_a_million_adds():
    x = leaf(0.0)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward()
    assert y.item() == 1_000_000
    assert x.grad.item() == 1.0
    del y  # freeing a chain must not recurse either


def test_a_wide_fan_out():
    x = leaf(2.0)
    total = mg.tensor(0.0)
    for _ in range(10_000):
        total = total + x * x
    total.backward()
    assert x.grad.item() == 40_000.0


# Numbers that are none ------------------------------------------------------------------


def test_floating_point_warnings_stay_the_users():
    with np.errstate(all="raise"):
        settings = np.geterr()
        x = leaf([0.0, -1.0, 1e38])
        for y in (x / 0, x.log(), x**0.5, x * x, 0**x, x**-1, (x * 1e3).exp(), x / x):
            (g,) = mg.autograd.grad(y.sum(), x, create_graph=True)
            if g.requires_grad:
                g.sum().backward()
        assert np.geterr() == settings
        with pytest.raises(FloatingPointError):
            np.log(np.zeros(1))


def test_dividing_by_the_number_zero():
    x = leaf([1.0, -2.0, 0.0])
    y = x / 0
    y.backward(mg.tensor([1.0, 1.0, 1.0]))
    assert str(y.detach()) == "tensor([inf, -inf, nan])"
    assert x.grad.tolist() == [np.inf] * 3


def test_zero_times_infinity_is_nan_on_the_way_back_too():
    x = leaf([np.inf])
    ((x * 0) ** 2).backward()
    assert np.isnan(x.grad.item())


def test_gradients_add_up_in_place_unless_the_pass_is_recorded():
    x = leaf(3.0)
    (x**3).backward(create_graph=True)
    first = x.grad
    (2 * first).backward()
    assert x.grad is first
    assert first.item() == 27 + 36
    x.grad = None


@pytest.mark.parametrize(
    "flat",
    [
        lambda x: x.relu(),
        lambda x: x.clamp(0, 1),
        lambda x: x.max(0).values,
        mg.nn.functional.leaky_relu,
        lambda x: x.maximum(mg.tensor(0.0)),
    ],
)
def test_the_second_derivative_of_a_kinked_function_is_zero_not_refused(flat):
    x = leaf([-1.0, 2.0, 3.0])
    (slope,) = mg.autograd.grad(flat(x).sum(), x, create_graph=True)
    assert mg.autograd.grad(slope.sum(), x)[0].tolist() == [0.0, 0.0, 0.0]


def test_a_gradient_that_somebody_else_holds_is_copied():
    a, b = (mg.ones(3, requires_grad=True) for _ in "ab")
    given = mg.full((3,), 2.0)
    (a + b).backward(given)
    a.grad[0] = 7
    assert b.grad.tolist() == given.tolist() == [2, 2, 2]
    held = []
    c = mg.ones(3, requires_grad=True)
    c.register_hook(held.append)
    (c * c).backward(given)
    c.grad[0] = 7
    assert held[0].tolist() == [4, 4, 4]


def test_a_gradient_that_nobody_else_holds_is_not_copied(monkeypatch):
    from minigrad.kernels import blocks

    monkeypatch.setattr(blocks, "copied", None)
    a = mg.ones(3, requires_grad=True)
    (a * a).sum().backward()
    assert a.grad.tolist() == [2, 2, 2]


def test_a_retained_gradient_is_added_once():
    x = mg.tensor(2.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    (y * y).backward(inputs=[y, x])
    assert (y.grad.item(), x.grad.item()) == (12, 36)


def test_a_gradient_that_cannot_be_written_to_is_copied():
    class Fixed(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            array = np.ones(3, np.float32)
            array.flags.writeable = False
            return mg.from_numpy(array)

    x = mg.ones(3, requires_grad=True)
    Fixed.apply(x).sum().backward()
    Fixed.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
