"""The silent mistake of many first programs: a column of predictions minus a row of targets."""

from __future__ import annotations

import operator
from typing import Any

from minigrad import names
from minigrad.errors import called, warn
from minigrad.graph import Node
from minigrad.rules import elementwise, reductions
from minigrad.tensor import Tensor

# The ops that turn a difference into how large it is.
_SIZES = {"abs", "mul", "norm", "pow"}


def warn_of_pairs(output: Tensor) -> None:
    """Warn where `output` is one number made of N × N differences by broadcasting.

    That is: of squares or sizes of the differences between a tracked (N, 1) and an untracked
    (N,) tensor, or the reverse. Where both are tracked, every pair may well be meant.
    """
    size: Any = output._node
    op = None
    while isinstance(size, Node) and size.rule in (reductions.sum, reductions.mean):
        op, size = op or size.rule.name, size.inputs[0]
    if output.ndim or not isinstance(size, Node) or size.rule.name not in _SIZES:
        return
    inputs: Any = size.inputs
    first, last = inputs[0], inputs[-1 if size.rule is elementwise.mul else 0]
    if not all(getattr(each, "rule", None) is elementwise.sub for each in (first, last)):
        return
    shapes = first.shapes or ((), ())
    row, column = sorted(shapes, key=len)
    apart = len(row) == 1 and row != (1,) and column == (*row, 1) and first.mask in (1, 2)
    if apart and all(map(operator.is_, first.inputs, last.inputs)):
        left, right = (
            f"{_name_of(place)} {shape}" for place, shape in zip(first.inputs, shapes, strict=True)
        )
        warn(
            f"This is the {op or size.rule.name} over {row[0]} × {row[0]} differences: {left} − "
            f"{right} takes each number of the one with every number of the other. If they belong "
            "together one by one, give them the same shape: .squeeze(1) makes a column flat, "
            ".reshape(-1, 1) makes one."
        )


def _name_of(place: Any) -> str:
    """What the reader calls an input of a node."""
    if isinstance(place, Tensor):
        return called(place)
    for name, value in names.variables(names.reader_frames()):
        if isinstance(value, Tensor) and value._node is place:
            return name
    return "a computed tensor"
