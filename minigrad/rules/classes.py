"""Losses of classes: what the log-probability of each target's class costs.

Of (C,) or (N, C, …) numbers and class numbers, one for each row of C. `weight` is 1, or what each
class counts. A target that is `ignored` counts nothing.
"""

from typing import Any

import numpy as np

from minigrad.rules.indexing import key_of, pick, place
from minigrad.rules.nn import embedding
from minigrad.rules.reductions import added
from minigrad.rules.rows import largest, log_softmax, row_total, shares, softmax
from minigrad.rules.rule import NUMBERS, Row, Structured


def _counted(target: Any, weight: Any, ignored: int) -> tuple[Any, Any, Any]:
    """Return which targets count, a class for each, and how much: 1, or its class's weight."""
    counted = target != ignored
    if counted.__class__ is np.ndarray and np.count_nonzero(counted) == counted.size:  # as mostly
        counted, classes = True, target
    else:
        classes = np.where(counted, target, 0)
    each = embedding(weight, classes, padded=-1) if getattr(weight, "ndim", 0) else weight
    return counted, classes, each


def _of_counted(counted: Any, cells: Any) -> Any:
    return cells if counted is True else np.where(counted, cells, 0)


def _count(counted: Any, each: Any, like: Any, target: Any) -> Any:
    """What a mean is divided by, in the dtype of `like`."""
    if counted is True and each.__class__ in NUMBERS:
        return each * target.size
    return np.sum(_of_counted(counted, each * np.ones_like(like)))


def _reduced(counted: Any, each: Any, costs: Any, target: Any, reduction: str) -> Any:
    """Count what each target costs, and make one number of them if that is asked for."""
    cells = _of_counted(counted, each * costs)
    if reduction == "none":
        return cells
    if reduction == "sum":
        return added(cells)
    return added(cells) / _count(counted, each, costs, target)


def _parts(g: Any, counted: Any, each: Any, target: Any, reduction: str) -> Any:
    """Which part of the gradient falls to each target, or to all of them alike."""
    if reduction == "mean":
        g = g / _count(counted, each, g, target)
    return _of_counted(counted, each * g)


def _nll(x: Any, target: Any, weight: Any, *, axis: int, ignored: int, reduction: str) -> Any:
    counted, classes, each = _counted(target, weight, ignored)
    picked = pick(x, classes, axis=axis)
    return _reduced(counted, each, -picked, target, reduction)


def _nll_slope(
    g: Any, x_shape: Any, target: Any, weight: Any, axis: int, ignored: int, reduction: str
) -> Any:
    counted, classes, each = _counted(target, weight, ignored)
    parts = _parts(g, counted, each, target, reduction)
    return place(-parts, classes, axis=axis, many=x_shape[axis])


def _cross_entropy(
    x: Any, target: Any, weight: Any, *, axis: int, ignored: int, reduction: str
) -> Any:
    counted, classes, each = _counted(target, weight, ignored)
    top = largest(x, axis)
    total = np.squeeze(np.log(row_total(np.exp(x - top), axis)), axis)
    cells = total - (pick(x, classes, axis=axis) - np.squeeze(top, axis))
    return _reduced(counted, each, cells, target, reduction)


def _cross_entropy_slope(
    g: Any, x: Any, target: Any, weight: Any, axis: int, ignored: int, reduction: str
) -> Any:
    counted, classes, each = _counted(target, weight, ignored)
    parts = _parts(g, counted, each, target, reduction)
    if hasattr(x, "requires_grad"):  # to be recorded, so by ops that have derivatives of their own
        known = {"y": log_softmax(x, axis=axis), "axis": axis}
        costs = place(-parts, classes, axis=axis, many=x.shape[axis])
        return log_softmax.pull_back(0, known, costs)
    dense = shares(x, axis, np.expand_dims(parts, axis) if getattr(parts, "shape", ()) else parts)
    if x.__class__ is not np.ndarray:
        return dense - place(parts, classes, axis=axis, many=x.shape[axis])
    dense[key_of(classes, axis)] -= parts
    return dense


def _counts_shown(target: Any, weight: Any, ignored: int) -> Any:
    if weight.__class__ in NUMBERS:
        return target != ignored
    return np.where(target != ignored, weight[target], 0)


def _nll_shown(x: Any, target: Any, weight: Any, axis: int, ignored: int, reduction: str) -> Any:
    cells = pick(-x, target, axis=axis)
    if weight.__class__ in NUMBERS:
        return cells if reduction == "none" else getattr(np, reduction)(cells)
    cells = weight[target] * cells
    if reduction == "mean":
        return np.sum(cells) / np.sum(_counts_shown(target, weight, ignored))
    return cells if reduction == "none" else np.sum(cells)


def _nll_slope_shown(
    g: Any, x_shape: Any, target: Any, weight: Any, axis: int, ignored: int, reduction: str
) -> Any:
    parts = -g if weight.__class__ in NUMBERS else -weight[target] * g
    if reduction == "mean":
        parts = parts / np.sum(_counts_shown(target, weight, ignored))
    return place(parts, target, axis=axis, many=x_shape[axis])


def _cross_entropy_slope_shown(
    g: Any, x: Any, x_shape: Any, target: Any, weight: Any, axis: int, ignored: int, reduction: str
) -> Any:
    counts = _counts_shown(target, weight, ignored)
    parts = g * counts / np.sum(counts) if reduction == "mean" else g * counts
    return (softmax(x, axis=axis) - place(1, target, axis=axis, many=x_shape[axis])) * parts


nll_loss = Structured(
    "nll_loss(x, target, weight)",
    _nll,
    formula=_nll_shown,
    x=_nll_slope,
    textbook={"x": _nll_slope_shown},
)
cross_entropy = Row(
    "cross_entropy(x, target, weight)",
    _cross_entropy,
    # PyTorch composes it of two ops, of which this is the last.
    grad_fn="NllLossBackward0",
    formula=lambda x, target, weight, *, axis, **how: _nll_shown(
        log_softmax(x, axis=axis), target, weight, axis, **how
    ),
    x=_cross_entropy_slope,
    textbook={"x": _cross_entropy_slope_shown},
)
