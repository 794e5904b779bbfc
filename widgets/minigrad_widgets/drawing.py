"""Draws a whole picture, once, as one SVG document.

A viewer then only changes texts and lights what is named in it: parts with a `data-id` can be lit
or marked, a text with a `data-slot` or a part with a `data-label` be written anew. Built as an
element tree, so a label is always text, whatever it holds. No part has an XML id, since many
pictures share a page.
"""

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from minigrad.names import legible
from minigrad.trace import Node, Trace
from minigrad_widgets.chips import place_chips
from minigrad_widgets.layout import (
    FONT,
    HEAD,
    PAD_X,
    PAD_Y,
    ROW,
    SLANT,
    Box,
    Layout,
    Point,
    lay_out,
)
from minigrad_widgets.screenplay import Frame, Screenplay, fold

_STYLE = Path(__file__).with_name("picture.css")
_BASELINE = 14  # from the top of a line down to the foot of its letters


def draw(trace: Trace, play: Screenplay) -> tuple[str, str]:
    """Return the picture at the first frame, for a viewer, and the final one, for itself.

    The final one carries its own style, and no chips.
    """
    layout = lay_out(trace, play)
    canvas, places = place_chips(play.chips, layout)
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
        _draw_edge(_group(picture, "edge", f"e{edge.id}"), curve)
    for node in trace.nodes:
        _draw_node(picture, node, layout, play.sockets.get(node.id, []))
    chips = SubElement(picture, "g")
    for chip in play.chips:
        group, box = _group(chips, "chip", chip.id), places[chip.id]
        _rectangle(group, "pill", box, rx=8)
        _text(group, "sum", box.middle[0], box.y + 17, chip.text)
    _write(picture, play.frames[:1])
    at_first = tostring(picture, encoding="unicode")

    picture.remove(chips)
    SubElement(picture, "style").text = _STYLE.read_text(encoding="utf-8")
    _write(picture, play.frames)
    return at_first, tostring(picture, encoding="unicode")


def _write(picture: Element, frames: list[Frame]) -> None:
    texts, marks = fold(frames)
    for part in picture.iter():
        if slot := part.get("data-slot"):
            part.text = texts[slot]
        if label := part.get("data-label"):
            part.set("aria-label", texts[label])
        if part.get("data-id") in marks:
            part.set("class", part.get("class", "").removesuffix(" marked") + " marked")


def _draw_edge(group: Element, curve: Sequence[Point]) -> None:
    start, *rest = (f"{round(2 * x) / 2:g},{round(2 * y) / 2:g}" for x, y in curve)
    SubElement(group, "path", {"class": "line", "d": f"M{start}C{' '.join(rest)}"})
    SubElement(group, "path", {"class": "head forth", "d": f"M{rest[-1]}m0,-4l{HEAD},4l-{HEAD},4z"})
    stub = f"M{rest[-1]}m0,-1.5h{HEAD}v3h-{HEAD}z"  # on the way back no head fills this place
    SubElement(group, "path", {"class": "head back", "d": f"M{start}l{HEAD},-5v10z{stub}"})


def _draw_node(picture: Element, node: Node, layout: Layout, roads: Sequence[int]) -> None:
    box = layout.boxes[f"n{node.id}"]
    left, lines = box.x + PAD_X, [box.y + PAD_Y + _BASELINE + line * ROW for line in range(3)]
    group = _group(picture, "node", f"n{node.id}")
    group.attrib |= {"data-label": f"n{node.id}:label", "role": "img", "tabindex": "0"}
    SubElement(group, "title").text = legible(node.name + (f" · {node.line}" if node.line else ""))
    _rectangle(group, "box", box, rx=7)
    _text(group, "name", left, lines[0], layout.names[node.id])
    if node.badge:
        _text(group, "badge", box.right - PAD_X, lines[0], node.badge)
    _text(group, "value", left, lines[1], slot=f"v{node.id}")
    if node.requires_grad:
        _text(group, "gradient", left, lines[2], slot=f"g{node.id}")
    for road in roads:
        socket, place = _group(group, "socket", f"s{road}"), layout.boxes[f"s{road}"]
        _rectangle(socket, "pill", place, rx=7)
        _text(socket, "sum", place.middle[0], place.y + 13.5, slot=f"s{road}")
    if bucket := layout.boxes.get(f"b{node.id}"):
        group = _group(picture, "bucket", f"b{node.id}")
        group.attrib |= {"data-label": f"b{node.id}:label", "role": "img"}
        x, y = bucket.x, bucket.y
        sides = f"h{bucket.width:g}l{-SLANT},{bucket.height:g}h{2 * SLANT - bucket.width:g}z"
        SubElement(group, "path", {"class": "pail", "d": f"M{x:g},{y:g}{sides}"})
        _text(group, "sum", bucket.middle[0], y + 15.5, slot=f"b{node.id}")


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
