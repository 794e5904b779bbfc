"""Which steps of a trace are asked in practice, and the last hint to them.

Not every step is asked. A question needs an answer that stands nowhere on the page yet, that the
numbers shown are enough to compute, and that a worked twin with other numbers does not give away.
So a plus is never asked, nor a constant slope, nor a slope that is another node's value. Of
those left, each op is asked for its slope once and for what its road brings once, and there are at
most seven questions. More would stop the walk too often. Single numbers go before cells of tensors.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad import sentences
from minigrad.diagnose import diagnose
from minigrad.errors import TraceError
from minigrad.printing import brief
from minigrad.traces import Array, Trace
from minigrad.tracing import Computation
from minigrad_widgets.askable import Setter
from minigrad_widgets.asking import UNFAIR, Question

MOST = {"value": 1, "slope": 2, "contribution": 2, "total": 2, "product": 2, "sum": 2}  # of a kind
MOST_IN_ALL = 7
TRIES = 6  # so often are other numbers drawn, to find some that lead through the same graph
TWINS = 2

TWIN_HINT = "The same with other numbers: {worked}."


# What a page shows -------------------------------------------------------------------------

_SHOWN = re.compile(r"\d+(?:\.\d+)?(?:e[+−-]?\d+)?")
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789")
_TAG = re.compile(r"<[^>]*>")
_IDS = {"phase", "marks", "unmarks", "lit", "ends", "beside", "line"}  # not read by anybody


def texts_of(shown: Any) -> Iterator[str]:
    """List all texts in a frame, as it is sent."""
    if isinstance(shown, str):
        yield shown
    elif isinstance(shown, Mapping):
        for name, each in shown.items():
            if name not in _IDS:
                yield from texts_of(each)
    elif isinstance(shown, list | tuple):
        for each in shown:
            yield from texts_of(each)


def numbers_in(texts: Iterable[str]) -> set[float]:
    """Collect the sizes of all numbers in texts that a page shows; a sign is no disguise."""
    found = set[float]()
    for text in texts:
        if not text.startswith("data:"):  # an image
            plain = _TAG.sub(" ", text).translate(_SUPERSCRIPTS)
            found.update(float(each.replace("−", "-")) for each in _SHOWN.findall(plain))
    return found


def _gives_away(question: Question, shown: Iterable[float]) -> bool:
    """Whether a number that is shown would be taken for the answer, or for its size."""
    size = abs(question.truth)
    near = [each for each in shown if abs(each - size) <= 2 * UNFAIR * size]  # there are thousands
    return any(diagnose(each, size, slack=question.slack).right for each in near)


def without_nudge(trace: Trace) -> Trace:
    """Let the forward pass end without the nudge, which gives a gradient away.

    Where practice is on, the frames are made of what this returns.
    """
    last, root = trace.opens_at, trace.nodes[trace.root]
    if last == len(trace.steps) - 1:
        return trace
    told = trace.steps[last].sentence
    own = told[: told.rfind(f"{root.name} is ")]  # where another node was computed last
    closing = sentences.FORWARD_DONE.format(root=root.name, value=brief(root.value))
    steps = list(trace.steps)
    steps[last] = replace(steps[last], sentence=own + closing)
    return replace(trace, steps=tuple(steps))


# The same graph with other numbers ---------------------------------------------------------


def twins(computation: Computation, seed: int = 0) -> Iterator[Trace]:
    """Draw traces of the computation for other numbers of its leaves.

    Signs stay, so that a logarithm or a branch still has its numbers.
    """
    draw = random.Random(seed)
    nodes = computation.trace.nodes
    for _ in range(TRIES):
        others = {
            leaf: _other(nodes[leaf].value, draw)
            for leaf in computation.editable
            if nodes[leaf].value.dtype.kind == "f"
        }
        try:
            yield computation.changed(others).trace
        except TraceError:  # the reader's function wants the numbers that it was given
            continue


def _other(value: Array, draw: random.Random) -> Array:
    factors = (draw.uniform(*draw.choice([(0.5, 0.9), (1.1, 1.6)])) for _ in range(value.size))
    cells = [each * factor for each, factor in zip(value.ravel().tolist(), factors, strict=True)]
    return np.array([float(f"{each:.2g}") for each in cells]).reshape(value.shape)


def _outline(trace: Trace) -> Any:
    """What traces share that differ in numbers alone."""
    edges = [(edge.source, edge.target, edge.position) for edge in trace.edges]
    return [node.op for node in trace.nodes], edges, [step.kind for step in trace.steps]


# Choosing ----------------------------------------------------------------------------------


@np.errstate(all="ignore")  # of a slip may come anything
def questions(
    trace: Trace,
    frames: Sequence[Mapping[str, Any]],
    twins: Iterable[Trace],
    also: Iterable[str] = (),
    seed: int | None = None,
) -> list[Question]:
    """Choose the questions of a trace, in the order of its steps.

    `frames` are what the page shows, one for each step; `also` is what else stands on it. A
    `seed` draws another choice; without one it is the first steps that fit, and the last value.
    """
    outline = _outline(trace)
    alike = (twin for twin in twins if _outline(twin) == outline)
    fitting = [Setter(twin) for twin in itertools.islice(alike, TWINS)]
    found = list(Setter(trace).found())
    if seed is None:
        values = [each for each in found if each.what == "value"]
        found = [each for each in found if each.what != "value"] + values[::-1]
    else:
        random.Random(seed).shuffle(found)
    found.sort(key=lambda each: each.what in ("product", "sum") or each.cell != ())
    # A line of the reader's code may have the answer in a comment.
    words = [(node.name, node.badge, node.layer, node.line or "") for node in trace.nodes]
    always = numbers_in([*itertools.chain(*words), *trace.code, *also])
    by_frame = [numbers_in(texts_of(frame)) for frame in frames]
    shown = list(itertools.accumulate(by_frame, set[float].union, initial=always))
    chosen: dict[int, Question] = {}
    topics = set[tuple[str, str]]()
    many = Counter[str]()
    for each in found:
        new = each.step not in chosen and (each.what, each.topic) not in topics
        if new and many[each.what] < MOST[each.what] and len(chosen) < MOST_IN_ALL:
            if _gives_away(each, shown[each.step]):
                continue
            complete = _with_twin(each, fitting)
            if complete:
                chosen[each.step] = complete
                topics.add((each.what, each.topic))
                many[each.what] += 1
    said = set[float]()
    kept = []
    for _, each in sorted(chosen.items()):
        if not _gives_away(each, said):
            kept.append(each)
            said |= numbers_in([each.asks, *each.hints])
    return kept


def _with_twin(question: Question, twins: Iterable[Setter]) -> Question | None:
    """Add the third hint; None where the hints would give the answer away."""
    for twin in twins:
        worked = TWIN_HINT.format(worked=twin.worked(question))
        complete = replace(question, hints=(*question.hints, worked))
        if not _gives_away(question, numbers_in([question.asks, *complete.hints])):
            return complete
    return None
