"""What a computation leaves behind: nodes.

A `Node` is one op that was run and whose result requires a gradient. It is not a
Tensor: the same tensor may be written to in place and so go through several nodes.
Nodes point at their inputs only, never at their results, so there are no reference
cycles, and a graph dies with its tensors.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from minigrad.errors import check_saved
from minigrad.modes import Number as Number
from minigrad.modes import state as state
from minigrad.rules import NUMBERS, Rule
from minigrad.rules.shape import sum_to, tied

if TYPE_CHECKING:
    from minigrad.tensor import Tensor

_numbers = itertools.count()
Hook = Callable[["Tensor"], "Tensor | None"]
_hook_numbers = itertools.count()


class RemovableHandle:
    """What registering a hook returns; `remove()` takes the hook away again.

    As `torch.utils.hooks.RemovableHandle`.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> handle = x.register_hook(print)
    >>> handle.remove()
    """

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks = hooks
        self._number = next(_hook_numbers)
        hooks[self._number] = hook

    def remove(self) -> None:
        """Take the hook away; once is enough, twice is no error."""
        self._hooks.pop(self._number, None)


class Node:
    """One op in the record of a computation.

    `inputs` holds, in the order of the rule's arguments, the node that computed the
    input, or the tensor itself where no node did, or a Python number. `mask` says
    which of them need a gradient. `saved` holds the arrays that the rule's derivatives
    name; `watched` says which tensors must not have changed since, as (argument name,
    version counter, version at recording).
    """

    __slots__ = (
        "hooks", "inputs", "mask", "number", "parameters", "retaining", "rule", "saved", "shapes",
        "watched", "where",
    )  # fmt: skip

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
        self.hooks: dict[int, Hook] | None = None  # called with the gradient that arrives
        self.retaining: Callable[[Any], None] | None = None  # keeps it, after the hooks
        self.where: Any = None  # the reader's line, in anomaly mode

    def name(self) -> str:
        """Return PyTorch's name for this step of the backward pass, such as AddBackward0."""
        return self.rule.grad_fn(self.inputs, self.parameters)

    def known(self, record: bool) -> dict[str, Any]:
        """What the rule's derivatives may ask for, by name; with `record` as Tensors."""
        check_saved(self)
        assert self.saved is not None
        names = self.rule.plan(self.mask).names
        if not record:
            return {**self.parameters, **dict(zip(names, self.saved, strict=True))}
        lifted = (self._lifted(*pair) for pair in zip(names, self.saved, strict=True))
        return {**self.parameters, **dict(zip(names, lifted, strict=True))}

    def _lifted(self, name: str, value: Any) -> Any:
        """Give a saved array back its place in the graph."""
        from minigrad.tensor import Tensor  # which needs this module first

        if name == "y":
            source: Any = self
        elif name in self.rule.inputs:
            source = self.inputs[self.rule.inputs.index(name)]
        else:
            return value  # a shape or a dtype
        if not isinstance(source, Node):
            return source
        tensor = Tensor(value)
        tensor._node = source
        tensor._writes = next(cell for each, cell, _ in self.watched if each == name)
        return tensor

    def _tied(self, position: int, g: Tensor, names: dict[str, Any]) -> Tensor:
        """Let a gradient that was only selected, like relu's, depend on what selected it.

        Its slope there is 0, and can be asked for, as in PyTorch.
        """
        derivative = self.rule.derivatives[position]
        for name in derivative.names if derivative else ():
            if getattr(names.get(name), "requires_grad", False):
                return tied(g, names[name])
        return g

    def back(self, g: Any, walk: Walk) -> Iterator[tuple[int, Any]]:
        """Turn the cotangent of the output into a contribution to each input that needs one."""
        names = self.known(walk.record)
        for i in range(len(self.inputs)):
            if self.mask >> i & 1:
                contribution = self.rule.pull_back(i, names, g)
                if walk.record and not contribution.requires_grad:
                    contribution = self._tied(i, contribution, names)
                if self.shapes is not None and contribution.shape != self.shapes[i]:
                    contribution = sum_to(contribution, self.shapes[i])
                yield i, contribution
        # The numbers that were saved are let go. Shapes alone serve a second pass as well.
        if not walk.keep and self.rule.plan(self.mask).numbers:
            self.saved = None

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class Walk(Protocol):
    """What a node must know of the backward pass it takes part in."""

    keep: bool  # whether nodes keep what they saved, for another pass
    record: bool  # whether cotangents are Tensors, and what is done with them is recorded
    arrived: dict[int, tuple[Any, Any]]  # by id: (place, cotangent) of what is still to be walked
    pending: dict[int, Any]  # for ops with several outputs: what has come so far


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
    mask &= rule.differentiable
    if not mask or output._data.dtype.kind != "f":
        return None
    plan = rule.plan(mask)
    held = [*raws, output._data]
    saved = [getattr(held[i], aspect) if aspect else held[i] for i, aspect in plan.sources]
    watched = [
        (rule.inputs[i], each._writes, each._writes[0])
        for i, each in enumerate(operands)
        if each.__class__ not in NUMBERS and (each._node is None or i in plan.numbers)
    ]
    if -1 in plan.numbers:
        watched.append(("y", output._writes, 0))
    shapes = None
    if rule.broadcasts:
        shape = output._data.shape
        for i, raw in enumerate(raws):
            if mask >> i & 1 and raw.shape != shape:
                shapes = tuple(getattr(each, "shape", ()) for each in raws)
    node = Node(rule, tuple(inputs), parameters, mask, tuple(saved), tuple(watched), shapes)
    if state.anomaly is not None:
        state.anomaly.note(node, raws, output._data)
    return node
