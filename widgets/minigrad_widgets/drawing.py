"""Draws a whole picture, once, as one SVG document.

A viewer then only changes texts and lights what is named in it: parts with a `data-id` can be lit
or marked, a text with a `data-slot` or a part with a `data-label` be written anew. Built as an
element tree, so a label is always text, whatever it holds. No part has an XML id, since many
pictures share a page.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from minigrad.names import legible
from minigrad.traces import Edge, Node, Trace
from minigrad_widgets.grids import grid_of
from minigrad_widgets.layout import (
    FONT,
    HEAD,
    MARGIN,
    PAD_X,
    PAD_Y,
    SLANT,
    Box,
    Layout,
    Point,
    lay_out,
)
from minigrad_widgets.screenplay import LONGEST_CHIP, Frame, Screenplay, fold

_STYLE = Path(__file__).with_name("picture.css")
_BASELINE = 14  # from the top of a line down to the foot of its letters
_CHIP_BAND = 34  # kept free above the graph, so that a chip has a place always
_NARROWEST = LONGEST_CHIP * FONT * 1.1 + 2 * MARGIN + 16
# Said after what stands in the box. No role="button": its name would have to be the texts alone.
CHANGES = "number, Enter changes it"
OPENS = "closed part, Enter opens it"
_CUTS = {
    "frozen": "does not require a gradient",
    "no_grad": "computed under no_grad",
    "detach": "detached",
}


@dataclass
class Drawing:
    """Two SVGs: `first` without numbers, for a viewer to write in, and the final one, for itself.

    `arrangement` is for the next drawing of the same graph.
    """

    first: str
    arrangement: Layout
    _picture: Element
    _frames: list[Frame]

    @cached_property
    def final(self) -> str:
        """The picture as it stands after the last frame, with its own style."""
        SubElement(self._picture, "style").text = _STYLE.read_text(encoding="utf-8")
        _write(self._picture, self._frames)
        return tostring(self._picture, encoding="unicode")


def draw(
    trace: Trace,
    play: Screenplay,
    arrangement: Layout | None = None,
    editable: Collection[int] = (),
) -> Drawing:
    """Draw a trace. The first SVG holds names and no numbers, so it is the same for any that fit.

    `arrangement` is that of the last drawing, if there was one. `editable` nodes can be changed.
    """
    layout = lay_out(trace, play, arrangement)
    wide = max(layout.width, _NARROWEST)
    high = layout.height + _CHIP_BAND
    canvas = Box((layout.width - wide) / 2, -_CHIP_BAND, wide, high)
    picture = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "mg-picture",
            "viewBox": f"{canvas.x:g} {canvas.y:g} {canvas.width:g} {canvas.height:g}",
            "width": f"{canvas.width:g}",
            "height": f"{canvas.height:g}",
            "font-size": str(FONT),
            "role": "group",
            "aria-label": f"Computation graph of {layout.names[trace.root]}",
        },
    )
    _rectangle(picture, "paper", canvas)
    for edge, curve in zip(trace.edges, layout.edges, strict=True):
        _draw_edge(picture, edge, curve)
    for node in trace.nodes:
        group = _group(picture, "node", f"n{node.id}")
        group.attrib |= {"data-label": f"n{node.id}:label", "role": "img", "tabindex": "0"}
        if node.id in editable:
            group.attrib |= {"class": "node editable", "aria-roledescription": CHANGES}
        if node.group:
            group.attrib |= {"data-group": node.group, "aria-roledescription": OPENS}
        _draw_node(group, node, layout, play.sockets.get(node.id, []))
        if node.id in trace.grads:
            _draw_bucket(picture, node.id, layout.boxes[f"b{node.id}"])
    return Drawing(tostring(picture, encoding="unicode"), layout, picture, play.frames)


def _write(picture: Element, frames: list[Frame]) -> None:
    texts, marks = fold(frames)
    for part in picture.iter():
        if slot := part.get("data-slot"):
            if part.tag == "image":
                part.set("href", texts[slot])
            else:
                part.text = texts[slot]
        if label := part.get("data-label"):
            part.set("aria-label", texts[label])
        if part.get("data-id") in marks:
            part.set("class", part.get("class", "") + " marked")


def _draw_edge(picture: Element, edge: Edge, curve: Sequence[Point]) -> None:
    group = _group(picture, "edge", f"e{edge.id}")
    start, *rest = (f"{round(2 * x) / 2:g},{round(2 * y) / 2:g}" for x, y in curve)
    if edge.cut:
        title = f"cut: no gradient goes back here ({_CUTS[edge.cut]})"
        group.attrib |= {"class": "edge cut", "role": "img", "aria-label": title}
        SubElement(group, "title").text = title
    SubElement(group, "path", {"class": "line", "d": f"M{start}C{' '.join(rest)}"})
    SubElement(group, "path", {"class": "head forth", "d": f"M{rest[-1]}m0,-4l{HEAD},4l-{HEAD},4z"})
    if edge.cut:
        SubElement(group, "path", {"class": "slash", "d": _slashes(curve)})
    else:
        stub = f"M{rest[-1]}m0,-1.5h{HEAD}v3h-{HEAD}z"  # on the way back no head fills this place
        head = f"M{start}l{HEAD},-5v10z{stub}"
        SubElement(group, "path", {"class": "head back", "d": head})


def _slashes(curve: Sequence[Point]) -> str:
    """Two strokes across the middle of a chain of cubic Bézier curves."""
    first = (len(curve) // 3 - 1) // 2 * 3
    a, b, c, d = (complex(*point) for point in curve[first : first + 4])
    middle, along = (a + 3 * b + 3 * c + d) / 8, c + d - a - b
    along /= abs(along)
    slant = 7 * along * (0.4 + 1j)
    ends = [(middle + shift * along + end * slant) for shift in (-2.5, 2.5) for end in (-1, 1)]
    points = [f"{end.real:.1f},{end.imag:.1f}" for end in ends]
    return "M{}L{}M{}L{}".format(*points)


def _draw_node(group: Element, node: Node, layout: Layout, roads: Sequence[int]) -> None:
    box = layout.boxes[f"n{node.id}"]
    left, top = box.x + PAD_X, box.y + PAD_Y + _BASELINE
    SubElement(group, "title").text = legible(node.name + (f" · {node.line}" if node.line else ""))
    if node.group:  # a second box looks out from behind: there is more in it
        _rectangle(group, "behind", Box(box.x + 4, box.y + 4, box.width, box.height), rx=7)
    _rectangle(group, "box", box, rx=7)
    _text(group, "name", left, top, layout.names[node.id])
    if node.badge:
        _text(group, "badge", box.right - PAD_X, top, node.badge)
    for kind, slot in [("value", f"v{node.id}"), ("gradient", f"g{node.id}")]:
        if line := layout.boxes.get(slot):
            _text(
                group, f"axes {kind}" if node.shape else kind, left, line.y + _BASELINE, slot=slot
            )
        if outline := layout.boxes.get(f"{slot}:grid"):
            _draw_grid(SubElement(group, "g", {"class": kind}), slot, outline, node.shape)
        for below in (f"{slot}:extent", f"{slot}:scale"):
            if line := layout.boxes.get(below):
                _text(group, "about", left, line.y + _BASELINE, slot=below)
    for road in roads:
        socket, place = _group(group, "socket", f"s{road}"), layout.boxes[f"s{road}"]
        _rectangle(socket, "pill", place, rx=7)
        _text(socket, "sum", place.middle[0], place.y + 13.5, slot=f"s{road}")


def _draw_grid(group: Element, slot: str, outline: Box, sizes: tuple[int, ...]) -> None:
    grid = grid_of(sizes)
    assert grid is not None
    _rectangle(group, "outline", outline)
    if not grid.numbered:
        sides = {"x": outline.x, "y": outline.y, "width": outline.width, "height": outline.height}
        image = SubElement(group, "image", {side: f"{at:g}" for side, at in sides.items()})
        image.attrib |= {"class": "heat", "preserveAspectRatio": "none"}
        image.set("data-slot", f"{slot}:heat")
        return
    across = [
        f"M{outline.x:g},{outline.y + row * grid.down:g}h{outline.width:g}"
        for row in range(1, grid.rows)
    ]
    down = [
        f"M{outline.x + column * grid.across:g},{outline.y:g}v{outline.height:g}"
        for column in range(1, grid.columns)
    ]
    SubElement(group, "path", {"class": "rules", "d": "".join(across + down)})
    for cell in range(grid.rows * grid.columns):
        row, column = divmod(cell, grid.columns)
        x, y = outline.x + (column + 0.5) * grid.across, outline.y + (row + 0.5) * grid.down
        _text(group, "cell", x, y + 5, slot=f"{slot}.{cell}")


def _draw_bucket(picture: Element, node: int, box: Box) -> None:
    group = _group(picture, "bucket", f"b{node}")
    group.attrib |= {"data-label": f"b{node}:label", "role": "img"}
    sides = f"h{box.width:g}l{-SLANT},{box.height:g}h{2 * SLANT - box.width:g}z"
    SubElement(group, "path", {"class": "pail", "d": f"M{box.x:g},{box.y:g}{sides}"})
    _text(group, "sum", box.middle[0], box.y + 15.5, slot=f"b{node}")


def _group(parent: Element, name: str, id: str) -> Element:
    return SubElement(parent, "g", {"class": name, "data-id": id})


def _rectangle(parent: Element, name: str, box: Box, rx: int = 0) -> None:
    sides = {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "rx": rx}
    written = {side: f"{length:g}" for side, length in sides.items()}
    SubElement(parent, "rect", {"class": name} | written)


def _text(parent: Element, name: str, x: float, y: float, text: str = "", slot: str = "") -> None:
    part = SubElement(parent, "text", {"class": name, "x": f"{x:g}", "y": f"{y:g}"})
    part.text = text
    if slot:
        part.set("data-slot", slot)
