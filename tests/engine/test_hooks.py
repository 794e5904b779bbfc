"""Hooks on tensors, retained gradients, and backward passes into chosen inputs."""

import pytest

import minigrad as mg
from engine_helpers import dies_at_once


def leaf(*numbers):
    return mg.tensor(list(numbers), requires_grad=True)


def test_a_hook_sees_the_whole_gradient_once():
    x = leaf(1.0, 2.0)
    seen = []
    y = x * 2
    y.register_hook(lambda g: seen.append(("y", g.tolist())))
    x.register_hook(lambda g: seen.append(("x", g.tolist())))
    (y * 3 + y).sum().backward()
    assert seen == [("y", [4.0, 4.0]), ("x", [8.0, 8.0])]


def test_hooks_run_in_order_and_may_replace_the_gradient():
    x = leaf(1.0)
    x.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [21.0]


def test_what_a_hook_returns_goes_on_towards_the_leaves():
    x = leaf(1.0)
    y = x * 2
    y.register_hook(lambda g: g * 100)
    y.sum().backward()
    assert x.grad.tolist() == [200.0]


def test_a_removed_hook_runs_no_more():
    x = leaf(1.0)
    handle = x.register_hook(lambda g: g * 10)
    handle.remove()
    handle.remove()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0]


def test_a_hook_works_in_grad_and_is_differentiated_under_create_graph():
    x = leaf(3.0)
    x.register_hook(lambda g: g * g)
    (slope,) = mg.autograd.grad((x * x).sum(), x, create_graph=True)
    assert slope.tolist() == [36.0]
    x._hooks.clear()
    assert mg.autograd.grad(slope.sum(), x)[0].tolist() == [24.0]


def test_a_hook_runs_without_recording_unless_the_pass_is_recorded():
    x = leaf(3.0)
    modes = []
    x.register_hook(lambda g: modes.append(mg.is_grad_enabled()))
    (x * x).sum().backward()
    (x * x).sum().backward(create_graph=True)
    assert modes == [False, True]
    x.grad = None


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda g: 3.0, TypeError, "returns None or a Tensor, not 3.0"),
        (lambda g: g[:1], RuntimeError, r"float32 \(2,\), and not float32 \(1,\)"),
        (lambda g: g.double(), RuntimeError, r"float32 \(2,\), and not float64 \(2,\)"),
    ],
)
def test_a_hook_that_returns_no_gradient_is_refused(wrong, error, said):
    x = leaf(1.0, 2.0)
    x.register_hook(wrong)
    with pytest.raises(error, match=said):
        x.sum().backward()


def test_an_exception_in_a_hook_leaves_nothing_behind():
    x = leaf(1.0)
    x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        x.sum().backward(create_graph=True)
    assert mg.is_grad_enabled()  # and conftest looks at everything else
    assert x.grad is None


def test_a_hook_on_a_tensor_without_gradient_is_refused():
    plain = mg.tensor([1.0])
    with pytest.raises(RuntimeError, match="register_hook: plain does not require a gradient"):
        plain.register_hook(print)
    with pytest.raises(RuntimeError, match="retain_grad: plain does not require a gradient"):
        plain.retain_grad()


def test_a_retained_gradient():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    assert y.retains_grad
    assert not x.retains_grad
    (y * y).sum().backward(retain_graph=True)
    assert y.grad.tolist() == [4.0, 8.0]
    (y * y).sum().backward()
    assert y.grad.tolist() == [8.0, 16.0]  # it adds up, like a leaf's
    x.retain_grad()  # a leaf keeps its own anyway


def test_a_retained_gradient_is_what_the_hooks_left():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert y.grad.tolist() == [10.0]


def test_a_graph_that_retains_dies_with_its_tensors():
    x = leaf(1.0)

    def hooked():
        y = x * 2
        y.retain_grad()
        y.register_hook(lambda g: None)
        return y

    assert dies_at_once(hooked)


def test_backward_into_chosen_inputs():
    a, b = leaf(2.0), leaf(3.0)
    c = a * b
    (c * c).sum().backward(inputs=[a, c])
    assert (a.grad.tolist(), b.grad) == ([36.0], None)
    with pytest.warns(UserWarning, match="not a leaf"):
        mg.tensor([1.0], requires_grad=True).exp().grad  # noqa: B018
    assert c._grad.tolist() == [12.0]


def test_backward_into_no_inputs_is_refused():
    with pytest.raises(RuntimeError, match="inputs is empty"):
        leaf(1.0).sum().backward(inputs=[])


def test_only_the_part_of_the_graph_that_is_needed_is_walked_and_freed():
    a, b = leaf(2.0), leaf(3.0)
    left, right = a.exp(), b.exp()
    total = (left + right).sum()
    mg.autograd.grad(total, a)
    (found,) = mg.autograd.grad(total, b)
    assert found.tolist() == right.tolist()
    with pytest.raises(RuntimeError, match="freed"):
        mg.autograd.grad(total, a)


def test_backward_of_several_tensors():
    x = leaf(2.0)
    mg.autograd.backward([x * 3, x * 4], [mg.tensor([1.0]), mg.tensor([10.0])])
    assert x.grad.tolist() == [43.0]
    with pytest.raises(RuntimeError, match="2 outputs need as many gradients, not 1"):
        mg.autograd.backward([x * 3, x * 4], [mg.tensor([1.0])])


def test_a_second_pass_needs_only_what_was_saved():
    x = leaf(2.0)
    y = (x + 1).sum()
    y.backward()
    y.backward()  # a plus saves no numbers, as in PyTorch
    assert x.grad.tolist() == [2.0]
