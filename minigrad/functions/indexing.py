"""Functions that take cells out of a tensor, or put cells in."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import errors
from minigrad.functions.attach import in_place, method
from minigrad.functions.brackets import Key, counted, normalized
from minigrad.functions.dims import from_front
from minigrad.modes import Number
from minigrad.rules import Rule, indexing, writing
from minigrad.tensor import Tensor, apply, tensor

__all__ = [
    "gather", "index_put", "index_select", "masked_fill", "masked_select", "scatter",
    "scatter_add", "take_along_dim",
]  # fmt: skip


@method
@in_place
def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """Put `values`, which broadcast, at the cells that lists or tensors of indices name.

    With `accumulate` they are added. IndexError for cells that there are not, RuntimeError
    for values that do not fit. As `torch.index_put`.

    >>> import minigrad as mg
    >>> mg.zeros(3).index_put((mg.tensor([0, 2]),), mg.tensor(5.0))
    tensor([5., 0., 5.])
    """
    view, key = normalized(input, tuple(indices))
    if view or not key:
        raise IndexError("index_put: indices are tensors of one dim or more, one for each dim.")
    errors.check_one_dtype("index_put", (input, values))
    return apply(writing.scatter_add if accumulate else writing.put, input, values, key=key)


# Rows and masks --------------------------------------------------------------------------


@method
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The parts along `dim` that a row of indices names: (5, 3) → (2, 3) for dim 0 and two.

    IndexError for a dim or an index that there is not, and for an index of two dims. As
    `torch.index_select`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).index_select(1, mg.tensor([1, 1]))
    tensor([[2., 2.],
            [4., 4.]])
    """
    axis = from_front("index_select", input, dim)
    places = _places("index_select", input, axis, index, IndexError)
    if places.ndim > 1:
        raise IndexError(f"index_select: the index is a row, but has shape {places.shape}.")
    if not input.ndim:
        return index_select(input.reshape(1), 0, index).reshape(())
    key = (*[slice(None)] * axis, np.atleast_1d(places))
    return apply(indexing.index_select, input, key=key)


@method
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The numbers where `mask` is true, in one row; both broadcast. As `torch.masked_select`.

    RuntimeError for a mask that is not of truth values, or does not fit.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, 2.0, 3.0])
    >>> x.masked_select(x > 1)
    tensor([2., 3.])
    """
    _check_mask("masked_select", mask)
    sizes = errors.met("masked_select", input, mask)
    whole = input if input.shape == sizes else input.broadcast_to(sizes)
    key = np.atleast_1d(np.broadcast_to(mask._data, sizes)).nonzero()
    return apply(indexing.masked_select, whole if sizes else whole.reshape(1), key=key)


@method
@in_place
def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """`value`, one number, where `mask` is true, else `input`; they broadcast.

    RuntimeError for a mask that is not of truth values or does not fit, or a value of more
    than one number. As `torch.Tensor.masked_fill`.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, 2.0, 3.0])
    >>> x.masked_fill(x > 1, 0)
    tensor([1., 0., 0.])
    """
    _check_mask("masked_fill", mask)
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                f"masked_fill puts one number everywhere, but {errors.called(value)} has shape "
                f"{tuple(value.shape)}. where() takes one for each cell."
            )
        value = value.to(input.dtype)
    else:
        value = tensor(value, dtype=input.dtype)._data.item()
    return apply(indexing.masked_fill, mask, value, input)


def _check_mask(op: str, mask: Tensor) -> None:
    if mask._data.dtype.kind != "b":
        raise RuntimeError(
            f"{op}: a mask is of truth values, but {errors.called(mask)} is "
            f"{mask.dtype.dtype.name}. Make one by comparing, as in mask > 0."
        )


# One index for each cell -----------------------------------------------------------------


def _places(
    op: str, input: Tensor, axis: int, index: Any, refusal: type[Exception] = RuntimeError
) -> Any:
    """Check indices along one dim, which are counted from the front alone; copy them."""
    dtype = index._data.dtype
    size = input.shape[axis] if input.ndim else 1
    if dtype.kind != "i":
        raise RuntimeError(
            f"{op}: an index is of integers, but {errors.called(index)} is {dtype.name}."
        )
    try:
        return counted(index, size, backward=False)
    except indexing.OutsideError as error:
        raise refusal(
            f"{op}: index {error.index} is out of range: {errors.called(input)} "
            f"{tuple(input.shape)} has size {size} along dim {axis}."
        ) from None


def _key_along(op: str, input: Tensor, dim: int, index: Tensor, *others: Tensor) -> Key:
    """Make the key of the cells that `index` names along `dim`; it may be smaller than them."""
    axis = from_front(op, input, dim)
    places = _places(op, input, axis, index)
    for each in (input, *others):
        free = {axis} if each is input else set()
        fits = (each.ndim or 1) == (places.ndim or 1) and all(
            i in free or many <= size
            for i, (many, size) in enumerate(zip(places.shape, each.shape, strict=False))
        )
        if not fits:
            raise RuntimeError(
                f"{op}: the index has shape {places.shape}, which does not fit into "
                f"{errors.called(each)}, {tuple(each.shape)}: it has as many dims, and no size "
                + (f"but that of dim {dim} may be larger." if free else "may be larger.")
            )
    return indexing.along(places, axis)


@method
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """For each cell of `index`, the number at that place along `dim`. As `torch.gather`.

    The result has the shape of `index`: out[i][j] = input[i][index[i][j]] for dim 1.
    RuntimeError for shapes that do not fit and for an index that there is not, IndexError for
    a dim that there is not.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).gather(1, mg.tensor([[1], [0]]))
    tensor([[2.],
            [3.]])
    """
    key = _key_along("gather", input, dim, index)
    return apply(indexing.gather, input if input.ndim else input.reshape(1), key=key)


@method
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As `gather`, but `input` and `indices` broadcast along the other dims.

    Without `dim`, of all numbers in one row. Errors as in `gather`. As `torch.take_along_dim`.

    >>> import minigrad as mg
    >>> x = mg.tensor([[3.0, 1.0], [2.0, 4.0]])
    >>> x.take_along_dim(mg.tensor([[0]]), 1)
    tensor([[3.],
            [2.]])
    """
    if dim is None:
        return gather(input.flatten(), 0, indices.flatten())
    axis = from_front("take_along_dim", input, dim)
    if indices.ndim != input.ndim:
        raise RuntimeError(
            f"take_along_dim: {errors.called(input)} has {input.ndim} dims and "
            f"{errors.called(indices)} {indices.ndim}. They must be as many."
        )
    sizes = [max(pair) if min(pair) else 0 for pair in zip(input.shape, indices.shape, strict=True)]
    wide, places = (
        each.expand([*sizes[:axis], *each.shape[axis : axis + 1], *sizes[axis + 1 :]])
        for each in (input, indices)
    )
    return gather(wide, axis, places)


@method
@in_place
def scatter(input: Tensor, dim: int, index: Tensor, src: Tensor | Number) -> Tensor:
    """Put numbers of `src` (or one number) at the places along `dim` that `index` names.

    out[i][index[i][j]] = src[i][j] for dim 1; of several for one cell the last one stays.
    RuntimeError for shapes or dtypes that do not fit and for an index that there is not,
    IndexError for a dim that there is not. As `torch.scatter`.

    >>> import minigrad as mg
    >>> mg.zeros(2, 2).scatter(1, mg.tensor([[1], [0]]), 5.0)
    tensor([[0., 5.],
            [5., 0.]])
    """
    return _scattered(writing.scatter, "scatter", input, dim, index, src)


@method
@in_place
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """As `scatter`, but adds: a cell that is named twice gets both. As `torch.scatter_add`.

    Shapes and errors as in `scatter`.

    >>> import minigrad as mg
    >>> mg.zeros(2).scatter_add(0, mg.tensor([1, 1]), mg.tensor([3.0, 4.0]))
    tensor([0., 7.])
    """
    return _scattered(writing.scatter_add, "scatter_add", input, dim, index, src)


def _scattered(rule: Rule, op: str, input: Tensor, dim: int, index: Tensor, src: Any) -> Tensor:
    whole, index, src = (
        each.reshape(1) if isinstance(each, Tensor) and not each.ndim else each
        for each in (input, index, src)
    )
    if isinstance(src, Tensor):
        errors.check_one_dtype(op, (input, src))
        key = _key_along(op, whole, dim, index, src)
        if src.shape != index.shape:
            src = src[tuple(slice(size) for size in index.shape)]
    else:
        key = _key_along(op, whole, dim, index)
    result = apply(rule, whole, src, key=key)
    return result if input.ndim else result.reshape(())


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A row for each number: 1 at that place, else 0; (…) → (…, num_classes), int64.

    Without `num_classes` there are as many as the largest number needs. RuntimeError for
    anything but int64 numbers from 0 to num_classes − 1. As `torch.nn.functional.one_hot`.

    >>> import minigrad as mg
    >>> mg.nn.functional.one_hot(mg.tensor([2, 0]))
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    dtype = tensor._data.dtype
    if dtype != np.int64:
        raise RuntimeError(f"one_hot takes int64 numbers, not {dtype.name}. Use .long().")
    if num_classes == -1 and not tensor._data.size:
        raise RuntimeError("one_hot: nothing says how many classes there are. Give num_classes.")
    many = num_classes if num_classes != -1 else int(tensor._array().max()) + 1
    try:
        return apply(indexing.one_hot, tensor, many=many)
    except indexing.OutsideError:
        places = tensor._array()
        raise RuntimeError(
            f"one_hot: {errors.called(tensor)} has numbers from {places.min()} to {places.max()}, "
            f"which are not all from 0 to {many - 1}."
        ) from None
