"""The frames say what the trace says, when it says it, and nothing earlier."""

from functools import reduce
from itertools import groupby
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
    network,
    no_gradients,
    second_backward,
    second_pass,
    squared,
    stretched_twice,
    two_roads,
)
from minigrad.printing import brief, full
from minigrad_widgets.grids import cell_text, grid_of
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
            gradient = reduce(add, arrived[node.id].values())
            assert numbers_shown(shown, f"g{node.id}", gradient)
            assert f", gradient {full(gradient)}" in shown[f"n{node.id}:label"]
        else:
            assert shown.get(f"g{node.id}", "–") == "–"
        assert numbers_shown(shown, f"v{node.id}", node.value)
        assert node.requires_grad == (f"g{node.id}" in shown)


def numbers_shown(shown, slot, array):
    if not array.ndim:
        return shown[slot].removeprefix("∂ ") == brief(array)
    grid = grid_of(array.shape)
    if grid is None:
        return not array.size
    if not grid.numbered:
        return shown[f"{slot}:heat"].startswith("data:image/png") and shown[f"{slot}:extent"]
    cells = [shown[f"{slot}.{cell}"] for cell in range(array.size)]
    return cells == [cell_text(number) for number in array.ravel().tolist()]


@pytest.mark.parametrize("passes", [1, 2])
def test_leaves_end_with_what_backward_puts_into_grad(passes):
    a, b, c = leaf(0.3, "a"), leaf([1.0, -2.0], "b"), leaf([[1.5, 0.25], [2.0, 8.0]], "c")
    loss = (a * b + (a * b).sin() @ c * a).sum()
    trace = mg.trace(loss, passes=passes)
    texts = states(trace)[-1]
    for _ in range(passes):
        loss.backward(retain_graph=True)
    for name, tensor in {"a": a, "b": b, "c": c}.items():
        id, gradient = number_of(trace, name), tensor.grad.numpy()
        assert texts[f"b{id}"] == f".grad {brief(gradient)}"
        assert texts[f"b{id}:label"] == f"{name}.grad {full(gradient)}"
        assert numbers_shown(texts, f"g{id}", (gradient / passes).astype(gradient.dtype))


def test_a_second_pass_begins_with_empty_sockets_and_full_buckets():
    trace = second_pass()
    frames = Screenplay(trace).frames
    second = [i for i, step in enumerate(trace.steps) if step.kind == "seed"][1]
    start, once, again = (fold(frames[:end]) for end in (1, second, second + 1))
    x = number_of(trace, "x")
    roads = Screenplay(trace).sockets[x]
    assert len(roads) == 3
    assert all(once[0][f"s{road}"] and not again[0][f"s{road}"] for road in roads)
    emptied = {id for id in again[0] if id[0] in "gs"} - {f"g{trace.root}"}
    assert {id: again[0][id] for id in emptied} == {id: start[0][id] for id in emptied}
    assert again[1] == {f"n{trace.root}", "b0", "b1"}
    assert history(trace, "b", "x") == [".grad None", ".grad 8", ".grad 16"]
    assert fold(frames)[0][f"g{x}"] == once[0][f"g{x}"] == "∂ 8"
    labels = [texts[f"n{x}:label"] for texts in states(trace)]
    assert labels[second].endswith("gradient none")
    assert labels[second + 1 :].count("x, value 3, gradient none, 1 of 3 arrived") == 1


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
        if node.op:
            assert texts[f"v{node.id}"] == "–"
            later = (f"v{node.id}.", f"v{node.id}:", f"g{node.id}.", f"g{node.id}:")
            assert not any(text for slot, text in texts.items() if slot.startswith(later))
        else:
            assert numbers_shown(texts, f"v{node.id}", node.value)
        assert texts.get(f"g{node.id}", "–") == "–"
        label = texts[f"n{node.id}:label"]
        assert f", value {'none' if node.op else full(node.value)}" in label
        assert label.endswith(", gradient none")


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
    assert gradients[1] == "∂ out 2"
    summed = next(i for i, step in enumerate(trace.steps) if step.kind == "unbroadcast")
    slot = f"g{number_of(trace, 'bias')}"
    assert [texts[slot] for texts in states(trace)[summed - 1 : summed + 1]] == gradients
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
def test_one_chip_stands_for_the_sum_of_a_step(example):
    trace = example()
    for step, frame in zip(trace.steps, Screenplay(trace).frames, strict=True):
        assert bool(frame.chip) == (step.kind in {"edge", "meet", "unbroadcast", "deposit"})
        assert frame.phase == ("forward" if step.kind in {"start", "forward"} else "backward")


def test_chips_of_the_lesson():
    trace = composite_elsewhere()
    chips = {
        frame.chip["text"]: frame.chip["beside"] for frame in Screenplay(trace).frames if frame.chip
    }
    assert {"−20 × 5 = −100", "2 + (−22) = −20", "0 + (−60) = −60"} <= set(chips)
    assert chips["1 × 1 = 1"] == f"n{number_of(trace, 'z')}"
    awkward = Screenplay(awkward_numbers()).frames
    assert max(len(frame.chip["text"]) for frame in awkward if frame.chip) < 45


def test_a_minus_shows_both_products_in_one_chip():
    a, b = leaf(3.0, "a"), leaf(4.0, "b")
    chips = [frame.chip["text"] for frame in Screenplay(mg.trace(a - b)).frames if frame.chip]
    assert chips[0] == "1 × 1 = 1, 1 × (−1) = −1"


@each_graph
def test_stops_of_a_coarser_grain_are_stops_of_a_finer_one_and_the_last_frame_is_one(example):
    trace = example()
    frames = Screenplay(trace).frames
    assert frames[-1].ends == "layer"
    for step, frame, after in zip(trace.steps, frames, [*trace.steps[1:], None], strict=True):
        if step.kind in {"start", "seed"} or getattr(after, "kind", "") == "seed":
            assert frame.ends == "layer"
        if step.kind == "forward":
            assert frame.ends in {"op", "layer"}
        if getattr(after, "kind", "") in {"meet", "deposit", "unbroadcast"} and step.kind != "seed":
            assert frame.ends == ""


def test_the_way_back_through_an_op_is_one_stop_and_that_through_a_layer_too():
    trace = composite()
    back = [frame.ends for frame in Screenplay(trace).frames[trace.opens_at + 2 :]]
    # z; 2·y; y²; y; a·x² + b·x; b·x to b and x; a·x² to a and x²; x² and all that ends at x
    assert back.count("op") + back.count("layer") == 8
    trace = network()
    backward = Screenplay(trace).frames[trace.opens_at + 2 :]
    moves = [step.moves[0] for step in trace.steps if step.kind == "edge"]
    layers = [trace.nodes[trace.edges[move.edge].target].layer for move in moves]
    assert len(set(layers)) > 2
    stops = [frame for frame in backward if frame.ends == "layer"]
    assert len(stops) == len(list(groupby(layers)))


def test_only_what_holds_something_is_sent():
    frames = [frame.as_dict() for frame in Screenplay(composite()).frames]
    assert {"phase", "sentence", "ends", "writes", "lit", "formula"} >= set(frames[1]) - {"line"}
    assert all(all(frame.values()) for frame in frames)
    assert sum(frame.get("pause", False) for frame in frames) == 4


def test_a_trace_of_a_leaf_alone():
    x = mg.tensor(3.0, requires_grad=True, name="x")
    trace = mg.trace(lambda: x)
    assert states(trace)[-1]["n0:label"].startswith("x, value 3, gradient")
