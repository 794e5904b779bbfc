"""The same numbers in another shape or dtype. Most of these are views."""

from typing import Any

import numpy as np

from minigrad.rules.rule import Structured


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes along which an input of `shape` was stretched."""
    added = len(g.shape) - len(shape)
    axes = tuple(range(added)) + tuple(
        added + i for i, size in enumerate(shape) if size == 1 and g.shape[added + i] != 1
    )
    return np.reshape(np.sum(g, axis=axes), shape) if axes else g


reshape = Structured(
    "reshape(x)",
    lambda x, *, shape: np.reshape(x, shape),
    numpy=np.reshape,
    view=True,
    grad_fn="ViewBackward0",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)
transpose = Structured(
    "transpose(x)",
    lambda x, *, axis1, axis2: np.swapaxes(x, axis1, axis2),
    numpy=np.swapaxes,
    view=True,
    x=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2),
)
unsqueeze = Structured(
    "unsqueeze(x)",
    lambda x, *, axis: np.expand_dims(x, axis),
    numpy=np.expand_dims,
    view=True,
    x=lambda g, x_shape: np.reshape(g, x_shape),
)
expand = Structured(
    "expand(x)",
    lambda x, *, shape: np.broadcast_to(x, shape),
    numpy=np.broadcast_to,
    view=True,
    x=lambda g, x_shape: sum_to(g, x_shape),
)
to: Structured = Structured(
    "to(x)",
    lambda x, *, dtype: x.astype(dtype),
    grad_fn="ToCopyBackward0",
    x=lambda g, x_dtype: to(g, dtype=x_dtype),
)
