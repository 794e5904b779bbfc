"""A question of practice: the words it is asked in, its answer, and the slips one may make."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from minigrad.diagnose import Slip, candidates
from minigrad.traces import Trace
from minigrad.wording import bracketed
from minigrad_widgets.reading import Cell

UNFAIR = 0.01  # of the answer: how far off it may be if computed from the numbers shown

ASKS = {
    "value": "{target} is …?",
    "slope": "The slope of {target} for {source} is …?",
    "contribution": "The road from {target} back to {source} brings …?",
    "total": "All of {target}’s roads have arrived. Together they bring …?",
    "product": "The road from {target} back to {source} brings …?",
    "sum": "Summed back to the shape of {source}, the road from {target} brings …?",
}
CELL = " Give row {row}, column {column}; both count from 0."
KIND_HINTS = {
    "value": "A value: what the op makes of its inputs’ numbers.",
    "slope": "A local slope: how far {target} moves for each small move of {source}, all else "
    "held still. What arrives from above plays no part yet.",
    "contribution": "A contribution: the slope that arrives, times the op’s own slope.",
    "total": "A total: along a road slopes multiply, and where roads meet they add.",
    "product": "A product of matrices: each cell of it takes a row of the first and a column of "
    "the second, multiplies them pair by pair and adds.",
    "sum": "A sum: where copies were made on the way forth, all that comes back from them adds.",
}
EDGE_HINTS = {
    "value": "The op takes {inputs}: {symbols}.",
    "slope": "In symbols: {symbols}. Put the numbers in.",
    "contribution": "What arrives is ∂{root}/∂{bracketed}. The op’s own slope: {symbols}.",
    "total": "Look into the sockets of {target}: they were filled by way of {inputs}.",
    "product": "This road brings {symbols}. G is what arrives, ∂{root}/∂{bracketed}.",
    "sum": "{target} holds copies of {source}. Add what comes back from them: {symbols}.",
}


class Way(NamedTuple):
    """What the numbers give as they are read, and the parts of it, as `candidates` takes them."""

    answer: float
    known: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """Asked before step `step`. `what` is one of the keys of ASKS.

    `about` is the part of the picture ("e4") and `names` the same in words ("y² → y"); of what has
    the same `topic`, one is asked. `cell` is the place in a tensor, () for a single number.
    `hints` are the kind, the edge, a twin. `slack` is how far off the truth may seem from the
    numbers shown; `ways` are the ways to read these off the page. The repr holds no answer.
    """

    step: int
    what: str
    topic: str
    about: str
    names: str
    cell: Cell
    asks: str
    hints: tuple[str, ...]
    truth: float = field(repr=False)
    slack: float = field(repr=False)
    ways: Sequence[Way] = field(repr=False)

    @property
    def slips(self) -> list[Slip]:
        """The mistakes that could be made here."""
        ways = [Way(self.truth, {}), *self.ways]
        return [slip for way in ways for slip in candidates(way.answer, **way.known)]


def listed(names: Iterable[str]) -> str:
    """Write names in a row, each once."""
    return " and ".join(dict.fromkeys(names))


def drafted(
    trace: Trace,
    step: int,
    what: str,
    topic: str,
    about: str,
    words: dict[str, str],
    symbols: str = "",
    cell: Cell = (),
) -> Question:
    """Put a question into words; its answer is still to come."""
    root = bracketed(trace.nodes[trace.root].name)
    words |= {"symbols": symbols, "root": root, "bracketed": bracketed(words["target"])}
    asks = ASKS[what].format(**words)
    if cell:
        row, column = (0, *cell)[-2:]
        asks += CELL.format(row=row, column=column)
    hints = (KIND_HINTS[what].format(**words), EDGE_HINTS[what].format(**words))
    names = " → ".join(words[each] for each in ("target", "source") if each in words)
    return Question(step, what, topic, about, names, cell, asks, hints, math.nan, math.nan, ())


def judged(draft: Question, truth: float, ways: Sequence[Way]) -> Iterator[Question]:
    """Give a question its answer, if each way to read the numbers shown finds it."""
    slack = max(abs(way.answer - truth) for way in ways)
    if math.isfinite(truth) and slack <= UNFAIR * abs(truth):
        yield replace(draft, truth=truth, slack=slack, ways=tuple(ways))
