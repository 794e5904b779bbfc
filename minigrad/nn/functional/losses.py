"""Losses: a prediction and a target in, one number out, or one per cell.

`reduction` is "mean", "sum" or "none" for all of them, and ValueError says so if it is not.
"""

from __future__ import annotations

import math

from minigrad.errors import check_floating, check_one_dtype, warn
from minigrad.functions.activations import logsigmoid
from minigrad.functions.attach import checked
from minigrad.functions.creation import arange
from minigrad.functions.elementwise import where
from minigrad.nn.functional.checks import (
    check_between,
    check_classes,
    check_probabilities,
    check_reduction,
    check_same_shape,
    warn_of_shapes,
)
from minigrad.rules import Rule, classes, nn, reductions, rows
from minigrad.tensor import Tensor, apply

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "huber_loss",
    "kl_div", "l1_loss", "mse_loss", "nll_loss", "smooth_l1_loss",
]  # fmt: skip


def _reduced(cells: Tensor, reduction: str) -> Tensor:
    # The ops themselves: the functions would warn once more of shapes that differ.
    return cells if reduction == "none" else apply(getattr(reductions, reduction), cells)


def _compared(
    rule: Rule, input: Tensor, target: Tensor, reduction: str, **options: float
) -> Tensor:
    check_reduction(reduction)
    if target._data.dtype.kind != "f":
        check_floating(rule.name, input)
    warn_of_shapes(rule.name, input, target)
    return apply(rule, input, target, reduction=reduction, **options)


@checked
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """(x − t)², the squared error: one number, or one per cell.

    `reduction` is "mean", "sum" or "none" (ValueError for another word). Warns, by name, of
    shapes that differ; RuntimeError if they do not broadcast. As
    `torch.nn.functional.mse_loss`.

    >>> import minigrad as mg
    >>> mg.nn.functional.mse_loss(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 5.0]))
    tensor(4.5000)
    """
    return _compared(nn.mse_loss, input, target, reduction)


@checked
def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """|x − t|, the absolute error.

    Shapes, `reduction` and errors as in `mse_loss`. As `torch.nn.functional.l1_loss`.

    >>> import minigrad as mg
    >>> mg.nn.functional.l1_loss(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 5.0]))
    tensor(1.5000)
    """
    check_reduction(reduction)
    if reduction == "mean" and not target.dtype.is_floating_point:
        check_floating("l1_loss", input)
    warn_of_shapes("l1_loss", input, target)
    return _reduced((input - target).abs(), reduction)


@checked
def huber_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """(x − t)²/2 up to a distance of `delta`, and a straight line beyond.

    Shapes, `reduction` and errors as in `mse_loss`; RuntimeError unless delta > 0. As
    `torch.nn.functional.huber_loss`; the paper is Huber, 1964.

    >>> import minigrad as mg
    >>> mg.nn.functional.huber_loss(mg.tensor([0.5, 3.0]), mg.zeros(2), reduction="none")
    tensor([0.1250, 2.5000])
    """
    if not delta > 0:
        raise RuntimeError(f"huber_loss: delta must be above 0, but is {delta}.")
    return _compared(nn.huber_loss, input, target, reduction, knee=delta)


@checked
def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """|x − t|, rounded off to a parabola within `beta`: the Huber loss divided by `beta`.

    Shapes, `reduction` and errors as in `mse_loss`; RuntimeError for beta < 0. As
    `torch.nn.functional.smooth_l1_loss`; the paper is Girshick, 2015.

    >>> import minigrad as mg
    >>> mg.nn.functional.smooth_l1_loss(mg.tensor([0.5]), mg.tensor([0.0]), beta=2.0)
    tensor(0.0625)
    """
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss: beta must not be negative, but is {beta}.")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    return _compared(nn.smooth_l1_loss, input, target, reduction, knee=beta)


def _class_dim(input: Tensor, weight: Tensor | None) -> int:
    """Where the classes are: dim 1, or dim 0 of a single row."""
    dim = 0 if input.ndim == 1 else 1
    if weight is not None:
        check_one_dtype("A loss by classes", (input, weight))
    if weight is not None and tuple(weight.shape) != (input.shape[dim],):
        raise RuntimeError(
            f"There are {input.shape[dim]} classes, so the weight needs shape "
            f"({input.shape[dim]},), not {tuple(weight.shape)}."
        )
    return dim


@checked
def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-probability of each target's class.

    `input` holds log-probabilities, (C,), (N, C) or (N, C, …); `target` int64 class numbers,
    the same shape without C. `weight` (C,) counts classes differently, and a mean is then
    weighted; targets of `ignore_index` do not count. `reduction` as in `mse_loss`. ValueError
    or RuntimeError where shapes do not fit, IndexError for a class that there is not. As
    `torch.nn.functional.nll_loss`.

    >>> import minigrad as mg
    >>> logs = mg.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    >>> mg.nn.functional.nll_loss(logs, mg.tensor([1, 0]), reduction="none")
    tensor([0.2877, 0.6931])
    """
    check_reduction(reduction)
    check_classes("nll_loss", input, target, ignore_index)
    dim = _class_dim(input, weight)
    return _by_class(classes.nll_loss, input, target, weight, dim, ignore_index, reduction)


def _by_class(
    rule: Rule, input: Tensor, target: Tensor, weight: Tensor | None, dim: int, ignored: int,
    reduction: str,
) -> Tensor:  # fmt: skip
    counts = 1 if weight is None else weight
    return apply(rule, input, target, counts, axis=dim, ignored=ignored, reduction=reduction)


@checked
def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """−log softmax(input) at each target's class: the usual loss of a classifier.

    `input` holds logits, (C,), (N, C) or (N, C, …). `target` holds int64 class numbers, or
    probabilities of the input's shape. `label_smoothing` is the part of each target that goes
    to all classes equally, from 0 to 1 (RuntimeError); the rest, and errors, as in `nll_loss`.
    As `torch.nn.functional.cross_entropy`.

    >>> import minigrad as mg
    >>> logits = mg.tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> mg.nn.functional.cross_entropy(logits, mg.tensor([0, 1]), reduction="none")
    tensor([0.1269, 0.6931])
    """
    check_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing is from 0 to 1, but it is {label_smoothing}.")
    by_class = not input.ndim or target._data.shape != input._data.shape
    if by_class:
        check_classes("cross_entropy", input, target, ignore_index)
    else:
        check_probabilities("cross_entropy", input, target)
    dim = _class_dim(input, weight)
    if input._data.dtype.kind != "f":
        check_floating("log_softmax", input)
    if by_class and not label_smoothing:
        rule = classes.cross_entropy
        return _by_class(rule, input, target, weight, dim, ignore_index, reduction)
    logs = apply(rows.log_softmax, input, axis=dim)
    many = input.shape[dim]
    column = (many, *(1,) * (input.ndim - 1 - dim))
    wanted, counts = target, None
    if by_class:
        counts = target != ignore_index
        known = where(counts, target, 0)
        wanted = (arange(many).reshape(column) == known.unsqueeze(dim)).to(input.dtype)
        if weight is not None:
            counts = where(counts, apply(nn.embedding, weight, known, padded=-1), 0)
    cells = -logs * (wanted * (1 - label_smoothing) + label_smoothing / many)
    cells = (cells if weight is None else cells * weight.reshape(column)).sum(dim)
    if by_class:
        cells = where(target != ignore_index, cells, 0)
    if reduction != "mean":
        return _reduced(cells, reduction)
    return cells.sum() / (math.prod(cells.shape) if counts is None else counts.sum())


@checked
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """−(t·log x + (1 − t)·log(1 − x)) of probabilities x; no logarithm is below −100.

    `weight` multiplies each cell; `reduction` as in `mse_loss`. ValueError where shapes differ,
    RuntimeError for an x or t outside [0, 1]. As `torch.nn.functional.binary_cross_entropy`.

    >>> import minigrad as mg
    >>> mg.nn.functional.binary_cross_entropy(mg.tensor([0.25, 0.5]), mg.tensor([0.0, 1.0]))
    tensor(0.4904)
    """
    check_reduction(reduction)
    check_same_shape("binary_cross_entropy", input, target)
    check_floating("binary_cross_entropy", target)
    check_between("binary_cross_entropy", input, target)
    if weight is None:
        return apply(nn.bce_loss, input, target, reduction=reduction)
    return _reduced(apply(nn.bce_loss, input, target, reduction="none") * weight, reduction)


@checked
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Binary cross-entropy of sigmoid(x), computed so that no x is too large.

    `weight` multiplies each cell, `pos_weight` what targets of 1 cost; `reduction` as in
    `mse_loss`. ValueError where shapes differ, NotImplementedError for integers. As
    `torch.nn.functional.binary_cross_entropy_with_logits`.

    >>> import minigrad as mg
    >>> F = mg.nn.functional
    >>> F.binary_cross_entropy_with_logits(mg.tensor([0.0, -1000.0]), mg.tensor([1.0, 1.0]))
    tensor(500.3466)
    """
    check_reduction(reduction)
    check_same_shape("binary_cross_entropy_with_logits", input, target)
    check_floating("binary_cross_entropy_with_logits", target)
    if weight is None and pos_weight is None:
        return apply(nn.bce_with_logits, input, target, reduction=reduction)
    ones = logsigmoid(input) * target
    cells = (target - 1) * logsigmoid(-input) - (ones if pos_weight is None else ones * pos_weight)
    return _reduced(cells if weight is None else cells * weight, reduction)


@checked
def kl_div(
    input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """t·(log t − x): how far log-probabilities x are from probabilities t.

    With `log_target` t is given as its logarithm too. Only reduction="batchmean", the sum
    divided by the number of rows, is the Kullback-Leibler divergence; "mean" warns of that.
    RuntimeError for shapes that do not broadcast, ValueError for another `reduction`. As
    `torch.nn.functional.kl_div`; the paper is Kullback and Leibler, 1951.

    >>> import minigrad as mg
    >>> logs, t = mg.tensor([[0.5, 0.5]]).log(), mg.tensor([[0.25, 0.75]])
    >>> mg.nn.functional.kl_div(logs, t, reduction="batchmean")
    tensor(0.1308)
    """
    check_reduction(reduction, ("mean", "batchmean", "sum", "none"))
    if reduction == "mean":
        warn(
            'kl_div: reduction="mean" divides by all numbers, not by rows, and so is not the '
            'Kullback-Leibler divergence. Use reduction="batchmean".'
        )
    per_row = reduction == "batchmean"
    inner = "sum" if per_row else reduction
    if log_target:
        loss = _reduced(target.exp() * (target - input), inner)
    else:
        loss = apply(nn.kl_div, input, target, reduction=inner)
    return loss / len(input) if per_row and input.ndim else loss
