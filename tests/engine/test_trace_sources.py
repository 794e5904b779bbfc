"""Where a trace comes from: autograd's record or a recording; and when there is none."""

import threading
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


# Recording ------------------------------------------------------------------------------


def weigh(u, v):
    w = u * v
    return w + u


def test_a_function_is_traced_with_its_own_names_and_lines():
    trace = mg.trace(weigh, mg.tensor(2.0), mg.tensor(3.0))
    assert [node.name for node in trace.nodes] == ["u", "v", "w", "w + u"]
    assert [node.line for node in trace.nodes] == [None, None, "w = u * v", "return w + u"]
    assert trace.nodes[trace.root].value == 8
    assert {step.kind for step in trace.steps} == {"start", "forward"}
    assert trace.steps[-1].sentence.startswith("w + u is 8. No input requires a gradient")


def test_a_functions_gradients_are_stepped():
    u, v = leaf(2.0), leaf(3.0)
    trace = mg.trace(weigh, u, v)
    assert {trace.nodes[s.node].name: s.after.item() for s in steps(trace, "deposit")} == {
        "u": 4,
        "v": 2,
    }
    assert u.grad is None


def test_no_grad_and_integers_are_recorded():
    with mg.no_grad():
        trace = mg.trace(lambda n: n * n > 3, leaf(2.0))
    assert [node.op for node in trace.nodes] == ["", "mul", "gt"]
    trace = mg.trace(lambda n: n + n, mg.tensor([1, 2]))
    assert (trace.nodes[-1].value.tolist(), trace.nodes[-1].dtype) == ([2, 4], "int64")


def test_changes_in_place_are_recorded():
    def update(w, g):
        w -= 0.5 * g
        w *= w
        return w

    w = mg.tensor([4.0, 2.0])
    trace = mg.trace(update, w, mg.tensor([2.0, 2.0]))
    assert [n.value.tolist() for n in trace.nodes if n.op] == [[1, 1], [3, 1], [9, 1]]
    assert [n.value.tolist() for n in trace.nodes if n.name == "w" and not n.op] == [[4, 2]]
    assert w.tolist() == [9.0, 1.0]


def test_a_step_of_gradient_descent_is_recorded():
    w = leaf(3.0)
    (w * w).backward()
    with mg.record() as recording, mg.no_grad():
        w -= 0.1 * w.grad
        y = w * 2
    trace = mg.trace(recording)
    values = [node.value.item() for node in trace.nodes]
    assert values == pytest.approx([6, 0.6, 3, 2.4, 4.8], abs=1e-6)
    assert [node.name for node in trace.nodes if not node.op] == ["w.grad", "w"]
    assert y.item() == pytest.approx(4.8)


def test_a_zeroed_tensor_is_a_new_value():
    w = mg.tensor([1.0, 2.0])
    with mg.record() as recording:
        before = w * 1
        w.zero_()
        after = w * 1
    trace = mg.trace(recording)
    assert [node.value.tolist() for node in trace.nodes if node.op] == [[1, 2], [0, 0]]
    assert (before.tolist(), after.tolist()) == ([1.0, 2.0], [0.0, 0.0])


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w[:1].zero_(),
        lambda w: w.detach().zero_(),
        lambda w: setattr(w, "data", mg.tensor([7.0, 7.0])),
        lambda w: w.data.__iadd__(1),
    ],
    ids=["through a view", "through detach", "by new data", "through data"],
)
def test_an_op_is_shown_with_the_numbers_that_it_saw(change):
    w = mg.tensor([1.0, 2.0])
    with mg.record() as recording:
        before = w * 1
        change(w)
        after = w * 2
    trace = mg.trace(recording)
    source = {edge.target: trace.nodes[edge.source].value for edge in trace.edges}
    products = [node for node in trace.nodes if node.op == "mul"]
    assert [node.value.tolist() for node in products] == [before.tolist(), after.tolist()]
    for node, factor in zip(products, (1, 2), strict=True):
        assert node.value.tolist() == (source[node.id] * factor).tolist()


def test_an_op_beside_the_result_is_announced_too():
    def both(u):
        wanted, _ = u * 2, u * 3
        return wanted

    trace = mg.trace(both, leaf(2.0))
    said = {trace.nodes[step.node].name: step.sentence for step in steps(trace, "forward")}
    assert said.keys() == {"wanted", "u·3"}
    assert all(sentence.startswith(f"{name} is ") for name, sentence in said.items())


def test_a_record_ends_with_its_block():
    a = leaf(2.0)
    with mg.record() as recording:
        b = a * 3
    c = b * 5
    trace = mg.trace(recording)
    assert [node.name for node in trace.nodes] == ["a", "b"]
    assert c.item() == 30
    with pytest.raises(KeyError), mg.record():
        raise KeyError
    with mg.record() as empty:
        pass
    assert a * 2
    with pytest.raises(TraceError, match="Nothing was recorded"):
        mg.trace(empty)


def test_what_a_record_inside_a_record_sees_the_outer_sees_too():
    w = leaf(2.0)
    with mg.record() as outer:
        a = w * 3
        with mg.record() as inner:
            c = a * 2
        b = a + c
    assert b.item() == 18
    assert [node.name for node in mg.trace(inner).nodes] == ["a", "c"]
    trace = mg.trace(outer)
    assert [node.name for node in trace.nodes] == ["w", "a", "c", "b"]
    assert steps(trace, "deposit")[0].after == 9


def test_a_record_hears_its_own_thread_only():
    a = mg.tensor(2.0)
    with mg.record() as recording:
        thread = threading.Thread(target=lambda: a * 7)
        thread.start()
        thread.join()
        b = a * 3
    assert [node.value.item() for node in mg.trace(recording).nodes] == [2, 6]
    assert b.item() == 6


def test_what_a_function_did_not_compute():
    trace = mg.trace(lambda u: u, mg.tensor(2.0))
    assert len(trace.nodes) == len(trace.steps) == 1
    assert trace.opens_at == 0


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
