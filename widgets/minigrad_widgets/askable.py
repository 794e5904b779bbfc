"""What could be asked of a trace in practice: each question with its answer and two hints.

Of single numbers, those that the numbers shown are enough to compute. Of a tensor, one cell of a
small gradient: cell by cell, of a product of matrices, or summed back after broadcasting.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.printing import brief, number
from minigrad.rules import RULES
from minigrad.traces import Array, EdgeStep, Forward, Meet, Move, Node, Seed, Trace, Unbroadcast
from minigrad.wording import product_text
from minigrad_widgets.asking import Question, Way, drafted, judged, listed
from minigrad_widgets.cells import factors_of
from minigrad_widgets.reading import (
    Cell,
    Read,
    Term,
    cells,
    exact,
    in_picture,
    in_table,
    is_numbered,
    multiplied,
    read_all,
    readings,
    written,
)

_ELSEWHERE = {"at_input", "at_innermost"}  # the slope, taken where it is wrong


class Setter:
    """Finds what could be asked of a trace, and works a question out with the trace's numbers."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.inputs: dict[int, dict[int, Node]] = {node.id: {} for node in trace.nodes}
        for edge in trace.edges:
            self.inputs[edge.target][edge.position] = trace.nodes[edge.source]
        self._roads = Counter((edge.source, edge.target) for edge in trace.edges)
        walked = [step for step in trace.steps if isinstance(step, EdgeStep)]
        self._moves = {move.edge: move for step in walked for move in step.moves}
        # Cells whose gradient the numbers shown do not lead to, as behind 1 − y² where y shows as 1
        self._lost = set[tuple[int, Cell]]()

    def found(self) -> Iterator[Question]:
        """List the questions, each with its first two hints."""
        arrived: dict[int, list[tuple[str, Array]]] = {}
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
                        others = [
                            each
                            for _, each in arrived.get(edge.source, [])
                            if each.shape == move.contribution.shape
                        ]
                        yield from self._over(i, step, move, others)
                        road = self.trace.nodes[edge.target].name, move.contribution
                        arrived.setdefault(edge.source, []).append(road)
                case Unbroadcast():
                    yield from self._summed_back(i, step)

    def worked(self, question: Question) -> str:
        """Write the answer to a question of another trace of the same graph, in one line."""
        cell = question.cell
        match self.trace.steps[question.step]:
            case Forward(formula=formula, node=node):
                result = self.trace.nodes[node]
                given = listed(
                    f"{each.name} is {brief(each.value)}" for each in self.inputs[node].values()
                )
                return f"{given}, so {formula or f'{result.name} is {brief(result.value)}'}"
            case EdgeStep(moves=(move,)) if question.what == "product":
                return written(self._products(move, cell))
            case EdgeStep(moves=(move,), formula=formula) if cell:
                inputs = self.inputs[self.trace.edges[move.edge].target].values()
                given = listed(
                    f"{each.name} is {number(exact(each.value, cell))}" for each in inputs
                )
                assert move.local is not None
                parts = (move.arriving, move.local, move.contribution)
                up, own, brought = (exact(each, cell) for each in parts)
                slope = f"{formula} is {number(own)} where {given}"
                return f"{slope}, and {product_text(up, own, brought)}"
            case EdgeStep(moves=(move,), formula=formula) if question.what == "contribution":
                return f"{formula}, and {move.text}"
            case Unbroadcast() as step:
                return written(self._copies(step, cell))
            case Meet(text=text):
                return text
            case step:
                return step.formula

    # One number ----------------------------------------------------------------------------

    def _value(self, i: int, step: Forward, node: Node) -> Iterator[Question]:
        rule, inputs = RULES.get(node.op), [*self.inputs[node.id].values()]
        single = not any(each.value.ndim for each in (node, *inputs))
        # A number inside the op, such as the 1 of y + 1, is no input, and no part of a trace.
        if rule and single and len(inputs) == len(rule.inputs) and not rule.parameters:
            words = {"target": node.name, "inputs": listed(each.name for each in inputs)}
            shown = float(rule.value(*(np.float64(in_table(each.value, ())) for each in inputs)))
            draft = drafted(
                self.trace, i, "value", node.op, f"n{node.id}", words, _symbols(step.formula)
            )
            known = {
                "operands": [each.value for each in inputs],
                "inputs": {each.name: each.value for each in inputs},
            }
            yield from judged(draft, float(node.value), [Way(shown, known)])

    def _total(self, i: int, step: Meet, node: Node, roads: list[str]) -> Iterator[Question]:
        words = {"target": node.name, "inputs": listed(roads)}
        draft = drafted(self.trace, i, "total", node.name, f"n{node.id}", words)
        shown = sum(in_table(part, ()) for part in step.parts)
        known: dict[str, Any] = {"parts": step.parts, "values": {node.name: node.value}}
        before = self.trace.grads.get(node.id)
        if before is not None:
            known["before"] = before
        yield from judged(draft, float(step.total), [Way(shown, known)])

    # Over an edge --------------------------------------------------------------------------

    def _over(self, i: int, step: EdgeStep, move: Move, others: list[Array]) -> Iterator[Question]:
        edge = self.trace.edges[move.edge]
        around = [self.trace.nodes[edge.target], *self.inputs[edge.target].values()]
        if not all(is_numbered(each.shape) for each in around):
            return
        # Of two equal roads nobody could tell which is asked.
        asked = len(step.moves) == 1 and self._roads[edge.source, edge.target] == 1
        for cell in cells(move.contribution.shape):
            if move.local is None:
                found = self._product(i, move, cell)
            else:
                found = self._edge(i, step, move, cell, others)
            yield from [question for question in found if asked]

    def _edge(
        self, i: int, step: EdgeStep, move: Move, cell: Cell, others: list[Array]
    ) -> Iterator[Question]:
        edge = self.trace.edges[move.edge]
        target, source = self.trace.nodes[edge.target], self.trace.nodes[edge.source]
        assert move.local is not None
        arriving, local = exact(move.arriving, cell), exact(move.local, cell)
        if not math.isfinite(arriving):
            return
        words = {"target": target.name, "source": source.name}
        about, symbols = f"e{edge.id}", _symbols(step.formula)
        draft = drafted(self.trace, i, "slope", target.op, about, words, symbols)
        slopes = [self._slope(move, cell, others, read) for read in readings(cell)]
        found = [*judged(draft, local, slopes)]
        if not cell:
            yield from found
        if not found or (target.id, cell) in self._lost:
            self._lost.add((source.id, cell))
        elif abs(arriving) != 1:
            draft = drafted(self.trace, i, "contribution", target.op, about, words, symbols, cell)
            brought = []
            for slope, known in slopes:
                up = known["arriving"]
                wrong = {
                    name: [up * each for each in known[name]] for name in _ELSEWHERE & known.keys()
                }
                brought.append(Way(up * slope, {**known, **wrong}))
            yield from judged(draft, exact(move.contribution, cell), brought)

    def _slope(self, move: Move, cell: Cell, others: list[Array], read: Read) -> Way:
        """An op's own slope from the numbers shown, and what else is known there."""
        edge = self.trace.edges[move.edge]
        target, source = self.trace.nodes[edge.target], self.trace.nodes[edge.source]
        assert move.local is not None
        x, y = source.value, target.value
        around = [target, *self.inputs[target.id].values()]
        known: dict[str, Any] = {
            "arriving": read(move.arriving, cell),
            "others": [read(each, cell) for each in others],
            "values": {each.name: read(each.value, cell) for each in around},
        }
        innermost = [
            np.float64(read(each.value, cell))
            for each in self.inputs[source.id].values()
            if each.shape in ((), source.shape)
        ]
        shown, local = np.float64(read(x, cell)), exact(move.local, cell)
        if target.op == "pow" and edge.position == 0 and exact(x, cell) and exact(y, cell):
            # The slope of xⁿ is n·xⁿ/x: so n is known, which a trace does not hold.
            n = round(local * exact(x, cell) / exact(y, cell), 3)
            known |= {"base": shown, "exponent": n}
            known["at_innermost"] = [n * each ** (n - 1) for each in innermost]
            local = float(n * shown ** (n - 1))
        elif slope := self._slope_of(target, edge.position, cell, read):
            local, rule = slope({}), RULES[target.op]
            if len(rule.inputs) == 1 and not rule.parameters:
                (name,) = rule.inputs
                known["at_innermost"] = [
                    slope({name: each, "y": rule.value(each)}) for each in innermost
                ]
                known["at_input"] = [slope({"y": shown})]
        return Way(local, known | {"local": local})

    def _slope_of(
        self, node: Node, position: int, cell: Cell, read: Read
    ) -> Callable[[Mapping[str, Any]], float] | None:
        """The op's slope from the numbers shown, with other numbers put in for some of them.

        None where the slope asks for a number inside the op, which is no part of a trace.
        """
        rule, inputs = RULES.get(node.op), self.inputs[node.id]
        if rule is None:
            return None
        derivative = rule.textbook.get(rule.inputs[position]) or rule.derivatives[position]
        known = {"y": node.value, **{rule.inputs[at]: each.value for at, each in inputs.items()}}
        if derivative is None or not set(derivative.names) <= {*known, "g"}:
            return None
        shown = {name: np.float64(read(each, cell)) for name, each in known.items()}
        return lambda instead: float(rule.shown(position, {**shown, **instead}))

    def _product(self, i: int, move: Move, cell: Cell) -> Iterator[Question]:
        terms = self._products(move, cell)
        if not terms:
            return
        edge = self.trace.edges[move.edge]
        target, source = self.trace.nodes[edge.target], self.trace.nodes[edge.source]
        words = {"target": target.name, "source": source.name}
        topic = f"{target.op} {edge.position}"
        draft = drafted(self.trace, i, "product", topic, f"e{edge.id}", words, move.text, cell)
        factors = [each for _, each in self._factors(move)]
        ways = []
        for read in readings(cell):
            products = multiplied(terms, read)
            known = {
                "terms": products,
                "count": len(products),
                "factors": [read_all(each, read) for each in factors],
                "cell": cell,
                "values": {source.name: read(source.value, cell)},
            }
            ways.append(Way(sum(products), known))
        yield from judged(draft, exact(move.contribution, cell), ways)

    def _factors(self, move: Move) -> Sequence[tuple[str, Array]]:
        edge = self.trace.edges[move.edge]
        op, inputs = self.trace.nodes[edge.target].op, self.inputs[edge.target]
        return factors_of(op, edge.position, inputs, move.arriving) or ()

    def _products(self, move: Move, cell: Cell) -> list[Term]:
        """What a product of two matrices adds up for one cell."""
        factors = [each for _, each in self._factors(move)]
        if not factors:
            return []
        (row, column), (left, right) = cell, factors
        return [((left, (row, k)), (right, (k, column))) for k in range(left.shape[1])]

    def _summed_back(self, i: int, step: Unbroadcast) -> Iterator[Question]:
        edge = self.trace.edges[step.edge]
        target, source = self.trace.nodes[edge.target], self.trace.nodes[edge.source]
        around = [target, *self.inputs[target.id].values()]
        # The slopes of other ops do not stand in the picture.
        if target.op not in ("add", "sub", "mul") or not all(is_numbered(n.shape) for n in around):
            return
        words = {"target": target.name, "source": source.name}
        for cell in cells(source.shape):
            terms = self._copies(step, cell)
            ways = []
            for read in (in_picture, in_table):
                back = multiplied(terms, read)
                values = {source.name: read(source.value, cell)}
                ways.append(Way(sum(back), {"stretched": np.array(back), "values": values}))
            about, symbols = f"e{edge.id}", step.formula
            draft = drafted(self.trace, i, "sum", source.name, about, words, symbols, cell)
            yield from judged(draft, exact(step.after, cell), ways)

    def _copies(self, step: Unbroadcast, cell: Cell) -> list[Term]:
        """What the copies of one number bring back: what arrives, times any slope but 1."""
        move = self._moves[step.edge]
        assert move.local is not None
        parts = [move.arriving] if np.all(move.local == 1) else [move.arriving, move.local]
        return [
            tuple((part, place) for part in parts)
            for place in np.ndindex(step.before.shape)
            if _lands_in(place, cell, step.after.shape)
        ]


def _lands_in(place: Cell, cell: Cell, sizes: tuple[int, ...]) -> bool:
    """Whether what comes back from `place` is summed into `cell` of a tensor of these sizes."""
    own = place[len(place) - len(sizes) :]
    return all(size == 1 or at == to for at, to, size in zip(own, cell, sizes, strict=True))


def _symbols(formula: str) -> str:
    """The formula without its numbers: at most the first two parts of a = b = 3."""
    return " = ".join(re.split(" [=≈] ", formula)[:2])
