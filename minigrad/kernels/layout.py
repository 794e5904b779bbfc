"""How a loop sees the operands of an op: flat, or as rows.

Loops read contiguous memory: what is strided or stretched otherwise is copied first, since a loop
for each layout would have to be compiled for each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minigrad.rules import NUMBERS, Elementwise, Row, Rule

FLOATS = {np.dtype(np.float32), np.dtype(np.float64)}
BOOL = np.dtype(bool)
CLASSES = np.dtype(np.int64)  # a class number for each row
# What tells losses and normalising layers, which work on cells or rows, from products of matrices.
CELLS = {"axis", "reduction"}
SHORT = 4096  # numbers in a row: each of the sums in a vector of eight adds 512 of them at most
# How a loop over rows takes them: along the last axis, which stays.
_ROWS = {"axis": -1, "keepdims": True}


class Stretch(NamedTuple):
    """How an input was stretched. A loop sums its gradient back as it is computed."""

    kind: str  # what it is to a loop: a "row", a "column" or a "scalar"
    along: int  # how many dims, the last, make up a row
    ones: int  # how many dims of size 1 come before it


@lru_cache(1024)
def stretches(shapes: tuple[tuple[int, ...], ...]) -> tuple[Stretch | None, ...]:
    """Find how inputs of these shapes were stretched to one: None where not, or in another way."""
    try:
        full = np.broadcast_shapes(*shapes)
    except ValueError:  # the op is no elementwise one
        return (None,) * len(shapes)
    return tuple([None if shape == full else _stretch(shape, full) for shape in shapes])


def _stretch(shape: tuple[int, ...], full: tuple[int, ...]) -> Stretch | None:
    if math.prod(shape) == 1:
        return Stretch("scalar", 0, len(shape))
    many = len(full)
    first = next(i for i, size in enumerate(shape) if size != 1)
    row = shape[first:]
    if len(row) < many and row == full[many - len(row) :]:
        return Stretch("row", len(row), first)
    along = next(i for i, size in enumerate(reversed(shape)) if size != 1)
    if len(shape) == many and shape[: many - along] == full[: many - along]:
        return Stretch("column", along, 0)
    return None


def flat(operands: Sequence[Any]) -> tuple[np.dtype[Any], int, list[Any]] | None:
    """Lay out at once what most operands are: arrays of one shape and floating dtype.

    They are contiguous, or numbers stretched to that shape: a mask says which. None for others.
    """
    first = operands[0]
    if first.__class__ is not np.ndarray:
        return None
    shape, dtype = first.shape, first.dtype
    arrays, scalars = [], 0
    for i, each in enumerate(operands):
        if each.__class__ is not np.ndarray or each.shape != shape or each.dtype is not dtype:
            return None
        if each.flags.c_contiguous:
            arrays.append(each.ravel())
        elif any(each.strides):
            return None
        else:
            arrays.append(each[(0,) * each.ndim])
            scalars |= 1 << i
    return dtype, scalars, arrays


def kinds_of(
    dtype: np.dtype[Any], scalars: int, many: int
) -> tuple[tuple[np.dtype[Any], str], ...]:
    """Return how operands meet that are flat: those in the mask `scalars` are numbers."""
    return tuple((dtype, "scalar" if scalars >> i & 1 else "full") for i in range(many))


class Met(NamedTuple):
    """Operands, laid out for a loop."""

    kinds: tuple[tuple[np.dtype[Any], str], ...]  # what kind of loop that asks for
    parameters: tuple[tuple[str, Any], ...]
    arrays: list[Any]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]  # of all of them together
    along: int  # how many dims, the last, make up a row

    @property
    def short(self) -> bool:
        """Whether rows are so short that their sums in float32 keep its digits.

        A loop makes them of many sums, one for each place in a vector.
        """
        return self.along > 0 and math.prod(self.shape[-self.along :]) <= SHORT


def met(
    rule: Rule, operands: Sequence[Any], parameters: Mapping[str, Any], stretch: Stretch | None
) -> Met | None:
    """Lay operands out for a loop; None where only NumPy can compute the op."""
    cells = rule.broadcasts and not CELLS.isdisjoint(rule.parameters)
    if not (cells or isinstance(rule, Elementwise | Row)):
        return None
    arrays = [each for each in operands if each.__class__ not in NUMBERS]
    kinds = {each.dtype for each in arrays} - {BOOL}
    if CLASSES in kinds and isinstance(rule, Row):
        return _with_classes(operands, parameters)
    if len(kinds) != 1 or not kinds <= FLOATS:
        return None
    (dtype,) = kinds
    try:
        shape = np.broadcast(*arrays).shape
        hash(tuple(parameters.values()))
    except (TypeError, ValueError):  # NumPy says what does not fit
        return None
    if not shape or 0 in shape:
        return None
    wanted = 0 if stretch is None else stretch.along
    along = _along(parameters["axis"], len(shape)) if "axis" in parameters else wanted
    if along is None or wanted not in (0, along):
        return None
    found = [_laid_out(each, dtype, shape, along) for each in operands]
    ways, arrays = tuple(kind for kind, _ in found), [each for _, each in found]
    return Met(ways, _pinned(parameters), arrays, dtype, shape, along)


def _pinned(parameters: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((each, _ROWS.get(each, how)) for each, how in parameters.items())


def _with_classes(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Met | None:
    """Lay out rows of which each has a class: perhaps g, then x, the classes, what those count."""
    *g, x, classes, weight = operands
    dtype, many = x.dtype, x.shape[-1]
    if dtype not in FLOATS or not x.size or _along(parameters["axis"], x.ndim) != 1:
        return None
    numbers = classes.view(np.uint64)  # a negative one is a large one
    if np.maximum.reduce(numbers, None) >= many and np.any(
        (numbers >= many) & (classes != parameters["ignored"])
    ):
        return None  # a loop would read what is there; NumPy says what is wrong
    found = [((dtype, "each" if each.ndim else "scalar"), each) for each in g]
    found += [((dtype, "full"), x), ((CLASSES, "each"), classes)]
    scalar = weight.__class__ in NUMBERS
    found.append(((dtype, "scalar" if scalar else "row"), dtype.type(weight) if scalar else weight))
    laid_as = {"full": (-1, many), "each": -1, "row": -1}
    arrays = [
        each if kind == "scalar" else np.ascontiguousarray(each).reshape(laid_as[kind])
        for (_, kind), each in found
    ]
    kinds = tuple(kind for kind, _ in found)
    return Met(kinds, _pinned(parameters), arrays, dtype, x.shape, 1)


def _along(axis: Any, many: int) -> int | None:
    """How many of the last dims `axis` names; None where it names others."""
    axes = sorted(each % many for each in (axis if isinstance(axis, tuple) else (axis,)))
    return len(axes) if axes == [*range(many - len(axes), many)] else None


def laid(shape: tuple[int, ...], along: int) -> tuple[int, ...]:
    """Return the shape in which a loop sees full arrays: flat, or the rows of a matrix."""
    return (math.prod(shape[:-along]), math.prod(shape[-along:])) if along else (-1,)


def _laid_out(
    each: Any, dtype: np.dtype[Any], shape: tuple[int, ...], along: int
) -> tuple[tuple[np.dtype[Any], str], Any]:
    """Return how an operand meets the others, and its numbers as a loop reads them."""
    if each.__class__ in NUMBERS:
        return (dtype, "scalar"), dtype.type(each)
    if each.shape == shape and (along or each.size == 1 or any(each.strides)):
        return (each.dtype, "full"), np.ascontiguousarray(each).reshape(laid(shape, along))
    if each.size == 1 or not any(each.strides):
        return (each.dtype, "scalar"), each[(0,) * each.ndim]
    if along and each.shape == shape[-along:]:
        return (each.dtype, "row"), np.ascontiguousarray(each).reshape(-1)
    if along and each.shape == shape[:-along] + (1,) * along:
        return (each.dtype, "column"), np.ascontiguousarray(each).reshape(-1, 1)
    each = np.ascontiguousarray(np.broadcast_to(each, shape))
    return (each.dtype, "full"), each.reshape(laid(shape, along))
