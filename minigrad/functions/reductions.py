"""Functions that turn many numbers into fewer, over all dims or some."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.errors import called, check_floating, shaped, warn
from minigrad.functions.attach import in_place, instead_of, method, numpy_words
from minigrad.functions.dims import Dims, as_axis, each_from_front, from_front
from minigrad.functions.pairs import warn_of_pairs
from minigrad.rules import Rule, reductions, rows, running
from minigrad.tensor import Tensor, apply

__all__ = [
    "all", "any", "count_nonzero", "cumprod", "cumsum", "log_softmax", "logsumexp", "mean", "norm",
    "prod", "softmax", "std", "sum", "var",
]  # fmt: skip


def _in_dtype(rule: Rule, input: Tensor, dtype: Any, **parameters: Any) -> Tensor:
    """Compute in the dtype that was asked for, if any, and keep the result in it."""
    if dtype is None:
        return apply(rule, input, **parameters)
    return apply(rule, input.to(dtype=dtype), **parameters).to(dtype=dtype)


def _floating(op: str, input: Tensor, dtype: Any) -> Tensor:
    """The input in the dtype that was asked for, if any, which must be a float's."""
    if dtype is not None:
        input = input.to(dtype=dtype)
    check_floating(op, input)
    return input


def check_not_empty(op: str, input: Tensor, axis: Any, error: type[Exception]) -> None:
    """Among no numbers there is none to choose."""
    if not input._data.size and not reductions.count(input.shape, axis):
        raise error(
            f"{op}: {called(input)} has shape {tuple(input.shape)}, and where there are no "
            "numbers there is none to choose. Choose along a dim that is not empty."
        )


# Sums and averages -----------------------------------------------------------------------


@method
@numpy_words
def sum(
    input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Add up all numbers, or those along `dim` (one or several); integers give int64.

    The dims go away, or stay with size 1 under `keepdim`: (2, 3) → (2,) for dim 1. IndexError
    for a dim that there is not, TypeError for what is no integer. As `torch.sum`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).sum(1)
    tensor([3., 7.])
    """
    axis = as_axis("sum", input, dim)
    output = _in_dtype(reductions.sum, input, dtype, axis=axis, keepdims=keepdim)
    warn_of_pairs(output)
    return output


@instead_of(np.mean)
@method
@numpy_words
def mean(
    input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Average all numbers, or those along `dim`; shapes and errors as in `sum`.

    RuntimeError for integers, whose mean would not be one, unless `dtype` is a float's.
    As `torch.mean`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 6.0]).mean()
    tensor(3.)
    """
    input = _floating("mean", input, dtype)
    output = apply(reductions.mean, input, axis=as_axis("mean", input, dim), keepdims=keepdim)
    warn_of_pairs(output)
    return output


@method
@numpy_words
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Multiply all numbers, or those along one `dim`; integers give int64.

    The gradient is exact where numbers are 0 too. TypeError for several dims, IndexError
    for one that there is not. As `torch.prod`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).prod(1)
    tensor([ 2., 12.])
    """
    return _in_dtype(running.prod, input, dtype, axis=as_axis("prod", input, dim), keepdims=keepdim)


def _scatter(
    rule: Rule, input: Tensor, dim: Any, unbiased: bool | None, keepdim: bool, correction: Any
) -> Tensor:
    """How far numbers lie from their mean."""
    if isinstance(dim, bool):  # PyTorch's var(unbiased)
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    elif unbiased is not None:
        raise TypeError(f"{rule.name}: unbiased and correction say the same. Give one of them.")
    check_floating(rule.name, input)
    axis = as_axis(rule.name, input, dim)
    output = apply(rule, input, correction=correction, axis=axis, keepdims=keepdim)
    many = reductions.count(input.shape, axis)
    if many <= correction:
        warn(
            f"{rule.name}: {shaped(input)} has {many} in a row, too few for a correction of "
            f"{correction}. Give more, or correction=0."
        )
    return output


@method
@numpy_words
def var(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """Average the squared distances from the mean; shapes as in `sum`.

    Divides by the count minus `correction` (1 unless given, or 0 for `unbiased=False`), and
    warns where that leaves nothing. RuntimeError for integers, TypeError for `unbiased` and
    `correction` at once; else errors as in `sum`. As `torch.var`.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, 2.0, 6.0])
    >>> x.var(), x.var(correction=0)
    (tensor(7.), tensor(4.6667))
    """
    return _scatter(reductions.var, input, dim, unbiased, keepdim, correction)


@method
@numpy_words
def std(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """Take the square root of `var`; all else, and errors, as in `var`. As `torch.std`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).std()
    tensor(1.)
    """
    return _scatter(reductions.std, input, dim, unbiased, keepdim, correction)


@method
@numpy_words
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """The logarithm of the sum of exp(x) along `dim` (one or several), without overflow.

    Shapes and errors as in `sum`. As `torch.logsumexp`.

    >>> import minigrad as mg
    >>> mg.tensor([1000.0, 1000.0]).logsumexp(0)
    tensor(1000.6932)
    """
    return apply(rows.logsumexp, input, axis=as_axis("logsumexp", input, dim), keepdims=keepdim)


@method
@numpy_words
def norm(
    input: Tensor, p: float | str | None = "fro", dim: Dims | None = None, keepdim: bool = False,
    dtype: Any = None,
) -> Tensor:  # fmt: skip
    """Measure the length of a vector: (Σ |x|ᵖ)^(1/p), with p = 2 unless given.

    p = inf gives the largest size, −inf the smallest, 0 counts what is not 0. Over all dims,
    or along `dim`, with shapes as in `sum`. RuntimeError for integers, for any other word than
    "fro", which is p = 2, and for no numbers with p = ±inf or below 0. As `torch.norm`.

    >>> import minigrad as mg
    >>> x = mg.tensor([3.0, -4.0])
    >>> x.norm(), x.norm(1), x.norm(float("inf"))
    (tensor(5.), tensor(7.), tensor(4.))
    """
    input = _floating("norm", input, dtype)
    if p in ("fro", None):
        p = 2
    if isinstance(p, str):
        raise RuntimeError(f'norm knows a number p or "fro", not "{p}".')
    axis = as_axis("norm", input, dim)
    if not 0 <= p < float("inf"):
        check_not_empty("norm", input, axis, RuntimeError)
    output = apply(reductions.norm, input, p=p, axis=axis, keepdims=keepdim)
    warn_of_pairs(output)
    return output


# Along the rows of one dim, whose shape stays ------------------------------------------


@method
@numpy_words
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Scale exp(x) along `dim` so that it sums to 1; the shape stays.

    IndexError for a dim that there is not, RuntimeError for integers without a float's
    `dtype`. As `torch.softmax`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).softmax(0)
    tensor([0.0900, 0.2447, 0.6652])
    """
    input = _floating("softmax", input, dtype)
    return apply(rows.softmax, input, axis=as_axis("softmax", input, dim))


@method
@numpy_words
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`, computed without overflow; the shape stays.

    Errors as in `softmax`. As `torch.log_softmax`.

    >>> import minigrad as mg
    >>> mg.tensor([0.0, 1000.0]).log_softmax(0)
    tensor([-1000.,     0.])
    """
    input = _floating("log_softmax", input, dtype)
    return apply(rows.log_softmax, input, axis=as_axis("log_softmax", input, dim))


@method
@in_place
@numpy_words
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Add up along `dim`, keeping each sum so far; the shape stays, integers give int64.

    IndexError for a dim that there is not. As `torch.cumsum`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).cumsum(0)
    tensor([1., 3., 6.])
    """
    return _in_dtype(running.cumsum, input, dtype, axis=from_front("cumsum", input, dim))


@method
@in_place
@numpy_words
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Multiply along `dim`, keeping each product so far; the shape stays, integers give int64.

    The gradient is exact where numbers are 0 too. Errors as in `cumsum`. As `torch.cumprod`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).cumprod(0)
    tensor([1., 2., 6.])
    """
    return _in_dtype(running.cumprod, input, dtype, axis=from_front("cumprod", input, dim))


# Truth and counts ------------------------------------------------------------------------


@method
@numpy_words
def all(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Whether all numbers, or all along `dim`, are other than 0; shapes and errors as in `sum`.

    As `torch.all`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [0.0, 4.0]]).all(1)
    tensor([ True, False])
    """
    axis = None if dim is None else each_from_front("all", input, dim)
    return apply(reductions.all, input, axis=axis, keepdims=keepdim)


@method
@numpy_words
def any(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Whether any number, or any along `dim`, is other than 0; shapes and errors as in `sum`.

    As `torch.any`.

    >>> import minigrad as mg
    >>> (mg.tensor([1.0, -2.0]) < 0).any()
    tensor(True)
    """
    axis = None if dim is None else each_from_front("any", input, dim)
    return apply(reductions.any, input, axis=axis, keepdims=keepdim)


@method
@numpy_words
def count_nonzero(input: Tensor, dim: Dims | None = None) -> Tensor:
    """Count the numbers that are not 0, all or along `dim`, as int64. As `torch.count_nonzero`.

    Shapes and errors as in `sum`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 0.0], [0.0, 0.0]]).count_nonzero(1)
    tensor([1, 0])
    """
    return apply(reductions.count_nonzero, input, axis=as_axis("count_nonzero", input, dim))
