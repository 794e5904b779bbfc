"""Ops on one row at a time, written with row reductions only, so that they can be fused."""

from typing import Any

import numpy as np

from minigrad.rules.elementwise import rounded_once, rounded_once_in_loops_too
from minigrad.rules.reductions import count, kept, mean, total
from minigrad.rules.rule import Row
from minigrad.rules.shape import FEW, ones


def largest(x: Any, axis: Any) -> Any:
    """Find what to subtract from rows so that exp does not overflow; their dim is kept."""
    if x.__class__ is np.ndarray and x.ndim == 2 and axis in (1, -1) and x.shape[1]:
        # Less than half the time that np.max takes for short rows.
        return x[np.arange(len(x)), x.argmax(1)][:, np.newaxis]
    return np.max(x, axis=axis, keepdims=True, initial=-np.inf)


def row_total(x: Any, axis: Any) -> Any:
    """Sum rows, and keep their dim; of a matrix with short rows by a product, as sum_to does."""
    if x.__class__ is not np.ndarray:
        return np.sum(x, axis=axis, keepdims=True)
    if x.ndim == 2 and axis in (1, -1) and x.shape[1] <= FEW:
        return x.dot(ones(x.shape[1], x.dtype))[:, np.newaxis]
    return total(x, axis, True)


def row_mean(x: Any, axis: Any) -> Any:
    """Average rows, and keep their dim."""
    if x.__class__ is not np.ndarray:
        return np.mean(x, axis=axis, keepdims=True)
    # np.mean would warn of an empty row, whose mean is NaN.
    return row_total(x, axis) / count(x.shape, axis)


def shares(x: Any, axis: Any, amounts: Any = 1) -> Any:
    """Share out an amount for each row, in proportion to exp(x)."""
    e = np.exp(x - largest(x, axis))
    return e * (amounts / row_total(e, axis))  # a product is faster than a quotient


@rounded_once
def _softmax(x: Any, *, axis: Any = -1) -> Any:
    return shares(x, axis)


def _log_softmax(x: Any, *, axis: Any = -1) -> Any:
    below = x - largest(x, axis)
    return below - np.log(row_total(np.exp(below), axis))


@rounded_once
def _logsumexp(x: Any, *, axis: Any, keepdims: bool = False) -> Any:
    top = largest(x, axis)
    top = np.where(np.abs(top) == np.inf, 0, top)  # ∞ − ∞ would be NaN
    y = np.log(row_total(np.exp(x - top), axis)) + top
    return y if keepdims else np.squeeze(y, axis)


def _normalised(x: Any, axis: Any, eps: float) -> tuple[Any, Any]:
    """Return each row with mean 0 and variance 1, and what it was multiplied by."""
    away = x - mean(x, axis=axis, keepdims=True)
    factor = 1 / np.sqrt(row_mean(away * away, axis) + eps)
    return away * factor, factor


@rounded_once_in_loops_too
def _layer_norm_slope(g: Any, x: Any, y: Any, axis: Any, eps: float) -> Any:
    # What would move the row's mean, or stretch the row, does not show in the output.
    hidden = row_mean(g, axis) + y * row_mean(g * y, axis)
    return (g - hidden) * _normalised(x, axis, eps)[1]


# Both slopes divide by a sum that is 1 but for the rounding of y: so that a row's sum is 0.
@rounded_once_in_loops_too
def _softmax_slope(y: Any, g: Any, axis: Any) -> Any:
    return y * (g - row_total(g * y, axis) / row_total(y, axis))


def _log_softmax_slope(y: Any, g: Any, axis: Any) -> Any:
    e = np.exp(y)
    return g - e * (row_total(g, axis) / row_total(e, axis))


softmax = Row(
    "softmax(x)",
    _softmax,
    floating=True,
    x=_softmax_slope,
    textbook={"x": lambda g, y, axis: y * (g - np.sum(g * y, axis=axis, keepdims=True))},
)
log_softmax = Row(
    "log_softmax(x)",
    _log_softmax,
    floating=True,
    x=_log_softmax_slope,
    textbook={"x": lambda g, y, axis: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)},
)
logsumexp = Row(
    "logsumexp(x)",
    _logsumexp,
    floating=True,
    x=lambda g, x, y, axis, keepdims: kept(g, axis, keepdims) * np.exp(x - kept(y, axis, keepdims)),
)
layer_norm = Row(
    "layer_norm(x)",
    rounded_once(lambda x, *, axis=-1, eps=1e-5: _normalised(x, axis, eps)[0]),
    grad_fn="NativeLayerNormBackward0",
    x=_layer_norm_slope,
    textbook={
        "x": lambda g, x, y, axis, eps: (
            (g - np.mean(g, axis=axis) - y * np.mean(g * y, axis=axis))
            / np.sqrt(np.var(x, axis=axis) + eps)
        )
    },
)
