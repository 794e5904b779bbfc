"""Data types and PyTorch's rule for mixing them, which is not NumPy's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.rules import NUMBERS, Rule


class dtype:
    """The type of a tensor's numbers, such as `mg.float32`. NumPy takes it as a dtype too."""

    def __init__(self, name: str) -> None:
        self.dtype = np.dtype(name)
        self.is_floating_point = self.dtype.kind == "f"
        self.itemsize = self.dtype.itemsize
        _BY_NUMPY[self.dtype] = self

    def __repr__(self) -> str:
        return f"torch.{self.dtype.name}"  # printed as PyTorch prints it


_BY_NUMPY: dict[np.dtype[Any], dtype] = {}
float32, float64 = dtype("float32"), dtype("float64")
int32, int64 = dtype("int32"), dtype("int64")
bool_ = dtype("bool")
DEFAULT = float32.dtype


def as_dtype(kind: Any) -> dtype:
    """Find our dtype for NumPy's; an unknown one is refused with the ones there are."""
    try:
        return _BY_NUMPY[np.dtype(kind)]
    except (KeyError, TypeError):
        known = ", ".join(each.dtype.name for each in _BY_NUMPY.values())
        raise TypeError(f"A tensor holds numbers of dtype {known}, not {kind}.") from None


_CATEGORY = {"b": 0, "i": 1, "f": 2}


def _join(a: np.dtype[Any] | None, b: np.dtype[Any]) -> np.dtype[Any]:
    """Find the smaller dtype that holds both; a float wins over any integer as it is."""
    if a is None or a == b:
        return b
    if "f" in (a.kind, b.kind) and a.kind != b.kind:
        return a if a.kind == "f" else b
    return np.promote_types(a, b)


def result_type(raws: Sequence[Any]) -> np.dtype[Any]:
    """Find the dtype in which arrays, 0-d arrays and Python numbers meet, as PyTorch does.

    Arrays with dimensions decide. A 0-d array changes their result only when it is of
    a higher category (bool < integer < float), and a Python number only when it is of
    a higher category than both.
    """
    arrays: np.dtype[Any] | None = None
    scalars: np.dtype[Any] | None = None
    numbers: np.dtype[Any] | None = None
    for raw in raws:
        if not hasattr(raw, "dtype"):
            kind = type(raw)
            numbers = _join(numbers, DEFAULT if kind is float else np.dtype(kind))
        elif raw.shape:
            arrays = _join(arrays, raw.dtype)
        else:
            scalars = _join(scalars, raw.dtype)
    result: np.dtype[Any] | None = None
    for each in (arrays, scalars, numbers):
        if each is None:
            continue
        if result is None:
            result = each
        elif _CATEGORY[each.kind] > _CATEGORY[result.kind]:
            result = _join(result, each)
    assert result is not None
    return result


def promoted(rule: Rule, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give the tensors among an op's operands the one dtype in which it is computed."""
    first: np.dtype[Any] | None = None
    for each in operands:
        if each.__class__ not in NUMBERS:
            kind = each._data.dtype
            if first is None and kind.kind == "f":
                first = kind
            elif kind is not first:
                break
    else:
        return operands  # all tensors are of one floating dtype already
    if not rule.broadcasts and not rule.floating:
        return operands
    after = 1 if rule.inputs[0] == "condition" else 0  # a condition keeps its own dtype
    wanted = result_type([getattr(each, "_data", each) for each in operands[after:]])
    if rule.floating and wanted.kind != "f":
        wanted = DEFAULT
    return operands[:after] + tuple(
        each if each.__class__ in NUMBERS else each.to(wanted) for each in operands[after:]
    )
