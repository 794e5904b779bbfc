"""Memory for large results, which is used again as soon as nobody holds it.

New memory has to be mapped page by page when it is first written to, which takes as long as most
loops. The C library gives the memory of large arrays back to the system when they die, so each
pass of a training step would map it anew.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

LEAST = 1 << 20  # bytes: what is smaller the C library keeps by itself
MOST = 1 << 28  # bytes that are kept for later


class _Pool:
    """The memory that nobody holds, by its size in bytes."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.kept = 0  # bytes
        self.free: dict[int, list[Any]] = {}
        # A collection may free blocks, in this thread too, while it is held.
        self.lock = threading.RLock()

    def take(self, size: int) -> Any:
        with self.lock:
            blocks = self.free.get(size)
            if blocks:
                self.kept -= size
                return blocks.pop()
        return np.empty(size, np.uint8)

    def give_back(self, memory: Any) -> None:
        size = memory.size
        if size > self.most:
            return
        with self.lock:
            if self.kept + size > self.most:  # other sizes may never be asked for again
                for each in [*self.free]:
                    if each != size:
                        gone = each * len(self.free.pop(each, ()))
                        self.kept -= gone
            if self.kept + size <= self.most:
                self.free.setdefault(size, []).append(memory)
                self.kept += size


_pool = _Pool()


class _Block:
    """What an array over a block holds: as it dies with the last view, the block is free again."""

    __slots__ = ("__array_interface__", "_memory", "_pool")

    def __init__(self, pool: _Pool, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._pool = pool  # by itself: as Python ends, this module may be gone before
        self._memory = pool.take(math.prod(shape) * dtype.itemsize)
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": dtype.str,
            "data": (self._memory.ctypes.data, False),
        }

    def __del__(self) -> None:
        self._pool.give_back(self._memory)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Return an array to write to, as `np.empty` does, from memory that was used before."""
    if math.prod(shape) * dtype.itemsize < LEAST:
        return np.empty(shape, dtype)
    return np.asarray(_Block(_pool, shape, dtype))


def like(array: Any) -> Any:
    """Return such memory for a result of an array's shape and dtype."""
    if array.nbytes < LEAST:
        return np.empty(array.shape, array.dtype)
    return empty(array.shape, array.dtype)


def result(ufunc: np.ufunc, a: Any, b: Any) -> Any:
    """Return ufunc(a, b), in such memory where one has the result's shape, dtype and order.

    The other may be a number, or one that is stretched.
    """
    full, other = (a, b) if _is_large(a) else (b, a)
    if not _is_large(full):
        return ufunc(a, b)
    if hasattr(other, "dtype"):
        alike = other.shape == full.shape and (other.flags.c_contiguous or not any(other.strides))
        if other.dtype != full.dtype or not (alike or other.shape == ()):
            return ufunc(a, b)
    return ufunc(a, b, out=empty(full.shape, full.dtype))


def _is_large(array: Any) -> bool:
    return array.__class__ is np.ndarray and array.nbytes >= LEAST and array.flags.c_contiguous


def copied(array: Any) -> Any:
    """Return a copy, in the order of its dims."""
    if array.nbytes < LEAST:
        return array.copy()
    copy = empty(array.shape, array.dtype)
    copy[...] = array
    return copy


def is_whole(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array is all there is of its memory, in the order of its dims, to be written."""
    return array.flags.carray and (array.base is None or isinstance(array.base, _Block))
