"""Sums and products along a row. None of them divides, so that zeros do no harm."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.rules.reductions import kept
from minigrad.rules.rule import Structured


def _so_far(accumulate: Callable[..., Any], x: Any, axis: int, reverse: bool = False) -> Any:
    # In float64, as PyTorch does: float32 would lose a digit every few thousand steps.
    wide = np.float64 if x.dtype.kind == "f" else np.int64
    row = np.atleast_1d(x)  # a single number counts as one row
    row = np.flip(row, axis) if reverse else row
    row = accumulate(row, axis=axis, dtype=wide)
    row = np.flip(row, axis) if reverse else row
    return np.reshape(row, x.shape).astype(x.dtype if wide is np.float64 else wide)


def _from_the_end(g: Any, axis: int) -> Any:
    """How textbooks write a sum that runs back."""
    return np.flip(np.cumsum(np.flip(g, axis=axis), axis=axis), axis=axis)


cumsum: Structured = Structured(
    "cumsum(x)",
    lambda x, *, axis, reverse=False: _so_far(np.cumsum, x, axis, reverse),
    numpy=np.cumsum,
    formula=lambda x, *, axis, reverse=False: np.cumsum(x),
    x=lambda g, axis, reverse: cumsum(g, axis=axis, reverse=not reverse),
    textbook={"x": lambda g, axis: _from_the_end(g, axis)},
)


def _horner(a: Any, b: Any, *, axis: int, back: bool) -> Any:
    out = np.array(a, np.float64)
    rows, factors = np.moveaxis(out, axis, 0), np.moveaxis(b, axis, 0)
    for i in range(1, len(rows)):
        if back:
            rows[-1 - i] += factors[-i] * rows[-i]
        else:
            rows[i] += factors[i] * rows[i - 1]
    return out.astype(a.dtype)


def _moved(x: Any, first: float, axis: int) -> Any:
    """Give each cell what the cell before it had."""
    return np.where(np.indices(x.shape, sparse=True)[axis] == 0, first, np.roll(x, (1,), (axis,)))


# Horner's scheme along a row: y[i] = a[i] + b[i]·y[i − 1]; going back it is
# y[i] = a[i] + b[i + 1]·y[i + 1]. Each is the other's derivative.
horner: Structured = Structured(
    "horner(a, b)",
    _horner,
    a=lambda g, b, axis, back: horner(g, b, axis=axis, back=not back),
    b=lambda g, b, y, axis, back: (
        _moved(horner(g, b, axis=axis, back=False), 0, axis) * y
        if back
        else horner(g, b, axis=axis, back=True) * _moved(y, 0, axis)
    ),
    textbook={
        "b": lambda g, b, y, axis, back: (
            horner(g, b, axis=axis, back=not back) * np.roll(y, (1,), (axis,))
        )
    },
)


def _before(x: Any, axis: int) -> Any:
    """Multiply all the cells before each cell."""
    return _moved(cumprod(x, axis=axis), 1, axis)


def _cumprod_slope(g: Any, x: Any, x_shape: tuple[int, ...], axis: int) -> Any:
    row, g = np.reshape(x, x_shape or (1,)), np.reshape(g, x_shape or (1,))
    return np.reshape(_before(row, axis) * horner(g, row, axis=axis, back=True), x_shape)


cumprod: Structured = Structured(
    "cumprod(x)",
    lambda x, *, axis: _so_far(np.cumprod, x, axis),
    numpy=np.cumprod,
    formula=lambda x, *, axis: np.cumprod(x),
    x=_cumprod_slope,
    textbook={"x": lambda g, x, y, axis: _from_the_end(g * y, axis) / x},
)


def _prod_slope(g: Any, x: Any, x_shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Multiply all the other cells: those before each cell, and those after it."""
    along, row = (axis, x) if isinstance(axis, int) else (0, np.reshape(x, (-1,)))
    after = np.flip(_before(np.flip(row, along), along), along)
    others = np.reshape(_before(row, along) * after, x_shape)
    return others * kept(g, axis, keepdims)


prod = Structured(
    "prod(x)",
    lambda x, *, axis=None, keepdims=False: np.prod(x, axis=axis, keepdims=keepdims),
    numpy=np.prod,
    grad_fn=lambda _, parameters: f"ProdBackward{int(parameters['axis'] is not None)}",
    x=_prod_slope,
    textbook={"x": lambda g, x, y: g * y / x},
)
