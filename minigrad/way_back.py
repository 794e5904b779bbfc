"""The steps of a backward pass. Slopes and contributions come from the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import formula, sentences
from minigrad.formula import Expression, is_number
from minigrad.kernels import dispatch
from minigrad.naming import Naming
from minigrad.printing import brief, number
from minigrad.printing import shape as words
from minigrad.recorder import Draft, Input
from minigrad.rules import Elementwise, Row, Rule, Structured
from minigrad.rules.shape import sum_to
from minigrad.traces import (
    Array,
    Deposit,
    Edge,
    EdgeStep,
    Meet,
    Move,
    Seed,
    Step,
    Unbroadcast,
)
from minigrad.wording import as_shown, bracketed, chain, numbers_or_g, product_text, sum_text

_JACOBIAN = range(2, 9)  # the sizes between which a table of all slopes can be read


class WayBack:
    """Walks back from `root`, as often as `walk` is called, and writes `steps`.

    `held` is what the leaves' buckets hold; every walk adds to it. `roads` says how many edges
    bring each value a gradient, and `gradient` is what the last walk brought.
    """

    def __init__(
        self,
        drafts: list[Draft],
        edges: list[Edge],
        root: int,
        naming: Naming,
        held: dict[int, Array | None],
    ) -> None:
        self.drafts = drafts
        self.edges = edges
        self.root = root
        self.naming = naming
        self.name = naming.name
        self.held = dict(held)
        self.roads = self._count_roads()
        self.steps: list[Step] = []
        self.gradient: dict[int, Array] = {}
        self._arrived: dict[int, list[Array]] = {}

    def _count_roads(self) -> dict[int, int]:
        reached = {self.root}
        roads: dict[int, int] = {}
        for edge in sorted(self.edges, key=lambda edge: -edge.target):
            if edge.target in reached and self._is_walked(edge):
                reached.add(edge.source)
                roads[edge.source] = roads.get(edge.source, 0) + 1
        return roads

    def _is_walked(self, edge: Edge) -> bool:
        return bool(self.drafts[edge.target].mask >> edge.position & 1)

    def walk(self) -> None:
        """Write the steps of one pass."""
        root = self.root
        name = bracketed(self.name[root])
        seed = sentences.SEED_AGAIN if self.steps else sentences.SEED
        self.gradient = {root: np.ones_like(self.drafts[root].value)}
        self._arrived = {}
        said = seed.format(root=self.name[root])
        self.steps.append(Seed(said, f"∂{name}/∂{name} = 1", root, self.gradient[root]))
        edges: dict[int, list[Edge]] = {}
        for edge in self.edges:
            if self._is_walked(edge):
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
            text = ", ".join(
                f"{self._partial(edge)} = {formula.text(slope)}"
                for edge, slope in zip(edges, shown, strict=True)
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
            self.steps.append(EdgeStep(sentence + waits, text, tuple(group), waits))
            for summed in after:
                self.steps.extend(summed)
            for source in dict.fromkeys(self.edges[move.edge].source for move in group):
                if len(self._arrived[source]) == self.roads[source]:
                    self._finish(source)

    def _partial(self, edge: Edge) -> str:
        target, source = (bracketed(self.name[each]) for each in (edge.target, edge.source))
        return f"∂{target}/∂{source}"

    def _move(self, rule: Rule, edge: Edge, numbers: dict[str, Any], slope: Any) -> Move:
        g = self.gradient[edge.target][()]
        local = rule.local(edge.position, numbers)
        ours = isinstance(rule, Elementwise | Row | Structured)  # not a Function
        if ours and dispatch.are_large([numbers[name] for name in rule.inputs]):
            contribution = np.asarray(dispatch.pulled(rule, edge.position, numbers, g))
        else:
            contribution = np.asarray(rule.pull_back(edge.position, numbers, g))
        if local is None:
            text, shapes = formula.text(slope), formula.shapes(slope, contribution.shape)
            text += shapes and f": {shapes}"
            jacobian = self._jacobian(rule, edge, numbers)
            return Move(edge.id, np.asarray(g), None, contribution, text, jacobian)
        local = np.asarray(local, dtype=contribution.dtype)
        if contribution.ndim:
            text = f"{numbers_or_g(g)} × {formula.factor(slope)}"
        else:
            text = product_text(float(g), float(local), float(contribution))
        return Move(edge.id, np.asarray(g), local, contribution, text)

    def _jacobian(self, rule: Rule, edge: Edge, numbers: dict[str, Any]) -> Array | None:
        """All slopes of the output's numbers for the input's: a gradient of 1 at each in turn."""
        output, source = (self.drafts[each].value for each in (edge.target, edge.source))
        if output.size not in _JACOBIAN or source.size not in _JACOBIAN:
            return None
        ones = np.eye(output.size, dtype=output.dtype).reshape(-1, *output.shape)
        rows = [rule.pull_back(edge.position, numbers, one) for one in ones]
        return np.stack([sum_to(np.asarray(row), source.shape).reshape(-1) for row in rows])

    def _said(self, rule: Rule, edge: Edge, move: Move, slope: Any) -> tuple[str, str]:
        """The sentence and the formula of one edge."""
        target, source, said = self.name[edge.target], self.name[edge.source], formula.text(slope)
        about = {"target": target, "source": source}
        if move.local is None:
            place = f"∂{bracketed(self.name[self.root])}/∂"
            arriving = "1" if edge.target == self.root else place + bracketed(target)
            text = f"{place}{bracketed(source)} = {said}, where G = {arriving}"
            return sentences.STRUCTURED.format(**about, op=rule.word, equation=said), text
        text = formula.slope(slope)
        if is_number(slope, 1):
            arriving = numbers_or_g(move.arriving)
            sentence = sentences.UNCHANGED.format(**about, arriving=arriving)
            return sentence, f"{self._partial(edge)} = {text}"
        if isinstance(slope, Expression) and not move.local.ndim:
            text = chain(text, *self._slope_in_numbers(rule, edge), float(move.local))
            value = number(float(move.local))
            if value != said:
                alone = slope.head == "name"
                said = f"{said}, and {said} is {value}" if alone else f"{said} = {value}"
        sentence = sentences.EDGE.format(**about, slope=said, product=move.text)
        return sentence, f"{self._partial(edge)} = {text}"

    def _slope_in_numbers(self, rule: Rule, edge: Edge) -> tuple[str, float]:
        """Write the slope with numbers for names, and say what they come to as they are shown."""

        def numbers(i: int) -> Any:
            value = self.drafts[i].value
            return self.naming.written[i] if value.ndim else formula.constant(value.item())

        shown = self._known(edge.target, lambda i: as_shown(self.drafts[i].value[()]))
        shown = {key: as_shown(each) for key, each in shown.items()}
        written = formula.simplified(rule.shown(edge.position, self._known(edge.target, numbers)))
        return formula.slope(written), float(rule.shown(edge.position, shown))

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
            sentence = sentences.UNBROADCAST.format(
                source=self.name[edge.source], shape=words(shape), stretched=words(g.shape)
            )
            text = f"sum over axis {', '.join(map(str, axes))}"
            steps.append(Unbroadcast(sentence, text, edge.id, axes, g, summed))
            g = summed
        self._arrived.setdefault(edge.source, []).append(g)
        return steps

    def _waits(self, move: Move) -> str:
        source = self.edges[move.edge].source
        return sentences.waits(self.name[source], len(self._arrived[source]), self.roads[source])

    def _finish(self, i: int) -> None:
        """All roads into a value have arrived: add them, and keep the sum if it is a leaf's."""
        parts = self._arrived.get(i, [])
        if parts:
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            self.gradient[i] = np.asarray(total)
        if len(parts) > 1:
            text = sum_text(parts, self.gradient[i])
            self.steps.append(
                Meet(
                    sentences.MEET.format(sum=text),
                    f"∂{bracketed(self.name[self.root])}/∂{bracketed(self.name[i])} = {text}",
                    i,
                    tuple(parts),
                    self.gradient[i],
                    text,
                )
            )
        if i in self.held:
            self._deposit(i)

    def _deposit(self, i: int) -> None:
        added, before = self.gradient[i], self.held[i]
        after = self.held[i] = added if before is None else before + added
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
        self.steps.append(
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
        g = formula.symbol("G")
        g.sizes = self.drafts[i].value.shape
        return {**self._known(i, self.naming.written.__getitem__), "g": g}

    def _numbers(self, i: int) -> dict[str, Any]:
        return self._known(i, lambda each: self.drafts[each].value[()])
