"""How a function of tensors becomes a method too, so that it is written once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from minigrad.tensor import Tensor

Function = TypeVar("Function", bound=Callable[..., Any])


def method(function: Function) -> Function:
    """Make `function(input, …)` a method of Tensor too."""
    setattr(Tensor, function.__name__, function)
    return function


def in_place(function: Function) -> Function:
    """Give Tensor the twin with a trailing underscore, which writes into its own memory."""

    def twin(self: Tensor, *others: Any, **keywords: Any) -> Tensor:
        return self._become(function(self._before(), *others, **keywords))

    name = f"{function.__name__}_"
    twin.__name__, twin.__qualname__ = name, f"Tensor.{name}"
    twin.__doc__ = (
        f"Do `{function.__name__}` in place. RuntimeError for a leaf that needs a gradient."
    )
    setattr(Tensor, name, twin)
    return function


_NUMPY_WORDS = {"axis": "dim", "keepdims": "keepdim"}


def numpy_words(function: Function) -> Function:
    """Let NumPy's `axis` and `keepdims` stand for PyTorch's `dim` and `keepdim`."""

    @functools.wraps(function)
    def spoken(*inputs: Any, **keywords: Any) -> Any:
        for numpys, ours in _NUMPY_WORDS.items():
            if numpys in keywords:
                if ours in keywords:
                    raise TypeError(f"{ours} and {numpys} mean the same: give one of them")
                keywords[ours] = keywords.pop(numpys)
        return function(*inputs, **keywords)

    return spoken  # type: ignore[return-value]
