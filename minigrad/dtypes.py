"""Data types and PyTorch's rule for mixing them, which is not NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import errors
from minigrad.rules import NUMBERS, Rule

__all__ = [
    "can_cast", "dtype", "finfo", "float32", "float64", "get_default_dtype", "iinfo", "int32",
    "int64", "promote_types", "result_type", "set_default_dtype",
]  # fmt: skip


class dtype:
    """The type of a tensor's numbers, such as `mg.float32`. NumPy takes it as a dtype too.

    There are five: float32, float64, int32, int64 and bool. As `torch.dtype`.

    >>> import minigrad as mg
    >>> mg.float32.itemsize, mg.int64.is_floating_point
    (4, False)
    """

    def __init__(self, name: str) -> None:
        self.dtype = np.dtype(name)
        self.is_floating_point = self.dtype.kind == "f"
        self.itemsize = self.dtype.itemsize
        _BY_NUMPY[self.dtype] = self

    def __reduce__(self) -> Any:
        return as_dtype, (self.dtype.name,)  # there is one of each, also in copies and pickles

    def __repr__(self) -> str:
        return f"torch.{self.dtype.name}"  # printed as PyTorch prints it


_BY_NUMPY: dict[np.dtype[Any], dtype] = {}
float32, float64 = dtype("float32"), dtype("float64")
int32, int64 = dtype("int32"), dtype("int64")
bool_ = dtype("bool")
DEFAULT = float32.dtype  # what Python floats become; see set_default_dtype


def set_default_dtype(d: Any) -> None:
    """Choose the dtype of Python floats, of quotients of integers and of new tensors.

    TypeError for a dtype without fractions. As `torch.set_default_dtype`.

    >>> import minigrad as mg
    >>> mg.set_default_dtype(mg.float64)
    >>> mg.tensor(0.1).dtype
    torch.float64
    >>> mg.set_default_dtype(mg.float32)
    """
    global DEFAULT  # noqa: PLW0603  # one for the whole program, as in PyTorch
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"The default dtype is mg.float32 or mg.float64, and {d!r} is neither.")
    DEFAULT = d.dtype


def get_default_dtype() -> dtype:
    """Return the dtype that Python floats become. As `torch.get_default_dtype`.

    >>> import minigrad as mg
    >>> mg.get_default_dtype()
    torch.float32
    """
    return as_dtype(DEFAULT)


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


def result_type(*operands: Any) -> dtype:
    """Find the dtype in which tensors, arrays and Python numbers meet.

    Tensors with dimensions decide. A 0-d tensor changes their result only when it is of
    a higher category (bool < integer < float), and a Python number only when it is of
    a higher category than both. As `torch.result_type`.

    >>> import minigrad as mg
    >>> mg.result_type(mg.tensor([1, 2]), 0.5)
    torch.float32
    """
    arrays: np.dtype[Any] | None = None
    scalars: np.dtype[Any] | None = None
    numbers: np.dtype[Any] | None = None
    for each in operands:
        raw = getattr(each, "_data", each)
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
    return as_dtype(result)


def promote_types(type1: Any, type2: Any) -> dtype:
    """Find the smallest dtype that holds the numbers of both. As `torch.promote_types`.

    A float wins over any integer. TypeError for an unknown dtype.

    >>> import minigrad as mg
    >>> mg.promote_types(mg.int64, mg.float32)
    torch.float32
    """
    return as_dtype(_join(as_dtype(type1).dtype, as_dtype(type2).dtype))


def can_cast(from_: Any, to: Any) -> bool:
    """Whether an in-place op may write one dtype into the other: not a float into an integer.

    TypeError for an unknown dtype. As `torch.can_cast`.

    >>> import minigrad as mg
    >>> mg.can_cast(mg.float64, mg.float32), mg.can_cast(mg.float32, mg.int64)
    (True, False)
    """
    return _CATEGORY[as_dtype(from_).dtype.kind] <= _CATEGORY[as_dtype(to).dtype.kind]


class finfo:
    """What a floating dtype can tell apart: `eps`, `max`, `min`, `tiny`, `bits`, …

    TypeError for other dtypes. As `torch.finfo`.

    >>> import minigrad as mg
    >>> mg.finfo(mg.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type: Any = None) -> None:
        kind = DEFAULT if type is None else as_dtype(type).dtype
        if kind.kind != "f":
            raise TypeError(f"finfo is for floating dtypes, not {kind.name}: use iinfo.")
        limits = np.finfo(kind)
        self.bits, self.dtype = limits.bits, kind.name
        self.resolution, self.min, self.max = map(
            float, (limits.resolution, limits.min, limits.max)
        )
        self.eps, self.tiny = float(limits.eps), float(limits.tiny)
        self.smallest_normal = self.tiny

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        numbers = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"finfo({numbers}, dtype={self.dtype})"


class iinfo:
    """How far an integer dtype reaches: `max`, `min`, `bits`. TypeError for other dtypes.

    As `torch.iinfo`.

    >>> import minigrad as mg
    >>> mg.iinfo(mg.int32).max
    2147483647
    """

    def __init__(self, type: Any) -> None:
        kind = as_dtype(type).dtype
        if kind.kind != "i":
            raise TypeError(f"iinfo is for integer dtypes, not {kind.name}: use finfo.")
        limits = np.iinfo(kind)
        self.bits, self.dtype, self.min, self.max = limits.bits, kind.name, limits.min, limits.max

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


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
        if first is None:
            raise TypeError(f"{rule.name} needs a tensor, not numbers alone. Use mg.tensor(…).")
        if "f" in rule.takes:
            return operands  # all tensors are of one floating dtype already
    if rule.mixed:
        return operands
    after = 1 if rule.inputs[0] == "condition" else 0  # a condition keeps its own dtype
    wanted = result_type(*operands[after:]).dtype
    if rule.floating and wanted.kind != "f":
        wanted = DEFAULT
    errors.check_taken(rule, wanted)
    return operands[:after] + tuple(
        each if each.__class__ in NUMBERS else each.to(wanted) for each in operands[after:]
    )
