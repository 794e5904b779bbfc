"""What each call of compiled code does in Python, as straight-line text for one signature.

For small arrays this takes longer than the loops. So nothing is asked that is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.tensor import Tensor

SIMPLE = (bool, int, float, complex, str, bytes, type(None), type(...), range, slice, np.generic)


def same(a: Any, b: Any) -> bool:
    """Whether nobody could tell one from the other: identity, or value where there is no more."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, SIMPLE) and repr(a) == repr(b)


class Kind(NamedTuple):
    """What tensors of one kind have in common."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]  # how it lies in memory decides what can be viewed
    tracked: bool


def kind_of(tensor: Tensor) -> Kind:
    """Find the kind of a tensor."""
    array = tensor._data
    tracked = tensor._requires_grad or tensor.grad_fn is not None
    return Kind(array.shape, array.dtype, array.strides, tracked)


class Script:
    """A function in the making: its lines, and the objects that they name."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._named: dict[str, Any] = {}

    def name(self, it: Any) -> str:
        """What the lines call an object."""
        found = f"it{len(self._named)}"
        self._named[found] = it
        return found

    def add(self, *lines: str) -> None:
        """Go on with these lines."""
        self._lines += lines

    def unless(self, test: str) -> None:
        """Go on only where a test holds; else the function returns NotImplemented."""
        self.add(f"if not ({test}):", "    return NotImplemented")

    def unless_same(self, now: str, before: Any) -> None:
        """Go on only where an expression gives what it gave before."""
        name = self.name(before)
        self.unless(f"{now} is {name} or {self.name(same)}({now}, {name})")

    def function(self, head: str) -> Callable[..., Any]:
        """Make the function, which is called like its `head`."""
        text = "\n    ".join([f"def {head}:", *self._lines])
        exec(text, self._named)
        made: Callable[..., Any] = self._named.pop(head.partition("(")[0])
        return made

    def take(self, arguments: Sequence[Kind]) -> None:
        """Take `*given`, which must be of these kinds: xᵢ, its data dᵢ and its node nᵢ."""
        self.unless(f"len(given) == {len(arguments)}")
        kind = self.name(Tensor)
        for i, each in enumerate(arguments):
            self.add(f"x{i} = given[{i}]")
            self.unless(f"isinstance(x{i}, {kind})")
            self.add(f"d{i} = x{i}._data", self.node(i, f"x{i}"))
            dtype = self.name(each.dtype)
            self.unless(
                f"(d{i}.dtype is {dtype} or d{i}.dtype == {dtype}) and d{i}.shape == {each.shape} "
                f"and d{i}.strides == {each.strides} "
                f"and (n{i} is not None or x{i}._requires_grad) is {each.tracked}"
            )

    def node(self, i: int, tensor: str) -> str:
        """The line that finds the node of a tensor, None for a leaf."""
        return f"n{i} = {tensor}._node if {tensor}._view is None else {tensor}.grad_fn"


def listed(texts: Iterable[str]) -> str:
    """A list of what some texts say."""
    return f"[{', '.join(texts)}]"
