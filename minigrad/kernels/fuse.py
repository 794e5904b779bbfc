"""Puts the primitives of a reading into as few loops as they need.

What must stand in memory (results, operands of a product, what a later loop reads) is a
*root*. Each root joins the latest loop over the same cells that may compute it, or starts
a new one; what only leads to it is computed on the way, in registers.

A sum over the last dims of a row can be used in the same loop over rows: the rows' inner
loop is then run once more behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from minigrad.kernels.lazy import Lazy, Pool, size_text
from minigrad.kernels.words import COSTLY

# For each dim of a primitive: the number of the loop that goes along it, None for size 1.
Loops = tuple[int | None, ...]
Value = tuple[Lazy, Loops]

GIVEN = {"array", "number", "position"}
_WHOLE = {"matmul", "reshape", "call"}  # statements of their own
_FEW = 8  # so many simple cells are computed again rather than kept


@dataclass(eq=False)
class Nest:
    """Loops over one space of cells, and what is computed in them."""

    index: int  # its place among the statements
    sizes: tuple[int, ...]  # of the loops, the outer first
    space: tuple[str, ...]  # the same as text
    split: int | None = None  # from this loop on they are run again and again, for each row
    values: dict[Value, None] = field(default_factory=dict)  # cells and sums, in order
    reads: set[Lazy] = field(default_factory=set)


@dataclass(eq=False)
class Whole:
    """A primitive on whole arrays: a product, the same memory in another shape, a call."""

    index: int
    node: Lazy
    operands: tuple[Lazy, ...]  # arrays, or of a product their transposes


class Fused:
    """The statements for some results, in order. `stored` is what stands in memory."""

    def __init__(
        self, pool: Pool, results: Sequence[Lazy], last: Sequence[Lazy] = (),
        given: Sequence[Lazy] = (),
    ) -> None:  # fmt: skip
        """Plan `results`, then, in loops behind all others, those that overwrite what is read.

        What is `given` stands in memory already.
        """
        self.pool = pool
        self.statements: list[Nest | Whole] = []
        self.home: dict[Lazy, Nest | Whole] = {}  # where a cell is computed first
        self.stored: dict[Lazy, None] = {}
        self.given = set(given)
        self._first = 0  # the first statement that a root may join
        wanted = set(results)
        for node in _needed([*results, *last], self.given):
            if node.head in _WHOLE:
                self._whole(node)
            elif node.head == "reduce":
                self._place(node)
            elif node in wanted:
                self.store(node)
        self._first = len(self.statements)
        for node in last:
            self.store(node)

    def _whole(self, node: Lazy) -> None:
        turn = node.head == "matmul"
        operands = tuple(self.in_memory(each, turn) for each in node.operands)
        statement = Whole(len(self.statements), node, operands)
        self.statements.append(statement)
        self.home[node] = statement
        self.stored[node] = None

    def in_memory(self, node: Lazy, turn: bool = False) -> Lazy:
        """Have a primitive stand in memory as it is; as an operand of a product maybe turned."""
        source = node.operands[0] if node.head == "axes" else node
        turned = turn and node is not source and _is_turned(node)
        if (source is not node and not turned) or source.head in ("number", "position"):
            source = self.pool.new("copy", (node,), None, node.shape, node.dtype)
            source.place = node.place
            node = source
        if source.head != "array" and source not in self.given:
            self.store(source)
        return node

    def store(self, node: Lazy) -> None:
        """Have what a loop computes stand in memory."""
        if node not in self.home:
            self._place(node)
        self.stored[node] = None

    # One root ------------------------------------------------------------------------

    def _place(self, root: Lazy) -> None:
        """Have a root computed in the latest loop that may, else in a new one."""
        reduced = root.head == "reduce"
        whole = root.operands[0] if reduced else root
        self._load_sources(root)
        sizes = tuple(self.pool.size(each) for each in whole.shape if each != 1)
        space = tuple(size_text(each) for each in sizes)
        for nest in reversed(self.statements[self._first :]):
            if isinstance(nest, Nest) and nest.space[: len(space)] == space:
                found = self._joined(root, whole, nest, len(space) < len(nest.space))
                if found:
                    break
        else:
            nest = Nest(len(self.statements), sizes, space)
            self.statements.append(nest)
            found = self._walked(root, whole, nest)
            assert found is not None
        self._commit(root, nest, found)

    def _load_sources(self, root: Lazy) -> None:
        """Cells that are taken by an index must stand in memory before."""
        waiting, seen = [root], set()
        while waiting:
            node = waiting.pop()
            if node in seen or node in self.home:
                continue
            seen.add(node)
            if node.head == "load":
                self.in_memory(node.operands[0])
            waiting += node.operands

    def _joined(self, root: Lazy, whole: Lazy, nest: Nest, short: bool) -> _Walk | None:
        walk = self._walked(root, whole, nest)
        if walk is None:
            return None
        used = any(value in nest.values for value in walk.met)
        if short:
            # A root with fewer dims belongs to a row, if it needs what the row was reduced to.
            return walk if used and walk.split == len([s for s in whole.shape if s != 1]) else None
        sums = root.head == "reduce" and any(node.head == "reduce" for node, _ in nest.values)
        return walk if used or sums or walk.reads & nest.reads else None

    def _walked(self, root: Lazy, whole: Lazy, nest: Nest) -> _Walk | None:
        loops = _loops(whole)
        walk = _Walk(self, nest)
        if not walk.may(whole, loops):
            return None
        if root is not whole:
            kept = tuple(loop for i, loop in enumerate(loops) if i not in root.extra[1])
            walk.new[root, kept] = None
        return walk

    def _commit(self, root: Lazy, nest: Nest, walk: _Walk) -> None:
        nest.split = walk.split
        nest.reads |= walk.reads
        for node in walk.kept:
            self.stored[node] = None
        for value in walk.new:
            nest.values[value] = None
            self.home.setdefault(value[0], nest)

    def cheap(self, node: Lazy) -> bool:
        """Whether a cell that another loop computed is computed again, not kept in memory."""
        budget, waiting = _FEW, [node]
        while waiting:
            each = waiting.pop()
            there = each in self.stored or each in self.given
            if each.head in GIVEN or (there and each is not node):
                continue
            budget -= 1
            if budget < 0 or each.head in COSTLY or each.head in (*_WHOLE, "reduce", "load"):
                return False
            waiting += each.operands
        return True


class _Walk:
    """From a root to what it needs: whether a nest can compute it, and what is to be added."""

    def __init__(self, fused: Fused, nest: Nest) -> None:
        self.fused = fused
        self.nest = nest
        self.split = nest.split
        self.new: dict[Value, None] = {}
        self.met: list[Value] = []  # what the nest has already
        self.reads: set[Lazy] = set()
        self.kept: list[Lazy] = []

    def may(self, node: Lazy, loops: Loops) -> bool:
        """Whether the nest can have this cell, in these loops."""
        if node.head == "axes":
            dims = tuple(None if dim is None else loops[dim] for dim in node.extra)
            return self.may(node.operands[0], dims)
        value = node, loops
        if value in self.new:
            return True
        if value in self.nest.values:
            self.met.append(value)
            return node.head != "reduce" or self._row(value)
        if node.head in GIVEN:
            if node.head == "array" and not node.bare:
                self.reads.add(node)
            return True
        fused = self.fused
        if node in fused.given:
            self.reads.add(node)
            return True
        home = fused.home.get(node)
        if home is not None and (node in fused.stored or not fused.cheap(node)):
            if home.index >= self.nest.index:
                return False
            self.kept.append(node)
            self.reads.add(node)
            return True
        if node.head == "reduce" or node.head in _WHOLE:
            return False
        if node.head == "load":
            source, index = node.operands
            given = source.head == "array" or source in fused.given
            if not given and fused.home[source].index >= self.nest.index:
                return False
            self.reads.add(source)
            found = self.may(index, loops)
        else:
            found = all(self.may(each, loops) for each in node.operands)
        self.new[value] = None
        return found

    def _row(self, value: Value) -> bool:
        """Whether a sum in this nest is known before the nest is done: that of a row."""
        node, _ = value
        inner = _loops(node.operands[0])
        over = [inner[i] for i in node.extra[1] if inner[i] is not None]
        first = min(over)
        rest = [*range(first, len(self.nest.sizes))]
        if over != rest or first == 0 or self.split not in (None, first):
            return False
        self.split = first
        return True


def _is_turned(node: Lazy) -> bool:
    """Whether other dims are those of a matrix on its side."""
    source = node.operands[0]
    on_side = source.ndim == 2 and node.shape == source.shape[::-1]
    return on_side and node.extra[0] in (1, None) and node.extra[1] in (0, None)


def _loops(node: Lazy) -> Loops:
    """The loops of a primitive that fills its nest: one per dim that is longer than 1."""
    number = iter(range(node.ndim))
    return tuple(None if size == 1 else next(number) for size in node.shape)


def _needed(results: Iterable[Lazy], given: set[Lazy]) -> list[Lazy]:
    found = set(given)
    waiting = list(results)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.operands
    return sorted(found - given, key=lambda node: node.number)
