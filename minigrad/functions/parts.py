"""Functions that cut a tensor along a dim; the parts share its memory."""

from __future__ import annotations

import itertools
import operator
from typing import Any

from minigrad import errors
from minigrad.functions.attach import method
from minigrad.functions.dims import Dims, from_front, integers
from minigrad.rules import indexing
from minigrad.tensor import Tensor, apply

__all__ = ["chunk", "narrow", "select", "split", "unbind"]


def _at(axis: int, part: Any) -> tuple[Any, ...]:
    """Make the key for a part along one dim."""
    return (*[slice(None)] * axis, part, Ellipsis)


@method
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """What is at `index` along `dim`, which goes away: (2, 3) → (2,) for dim 1. Shares memory.

    IndexError for a dim or an index that there is not. As `torch.select`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).select(1, 0)
    tensor([1., 3.])
    """
    axis = from_front("select", input, dim)
    return input[_at(axis, operator.index(index))]


@method
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`length` places along `dim`, from `start` on; shares memory. As `torch.narrow`.

    RuntimeError where they reach beyond the end, IndexError for a dim that there is not.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).narrow(0, 1, 2)
    tensor([2., 3.])
    """
    axis, size = _cut("narrow", input, dim)
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        error = RuntimeError if -size <= start <= size else IndexError
        raise error(
            f"narrow: {length} places from {start} on do not fit into dim {dim} of "
            f"{errors.called(input)}, which has size {size}."
        )
    return apply(indexing.select, input, key=_at(axis, slice(first, first + length)))


@method
def split(tensor: Tensor, split_size_or_sections: Dims, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut along `dim` into parts of one size, the last perhaps smaller, or of the sizes given.

    They share memory. RuntimeError where the sizes do not add up, or the size is not positive;
    IndexError for a dim that there is not. As `torch.split`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).split(2)
    (tensor([1., 2.]), tensor([3.]))
    """
    axis, size = _cut("split", tensor, dim)
    rule, sizes = indexing.split_with_sizes, split_size_or_sections
    if isinstance(sizes, int):
        if sizes < 0 or (size and not sizes):
            raise RuntimeError(f"split: parts of size {sizes} do not make {size}. Give 1 or more.")
        rule, many = indexing.split, max(1, -(-size // max(1, sizes)))
        sizes = [min(sizes, size - i * sizes) for i in range(many)]
    sizes = integers(sizes)
    if sum(sizes) != size or min(sizes, default=0) < 0:
        raise RuntimeError(
            f"split: the sizes {list(sizes)} add up to {sum(sizes)}, but dim {dim} of "
            f"{errors.called(tensor)} has size {size}."
        )
    ends = [0, *itertools.accumulate(sizes)]
    return tuple(
        apply(rule, tensor, key=_at(axis, slice(*each))) for each in itertools.pairwise(ends)
    )


@method
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut along `dim` into `chunks` equal parts, or fewer where it does not divide.

    They share memory. RuntimeError for fewer than one, IndexError for a dim that there is not.
    As `torch.chunk`.

    >>> import minigrad as mg
    >>> [len(each) for each in mg.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).chunk(3)]
    [2, 2, 1]
    """
    _, size = _cut("chunk", input, dim)
    if chunks < 1:
        raise RuntimeError(f"chunk: {chunks} parts cannot be made. Give 1 or more.")
    return split(input, -(-size // chunks) if size else [0] * chunks, dim)


def _cut(
    op: str, input: Tensor, dim: int, refusal: type[Exception] = RuntimeError
) -> tuple[int, int]:
    """Return the axis to cut along, and its size."""
    if not input.ndim:
        raise refusal(f"{op}: {errors.called(input)} is a single number and has no dims.")
    axis = from_front(op, input, dim)
    return axis, input.shape[axis]


@method
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All parts along `dim`, which goes away; they share memory. As `torch.unbind`.

    IndexError for a dim that there is not.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).unbind()
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    axis, size = _cut("unbind", input, dim, IndexError)
    return tuple(apply(indexing.unbind, input, key=_at(axis, i)) for i in range(size))
