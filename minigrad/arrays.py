"""Arrays of the numbers that a reader gives: a number, nested lists, an array, tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad import dtypes
from minigrad.modes import state
from minigrad.names import called, short

Array = npt.NDArray[Any]


def numbers_of(data: Any, dtype: Any) -> Array:
    """Copy numbers into an array of `dtype`, or of the one that PyTorch would choose.

    RuntimeError for what is no number or does not fit; ValueError for lists of unequal
    lengths; TypeError for a dtype that no tensor has.
    """
    plain = _plain(data)
    array = _array_of(plain)
    if dtype is not None:
        given, array = array, state.silently(array.astype, dtypes.as_dtype(dtype).dtype)
        if array.dtype.kind == "i" and not hasattr(_first(plain), "dtype"):
            limits = np.iinfo(array.dtype)
            outside = ~((given >= limits.min) & (given <= limits.max))
            if outside.any():
                raise RuntimeError(f"{given[outside][0]} does not fit {dtype}.")
    elif array.dtype == np.float64 and getattr(_first(plain), "dtype", None) != np.float64:
        array = array.astype(dtypes.DEFAULT)
    dtypes.as_dtype(array.dtype)
    return array


def _array_of(data: Any) -> Array:
    """Copy numbers, lists of them or an array into an array."""
    try:
        array = np.array(data)
    except ValueError as ragged:
        raise ValueError(f"These lists do not make a rectangle: {ragged}") from None
    if array.dtype.kind in "uO" and isinstance(_first(data), int):
        raise ValueError(
            "An integer here does not fit int64. Write it as a float: 1e20, not 10**20."
        )
    if array.dtype.kind == "O":
        raise RuntimeError(
            f"A tensor is made of numbers, not of {short(repr(_first(data)))}. Was .grad used "
            "before backward() was called?"
        )
    return array


def _plain(data: Any) -> Any:
    """Replace tensors by their numbers; in nested lists there may be one in each."""
    if isinstance(data, list | tuple):
        return [_alone(each) if hasattr(each, "requires_grad") else _plain(each) for each in data]
    return data._data if hasattr(data, "requires_grad") else data


def _alone(tensor: Any) -> Any:
    if tensor._data.size != 1:
        raise ValueError(
            f"A list for mg.tensor may hold tensors of one number; {called(tensor)} has "
            f"shape {tuple(tensor.shape)}. Use mg.stack."
        )
    return np.asarray(tensor._data).reshape(())[()]


def _first(data: Any) -> Any:
    """Find the first number in nested lists; it says whether they are Python's numbers."""
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return data
