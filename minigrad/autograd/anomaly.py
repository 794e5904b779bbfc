"""Anomaly mode: ops remember the reader's line, and a NaN on the way back names its birthplace."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad import names, printing
from minigrad.errors import called
from minigrad.graph import Node, Walk
from minigrad.modes import state
from minigrad.tensor import Tensor


class Where(NamedTuple):
    """Where an op ran and on what: copies, because its arrays may be written to later."""

    line: str
    operands: list[Any]
    output: Any


class detect_anomaly:
    """Look for NaN in every backward pass of the block, and say where it came from.

    Run the forward pass in the block too: then each op remembers its line and its
    numbers, which costs time and memory. RuntimeError as soon as an op gives NaN as the
    gradient for an input; not if `check_nan` is False. Any other error of the backward
    pass gets a note with the op's line. It holds on this thread only.
    As `torch.autograd.detect_anomaly`, which warns of its cost besides.

    >>> import minigrad as mg
    >>> x = mg.tensor(0.0, requires_grad=True)
    >>> with mg.autograd.detect_anomaly():
    ...     y = x**0.5 * 0
    ...     y.backward()
    Traceback (most recent call last):
    RuntimeError: Function 'PowBackward0' returned nan values in its 0th output: the gradient \
for x is NaN, where x is 0 and the gradient 0 arrived. pow ran in line 2 of the cell: y = x**0.5 * 0
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        # A stack, because one object may be entered again before it is left.
        self._before: list[detect_anomaly | None] = []

    def __enter__(self) -> None:
        self._before.append(state.anomaly)
        state.anomaly = self

    def __exit__(self, *error: object) -> None:
        state.anomaly = self._before.pop()

    def note(self, node: Node, operands: list[Any], output: Any) -> None:
        """Remember where an op ran; called by the engine for every op that it records."""
        frame = next(names.reader_frames())
        file, number = frame.f_code.co_filename, frame.f_lineno
        # A notebook's cell has a file name too, but there is no such file.
        place = Path(file).name if Path(file).is_file() else "the cell"
        text = linecache.getline(file, number).strip()
        line = f"{node.rule.name} ran in line {number} of {place}{text and f': {text}'}"
        node.where = Where(line, [_copy(each) for each in operands], _copy(output))

    def back(self, node: Node, g: Any, walk: Walk) -> list[tuple[int, Any]]:
        """Walk back through a node with both eyes open; called by the engine for every one."""
        try:
            contributions = list(node.back(g, walk))
        except Exception as error:
            if node.where is not None:
                error.add_note(f"In the forward pass {node.where.line}")
            raise
        for position, contribution in contributions:
            if self.check_nan and _has_nan(contribution):
                raise RuntimeError(_told(node, position, g, contribution))
        return contributions


class set_detect_anomaly(detect_anomaly):
    """Switch anomaly mode on or off: from now on, or for a block.

    As `torch.autograd.set_detect_anomaly`; see `detect_anomaly`.

    >>> import minigrad as mg
    >>> with mg.autograd.set_detect_anomaly(True):
    ...     y = mg.tensor(2.0, requires_grad=True) * 3
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(check_nan)
        self._before.append(state.anomaly)
        state.anomaly = self if mode else None

    def __enter__(self) -> None:
        """Nothing is left to do: it was set when it was made."""


def _copy(value: Any) -> Any:
    return np.array(value._data if isinstance(value, Tensor) else value)


def _has_nan(value: Any) -> bool:
    array = _copy(value)
    return array.dtype.kind == "f" and bool(np.isnan(array).any())


def _told(node: Node, position: int, g: Any, contribution: Any) -> str:
    """Say which gradient is NaN, what came in, and where the first NaN was born."""
    nan = np.isnan(_copy(contribution))
    cell = tuple(np.argwhere(nan)[0].tolist())
    who = _who(node.inputs[position])

    def there(value: Any) -> str:
        array = _copy(value)
        return printing.full(array[cell] if array.shape == nan.shape else array)

    # PyTorch counts as outputs what can have a gradient: neither numbers nor conditions.
    index = sum(
        isinstance(each, Node) or (isinstance(each, Tensor) and each.dtype.is_floating_point)
        for each in node.inputs[:position]
    )
    said = (
        f"Function '{node.name()}' returned nan values in its {index}th output: the gradient for "
        f"{who} is NaN{f' at {list(cell)}' if cell else ''}, where "
    )
    if node.where is None:
        return (
            f"{said}the gradient {there(g)} arrived. Run the forward pass in anomaly mode too, "
            "and its line will be named."
        )
    held = there(node.where.operands[position])
    return f"{said}{who} is {held} and the gradient {there(g)} arrived. {_birth(node)}"


def _who(source: Any) -> str:
    """Name what the gradient belongs to, by its variable where it has one."""
    if isinstance(source, Tensor):
        return called(source)
    for name, value in names.variables(names.reader_frames()):
        if isinstance(value, Tensor) and value.grad_fn is source:
            return name
    return f"the result of {source.rule.name}"


def _birth(node: Node) -> str:
    """Follow NaN through the forward pass to where it began."""
    born = node
    while True:
        assert born.where is not None
        source = next(
            (
                each
                for each, held in zip(born.inputs, born.where.operands, strict=True)
                if isinstance(each, Node | Tensor) and _has_nan(held)
            ),
            None,
        )
        if not isinstance(source, Node) or source.where is None:
            break
        born = source
    if source is not None:
        return f"{node.where.line}. NaN was in {_who(source)} before anomaly mode saw it."
    if not _has_nan(born.where.output):
        return node.where.line
    numbers = " and ".join(printing.full(each) for each in born.where.operands)
    again = "" if born is node else f"{node.where.line}. "
    return f"{again}The first NaN is in the forward pass: of {numbers}, {born.where.line}"
