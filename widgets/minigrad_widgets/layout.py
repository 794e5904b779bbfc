"""Where everything of a picture stands: `dot` arranges blank boxes of fixed size.

The size of a box comes from all the texts that will ever stand in it, so a layout depends on no
font. There is room for usual numbers, whatever those of today are, and a layout is used again for
other numbers of the same graph as long as they fit. Lengths are in units of the SVG. A picture is
shown at one CSS pixel per unit or smaller, and scrolls rather than let its text, FONT units high,
fall below eleven pixels.

dot puts a point into every column that an edge passes, and its time and stack grow with them. A
graph with too many is put into columns here, with straight edges.
"""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from statistics import fmean
from threading import Lock, stack_size

import pygraphviz

from minigrad.names import legible
from minigrad.traces import Node, Trace
from minigrad_widgets.grids import ABOUT, grid_of
from minigrad_widgets.screenplay import Screenplay
from minigrad_widgets.text import shorten, width

FONT = 14
ROW = 20  # one line of a box: a text, or a socket
PAD_X, PAD_Y = 9, 6
SLANT = 8  # how far the sides of a bucket lean in
HEAD = 8  # length of an arrow head
MARGIN = 12  # kept free all around
# How many columns all edges may pass together. Up to the first dot's curves take it less than half
# a second, at five times as many twenty. Up to the second its straight lines take a second at most.
_CURVED, _STRAIGHT = 1500, 4000
_STACK = 16 * 2**20  # bytes: dot needs half a megabyte, all that other threads have on macOS
_ONE_AT_A_TIME = Lock()  # Graphviz keeps state of its own, and callbacks may come from any thread
_LONGEST_NAME = 11  # in ems; tooltip and accessible name have the rest
_COLUMN_GAP, _ROW_GAP, _BUCKET_GAP, _GRID_GAP = 28, 34, 5, 6
# Room for three digits and a sign, where today's numbers are shorter: with more of it the lesson's
# graph would no longer fit a panel of 700 pixels.
_USUAL, _USUAL_GRADIENT, _USUAL_BUCKET = (
    ceil(FONT * width(before + "−123")) for before in ("", "∂ ", ".grad ")
)
_BUCKET, _SOCKET = 22, 17  # heights

Point = tuple[float, float]
# Width and height of it all, the nodes' middles, the edges' curves
_Arrangement = tuple[float, float, list[Point], list[list[Point]]]


@dataclass(frozen=True)
class Box:
    """A rectangle; `x`, `y` is its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """Where things stand, by id: `n3` node, `s3` socket, `b3` bucket, and the lines of a box.

    Those are `v3` and `g3`, for tensors also their grids `v3:grid` and `g3:grid`, and below a heat
    image `v3:extent`, `v3:scale` and likewise for `g3`. `edges` are the points of Bézier curves,
    `names` are cut to fit their boxes. `graph` is what is laid out, `sizes` are widths and heights.
    """

    width: float
    height: float
    boxes: dict[str, Box]
    edges: list[list[Point]]
    names: list[str]
    graph: tuple[object, ...]
    sizes: dict[str, tuple[int, int]]


def lay_out(trace: Trace, play: Screenplay, before: Layout | None = None) -> Layout:
    """Arrange the nodes, sockets, buckets and edges of `trace`, from left to right.

    `before`, a layout of the same graph with other numbers, stays if all texts fit into it. If
    one does not, its box grows and the others keep their room, so that little moves.
    """
    names = [shorten(legible(node.name), _LONGEST_NAME) for node in trace.nodes]
    sizes = _sizes(trace, play, names)
    graph = (
        *((node.name, node.badge, node.shape, node.requires_grad) for node in trace.nodes),
        *trace.edges, *trace.grads, *play.sockets.items(),
    )  # fmt: skip
    if before is not None and before.graph == graph:
        sizes = {id: (max(wide, before.sizes[id][0]), high) for id, (wide, high) in sizes.items()}
        if sizes == before.sizes:
            return before
    right, top, centres, edges = _arrange(trace, sizes)

    boxes: dict[str, Box] = {}
    for node in trace.nodes:
        x, y = centres[node.id]
        wide, high = sizes[f"n{node.id}"]
        y -= (high + (_BUCKET_GAP + _BUCKET) * (node.id in trace.grads)) / 2
        box = boxes[f"n{node.id}"] = Box(round(x - wide / 2), round(y), wide, high)
        line = box.y + PAD_Y + ROW
        for slot, (across, down) in _lines(node).items():
            boxes[slot] = Box(box.x + PAD_X, line, across, down)
            line += down + (_GRID_GAP if slot.endswith(":grid") else 0)
        if node.id in trace.grads:
            wide, high = sizes[f"b{node.id}"]
            boxes[f"b{node.id}"] = Box(round(x - wide / 2), box.bottom + _BUCKET_GAP, wide, high)

    for number, roads in play.sockets.items():
        box = boxes[f"n{number}"]
        for place, road in enumerate(sorted(roads, key=lambda road: edges[road][3][1]), start=1):
            wide, high = sizes[f"s{road}"]
            x, y = box.right - wide - PAD_X + 3, box.y + PAD_Y + place * ROW + 1
            boxes[f"s{road}"] = Box(x, y, wide, high)
    _dock(trace, boxes, edges)
    return Layout(
        ceil(right) + 2 * MARGIN, ceil(top) + 2 * MARGIN, boxes, edges, names, graph, sizes
    )


def _lines(node: Node) -> dict[str, tuple[float, float]]:
    """What stands in a box below its name: widths, where they are fixed, and heights."""
    lines: dict[str, tuple[float, float]] = {}
    grid = grid_of(node.shape)
    for slot in (f"v{node.id}", f"g{node.id}")[: 1 + node.requires_grad]:
        lines[slot] = (0, ROW)
        if grid is not None:
            lines[f"{slot}:grid"] = (grid.width, grid.height)
            if not grid.numbered:
                lines[f"{slot}:extent"] = lines[f"{slot}:scale"] = (FONT * ABOUT, ROW)
    return lines


def _sizes(trace: Trace, play: Screenplay, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Find what each node, socket and bucket needs, wide and high."""
    texts: defaultdict[str, float] = defaultdict(float)  # the greatest width in each slot
    for frame in play.frames:
        for slot, text in frame.writes.items():
            if slot.isalnum():  # neither a cell nor an accessible name
                texts[slot] = max(texts[slot], FONT * width(text))
    sizes: dict[str, tuple[int, int]] = {}
    for node, name in zip(trace.nodes, names, strict=True):
        roads = play.sockets.get(node.id, [])
        socket = max([_USUAL, *(ceil(texts[f"s{road}"]) for road in roads)]) + 10
        sizes |= {f"s{road}": (socket, _SOCKET) for road in roads}
        badge = width(node.badge) + 0.8 if node.badge else 0
        lines = _lines(node)
        usual = _USUAL_GRADIENT if node.requires_grad else _USUAL
        numbers = max([usual, *(max(texts[slot], across) for slot, (across, _) in lines.items())])
        numbers += socket + 6 if roads else 0
        wide = ceil(max(FONT * (width(name, bold=True) + badge), numbers)) + 2 * PAD_X
        if node.id in trace.grads:
            bucket = max(ceil(texts[f"b{node.id}"]), _USUAL_BUCKET) + 2 * SLANT + 4
            sizes[f"b{node.id}"] = bucket, _BUCKET
            wide = max(wide, bucket)
        grids = sum(slot.endswith(":grid") for slot in lines)
        high = ROW + sum(down for _, down in lines.values()) + grids * _GRID_GAP
        high = max(high, ROW * (1 + len(roads)), 2 * ROW)
        sizes[f"n{node.id}"] = wide, ceil(high) + 2 * PAD_Y
    return sizes


def _arrange(trace: Trace, sizes: dict[str, tuple[int, int]]) -> _Arrangement:
    """Put the nodes, with their buckets, and the edges into columns, the result on the right."""
    bucket = _BUCKET_GAP + _BUCKET
    room = [
        (wide, high + bucket * (node.id in trace.grads))
        for node in trace.nodes
        for wide, high in [sizes[f"n{node.id}"]]
    ]
    columns = [0] * len(room)  # counted from the right
    for edge in sorted(trace.edges, key=lambda edge: -edge.target):
        columns[edge.source] = max(columns[edge.source], columns[edge.target] + 1)
    passed = sum(columns[edge.source] - columns[edge.target] for edge in trace.edges)
    if passed > _STRAIGHT:
        return _stack(trace, room, columns)
    return _ask_dot(trace, room, curved=passed <= _CURVED)


def _stack(trace: Trace, room: Sequence[tuple[int, int]], columns: Sequence[int]) -> _Arrangement:
    """Stack the nodes of each column, in the order of what they go into."""
    users: defaultdict[int, list[int]] = defaultdict(list)
    for edge in trace.edges:
        users[edge.source].append(edge.target)
    places: dict[int, Point] = {}  # from the middle of the right side
    left = top = 0.0
    by_column = sorted(range(len(room)), key=columns.__getitem__)
    for _, column in groupby(by_column, columns.__getitem__):
        stack = sorted(column, key=lambda id: fmean([places[u][1] for u in users[id]] or [0]))
        wide = max(room[id][0] for id in stack)
        high = sum(room[id][1] + _ROW_GAP for id in stack) - _ROW_GAP
        y = -high / 2
        for id in stack:
            places[id] = left - wide / 2, y + room[id][1] / 2
            y += room[id][1] + _ROW_GAP
        left -= wide + _COLUMN_GAP
        top = max(top, high)
    right = -left - _COLUMN_GAP
    centres = [
        (places[id][0] + right + MARGIN, places[id][1] + top / 2 + MARGIN)
        for id in range(len(room))
    ]
    edges = []
    for edge in trace.edges:
        start, (x, y) = centres[edge.source], centres[edge.target]
        end = x - room[edge.target][0] / 2, y
        edges.append([start, start, end, end])
    return right, top, centres, edges


def _ask_dot(trace: Trace, room: Sequence[tuple[int, int]], curved: bool) -> _Arrangement:
    """Let dot arrange blank boxes, in a thread of its own, whose stack is large enough."""
    graph = pygraphviz.AGraph(directed=True, strict=False)  # not strict: a * a has two edges
    graph.graph_attr.update(rankdir="LR", ranksep=_COLUMN_GAP / 72, nodesep=_ROW_GAP / 72)
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    graph.edge_attr.update(dir="none", tailport="e", headport="w")
    for id, (wide, high) in enumerate(room):
        graph.add_node(id, width=wide / 72, height=high / 72)
    for edge in trace.edges:
        graph.add_edge(edge.source, edge.target, key=edge.id)
    if not curved:
        graph.graph_attr.update(nslimit=1, mclimit=0.1, splines="line")
    with _ONE_AT_A_TIME:
        usual = stack_size(_STACK)
        try:
            with ThreadPoolExecutor(1) as roomy:
                roomy.submit(graph.layout, "dot").result()
        finally:
            stack_size(usual)

    right, top = (float(number) for number in graph.graph_attr["bb"].split(",")[2:])

    def points(position: str) -> list[Point]:
        pairs = (pair.split(",") for pair in position.split())
        return [(float(x) + MARGIN, top - float(y) + MARGIN) for x, y in pairs]

    centres = [points(graph.get_node(id).attr["pos"])[0] for id in range(len(room))]
    edges = [points(graph.get_edge(e.source, e.target, e.id).attr["pos"]) for e in trace.edges]
    return right, top, centres, edges


def _dock(trace: Trace, boxes: dict[str, Box], edges: list[list[Point]]) -> None:
    """Let each edge leave its own socket and end in an arrow head of its own, level at both ends.

    `dot` knows of neither: it led all edges from side to side of blank boxes.
    """

    def handle(room: float) -> float:
        return max(HEAD, min(room / 2, 1.5 * _COLUMN_GAP))  # longer ones bulge into other boxes

    arriving: defaultdict[int, list[int]] = defaultdict(list)
    for edge in trace.edges:
        source, curve = boxes[f"n{edge.source}"], edges[edge.id]
        x, y = source.right, boxes.get(f"s{edge.id}", source).middle[1]
        curve[:2] = [(x, y), (x + handle(curve[3][0] - x), y)]
        arriving[edge.target].append(edge.id)
    for target, ids in arriving.items():
        box = boxes[f"n{target}"]
        apart = min(12, (box.height - ROW) / len(ids))
        ids.sort(key=lambda id: (edges[id][-4][1], edges[id][0][1]))
        for place, id in enumerate(ids):
            x, y = box.x - HEAD, box.middle[1] + (place - (len(ids) - 1) / 2) * apart
            edges[id][-2:] = [(x - handle(x - edges[id][-4][0]), y), (x, y)]
