"""Modules that hold modules, and the one that holds nothing."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from minigrad.nn.module import Module

__all__ = ["Identity", "ModuleList", "Sequential"]


class _Numbered(Module):
    """Modules under the names 0, 1, 2, …"""

    def __len__(self) -> int:
        return len(self._own(Module))

    def __iter__(self) -> Iterator[Module]:
        return iter([module for _, module in self._own(Module)])

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            return self._of(self._own(Module)[key])
        return self._own(Module)[self._place(key)][1]

    def __setitem__(self, key: int, module: Module) -> None:
        setattr(self, self._own(Module)[self._place(key)][0], module)

    def __delitem__(self, key: int | slice) -> None:
        names = [name for name, _ in self._own(Module)]
        for name in names[key] if isinstance(key, slice) else [names[self._place(key)]]:
            delattr(self, name)
        kept = [*self]
        for name, _ in self._own(Module):
            delattr(self, name)
        self.extend(kept)

    def _place(self, key: int) -> int:
        many = len(self)
        if not -many <= operator.index(key) < many:
            raise IndexError(
                f"This {type(self).__name__} has {many} modules, so there is none at {key}."
            )
        return operator.index(key)

    def _of(self, named: list[tuple[str, Module]]) -> Self:
        raise NotImplementedError

    def append(self, module: Module) -> Self:
        """Add a module at the end; returns itself. As `torch.nn.Sequential.append`.

        >>> import minigrad as mg
        >>> mg.nn.Sequential(mg.nn.Tanh()).append(mg.nn.ReLU())[1]
        ReLU()
        """
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end; returns itself. As `torch.nn.Sequential.extend`.

        >>> import minigrad as mg
        >>> len(mg.nn.ModuleList().extend([mg.nn.Tanh(), mg.nn.ReLU()]))
        2
        """
        for module in modules:
            self.append(module)
        return self


class Sequential(_Numbered):
    """Modules that are called one after the other, each with what the one before returned.

    Takes modules, or one dict of names and modules. Indexing gives a module, slicing a shorter
    Sequential that shares them; IndexError for a place that there is not. As
    `torch.nn.Sequential`.

    >>> import minigrad as mg
    >>> model = mg.nn.Sequential(mg.nn.Linear(3, 4), mg.nn.Tanh(), mg.nn.Linear(4, 1))
    >>> model(mg.zeros(5, 3)).shape
    torch.Size([5, 1])
    >>> model[1]
    Tanh()
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = enumerate(modules)
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = modules[0].items()  # type: ignore[assignment]
        for name, module in named:
            self.add_module(str(name), module)

    def _of(self, named: list[tuple[str, Module]]) -> Self:
        return type(self)(dict(named))

    def forward(self, input: Any) -> Any:
        """Call them in turn."""
        for module in self:
            input = module(input)
        return input


class ModuleList(_Numbered):
    """A list of modules whose parameters are found; what to do with them is up to you.

    A plain Python list would hide them. IndexError for a place that there is not. As
    `torch.nn.ModuleList`.

    >>> import minigrad as mg
    >>> layers = mg.nn.ModuleList([mg.nn.Linear(2, 2), mg.nn.Linear(2, 1)])
    >>> len(layers), len(list(layers.parameters()))
    (2, 4)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def _of(self, named: list[tuple[str, Module]]) -> Self:
        return type(self)(module for _, module in named)


class Identity(Module):
    """Returns its input; takes any arguments and ignores them. As `torch.nn.Identity`.

    >>> import minigrad as mg
    >>> mg.nn.Identity(54, name="unused")(mg.tensor(1.0))
    tensor(1.)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return the input."""
        return input
