"""The frames say what the trace says, when it says it, and nothing earlier."""

from functools import reduce
from operator import add

import pytest

import minigrad as mg
from example_graphs import (
    EXAMPLES,
    VARIED,
    awkward_numbers,
    composite,
    composite_elsewhere,
    leaf,
    linear_layer,
    no_gradients,
    second_backward,
    squared,
    stretched_twice,
    two_roads,
)
from minigrad.printing import brief
from minigrad_widgets.screenplay import Screenplay, fold

each_graph = pytest.mark.parametrize("example", EXAMPLES)


def states(trace):
    """The texts after each step."""
    frames = Screenplay(trace).frames
    return [fold(frames[: step + 1])[0] for step in range(len(frames))]


def number_of(trace, name):
    return next(node.id for node in trace.nodes if node.name == name)


def history(trace, kind, name):
    """What stands in one slot of the node called `name`, each text once, in order."""
    slot = f"{kind}{number_of(trace, name)}"
    return list(dict.fromkeys(texts[slot] for texts in states(trace)))


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in VARIED])
def test_every_gradient_shown_is_the_sum_of_what_arrived(make):
    trace = make()
    arrived = {}  # by node, then by edge
    for step in trace.steps:
        match step.kind:
            case "seed":
                arrived[step.node] = {None: step.gradient}
            case "edge":
                for move in step.moves:
                    roads = arrived.setdefault(trace.edges[move.edge].source, {})
                    roads[move.edge] = move.contribution
            case "unbroadcast":
                arrived[trace.edges[step.edge].source][step.edge] = step.after
    shown = states(trace)[-1]
    for node in trace.nodes:
        if node.id in arrived:
            assert shown[f"g{node.id}"] == f"∂ {brief(reduce(add, arrived[node.id].values()))}"
        else:
            assert shown.get(f"g{node.id}", "–") == "–"
        assert node.requires_grad == (f"g{node.id}" in shown)


def test_leaves_end_with_what_backward_puts_into_grad():
    a, b = leaf(0.3, "a"), leaf([1.0, -2.0], "b")
    loss = (a * b + (a * b).sin() * a).sum()
    texts = states(mg.trace(loss))[-1]
    loss.backward()
    assert texts["b0"] == f".grad {brief(a.grad.numpy())}"
    assert texts["b1"] == f".grad {brief(b.grad.numpy())}"


def test_the_numbers_of_the_lesson():
    trace = composite_elsewhere()
    texts = states(trace)[-1]
    told = {node.name: (texts[f"v{node.id}"], texts[f"g{node.id}"]) for node in trace.nodes}
    assert told["x"] == ("3", "∂ 260")
    assert told["a"] == ("−3", "∂ −180")
    assert told["b"] == ("5", "∂ −60")
    assert told["y"] == ("−11", "∂ −20")
    assert told["z"] == ("99", "∂ 1")


@each_graph
def test_before_the_first_step_only_inputs_have_values_and_nothing_has_a_gradient(example):
    trace = example()
    texts = states(trace)[0]
    for node in trace.nodes:
        assert texts[f"v{node.id}"] == ("–" if node.op else brief(node.value))
        assert texts.get(f"g{node.id}", "–") == "–"
        label = texts[f"n{node.id}:label"]
        assert label.endswith(f"value {'none' if node.op else brief(node.value)}, gradient none")


def test_roads_wait_in_sockets_until_they_meet():
    trace = two_roads()
    a = number_of(trace, "a")
    roads = [edge.id for edge in trace.edges if edge.source == a]
    said = list(dict.fromkeys(texts[f"n{a}:label"] for texts in states(trace)))
    assert said == [
        "a, value 3, gradient none",
        "a, value 3, gradient none, 1 of 2 arrived",
        "a, value 3, gradient none, 2 of 2 arrived",
        "a, value 3, gradient 5",
    ]
    assert history(trace, "g", "a") == ["–", "∂ 5"]
    assert {states(trace)[-1][f"s{road}"] for road in roads} == {"4", "1"}
    assert history(trace, "g", "b") == ["–", "∂ 3"]


def test_a_squared_has_two_roads():
    trace = squared()
    assert Screenplay(trace).sockets == {0: [0, 1]}
    assert history(trace, "g", "a") == ["–", "∂ 6"]


def test_buckets_keep_what_an_earlier_pass_left():
    trace = second_backward()
    assert history(trace, "b", "x") == [".grad 6", ".grad 12"]
    assert history(trace, "g", "x") == ["–", "∂ 6"]
    assert "b0" in fold(Screenplay(trace).frames[:1])[1]
    assert history(composite(), "b", "x") == [".grad None", ".grad 98"]
    assert states(composite())[-1]["b0:label"] == "x.grad 98"


def test_a_stretched_input_has_its_gradient_only_when_that_is_summed_back():
    trace = linear_layer()
    gradients = history(trace, "g", "bias")
    assert gradients[0] == "–"
    assert len(gradients) == 2
    assert gradients[1].startswith("∂ [")
    trace = stretched_twice()
    row = number_of(trace, "row")
    first = next(edge.id for edge in trace.edges if edge.source == row)
    assert [texts[f"s{first}"] for texts in states(trace)][-1].startswith("[")
    assert "2×3" in {texts[f"s{first}"] for texts in states(trace)}


def test_without_gradients_there_are_no_gradient_rows_sockets_or_buckets():
    assert {slot[0] for slot in states(no_gradients())[-1]} == {"v", "n"}


@each_graph
def test_playing_pauses_at_the_seed_where_roads_meet_and_at_the_end(example):
    trace = example()
    pauses = [frame.pause for frame in Screenplay(trace).frames]
    wanted = [step.kind in {"seed", "meet"} for step in trace.steps]
    assert pauses == [*wanted[:-1], True]


@each_graph
def test_a_chip_stands_for_every_sum_and_only_while_it_is_done(example):
    trace = example()
    play = Screenplay(trace)
    for number, (step, frame) in enumerate(zip(trace.steps, play.frames, strict=True)):
        chips = [chip for chip in play.chips if chip.id in frame.lit]
        assert [chip for chip in play.chips if chip.frame == number] == chips
        assert all(chip.frame == number for chip in chips)
        sums = {"edge": len(getattr(step, "moves", ())), "meet": 1, "unbroadcast": 1, "deposit": 1}
        assert len(chips) == sums.get(step.kind, 0)
        assert frame.phase == ("forward" if step.kind in {"start", "forward"} else "backward")


def test_chips_of_the_lesson():
    texts = [chip.text for chip in Screenplay(composite_elsewhere()).chips]
    assert "−20 × 5 = −100" in texts
    assert "2 + (−22) = −20" in texts
    assert "0 + (−60) = −60" in texts
    assert max(map(len, (chip.text for chip in Screenplay(awkward_numbers()).chips))) < 45


def test_a_trace_of_a_leaf_alone():
    x = mg.tensor(3.0, requires_grad=True, name="x")
    trace = mg.trace(lambda: x)
    assert states(trace)[-1]["n0:label"].startswith("x, value 3, gradient")
