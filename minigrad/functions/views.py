"""Functions that look at the same numbers in another shape or order; they share memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad import errors
from minigrad.functions.attach import instead_of, method, numpy_words
from minigrad.functions.dims import (
    Dims,
    each_from_front,
    from_front,
    integers,
    listed,
)
from minigrad.rules import shape as shaping
from minigrad.tensor import Tensor, apply

__all__ = [
    "broadcast_tensors", "broadcast_to", "flatten", "moveaxis", "movedim", "permute", "ravel",
    "reshape", "squeeze", "swapaxes", "swapdims", "t", "transpose", "unflatten", "unsqueeze",
]  # fmt: skip


# Another shape ---------------------------------------------------------------------------


def _filled(op: str, input: Tensor, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Replace a size of −1 by what is left over, and check that the sizes fit."""
    many = math.prod(input.shape)
    rest = math.prod(each for each in sizes if each != -1)
    filled = tuple(many // rest if each == -1 and rest else each for each in sizes)
    if sizes.count(-1) > 1 or min(filled, default=0) < 0 or math.prod(filled) != many:
        raise RuntimeError(
            f"{op}: {errors.called(input)} has shape {tuple(input.shape)}, {many} in all, which "
            f"does not make {sizes}. The sizes must multiply to {many}; one of them may be -1."
        )
    return filled


@method
@listed
def reshape(input: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The same numbers in another shape; one size may be −1. Copies only where it must.

    RuntimeError where the sizes do not multiply to as many numbers. As `torch.reshape`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, -1)
    tensor([[1., 2.],
            [3., 4.]])
    """
    return apply(shaping.reshape, input, shape=_filled("reshape", input, shape))


@method
@listed
def view(input: Tensor, size: tuple[int, ...]) -> Tensor:
    """The same memory in another shape; one size may be −1. As `torch.Tensor.view`.

    RuntimeError where the sizes do not fit, or where no step width through the memory
    gives that order.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0, 4.0]).view(2, 2).shape
    torch.Size([2, 2])
    """
    sizes = _filled("view", input, size)
    try:
        if input.ndim:  # one number fits all orders
            np.reshape(input._data, sizes, copy=False)
    except ValueError:
        raise RuntimeError(
            f"view: the numbers of {errors.called(input)}, {tuple(input.shape)}, do not lie in "
            f"memory in the order of {sizes}. Use .reshape, which copies them."
        ) from None
    return apply(shaping.reshape, input, shape=sizes)


@method
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The same numbers in the shape of `other`; errors as in `reshape`.

    As `torch.Tensor.reshape_as`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).reshape_as(mg.tensor([[0.0], [0.0]])).shape
    torch.Size([2, 1])
    """
    return reshape(input, other.shape)


@method
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of `other`; errors as in `view`. As `torch.Tensor.view_as`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).view_as(mg.tensor([[0.0], [0.0]])).shape
    torch.Size([2, 1])
    """
    return view(input, other.shape)


@method
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Make one dim of the dims from `start_dim` to `end_dim`; a number becomes a row of one.

    IndexError for a dim that there is not, RuntimeError for dims in the wrong order. As
    `torch.flatten`.

    >>> import minigrad as mg
    >>> mg.tensor([[[1.0, 2.0]], [[3.0, 4.0]]]).flatten(1).shape
    torch.Size([2, 2])
    """
    first, last = (from_front("flatten", input, each) for each in (start_dim, end_dim))
    if first > last:
        raise RuntimeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}.")
    if input.ndim and first == last:
        return input
    sizes = tuple(input.shape)
    return reshape(input, (*sizes[:first], math.prod(sizes[first : last + 1]), *sizes[last + 1 :]))


@instead_of(np.ravel)
@method
def ravel(input: Tensor) -> Tensor:
    """All numbers in one row; copies only where it must. As `torch.ravel`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0], [2.0]]).ravel()
    tensor([1., 2.])
    """
    return reshape(input, -1)


@method
def unflatten(input: Tensor, dim: int, sizes: Dims) -> Tensor:
    """Make several dims of one: (4, 3) → (2, 2, 3) for dim 0 and sizes (2, 2).

    IndexError for a dim that there is not; else errors as in `reshape`. As `torch.unflatten`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0, 4.0]).unflatten(0, (2, 2)).shape
    torch.Size([2, 2])
    """
    at = from_front("unflatten", input, dim)
    old = tuple(input.shape)
    return reshape(input, (*old[:at], *integers(sizes), *old[at + 1 :]))


# More dims or fewer ----------------------------------------------------------------------


@instead_of(np.squeeze)
@method
@numpy_words
def squeeze(input: Tensor, dim: Dims | None = None) -> Tensor:
    """Leave out the dims of size 1: all of them, or those of `dim` (one or several).

    Shares memory. IndexError for a dim that there is not. As `torch.squeeze`.

    >>> import minigrad as mg
    >>> mg.tensor([[[1.0, 2.0]]]).squeeze(0)
    tensor([[1., 2.]])
    """
    if dim is None:
        return apply(shaping.squeeze, input, axis=None)
    counted = each_from_front if isinstance(dim, tuple | list) else from_front
    return apply(shaping.squeeze, input, axis=counted("squeeze", input, dim))


@method
@numpy_words
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Put in a dim of size 1 at `dim`. IndexError if there can be none. As `torch.unsqueeze`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).unsqueeze(1)
    tensor([[1.],
            [2.]])
    """
    return apply(shaping.unsqueeze, input, axis=from_front("unsqueeze", input, dim, more=1))


@method
@listed
def expand(input: Tensor, size: tuple[int, ...]) -> Tensor:
    """Stretch dims of size 1, and put new ones in front; −1 keeps a size. Takes no memory.

    RuntimeError where another size would have to change. As `torch.Tensor.expand`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0], [2.0]]).expand(-1, 3)
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    old = tuple(input.shape)
    kept = (-1,) * (len(size) - len(old)) + old  # a new dim has no size that −1 could keep
    pairs = [(k if w == -1 else w, k) for w, k in zip(size, kept, strict=False)]
    if len(size) < len(old) or any(f < 0 or k not in (-1, 1, f) for f, k in pairs):
        raise RuntimeError(
            f"expand: {errors.called(input)} has shape {old}, which does not stretch to {size}. "
            "Compared from the right, sizes must be equal, or 1 before; -1 keeps a size."
        )
    return apply(shaping.expand, input, shape=tuple(f for f, _ in pairs))


@method
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Stretch to the shape of `other`; errors as in `expand`. As `torch.Tensor.expand_as`.

    >>> import minigrad as mg
    >>> mg.tensor(1.0).expand_as(mg.tensor([0.0, 0.0]))
    tensor([1., 1.])
    """
    return expand(input, other.shape)


@method
def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """Stretch to a shape; errors as in `expand`. As `torch.broadcast_to`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).broadcast_to((2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    return expand(input, size)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Stretch all to the shape in which they meet. As `torch.broadcast_tensors`.

    RuntimeError where sizes differ and neither is 1.

    >>> import minigrad as mg
    >>> a, b = mg.broadcast_tensors(mg.tensor([1.0, 2.0]), mg.tensor([[3.0], [4.0]]))
    >>> a.shape, b.shape
    (torch.Size([2, 2]), torch.Size([2, 2]))
    """
    sizes = errors.met("broadcast_tensors", *tensors)
    return tuple(each if each.shape == sizes else expand(each, sizes) for each in tensors)


# Another order ---------------------------------------------------------------------------


@method
@listed
def permute(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Put the dims in another order: dim i of the result is dim `dims[i]`.

    RuntimeError unless each dim is named once, IndexError for one that there is not. As
    `torch.permute`.

    >>> import minigrad as mg
    >>> mg.tensor([[[1.0, 2.0]]]).permute(2, 0, 1).shape
    torch.Size([2, 1, 1])
    """
    if len(dims) != input.ndim:
        raise RuntimeError(
            f"permute: {errors.called(input)} has {input.ndim} dims, and {len(dims)} are named: "
            f"{dims}. Name each once."
        )
    return apply(shaping.permute, input, axes=each_from_front("permute", input, dims))


@method
def movedim(input: Tensor, source: Dims, destination: Dims) -> Tensor:
    """Move dims to other places; the rest keep their order. As `torch.movedim`.

    RuntimeError where `source` and `destination` are not equally many, or name a dim twice;
    IndexError for a dim that there is not.

    >>> import minigrad as mg
    >>> mg.tensor([[[1.0, 2.0]]]).movedim(2, 0).shape
    torch.Size([2, 1, 1])
    """
    moved, places = (each_from_front("movedim", input, each) for each in (source, destination))
    if len(moved) != len(places):
        raise RuntimeError(f"movedim: {len(moved)} dims cannot go to {len(places)} places.")
    order = [each for each in range(input.ndim) if each not in moved]
    for place, each in sorted(zip(places, moved, strict=True)):
        order.insert(place, each)
    return permute(input, order)


@method
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Swap two dims. IndexError for a dim that there is not. As `torch.transpose`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0]]).transpose(0, 1).shape
    torch.Size([2, 1])
    """
    # Counted from the back, so that a formula tells a matrix's transpose from other swaps.
    axes = [from_front("transpose", input, each) - input.ndim for each in (dim0, dim1)]
    if not input.ndim:
        return apply(shaping.permute, input, axes=())
    return apply(shaping.transpose, input, axis1=axes[0], axis2=axes[1])


@method
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a row or a number stays. RuntimeError otherwise. As `torch.t`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0]]).t()
    tensor([[1.],
            [2.]])
    """
    if input.ndim > 2:
        raise RuntimeError(_no_matrix("t()", input))
    return apply(shaping.t, input)


def _no_matrix(what: str, input: Tensor) -> str:
    return (
        f"{what} turns a matrix, but {errors.called(input)} has shape {tuple(input.shape)}. "
        "Use .transpose(dim0, dim1)."
    )


def _turned(matrix: Tensor) -> Tensor:
    """The transpose of a matrix. As `torch.Tensor.T`.

    Any other tensor gets its dims in reverse order, so a row stays a row; a warning says so.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0]]).T.shape
    torch.Size([2, 1])
    """
    if matrix.ndim != 2:
        errors.warn(f"{_no_matrix('.T', matrix)} Here .T only reverses the order of its dims.")
    return apply(shaping.permute, matrix, axes=tuple(reversed(range(matrix.ndim))))


def _each_turned(matrices: Tensor) -> Tensor:
    """The transpose of each matrix of a stack, (…, n, m) → (…, m, n). As `torch.Tensor.mT`.

    RuntimeError for fewer than two dims.

    >>> import minigrad as mg
    >>> mg.zeros(5, 2, 3).mT.shape
    torch.Size([5, 3, 2])
    """
    if matrices.ndim < 2:
        raise RuntimeError(_no_matrix(".mT", matrices))
    return transpose(matrices, -2, -1)


Tensor.T = property(_turned)  # type: ignore[attr-defined]
Tensor.mT = property(_each_turned)  # type: ignore[attr-defined]
moveaxis = Tensor.moveaxis = movedim  # type: ignore[attr-defined]
swapaxes = swapdims = Tensor.swapaxes = Tensor.swapdims = transpose  # type: ignore[attr-defined]
