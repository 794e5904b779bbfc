"""What a recording keeps: every op, with the values it saw, whatever the code did."""

import threading

import pytest

import minigrad as mg
import minigrad.nn.functional as F
from engine_helpers import leaf, steps
from minigrad.errors import TraceError


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
    values = [node.value.tolist() for node in trace.nodes if node.op]
    assert values == [[1, 2], [0, 0], [0, 0]]  # before, the write, after
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
            c += 1
        b = a + c
    assert b.item() == 19
    assert [node.value.item() for node in mg.trace(inner).nodes] == [6, 12, 13]
    trace = mg.trace(outer)
    assert [node.value.item() for node in trace.nodes] == [2, 6, 12, 13, 19]
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


def test_backward_inside_a_recording_is_not_its_result():
    x = leaf(2.0)
    with mg.record() as recording:
        for _ in range(2):
            y = x * x
            y.backward()
    trace = mg.trace(recording)
    assert trace.nodes[trace.root].name == "y"
    assert [step.after for step in trace.steps if step.kind == "deposit"] == [12.0]


def test_gradients_that_grew_while_recording_are_new_values():
    w = leaf(1.0)
    with mg.record() as recording:
        for _ in range(2):
            (w * 3).backward()
            with mg.no_grad():
                w -= 0.5 * w.grad
    assert w.item() == 1 - 0.5 * 3 - 0.5 * 6
    trace = mg.trace(recording)
    assert trace.nodes[trace.root].value == w.item()
    products = [node.value for node in trace.nodes if node.op == "mul" and not node.requires_grad]
    assert products == [1.5, 3.0]


def test_a_function_may_go_on_after_its_result():
    def function(x):
        y = x * x
        w = y + 1
        assert w.item() == 5
        return y

    trace = mg.trace(function, leaf(2.0))
    assert trace.nodes[trace.root].name == "y"
    last = trace.steps[trace.opens_at]
    assert last.sentence.startswith("w is y + 1, which is 5. y is 4. Nudge x from 2")


def test_a_leaf_that_an_optimizer_changed_in_between_is_named():
    w = mg.tensor([2.0], requires_grad=True)
    w.grad = mg.tensor([1.0])

    def two_passes(x):
        y = x * w
        mg.optim.SGD([w], lr=0.5).step()
        return (y * w).sum()

    with pytest.raises(TraceError, match="w was changed between the ops that lead to"):
        mg.trace(two_passes, mg.tensor([3.0]))


@pytest.mark.parametrize(
    ("call", "ops"),
    [
        (F.cross_entropy, ["cross_entropy"]),
        (F.nll_loss, ["nll_loss"]),
        (lambda x, t: F.binary_cross_entropy(x, x.detach()), ["detach", "bce_loss"]),
        (lambda x, t: F.embedding(t, x).sum(), ["embedding", "sum"]),
    ],
)
def test_what_checks_its_numbers_is_recorded(call, ops):
    x, t = mg.tensor([[0.25, 0.5], [0.5, 1.0]], requires_grad=True), mg.tensor([1, 0])
    trace = mg.trace(call, x, t)
    assert [node.op for node in trace.nodes if node.op] == ops
    with mg.record(), pytest.raises((IndexError, RuntimeError)):
        F.cross_entropy(x, t + 1)
