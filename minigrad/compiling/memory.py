"""Memory for what a program computes on the way: planned once, and used again and again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.compiling.script import Script
from minigrad.kernels import blocks
from minigrad.kernels.fuse import Fused, Nest, Whole
from minigrad.kernels.lazy import Lazy

Array = npt.NDArray[Any]
_LINE = 64  # bytes: what a processor loads at once


def contiguous(data: Any) -> Array:
    """The array itself, or, where it is a number or strided, a copy."""
    return np.asarray(data, order="C")


def whole(data: Any) -> Array:
    """The same for what compiled code takes as it is: it must also be writable and aligned."""
    if data.__class__ is np.ndarray and data.flags.carray:
        return data
    return np.array(data, order="C")


def fresh(like: Lazy, filled: float | None = None) -> Array:
    """Memory of its own for an array."""
    shape = tuple(map(int, like.shape))
    return np.empty(shape, like.dtype) if filled is None else np.full(shape, filled, like.dtype)


class Results:
    """The memory of results: of arrays anew for each call, of single numbers always the same.

    `come` are those that a call brings, `stay` has the memory of the others by name.
    """

    def __init__(self, names: Mapping[Lazy, str]) -> None:
        self.come = [each for each in names if each.ndim]
        self.stay = {name: fresh(each) for each, name in names.items() if not each.ndim}
        self._places = [self.stay.get(name) for name in names.values()]

    def read(self, script: Script, made: Iterable[str]) -> list[str]:
        """What a call has of each result in the end: the array, or NumPy's number."""
        left = iter(made)
        return [next(left) if each is None else f"{script.name(each)}[()]" for each in self._places]


def make(script: Script, to: str, like: Iterable[Lazy]) -> list[str]:
    """Have a call make arrays; they are called `to` and a number."""
    made = []
    for i, each in enumerate(like):
        empty = script.name(blocks.empty if _bytes(each) >= blocks.LEAST else np.empty)
        shape = tuple(map(int, each.shape))
        script.add(f"{to}{i} = {empty}({shape}, {script.name(each.dtype)})")
        made.append(f"{to}{i}")
    return made


def take(script: Script, arguments: Sequence[Lazy]) -> list[str]:
    """Have a call take the data of arguments, d0, d1 …, as arrays that compiled code takes."""
    for i, each in enumerate(arguments):
        direct = f"d{i} if d{i}.flags.carray else " if each.ndim else ""
        script.add(f"a{i} = {direct}{script.name(whole)}(d{i})")
    return [f"a{i}" for i, _ in enumerate(arguments)]


def planned(fused: Fused, names: Mapping[Lazy, str]) -> dict[str, Array]:
    """Give each array of `names` its part of one block; what is no longer read is written over."""
    lives = _lives(fused, names)
    taken: list[tuple[int, int, int, int]] = []  # first and last statement, start and end
    starts: dict[Lazy, int] = {}
    for node in sorted(lives, key=lambda each: -_bytes(each)):
        first, last = lives[node]
        start = 0
        for _, _, begin, end in sorted(
            (each for each in taken if each[0] <= last and first <= each[1]), key=lambda t: t[2]
        ):
            if start + _bytes(node) <= begin:
                break
            start = max(start, end)
        starts[node] = start
        taken.append((first, last, start, start + _bytes(node)))
    size = max((end for *_, end in taken), default=0)
    block = np.empty(size + _LINE, np.uint8)
    offset = -block.ctypes.data % _LINE
    arrays = {}
    for node, name in names.items():
        if node not in starts:  # another shape of what has its memory
            continue
        begin = offset + starts[node]
        part = block[begin : begin + math.prod(map(int, node.shape)) * node.dtype.itemsize]
        arrays[name] = part.view(node.dtype).reshape(tuple(map(int, node.shape)))
    return arrays


def _bytes(node: Lazy) -> int:
    return -(-math.prod(map(int, node.shape)) * node.dtype.itemsize // _LINE) * _LINE


def _root(fused: Fused, node: Lazy) -> Lazy:
    """Whose memory it shows in another shape."""
    while node.head == "reshape":
        statement = fused.home[node]
        assert isinstance(statement, Whole)
        (node,) = statement.operands
    return node


def _lives(fused: Fused, names: Mapping[Lazy, str]) -> dict[Lazy, tuple[int, int]]:
    """From which statement to which each must stay."""
    found: dict[Lazy, tuple[int, int]] = {}
    for i, statement in enumerate(fused.statements):
        if isinstance(statement, Nest):
            met = [*statement.reads, *(node for node, _ in statement.values)]
        else:
            operands = (x.operands[0] if x.head == "axes" else x for x in statement.operands)
            met = [statement.node, *operands]
        for each in met:
            root = _root(fused, each)
            if root in names:
                found[root] = found.get(root, (i, i))[0], i
    return found
