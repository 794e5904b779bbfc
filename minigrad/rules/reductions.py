"""Many numbers in, fewer out: sum, mean, max. `axis` may be None, one axis or several."""

from typing import Any

import numpy as np

from minigrad.rules.indexing import scatter
from minigrad.rules.rule import Structured


def spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Undo a reduction's change of shape: each cell of a row gets the row's number."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


def _averaged(shape: tuple[int, ...], axis: Any) -> int:
    """How many numbers went into each mean."""
    axes = range(len(shape)) if axis is None else np.atleast_1d(axis)
    return int(np.prod([shape[each] for each in axes], dtype=int))


def _share_among_largest(g: Any, x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
    """Give each maximum its share: equal cells share equally, and NaN is the largest."""
    top = spread(y, x.shape, axis, keepdims)
    largest = (x == top) | ((x != x) & (top != top))
    many = np.sum(np.where(largest, np.ones_like(x), 0), axis=axis, keepdims=True)
    return np.where(largest, spread(g, x.shape, axis, keepdims) / many, 0)


sum = Structured(
    "sum(x)",
    lambda x, *, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims),
    numpy=np.sum,
    grad_fn=lambda _, parameters: f"SumBackward{int(parameters['axis'] is not None)}",
    x=lambda g, x_shape, axis, keepdims: spread(g, x_shape, axis, keepdims),
)
mean = Structured(
    "mean(x)",
    # np.mean would warn of an empty slice, which has no mean but NaN.
    lambda x, *, axis=None, keepdims=False: (
        np.sum(x, axis=axis, keepdims=keepdims) / _averaged(x.shape, axis)
    ),
    numpy=np.mean,
    formula=lambda x, *, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims),
    grad_fn=lambda _, parameters: f"MeanBackward{int(parameters['axis'] is not None)}",
    x=lambda g, x_shape, axis, keepdims: (
        spread(g, x_shape, axis, keepdims) / _averaged(x_shape, axis)
    ),
)
amax = Structured(
    "amax(x)",
    lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims),
    numpy=np.max,
    word="max",
    grad_fn="MaxBackward1",
    x=_share_among_largest,
    textbook={"x": lambda g, x, y: np.where(x == y, g, 0)},
)
# max over one dim gives the gradient to the cell whose index it returns, and to no other.
max_along = Structured(
    "max(x)",
    lambda x, *, key, axis, keepdims: x[key] if keepdims else np.squeeze(x[key], axis=axis),
    grad_fn="MaxBackward0",
    textbook={"x": lambda g, x, y: np.where(x == y, g, 0)},
    x=lambda g, x_shape, key, axis, keepdims: scatter(
        g if keepdims else np.expand_dims(g, axis), key=key, shape=x_shape
    ),
)
argmax = Structured(
    "argmax(x)",
    lambda x, *, axis=None, keepdims=False: np.argmax(x, axis=axis, keepdims=keepdims),
    numpy=np.argmax,
)
