"""Many numbers in, fewer out: sum, mean, var, norm, max. `axis` may be None, one or several."""

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.rules.rule import SINGLES, Structured

_FLOAT32 = np.dtype(np.float32)


def kept(y: Any, axis: Any, keepdims: bool) -> Any:
    """Give a reduction's result its axes back, with size 1, so that it meets its input."""
    return y if keepdims or axis is None else np.expand_dims(y, axis)


def stretched(y: Any, shape: tuple[int, ...]) -> Any:
    """Show a number, or an array, in each cell of `shape`; to be read only."""
    if y.__class__ in SINGLES:  # a sixth of the time
        return np.ndarray(shape, y.dtype, y, strides=(0,) * len(shape))
    return np.broadcast_to(y, shape)


def count(shape: tuple[int, ...], axis: Any) -> int:
    """How many numbers go into each result."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[each] for each in np.atleast_1d(axis).astype(int))


def added(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """np.sum; of an array without what that asks before, which takes as long as 4,000 numbers."""
    add: Callable[..., Any] = np.add.reduce if x.__class__ is np.ndarray else np.sum
    return add(x, axis=axis, keepdims=keepdims, dtype=dtype)


def total(x: Any, axis: Any, keepdims: bool) -> Any:
    """Add up, float32 in float64: its own sums would lose digits where numbers cancel."""
    if x.dtype != _FLOAT32:
        return added(x, axis, keepdims)
    return added(x, axis, keepdims, np.float64).astype(_FLOAT32)


sum = Structured(
    "sum(x)",
    lambda x, *, axis=None, keepdims=False: total(x, axis, keepdims),
    numpy=np.sum,
    formula=lambda x, *, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims),
    grad_fn=lambda _, parameters: f"SumBackward{int(parameters['axis'] is not None)}",
    x=lambda g, x_shape, axis, keepdims: stretched(kept(g, axis, keepdims), x_shape),
)
mean = Structured(
    "mean(x)",
    # np.mean would warn of an empty slice, which has no mean but NaN.
    lambda x, *, axis=None, keepdims=False: total(x, axis, keepdims) / count(x.shape, axis),
    numpy=np.mean,
    formula=lambda x, *, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims),
    grad_fn=lambda _, parameters: f"MeanBackward{int(parameters['axis'] is not None)}",
    x=lambda g, x_shape, axis, keepdims: stretched(
        kept(g, axis, keepdims) / count(x_shape, axis), x_shape
    ),
)


# How far numbers lie apart --------------------------------------------------------------


def _freedom(shape: tuple[int, ...], axis: Any, correction: float) -> float:
    """By what a sum of squares is divided."""
    return builtins.max(0, count(shape, axis) - correction)


def _var(x: Any, *, axis: Any = None, correction: float = 1, keepdims: bool = False) -> Any:
    # In float64, as PyTorch does: a float32 mean is too coarse to be subtracted.
    middle = np.sum(x, axis=axis, keepdims=True, dtype=np.float64) / count(x.shape, axis)
    squares = np.sum((x - middle) ** 2, axis=axis, keepdims=keepdims)
    return (squares / _freedom(x.shape, axis, correction)).astype(x.dtype)


def _from_mean(g: Any, x: Any, x_shape: tuple[int, ...], axis: Any, correction: float) -> Any:
    """Return the gradient of var, from one that meets the input already."""
    away = x - mean(x, axis=axis, keepdims=True)
    return 2 * g * away / _freedom(x_shape, axis, correction)


var = Structured(
    "var(x)",
    _var,
    x=lambda g, x, x_shape, axis, correction, keepdims: _from_mean(
        kept(g, axis, keepdims), x, x_shape, axis, correction
    ),
)
std = Structured(
    "std(x)",
    lambda x, *, axis=None, correction=1, keepdims=False: np.sqrt(
        _var(x, axis=axis, correction=correction, keepdims=keepdims)
    ),
    # Numbers that are all equal have no slope; PyTorch takes 0.
    x=lambda g, x, y, x_shape, axis, correction, keepdims: _from_mean(
        kept(np.where(y == 0, 0, g / (2 * y)), axis, keepdims), x, x_shape, axis, correction
    ),
    textbook={
        "x": lambda g, x, y, x_shape, axis, correction: (
            g * (x - np.mean(x, axis=axis)) / (_freedom(x_shape, axis, correction) * y)
        )
    },
)


# The largest and the smallest -----------------------------------------------------------


def _shared(chosen: Any, g: Any, x: Any, axis: Any) -> Any:
    """Share what arrives equally among the chosen cells of each row."""
    many = np.sum(np.where(chosen, np.ones_like(x), 0), axis=axis, keepdims=True)
    return np.where(chosen, g, 0) / many


def _place(find: Callable[..., Any], x: Any, axis: Any, keepdims: bool) -> Any:
    # One number has no axes, but a place nevertheless.
    return find(x, axis=None if axis == () else axis, keepdims=keepdims)


argmax = Structured(
    "argmax(x)",
    lambda x, *, axis=None, keepdims=False: _place(np.argmax, x, axis, keepdims),
    numpy=np.argmax,
)
argmin = Structured(
    "argmin(x)",
    lambda x, *, axis=None, keepdims=False: _place(np.argmin, x, axis, keepdims),
    numpy=np.argmin,
)


def _equal_ones_share(name: str, find: Callable[..., Any]) -> Structured:
    return Structured(
        f"a{name}(x)",
        lambda x, *, axis=None, keepdims=False: find(x, axis=axis, keepdims=keepdims),
        numpy=find,
        word=name,
        x=lambda g, x, y, axis, keepdims: _shared(
            x == kept(y, axis, keepdims), kept(g, axis, keepdims), x, axis
        ),
        textbook={"x": lambda g, x, y: np.where(x == y, g, 0)},
    )


def _first_one_wins(name: str, find: Callable[..., Any], place: Structured) -> Structured:
    def derivative(g: Any, x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
        if not isinstance(axis, int):
            # Over all dims equal cells share, and NaN is both the largest and the smallest.
            return _shared((x == y) | ((x != x) & (y != y)), g, x, axis)
        places = np.indices(x.shape, sparse=True)[axis]
        return np.where(places == place(x, axis=axis, keepdims=True), kept(g, axis, keepdims), 0)

    return Structured(
        f"{name}(x)",
        lambda x, *, axis=None, keepdims=False: find(x, axis=axis, keepdims=keepdims),
        formula=lambda x, *, axis, keepdims: find(x, axis=axis, keepdims=keepdims),
        grad_fn=lambda _, parameters: f"{name.title()}Backward{int(parameters['axis'] is None)}",
        x=derivative,
        textbook={"x": lambda g, x, y: np.where(x == y, g, 0)},
    )


amax, amin = _equal_ones_share("max", np.max), _equal_ones_share("min", np.min)
max = _first_one_wins("max", np.max, argmax)
min = _first_one_wins("min", np.min, argmin)


# The length of a vector -----------------------------------------------------------------


def _norm(x: Any, *, p: float = 2, axis: Any = None, keepdims: bool = False) -> Any:
    along = {"axis": axis, "keepdims": keepdims}
    size = np.abs(x)
    if p == 0:
        return np.sum(x != 0, **along).astype(x.dtype)
    if math.isinf(p):
        return np.max(size, **along) if p > 0 else np.min(size, **along)
    return total(size**p, **along) ** (1 / p)


def _norm_slope(g: Any, x: Any, y: Any, p: float, axis: Any, keepdims: bool) -> Any:
    if p == 0:
        return np.zeros_like(x)
    g, y = kept(g, axis, keepdims), kept(y, axis, keepdims)
    if p == 2:
        return g * np.where(y == 0, 0, x / y)
    size = np.abs(x)
    if math.isinf(p):
        return np.sign(x) * _shared((size == y) | (size != size), g, x, axis)
    return np.sign(x) * np.where(x == 0, 0, size ** (p - 1)) * np.where(y == 0, 0, g * y ** (1 - p))


def _norm_in_textbooks(g: Any, x: Any, y: Any, p: float) -> Any:
    if p in (0, 2):
        return g * x / y if p else 0
    if math.isinf(p):
        return np.where(np.abs(x) == y, g * np.sign(x), 0)
    return g * np.sign(x) * (np.abs(x) / y) ** (p - 1)


norm = Structured(
    "norm(x)",
    _norm,
    grad_fn="LinalgVectorNormBackward0",
    x=_norm_slope,
    textbook={"x": _norm_in_textbooks},
)

# Truth and counts have no slope ---------------------------------------------------------

all = Structured(
    "all(x)",
    lambda x, *, axis=None, keepdims=False: np.all(x, axis=axis, keepdims=keepdims),
    numpy=np.all,
)
any = Structured(
    "any(x)",
    lambda x, *, axis=None, keepdims=False: np.any(x, axis=axis, keepdims=keepdims),
    numpy=np.any,
)
count_nonzero = Structured(
    "count_nonzero(x)",
    lambda x, *, axis=None: np.asarray(np.count_nonzero(x, axis=axis))[()],
    numpy=np.count_nonzero,
)
