"""What a function did, once: the ops that it ran, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.modes import Number
from minigrad.nn.functional.effects import Effect
from minigrad.rules import Rule, indexing
from minigrad.tensor import Tensor


@dataclass(frozen=True, eq=False)
class Value:
    """An array of a program: its shape and dtype, and what the reader calls it, if anything."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    name: str = ""


@dataclass(frozen=True, eq=False)
class Op:
    """One op: `output` is what `rule` made of `inputs`.

    `mask` says which inputs a gradient flows back to (bit i: input i), 0 for none. `place`
    is where the reader's code asked for it: the line and, if there is one, the module.
    """

    rule: Rule | Effect
    inputs: tuple[Value | Number, ...]
    parameters: dict[str, Any]  # in a key may be values
    output: Value
    mask: int = 0
    place: str = ""


def values_in(parameters: dict[str, Any]) -> list[Value]:
    """The values that parameters hold: in a key."""
    keys = [each for each in parameters.values() if isinstance(each, tuple)]
    return [each for key in keys for each in key if isinstance(each, Value)]


def filled(parameters: dict[str, Any], found: Mapping[Value, Any]) -> dict[str, Any]:
    """Put what was found for values in their place."""
    return {
        name: tuple(found[each] if isinstance(each, Value) else each for each in it)
        if type(it) is tuple
        else it
        for name, it in parameters.items()
    }


# One of `nn.functional.checks`, and what it is given: values, and what it says with them.
Check = tuple[Any, tuple[Any, ...]]


@dataclass
class Program:
    """The ops of one call in the order in which they ran, and where their values come from."""

    arguments: list[Value]  # the tensors that the function was given
    captured: list[tuple[Value, Tensor]]  # those that it found elsewhere, such as parameters
    constants: list[tuple[Value, Any]]  # arrays that it made of plain numbers
    checks: list[Check] = field(default_factory=list)  # of numbers that are there before
    ops: list[Op] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    tracked: list[int] = field(default_factory=list)  # the outputs that gradients come back to
    wanted: list[Value] = field(default_factory=list)  # arguments and captured that need a gradient

    @property
    def effects(self) -> list[Effect]:
        """What it does besides."""
        return [op.rule for op in self.ops if isinstance(op.rule, Effect)]

    def indices_first(self) -> bool:
        """Have indices looked at before anything is done that could not be undone.

        False where there is one that is computed.
        """
        given = {id(each) for each in self.arguments}
        given |= {id(value) for value, _ in [*self.captured, *self.constants]}
        first = [op for op in self.ops if op.rule in (indexing.counted, indexing.one_hot)]
        self.ops = first + [op for op in self.ops if op not in first]
        return all(id(each) in given for op in first for each in op.inputs)
