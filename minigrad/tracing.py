"""Builds a `Trace` from drafts: names first, then the way forward, then the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad import formula, names, sentences
from minigrad.errors import TraceError, called
from minigrad.formula import Expression, is_number
from minigrad.printing import brief, factor, number, rounded
from minigrad.printing import shape as words
from minigrad.record import Draft, Input, check_size, evaluated, record, replay
from minigrad.rules import Rule
from minigrad.rules.shape import sum_to
from minigrad.tensor import Tensor
from minigrad.trace import (
    Deposit,
    Edge,
    EdgeStep,
    Forward,
    Meet,
    Move,
    Node,
    Seed,
    Start,
    Step,
    Trace,
    Unbroadcast,
)

LONGEST_NAME = 16  # characters; a longer expression is called by its op and a number
_NUDGE = 0.001


@np.errstate(all="ignore")  # rules compute as silently as the engine runs them
def build(source: Any, inputs: tuple[Any, ...], max_nodes: int | None) -> Trace:
    """Make the trace of a tensor, a function or a recording; see `minigrad.trace`."""
    if isinstance(source, Tensor):
        if inputs:
            raise TraceError(sentences.NO_INPUTS)
        _check_root(source)
        drafts = replay(source, max_nodes)
        return _Builder(drafts, len(drafts) - 1, {}).trace()
    if isinstance(source, record):
        if not any(draft.rule for draft in source.drafts):
            raise TraceError(sentences.NOTHING_RECORDED)
        recording = source
        root = max(i for i, draft in enumerate(source.drafts) if draft.rule)
    elif callable(source):
        with record() as recording:
            result = source(*inputs)
        if not isinstance(result, Tensor):
            raise TraceError(sentences.NO_RESULT.format(what=type(result).__name__))
        root = recording.draft_of(result)
    else:
        raise TraceError(sentences.NOT_A_TENSOR.format(what=type(source).__name__))
    check_size(len(recording.drafts), max_nodes)
    return _Builder(recording.drafts, root, recording.names).trace()


def _check_root(root: Tensor) -> None:
    if root.grad_fn is None:
        raise TraceError(_started(sentences.NO_HISTORY.format(root=called(root))))
    if math.prod(root.shape) != 1:
        shape = tuple(root.shape)
        raise TraceError(_started(sentences.NOT_SCALAR.format(root=called(root), shape=shape)))


def _started(sentence: str) -> str:
    """Begin with a capital, unless the sentence begins with a variable's name."""
    return f"T{sentence[1:]}" if sentence.startswith("this tensor ") else sentence


class _Builder:
    """Holds what grows while the steps are written."""

    def __init__(self, drafts: list[Draft], root: int, given: Mapping[int, str]) -> None:
        self.drafts = drafts
        self.root = root
        pairs = [
            (each.draft, target, position)
            for target, draft in enumerate(drafts)
            for position, each in enumerate(draft.inputs)
            if isinstance(each, Input)
        ]
        self.edges = [Edge(i, *pair) for i, pair in enumerate(pairs)]
        self.name: list[str] = []
        self.written: list[Expression] = []  # how each value stands in a formula
        self.defined: list[str] = []  # the expression behind a name
        self._name_all(given)
        self.gradient: dict[int, Any] = {}
        self.back: list[Step] = []
        self.roads = self._count_roads()
        self.leaf = self._nudged_leaf()

    def trace(self) -> Trace:
        """Put the parts together."""
        walked = self.drafts[self.root].requires_grad and self.drafts[self.root].value.size == 1
        if walked:
            self._walk_back()
        forward = [
            Forward(*self._forward(i), i) for i, draft in enumerate(self.drafts) if draft.rule
        ]
        closing = self._closing(walked)
        if forward:
            own = "" if forward[-1].node == self.root else f"{forward[-1].sentence} "
            forward[-1] = replace(forward[-1], sentence=own + closing)
        start = sentences.START.format(root=self.name[self.root]) if forward else closing
        return Trace(
            tuple(self._node(i) for i in range(len(self.drafts))),
            tuple(self.edges),
            (Start(start, ""), *forward, *self.back),
            self.root,
            {
                i: None if draft.place.grad is None else np.array(draft.place.grad._data)
                for i, draft in enumerate(self.drafts)
                if _has_bucket(draft) and isinstance(draft.place, Tensor)
            },
        )

    # Names -----------------------------------------------------------------------------

    def _name_all(self, given: Mapping[int, str]) -> None:
        variables = dict(given)
        for variable, value in names.variables(names.reader_frames()):
            if isinstance(value, Tensor):
                variables.setdefault(id(value), variable)
                if value.grad_fn is not None:
                    variables.setdefault(id(value.grad_fn), variable)
                elif value.grad is not None:
                    variables.setdefault(id(value.grad), f"{variable}.grad")
        many: dict[str, int] = {}
        for draft in self.drafts:
            own = draft.place.name if isinstance(draft.place, Tensor) else None
            name = names.short(own or variables.get(id(draft.place)) or "")
            if draft.rule is None:
                written = formula.symbol(name or self._anonymous(draft, many))
                definition = str(written)
            else:
                operands = [
                    self.written[each.draft] if isinstance(each, Input) else each
                    for each in draft.inputs
                ]
                written = formula.read(draft.rule, operands, draft.parameters or {})
                definition = str(written)
                if name:
                    written = formula.symbol(name)
                elif len(definition) > LONGEST_NAME:
                    many[draft.rule.word] = many.get(draft.rule.word, 0) + 1
                    written = formula.symbol(f"{draft.rule.word}{many[draft.rule.word]}")
            self.written.append(written)
            self.name.append(str(written))
            self.defined.append(definition)

    @staticmethod
    def _anonymous(draft: Draft, many: dict[str, int]) -> str:
        if not draft.value.ndim:
            return number(draft.value.item())
        many["tensor"] = many.get("tensor", 0) + 1
        return f"tensor{many['tensor']}"

    def _node(self, i: int) -> Node:
        draft = self.drafts[i]
        named = draft.rule is not None and self.name[i] != self.defined[i]
        return Node(
            i,
            self.name[i],
            draft.rule.name if draft.rule else "",
            _badge(draft) if named else "",
            draft.value.shape,
            draft.value.dtype.name,
            draft.value,
            draft.requires_grad,
            draft.line,
        )

    # Forward ---------------------------------------------------------------------------

    def _forward(self, i: int) -> tuple[str, str]:
        name, definition, value = self.name[i], self.defined[i], brief(self.drafts[i].value)
        if name == definition:
            return sentences.FORWARD.format(name=name, value=value), ""
        sentence = sentences.FORWARD_NAMED.format(name=name, expression=definition, value=value)
        return sentence, f"{name} = {definition} = {value}"

    def _closing(self, walked: bool) -> str:
        """The last sentence of the forward pass: what the way back will explain."""
        root = {"root": self.name[self.root], "value": brief(self.drafts[self.root].value)}
        if not walked:
            many = self.drafts[self.root].requires_grad
            template = sentences.NOT_ONE_NUMBER if many else sentences.FORWARD_ONLY
            return template.format(**root)
        if self.leaf is None:
            return sentences.FORWARD_DONE.format(**root)
        nudge = self._nudged(self.leaf, float(self.gradient[self.leaf]))
        if nudge is None:
            return sentences.FORWARD_DONE.format(**root)
        self._close_the_circle(nudge["slope"])
        return sentences.NUDGE.format(**{**root, **nudge}, leaf=self.name[self.leaf])

    def _nudged(self, leaf: int, slope: float) -> dict[str, str] | None:
        """What a nudge of `leaf` shows; None where its numbers, as printed, do not show the slope.

        That is so at an infinity, a corner or a jump, and where the numbers are very large
        or very small.
        """
        before, value = self.drafts[leaf].value.item(), self._root_if(leaf, 0.0)
        change = self._root_if(leaf, _NUDGE) - value
        if not 0 < abs(change) < math.inf or (before and not 0.01 <= abs(before) <= 1000):
            return None
        digits = max(0, 1 - math.floor(math.log10(abs(change))))
        told, moved = (round(each, digits) for each in (value, value + change))
        close = abs(change / _NUDGE - slope) <= 0.02 * abs(slope)
        seen = abs((moved - told) / _NUDGE - slope) <= 0.05 * abs(slope)
        exact = math.isclose(rounded(before), before, rel_tol=1e-6)
        if digits > 6 or not (close and seen and exact):
            return None
        return {
            "value": _decimal(f"{told:.{digits}f}"),
            "before": number(before),
            "after": _decimal(f"{rounded(before) + _NUDGE:.6f}"),
            "moved": _decimal(f"{moved:.{digits}f}"),
            "slope": number(slope),
        }

    def _close_the_circle(self, slope: str) -> None:
        """Let the step that finds the nudged leaf's gradient say so."""
        for i, step in enumerate(self.back):
            if isinstance(step, Deposit) and step.node == self.leaf:
                said = f"{step.sentence} {sentences.AS_NUDGED.format(slope=slope)}"
                self.back[i] = replace(step, sentence=said)

    def _nudged_leaf(self) -> int | None:
        """Choose the single number with the most roads from it: its gradient surprises most."""
        leaves = [
            i for i, draft in enumerate(self.drafts)
            if _has_bucket(draft) and not draft.value.ndim and self.roads.get(i)
        ]  # fmt: skip
        return max(leaves, key=lambda i: self.roads[i], default=None)

    def _root_if(self, leaf: int, nudge: float) -> float:
        """Compute the root's value again, in float64, with `leaf` nudged."""
        values: list[Any] = []
        for i, draft in enumerate(self.drafts):
            if draft.rule is None:
                value = draft.value
                value = value.astype(np.float64) if value.dtype.kind == "f" else value
                values.append(value + nudge if i == leaf else value)
            else:
                inputs, parameters = draft.inputs, draft.parameters or {}
                values.append(evaluated(draft.rule, inputs, parameters, values))
        return float(values[self.root].item())

    # Back ------------------------------------------------------------------------------

    def _count_roads(self) -> dict[int, int]:
        """How many edges bring each value a gradient."""
        reached = {self.root}
        roads: dict[int, int] = {}
        for edge in sorted(self.edges, key=lambda edge: -edge.target):
            if edge.target in reached and self.drafts[edge.target].mask >> edge.position & 1:
                reached.add(edge.source)
                roads[edge.source] = roads.get(edge.source, 0) + 1
        return roads

    def _walk_back(self) -> None:
        root = self.root
        self.gradient[root] = np.ones_like(self.drafts[root].value)
        self.back.append(
            Seed(
                sentences.SEED.format(root=self.name[root]),
                f"∂{_bracketed(self.name[root])}/∂{_bracketed(self.name[root])} = 1",
                root,
                self.gradient[root],
            )
        )
        self.arrived: dict[int, list[Any]] = {}
        edges: dict[int, list[Edge]] = {}
        for edge in self.edges:
            if self.drafts[edge.target].mask >> edge.position & 1:
                edges.setdefault(edge.target, []).append(edge)
        if not edges.get(root):
            self._finish(root)
        for target in range(root, -1, -1):
            if target in self.gradient and target in edges:
                self._go_back(target, edges[target])

    def _go_back(self, target: int, edges: list[Edge]) -> None:
        """Write the steps from one value back to its inputs."""
        rule = self.drafts[target].rule
        assert rule is not None
        symbols, numbers = self._symbols(target), self._numbers(target)
        shown = [formula.simplified(rule.shown(edge.position, symbols)) for edge in edges]
        moves = [
            self._move(rule, edge, numbers, slope) for edge, slope in zip(edges, shown, strict=True)
        ]
        if len(moves) == 2 and all(is_number(slope, 1) or is_number(slope, -1) for slope in shown):
            template = sentences.PLUS if shown[0] == shown[1] else sentences.MINUS
            first, second = (self.name[edge.source] for edge in edges)
            above = _bracketed(self.name[target])
            text = ", ".join(
                f"∂{above}/∂{_bracketed(name)} = {slope}"
                for name, slope in zip((first, second), map(formula.text, shown), strict=True)
            )
            groups = [(moves, template.format(first=first, second=second), text)]
        else:
            groups = [
                ([move], *self._said(rule, edge, move, slope))
                for edge, move, slope in zip(edges, moves, shown, strict=True)
            ]
        for group, sentence, text in groups:
            after = [self._arrive(move) for move in group]
            waits = "".join(dict.fromkeys(self._waits(move) for move in group))
            self.back.append(EdgeStep(sentence + waits, text, tuple(group)))
            for summed in after:
                self.back.extend(summed)
            for source in dict.fromkeys(self.edges[move.edge].source for move in group):
                if len(self.arrived[source]) == self.roads[source]:
                    self._finish(source)

    def _move(self, rule: Rule, edge: Edge, numbers: dict[str, Any], slope: Any) -> Move:
        g = self.gradient[edge.target][()]
        local = rule.local(edge.position, numbers)
        contribution = np.asarray(rule.pull_back(edge.position, numbers, g))
        if local is None:
            return Move(edge.id, np.asarray(g), None, contribution, formula.text(slope))
        local = np.asarray(local, dtype=contribution.dtype)
        if contribution.ndim:
            text = f"{_or_g(g)} × {formula.factor(slope)}"
        else:
            up, down, product = float(g), float(local), float(contribution)
            exact = _equal(rounded(up) * rounded(down), product)
            text = f"{number(up)} × {factor(down)} {'=' if exact else '≈'} {number(product)}"
        return Move(edge.id, np.asarray(g), local, contribution, text)

    def _said(self, rule: Rule, edge: Edge, move: Move, slope: Any) -> tuple[str, str]:
        """The sentence and the formula of one edge."""
        target, source, said = self.name[edge.target], self.name[edge.source], formula.text(slope)
        about = {"target": target, "source": source}
        if move.local is None:
            place = f"∂{_bracketed(self.name[self.root])}/∂"
            arriving = "1" if edge.target == self.root else place + _bracketed(target)
            text = f"{place}{_bracketed(source)} = {said}, where G = {arriving}"
            return sentences.STRUCTURED.format(**about, op=rule.word, equation=said), text
        text = f"∂{_bracketed(target)}/∂{_bracketed(source)} = {said}"
        if is_number(slope, 1):
            arriving = _or_g(move.arriving)
            return sentences.UNCHANGED.format(**about, arriving=arriving), text
        if isinstance(slope, Expression) and not move.local.ndim:
            value = number(float(move.local))
            if value != said:
                text += f" = {value}"
                alone = slope.head == "name"
                said = f"{said}, and {said} is {value}" if alone else f"{said} = {value}"
        return sentences.EDGE.format(**about, slope=said, product=move.text), text

    def _arrive(self, move: Move) -> list[Step]:
        """Put a contribution where it belongs; first summed back, if its source was stretched."""
        edge = self.edges[move.edge]
        shape, g = self.drafts[edge.source].value.shape, move.contribution
        steps: list[Step] = []
        if g.shape != shape:
            summed = np.asarray(sum_to(g, shape))
            added = g.ndim - len(shape)
            axes = (*range(added), *(
                added + i for i, size in enumerate(shape) if size != g.shape[added + i]
            ))  # fmt: skip
            name = self.name[edge.source]
            sentence = sentences.UNBROADCAST.format(
                source=name, shape=words(shape), stretched=words(g.shape)
            )
            text = f"sum over axis {', '.join(map(str, axes))}"
            steps.append(Unbroadcast(sentence, text, edge.id, axes, g, summed))
            g = summed
        self.arrived.setdefault(edge.source, []).append(g)
        return steps

    def _waits(self, move: Move) -> str:
        source = self.edges[move.edge].source
        arrived, roads = len(self.arrived[source]), self.roads[source]
        if arrived == roads:
            return ""
        template = sentences.ONE_WAITS if arrived == 1 else sentences.SOME_WAIT
        return " " + template.format(
            source=self.name[source],
            arrived=sentences.count(arrived).capitalize(),
            roads=sentences.count(roads),
        )

    def _finish(self, i: int) -> None:
        """All roads into a value have arrived: add them, and keep the sum if it is a leaf's."""
        parts = self.arrived.get(i, [])
        if parts:
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            self.gradient[i] = np.asarray(total)
        if len(parts) > 1:
            text = _sum_text(parts, self.gradient[i])
            self.back.append(
                Meet(
                    sentences.MEET.format(sum=text),
                    f"∂{_bracketed(self.name[self.root])}/∂{_bracketed(self.name[i])} = {text}",
                    i,
                    tuple(parts),
                    self.gradient[i],
                    text,
                )
            )
        draft = self.drafts[i]
        if _has_bucket(draft):
            self._deposit(i, draft.place)

    def _deposit(self, i: int, leaf: Any) -> None:
        added = self.gradient[i]
        before = None if leaf.grad is None else np.array(leaf.grad._data)
        after = added if before is None else before + added
        if before is None and added.ndim:
            text = brief(after)
        else:
            text = _sum_text([np.zeros_like(added) if before is None else before, added], after)
        template = sentences.DEPOSIT if before is None else sentences.DEPOSIT_AGAIN
        sentence = template.format(
            leaf=self.name[i],
            before="" if before is None else brief(before),
            added=brief(added),
            after=brief(after),
        )
        self.back.append(
            Deposit(sentence, f"{self.name[i]}.grad = {text}", i, before, added, after, text)
        )

    # What a rule's derivatives may ask for ---------------------------------------------

    def _known(self, i: int, of: Callable[[int], Any]) -> dict[str, Any]:
        draft = self.drafts[i]
        assert draft.rule is not None
        found: dict[str, Any] = {**(draft.parameters or {}), "y": of(i)}
        for name, each in zip(draft.rule.inputs, draft.inputs, strict=True):
            found[name] = of(each.draft) if isinstance(each, Input) else each
            value = self.drafts[each.draft].value if isinstance(each, Input) else np.asarray(each)
            found[f"{name}_shape"], found[f"{name}_dtype"] = value.shape, value.dtype
        return found

    def _symbols(self, i: int) -> dict[str, Any]:
        return {**self._known(i, self.written.__getitem__), "g": formula.symbol("G")}

    def _numbers(self, i: int) -> dict[str, Any]:
        return self._known(i, lambda each: self.drafts[each].value[()])


def _has_bucket(draft: Draft) -> bool:
    """Only a leaf that requires a gradient keeps one."""
    return draft.rule is None and isinstance(draft.place, Tensor) and draft.place._requires_grad


def _badge(draft: Draft) -> str:
    """What a named node does, in a word: "plus", "+ 1", "times 2"."""
    rule = draft.rule
    assert rule is not None
    numbers = [each for each in draft.inputs if not isinstance(each, Input)]
    if not numbers:
        return rule.word
    commutes = rule.sign == rule.word or rule.sign == "+"
    if isinstance(draft.inputs[0], Input) or commutes:
        return f"{rule.sign} {number(numbers[0])}"
    return f"{number(numbers[0])} {rule.sign}"


def _or_g(arriving: Any) -> str:
    """Write the gradient that arrives: its numbers, or G where they are many."""
    shown = brief(arriving)
    return shown if not np.ndim(arriving) or shown.startswith("[") else "G"


def _decimal(text: str) -> str:
    """Write a decimal fraction without closing zeros, and with a true minus sign."""
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def _bracketed(text: str) -> str:
    """Brackets around anything but a plain name, for ∂(y²)/∂y: ∂y² is something else."""
    plain = all(each.isidentifier() or each.isdecimal() or each == "." for each in text)
    return text if plain else f"({text})"


def _equal(shown: float, result: float) -> bool:
    """Whether the numbers shown give the result shown."""
    return rounded(shown) == rounded(result) or (math.isnan(shown) and math.isnan(result))


def _sum_text(parts: list[Any], total: Any) -> str:
    """Write a sum as 2 + (−22) = −20; ≈ where the shown numbers do not add up."""
    if total.ndim:
        shown = brief(total)
        if not shown.startswith("["):
            return f"{len(parts)} gradients of {shown} added"
        return f"{' + '.join(brief(part) for part in parts)} = {shown}"
    texts = [number(parts[0].item()), *(factor(part.item()) for part in parts[1:])]
    exact = _equal(sum(rounded(part.item()) for part in parts), total.item())
    return f"{' + '.join(texts)} {'=' if exact else '≈'} {number(total.item())}"
