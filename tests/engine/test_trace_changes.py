"""A computation with other numbers in its leaves, as a reader makes it by editing a box."""

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import in_another_thread, leaf, named, steps
from minigrad.errors import TraceError
from minigrad.tracing import Computation


def ids(computation):
    return {computation.trace.nodes[i].name: i for i in computation.editable}


def buckets(trace):
    return {trace.nodes[step.node].name: step.after.tolist() for step in steps(trace, "deposit")}


def test_a_tensors_history_is_replayed_with_other_numbers():
    x, a, b = leaf(1.0), leaf(2.0), leaf(3.0)
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    first = Computation(z)
    at = ids(first)
    values = {at["x"]: 3.0, at["a"]: -3.0, at["b"]: 5.0}
    second = in_another_thread(lambda: first.changed(values))
    assert [n.name for n in second.trace.nodes] == [n.name for n in first.trace.nodes]
    assert named(second.trace)["z"].value == 99
    assert buckets(second.trace) == {"x": 260, "a": -180, "b": -60}
    assert (x.item(), a.item(), b.item(), z.item()) == (1, 2, 3, 48)
    third = second.changed({at["x"]: 1.0})  # the other changes stay
    assert named(third.trace)["y"].value == 3
    z.backward()
    assert first.changed({}).trace.grads[at["x"]] is None  # as it was when the graph was shown


def test_what_happens_later_does_not_reach_it():
    def made():
        x, scale = leaf([1.0, 2.0]), mg.tensor([3.0, 4.0])
        loss = (x * scale * x[:1]).sum()
        loss.backward()
        return x, scale, loss, Computation(loss)

    x, scale, loss, early = made()
    with mg.no_grad():
        x.mul_(7)
        scale.zero_()
    x.grad, x.name = None, "other"
    x.requires_grad_(False)
    late = made()[-1]
    assert str(early.trace) == str(late.trace)
    assert early.trace.grads[0].tolist() == late.trace.grads[0].tolist() == [14, 4]
    with pytest.raises(TraceError, match="was changed in place"):  # now, without the trace
        Computation(loss)


def test_other_numbers_need_no_trace_of_the_old_ones():
    w = leaf(3.0)
    w.grad = mg.tensor(1.0)

    def two_passes(x):
        y = x * w
        mg.optim.SGD([w], lr=0.5).step()
        return y * w

    first = Computation(two_passes, (mg.tensor(1.0),))
    for each in (first, first.changed({0: 2.0})):
        with pytest.raises(TraceError, match="w was changed between the ops"):
            assert each.trace


def test_tensors_are_replayed_cell_by_cell_and_nothing_is_written():
    X, w = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([1.0, -1.0])
    loss = ((X[:, 1:] * w).relu() ** 2).sum()
    first = Computation(loss)
    second = first.changed({ids(first)["w"]: np.array([2, 0.5])})
    by_hand = leaf([2.0, 0.5])
    ((X[:, 1:] * by_hand).relu() ** 2).sum().backward()
    assert buckets(second.trace)["w"] == by_hand.grad.tolist()
    assert (X.tolist(), w.tolist()) == ([[1, 2], [3, 4]], [1, -1])


def test_a_function_is_run_again_so_another_branch_is_taken():
    def steep(x, w):
        y = x * w
        if x < 0:
            y = x * x * w
        return y

    apple, w = leaf(2.0), leaf(3.0)
    first = Computation(steep, (apple, w))
    second = in_another_thread(lambda: first.changed({ids(first)["x"]: -4.0}))
    assert [n.name for n in second.trace.nodes] == ["x", "w", "x·w", "x < 0", "x·x", "y"]
    assert buckets(second.trace) == {"x": -24, "w": 16}
    assert (apple.item(), apple.grad) == (2, None)
    assert ids(second).keys() == {"x", "w"}


def test_arguments_and_what_is_used_besides_keep_their_names():
    scale, shift = leaf(2.0), leaf(1.0)
    parts = [shift]
    given = leaf(3.0, name="θ")
    first = Computation(lambda *things: things[0] * things[1] + parts[0], (scale, given))
    assert ids(first).keys() == {"scale", "θ"}  # what was not given cannot be changed
    second = in_another_thread(lambda: first.changed({ids(first)["θ"]: 5.0}))
    assert [n.name for n in second.trace.nodes] == [n.name for n in first.trace.nodes]
    assert {"scale", "θ", "shift"} <= named(second.trace).keys()


def test_an_argument_that_the_function_changes_starts_as_it_was():
    def twice(w):
        w *= 2
        return w * 1

    w = mg.tensor([1.0])
    first = Computation(twice, (w,))
    assert w.tolist() == [2]
    for _ in range(2):
        assert first.changed({}).trace.nodes[-1].value == [2]
    assert w.tolist() == [2]


def test_a_recording_can_be_changed():
    w = leaf(3.0)
    with mg.record() as recording, mg.no_grad():
        w -= 0.5 * w
    first = Computation(recording)
    assert first.changed({first.editable[0]: 8.0}).trace.nodes[-1].value == 4
    assert w.item() == 1.5


def test_random_numbers_are_drawn_again_and_the_readers_are_left():
    mg.manual_seed(1)
    first = Computation(lambda x: mg.nn.functional.dropout(x, 0.5), (mg.ones(20),))
    second = first.changed({0: np.full(20, 3.0)})
    assert (second.trace.nodes[-1].value == 3 * first.trace.nodes[-1].value).all()
    drawn = mg.nn.functional.dropout(mg.ones(20), 0.5)
    assert drawn.tolist() == first.trace.nodes[-1].value.tolist()


def test_a_function_traced_under_no_grad_stays_there():
    with mg.no_grad():
        first = Computation(lambda x: x * x, (leaf(2.0),))
    assert not steps(first.changed({0: 3.0}).trace, "seed")


def test_nan_is_a_number_to_step():
    x = leaf(2.0)
    trace = Computation(x * 3).changed({0: float("nan")}).trace
    assert np.isnan(trace.nodes[-1].value)


def picky(x):
    if x > 5:
        raise ValueError("too\nlarge")
    return [x] if x < 0 else x * 2


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({0: [1.0, 2.0]}, "x holds one number, and this is 2 numbers."),
        ({0: "seven"}, "x needs numbers."),
        ({0: None}, "x needs numbers."),
        ({0: [[1.0], []]}, "x needs numbers."),
        ({1: 3.0}, "Node 1 is no leaf that can be changed."),
        ({0: 6.0}, "The function stopped with ValueError: too large"),
        ({0: -1.0}, "The function must return one tensor, and it returned something of type list."),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(values, said):
    with pytest.raises(TraceError) as refused:
        Computation(picky, (leaf(1.0),)).changed(values)
    assert str(refused.value) == said


def test_integers_take_no_fractions():
    many = mg.tensor(3)
    computation = Computation(lambda many: many * 2, (many,))
    assert computation.changed({0: 5}).trace.nodes[-1].value == 10
    with pytest.raises(TraceError, match="many is of type int64"):
        computation.changed({0: 2.5})


# A second pass ---------------------------------------------------------------------------


def test_a_second_pass_refills_the_roads_and_adds_to_the_buckets():
    x = leaf(3.0)
    y = x * x + x
    trace = mg.trace(y, passes=2)
    once = mg.trace(y)
    assert len(steps(trace, "seed")) == 2
    assert [s.total for s in steps(trace, "meet")] == [7, 7]
    first, second = steps(trace, "deposit")
    assert (first.before, first.after, second.before, second.after) == (None, 7, 7, 14)
    assert second.text == "7 + 7 = 14"
    back = len(once.steps) - once.opens_at - 1
    assert len(trace.steps) == len(once.steps) + back
    assert sum("as the nudge said" in step.sentence for step in trace.steps) == 1
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad == 14
    with pytest.raises(TraceError, match="at least once"):
        mg.trace(y, passes=0)
