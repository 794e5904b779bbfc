"""How a function of tensors becomes a method too, so that it is written once."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from minigrad.names import short
from minigrad.rules.rule import arguments
from minigrad.tensor import INSTEAD_OF, Tensor

Function = TypeVar("Function", bound=Callable[..., Any])

# What may be given where a signature says so. A truth value is no int, as in PyTorch.
_TAKEN: dict[str, tuple[type, ...]] = {
    "Tensor": (Tensor,),
    "bool": (bool, np.bool_),
    "int": (int, np.integer),
    "float": (float, int, bool, np.number),
    "Number": (float, int, bool, np.number),
    "str": (str,),
    "Sequence[int]": (list, tuple),
    "None": (type(None),),
}


def checked(function: Function) -> Function:
    """Refuse arguments of another type than the signature says: a TypeError that names them.

    A Tensor of one number may stand for that number. Where the signature says Any, or has
    a type of its own, the function looks for itself.
    """
    names, words, _ = arguments(function)
    wanted = {}
    for name in (*names, *words):
        kinds = function.__annotations__[name].split(" | ")
        if all(kind in _TAKEN for kind in kinds):
            wanted[name] = kinds, tuple(type for kind in kinds for type in _TAKEN[kind])
    # What was found to be right: the types of arguments, then words, each with its type.
    known: set[tuple[Any, ...]] = set()

    def taken(name: str, value: Any) -> Any:
        kinds, types = wanted.get(name, ((), (object, bool)))
        if isinstance(value, types) and (value.__class__ is not bool or bool in types):
            return value
        if isinstance(value, Tensor) and int in types and not value.ndim:
            return taken(name, value.item())
        way_out = " Use mg.tensor(…)." if Tensor in types and value is not None else ""
        raise TypeError(
            f"{function.__name__}: {name} must be {' or '.join(kinds)}, not {short(repr(value))}."
            + way_out
        )

    @functools.wraps(function)
    def call(*inputs: Any, **keywords: Any) -> Any:
        if len(inputs) == 1 and not keywords and inputs[0].__class__ is Tensor:
            return function(*inputs)  # as most calls are
        kinds: tuple[Any, ...] = tuple(map(type, inputs))
        if keywords:
            kinds += (*keywords, *map(type, keywords.values()))
        if kinds in known:
            return function(*inputs, **keywords)
        named = [taken(*each) for each in zip(names, inputs, strict=False)]
        named += inputs[len(named) :]
        words = {name: taken(_NUMPY_WORDS.get(name, name), keywords[name]) for name in keywords}
        if all(map(operator.is_, (*named, *words.values()), (*inputs, *keywords.values()))):
            known.add(kinds)  # the next ones of these types are taken as they are, too
        return function(*named, **words)

    return call  # type: ignore[return-value]


def method(function: Function) -> Function:
    """Make `function(input, …)` a method of Tensor too, and have its arguments checked."""
    function = checked(function)
    setattr(Tensor, function.__name__, function)
    return function


def in_place(function: Function) -> Function:
    """Give Tensor the twin with a trailing underscore, which writes into its own memory."""

    def twin(self: Tensor, *others: Any, **keywords: Any) -> Tensor:
        usual = getattr(self._before(), function.__name__)
        return self._become(usual(*others, **keywords))

    name = f"{function.__name__}_"
    twin.__name__, twin.__qualname__ = name, f"Tensor.{name}"
    twin.__doc__ = (
        f"Do `{function.__name__}` in place, and return the tensor itself.\n\n"
        "RuntimeError for a leaf that requires a gradient, or a result of another shape; else "
        f"errors as in `{function.__name__}`. As `torch.Tensor.{name}`."
    )
    setattr(Tensor, name, twin)
    return function


def instead_of(numpys: Callable[..., Any]) -> Callable[[Function], Function]:
    """Have a function of NumPy's, called with a Tensor, mean this one."""

    def register(function: Function) -> Function:
        INSTEAD_OF[numpys] = function
        return function

    return register


_NUMPY_WORDS = {"axis": "dim", "keepdims": "keepdim"}


def numpy_words(function: Function) -> Function:
    """Let NumPy's `axis` and `keepdims` stand for PyTorch's `dim` and `keepdim`."""

    @functools.wraps(function)
    def spoken(*inputs: Any, **keywords: Any) -> Any:
        for numpys, ours in _NUMPY_WORDS.items() if keywords else ():
            if numpys in keywords:
                if ours in keywords:
                    raise TypeError(f"{ours} and {numpys} mean the same: give one of them")
                keywords[ours] = keywords.pop(numpys)
        return function(*inputs, **keywords)

    return spoken  # type: ignore[return-value]
