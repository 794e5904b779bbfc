"""A computation as steps: its numbers and words are those of the storyboard."""

import os
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf, named, steps

GOLDEN = Path(__file__).with_name("golden")


def story(x0, a0, b0):
    x, a, b = leaf(x0), leaf(a0), leaf(b0)
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    return mg.trace(z)


def moves(trace):
    """Every move, as (from, to): (arriving, local, contribution), in playing order."""
    ends = [(trace.nodes[e.target].name, trace.nodes[e.source].name) for e in trace.edges]
    return [
        (*ends[move.edge], *(float(n) for n in (move.arriving, move.local, move.contribution)))
        for step in steps(trace, "edge")
        for move in step.moves
    ]


def assert_golden(name, text):
    """Compare with a stored text; MINIGRAD_OVERWRITE=1 stores what there is now."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("MINIGRAD_OVERWRITE"):
        path.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    assert text + "\n" == path.read_text(encoding="utf-8")


# The storyboard -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "values", "road"),
    [
        (
            (1.0, 2.0, 3.0),
            [1, 2, 3, 1, 2, 3, 5, 6, 36, 12, 48],
            [(1, 1, 1), (1, 1, 1), (1, 2, 2), (1, 12, 12), (14, 1, 14), (14, 1, 14), (14, 1, 14),
             (14, 1, 14), (14, 3, 42), (14, 1, 14), (14, 2, 28), (28, 2, 56)],
        ),
        (
            (3.0, -3.0, 5.0),
            [3, -3, 5, 9, -27, 15, -12, -11, 121, -22, 99],
            [(1, 1, 1), (1, 1, 1), (1, 2, 2), (1, -22, -22), (-20, 1, -20), (-20, 1, -20),
             (-20, 1, -20), (-20, 3, -60), (-20, 5, -100), (-20, 9, -180), (-20, -3, 60),
             (60, 6, 360)],
        ),
    ],
)  # fmt: skip
def test_the_numbers_of_the_storyboard(point, values, road):
    trace = story(*point)
    names = ["x", "a", "b", "x²", "a·x²", "b·x", "a·x² + b·x", "y", "y²", "2·y", "z"]
    assert {n.name: n.value.item() for n in trace.nodes} == dict(zip(names, values, strict=True))
    ends = [("z", "y²"), ("z", "2·y"), ("2·y", "y"), ("y²", "y"), ("y", "a·x² + b·x"),
            ("a·x² + b·x", "a·x²"), ("a·x² + b·x", "b·x"), ("b·x", "b"), ("b·x", "x"),
            ("a·x²", "a"), ("a·x²", "x²"), ("x²", "x")]  # fmt: skip
    assert moves(trace) == [(*pair, *numbers) for pair, numbers in zip(ends, road, strict=True)]
    kinds = [step.kind for step in trace.steps]
    assert kinds[:10] == ["start", *["forward"] * 8, "seed"]
    assert " ".join(kinds[10:]) == (
        "edge edge edge meet edge edge edge deposit edge edge deposit edge edge meet deposit"
    )
    assert trace.opens_at == 8
    meets = {trace.nodes[step.node].name: step for step in steps(trace, "meet")}
    assert [part.item() for part in meets["y"].parts] == [road[2][2], road[3][2]]
    assert [part.item() for part in meets["x"].parts] == [road[8][2], road[11][2]]
    buckets = {trace.nodes[s.node].name: s for s in steps(trace, "deposit")}
    x, a, b = road[8][2] + road[11][2], road[9][2], road[7][2]
    assert {name: step.after.item() for name, step in buckets.items()} == {"b": b, "a": a, "x": x}
    assert all(step.before is None for step in buckets.values())
    assert trace.grads == {named(trace)[name].id: None for name in "xab"}


def test_the_storyboards_words():
    trace = story(1.0, 2.0, 3.0)
    assert [named(trace)[n].badge for n in ("y", "z", "x", "x²")] == ["+ 1", "plus", "", ""]
    said = [step.sentence for step in trace.steps]
    assert said[8] == (
        "z is 48. Nudge x from 1 to 1.001 and z becomes 48.098: about 98 times the nudge. "
        "Where does 98 come from?"
    )
    assert said[13] == "Along a road slopes multiply; where roads meet they add: 2 + 12 = 14."
    assert said[11].endswith("One of y’s two roads has arrived; y must wait.")
    assert said[24].endswith("98, as the nudge said.")
    assert trace.steps[23].text == "42 + 56 = 98"


def test_negative_numbers_stand_in_brackets():
    trace = story(3.0, -3.0, 5.0)
    texts = [move.text for step in steps(trace, "edge") for move in step.moves]
    assert "−20 × (−3) = 60" in texts
    assert "1 × (−22) = −22" in texts
    assert [step.text for step in steps(trace, "meet")] == ["2 + (−22) = −20", "−100 + 360 = 260"]


def test_the_text_of_a_scalar_trace():
    assert_golden("story", str(story(1.0, 2.0, 3.0)))
    assert_golden("story_3_-3_5", str(story(3.0, -3.0, 5.0)))


def test_the_text_of_a_trace_of_tensors():
    X = mg.tensor(np.arange(12.0).reshape(3, 4))
    W = leaf(np.linspace(-1, 1, 8).reshape(4, 2))
    bias = leaf(np.array([0.5, -0.5]))
    p = (X @ W + bias).relu().softmax(-1)
    loss = (p[:, 0] * p.max(1).values).mean()
    assert_golden("tensors", str(mg.trace(loss)))


def test_one_number_plus_a_product():
    a, b = leaf(3.0), leaf(4.0)
    trace = mg.trace(a * b + a)
    (meet,) = steps(trace, "meet")
    assert trace.nodes[meet.node].name == "a"
    assert sorted(part.item() for part in meet.parts) == [1, 4]
    assert meet.total == 5
    first = steps(trace, "edge")[0]
    assert len(first.moves) == 2
    assert first.waits == " One of a’s two roads has arrived; a must wait."
    assert first.sentence.endswith(first.waits)


def test_a_tensor_used_twice_by_one_op_has_two_edges():
    a = leaf(3.0)
    trace = mg.trace(a * a)
    assert [(e.source, e.target, e.position) for e in trace.edges] == [(0, 1, 0), (0, 1, 1)]
    assert [part.item() for part in steps(trace, "meet")[0].parts] == [3, 3]
    for y, parts in ((a + a, [1, 1]), (a - a, [1, -1])):
        (meet,) = steps(mg.trace(y), "meet")
        assert [part.item() for part in meet.parts] == parts


def test_a_long_sum_shows_its_first_three_parts_and_the_last():
    def summed(shape, *factors):
        x = leaf(np.full(shape, 1.0))
        (meet,) = steps(mg.trace(sum(x * each for each in factors[::-1]).sum()), "meet")
        assert meet.formula.endswith(f" = {meet.text}")
        return meet.text

    assert summed((), 1, 2, 3, 4, 5, -6) == "1 + 2 + 3 + 4 + 5 + (−6) = 9"
    assert summed((), 1, 2, 3, 4, 5, 6, -7) == "1 + 2 + 3 + … + (−7) = 14"
    assert summed((1,), 1, 2, 3, 4, 5, 6, -7) == "[1] + [2] + [3] + … + [−7] = [14]"
    # Those that are not shown are 10.004 each, and would be shown as 10.
    assert summed((), 1, 2, 3, *[10.004] * 3, 4) == "1 + 2 + 3 + … + 4 ≈ 40.01"


def test_numbers_stay_inside_their_op():
    x = leaf(2.0)
    y = (3 - x) * 2 / x**2 + 2**x
    trace = mg.trace(y)
    assert [node.name for node in trace.nodes if not node.op] == ["x"]
    assert len(trace.edges) == 8


def test_paths_that_need_no_gradient_get_none():
    x, fixed = leaf(2.0), mg.tensor(5.0)
    inner = fixed * 3
    trace = mg.trace(x * inner)
    assert not named(trace)["inner"].requires_grad
    touched = {trace.edges[m.edge].source for s in steps(trace, "edge") for m in s.moves}
    assert touched == {named(trace)["x"].id}
    assert list(trace.grads) == [named(trace)["x"].id]


def test_a_nudge_is_told_only_where_its_numbers_show_the_slope():
    def told(value, function):
        trace = mg.trace(function, leaf(value))
        return trace.steps[trace.opens_at].sentence

    assert "from 2 to 2.001 and x·x becomes 4.004: about 4 times" in told(2.0, lambda x: x * x)
    for value, function in [
        (1e6, lambda x: x * x),
        (1e-8, lambda x: x * 3),
        (1234567.0, lambda x: x * 2),
        (0.0, lambda x: x.relu()),
        (0.0, lambda x: x * x),
    ]:
        assert "Nudge" not in told(value, function)
    assert "is 123456. Nudge" not in told(1.0, lambda x: x * 1000 + 123456.5)


# Tensors --------------------------------------------------------------------------------


def test_a_stretched_input_is_summed_back_in_a_step_of_its_own():
    x, bias = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), leaf([0.0, 1.0])
    trace = mg.trace((x + bias).sum())
    (step,) = steps(trace, "unbroadcast")
    assert (step.before.shape, step.axes, step.after.tolist()) == ((3, 2), (0,), [3.0, 3.0])
    assert step.sentence.startswith("bias was stretched from 2 numbers to 3×2")


def test_a_structured_op_shows_its_equation_and_no_local_number():
    X, W = leaf([[1.0, 2.0]]), leaf([[3.0], [4.0]])
    trace = mg.trace((X @ W).sum())
    texts = {trace.nodes[trace.edges[m.edge].source].name: m
             for s in steps(trace, "edge") for m in s.moves}  # fmt: skip
    assert texts["X"].text == "G @ Wᵀ: (1×1)·(1×2) = (1×2)"
    assert texts["W"].text == "Xᵀ @ G: (2×1)·(1×1) = (2×1)"
    assert texts["X"].local is texts["W"].local is None
    assert texts["W"].contribution.tolist() == [[1.0], [2.0]]


def test_relus_slope_is_read_as_a_textbook_writes_it():
    x = leaf([-1.0, 2.0])
    trace = mg.trace(x.relu().sum())
    assert "relu(x) > 0" in str(trace)
