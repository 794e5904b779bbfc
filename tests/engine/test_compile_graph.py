"""A compiled function in the graph: its gradients, and what else can be done with a node."""

import numpy as np
import pytest

import minigrad as mg
from compiling import close, ramp, wave


def test_gradients_reach_everything_that_is_watched():
    w = ramp(2, requires_grad=True)
    before = ramp(3, 2, requires_grad=True)

    def fn(x, y):
        return (x * w + x.detach() * y).tanh(), (x * y).sum()

    def run(function):
        for each in (w, before):
            each.grad = None
        seen = []
        handles = [w.register_hook(lambda g: seen.append(g.tolist()) or g * 2)]
        x = before * 3
        x.retain_grad()
        y = ramp(3, 2)
        first, second = function(x, y)
        handles.append(first.register_hook(lambda g: seen.append(g.tolist())))
        (first.sum() * second).backward()
        for each in handles:
            each.remove()
        return seen, [w.grad, before.grad, x.grad]

    compiled = mg.compile(fn)
    run(compiled)
    for (seen, ours), (expected, theirs) in ((run(compiled), run(fn)),):
        np.testing.assert_allclose(np.concatenate([*map(np.ravel, seen)]),
                                   np.concatenate([*map(np.ravel, expected)]), 1e-5)  # fmt: skip
        for a, b in zip(ours, theirs, strict=True):
            close(a.numpy(), b.numpy())


def test_only_one_of_several_results_is_walked_back_from():
    x = ramp(3, requires_grad=True)
    compiled = mg.compile(lambda x: (x * 2, x * 3, (x * 5).detach()))
    for _ in range(2):
        x.grad = None
        compiled(x)[1].sum().backward()
        assert x.grad.tolist() == [3, 3, 3]


def test_a_graph_is_freed_and_can_be_kept():
    x = ramp(3, requires_grad=True)
    compiled = mg.compile(wave)
    compiled(x)
    y = compiled(x)
    y.backward(retain_graph=True)
    y.backward()
    ours, x.grad = x.grad, None
    (2 * wave(x)).backward()
    close(ours.numpy(), x.grad.numpy())
    with pytest.raises(RuntimeError, match="freed by an earlier backward pass"):
        y.backward()


def test_a_change_in_place_before_the_way_back_is_noticed():
    compiled = mg.compile(lambda x: (x * x).sum())
    x = ramp(3)
    x.requires_grad_()
    compiled(x)
    y = compiled(x)
    with mg.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    plain = mg.compile(lambda x: (x + 1).sum())
    plain(x)
    y = plain(x)
    with mg.no_grad():
        x += 1
    y.backward()  # whose way back needs no numbers
    assert x.grad.tolist() == [1, 1, 1]


def test_two_calls_may_wait_for_their_way_back():
    compiled = mg.compile(lambda x: x.exp().sum())
    a, b = ramp(3, requires_grad=True), ramp(3, requires_grad=True)
    compiled(a)
    y, z = compiled(a), compiled(b * 2)
    (y * z).backward()
    ours = a.grad, b.grad
    a.grad = b.grad = None
    (a.exp().sum() * (b * 2).exp().sum()).backward()
    close(ours[0].numpy(), a.grad.numpy())
    close(ours[1].numpy(), b.grad.numpy())


def test_second_derivatives():
    x = ramp(3, requires_grad=True, dtype=mg.float64)
    compiled = mg.compile(lambda x: (x**3 * x.sum()).sum())
    compiled(x)
    assert mg.autograd.gradcheck(compiled, [x])
    assert mg.autograd.gradgradcheck(compiled, [x])


def test_a_compiled_op_can_be_stepped():
    x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")
    compiled = mg.compile(wave)
    compiled(x)
    loss = compiled(x) * 3
    text = str(mg.trace(loss))
    assert "wave.backward(G)" in text
    recorded = mg.trace(lambda x: compiled(x) * 3, x)
    assert [node.op for node in recorded.nodes if node.op] == ["mul", "add", "sqrt", "sum", "mul"]
