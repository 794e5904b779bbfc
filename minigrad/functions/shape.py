"""Functions that join, turn round, repeat and pad; the result is a copy."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import dtypes, errors
from minigrad.functions.attach import checked, instead_of, method, numpy_words
from minigrad.functions.dims import Dims, each_from_front, from_front, integers, listed
from minigrad.functions.views import expand
from minigrad.names import short
from minigrad.rules import indexing, shape
from minigrad.tensor import Tensor, apply

__all__ = [
    "cat", "concat", "concatenate", "flip", "hstack", "meshgrid", "repeat_interleave", "roll",
    "stack", "tile", "vstack",
]  # fmt: skip


# Several tensors -------------------------------------------------------------------------


def _together(
    op: str, tensors: Sequence[Tensor], refusal: type[Exception] = ValueError
) -> list[Tensor]:
    """Check what is to be joined, and give all one dtype."""
    if not isinstance(tensors, tuple | list):
        raise TypeError(f"{op} joins the tensors of a list, and {short(repr(tensors))} is none.")
    for each in tensors:
        if not isinstance(each, Tensor):
            raise TypeError(f"{op} joins tensors, not {short(repr(each))}. Use mg.tensor(…).")
    if not tensors:
        raise refusal(f"{op} needs at least one tensor; the list is empty.")
    kind = dtypes.result_type(*tensors)
    return [each.to(kind) for each in tensors]


@instead_of(np.concatenate)
@checked
@numpy_words
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Put tensors behind each other along `dim`: (2, 3) and (5, 3) → (7, 3) for dim 0.

    All other sizes are equal; empty rows, of shape (0,), are left out. RuntimeError for sizes
    that do not fit and for single numbers; ValueError for no tensors, IndexError for a dim
    that there is not. As `torch.cat`.

    >>> import minigrad as mg
    >>> mg.cat([mg.tensor([1.0, 2.0]), mg.tensor([3.0])])
    tensor([1., 2., 3.])
    """
    parts = _together("cat", tensors)
    parts = [each for each in parts if each.shape != (0,)] or parts[:1]
    first = parts[0]
    for each in parts:
        if not each.ndim:
            raise RuntimeError(
                f"cat: {errors.called(each)} is a single number. stack() joins single numbers."
            )
    axis = from_front("cat", first, dim)
    for each in parts:
        sizes, others = ([*one.shape[:axis], *one.shape[axis + 1 :]] for one in (each, first))
        if sizes != others or each.ndim != first.ndim:
            raise RuntimeError(
                f"cat: {errors.called(first)} has shape {tuple(first.shape)} and "
                f"{errors.called(each)} {tuple(each.shape)}. All sizes but that of dim {dim}, "
                "along which they are joined, must be equal."
            )
    ends = [0, *itertools.accumulate(each.shape[axis] for each in parts)]
    keys = [(*[slice(None)] * axis, slice(*each)) for each in itertools.pairwise(ends)]
    return apply(shape.cat(len(parts)), *parts, axis=axis, keys=keys)


concat = concatenate = cat


@instead_of(np.stack)
@checked
@numpy_words
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Put tensors of one shape side by side along a new dim: three (2,) → (3, 2) for dim 0.

    RuntimeError where the shapes differ, or there are no tensors; IndexError for a dim that
    there can not be. As `torch.stack`.

    >>> import minigrad as mg
    >>> mg.stack([mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0])], dim=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    parts = _together("stack", tensors, RuntimeError)
    axis = from_front("stack", parts[0], dim, more=1)
    for each in parts:
        if each.shape != parts[0].shape:
            raise RuntimeError(
                f"stack: {errors.called(parts[0])} has shape {tuple(parts[0].shape)} and "
                f"{errors.called(each)} {tuple(each.shape)}. All shapes must be equal; cat() "
                "joins along a dim that there is."
            )
    keys = [(*[slice(None)] * axis, i) for i in range(len(parts))]
    return apply(shape.stack(len(parts)), *parts, axis=axis, keys=keys)


@instead_of(np.hstack)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Put tensors side by side: rows end to end, all else along dim 1. As `torch.hstack`.

    Errors as in `cat`; RuntimeError for no tensors.

    >>> import minigrad as mg
    >>> mg.hstack([mg.tensor([[1.0], [2.0]]), mg.tensor([[3.0], [4.0]])])
    tensor([[1., 3.],
            [2., 4.]])
    """
    tensors = _together("hstack", tensors, RuntimeError)
    parts = [each if each.ndim else each.reshape(1) for each in tensors]
    return cat(parts, 1 if parts and parts[0].ndim > 1 else 0)


@instead_of(np.vstack)
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Put rows and matrices under each other. As `torch.vstack`.

    Errors as in `cat`; RuntimeError for no tensors.

    >>> import minigrad as mg
    >>> mg.vstack([mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    tensors = _together("vstack", tensors, RuntimeError)
    return cat([each if each.ndim > 1 else each.reshape(1, -1) for each in tensors])


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Stretch rows to a grid: tensor i gives coordinate i of each point. As `torch.meshgrid`.

    (n,) and (m,) make two of shape (n, m). With indexing="xy" the first two dims of the grid
    are swapped, as plots want it. RuntimeError for tensors that are not rows or numbers, or
    have several dtypes.

    >>> import minigrad as mg
    >>> mg.meshgrid(mg.tensor([1, 2]), mg.tensor([3, 4]), indexing="xy")[0]
    tensor([[1, 2],
            [1, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        (tensors,) = tensors
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'meshgrid: indexing is "ij" or "xy", not {indexing!r}.')
    for each in tensors:
        if each.ndim > 1 or each.dtype is not tensors[0].dtype:
            raise RuntimeError(
                f"meshgrid takes rows of one dtype, but {errors.called(each)} has shape "
                f"{tuple(each.shape)} and dtype {each.dtype.dtype.name}."
            )
    places = [*range(len(tensors))]
    if indexing == "xy":
        places[:2] = places[1::-1]
    sizes = [0] * len(tensors)
    for place, each in zip(places, tensors, strict=True):
        sizes[place] = each._data.size
    return tuple(
        expand(each.reshape(-1, *[1] * (len(sizes) - 1 - place)), sizes)
        for place, each in zip(places, tensors, strict=True)
    )


# One tensor ------------------------------------------------------------------------------


@method
@listed
def flip(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Turn the order round along dims; the shape stays. As `torch.flip`.

    IndexError for a dim that there is not, RuntimeError for one that is named twice.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).flip(0)
    tensor([3., 2., 1.])
    """
    return apply(shape.flip, input, axis=each_from_front("flip", input, dims))


@method
def roll(input: Tensor, shifts: Dims, dims: Dims | None = None) -> Tensor:
    """Move numbers along dims; what leaves at one end comes in at the other. As `torch.roll`.

    The shape stays; without `dims` it is as if all numbers stood in one row. RuntimeError
    unless there is one shift for each dim, IndexError for a dim that there is not.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0, 3.0]).roll(1)
    tensor([3., 1., 2.])
    """
    steps, along = integers(shifts), integers(() if dims is None else dims)
    if len(steps) != len(along or (0,)):
        raise RuntimeError(
            f"roll: {len(steps)} shifts, but {len(along)} dims. Give one shift for each dim."
        )
    axes = tuple(from_front("roll", input, each) for each in along)
    return apply(shape.roll, input, shift=steps, axis=axes or None)


@method
@listed
def repeat(input: Tensor, repeats: tuple[int, ...]) -> Tensor:
    """Repeat the whole tensor along each dim; more numbers than dims make new dims in front.

    RuntimeError for fewer numbers than dims, or one below 0. As `torch.Tensor.repeat`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).repeat(2)
    tensor([1., 2., 1., 2.])
    """
    if len(repeats) < input.ndim or min(repeats, default=0) < 0:
        raise RuntimeError(
            f"repeat: {errors.called(input)} has shape {tuple(input.shape)}, so it needs a number, "
            f"0 or more, for each of its {input.ndim} dims, not {repeats}."
        )
    return apply(shape.repeat, input, reps=repeats)


@method
@listed
def tile(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """As `repeat`, where numbers that are missing in front count as 1. As `torch.tile`.

    RuntimeError for a number below 0.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0], [2.0]]).tile(2)
    tensor([[1., 1.],
            [2., 2.]])
    """
    return repeat(input, (1,) * (input.ndim - len(dims)) + dims)


@method
@numpy_words
def repeat_interleave(input: Tensor, repeats: Tensor | int, dim: int | None = None) -> Tensor:
    """Repeat each number, or each part along `dim`: all alike, or each as often as said.

    RuntimeError where the numbers of repeats do not fit, IndexError for a dim that there is not.
    As `torch.repeat_interleave`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).repeat_interleave(2)
    tensor([1., 1., 2., 2.])
    """
    if dim is None:
        return repeat_interleave(input.flatten(), repeats, 0)
    axis = from_front("repeat_interleave", input, dim)
    many = repeats.tolist() if isinstance(repeats, Tensor) else repeats
    try:
        places = np.repeat(np.arange(input.shape[axis]), many)
    except ValueError:
        raise RuntimeError(
            f"repeat_interleave: {many} does not say how often to repeat each of the "
            f"{input.shape[axis]} parts along dim {dim} of {errors.called(input)}."
        ) from None
    return apply(indexing.index_select, input, key=(*[slice(None)] * axis, places))


# NumPy's names for what PyTorch's padding modes do.
_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@checked
def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Add places before and after along dims: `pad` is (before, after) of the last dim first.

    A negative number takes places away. `mode` says what stands in the new places: "constant"
    (`value`, or 0), "reflect", "replicate" or "circular". RuntimeError where `pad` does not
    fit the shape, NotImplementedError for another mode. As `torch.nn.functional.pad`.

    >>> import minigrad as mg
    >>> mg.nn.functional.pad(mg.tensor([1.0, 2.0]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    old, pad = tuple(input.shape), integers(tuple(pad))
    pairs = [*zip(pad[::2], pad[1::2], strict=False)][::-1]
    if len(pad) % 2 or len(pairs) > len(old):
        raise RuntimeError(
            f"pad: {errors.called(input)} has shape {old}, which takes pairs of numbers for at "
            f"most {len(old)} dims, not {tuple(pad)}."
        )
    widths = [(0, 0)] * (len(old) - len(pairs)) + pairs
    if any(size + min(w[0], 0) + min(w[1], 0) < 0 for size, w in zip(old, widths, strict=True)):
        raise RuntimeError(
            f"pad: {tuple(pad)} takes away more than {errors.called(input)}, {old}, has."
        )
    grown = [(max(0, before), max(0, after)) for before, after in widths]
    kept = input
    if min(pad, default=0) < 0:
        kept = input[
            tuple(
                slice(max(0, -before), size - max(0, -after))
                for size, (before, after) in zip(old, widths, strict=True)
            )
        ]
    if mode == "constant":
        return apply(shape.pad, kept, widths=grown, value=value or 0)
    if mode not in _MODES:
        known = ", ".join(["constant", *_MODES])
        raise NotImplementedError(f"pad knows no mode {mode!r}, only {known}.")
    if value is not None:
        raise RuntimeError(f"pad: a value is for the mode constant; {mode} takes its own.")
    for axis, width in enumerate(grown):
        size = kept.shape[axis]
        most = {"reflect": size - 1, "circular": size, "replicate": math.inf}[mode]
        if max(width) > most:
            raise RuntimeError(
                f"pad: {mode} has no {max(width)} places to take from dim {axis} of "
                f"{errors.called(input)}, {old}."
            )
        if max(width):
            places = np.pad(np.arange(size), width, mode=_MODES[mode])  # type: ignore[call-overload]
            kept = apply(indexing.index_select, kept, key=(*[slice(None)] * axis, places))
    return kept
