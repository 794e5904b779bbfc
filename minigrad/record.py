"""The two sources of a trace, brought to one form: a list of drafts, inputs before users.

`record` is told of every op while it runs. `replay` reads the record that autograd kept
and computes its values again, from the leaves.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from minigrad import names, sentences
from minigrad.autograd.walk import place_of, reachable
from minigrad.errors import TraceError, called
from minigrad.graph import Node, Number, state
from minigrad.rules import Rule
from minigrad.tensor import Tensor


@dataclass(frozen=True)
class Input:
    """Stands for the value that an earlier draft computed."""

    draft: int


@dataclass(frozen=True)
class Draft:
    """One value: a leaf (no rule), or what an op made of its inputs."""

    value: Any
    place: Node | Tensor  # whose value it is, to find its name by
    rule: Rule | None = None
    inputs: tuple[Input | Number, ...] = ()
    parameters: dict[str, Any] | None = None
    mask: int = 0  # which inputs get a gradient
    requires_grad: bool = False
    line: str | None = None


class record:
    """Keep every op that runs in the block: also under no_grad, on integers and in place.

    `mg.trace` makes steps of it. minigrad's own.

    >>> import minigrad as mg
    >>> with mg.record() as recording:
    ...     y = mg.tensor(3.0) * 2
    >>> mg.trace(recording).nodes[-1].value
    array(6., dtype=float32)
    """

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.names: dict[int, str] = {}  # by id of a tensor in `_held`
        # By id of a tensor: the draft that holds its value, and of which version that is.
        self._draft_of: dict[int, tuple[int, list[int] | None, int]] = {}
        self._held: list[Tensor] = []  # so that no id is used twice
        self._frames: dict[int, FrameType] = {}
        self._outer: Any = None

    def __enter__(self) -> record:
        self._outer, state.recorder = state.recorder, self
        return self

    def __exit__(self, *error: object) -> None:
        state.recorder = self._outer
        # A function's variables can still be read when it has returned. Then the frames
        # must go: they keep everything alive that the reader's code held.
        for frame in self._frames.values():
            for name, value in names.variables(iter([frame])):
                if isinstance(value, Tensor):
                    self.names.setdefault(id(value), name)
        self._frames.clear()

    def draft_of(self, tensor: Tensor) -> int:
        """Find the draft that holds a tensor's present value; a new leaf if there is none."""
        draft, version, count = self._draft_of.get(id(tensor), (-1, None, -1))
        if version is tensor._writes and count == version[0]:
            return draft
        leaf = Draft(np.array(tensor._data), tensor, requires_grad=tensor.requires_grad)
        return self._append(tensor, leaf)

    def _append(self, tensor: Tensor, draft: Draft) -> int:
        self._held.append(tensor)
        self._draft_of[id(tensor)] = len(self.drafts), tensor._writes, tensor._writes[0]
        self.drafts.append(draft)
        return len(self.drafts) - 1

    def add(
        self,
        rule: Rule,
        inputs: tuple[Tensor | Number, ...],
        parameters: dict[str, Any],
        output: Tensor,
    ) -> None:
        """Take down one op; called by the engine."""
        if self._outer is not None:
            self._outer.add(rule, inputs, parameters, output)
        frame = next(names.reader_frames())
        self._frames[id(frame)] = frame
        drafted = tuple(
            Input(self.draft_of(each)) if isinstance(each, Tensor) else each for each in inputs
        )
        self._append(
            output,
            Draft(
                np.array(output._data),
                output,
                rule,
                drafted,
                parameters,
                output._node.mask if output._node else 0,
                output.requires_grad,
                linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip(),
            ),
        )

    def wrote(self, tensor: Tensor, result: Tensor) -> None:
        """Take down that `tensor` holds `result`'s value from now on; called by the engine."""
        if self._outer is not None:
            self._outer.wrote(tensor, result)
        self._held.append(tensor)
        draft = self.draft_of(result)
        self._draft_of[id(tensor)] = draft, tensor._writes, tensor._writes[0]


def check_size(many: int, most: int | None) -> None:
    """Refuse a graph that nobody could read."""
    if most is not None and many > most:
        raise TraceError(sentences.TOO_LARGE.format(many=many, most=most))


def replay(root: Tensor, max_nodes: int | None) -> list[Draft]:
    """Read autograd's record of `root` and compute its values again, from the leaves."""
    nodes = reachable([place_of(root)])[::-1]
    leaves = {id(each) for node in nodes for each in node.inputs if isinstance(each, Tensor)}
    check_size(len(nodes) + len(leaves), max_nodes)
    drafts: list[Draft] = []
    values: list[Any] = []
    draft_of: dict[int, int] = {}

    def append(draft: Draft, value: Any) -> None:
        draft_of[id(draft.place)] = len(drafts)
        drafts.append(draft)
        values.append(value)

    for node in nodes:
        versions = {name: (cell, recorded) for name, cell, recorded in node.watched}
        for name, each in zip(node.rule.inputs, node.inputs, strict=True):
            if isinstance(each, Tensor):
                cell, recorded = versions[name]
                if cell[0] != recorded:
                    raise TraceError(sentences.CHANGED.format(who=called(each), root=called(root)))
                if id(each) not in draft_of:
                    leaf = Draft(np.array(each._data), each, requires_grad=each._requires_grad)
                    # Not the copy: numbers that lie apart in memory are summed in another order.
                    append(leaf, np.asarray(each._data))
        inputs = tuple(
            Input(draft_of[id(each)]) if isinstance(each, Node | Tensor) else each
            for each in node.inputs
        )
        value = evaluated(node.rule, inputs, node.parameters, values)
        kept = np.array(value)  # the value of a view would change with its base
        append(Draft(kept, node, node.rule, inputs, node.parameters, node.mask, True), value)
    if not _same(values[-1], root._data):
        who = _changed(root, draft_of, values)
        raise TraceError(sentences.CHANGED_BETWEEN.format(who=who, root=called(root)))
    return drafts


def _same(a: Any, b: Any) -> bool:
    return np.array_equal(a, b, equal_nan=True)


def _changed(root: Tensor, draft_of: dict[int, int], values: list[Any]) -> str:
    """Name a variable that no longer holds what was computed for it."""
    for name, value in names.variables(names.reader_frames()):
        known = isinstance(value, Tensor) and value is not root
        draft = draft_of.get(id(value.grad_fn)) if known else None
        if draft is not None and not _same(values[draft], value._data):
            return name
    return sentences.BETWEEN


def evaluated(
    rule: Rule, inputs: tuple[Input | Number, ...], parameters: dict[str, Any], values: list[Any]
) -> Any:
    """Compute one op from the values so far, on arrays."""
    raws = [values[each.draft][()] if isinstance(each, Input) else each for each in inputs]
    return np.asarray(rule.value(*raws, **parameters))
