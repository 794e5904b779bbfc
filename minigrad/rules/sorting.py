"""Numbers in order. Sorting is taking cells by a permutation, which itself has no slope."""

from typing import Any

import numpy as np

from minigrad.rules.indexing import put_back
from minigrad.rules.rule import Structured


def _order(x: Any, *, axis: int, descending: bool = False) -> Any:
    """Equal numbers keep their order, and NaN is the largest."""
    row = np.atleast_1d(x)  # a single number counts as one row
    if descending:
        turned = np.argsort(np.flip(row, axis), axis=axis, kind="stable")
        order = row.shape[axis] - 1 - np.flip(turned, axis)
    else:
        order = np.argsort(row, axis=axis, kind="stable")
    return np.reshape(order, x.shape)


def _taking(name: str) -> Structured:
    return Structured(
        f"{name}(x)",
        lambda x, *, key: x[key],
        x=lambda g, x_shape, key: put_back(g, key=key, shape=x_shape),
    )


argsort = Structured("argsort(x)", _order)
sort, topk = _taking("sort"), _taking("topk")
nonzero = Structured("nonzero(x)", lambda x: np.argwhere(x))
