"""Turns a Trace into what a viewer plays: one Frame per step, texts to write and things to light.

Everything about rows, sockets, buckets and chips is decided here, once. A viewer (stepper.ts, or
`fold` below) applies the writes and marks of frames 0..k in order, so stepping back restores
exactly what was there.

Ids, for node or edge number 3: `n3` the node, `e3` the edge, `s3` the socket in which edge 3 ends
on the way back, `b3` the bucket below a leaf. Texts are written to `v3` (value), `g3` (gradient),
`s3` and `b3`, accessible names to `n3:label` and `b3:label`. A tensor has cells too: `v3.0`, `v3.1`
and so on, row by row, or a `v3:heat` image with words in `v3:extent` and `v3:scale`; its gradient
likewise.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from minigrad.names import legible
from minigrad.printing import brief, full
from minigrad.traces import (
    Array,
    Deposit,
    EdgeStep,
    Forward,
    Inside,
    Meet,
    Seed,
    Start,
    Trace,
    Unbroadcast,
)
from minigrad_widgets.cells import cells_of
from minigrad_widgets.grids import axis_words, empty, filled, grid_of
from minigrad_widgets.heat import GRADIENTS, VALUES, Ramp, about, scale_of
from minigrad_widgets.text import shorten

LONGEST_CHIP = 22  # in ems; the formula below the picture says it in full
_LONGEST_SPOKEN_NAME = 60  # in ems: nobody wants to hear 10,000 characters
_MOST_NODES_WITH_CELLS = 60  # of a larger graph the tables would weigh more than all the rest


@dataclass
class Frame:
    """One step: its words, what it writes, marks and unmarks for good, and what is lit meanwhile.

    `ends` is the coarsest grain at which one stops here: "layer", "op", or "" for an edge.
    `line` is the line of code that speaks, from 1. `cells` are the step's tables (see cells.py).
    """

    phase: str
    sentence: str
    formula: str
    pause: bool
    ends: str
    line: int | None
    cells: dict[str, Any] | None
    writes: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    unmarks: list[str] = field(default_factory=list)
    lit: list[str] = field(default_factory=list)
    chip: dict[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what is sent: the fields that hold anything."""
        return {name: value for name, value in vars(self).items() if value}


def fold(frames: list[Frame]) -> tuple[dict[str, str], set[str]]:
    """Return the texts and the marks that stand after `frames` were played."""
    texts: dict[str, str] = {}
    marks: set[str] = set()
    for frame in frames:
        texts.update(frame.writes)
        marks.difference_update(frame.unmarks)
        marks.update(frame.marks)
    return texts, marks


class Screenplay:
    """The `frames` of a trace.

    `sockets` are the edges that bring gradients to a node, for each node with two or more of them.
    """

    def __init__(self, trace: Trace) -> None:
        self.frames: list[Frame] = []
        self._trace = trace
        self._axes = axis_words(trace)
        self._value: dict[int, Array] = {}
        self._gradient: dict[int, Array] = {}
        self._arrived: set[int] = set()
        roads: defaultdict[int, dict[int, None]] = defaultdict(dict)  # a set that keeps its order
        inputs: defaultdict[int, list[str]] = defaultdict(list)
        for step in trace.steps:
            for move in step.moves if isinstance(step, EdgeStep) else ():
                roads[trace.edges[move.edge].source][move.edge] = None
        for edge in trace.edges:
            inputs[edge.target].append(f"e{edge.id}")
        self.sockets = {node: list(edges) for node, edges in roads.items() if len(edges) > 1}
        self._scales = self._fix_scales()
        summed_later = {step.edge for step in trace.steps if isinstance(step, Unbroadcast)}
        with_cells = len(trace.nodes) <= _MOST_NODES_WITH_CELLS

        for step, (ends, node) in zip(trace.steps, _stops(trace), strict=True):
            frame = Frame(
                "forward" if isinstance(step, Start | Forward) else "backward",
                legible(step.sentence),
                legible(step.formula),
                pause=isinstance(step, Seed | Meet),
                ends=ends,
                line=None if node is None else trace.nodes[node].line_number,
                cells=cells_of(trace, step) if with_cells else None,
            )
            self.frames.append(frame)
            match step:
                case Start():
                    self._set_the_scene()
                case Forward(node=node):
                    self._write_value(node)
                    frame.lit += [f"n{node}", *inputs[node]]
                case Seed(node=node):
                    self._empty_the_sockets()
                    self._write_gradient(node, step.gradient)
                    frame.lit.append(f"n{node}")
                case EdgeStep(moves=moves):
                    for move in moves:
                        source = trace.edges[move.edge].source
                        if move.edge not in summed_later or source in self.sockets:
                            self._arrive(move.edge, move.contribution)
                        frame.lit.append(f"e{move.edge}")
                    target = f"n{trace.edges[moves[0].edge].target}"
                    frame.lit.append(target)
                    texts = ", ".join(dict.fromkeys(move.text for move in moves))
                    self._show_chip(target if len(moves) > 1 else f"e{moves[0].edge}", texts)
                case Unbroadcast(edge=edge_id):
                    self._arrive(edge_id, step.after)
                    frame.lit.append(f"e{edge_id}")
                    self._show_chip(f"e{edge_id}", f"{brief(step.before)} → {brief(step.after)}")
                case Meet(node=node):
                    self._write_gradient(node, step.total)
                    frame.lit += [f"n{node}", *(f"e{road}" for road in self.sockets[node])]
                    self._show_chip(f"n{node}", step.text)
                case Deposit(node=node):
                    self._fill_bucket(node, step.after)
                    frame.lit.append(f"b{node}")
                    self._show_chip(f"b{node}", step.text)
                case Inside(node=node):
                    frame.lit.append(f"n{node}")
        self.frames[-1].pause = True

    def _fix_scales(self) -> dict[str, float]:
        """Choose the scale of each heat image, one for all steps."""
        shown: defaultdict[str, list[Array]] = defaultdict(list)
        for step in self._trace.steps:
            match step:
                case Seed(node=node, gradient=gradient) | Meet(node=node, total=gradient):
                    shown[f"g{node}"].append(gradient)
                case EdgeStep(moves=moves):
                    for move in moves:
                        source = self._trace.edges[move.edge].source
                        shown[f"g{source}"].append(move.contribution)
                case Unbroadcast(edge=edge, after=after):
                    shown[f"g{self._trace.edges[edge].source}"].append(after)
        scales = {}
        for each in self._trace.nodes:
            if _is_pictured(each.shape):
                slot = f"g{each.id}"
                scales[f"v{each.id}"] = scale_of([each.value])
                scales[slot] = scale_of(array for array in shown[slot] if array.shape == each.shape)
        return scales

    def _set_the_scene(self) -> None:
        for node in self._trace.nodes:
            for road in self.sockets.get(node.id, ()):
                self._write(f"s{road}", "")
            if node.requires_grad:
                self._empty(f"g{node.id}", node.shape)
            if node.op:
                self._empty(f"v{node.id}", node.shape)
                self._name(node.id)
            else:
                self._write_value(node.id)
        for leaf, gradient in self._trace.grads.items():
            self._fill_bucket(leaf, gradient)

    def _empty_the_sockets(self) -> None:
        """Let a second backward pass begin as the first did, but for what is in the buckets."""
        frame = self.frames[-1]
        past = fold(self.frames[:-1])[1] if self._gradient else set()
        frame.unmarks = sorted(mark for mark in past if mark[0] != "b")
        emptied = list(self._gradient)
        self._gradient.clear()
        for road in sorted(self._arrived):
            self._write(f"s{road}", "")
        self._arrived.clear()
        for node in emptied:
            self._empty(f"g{node}", self._trace.nodes[node].shape)
            self._name(node)

    def _write(self, slot: str, text: str) -> None:
        self.frames[-1].writes[slot] = text

    def _empty(self, slot: str, sizes: tuple[int, ...]) -> None:
        self.frames[-1].writes.update(empty(slot, sizes))

    def _fill(self, slot: str, caption: str, array: Array, ramp: Ramp) -> None:
        scale = self._scales.get(slot, 1.0)
        self.frames[-1].writes.update(filled(slot, caption, array, scale, ramp))

    def _write_value(self, node: int) -> None:
        value = self._value[node] = self._trace.nodes[node].value
        caption = self._axes[node] if value.ndim else brief(value)
        self._fill(f"v{node}", caption, value, VALUES)
        self._name(node)

    def _write_gradient(self, node: int, gradient: Array) -> None:
        self._gradient[node] = gradient
        self.frames[-1].marks.append(f"n{node}")
        caption = self._axes[node] if gradient.ndim else brief(gradient)
        self._fill(f"g{node}", f"∂ {caption}", gradient, GRADIENTS)
        self._name(node)

    def _arrive(self, road: int, contribution: Array) -> None:
        """Keep a contribution: in its socket where others are to come, else as the gradient."""
        node = self._trace.edges[road].source
        self.frames[-1].marks.append(f"e{road}")
        if node in self.sockets:
            self.frames[-1].marks.append(f"s{road}")
            self._arrived.add(road)
            self._write(f"s{road}", brief(contribution))
            self._name(node)
        else:
            self._write_gradient(node, contribution)

    def _fill_bucket(self, leaf: int, gradient: Array | None) -> None:
        if gradient is not None:
            self.frames[-1].marks.append(f"b{leaf}")
        text, spoken = ("None",) * 2 if gradient is None else (brief(gradient), full(gradient))
        self._write(f"b{leaf}", f".grad {text}")
        self._write(f"b{leaf}:label", f"{self._spoken(leaf)}.grad {spoken}")

    def _name(self, node: int) -> None:
        """Write the accessible name of a node: what its box says."""
        value, gradient = _said(self._value.get(node)), _said(self._gradient.get(node))
        label = f"{self._spoken(node)}, value {value}, gradient {gradient}"
        roads = self.sockets.get(node, ())
        arrived = sum(road in self._arrived for road in roads)
        if arrived and gradient == "none":
            label += f", {arrived} of {len(roads)} arrived"
        self._write(f"n{node}:label", label)

    def _spoken(self, node: int) -> str:
        return shorten(legible(self._trace.nodes[node].name), _LONGEST_SPOKEN_NAME)

    def _show_chip(self, beside: str, text: str) -> None:
        self.frames[-1].chip = {"text": shorten(legible(text), LONGEST_CHIP), "beside": beside}


def _is_pictured(sizes: tuple[int, ...]) -> bool:
    grid = grid_of(sizes)
    return grid is not None and not grid.numbered


def _said(array: Array | None) -> str:
    if array is None:
        return "none"
    return f"{full(array)} ({about(array)})" if _is_pictured(array.shape) else full(array)


def _stops(trace: Trace) -> Iterator[tuple[str, int | None]]:
    """For each step: the coarsest grain at which it is a stop, and the node whose line speaks."""
    places: list[tuple[str, str, int]] = []  # part of the way, layer, node
    speakers: list[int | None] = []
    seeds = 0
    for step in trace.steps:
        speaker: int | None = None
        match step:
            case Start():
                places.append(("start", "", -1))
            case Forward(node=speaker):
                places.append(("forward", trace.nodes[speaker].layer, speaker))
            case Seed(node=speaker):
                seeds += 1
                places.append((f"seed {seeds}", "", -1))
            case EdgeStep(moves=moves):
                speaker = trace.edges[moves[0].edge].target
                places.append((f"back {seeds}", trace.nodes[speaker].layer, speaker))
            case Meet(node=speaker) | Deposit(node=speaker) | Inside(node=speaker):
                places.append(places[-1])
            case Unbroadcast(edge=edge):
                speaker = trace.edges[edge].target
                places.append(places[-1])
        speakers.append(speaker)
    for place, after, speaker in zip(places, [*places[1:], None], speakers, strict=True):
        if after is None or place[:2] != after[:2]:
            yield "layer", speaker
        else:
            yield "" if place == after else "op", speaker
