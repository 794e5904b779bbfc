"""Where an op is computed: by a generated loop, or by NumPy.

The choice depends on the op and its sizes alone, never on what ran before. Numba is loaded by
the first op that a loop computes. Loops read contiguous memory: what is strided or stretched is
copied first, since a loop for each layout would have to be compiled for each.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels import blocks
from minigrad.modes import state
from minigrad.rules import NUMBERS, Elementwise, Plan, Row, Rule
from minigrad.rules.rule import Pull
from minigrad.rules.shape import sum_to

_FLOATS = {np.dtype(np.float32), np.dtype(np.float64)}
_BOOL = np.dtype(bool)
# What is one ufunc, and gives floats of floats.
_UFUNCS = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply,
    operator.truediv: np.divide,
}  # fmt: skip


def _at_least() -> float:
    """From how many elements on loops are worth loading Numba; MINIGRAD_KERNELS may say it."""
    word = os.environ.get("MINIGRAD_KERNELS", "")
    sizes = {"": 4096, "numpy": math.inf, "numba": 1}
    if word not in sizes:
        raise ValueError(f"MINIGRAD_KERNELS is numpy or numba, or not set; it is {word!r}.")
    return sizes[word]


AT_LEAST = _at_least()


def are_large(raws: Iterable[Any]) -> bool:
    """Say whether one of an op's operands has AT_LEAST elements."""
    return any(each.__class__ is np.ndarray and each.size >= AT_LEAST for each in raws)


def may_win(rule: Rule, position: int | None = None) -> bool:
    """Say whether a loop could be better than NumPy, for the op or for its way back to an input.

    It is asked before operands are laid out: most ops are one ufunc or a product of matrices.
    """
    read = rule.value if position is None else rule.derivatives[position]
    return _loops(rule, position, read) is not None


def value(rule: Rule, raws: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
    """Compute an op on large operands."""
    loops = _loops(rule, None, rule.value)
    if loops is not None:
        y = loops.run(raws, parameters)
        if y is not None:
            return y
    if rule.value in _UFUNCS:
        return state.silently(blocks.result, _UFUNCS[rule.value], *raws)
    return state.silently(rule.value, *raws, **parameters)


def pulled(
    rule: Rule, position: int, names: Mapping[str, Any], g: Any, shape: tuple[int, ...] | None
) -> Any:
    """Compute the gradient of the input at `position`, summed to `shape`, if one is given.

    `names` holds what was saved, and the parameters.
    """
    loops = _loops(rule, position, rule.derivatives[position])
    contribution = None
    if loops is not None:
        operands = [g, *(names[each] for each in loops.saved)]
        contribution = loops.run(operands, {each: names[each] for each in rule.parameters})
    if contribution is None:
        contribution = state.silently(rule.pull_back, position, names, g)
    return contribution if shape is None else sum_to(contribution, shape)


def way_back(plan: Plan, position: int, pull: Pull) -> Pull:
    """Return what `pull` is to be for large operands: it goes by a loop where there is one."""
    rule = plan.rule
    loops = _loops(rule, position, rule.derivatives[position]) if pull is not None else None
    if pull is None or loops is None:
        return pull
    places = [plan.names.index(each) for each in loops.saved]

    def pulled(g: Any, saved: tuple[Any, ...], parameters: Mapping[str, Any]) -> Any:
        contribution = loops.run([g, *[saved[i] for i in places]], parameters)
        return pull(g, saved, parameters) if contribution is None else contribution

    return pulled


# The function that a loop is generated from is named, because a rule may get another: the tests
# plant wrong ones.
@cache
def _loops(rule: Rule, position: int | None, read: Any) -> _Loops | None:
    """Return what computes an op, or its way back, by loops; None where NumPy does as well."""
    loops = _Loops(rule, position, read)
    if not loops.plain:
        cells = rule.broadcasts and not _CELLS.isdisjoint(rule.parameters)
        return loops if cells or isinstance(rule, Elementwise | Row) else None
    many = len(rule.inputs) if position is None else 1 + len(loops.saved)
    return loops if loops.text(((np.dtype(np.float32), "full"),) * many) else None


class _Loop(NamedTuple):
    """A compiled loop, and what it writes: "cells", or "rows", a number for each."""

    run: Callable[..., None]
    out: str


class _Loops:
    """Those of one op, or of its way back to the input at `position`.

    There is one for each way in which operands can meet, compiled when it is first needed.
    """

    def __init__(self, rule: Rule, position: int | None, read: Any) -> None:
        self.rule = rule
        self.position = position
        # What the way back is given besides g: other names stand for shapes and parameters.
        named = () if position is None else read.names
        self.saved = [each for each in named if each in (*rule.inputs, "y")]
        self.plain = isinstance(rule, Elementwise) and not rule.parameters
        self.made: dict[Any, _Loop | None] = {}
        self.flat: dict[tuple[np.dtype[Any], int], _Loop | None] = {}  # see `_flat`

    def run(self, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Compute the op, or the gradient; None where NumPy is to do it."""
        if self.plain and (flat := _flat(operands)):
            dtype, scalars, arrays = flat
            try:
                loop = self.flat[dtype, scalars]
            except KeyError:
                loop = self.flat[dtype, scalars] = self._loop(_kinds(dtype, scalars, len(arrays)))
            if loop is None:
                return None
            out = blocks.like(operands[0])
            loop.run(*arrays, out.ravel())
            return out
        axis: Any = parameters.get("axis")
        if self.position is not None and isinstance(self.rule, Row):
            many = max(each.ndim for each in operands)  # a number for each row meets the rows
            operands = [
                each if each.ndim == many else np.expand_dims(each, axis) for each in operands
            ]
        met = _met(self.rule, operands, parameters)
        loop = None if met is None else self._loop(met.kinds, met.parameters, met.short)
        if met is None or loop is None:
            return None
        y = met.run(loop)
        if loop.out == "rows" and self.position is None and not parameters["keepdims"]:
            return np.squeeze(y, axis)
        return y

    def _loop(self, kinds: Any, parameters: Any = (), short: bool = False) -> _Loop | None:
        """Find the loop for such operands; None where there is none, or no Numba."""
        if any(dtype not in _FLOATS and dtype is not _BOOL for dtype, _ in kinds):
            return None
        try:
            return self.made[kinds, parameters, short]
        except KeyError:
            from minigrad.kernels import build

            text, found = self.text(kinds, parameters, short), None
            if text is not None and build.available():
                module = build.loaded(text)
                name = "forward" if self.position is None else "backward"
                found = _Loop(getattr(module, name), module.OUT)
            self.made[kinds, parameters, short] = found
            return found

    def text(self, kinds: Any, parameters: Any = (), short: bool = False) -> str | None:
        """Generate it; None where NumPy does as well."""
        from minigrad.kernels import generate

        if self.position is None:
            return generate.forward(self.rule, kinds, dict(parameters), short)
        return generate.backward(self.rule, self.position, kinds, dict(parameters), short)


def _flat(operands: Sequence[Any]) -> tuple[np.dtype[Any], int, list[Any]] | None:
    """Lay out at once what most operands are: arrays of one shape and floating dtype.

    Contiguous ones, and numbers stretched to that shape, of which a mask is returned too. None
    for others.
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


def _kinds(dtype: np.dtype[Any], scalars: int, many: int) -> tuple[tuple[np.dtype[Any], str], ...]:
    return tuple((dtype, "scalar" if scalars >> i & 1 else "full") for i in range(many))


class _Met(NamedTuple):
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
        return self.along > 0 and math.prod(self.shape[-self.along :]) <= _SHORT

    def run(self, loop: _Loop) -> Any:
        """Run a loop over them, and return what it writes."""
        if loop.out == "one":
            out = np.empty((1,), self.dtype)
            loop.run(*self.arrays, out)
            return out[0]
        if loop.out == "rows":
            out = np.empty((*self.shape[: -self.along], *(1,) * self.along), self.dtype)
            loop.run(*self.arrays, out.reshape(-1, 1))
            return out
        out = blocks.empty(self.shape, self.dtype)
        loop.run(*self.arrays, out.reshape(_laid(self.shape, self.along) if self.along else -1))
        return out


def _met(rule: Rule, operands: Sequence[Any], parameters: Mapping[str, Any]) -> _Met | None:
    """Lay operands out for a loop; None where only NumPy can compute the op."""
    cells = rule.broadcasts and not _CELLS.isdisjoint(rule.parameters)
    if not (cells or isinstance(rule, Elementwise | Row)):
        return None
    arrays = [each for each in operands if each.__class__ not in NUMBERS]
    kinds = {each.dtype for each in arrays} - {_BOOL}
    if len(kinds) != 1 or not kinds <= _FLOATS:
        return None
    (dtype,) = kinds
    try:
        shape = np.broadcast(*arrays).shape
        hash(tuple(parameters.values()))
    except (TypeError, ValueError):  # NumPy says what does not fit
        return None
    if not shape or 0 in shape:
        return None
    along = _along(parameters["axis"], len(shape)) if "axis" in parameters else 0
    if along is None:
        return None
    pinned = tuple((each, _ROWS.get(each, how)) for each, how in parameters.items())
    met = [_laid_out(each, dtype, shape, along) for each in operands]
    return _Met(tuple(k for k, _ in met), pinned, [a for _, a in met], dtype, shape, along)


# What tells losses and normalising layers, which work on cells or rows, from products of matrices.
_CELLS = {"axis", "reduction"}
_SHORT = 4096  # numbers in a row: each of the sums in a vector of eight adds 512 of them at most
# How a loop over rows takes them: along the last axis, which stays.
_ROWS = {"axis": -1, "keepdims": True}


def _along(axis: Any, many: int) -> int | None:
    """How many of the last dims `axis` names; None where it names others."""
    axes = sorted(each % many for each in (axis if isinstance(axis, tuple) else (axis,)))
    return len(axes) if axes == [*range(many - len(axes), many)] else None


def _laid(shape: tuple[int, ...], along: int) -> tuple[int, ...]:
    """Return the shape in which a loop sees full arrays: flat, or the rows of a matrix."""
    return (math.prod(shape[:-along]), math.prod(shape[-along:])) if along else (-1,)


def _laid_out(
    each: Any, dtype: np.dtype[Any], shape: tuple[int, ...], along: int
) -> tuple[tuple[np.dtype[Any], str], Any]:
    """Return how an operand meets the others, and its numbers as a loop reads them."""
    if each.__class__ in NUMBERS:
        return (dtype, "scalar"), dtype.type(each)
    if each.shape == shape and (along or each.size == 1 or any(each.strides)):
        return (each.dtype, "full"), np.ascontiguousarray(each).reshape(_laid(shape, along))
    if each.size == 1 or not any(each.strides):
        return (each.dtype, "scalar"), each[(0,) * each.ndim]
    if along and each.shape == shape[-along:]:
        return (each.dtype, "row"), np.ascontiguousarray(each).reshape(-1)
    if along and each.shape == shape[:-along] + (1,) * along:
        return (each.dtype, "column"), np.ascontiguousarray(each).reshape(-1, 1)
    each = np.ascontiguousarray(np.broadcast_to(each, shape))
    return (each.dtype, "full"), each.reshape(_laid(shape, along))
