"""Builds a `Trace` from drafts: names first, then the way forward, then the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad import formula, names, nudge, sentences
from minigrad.errors import TraceError, called
from minigrad.formula import Expression, is_number
from minigrad.printing import brief, number
from minigrad.printing import shape as words
from minigrad.record import Draft, Input, check_size, record, replay
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
from minigrad.wording import bracketed, numbers_or_g, product_text, sum_text

LONGEST_NAME = 16  # characters; a longer expression is called by its op and a number


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
            self._check_leaves()
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

    def _check_leaves(self) -> None:
        """A leaf that is there twice was written to in between: backward() would be wrong."""
        leaves = [
            draft.place for i, draft in enumerate(self.drafts)
            if _has_bucket(draft) and i in self.roads
        ]  # fmt: skip
        for i, leaf in enumerate(leaves):
            if any(each is leaf for each in leaves[:i]):
                root = self.name[self.root]
                raise TraceError(sentences.CHANGED_INSIDE.format(who=called(leaf), root=root))

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
        seen = nudge.shown(self.drafts, self.root, self.leaf, float(self.gradient[self.leaf]))
        if seen is None:
            return sentences.FORWARD_DONE.format(**root)
        self._close_the_circle(seen["slope"])
        return sentences.NUDGE.format(**{**root, **seen}, leaf=self.name[self.leaf])

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
                f"∂{bracketed(self.name[root])}/∂{bracketed(self.name[root])} = 1",
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
            above = bracketed(self.name[target])
            text = ", ".join(
                f"∂{above}/∂{bracketed(name)} = {slope}"
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
            text = f"{numbers_or_g(g)} × {formula.factor(slope)}"
        else:
            text = product_text(float(g), float(local), float(contribution))
        return Move(edge.id, np.asarray(g), local, contribution, text)

    def _said(self, rule: Rule, edge: Edge, move: Move, slope: Any) -> tuple[str, str]:
        """The sentence and the formula of one edge."""
        target, source, said = self.name[edge.target], self.name[edge.source], formula.text(slope)
        about = {"target": target, "source": source}
        if move.local is None:
            place = f"∂{bracketed(self.name[self.root])}/∂"
            arriving = "1" if edge.target == self.root else place + bracketed(target)
            text = f"{place}{bracketed(source)} = {said}, where G = {arriving}"
            return sentences.STRUCTURED.format(**about, op=rule.word, equation=said), text
        text = f"∂{bracketed(target)}/∂{bracketed(source)} = {said}"
        if is_number(slope, 1):
            arriving = numbers_or_g(move.arriving)
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
            text = sum_text(parts, self.gradient[i])
            self.back.append(
                Meet(
                    sentences.MEET.format(sum=text),
                    f"∂{bracketed(self.name[self.root])}/∂{bracketed(self.name[i])} = {text}",
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
            text = sum_text([np.zeros_like(added) if before is None else before, added], after)
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
