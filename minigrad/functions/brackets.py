"""What stands between a tensor's brackets, read as PyTorch reads it."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from minigrad import errors
from minigrad.modes import state
from minigrad.rules import indexing, writing
from minigrad.tensor import Tensor, apply, source_for, tensor

Key = tuple[Any, ...]


def _part(given: Any) -> Any:
    """Bring one part of a key to None, ..., an int, a slice, or ints or truths: an array.

    A tensor of ints stays one: `counted` reads it.
    """
    if given is None or given is Ellipsis or given.__class__ is int:
        return given
    if isinstance(given, slice):
        ends = (given.start, given.stop, given.step)
        part = slice(*(None if each is None else operator.index(each) for each in ends))
        if part.step is not None and part.step < 1:
            raise ValueError(
                f"A slice goes forward, by a step of 1 or more, not {part.step}. flip() turns "
                "the order round."
            )
        return part
    if isinstance(given, Tensor):
        if given.ndim and given._data.dtype.kind not in "bf":
            return given
        array = given._array()
    elif isinstance(given, bool | int | np.ndarray | np.generic | list | tuple | range):
        array = tensor(list(given) if isinstance(given, range) else given)._array()
    else:
        raise IndexError(
            "An index is made of integers, slices, ..., None, and lists or tensors of integers "
            f"or truth values, not of {type(given).__name__}."
        )
    if not array.size and isinstance(given, list | tuple):
        array = array.astype(np.int64)
    if array.dtype.kind == "f":
        raise IndexError(
            f"Only integers and truth values are an index, not {array.dtype.name}. Use "
            ".to(mg.int64), or a comparison."
        )
    return array if array.ndim or array.dtype.kind == "b" else int(array)


def _covers(part: Any) -> int:
    """How many dims a part of a key speaks of."""
    if isinstance(part, np.ndarray):
        return part.ndim if part.dtype.kind == "b" else 1
    return int(isinstance(part, int | slice | Tensor))


def counted(index: Any, size: int, backward: bool) -> Any:
    """Read indices, of a tensor or an array, as a key has them: see `indexing.counted`."""
    if not isinstance(index, Tensor):
        return indexing.counted.value(index, size=size, backward=backward)
    if state.recorder is None:
        return indexing.counted.value(index._array(), size=size, backward=backward)
    return state.recorder.read_as(indexing.counted, index, size=size, backward=backward)


def normalized(input: Tensor, key: Any) -> tuple[Key, Key]:
    """Read a key as two for NumPy: first a view, then a choice of the view's cells.

    The choice, by lists, masks and tensors, is empty where the view is all. PyTorch takes
    whole numbers out first, so x[0, :, [1, 2]] has another shape than in NumPy. IndexError,
    with dim and size, for what there is not; ValueError for a slice that goes backward.
    """
    if isinstance(key, list) and any(isinstance(each, list | tuple) for each in key):
        raise IndexError(
            "x[[[…], […]]] could mean one index of several dims or one for each dim. Write "
            "x[mg.tensor([[…], […]])] or x[[…], […]]."
        )
    parts = [_part(each) for each in (key if isinstance(key, tuple) else (key,))]
    missing = input.ndim - sum(map(_covers, parts))
    if missing < 0:
        who = f"{errors.called(input)} has shape {tuple(input.shape)}"
        raise IndexError(
            f"{who}, so it has no {input.ndim - missing} dims to index."
            if input.ndim
            else f"{who}: it is a single number. Use .item() for it."
        )
    place = next((i for i, each in enumerate(parts) if each is Ellipsis), len(parts))
    rest = [each for each in parts[place:] if each is not Ellipsis]
    view: list[Any] = []
    choice: list[Any] = []
    dim = 0
    for part in [*parts[:place], *[slice(None)] * missing, *rest]:
        if isinstance(part, np.ndarray | Tensor):
            # A single truth value chooses all or nothing, along a new dim.
            view += [slice(None)] * _covers(part) or [None]
            choice += _chosen(input, part, dim)
        else:
            view.append(part)
            if not isinstance(part, int):
                choice.append(slice(None))
            elif not -input.shape[dim] <= part < input.shape[dim]:
                raise _outside(input, part, dim)
        dim += _covers(part)
    return _short(view), () if indexing.is_basic(tuple(choice)) else _short(choice)


def _chosen(input: Tensor, part: Any, dim: int) -> list[Any]:
    """Turn a list or a mask into one index for each dim that it speaks of."""
    if isinstance(part, Tensor) or part.dtype.kind != "b":
        try:
            return [counted(part, input.shape[dim], backward=True)]
        except indexing.OutsideError as error:
            raise _outside(input, error.index, dim) from None
    sizes = tuple(input.shape[dim : dim + part.ndim])
    if part.shape != sizes:
        raise IndexError(
            f"A mask of shape {part.shape} does not fit the dims from {dim} on of "
            f"{errors.called(input)}, which have sizes {sizes}."
        )
    return [*np.atleast_1d(part).nonzero()]


def _outside(input: Tensor, index: int, dim: int) -> IndexError:
    return IndexError(
        f"Index {index} is out of range: {errors.called(input)} {tuple(input.shape)} has size "
        f"{input.shape[dim]} along dim {dim}."
    )


def _short(key: list[Any]) -> Key:
    """Leave out the whole dims at the end."""
    while key and isinstance(key[-1], slice) and key[-1] == slice(None):
        key.pop()
    return tuple(key)


def getitem(input: Tensor, key: Any) -> Tensor:
    """The part of a tensor that a key names: a view, or a copy where cells are chosen.

    IndexError for what there is not; see `normalized`.
    """
    view, choice = normalized(input, key)
    if view or not choice:
        # The ellipsis makes NumPy give a view even of a single number.
        input = apply(indexing.select, input, key=(*view, Ellipsis))
    return apply(indexing.index, input, key=choice) if choice else input


def setitem(input: Tensor, key: Any, value: Any) -> None:
    """Write into the part of a tensor that a key names; `value` broadcasts and is cast."""
    view, choice = normalized(input, key)
    part = input
    if view or not choice:
        part = apply(indexing.select, input, key=(*view, Ellipsis))
    if choice:
        value = _fitted(source_for(input, value), part._array()[choice].ndim)
        part._become(apply(writing.put, part._before(), value, key=choice))
    elif not isinstance(value, Tensor):
        part.copy_(value)
    elif not _same_part(value, part):
        part.copy_(_fitted(value, part.ndim))
    else:  # Python ends `x[0] += 1` with x[0] = x[0]: it is done
        errors.check_in_place(part, value)


def _fitted(value: Tensor, many: int) -> Tensor:
    """Leave out leading dims of size 1 that the part written to has not."""
    more = max(0, value.ndim - many)
    return value.reshape(value.shape[more:]) if more and set(value.shape[:more]) == {1} else value


def _same_part(a: Tensor, b: Tensor) -> bool:
    """Whether both were taken from one tensor in one way, so that they share their history too."""
    return (
        a._view is not None
        and b._view is not None
        and a._view.base is b._view.base
        and (a._view.steps, a._view.tracked) == (b._view.steps, b._view.tracked)
    )


Tensor.__getitem__ = getitem  # type: ignore[method-assign]
Tensor.__setitem__ = setitem  # type: ignore[method-assign]
