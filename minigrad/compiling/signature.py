"""What tells the calls of a function apart: shapes and dtypes of tensors, and all else by value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import dtypes
from minigrad.compiling.script import kind_of
from minigrad.modes import state
from minigrad.tensor import Tensor

_VALUES = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype)


class Signature(NamedTuple):
    """Calls with the same `key` run the same code on their `tensors`."""

    key: tuple[Any, ...]
    tensors: list[Tensor]
    others: list[Any]  # what is told apart by identity, and may be anything


def signature(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Signature:
    """Take the arguments of a call apart."""
    key: list[Any] = [state.grad_enabled, dtypes.DEFAULT]
    tensors: list[Tensor] = []
    others: list[Any] = []
    for each in args:
        if isinstance(each, Tensor):
            _add(each, key, tensors)
        else:
            _look_into(each, key, tensors, others)
    for name, each in kwargs.items():
        key.append(name)
        _look_into(each, key, tensors, others)
    return Signature(tuple(key), tensors, others)


def argument_names(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[int, str]:
    """What a function calls the tensors that it is given, by id."""
    try:
        named = inspect.signature(getattr(fn, "forward", fn)).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):  # it will say so itself; or Python does not know
        return {}
    names: dict[int, str] = {}
    for name, value in named.items():
        several = value if isinstance(value, tuple) else (value,)
        for i, each in enumerate(several):
            names[id(each)] = name if several is not value else f"{name}{i}"
    return names


def _add(tensor: Tensor, key: list[Any], tensors: list[Tensor]) -> None:
    key.append(kind_of(tensor))
    tensors.append(tensor)


def _look_into(value: Any, key: list[Any], tensors: list[Tensor], others: list[Any]) -> None:
    if isinstance(value, Tensor):
        _add(value, key, tensors)
    elif type(value) in (list, tuple):
        key.append((type(value), len(value)))
        for each in value:
            _look_into(each, key, tensors, others)
    elif type(value) is dict:
        key.append((dict, tuple(map(_known_by, value))))
        for each in value.values():
            _look_into(each, key, tensors, others)
    elif isinstance(value, np.ndarray):
        key.append((value.shape, value.dtype, value.tobytes()))
    else:
        key.append(_known_by(value))
        if not isinstance(value, _VALUES):
            others.append(value)


def _known_by(value: Any) -> tuple[type, Any]:
    # By what is printed: 0.0 and -0.0 are equal.
    return type(value), repr(value) if isinstance(value, _VALUES) else id(value)
