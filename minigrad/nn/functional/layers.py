"""What layers compute, given their weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minigrad import errors
from minigrad.errors import shaped
from minigrad.functions.attach import checked
from minigrad.functions.reductions import norm
from minigrad.nn.functional.checks import (
    check_numbers,
    check_probability,
)
from minigrad.nn.functional.effects import dropped, move_averages
from minigrad.rules import nn
from minigrad.tensor import Tensor, apply

__all__ = ["batch_norm", "dropout", "embedding", "layer_norm", "linear", "normalize"]


@checked
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply each row by a matrix and add a bias: x @ weightᵀ + bias.

    `input` is (…, in), `weight` (out, in), `bias` (out,); the result is (…, out). Without a bias
    `weight` may be a single row (in,); then the result is (…). RuntimeError where sizes or
    dtypes do not fit. As `torch.nn.functional.linear`.

    >>> import minigrad as mg
    >>> x, w, b = mg.tensor([[1.0, 2.0]]), mg.tensor([[3.0, 4.0]]), mg.tensor([0.5])
    >>> mg.nn.functional.linear(x, w, b)
    tensor([[11.5000]])
    """
    rows, matrix = input._data, weight._data
    sizes = matrix.shape
    if len(sizes) != 2 or rows.shape[-1:] != sizes[1:]:
        if bias is None and len(sizes) == 1 and rows.shape[-1:] == sizes:
            return input.matmul(weight)
        raise _misfit(input, weight)
    if rows.dtype is not matrix.dtype:
        errors.check_one_dtype("linear", (input, weight))
    if rows.ndim == 1:
        return linear(input.reshape(1, -1), weight, bias).reshape(-1)
    if bias is None:
        return apply(nn.linear, input, weight, 0)
    added = bias._data
    if added.dtype is not matrix.dtype:
        errors.check_one_dtype("linear", (input, weight, bias))
    if added.shape != sizes[:1]:
        errors.check_stretches("linear", bias, (*rows.shape[:-1], sizes[0]))
    return apply(nn.linear, input, weight, bias)


def _misfit(input: Tensor, weight: Tensor) -> RuntimeError:
    """Say why a matrix cannot multiply these rows."""
    if weight.ndim != 2:
        return RuntimeError(
            "linear: the weight is a matrix (out, in), or one row (in,) where there is no bias; "
            f"{shaped(weight)} does not fit {shaped(input)}."
        )
    many = input.shape[-1] if input.ndim else 1
    has = f"has {many} numbers in a row" if input.ndim else "is a single number"
    return RuntimeError(
        f"linear: {shaped(input)} {has}, but the weight (out × in = {weight.shape[0]} × "
        f"{weight.shape[1]}) takes {weight.shape[1]}. Reshape {errors.called(input)}, or make the "
        f"layer with in_features={many}."
    )


@checked
def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Look up a row of `weight` for each whole number: (…) → (…, size of a row).

    The row `padding_idx` gets no gradient; AssertionError if there is no such row. RuntimeError
    for floats, IndexError for a number that has no row. As `torch.nn.functional.embedding`.

    >>> import minigrad as mg
    >>> mg.nn.functional.embedding(mg.tensor([1, 0]), mg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    if input._data.dtype.kind != "i":
        raise RuntimeError(
            f"embedding looks up whole numbers, but {errors.called(input)} is "
            f"{input.dtype.dtype.name}. Use .to(mg.int64)."
        )
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: the weight is a matrix, not {shaped(weight)}.")
    rows = len(weight)
    check_numbers("embedding", input, rows)
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise AssertionError(f"padding_idx={padding_idx} is none of the {rows} rows.")
    if not input.ndim:
        return embedding(input.reshape(1), weight, padding_idx)[0]
    padding = -1 if padding_idx is None else padding_idx % rows  # no number is −1
    return apply(nn.embedding, weight, input, padded=padding)


@checked
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each number with probability `p`, and scale the others by 1 / (1 − p).

    The shape stays; the input itself is returned unless `training`. ValueError for p outside
    [0, 1], NotImplementedError for integers. As `torch.nn.functional.dropout`; the paper is
    Srivastava et al., 2014.

    >>> import minigrad as mg
    >>> mg.nn.functional.dropout(mg.tensor([1.0, 2.0]), p=1.0)
    tensor([0., 0.])
    """
    check_probability("dropout", p)
    errors.check_floating("dropout", input)
    if not training or p == 0:
        return input
    kept = 1 - p
    # Made outside of the graph: there it is a constant, which the input is multiplied by.
    scaled = Tensor(dropped(input, kept)) if kept else 0
    return input.mul_(scaled) if inplace else input * scaled


@checked
def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None,
    bias: Tensor | None = None, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring each row to mean 0 and variance 1, then multiply by `weight` and add `bias`.

    A row is the last dims, of sizes `normalized_shape`, as are `weight` and `bias`; the shape
    stays. RuntimeError where they differ. As
    `torch.nn.functional.layer_norm`; the paper is Ba, Kiros, Hinton, 2016.

    >>> import minigrad as mg
    >>> mg.nn.functional.layer_norm(mg.tensor([1.0, 2.0, 3.0]), (3,))
    tensor([-1.2247,  0.0000,  1.2247])
    """
    errors.check_floating("layer_norm", input)
    sizes = tuple(normalized_shape)
    if not sizes or tuple(input.shape[-len(sizes) :]) != sizes:
        raise RuntimeError(f"layer_norm: {shaped(input)} must end in normalized_shape={sizes}.")
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and tuple(each.shape) != sizes:
            raise RuntimeError(
                f"layer_norm: the {name} has shape {tuple(each.shape)}, but normalized_shape is "
                f"{sizes}. They must be equal."
            )
    axes = tuple(range(-len(sizes), 0))
    return apply(
        nn.scaled_layer_norm,
        input,
        1 if weight is None else weight,
        0 if bias is None else bias,
        axis=axes,
        eps=eps,
    )


@checked
def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None = None, bias: Tensor | None = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring each channel to mean 0 and variance 1, then multiply by `weight` and add `bias`.

    Channels are dim 1 of (N, C) or (N, C, …). In training the batch's own mean and variance
    count, and the running ones move towards them by `momentum`; else the running ones count.
    ValueError for a single number per channel in training, or one of the running ones alone;
    RuntimeError unless the others have shape (C,). As `torch.nn.functional.batch_norm`; the paper
    is Ioffe and Szegedy, 2015.

    >>> import minigrad as mg
    >>> x = mg.tensor([[1.0, 10.0], [3.0, 30.0]])
    >>> mg.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"batch_norm needs channels in dim 1, but got {shaped(input)}.")
    channels = input.shape[1]
    for name, each in (
        ("running_mean", running_mean), ("running_var", running_var),
        ("weight", weight), ("bias", bias),
    ):  # fmt: skip
        if each is not None and tuple(each.shape) != (channels,):
            raise RuntimeError(
                f"batch_norm: {shaped(input)} has {channels} channels (dim 1), but {name} has "
                f"shape {tuple(each.shape)}."
            )
    axes = (0, *range(2, input.ndim))
    column = (channels, *(1,) * (input.ndim - 2))
    if training:
        if (running_mean is None) is not (running_var is None):
            raise ValueError("batch_norm: give both running_mean and running_var, or neither.")
        many = math.prod(input.shape[axis] for axis in axes)
        if many == 1:
            raise ValueError(
                f"batch_norm: {shaped(input)} has one number per channel, whose variance is 0. "
                "Train with more than one row in a batch, or call .eval() first."
            )
        if running_mean is not None and running_var is not None:
            move_averages(input, running_mean, running_var, axes, momentum)
    scale = 1 if weight is None else weight.reshape(column)
    shift = 0 if bias is None else bias.reshape(column)
    if training:
        return apply(nn.batch_norm, input, scale, shift, axis=axes, eps=eps)
    if running_mean is None or running_var is None:
        raise RuntimeError("batch_norm needs running_mean and running_var, or training=True.")
    spread = (running_var + eps).sqrt().reshape(column)
    return (input - running_mean.reshape(column)) / spread * scale + shift


@checked
def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide by the p-norm along `dim`, or by `eps` if that is larger; the shape stays.

    Errors as in `norm`. As `torch.nn.functional.normalize`.

    >>> import minigrad as mg
    >>> mg.nn.functional.normalize(mg.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    length: Any = norm(input, p, dim, keepdim=True).clamp(min=eps)
    return input / length
