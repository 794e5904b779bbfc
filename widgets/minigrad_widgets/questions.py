"""Which steps of a trace are asked in practice, and the hints to them.

Not every step is asked. A question needs an answer that stands nowhere on the page yet, that the
numbers shown are enough to compute, and that a worked twin with other numbers does not give away.
So a plus is never asked, nor a constant slope, nor a slope that is another node's value. Of
those left, each op is asked for its slope once and for what its road brings once, and there are at
most seven questions: one value, two slopes, two contributions, two totals. More would stop the
walk too often.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minigrad import sentences
from minigrad.diagnose import Slip, candidates, diagnose
from minigrad.errors import TraceError
from minigrad.printing import brief, rounded
from minigrad.rules import RULES
from minigrad.trace import Array, EdgeStep, Forward, Meet, Move, Node, Seed, Step, Trace
from minigrad.tracing import Computation
from minigrad.wording import bracketed

MOST = {"value": 1, "slope": 2, "contribution": 2, "total": 2}  # questions of each kind
UNFAIR = 0.01  # of the answer: how far off it may be if computed from the numbers shown
TRIES = 6  # so often are other numbers drawn, to find some that lead through the same graph
TWINS = 2

ASKS = {
    "value": "{target} is …?",
    "slope": "The slope of {target} for {source} is …?",
    "contribution": "The road from {target} back to {source} brings …?",
    "total": "All of {target}’s roads have arrived. Together they bring …?",
}
KIND_HINTS = {
    "value": "A value: what the op makes of its inputs’ numbers.",
    "slope": "A local slope: how far {target} moves for each small move of {source}, all else "
    "held still. What arrives from above plays no part yet.",
    "contribution": "A contribution: the slope that arrives, times the op’s own slope.",
    "total": "A total: along a road slopes multiply, and where roads meet they add.",
}
EDGE_HINTS = {
    "value": "The op takes {inputs}: {symbols}.",
    "slope": "In symbols: {symbols}. Put the numbers in.",
    "contribution": "What arrives is ∂{root}/∂{bracketed}. The op’s own slope: {symbols}.",
    "total": "Look into the sockets of {target}: they were filled by way of {inputs}.",
}
TWIN_HINT = "The same with other numbers: {worked}."


@dataclass(frozen=True)
class Question:
    """Asked before step `step`. `what` is "value", "slope", "contribution" or "total".

    `about` is the part of the picture ("e4") and `names` the same in words ("y² → y"); of what has
    the same `topic`, one is asked. `hints` are the kind, the edge, a twin. `slack` is how far off
    the truth may seem from the numbers shown; `known` are the parts of the answer, as `candidates`
    takes them. The repr holds no answer.
    """

    step: int
    what: str
    topic: str
    about: str
    names: str
    asks: str
    hints: tuple[str, ...]
    truth: float = field(repr=False)
    slack: float = field(repr=False)
    known: Mapping[str, Any] = field(repr=False)

    @property
    def slips(self) -> list[Slip]:
        """The mistakes that could be made here."""
        return candidates(self.truth, **self.known)


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
    fitting = list(itertools.islice((t for t in twins if _outline(t) == outline), TWINS))
    found = list(_Setter(trace).found())
    if seed is None:
        values = [each for each in found if each.what == "value"]
        found = [each for each in found if each.what != "value"] + values[::-1]
    else:
        random.Random(seed).shuffle(found)
    names = [text for node in trace.nodes for text in (node.name, node.badge, node.layer)]
    always = numbers_in([*names, *trace.code, *also])
    by_frame = [numbers_in(texts_of(frame)) for frame in frames]
    chosen: dict[int, Question] = {}
    topics = set[tuple[str, str]]()
    many = Counter[str]()
    for each in found:
        new = each.step not in chosen and (each.what, each.topic) not in topics
        if new and many[each.what] < MOST[each.what]:
            if _gives_away(each, always.union(*by_frame[: each.step])):
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


def _with_twin(question: Question, twins: Iterable[Trace]) -> Question | None:
    """Add the third hint; None where the hints would give the answer away."""
    for twin in twins:
        worked = TWIN_HINT.format(worked=_worked(twin, question))
        complete = replace(question, hints=(*question.hints, worked))
        if not _gives_away(question, numbers_in([question.asks, *complete.hints])):
            return complete
    return None


def _worked(twin: Trace, question: Question) -> str:
    """The step of a twin in one line."""
    match twin.steps[question.step]:
        case Forward(formula=formula, node=node):
            inputs = [twin.nodes[edge.source] for edge in twin.edges if edge.target == node]
            given = _listed([f"{each.name} is {brief(each.value)}" for each in inputs])
            result = f"{twin.nodes[node].name} is {brief(twin.nodes[node].value)}"
            return f"{given}, so {formula or result}"
        case EdgeStep(moves=(move,), formula=formula) if question.what == "contribution":
            return f"{formula}, and {move.text}"
        case Meet(text=text):
            return text
        case step:
            return step.formula


def _listed(names: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(names))


# What could be asked -----------------------------------------------------------------------


def _shown(value: Any) -> Any:
    """A number as the page shows it."""
    return np.float64(rounded(float(value)))


class _Setter:
    """Finds what could be asked of a trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.inputs: dict[int, dict[int, Node]] = {node.id: {} for node in trace.nodes}
        for edge in trace.edges:
            self.inputs[edge.target][edge.position] = trace.nodes[edge.source]

    def found(self) -> Iterator[Question]:
        """List the questions about single numbers, each with its first two hints."""
        arrived: dict[int, list[tuple[str, float]]] = {}
        for i, step in enumerate(self.trace.steps):
            match step:
                case Seed():
                    arrived = {}
                case Forward(node=node):
                    yield from self._value(i, step, self.trace.nodes[node])
                case Meet(node=node) if not step.total.ndim:
                    roads = [name for name, _ in arrived[node]]
                    yield from self._total(i, step, self.trace.nodes[node], roads)
                case EdgeStep(moves=moves):
                    for move in moves:
                        edge = self.trace.edges[move.edge]
                        if move.contribution.ndim:
                            continue
                        others = [each for _, each in arrived.get(edge.source, [])]
                        if move.local is not None and len(moves) == 1:
                            yield from self._edge(i, step, move, float(move.local), others)
                        road = self.trace.nodes[edge.target].name, float(move.contribution)
                        arrived.setdefault(edge.source, []).append(road)

    def _value(self, i: int, step: Forward, node: Node) -> Iterator[Question]:
        rule, inputs = RULES.get(node.op), [*self.inputs[node.id].values()]
        single = not any(each.value.ndim for each in (node, *inputs))
        # A number inside the op, such as the 1 of y + 1, is no input, and no part of a trace.
        if rule and single and len(inputs) == len(rule.inputs) and not rule.parameters:
            words = {"target": node.name, "inputs": _listed(each.name for each in inputs)}
            shown = float(rule.value(*(_shown(each.value) for each in inputs)))
            draft = self._draft(i, step, "value", node.op, f"n{node.id}", words)
            known = {
                "operands": [each.value for each in inputs],
                "inputs": {each.name: each.value for each in inputs},
            }
            yield from _judged(draft, float(node.value), shown, **known)

    def _total(self, i: int, step: Meet, node: Node, roads: list[str]) -> Iterator[Question]:
        words = {"target": node.name, "inputs": _listed(roads)}
        draft = self._draft(i, step, "total", node.name, f"n{node.id}", words)
        shown = sum(float(_shown(part)) for part in step.parts)
        known: dict[str, Any] = {"parts": step.parts, "values": {node.name: node.value}}
        before = self.trace.grads.get(node.id)
        if before is not None:
            known["before"] = before
        yield from _judged(draft, float(step.total), shown, **known)

    def _edge(
        self, i: int, step: EdgeStep, move: Move, local: float, others: list[float]
    ) -> Iterator[Question]:
        edge = self.trace.edges[move.edge]
        target, source = self.trace.nodes[edge.target], self.trace.nodes[edge.source]
        arriving = float(move.arriving)
        if not math.isfinite(arriving):
            return
        around = [target, *self.inputs[target.id].values()]
        known = {
            "arriving": arriving,
            "local": local,
            "others": others,
            "values": {each.name: each.value for each in around},
        }
        below = self.inputs[source.id].values()
        innermost = [_shown(each.value) for each in below if not each.value.ndim]
        shown = local
        wrong: dict[str, Any] = {}
        power = target.op == "pow" and edge.position == 0 and target.value and source.value
        if power:
            # The slope of xⁿ is n·xⁿ/x: so n is known, which a trace does not hold.
            n = round(local * float(source.value) / float(target.value), 3)
            known |= {"base": source.value, "exponent": n}
            shown = n * _shown(source.value) ** (n - 1)
            wrong["at_innermost"] = [n * each ** (n - 1) for each in innermost]
        elif slope := self._slope_of(target, edge.position):
            shown = slope({})
            rule = RULES[target.op]
            if len(rule.inputs) == 1 and not rule.parameters:
                (name,) = rule.inputs
                wrong["at_innermost"] = [slope({name: x, "y": rule.value(x)}) for x in innermost]
                wrong["at_input"] = [slope({"y": _shown(source.value)})]
        words = {"target": target.name, "source": source.name}
        draft = self._draft(i, step, "slope", target.op, f"e{edge.id}", words)
        yield from _judged(draft, local, shown, **known, **wrong)
        if abs(arriving) != 1:
            draft = self._draft(i, step, "contribution", target.op, f"e{edge.id}", words)
            wrong = {name: [arriving * each for each in wrong[name]] for name in wrong}
            truth = float(move.contribution)
            yield from _judged(draft, truth, _shown(arriving) * shown, **known, **wrong)

    def _slope_of(self, node: Node, position: int) -> Callable[[Mapping[str, Any]], float] | None:
        """The op's slope from the numbers shown, with other numbers put in for some of them.

        None where the slope asks for a number inside the op, which is no part of a trace.
        """
        rule, inputs = RULES.get(node.op), self.inputs[node.id]
        derivative = rule.derivatives[position] if rule else None
        if rule is None or derivative is None:
            return None
        known = {"y": node.value, **{rule.inputs[at]: each.value for at, each in inputs.items()}}
        if not set(derivative.names) <= {*known, "g"} or any(map(np.ndim, known.values())):
            return None
        shown = {name: _shown(each) for name, each in known.items()}
        return lambda instead: float(rule.local(position, {**shown, **instead}))

    def _draft(
        self, i: int, step: Step, what: str, topic: str, about: str, words: dict[str, str]
    ) -> Question:
        symbols = " = ".join(re.split(" [=≈] ", step.formula)[:2]) or words["target"]
        root = bracketed(self.trace.nodes[self.trace.root].name)
        words |= {"symbols": symbols, "root": root, "bracketed": bracketed(words["target"])}
        hints = (KIND_HINTS[what].format(**words), EDGE_HINTS[what].format(**words))
        names = " → ".join(words[each] for each in ("target", "source") if each in words)
        return Question(i, what, topic, about, names, ASKS[what].format(**words), hints, 0, 0, {})


def _judged(draft: Question, truth: float, shown: float, **known: Any) -> Iterator[Question]:
    """Give a question its answer, if the numbers shown are enough to find it."""
    slack = abs(shown - truth)
    if math.isfinite(truth) and slack <= UNFAIR * abs(truth):
        yield replace(draft, truth=truth, slack=slack, known=known)
