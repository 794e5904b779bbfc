"""What a function did, once: the ops that it ran, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.modes import Number
from minigrad.rules import Rule
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

    rule: Rule
    inputs: tuple[Value | Number, ...]
    parameters: dict[str, Any]
    output: Value
    mask: int = 0
    place: str = ""


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
