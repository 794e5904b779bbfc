"""What a computation leaves behind: nodes, and the switches that say what is kept.

A `Node` is one op that was run and whose result requires a gradient. It is not a
Tensor: the same tensor may be written to in place and so go through several nodes.
Nodes point at their inputs only, never at their results, so there are no reference
cycles, and a graph dies with its tensors.
"""

from __future__ import annotations

import contextvars
import itertools
import threading
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from minigrad.errors import check_view
from minigrad.rules import NUMBERS, Rule

if TYPE_CHECKING:
    from minigrad.tensor import Tensor

Number = bool | int | float
_numbers = itertools.count()


class Recorder(Protocol):
    """Whoever wants to be told of every op that is run (see `minigrad.record`)."""

    def add(
        self,
        rule: Rule,
        inputs: tuple[Tensor | Number, ...],
        parameters: dict[str, Any],
        output: Tensor,
    ) -> None:
        """Take down one op."""

    def wrote(self, tensor: Tensor, result: Tensor) -> None:
        """Take down that `tensor` now holds `result`'s value."""


class _State(threading.local):
    """The switches of one thread."""

    def __init__(self) -> None:
        self.grad_enabled = True
        self.recorder: Recorder | None = None
        # NumPy keeps its floating-point warnings in a context variable. A context of our
        # own, with them off, is as silent as PyTorch, leaves the user's settings alone
        # and costs a tenth of np.errstate.
        silent = contextvars.Context()
        silent.run(np.seterr, all="ignore")
        self.silently: Callable[..., Any] = silent.run


state = _State()


def is_grad_enabled() -> bool:
    """Whether ops on this thread are being recorded for a backward pass.

    >>> import minigrad as mg
    >>> mg.is_grad_enabled()
    True
    """
    return state.grad_enabled


class no_grad(ContextDecorator):
    """Switch recording off, for a block or for a whole function, on this thread only.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def __init__(self) -> None:
        # A stack, because one object may be entered again before it is left.
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(state.grad_enabled)
        state.grad_enabled = False

    def __exit__(self, *error: object) -> None:
        state.grad_enabled = self._before.pop()

    def _recreate_cm(self) -> no_grad:
        # A decorated function may run on several threads: each call has its own stack.
        return no_grad()


class Node:
    """One op in the record of a computation.

    `inputs` holds, in the order of the rule's arguments, the node that computed the
    input, or the tensor itself where no node did, or a Python number. `mask` says
    which of them need a gradient. `saved` holds the arrays that the rule's derivatives
    name; `watched` says which tensors must not have changed since, as (argument name,
    version counter, version at recording).
    """

    __slots__ = ("inputs", "mask", "number", "parameters", "rule", "saved", "shapes", "watched")

    def __init__(
        self,
        rule: Rule,
        inputs: tuple[Node | Tensor | Number, ...],
        parameters: dict[str, Any],
        mask: int,
        saved: tuple[Any, ...],
        watched: tuple[tuple[str, list[int], int], ...],
        shapes: tuple[tuple[int, ...], ...] | None,
    ) -> None:
        self.rule = rule
        self.inputs = inputs
        self.parameters = parameters
        self.mask = mask
        self.saved: tuple[Any, ...] | None = saved
        self.watched = watched
        self.shapes = shapes  # of the inputs, where the output's differs
        self.number = next(_numbers)

    def name(self) -> str:
        """Return PyTorch's name for this step of the backward pass, such as AddBackward0."""
        return self.rule.grad_fn(self.inputs, self.parameters)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


def recorded(
    rule: Rule,
    operands: tuple[Any, ...],
    raws: list[Any],
    parameters: dict[str, Any],
    output: Tensor,
) -> Node | None:
    """Make the node of an op that was run, if one of its tensors requires a gradient."""
    mask = 0
    inputs: list[Any] = []
    for i, each in enumerate(operands):
        if each.__class__ in NUMBERS:
            inputs.append(each)
            continue
        if each._node is not None:
            mask |= 1 << i
            inputs.append(each._node)
        else:
            mask |= each._requires_grad << i
            inputs.append(each)
        if each._view is not None:
            check_view(each)
    mask &= rule.differentiable
    if not mask or output._data.dtype.kind != "f":
        return None
    plan = rule.plan(mask)
    held = [*raws, output._data]
    saved = [getattr(held[i], aspect) if aspect else held[i] for i, aspect in plan.sources]
    watched = [
        (rule.inputs[i], each._version, each._version[0])
        for i, each in enumerate(operands)
        if each.__class__ not in NUMBERS and (each._node is None or i in plan.numbers)
    ]
    if -1 in plan.numbers:
        watched.append(("y", output._version, 0))
    shapes = None
    if rule.broadcasts:
        shape = output._data.shape
        for i, raw in enumerate(raws):
            if mask >> i & 1 and raw.shape != shape:
                shapes = tuple(getattr(each, "shape", ()) for each in raws)
    return Node(rule, tuple(inputs), parameters, mask, tuple(saved), tuple(watched), shapes)
