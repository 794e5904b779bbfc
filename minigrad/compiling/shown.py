"""Who may see a tensor's numbers while a function is recorded, and what all others get."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.compiling import notices
from minigrad.tensor import Tensor

if TYPE_CHECKING:
    from minigrad.compiling.recording import Recording


def computes(frame: FrameType) -> bool:
    """Whether code takes arrays to run an op with them, or to share their memory."""
    module, name = frame.f_globals.get("__name__"), frame.f_code.co_qualname
    if module == "minigrad.tensor":
        shares = name in ("Tensor.detach", "Tensor._share", "Tensor._follow")
        return shares or not (name.startswith("Tensor.") or name == "_arrays")
    return module == "minigrad.graph"


# Code that is about to write; ours, which may use constants that it made; and that which asks for
# shapes and dtypes.
WRITING = {"Tensor._before", "Tensor._become", "Tensor._put", "check_in_place"}
FUNCTIONS = ("minigrad.functions", "minigrad.nn")
ASKING = (
    "minigrad.functions", "minigrad.nn", "minigrad.dtypes", "minigrad.errors", "minigrad.tensor",
    "minigrad.random", "minigrad.arrays", "minigrad.recorder",
)  # fmt: skip
_ASPECTS = {"shape", "dtype", "ndim", "size", "itemsize", "nbytes", "strides", "flags"}
_LIKE = {np.empty_like, np.zeros_like, np.ones_like, np.full_like, np.shape, np.ndim, np.size}


class Shown:
    """An array whose shape and dtype may be asked for. Any other use is told to the recording."""

    __slots__ = ("_array", "_recording", "_tensor")

    def __init__(self, array: Any, recording: Recording, tensor: Tensor) -> None:
        self._array = array
        self._recording = recording
        self._tensor = tensor

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # what isinstance() asks
        return type(self._array)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._array if name in _ASPECTS else self._read(), name)

    def _read(self) -> Any:
        self._recording.read(self._tensor, self._array)
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self._read(), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        return getattr(ufunc, method)(*_plain(inputs), **_plain(keywords))

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> Any:
        only_layout = function is np.reshape and keywords.get("copy") is False
        if function in _LIKE or only_layout:
            return function(self._array, *inputs[1:], **keywords)
        return function(*_plain(inputs), **_plain(keywords))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._recording.refuse(notices.WRITES)
        self._array[_plain(key)] = _plain(value)

    __hash__ = object.__hash__


def _plain(value: Any) -> Any:
    """Replace what is `Shown` by arrays, which is a read."""
    if type(value) is Shown:
        return value._read()
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value))
    return {name: _plain(each) for name, each in value.items()} if type(value) is dict else value


def _reading(name: str) -> Callable[..., Any]:
    def method(self: Shown, *inputs: Any) -> Any:
        return getattr(self._read(), name)(*_plain(inputs))

    return method


# What Python asks of an object: a number, a comparison, arithmetic from either side.
_ASKED = """
    bool int float complex index len iter contains getitem str repr format neg pos abs invert round
    eq ne lt le gt ge
"""
_ARITHMETIC = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
for _name in [*_ASKED.split(), *_ARITHMETIC.split(), *(f"r{e}" for e in _ARITHMETIC.split())]:
    setattr(Shown, f"__{_name}__", _reading(f"__{_name}__"))
