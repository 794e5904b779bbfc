"""Turns a Trace into what a viewer plays: one Frame per step, texts to write and things to light.

Everything about rows, sockets, buckets and chips is decided here, once. A viewer (stepper.ts, or
`fold` below) applies the writes and marks of frames 0..k in order, so stepping back restores
exactly what was there.

Ids, for node or edge number 3: `n3` the node, `e3` the edge, `s3` the socket in which edge 3 ends
on the way back, `b3` the bucket below a leaf, `c3` a chip (numbered on its own). Texts are written
to `v3` (value), `g3` (gradient), `s3` and `b3`, accessible names to `n3:label` and `b3:label`.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from minigrad.names import legible
from minigrad.printing import brief
from minigrad.trace import Deposit, EdgeStep, Forward, Meet, Seed, Start, Trace, Unbroadcast
from minigrad_widgets.text import shorten

NOT_YET = "–"  # never 0: 0 is a real gradient
_LONGEST_CHIP = 22  # in ems; the formula below the picture says it in full
_LONGEST_SPOKEN_NAME = 60  # in ems: nobody wants to hear 10,000 characters


@dataclass
class Frame:
    """One step: its words, what it writes and marks for good, and what is lit while it stands."""

    phase: str
    sentence: str
    formula: str
    pause: bool = False
    writes: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    lit: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Chip:
    """A small sum that stands in frame number `frame`, beside an edge, a node or a bucket."""

    id: str
    text: str
    beside: str
    frame: int


def fold(frames: list[Frame]) -> tuple[dict[str, str], set[str]]:
    """Return the texts and the marks that stand after `frames` were played."""
    texts: dict[str, str] = {}
    marks: set[str] = set()
    for frame in frames:
        texts.update(frame.writes)
        marks.update(frame.marks)
    return texts, marks


class Screenplay:
    """The `frames` and `chips` of a trace.

    `sockets` are the edges that bring gradients to a node, for each node with two or more of them.
    """

    def __init__(self, trace: Trace) -> None:
        self.frames: list[Frame] = []
        self.chips: list[Chip] = []
        self._trace = trace
        self._now: dict[str, str] = {}
        roads: defaultdict[int, list[int]] = defaultdict(list)
        inputs: defaultdict[int, list[str]] = defaultdict(list)
        for step in trace.steps:
            for move in step.moves if isinstance(step, EdgeStep) else ():
                roads[trace.edges[move.edge].source].append(move.edge)
        for edge in trace.edges:
            inputs[edge.target].append(f"e{edge.id}")
        self.sockets = {node: edges for node, edges in roads.items() if len(edges) > 1}
        summed_later = {step.edge for step in trace.steps if isinstance(step, Unbroadcast)}

        for step in trace.steps:
            phase = "forward" if isinstance(step, Start | Forward) else "backward"
            frame = Frame(
                phase,
                legible(step.sentence),
                legible(step.formula),
                pause=isinstance(step, Seed | Meet),
            )
            self.frames.append(frame)
            match step:
                case Start():
                    self._set_the_scene()
                case Forward(node=node):
                    self._write_value(node, brief(trace.nodes[node].value))
                    frame.lit += [f"n{node}", *inputs[node]]
                case Seed(node=node):
                    self._write_gradient(node, brief(step.gradient))
                    frame.lit.append(f"n{node}")
                case EdgeStep():
                    for move in step.moves:
                        source = trace.edges[move.edge].source
                        if move.edge not in summed_later or source in self.sockets:
                            self._arrive(move.edge, brief(move.contribution))
                        frame.lit += [f"e{move.edge}", f"n{trace.edges[move.edge].target}"]
                        self._show_chip(f"e{move.edge}", move.text)
                case Unbroadcast(edge=edge_id):
                    self._arrive(edge_id, brief(step.after))
                    frame.lit.append(f"e{edge_id}")
                    self._show_chip(f"e{edge_id}", f"{brief(step.before)} → {brief(step.after)}")
                case Meet(node=node):
                    self._write_gradient(node, brief(step.total))
                    frame.lit += [f"n{node}", *(f"e{road}" for road in self.sockets[node])]
                    self._show_chip(f"n{node}", step.text)
                case Deposit(node=node):
                    self._fill_bucket(node, brief(step.after))
                    frame.lit.append(f"b{node}")
                    self._show_chip(f"b{node}", step.text)
        self.frames[-1].pause = True

    def _set_the_scene(self) -> None:
        for node in self._trace.nodes:
            for road in self.sockets.get(node.id, ()):
                self._write(f"s{road}", "")
            if node.requires_grad:
                self._write(f"g{node.id}", NOT_YET)
            self._write_value(node.id, NOT_YET if node.op else brief(node.value))
        for leaf, gradient in self._trace.grads.items():
            self._fill_bucket(leaf, None if gradient is None else brief(gradient))

    def _write(self, slot: str, text: str) -> None:
        self.frames[-1].writes[slot] = self._now[slot] = text

    def _write_value(self, node: int, value: str) -> None:
        self._write(f"v{node}", value)
        self._name(node)

    def _write_gradient(self, node: int, gradient: str) -> None:
        self.frames[-1].marks.append(f"n{node}")
        self._write(f"g{node}", f"∂ {gradient}")
        self._name(node)

    def _arrive(self, road: int, contribution: str) -> None:
        """Keep a contribution: in its socket where others are to come, else as the gradient."""
        node = self._trace.edges[road].source
        self.frames[-1].marks.append(f"e{road}")
        if node in self.sockets:
            self.frames[-1].marks.append(f"s{road}")
            self._write(f"s{road}", contribution)
            self._name(node)
        else:
            self._write_gradient(node, contribution)

    def _fill_bucket(self, leaf: int, gradient: str | None) -> None:
        if gradient is not None:
            self.frames[-1].marks.append(f"b{leaf}")
        self._write(f"b{leaf}", f".grad {gradient}")
        self._write(f"b{leaf}:label", f"{self._spoken(leaf)}.grad {gradient}")

    def _name(self, node: int) -> None:
        """Write the accessible name of a node: what its box says."""
        value, gradient = self._now[f"v{node}"], self._now.get(f"g{node}", NOT_YET)
        value, gradient = (
            "none" if text == NOT_YET else text.removeprefix("∂ ") for text in (value, gradient)
        )
        label = f"{self._spoken(node)}, value {value}, gradient {gradient}"
        roads = self.sockets.get(node, ())
        arrived = sum(self._now[f"s{road}"] != "" for road in roads)
        if arrived and gradient == "none":
            label += f", {arrived} of {len(roads)} arrived"
        self._write(f"n{node}:label", label)

    def _spoken(self, node: int) -> str:
        return shorten(legible(self._trace.nodes[node].name), _LONGEST_SPOKEN_NAME)

    def _show_chip(self, beside: str, text: str) -> None:
        cut = shorten(legible(text), _LONGEST_CHIP)
        chip = Chip(f"c{len(self.chips)}", cut, beside, len(self.frames) - 1)
        self.chips.append(chip)
        self.frames[-1].lit.append(chip.id)
