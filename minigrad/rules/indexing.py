"""Taking cells out, and putting cells back: each is the other's derivative.

A `key` is what NumPy takes between brackets. It is a parameter of the op, as a size is:
an index is no number that could be changed a little.
"""

from typing import Any

import numpy as np

from minigrad.kernels import blocks
from minigrad.rules.rule import NUMBERS, Elementwise, Structured


class OutsideError(Exception):
    """There is no cell at `index`."""

    def __init__(self, index: Any) -> None:
        super().__init__(f"there is no cell at {index}")
        self.index = index


def _counted(index: Any, *, size: int, backward: bool) -> Any:
    outside = index[(index < (-size if backward else 0)) | (index >= size)]
    if outside.size:
        raise OutsideError(outside[0])
    return np.where(index < 0, index + size, index) if backward else np.array(index)


# Indices along a dim of `size` cells, counted from the front, as a key has them. Negative ones
# count `backward`, from the end, if they may. OutsideError where there is no such cell.
counted = Structured("counted(index)", _counted)


def _one_hot(index: Any, *, many: int) -> Any:
    places = _counted(index, size=many, backward=False)
    return (places[..., None] == np.arange(many)).astype(np.int64)


one_hot = Structured("one_hot(index)", _one_hot)


def is_basic(key: tuple[Any, ...]) -> bool:
    """Whether a key names each cell at most once, by integers and slices alone."""
    return not any(isinstance(each, list | np.ndarray) for each in key)


def added(out: Any, x: Any, key: Any) -> Any:
    """Add `x` into the cells of a fresh contiguous array; a cell named twice gets both."""
    if is_basic(key):
        out[key] += x
        return out
    # By number of cell: np.add.at is several times faster with one index than with a key.
    places = np.arange(out.size).reshape(out.shape)[key]
    np.add.at(out.reshape(-1), places.reshape(-1), np.broadcast_to(x, places.shape).reshape(-1))
    return out


def along(index: Any, axis: int) -> tuple[Any, ...]:
    """Make the key that takes, from each row along `axis`, the cells that `index` names."""
    key: list[Any] = list(np.indices(index.shape, sparse=True)) or [None]
    key[axis] = index
    return tuple(key)


def _taken(x: Any, *, key: Any) -> Any:
    return x[key]


def _taking(signature: str, **options: Any) -> Structured:
    """Make one of the ops that take cells; they differ in how PyTorch calls them."""
    return Structured(
        signature,
        _taken,
        x=lambda g, x_shape, key: put_back(g, key=key, shape=x_shape),
        **options,
    )


put_back: Structured = Structured(
    "put_back(x)",
    lambda x, *, key, shape: added(np.zeros(shape, x.dtype), x, key),
    x=lambda g, key: g[key],
)


def key_of(index: Any, axis: int) -> tuple[Any, ...]:
    """Make the key of the one cell along `axis` that `index` names, everywhere else."""
    if index.ndim == 1:
        rows = np.arange(len(index))
        return (rows, index) if axis == 1 else (index, rows)
    key: list[Any] = list(np.indices(index.shape, sparse=True))
    key.insert(axis, index)
    return tuple(key)


def _placed(x: Any, index: Any, *, axis: int, many: int) -> Any:
    out = blocks.empty((*index.shape[:axis], many, *index.shape[axis:]), x.dtype)
    out.fill(0)
    out[key_of(index, axis)] = x
    return out


# One cell along an axis, which goes away: (N, C) → (N,). The index is an input, so that a program
# that was recorded once can be run on others.
pick: Structured = Structured(
    "pick(x, index)",
    lambda x, index, *, axis: x[key_of(index, axis)],
    x=lambda g, index, x_shape, axis: place(g, index, axis=axis, many=x_shape[axis]),
)
place: Structured = Structured(
    "place(x, index)",
    _placed,
    x=lambda g, index, axis: pick(g, index, axis=axis),
)
index = _taking("index(x)", formula=_taken)
index_select = _taking("index_select(x)", formula=_taken)
masked_select = _taking("masked_select(x)", formula=_taken)
gather = _taking("gather(x)")


def _last_step(inputs: Any, parameters: Any) -> str:
    """Say what PyTorch does last: it goes through a key part by part."""
    parts = [each for each in parameters["key"] if each not in (Ellipsis, slice(None))]
    if not parts:
        return "AliasBackward0"
    if parts[-1] is None:
        return "UnsqueezeBackward0"
    return "SliceBackward0" if isinstance(parts[-1], slice) else "SelectBackward0"


# The same by slices and integers alone: views of the input's memory.
select = _taking("select(x)", formula=_taken, view=True, grad_fn=_last_step)
split = _taking("split(x)", formula=_taken, view=True)
split_with_sizes = _taking("split_with_sizes(x)", formula=_taken, view=True, word="split")
unbind = _taking("unbind(x)", formula=_taken, view=True)

# As `where`, but the tensor keeps its dtype.
masked_fill = Elementwise(
    "masked_fill(condition, a, b)",
    lambda condition, a, b: np.where(condition, a, b),
    formula=np.where,
    grad_fn=lambda inputs, _: f"MaskedFillBackward{int(inputs[1].__class__ not in NUMBERS)}",
    a=lambda condition: condition,
    b=lambda condition: ~condition,
)
