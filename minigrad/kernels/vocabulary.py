"""What rules ask NumPy for besides cells, on arrays that are not there: see `lazy`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from minigrad.kernels.lazy import (
    Lazy,
    Pool,
    Shape,
    Unreadable,
    axes,
    broadcast,
    cell,
    stretched,
    typed,
)
from minigrad.rules import Rule
from minigrad.rules.indexing import pick, place
from minigrad.rules.nn import embedding
from minigrad.rules.shape import clone
from minigrad.rules.transcendental import erf, ndtr

# Other dims ------------------------------------------------------------------------------


def _broadcast_to(x: Any, shape: Any) -> Lazy:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return stretched(x, broadcast(x.pool, shape, x.shape))


def _expand_dims(x: Lazy, axis: Any) -> Lazy:
    many = 1 if isinstance(axis, int) else len(axis)
    new = normalize_axis_tuple(axis, x.ndim + many)
    kept = [i for i in range(x.ndim + many) if i not in new]
    shape = [1] * (x.ndim + many)
    for i, size in zip(kept, x.shape, strict=True):
        shape[i] = size
    return axes(x, tuple(kept), tuple(shape))


def _squeeze(x: Lazy, axis: Any = None) -> Lazy:
    every = [i for i, size in enumerate(x.shape) if size == 1]
    gone = every if axis is None else normalize_axis_tuple(axis, x.ndim)
    if any(x.shape[i] != 1 for i in gone):
        raise Unreadable("a dim to squeeze is longer than 1")
    kept = [i for i in range(x.ndim) if i not in gone]
    dims = tuple(kept.index(i) if i in kept else None for i in range(x.ndim))
    return axes(x, dims, tuple(x.shape[i] for i in kept))


def _transpose(x: Lazy, order: Any = None) -> Lazy:
    order = normalize_axis_tuple(range(x.ndim)[::-1] if order is None else order, x.ndim)
    return axes(x, tuple(order.index(i) for i in range(x.ndim)), tuple(x.shape[i] for i in order))


def _swapaxes(x: Lazy, axis1: int, axis2: int) -> Lazy:
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return _transpose(x, order)


def _reshape(x: Lazy, shape: Any) -> Lazy:
    wanted = [shape] if isinstance(shape, int) else list(shape)
    known = math.prod(int(each) for each in wanted if each != -1)
    wanted = [int(x.size) // max(known, 1) if each == -1 else each for each in wanted]
    for i, (new, old) in enumerate(zip(wanted, x.shape, strict=False)):
        if int(new) != int(old):
            break
        wanted[i] = old  # the leading dims often stay: then they keep their text
    long = [i for i, size in enumerate(x.shape) if size != 1]
    places = [i for i, size in enumerate(wanted) if size != 1]
    if [int(x.shape[i]) for i in long] == [int(wanted[i]) for i in places]:
        dims: list[int | None] = [None] * x.ndim
        for before, after in zip(long, places, strict=True):
            dims[before] = after
            wanted[after] = x.shape[before]
        return axes(x, tuple(dims), tuple(wanted))
    return x.pool.new("reshape", (x,), None, tuple(wanted), x.dtype)


# Many numbers in, fewer out --------------------------------------------------------------


def _reduce(kind: str, x: Lazy, axis: Any, keepdims: bool, dtype: Any = None) -> Lazy:
    along = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    if dtype is not None:
        x = x.astype(dtype)
    elif kind == "sum" and x.dtype.kind in "bi":
        x = x.astype(np.int64)
    if all(x.shape[i] == 1 for i in along):
        return x if keepdims else _squeeze(x, along)
    kept = [i for i in range(x.ndim) if i not in along]
    shape = tuple(x.shape[i] for i in kept)
    made = x.pool.new("reduce", (x,), (kind, tuple(sorted(along))), shape, x.dtype)
    if not keepdims:
        return made
    return axes(made, tuple(kept), tuple(1 if i in along else n for i, n in enumerate(x.shape)))


def _sum(x: Lazy, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Lazy:
    return _reduce("sum", x, axis, keepdims, dtype)


def _mean(x: Lazy, axis: Any = None, keepdims: bool = False) -> Lazy:
    along = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    return _sum(x, axis, None, keepdims) / math.prod(x.shape[i] for i in along)


def _extreme(kind: str) -> Callable[..., Lazy]:
    def reduced(x: Lazy, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Lazy:
        if x.dtype.kind != "f":
            raise Unreadable(f"a {kind} of integers has no place in a loop")
        return _reduce(kind, x, axis, keepdims)

    return reduced


def _matmul(pool: Pool, a: Any, b: Any) -> Lazy:
    if not (isinstance(a, Lazy) and isinstance(b, Lazy) and a.dtype == b.dtype):
        raise Unreadable("a product needs two arrays of one dtype")
    if a.dtype.kind != "f" or not a.ndim or not b.ndim:
        raise Unreadable("a product of integers, or with a number")
    if a.ndim == b.ndim == 1:
        pool.joined(a.shape[0], b.shape[0])
        return _sum(a * b)
    if a.ndim == 1:
        return _squeeze(_matmul(pool, _expand_dims(a, 0), b), -2)
    if b.ndim == 1:
        return _squeeze(_matmul(pool, a, _expand_dims(b, 1)), -1)
    if b.ndim > 2:
        raise Unreadable("a stack of products has no loop")
    if a.ndim > 2:  # one long matrix of all rows
        rows = _reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))
        return _reshape(_matmul(pool, rows, b), (*a.shape[:-1], b.shape[1]))
    pool.joined(a.shape[1], b.shape[0])
    return pool.new("matmul", (a, b), None, (a.shape[0], b.shape[1]), a.dtype)


# Cells by their place --------------------------------------------------------------------


def position(pool: Pool, shape: Shape, axis: int) -> Lazy:
    """Each cell's place along an axis, counted from 0."""
    return pool.new("position", (), axis, shape, np.dtype(np.int64))


def _laid_out(x: Lazy) -> Lazy:
    """What an index can be taken of: an array as it is."""
    return x.pool.new("copy", (x,), None, x.shape, x.dtype) if x.head == "axes" else x


def _pick(x: Lazy, index: Lazy, *, axis: int) -> Lazy:
    x, axis = _laid_out(x), axis % x.ndim
    kept = [size for i, size in enumerate(x.shape) if i != axis]
    shape = broadcast(x.pool, tuple(kept), index.shape)
    dims = tuple(None if i == axis else i - (i > axis) for i in range(x.ndim))
    return x.pool.new("load", (x, index), (dims, axis), shape, x.dtype)


def _place(x: Any, index: Lazy, *, axis: int, many: int) -> Lazy:
    axis %= index.ndim + 1
    shape = (*index.shape[:axis], many, *index.shape[axis:])
    here = position(index.pool, shape, axis) == _expand_dims(index, axis)
    return cell(index.pool, "where", here, _expand_dims(x, axis), 0)


def _embedding(weight: Lazy, index: Lazy, *, padded: int) -> Lazy:
    weight = _laid_out(weight)
    rest = tuple(range(index.ndim, index.ndim + weight.ndim - 1))
    shape = (*index.shape, *weight.shape[1:])
    index = axes(index, tuple(range(index.ndim)), shape)
    return weight.pool.new("load", (weight, index), ((None, *rest), 0), shape, weight.dtype)


def _filled(value: float) -> Callable[..., Lazy]:
    def like(x: Lazy, dtype: Any = None) -> Lazy:
        return stretched(typed(x.pool, value, np.dtype(dtype or x.dtype)), x.shape)

    return like


def _pool(*operands: Any) -> Pool:
    """The reading that operands belong to."""
    return next(each.pool for each in operands if isinstance(each, Lazy))


def _where(condition: Any, a: Any, b: Any) -> Lazy:
    return cell(_pool(condition, a, b), "where", condition, a, b)


def _polynomial(name: str) -> Callable[[Lazy], Lazy]:
    """What NumPy lacks, and a rule computes in many steps, is one word in a loop."""
    return lambda x: x.pool.new(name, (x,), None, x.shape, x.dtype)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.broadcast_to: _broadcast_to, np.expand_dims: _expand_dims, np.squeeze: _squeeze,
    np.transpose: _transpose, np.swapaxes: _swapaxes, np.reshape: _reshape, np.sum: _sum,
    np.mean: _mean, np.max: _extreme("max"), np.min: _extreme("min"), np.where: _where,
    np.ones_like: _filled(1), np.zeros_like: _filled(0), np.shape: lambda x: x.shape,
    np.dot: lambda a, b: _matmul(a.pool, a, b), np.matmul: lambda a, b: _matmul(_pool(a, b), a, b),
}  # fmt: skip
RULES: dict[Rule, Callable[..., Any]] = {
    pick: _pick, place: _place, embedding: _embedding, clone: lambda x, order: x,
    erf: _polynomial("erf"), ndtr: _polynomial("ndtr"),
}  # fmt: skip
