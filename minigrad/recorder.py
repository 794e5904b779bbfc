"""The two sources of a trace, brought to one form: a list of drafts, inputs before users.

`record` is told of every op while it runs. `replay` reads the record that autograd kept
and computes its values again, from the leaves.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import CodeType, FrameType
from typing import Any

import numpy as np

from minigrad import names, sentences
from minigrad.autograd.walk import place_of, reachable
from minigrad.errors import TraceError, called
from minigrad.graph import Node, Number, state
from minigrad.kernels import dispatch
from minigrad.rules import Elementwise, Row, Rule, Structured
from minigrad.rules.shape import detach
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
    parameters: Mapping[str, Any] | None = None
    mask: int = 0  # which inputs get a gradient
    requires_grad: bool = False
    no_grad: bool = False  # it was run inside a no_grad block
    line: str | None = None
    where: tuple[tuple[str, int], ...] = ()  # the file and line, and those it was called from
    module: Any = None  # whose call it is part of


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
        # By id of a node: the draft of what it computed. A backward pass that is recorded makes
        # its tensors anew from what was saved.
        self._of_node: dict[int, int] = {}
        self._held: list[Any] = []  # so that no id is used twice
        # By id of a detached tensor: what it was detached from, its version, and its place.
        self._detached: dict[int, tuple[Tensor, int, dict[str, Any]]] = {}
        self._frames: dict[int, FrameType] = {}
        self._outer: Any = None
        self._home: FrameType | None = None  # the cell or function that holds the block
        self.code: CodeType | None = None  # of that

    def __enter__(self) -> record:
        self._outer, state.recorder = state.recorder, self
        self._home = next(names.reader_frames())
        self.code = self._home.f_code
        return self

    def __exit__(self, *error: object) -> None:
        state.recorder = self._outer
        # A function's variables can still be read when it has returned. Then the frames
        # must go: they keep everything alive that the reader's code held.
        for frame in self._frames.values():
            self.names = names.named(iter([frame])) | self.names
        self._frames.clear()
        self._home = None

    def draft_of(self, tensor: Tensor) -> int:
        """Find the draft that holds a tensor's present value; a new leaf if there is none."""
        draft, version, count = self._draft_of.get(id(tensor), (-1, None, -1))
        if version is tensor._cell() and count == version[0]:
            return draft
        draft = self._of_node.get(id(tensor.grad_fn), -1)
        if draft >= 0 and _same(self.drafts[draft].value, tensor._data):
            return draft
        source, was, place = self._detached.get(id(tensor), (None, 0, {}))
        if source is not None and (tensor._cell() is source._cell() or tensor._version == was):
            inputs = (Input(self.draft_of(source)),)
            held = Draft(np.array(tensor._data), tensor, detach, inputs, **place)
            return self._append(tensor, held)
        leaf = Draft(np.array(tensor._data), tensor, requires_grad=tensor.requires_grad)
        return self._append(tensor, leaf)

    def _append(self, tensor: Tensor, draft: Draft) -> int:
        self._held.append(tensor)
        self._draft_of[id(tensor)] = len(self.drafts), tensor._cell(), tensor._version
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
        place = self._place()
        drafted = tuple(
            Input(self.draft_of(each)) if isinstance(each, Tensor) else each for each in inputs
        )
        if output._node is not None:
            self._held.append(output._node)
            self._of_node[id(output._node)] = len(self.drafts)
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
                not state.grad_enabled,
                **place,
            ),
        )

    def wrote(self, tensor: Tensor, result: Tensor) -> None:
        """Take down that `tensor` holds `result`'s value from now on; called by the engine."""
        if self._outer is not None:
            self._outer.wrote(tensor, result)
        self._held.append(tensor)
        draft = self.draft_of(result)
        self._draft_of[id(tensor)] = draft, tensor._cell(), tensor._version

    def detached(self, tensor: Tensor, source: Tensor) -> None:
        """Take down that `tensor` is `source`, cut off from its graph; called by the engine.

        It becomes a value of its own as soon as an op uses it.
        """
        if self._outer is not None:
            self._outer.detached(tensor, source)
        self._held.append(tensor)
        self._draft_of.pop(id(tensor), None)
        self._detached[id(tensor)] = source, tensor._version, self._place()

    def did(self, effect: Any, of: Tensor, given: tuple[Any, ...]) -> Any:
        """Do what a layer does besides, of which no trace is left; called by the engine."""
        if self._outer is not None:
            return self._outer.did(effect, of, given)
        return effect.function(of._array(), *given)

    def read_as(self, rule: Rule, tensor: Tensor, **parameters: Any) -> Any:
        """Read a tensor's numbers for a key, of which no trace is left; called by the engine."""
        if self._outer is not None:
            return self._outer.read_as(rule, tensor, **parameters)
        return rule.value(tensor._array(), **parameters)

    def checked(self, check: Any, inputs: tuple[Any, ...]) -> None:
        """Check numbers, of which no trace is left; called by the engine."""
        if self._outer is not None:
            self._outer.checked(check, inputs)
        else:
            check.function(*inputs)

    def _place(self) -> dict[str, Any]:
        """Where the engine is being used: the fields of a draft that say so."""
        where = []
        for frame in names.reader_frames():
            where.append((frame.f_code.co_filename, frame.f_lineno))
            if len(where) == 1:
                self._frames[id(frame)] = frame
            if frame is self._home:
                break
        return {
            "line": linecache.getline(*where[0]).strip(),
            "where": tuple(where),
            "module": module_called(),
        }


def module_called() -> Any:
    """Find the innermost module that is being called."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        # Whatever module it is, it is called through this method.
        method = frame.f_globals.get("__name__"), frame.f_code.co_name
        if method == ("minigrad.nn.hooks", "__call__"):
            return frame.f_locals["self"]
        frame = frame.f_back
    return None


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
        node.rule.check_pure()
        for each in node.inputs:
            if isinstance(each, Tensor):
                if each._last_write < node.number:
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


def recomputed(drafts: list[Draft], values: Mapping[int, Any]) -> list[Draft]:
    """Compute `drafts` again, with new values for some leaves; the old drafts stay as they are."""
    made: list[Draft] = []
    held: list[Any] = []
    for i, draft in enumerate(drafts):
        if draft.rule is None:
            value = values.get(i, draft.value)
        else:
            value = evaluated(draft.rule, draft.inputs, draft.parameters or {}, held)
        held.append(value)
        made.append(replace(draft, value=np.array(value)))
    return made


def evaluated(
    rule: Rule,
    inputs: tuple[Input | Number, ...],
    parameters: Mapping[str, Any],
    values: list[Any] | dict[int, Any],
) -> Any:
    """Compute one op from the values so far, on arrays."""
    raws = [values[each.draft][()] if isinstance(each, Input) else each for each in inputs]
    # A Function's own code may run ops, which dispatch for themselves.
    if isinstance(rule, Elementwise | Row | Structured) and dispatch.are_large(raws):
        return np.asarray(dispatch.value(rule, raws, parameters))
    return np.asarray(rule.value(*raws, **parameters))
