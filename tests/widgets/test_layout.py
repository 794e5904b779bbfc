"""Nothing stands over anything, whatever the graph."""

from itertools import combinations

import numpy as np
import pytest

from example_graphs import EXAMPLES, VARIED, composite, composite_elsewhere, squared
from minigrad_widgets.chips import place_chips
from minigrad_widgets.layout import FONT, lay_out
from minigrad_widgets.screenplay import Screenplay
from minigrad_widgets.text import shorten, width

each_graph = pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in VARIED])
PANEL = 698  # CSS pixels of a panel of 700, without the widget's border


def overlap(one, other):
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    )


def within(inner, outer):
    return (
        outer.x <= inner.x
        and inner.right <= outer.right
        and outer.y <= inner.y
        and inner.bottom <= outer.bottom
    )


def solid(layout):
    return {id: box for id, box in layout.boxes.items() if id[0] in "nb"}


@each_graph
def test_boxes_and_chips_stand_apart_inside_the_canvas(make):
    trace = make()
    play = Screenplay(trace)
    layout = lay_out(trace, play)
    canvas, chips = place_chips(play.chips, layout)
    boxes = solid(layout)
    for one, other in combinations(boxes, 2):
        assert not overlap(boxes[one], boxes[other]), (one, other)
    for box in [*boxes.values(), *chips.values()]:
        assert within(box, canvas)
    for chip in play.chips:
        assert not [id for id, box in boxes.items() if overlap(chips[chip.id], box)], chip
        for other in play.chips:
            if other.frame == chip.frame and other.id != chip.id:
                assert not overlap(chips[chip.id], chips[other.id])


@each_graph
def test_sockets_stand_apart_inside_their_box(make):
    trace = make()
    play = Screenplay(trace)
    boxes = lay_out(trace, play).boxes
    for node, roads in play.sockets.items():
        sockets = [boxes[f"s{road}"] for road in roads]
        assert all(within(socket, boxes[f"n{node}"]) for socket in sockets)
        assert not any(overlap(*pair) for pair in combinations(sockets, 2))


@each_graph
def test_texts_fit_beside_each_other(make):
    """In the widest font numbers end before the sockets begin, and a name before its badge."""
    trace = make()
    play = Screenplay(trace)
    layout = lay_out(trace, play)
    for node in trace.nodes:
        box = layout.boxes[f"n{node.id}"]
        name = FONT * width(layout.names[node.id], bold=True)
        assert name + FONT * width(node.badge) <= box.width
        sockets = (layout.boxes[f"s{road}"].x for road in play.sockets.get(node.id, ()))
        first = min(sockets, default=box.right)
        for frame in play.frames:
            for slot in {f"v{node.id}", f"g{node.id}"} & frame.writes.keys():
                assert box.x + FONT * width(frame.writes[slot]) < first


@each_graph
def test_every_edge_runs_from_its_socket_to_an_arrow_head_of_its_own(make):
    trace = make()
    play = Screenplay(trace)
    layout = lay_out(trace, play)
    for edge, curve in zip(trace.edges, layout.edges, strict=True):
        source, target = layout.boxes[f"n{edge.source}"], layout.boxes[f"n{edge.target}"]
        start = layout.boxes.get(f"s{edge.id}", source)
        assert curve[0] == (source.right, start.middle[1])
        assert target.y < curve[-1][1] < target.bottom
    heads = {(edge.target, layout.edges[edge.id][-1]) for edge in trace.edges}
    assert len(heads) == len(trace.edges)


def curve_points(curve):
    t = np.linspace(0, 1, 33)[:, None]
    points = np.array(curve)
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        yield from (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d


@pytest.mark.parametrize("make", EXAMPLES)
def test_edges_pass_other_boxes_by(make):
    trace = make()
    layout = lay_out(trace, Screenplay(trace))
    for edge, curve in zip(trace.edges, layout.edges, strict=True):
        for id, box in solid(layout).items():
            if id not in {f"n{edge.source}", f"n{edge.target}"}:
                over = [
                    (x, y)
                    for x, y in curve_points(curve)
                    if box.x < x < box.right and box.y < y < box.bottom
                ]
                assert not over, (edge, id)


@pytest.mark.parametrize("make", [composite, composite_elsewhere])
def test_the_lesson_fits_a_panel_of_700_pixels_with_text_of_eleven(make):
    trace = make()
    play = Screenplay(trace)
    canvas, _ = place_chips(play.chips, lay_out(trace, play))
    assert FONT * PANEL / canvas.width >= 11


def test_inputs_stand_left_of_what_is_computed_from_them():
    trace = composite()
    boxes = lay_out(trace, Screenplay(trace)).boxes
    assert all(boxes[f"n{edge.source}"].right < boxes[f"n{edge.target}"].x for edge in trace.edges)


def test_a_squared_has_two_edges_that_are_seen_as_two():
    trace = squared()
    first, second = lay_out(trace, Screenplay(trace)).edges
    assert first[0] != second[0]
    assert first[-1] != second[-1]


@pytest.mark.parametrize("make", EXAMPLES)
def test_a_layout_depends_on_nothing_but_the_trace(make):
    trace = make()
    play = Screenplay(trace)
    assert lay_out(trace, play) == lay_out(trace, play)


def test_long_names_are_cut_where_the_room_ends():
    assert shorten("weight", 11) == "weight"
    assert shorten("x" * 10_000, 11) == "x" * 15 + "…"
    assert width(shorten("漢" * 99, 11)) <= 11
