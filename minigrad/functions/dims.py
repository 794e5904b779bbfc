"""How sizes and dims are read: integers, dims counted from the back, one or several."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from minigrad.errors import shaped
from minigrad.names import short
from minigrad.rules.rule import arguments
from minigrad.tensor import Tensor

Dims = int | tuple[int, ...] | list[int]


def integers(given: Any) -> tuple[int, ...]:
    """Read a size or a dim, or a list of them. TypeError for what is no integer, as True."""
    several = given if isinstance(given, tuple | list) else (given,)
    for each in several:
        if isinstance(each, bool) or not hasattr(each, "__index__"):
            raise TypeError(f"Sizes and dims are integers, not {short(repr(each))}.")
    return tuple(map(operator.index, several))


def listed(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Let the second argument's numbers be given one by one too, as in x.permute(2, 0, 1)."""
    name = arguments(function)[0][1]

    @functools.wraps(function)
    def spoken(input: Tensor, *given: Any, **keywords: Any) -> Tensor:
        if not given and name not in keywords:
            raise TypeError(f"{function.__name__} needs numbers for its {name}, or () for none.")
        numbers = keywords.pop(name) if not given else given[0] if len(given) == 1 else given
        return function(input, integers(numbers), **keywords)

    return spoken


def from_front(op: str, tensor: Tensor, dim: Any, more: int = 0) -> int:
    """Count a dim from the front; `more` dims than the tensor has are allowed."""
    (found,) = integers((dim,))
    many = tensor.ndim + more or 1  # a single number counts as one row
    if not -many <= found < many:
        raise IndexError(
            f"{op}: {shaped(tensor)} has no dim {found}; dim is from {-many} to {many - 1}."
        )
    return found % many


def each_from_front(op: str, tensor: Tensor, dims: Any) -> tuple[int, ...]:
    """Count one or several dims from the front; RuntimeError for one that is named twice."""
    found = tuple(from_front(op, tensor, each) for each in integers(dims))
    if len(set(found)) < len(found):
        raise RuntimeError(f"{op}: a dim is named twice in {tuple(dims)}. Name each once.")
    return found if tensor.ndim else ()


def as_axis(op: str, tensor: Tensor, dims: Any) -> Any:
    """The dims as the rules name them: None or an empty list means all of them."""
    if dims is None or (dims.__class__ is int and 0 <= dims < tensor._data.ndim):
        return dims
    found = each_from_front(op, tensor, dims)
    if isinstance(dims, tuple | list):
        return found or tuple(range(tensor.ndim))
    return found[0] if found else ()
