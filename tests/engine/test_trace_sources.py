"""Where a trace comes from: autograd's record or a recording; and when there is none."""

import time

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf, named, steps
from minigrad.errors import TraceError

# What tracing leaves alone, and survives ------------------------------------------------


def test_tracing_changes_nothing():
    x = leaf([1.0, 2.0])
    z = (x * x).sum()
    mg.trace(z)
    assert x.grad is None
    assert mg.is_grad_enabled()
    z.backward()
    kept = x.grad.tolist()
    trace = mg.trace(z)  # the graph is freed by now
    assert x.grad.tolist() == kept
    (deposit,) = steps(trace, "deposit")
    assert (deposit.before.tolist(), deposit.after.tolist()) == ([2.0, 4.0], [4.0, 8.0])
    assert trace.grads[0].tolist() == kept


def test_a_trace_keeps_its_numbers():
    x = leaf([1.0, 2.0])
    part = x[1:]
    z = (x * part).sum()
    z.backward()
    trace = mg.trace(z)
    before = str(trace)
    with mg.no_grad():
        x += 1
    x.grad.zero_()
    assert str(trace) == before
    assert named(trace)["x"].value.tolist() == [1.0, 2.0]
    assert named(trace)["part"].value.tolist() == [2.0]
    assert trace.grads[0].tolist() == [2.0, 5.0]


def test_a_leaf_that_was_changed_is_named():
    for shape in ((), (2,)):
        x = leaf(np.full(shape, 2.0))
        z = (x * 3).sum()
        with mg.no_grad():
            x += 1
        with pytest.raises(TraceError, match=r"^x was changed in place after z was computed"):
            mg.trace(z)


def test_a_leaf_changed_through_shared_memory_is_named():
    for change in (lambda t: t.data, lambda t: t.detach()[:1]):
        x = leaf([1.0, 2.0])
        z = (x * 3).sum()
        part = change(x)
        part += 1
        with pytest.raises(TraceError, match=r"^x was changed in place"):
            mg.trace(z)


def test_a_leaf_that_took_over_other_memory_is_named():
    old = mg.tensor(-5.0)  # its own last write, if any, was before
    x = leaf(-1.0)
    y = mg.relu(x) * 1  # 0 of both
    x.data = old
    with pytest.raises(TraceError, match=r"^x was changed in place after y was computed"):
        mg.trace(y)
    assert [each.value for each in mg.trace(mg.relu(x) * 1).nodes] == [-5, 0, 0]


def test_a_fixed_input_that_was_changed_is_named():
    x, weight = leaf([1.0, 2.0]), mg.tensor([3.0, 4.0])
    z = (x * weight).sum()
    weight *= 2
    with pytest.raises(TraceError, match=r"^weight was changed in place"):
        mg.trace(z)


def test_numbers_that_lie_apart_in_memory_are_traced():
    # BLAS adds them in another order than those of a copy, so the last bit may differ.
    numbers = np.random.default_rng(0).standard_normal((140, 2))
    for size in range(20, 140):
        x = mg.tensor(numbers[:size])[:, 0].detach()
        x.requires_grad = True
        y = x @ x
        assert mg.trace(y).nodes[-1].value == y.item()


def changed_before_its_use():
    x = leaf(2.0)
    y = x * 3
    with mg.no_grad():
        y += 1
    return y * y


def changed_after_its_use():
    x = leaf([2.0])
    y = x * 3
    z = (y * y).sum()
    with mg.no_grad():
        y += 1
    return z


def changed_through_a_view():
    x = leaf([2.0, 1.0])
    y = x * 3
    with mg.no_grad():
        part = y[:1]
        part += 1
    return (y * y).sum()


def changed_as_the_root():
    x = leaf(2.0)
    y = x * 3
    with mg.no_grad():
        y += 1
    return y


def changed_behind_our_back():
    x = leaf([2.0])
    z = (x * x).sum()
    x.detach().numpy()[0] = 5
    return z


def changed_by_new_data():
    x = leaf([2.0])
    z = (x * x).sum()
    x.data = mg.tensor([5.0])
    return z


@pytest.mark.parametrize(
    "make",
    [
        changed_by_new_data,
        changed_before_its_use,
        changed_after_its_use,
        changed_through_a_view,
        changed_as_the_root,
        changed_behind_our_back,
    ],
)
def test_never_other_numbers_than_those_computed(make):
    z = make()
    try:
        trace = mg.trace(z)
    except TraceError as refused:
        assert "changed in place" in str(refused)  # noqa: PT017
    else:
        assert trace.nodes[trace.root].value == z.item()


def test_recorded_changes_are_steps():
    x = leaf(2.0)
    y = x * 3
    y += x
    trace = mg.trace(y * y)
    assert [node.value.item() for node in trace.nodes] == [2, 6, 8, 64]
    assert steps(trace, "deposit")[0].after == 64


# Why there is nothing to step -----------------------------------------------------------


def refusal(*arguments, **options):
    with pytest.raises(TraceError) as refused:
        mg.trace(*arguments, **options)
    sentence = str(refused.value)
    assert sentence[-1] == "."
    assert "\n" not in sentence
    return sentence


def test_refusals_are_sentences():
    fixed, x, pair = mg.tensor(1.0), leaf(1.0), leaf([1.0, 2.0])
    plain = fixed * 2
    many = pair * 2
    with mg.no_grad():
        unseen = x * 2
    assert refusal(plain).startswith("plain has no recorded history")
    assert refusal(unseen).startswith("unseen has no recorded history")
    assert refusal(x).startswith("x has no recorded history")
    assert refusal(many).startswith("many has shape (2,), and a backward pass starts from one")
    for wrong, kind in ((3.0, "float"), (None, "NoneType"), ([1], "list"), ("x", "str")):
        assert refusal(wrong).endswith(f"type {kind}.")
    assert refusal(lambda u: 3.0, x).endswith("type float.")
    assert refusal(lambda u: (u, u), x).endswith("type tuple.")
    assert refusal(x * 2, x)


def test_a_trace_error_is_a_runtime_error():
    assert issubclass(TraceError, RuntimeError)


def test_an_error_in_a_traced_function_is_the_functions():
    a, b = mg.tensor([1.0, 2.0]), mg.tensor([1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match="do not broadcast"):
        mg.trace(lambda u, v: u + v, a, b)
    with mg.record() as after:
        c = a * 2
    assert len(mg.trace(after).nodes) == 2
    assert c.tolist() == [2.0, 4.0]


def test_a_huge_graph_is_refused_at_once():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    started = time.perf_counter()
    assert refusal(y, max_nodes=200).startswith("This graph has 100,0")
    assert time.perf_counter() - started < 5

    def count(u):
        for _ in range(1000):
            u = u + 1
        return u

    assert refusal(count, x, max_nodes=200).startswith("This graph has 1,001 nodes")
    assert len(mg.trace(count, x, max_nodes=1001).nodes) == 1001


def test_a_long_chain_is_stepped():
    x = leaf(1.0)
    y = x
    for _ in range(2000):
        y = -y
    trace = mg.trace(y)
    assert len(trace.steps) == 4003
    assert steps(trace, "deposit")[0].after == 1
    assert max(len(node.name) for node in trace.nodes) <= 60
