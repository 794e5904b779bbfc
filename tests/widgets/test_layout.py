"""Nothing stands over anything, whatever the graph."""

import os
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from example_graphs import (
    EXAMPLES,
    VARIED,
    composite,
    composite_elsewhere,
    leaf,
    linear_layer,
    squared,
)
from minigrad_widgets.grids import ABOUT, CELL, cell_text, grid_of
from minigrad_widgets.layout import FONT, Box, lay_out
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
def test_boxes_stand_apart_inside_the_canvas(make):
    trace = make()
    layout = lay_out(trace, Screenplay(trace))
    boxes = solid(layout)
    for one, other in combinations(boxes, 2):
        assert not overlap(boxes[one], boxes[other]), (one, other)
    canvas = Box(0, 0, layout.width, layout.height)
    assert all(within(box, canvas) for box in boxes.values())


@each_graph
def test_lines_and_grids_stand_below_each_other_inside_their_box_beside_the_sockets(make):
    trace = make()
    play = Screenplay(trace)
    boxes = lay_out(trace, play).boxes
    for node in trace.nodes:
        box = boxes[f"n{node.id}"]
        slots = [id for id in boxes if id.split(":")[0] in (f"v{node.id}", f"g{node.id}")]
        assert all(within(boxes[slot], box) for slot in slots)
        for above, below in combinations(slots, 2):
            assert boxes[above].bottom <= boxes[below].y
        sockets = [boxes[f"s{road}"] for road in play.sockets.get(node.id, ())]
        assert all(boxes[slot].right < socket.x for slot in slots for socket in sockets)
        outlines = {
            (boxes[slot].width, boxes[slot].height) for slot in slots if slot.endswith(":grid")
        }
        assert len(outlines) == bool(node.shape and node.value.size)


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
            for slot, text in frame.writes.items():
                assert not slot.endswith((":extent", ":scale")) or width(text) <= ABOUT


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
    assert FONT * PANEL / lay_out(trace, Screenplay(trace)).width >= 11


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


@given(st.floats() | st.integers(-(10**18), 10**18) | st.booleans())
def test_whatever_the_number_it_fits_its_cell(value):
    text = cell_text(value)
    assert FONT * width(text) <= CELL[0]
    assert text != "0" or value == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.123456, "−0.12"),
        (-12345.0, "−1e4"),
        (1e-12, "1e−12"),
        (-1e-12, "≈ 0"),
        (6.9671, "6.967"),
        (0.00123, "0.001"),
    ],
)
def test_cells_keep_as_many_digits_as_fit(value, text):
    assert cell_text(value) == text


def test_numbers_stand_in_up_to_24_cells_and_more_of_them_are_a_picture_of_bounded_size():
    assert grid_of((4, 6)).numbered
    assert not grid_of((5, 5)).numbered
    assert not grid_of((1, 2, 2)).numbered
    assert (grid_of((5,)).rows, grid_of((5,)).columns) == (1, 5)
    for shape in [(10_000,), (300, 300), (7, 1000), (2, 3, 40, 50)]:
        grid = grid_of(shape)
        assert max(grid.width, grid.height) <= 288
        assert grid.down >= 3


def drawn(make, *arguments):
    trace = make(*arguments)
    return trace, Screenplay(trace)


def fan(products):
    """Let x go into every column, up to as many as there are products."""
    x = leaf(1.0, "x")
    total = x * 1
    for place in range(2, products + 1):
        total = total + x * place
    return mg.trace(total)


def unrolled(steps):
    weight, bias, h = leaf(0.5, "w"), leaf(0.1, "b"), leaf(0.2, "h")
    for _ in range(steps):
        h = (weight * h + bias).tanh()
    return mg.trace(h)


@pytest.mark.parametrize("make", [lambda: fan(100), lambda: unrolled(90)], ids=["fan", "unrolled"])
def test_boxes_of_a_graph_with_long_edges_stand_apart_and_inputs_left_of_their_users(make):
    trace = make()
    play = Screenplay(trace)
    layout = lay_out(trace, play)
    boxes = solid(layout)
    for one, other in combinations(boxes.values(), 2):
        assert not overlap(one, other)
    canvas = Box(0, 0, layout.width, layout.height)
    assert all(within(box, canvas) for box in boxes.values())
    assert all(boxes[f"n{edge.source}"].right < boxes[f"n{edge.target}"].x for edge in trace.edges)
    for edge, curve in zip(trace.edges, layout.edges, strict=True):
        assert boxes[f"n{edge.source}"].right == curve[0][0] < curve[-1][0]
        assert curve[-1][0] < boxes[f"n{edge.target}"].x
    assert lay_out(trace, play) == layout


SMALL_STACK = """
import threading
from minigrad_widgets.layout import lay_out
from minigrad_widgets.screenplay import Screenplay
from test_layout import fan

def show(products):
    trace = fan(products)
    lay_out(trace, Screenplay(trace))
    shown.append(products)

shown = []
threading.stack_size(256 * 1024)
for products in (80, 450):
    thread = threading.Thread(target=show, args=[products])
    thread.start()
    thread.join()
assert threading.stack_size() == 256 * 1024
print(*shown)
"""


def test_a_wide_graph_is_laid_out_from_a_thread_with_a_small_stack():
    """With a quarter of a megabyte; dot would need more, and would take the kernel with it."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", SMALL_STACK], env=environment, capture_output=True, text=True,
        encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, ["80", "450"]), done.stderr


def test_other_numbers_of_the_same_graph_keep_the_layout_as_long_as_they_fit():
    before = lay_out(*drawn(composite, (1.0, 2.0, 3.0)))
    assert lay_out(*drawn(composite, (-1.0, 3.0, 1.0)), before) is before
    wider = lay_out(*drawn(composite, (-1.2345, 0.0345, -87.123)), before)
    assert wider is not before
    assert all(wider.sizes[id] >= size for id, size in before.sizes.items())
    assert lay_out(*drawn(composite, (1.0, 2.0, 3.0)), wider) is wider
    order = sorted(before.boxes, key=lambda id: before.boxes[id].x)
    assert sorted(wider.boxes, key=lambda id: wider.boxes[id].x) == order


def test_another_graph_is_laid_out_anew():
    before = lay_out(*drawn(composite))
    assert lay_out(*drawn(linear_layer), before) == lay_out(*drawn(linear_layer))
    product = lay_out(*drawn(lambda: mg.trace(leaf(1.0, "a") * leaf(1.0, "b"))))
    alike = lay_out(*drawn(lambda: mg.trace(leaf(1.0, "a") / leaf(1.0, "b"))), product)
    assert (product.names[-1], alike.names[-1]) == ("a·b", "a/b")
