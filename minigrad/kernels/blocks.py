"""Memory for large results, which is used again as soon as nobody holds it.

New memory has to be mapped page by page when it is first written to, which takes as long as most
loops. The C library gives the memory of large arrays back to the system when they die, so each
pass of a training step would map it anew.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LEAST = 1 << 20  # bytes: what is smaller the C library keeps by itself
MOST = 1 << 28  # bytes that are kept for later

_free: dict[int, list[Any]] = {}  # by size in bytes, the sizes that were given back last at the end
_kept = [0]  # bytes of all of them


class _Block:
    """What an array over a block holds: as it dies with the last view, the block is free again."""

    __slots__ = ("__array_interface__", "_memory")

    def __init__(self, memory: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._memory = memory
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": dtype.str,
            "data": (memory.ctypes.data, False),
        }

    def __del__(self) -> None:
        _give_back(self._memory)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Return an array to write to, as `np.empty` does, from memory that was used before."""
    size = math.prod(shape) * dtype.itemsize
    if size < LEAST:
        return np.empty(shape, dtype)
    try:
        memory = _free[size].pop()
        _kept[0] -= size
    except (KeyError, IndexError):
        memory = np.empty(size, np.uint8)
    return np.asarray(_Block(memory, shape, dtype))


def result(ufunc: np.ufunc, a: Any, b: Any) -> Any:
    """Return ufunc(a, b), which is in such memory if both have the result's dtype and shape.

    One of them may be a number.
    """
    like, other = (a, b) if a.__class__ is np.ndarray else (b, a)
    if like.__class__ is not np.ndarray or like.nbytes < LEAST:
        return ufunc(a, b)
    if hasattr(other, "dtype") and (
        other.dtype != like.dtype or other.shape not in (like.shape, ())
    ):
        return ufunc(a, b)
    return ufunc(a, b, out=empty(like.shape, like.dtype))


def copied(array: Any) -> Any:
    """Return a copy, in the order of its dims."""
    if array.nbytes < LEAST:
        return array.copy()
    copy = empty(array.shape, array.dtype)
    copy[...] = array
    return copy


def is_whole(array: Any) -> bool:
    """Whether an array is all there is of its memory, in the order of its dims."""
    if array.__class__ is not np.ndarray or not array.flags.c_contiguous:
        return False
    return array.base is None or isinstance(array.base, _Block)


def _give_back(memory: Any) -> None:
    size = memory.size
    if size > MOST:
        return
    _free.setdefault(size, []).append(memory)
    _free[size] = _free.pop(size)  # as the last
    _kept[0] += size
    while _kept[0] > MOST:
        oldest = next(iter(_free))
        if _free[oldest]:
            _free[oldest].pop()
            _kept[0] -= oldest
        else:
            del _free[oldest]
