"""Writes fused loops down as the text of a Python function for Numba."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.kernels.factors import REACH
from minigrad.kernels.fuse import GIVEN, Fused, Loops, Nest, Value, Whole
from minigrad.kernels.lazy import Lazy, size_text
from minigrad.kernels.words import (
    ATOM,
    CELLS,
    CHOICE,
    COSTLY,
    LOGIC,
    NEAR,
    PRODUCT,
    SIGN,
    SUM,
    TEST,
)

_LONG = 60  # a formula that is longer gets a name, and a line of its own
_STARTS = {"sum": "0", "max": "-np.inf", "min": "np.inf"}
_TAKES = {"sum": "plus", "max": "larger", "min": "smaller"}


class Writer:
    """Writes statements; `names` says what each array that stands in memory is called.

    Sums are float64. Only those of rows that are known to be short keep their dtype.
    """

    def __init__(self, fused: Fused, names: Mapping[Lazy, str], short_rows: bool = False) -> None:
        self.fused = fused
        self.names = names
        self.short_rows = short_rows
        self._taken = {*names.values()}
        self._count = 0
        self.given = {name for node, name in names.items() if node.head == "array"}
        self.index = [each for each in "ijklmnopqrstuvwxyz" if each not in self._taken]

    def statement(self, statement: Nest | Whole) -> list[str]:
        """The lines of one loop or product."""
        if isinstance(statement, Nest):
            return _NestText(self, statement).lines()
        assert statement.node.head == "matmul"
        sources, turned = zip(*(self.operand(each) for each in statement.operands), strict=True)
        out = self.names[statement.node]
        a, b = (f"{name}.T" if turn else name for name, turn in zip(sources, turned, strict=True))
        return [
            f"gemm({', '.join(sources)}, {out}, {turned[0]}, {turned[1]}, 0)  # {out} = {a} @ {b}"
        ]

    def operand(self, node: Lazy) -> tuple[str, bool]:
        """The array to multiply, and whether it is turned."""
        turned = node.head == "axes"
        return self.names[node.operands[0] if turned else node], turned

    def new(self, word: str) -> str:
        """A name for something that is only needed in passing."""
        self._count += 1
        while f"{word}{self._count}" in self._taken:
            self._count += 1
        return f"{word}{self._count}"

    def size(self, size: int) -> str:
        """A size as it is known by now."""
        return size_text(self.fused.pool.size(size))

    def shape(self, sizes: Sequence[int]) -> str:
        """A shape, as a tuple."""
        texts = [self.size(size) for size in sizes]
        return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


class _NestText:
    """One nest. A value has a *time*: the pass over the row in which it can be computed first.

    Polynomials that do not reach far count what is beyond them. If there is any, all is computed
    again by the C library: so a nest that overwrites what it reads uses that from the start.
    """

    def __init__(self, writer: Writer, nest: Nest, anywhere: bool = False) -> None:
        self.writer = writer
        given = any(writer.names.get(node) in writer.given for node, _ in nest.values)
        self.anywhere = anywhere or given
        self.far = ""  # the name of that count
        self.names = writer.names
        self.index = writer.index
        self.nest = nest
        self.many = len(nest.sizes)
        self.split = self.many if nest.split is None else nest.split
        self.times: dict[Value, int] = {}
        for value in nest.values:  # what a value needs stands before it
            before = [self.times.get(each, 0) for each in self.needs(value)]
            self.times[value] = max(before, default=0) + self.in_row(value)
        self.passes = max(
            (self.times[each] for each in nest.values if self.is_target(each)), default=0
        )
        self.row: dict[Value, str] = {}  # names of what is known for the whole row
        self.scratch: dict[Value, str] = {}  # the cells where what later passes need is kept
        self.before: list[str] = []
        self.after: list[str] = []

    # What a value is -----------------------------------------------------------------

    def needs(self, value: Value) -> list[Value]:
        node, loops = value
        if node.head == "reduce":
            operand = node.operands[0]
            return [_through(operand, self.inner(value))]
        operands = node.operands[1:] if node.head == "load" else node.operands
        return [_through(each, loops) for each in operands]

    def inner(self, value: Value) -> Loops:
        """The loops of what is reduced."""
        number = iter(range(self.many))
        return tuple(None if size == 1 else next(number) for size in value[0].operands[0].shape)

    def in_row(self, value: Value) -> bool:
        """Whether it is a sum over a row, which is known as soon as the row was passed over."""
        node, _ = value
        if node.head != "reduce" or self.split == self.many:
            return False
        inner = self.inner(value)
        over = [inner[i] for i in node.extra[1] if inner[i] is not None]
        return over == [*range(self.split, self.many)]

    def depth(self, value: Value) -> int:
        """How many loops it stands in."""
        node, loops = value
        if node.head == "position":
            loops = loops[node.extra : node.extra + 1]
        below = self.needs(value) if value in self.times and node.head != "reduce" else []
        own = [each + 1 for each in loops if each is not None]
        return max([*own, *map(self.depth, below)], default=0)

    def is_target(self, value: Value) -> bool:
        return value[0] in self.names or value[0].head == "reduce"

    def cheap(self, value: Value) -> bool:
        node, _ = value
        there = node in self.names or node.head in GIVEN or value in self.scratch
        if there or self.depth(value) <= self.split:
            return True
        return node.head not in COSTLY | {"load"} and all(map(self.cheap, self.needs(value)))

    # The text ------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """All of the nest."""
        passes = [line for time in range(self.passes + 1) for line in self.run(time)]
        outer = self.levels(0, self.split, {}, passes) if self.split < self.many else passes
        text = [*self.before, *outer, *self.after]
        if not self.far:
            return text
        again = _NestText(self.writer, self.nest, anywhere=True).lines()
        return [
            f"{self.far} = 0",
            *text,
            f"if {self.far} > 0:  # so far from 0 only the C library is right",
            *(f"    {line}" for line in again),
        ]

    def run(self, time: int) -> list[str]:
        """One pass over the row, and what follows for the row."""
        targets = [
            each for each in self.nest.values
            if self.is_target(each) and self.pass_of(each) == time
        ]  # fmt: skip
        body = _Body(self, time)
        late: dict[int, list[str]] = {}
        ends: list[str] = []
        for target in targets:
            node, loops = target
            if node.head == "reduce":
                ends += self.reduced(target, body)
            else:
                text, depth = body.text(target)[0], self.depth(target)
                if self.names[node] in self.writer.given and len(targets) > 1:
                    # Others may still read what this overwrites.
                    name = self.writer.new("new")
                    body.put(depth, f"{name} = {text}")
                    text = name
                late.setdefault(depth, []).append(f"{self.cell(self.names[node], loops)} = {text}")
        for value in self.kept_from(time):
            text = body.text(value)[0]
            self.scratch[value] = self.room(value[0].dtype)
            body.put(self.many, f"{self.scratch[value]} = {text}")
        for depth, lines in late.items():
            for line in lines:
                body.put(depth, line)
        first = self.split if self.split < self.many else 0
        full = self.levels(first, self.many, body.levels, [])
        return [*body.starts, *full, *ends]

    def room(self, dtype: np.dtype[Any]) -> str:
        """A cell in which something is kept until the last pass.

        It is that of the array which only that pass writes, if it is one, or else of a new one.
        """
        last = [each for each in self.nest.values if self.is_target(each)]
        last = [each for each in last if self.pass_of(each) == self.passes]
        if len(last) == 1:
            ((node, loops),) = last
            if node in self.names and node.head != "reduce" and node.dtype == dtype:
                cell = self.cell(self.names[node], loops)
                free = cell not in self.scratch.values()
                full = sorted(each for each in loops if each is not None) == [*range(self.many)]
                if free and full and self.names[node] not in self.writer.given:
                    return cell
        name = self.writer.new("row")
        shape = self.writer.shape(self.nest.sizes[self.split :])
        self.before.append(f"{name} = np.empty({shape}, {dtype})")
        return f"{name}[{', '.join(self.index[self.split : self.many])}]"

    def pass_of(self, value: Value) -> int:
        """The pass in which a target is written or added up."""
        return self.times[value] - self.in_row(value)

    def levels(
        self, first: int, last: int, lines: Mapping[int, list[str]], inside: list[str]
    ) -> list[str]:
        """Loops from `first` on; `lines` stand in as many loops as their key says."""
        text = [*lines.get(last, []), *inside]
        for level in reversed(range(first, last)):
            text = [*lines.get(level, []), *self.loop(level, text)]
        return text

    def loop(self, level: int, lines: list[str]) -> list[str]:
        """Put lines into a loop, if there are any."""
        head = f"for {self.index[level]} in range({self.size(level)}):"
        return [head, *(f"    {line}" for line in lines)] if lines else []

    def size(self, level: int) -> str:
        """How far a loop goes: by an array that is written there, or that is read."""
        for node, loops in self.nest.values:
            if node in self.names and node.head != "reduce" and level in loops:
                return f"{self.names[node]}.shape[{loops.index(level)}]"
        return self.writer.size(self.nest.sizes[level])

    def kept_from(self, time: int) -> list[Value]:
        """What later passes need of this one and would cost much to compute again."""
        found: dict[Value, None] = {}
        for target in self.nest.values:
            if self.is_target(target) and self.pass_of(target) > time:
                self._kept(target, time, found)
        return list(found)

    def _kept(self, value: Value, time: int, found: dict[Value, None]) -> None:
        for each in self.needs(value):
            there = each not in self.times or each in self.row or each in self.scratch
            if there or each[0] in self.names or self.depth(each) <= self.split:
                continue
            if self.times[each] == time and not self.cheap(each):
                found[each] = None
            else:
                self._kept(each, time, found)

    def reduced(self, value: Value, body: _Body) -> list[str]:
        """Add up: a line in the loop, where it starts, and what comes of it."""
        node, loops = value
        kind = node.extra[0]
        of = _through(node.operands[0], self.inner(value))
        whole = node.dtype.kind == "i"
        row = self.in_row(value)
        asked = node.extra[2:]  # to add up in float64
        narrow = kind != "sum" or whole or (row and self.writer.short_rows and not asked)
        wide = str(node.dtype) if narrow else "float64"
        # What a row was reduced to is added once a row, not once a cell.
        depth = max((loop + 1 for loop in self.inner(value) if loop is not None), default=0)
        each, _ = body.text(of, depth)
        if wide != str(of[0].dtype):
            each = f"{wide}({each})"
        total = self.writer.new(kind)
        kept = [loop for loop in loops if loop is not None]
        start = f"{wide}({_STARTS[kind]})" if narrow else "0.0"
        place = total
        if kept and not row:
            place = f"{total}[{', '.join(self.index[loop] for loop in kept)}]"
            shape = self.writer.shape([self.nest.sizes[loop] for loop in kept])
            self.before.append(f"{total} = np.full({shape}, {start})")
        else:
            (body.starts if row else self.before).append(f"{total} = {start}")
        take = f"{place} + {each}" if whole else f"{_TAKES[kind]}({place}, {each})"
        body.put(depth, f"{place} = {take}")
        result = place if wide == str(node.dtype) else f"{node.dtype}({place})"
        if row:
            lines = [] if result == total else [f"{total}_ = {result}"]
            self.row[value] = total if result == total else f"{total}_"
            if node in self.names:
                lines.append(f"{self.cell(self.names[node], loops)} = {self.row[value]}")
            return lines
        if node in self.names:
            text = [f"{self.cell(self.names[node], loops)} = {result}"]
            for loop in reversed(kept):
                text = self.loop(loop, text)
            self.after += text
        return []

    def cell(self, name: str, loops: Loops) -> str:
        """A cell of an array."""
        index = ", ".join("0" if loop is None else self.index[loop] for loop in loops)
        return f"{name}[{index or '()'}]"


class _Body:
    """The lines of one pass, by how many loops they stand in."""

    def __init__(self, nest: _NestText, time: int) -> None:
        self.nest = nest
        self.time = time
        self.starts: list[str] = []
        self.levels: dict[int, list[str]] = {}
        self.known: dict[Value, tuple[str, int]] = {}
        self.uses: dict[Value, int] = {}
        self._count(time)

    def _count(self, time: int) -> None:
        nest = self.nest
        waiting = [
            each for each in nest.nest.values if nest.is_target(each) and nest.pass_of(each) == time
        ]
        waiting += nest.kept_from(time)
        waiting = [
            each
            for target in waiting
            for each in (nest.needs(target) if target[0].head == "reduce" else [target])
        ]
        while waiting:
            value = waiting.pop()
            self.uses[value] = self.uses.get(value, 0) + 1
            if self.uses[value] == 1 and not self.is_read(value):
                waiting += nest.needs(value)

    def is_read(self, value: Value) -> bool:
        """Whether it is there already, in memory or from a pass before."""
        nest = self.nest
        if value[0].head in GIVEN or value in nest.row or value in nest.scratch:
            return True
        if value not in nest.times:
            return True
        return value[0] in nest.names and nest.times[value] < self.time

    def put(self, depth: int, line: str) -> None:
        """Write a line in so many loops."""
        if depth <= self.nest.split < self.nest.many:
            self.starts.append(line)
        else:
            self.levels.setdefault(depth, []).append(line)

    def text(self, value: Value, depth: int | None = None) -> tuple[str, int]:
        """A value's text, and how tightly it binds; it is used in `depth` loops."""
        if value not in self.known:
            own = self.nest.depth(value)
            self.known[value] = self._new(value, own if depth is None else depth)
        return self.known[value]

    def _new(self, value: Value, depth: int) -> tuple[str, int]:
        nest, (node, loops) = self.nest, value
        if value in nest.row:
            return nest.row[value], ATOM
        if value in nest.scratch:
            return nest.scratch[value], ATOM
        if node.head == "array":
            return (node.extra if node.bare else nest.cell(node.extra, loops)), ATOM
        if node.head == "number":
            text = _number(node)
            return text, SIGN if text[0] == "-" else ATOM
        if node.head == "position":
            loop = loops[node.extra]
            return ("0" if loop is None else self.nest.index[loop]), ATOM
        if self.is_read(value):
            return nest.cell(nest.names[node], loops), ATOM
        own = nest.depth(value)
        text, binds = self._formula(value, own)
        if own < depth or self.uses.get(value, 2) > 1 or len(text) > _LONG:
            name = nest.writer.new(_WORDS.get(node.head, node.head))
            self.put(own, f"{name} = {text}")
            text, binds = name, ATOM
            if own <= nest.split < nest.many:
                nest.row[value] = name
        return text, binds

    def _formula(self, value: Value, depth: int) -> tuple[str, int]:
        node, loops = value
        operands = [_through(each, loops) for each in node.operands]
        if node.head == "load":
            dims, axis = node.extra
            index = [None if dim is None else loops[dim] for dim in dims]
            texts = ["0" if loop is None else self.nest.index[loop] for loop in index]
            texts[axis] = self.text(operands[1], depth)[0]
            source = node.operands[0]
            name = self.nest.names[source]
            return f"{name}[{', '.join(texts)}]", ATOM
        parts = [self.text(each, depth) for each in operands]
        if node.head == "copy":
            return parts[0]
        if node.head == "astype":
            text, binds = parts[0]
            if node.dtype == np.bool_:
                return f"{_bracketed(text, binds, SUM)} != 0", TEST
            return f"{node.dtype}({text})", ATOM
        if node.head == "power":
            return f"{_bracketed(*parts[0], ATOM)} ** {_bracketed(*parts[1], ATOM)}", PRODUCT
        pattern, binds = CELLS[node.head]
        if node.head in NEAR:
            pattern = self._within(node, parts[0][0], depth)
        if binds == ATOM:
            return pattern.format(*(text for text, _ in parts)), ATOM
        if node.head == "where":
            return pattern.format(*(_bracketed(*part, LOGIC) for part in parts)), CHOICE
        left, *right = parts
        texts = [_bracketed(*left, binds + (binds in (TEST, LOGIC)))]
        texts += [_bracketed(*part, binds + 1) for part in right]
        return pattern.format(*texts), binds

    def _within(self, node: Lazy, of: str, depth: int) -> str:
        """How a function is called that does not reach far; count what is beyond."""
        nest = self.nest
        if nest.anywhere:
            return f"np.{node.head}({{}})"
        nest.far = nest.far or nest.writer.new("far")
        line = f"{nest.far} += abs({of}) > {node.dtype}({REACH:.0f})"
        if line not in (*self.starts, *self.levels.get(depth, [])):
            self.put(depth, line)
        return f"{node.head}({{}})"


_WORDS = {
    "add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient",
    "where": "choice", "load": "taken", "astype": "number", "reduce": "total",
}  # fmt: skip


def _bracketed(text: str, binds: int, wanted: int) -> str:
    return text if binds >= wanted else f"({text})"


def _number(node: Lazy) -> str:
    """A number, of the dtype that the others have: else Numba would compute in float64."""
    text = node.extra
    if text in ("inf", "-inf", "nan"):
        text = text.replace("inf", "np.inf").replace("nan", "np.nan")
    if node.dtype in (np.bool_, np.int64):
        return text
    if node.dtype == np.float64 and text.lstrip("-").isdigit():
        return f"{text}.0"
    return f"{node.dtype}({text})"


def _through(node: Lazy, loops: Loops) -> Value:
    """What is found behind other dims."""
    if node.head == "axes":
        dims = tuple(None if dim is None else loops[dim] for dim in node.extra)
        return _through(node.operands[0], dims)
    return node, loops
