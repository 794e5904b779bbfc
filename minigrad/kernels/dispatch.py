"""Where an op is computed: by a generated loop, or by NumPy.

The choice depends on the op and its sizes alone, never on what ran before. Numba is loaded by
the first op that a loop computes.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels import blocks, layout
from minigrad.modes import state
from minigrad.rules import Elementwise, Plan, Row, Rule
from minigrad.rules.plan import Pull

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


def pulled(rule: Rule, position: int, names: Mapping[str, Any], g: Any) -> Any:
    """Compute the gradient of the input at `position`, in the shape that it was stretched to.

    `names` holds what was saved, and the parameters.
    """
    loops = _loops(rule, position, rule.derivatives[position])
    contribution = None
    if loops is not None:
        operands = [g, *(names[each] for each in loops.saved)]
        contribution = loops.run(operands, {each: names[each] for each in rule.parameters})
    if contribution is None:
        contribution = state.silently(rule.pull_back, position, names, g)
    return contribution


def way_back(plan: Plan, position: int, pull: Pull, stretch: layout.Stretch | None) -> Pull:
    """Return what `pull` is to be for large operands: it goes by a loop where there is one."""
    rule = plan.rule
    read = rule.derivatives[position]
    if pull is None:
        return None
    found = [_loops(rule, position, read, each) for each in dict.fromkeys([stretch, None])]
    made = [each for each in found if each is not None]
    if not made:
        return pull
    places = [plan.names.index(each) for each in made[0].saved]

    def by_loop(g: Any, saved: tuple[Any, ...], parameters: Mapping[str, Any]) -> Any:
        operands = [g, *[saved[i] for i in places]]
        for loops in made:
            contribution = loops.run(operands, parameters)
            if contribution is not None:
                return contribution
        return pull(g, saved, parameters)

    return by_loop


# The function that a loop is generated from is named, because a rule may get another: the tests
# plant wrong ones.
@cache
def _loops(
    rule: Rule, position: int | None, read: Any, stretch: layout.Stretch | None = None
) -> _Loops | None:
    """Return what computes an op, or its way back, by loops; None where NumPy does as well."""
    if stretch is not None and "reduction" in rule.parameters:
        return None  # what arrives has not the shape that the input was stretched to
    loops = _Loops(rule, position, read, stretch)
    if not loops.plain:
        cells = rule.broadcasts and not layout.CELLS.isdisjoint(rule.parameters)
        return loops if cells or isinstance(rule, Elementwise | Row) else None
    many = len(rule.inputs) if position is None else 1 + len(loops.saved)
    return loops if loops.text(((np.dtype(np.float32), "full"),) * many) else None


class _Loop(NamedTuple):
    """A compiled loop, and of which kind is what it writes."""

    run: Callable[..., None]
    out: str


class _Loops:
    """Those of one op, or of its way back to the input at `position`, which may be stretched.

    There is one for each way in which operands can meet, compiled when it is first needed.
    """

    def __init__(
        self, rule: Rule, position: int | None, read: Any, stretch: layout.Stretch | None
    ) -> None:
        self.rule = rule
        self.position = position
        self.stretch = stretch
        # What the way back is given besides g: other names stand for shapes and parameters.
        named = () if position is None else read.names
        self.saved = [each for each in named if each in (*rule.inputs, "y")]
        self.plain = isinstance(rule, Elementwise) and not rule.parameters
        self.made: dict[Any, _Loop | None] = {}
        self.known: dict[
            tuple[np.dtype[Any], int], _Loop | None
        ] = {}  # of flat operands, by dtype and mask

    def run(self, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Compute the op, or the gradient; None where NumPy is to do it."""
        flat = layout.flat(operands) if self.plain else None
        if flat is None:
            return self._run_laid_out(operands, parameters)
        return self._run_flat(operands[0], *flat)

    def _run_flat(self, like: Any, dtype: Any, scalars: int, arrays: list[Any]) -> Any:
        try:
            loop = self.known[dtype, scalars]
        except KeyError:
            kinds = layout.kinds_of(dtype, scalars, len(arrays))
            loop = self.known[dtype, scalars] = self._loop(kinds)
        if loop is None:
            return None
        if self.stretch is None:
            out = blocks.like(like)
            loop.run(*arrays, out.ravel())
            return out
        along = self.stretch.along
        laid = layout.laid(like.shape, along)
        arrays = [each.reshape(laid) if each.ndim else each for each in arrays]
        return _written(loop, arrays, like.shape, dtype, along, self.stretch.ones)

    def _run_laid_out(self, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        axis: Any = parameters.get("axis")
        if self.position is not None and not parameters.get("keepdims", True):
            many = max(each.ndim for each in operands)  # a number for each row meets the rows
            operands = [
                each if each.ndim == many else np.expand_dims(each, axis) for each in operands
            ]
        met = layout.met(self.rule, operands, parameters, self.stretch)
        loop = None if met is None else self._loop(met.kinds, met.parameters, met.short)
        if met is None or loop is None:
            return None
        ones = 0 if self.stretch is None else self.stretch.ones
        y = _written(loop, met.arrays, met.shape, met.dtype, met.along, ones)
        if loop.out == "column" and self.position is None and not parameters["keepdims"]:
            return np.squeeze(y, axis)
        return y

    def _loop(self, kinds: Any, parameters: Any = (), short: bool = False) -> _Loop | None:
        """Find the loop for such operands; None where there is none, or no Numba."""
        dtypes = {dtype for dtype, _ in kinds} - {layout.BOOL, layout.CLASSES}
        if len(dtypes) != 1 or not dtypes <= layout.FLOATS:
            return None
        if self.stretch is not None and all(kind != "full" for _, kind in kinds):
            return None  # no operand says how many numbers are to be added up
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
        to = "full" if self.stretch is None else self.stretch.kind
        short = short and self.stretch is None  # who knows how many rows there are
        return generate.backward(self.rule, self.position, kinds, dict(parameters), short, to)


def _written(
    loop: _Loop, arrays: Sequence[Any], shape: tuple[int, ...], dtype: Any, along: int, ones: int
) -> Any:
    """Run a loop on operands that have this shape together, and return what it writes.

    What it adds up is put behind so many dims of size 1.
    """
    if loop.out == "full":
        out = blocks.empty(shape, dtype)
        loop.run(*arrays, out.reshape(layout.laid(shape, along)))
        return out
    rows, row = shape[: len(shape) - along], shape[len(shape) - along :]
    sizes = {"column": rows + (1,) * along, "each": rows, "row": row, "scalar": ()}[loop.out]
    out = np.empty((1,) * ones + sizes, dtype)
    loop.run(*arrays, out.reshape((-1, 1) if loop.out == "column" else -1))
    return out if out.ndim else out[()]
