"""Functions that look for the largest numbers, or put numbers in order."""

from __future__ import annotations

from typing import Any, NamedTuple

from minigrad.errors import called
from minigrad.functions.attach import method, numpy_words
from minigrad.functions.dims import Dims, as_axis, from_front
from minigrad.functions.reductions import check_not_empty
from minigrad.rules import Rule, elementwise, indexing, reductions, sorting
from minigrad.tensor import Tensor, apply

__all__ = [
    "amax", "amin", "argmax", "argmin", "argsort", "max", "min", "nonzero", "sort", "topk",
]  # fmt: skip


class Found(NamedTuple):
    """Numbers, and the places along a dim where they were found."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        # As PyTorch prints it.
        name = type(self).__name__
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"


def found_by(name: str) -> type[Found]:
    """Make the type of what the function `name` gives."""
    return type(name, (Found,), {"__doc__": f"What `{name}` gives for one dim."})


# The largest and the smallest ------------------------------------------------------------


def _chosen(rule: Rule, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    axis = as_axis(rule.name, input, dim)
    whole = dim is None and not rule.name.startswith("arg")
    check_not_empty(rule.name, input, axis, RuntimeError if whole else IndexError)
    return apply(rule, input, axis=axis, keepdims=keepdim)


_Max, _Min = found_by("max"), found_by("min")


@method
@numpy_words
def max(input: Tensor, dim: int | Tensor | None = None, keepdim: bool = False) -> Any:
    """Find the largest number; over one `dim`, also where: `(values, indices)`.

    Without `dim`, equal largest numbers share the gradient; with it, the first of them gets
    it all. With a second tensor in its place, the larger of each pair, as `maximum`. Shapes as
    in `sum`.
    RuntimeError for an empty tensor, IndexError for an empty dim. As `torch.max`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 5.0], [4.0, 3.0]]).max(1).values
    tensor([5., 4.])
    """
    if isinstance(dim, Tensor):
        return apply(elementwise.maximum, input, dim)
    values = _chosen(reductions.max, input, dim, keepdim)
    return values if dim is None else _Max(values, argmax(input, dim, keepdim))


@method
@numpy_words
def min(input: Tensor, dim: int | Tensor | None = None, keepdim: bool = False) -> Any:
    """Find the smallest number; arguments, results and errors as in `max`. As `torch.min`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 5.0], [4.0, 3.0]]).min(1).indices
    tensor([0, 1])
    """
    if isinstance(dim, Tensor):
        return apply(elementwise.minimum, input, dim)
    values = _chosen(reductions.min, input, dim, keepdim)
    return values if dim is None else _Min(values, argmin(input, dim, keepdim))


@method
@numpy_words
def amax(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Find the largest numbers along `dim` (one or several); equal ones share the gradient.

    Shapes as in `sum`, errors as in `max`. As `torch.amax`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 5.0], [4.0, 3.0]]).amax((0, 1))
    tensor(5.)
    """
    return _chosen(reductions.amax, input, dim, keepdim)


@method
@numpy_words
def amin(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Find the smallest numbers along `dim`, as `amax` finds the largest. As `torch.amin`.

    Shapes and errors as in `amax`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 5.0], [4.0, 3.0]]).amin(0)
    tensor([1., 3.])
    """
    return _chosen(reductions.amin, input, dim, keepdim)


@method
@numpy_words
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Find where the largest number is, along `dim` or in the flat tensor; the first of equals.

    As int64, with shapes as in `sum`. IndexError for an empty tensor, or a dim that there is
    not. As `torch.argmax`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 5.0], [4.0, 3.0]]).argmax(1)
    tensor([1, 0])
    """
    return _chosen(reductions.argmax, input, dim, keepdim)


@method
@numpy_words
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Find where the smallest number is; shapes and errors as in `argmax`. As `torch.argmin`.

    >>> import minigrad as mg
    >>> mg.tensor([3.0, 1.0, 1.0]).argmin()
    tensor(1)
    """
    return _chosen(reductions.argmin, input, dim, keepdim)


# In order ------------------------------------------------------------------------------


@method
@numpy_words
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Say where the numbers along `dim` come from when they are in order; of input's shape.

    Equal numbers keep their order, whether `stable` or not; NaN is the largest. IndexError
    for a dim that there is not. As `torch.argsort`.

    >>> import minigrad as mg
    >>> mg.tensor([3.0, 1.0, 2.0]).argsort()
    tensor([1, 2, 0])
    """
    return apply(
        sorting.argsort, input, axis=from_front("argsort", input, dim), descending=descending
    )


_Sorted, _Top = found_by("sort"), found_by("topk")


def _picked(kind: type[Found], rule: Rule, input: Tensor, indices: Tensor, dim: int) -> Found:
    key = indexing.along(indices._data, dim) if input.ndim else ()
    return kind(apply(rule, input, key=key), indices)


@method
@numpy_words
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Found:
    """Put the numbers along `dim` in order: `(values, indices)`, both of input's shape.

    Equal numbers, NaN and errors as in `argsort`. As `torch.sort`.

    >>> import minigrad as mg
    >>> mg.tensor([3.0, 1.0, 2.0]).sort(descending=True).values
    tensor([3., 2., 1.])
    """
    return _picked(_Sorted, sorting.sort, input, argsort(input, dim, descending), dim)


@method
@numpy_words
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Found:
    """Take the k largest (or smallest) numbers along `dim`, in order: `(values, indices)`.

    Of equal numbers the first are taken, and they come in order whether `sorted` or not.
    RuntimeError if there are not k numbers, IndexError for a dim that there is not. As
    `torch.topk`.

    >>> import minigrad as mg
    >>> mg.tensor([3.0, 1.0, 2.0]).topk(2).indices
    tensor([0, 2])
    """
    indices = argsort(input, dim, descending=largest)
    many = input.shape[dim] if input.ndim else 1
    if not 0 <= k <= many:
        raise RuntimeError(
            f"topk: {called(input)} has shape {tuple(input.shape)}, so k along dim {dim} is from "
            f"0 to {many}, not {k}."
        )
    if input.ndim:
        first = [slice(None)] * input.ndim
        first[dim] = slice(k)
        indices = indices[tuple(first)]
    return _picked(_Top, sorting.topk, input, indices, dim)


@method
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Say where numbers are not 0: one row of indices each, (how many, dims), as int64.

    With `as_tuple`, one tensor of indices per dim, as indexing takes them. As
    `torch.nonzero`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 0.0], [0.0, 2.0]]).nonzero()
    tensor([[0, 0],
            [1, 1]])
    """
    if as_tuple:
        places = nonzero(input if input.ndim else input.reshape(1))
        return tuple(places[:, i] for i in range(places.shape[1]))
    return apply(sorting.nonzero, input)
