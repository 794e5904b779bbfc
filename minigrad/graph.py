"""What a computation leaves behind: nodes.

A `Node` is one op that was run and whose result requires a gradient. It is not a
Tensor: the same tensor may be written to in place and so go through several nodes.
Nodes point at their inputs only, never at their results, so there are no reference
cycles, and a graph dies with its tensors.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from minigrad.errors import check_saved
from minigrad.kernels import dispatch
from minigrad.kernels.layout import Stretch, stretches
from minigrad.modes import Number as Number
from minigrad.modes import module_changes
from minigrad.modes import state as state
from minigrad.rules import NUMBERS, Plan, Rule
from minigrad.rules.plan import Pull
from minigrad.rules.shape import sum_to, tied

if TYPE_CHECKING:
    from minigrad.tensor import Tensor

# They count down, so that a heap gives the latest first.
next_number = itertools.count(0, -1).__next__
# When any tensor's memory was last written to, on the same count. What was recorded since then
# need not look at the versions of its own.
last_write = [0]
_writing = threading.Lock()
Hook = Callable[["Tensor"], "Tensor | None"]
_hook_numbers = itertools.count()


def count_write(*cells: list[int]) -> int:
    """Count a write to the memories that these cells belong to (see `Tensor._cell`).

    Return its number.
    """
    with _writing:
        number = last_write[0] = next_number()
        for cell in cells:
            cell[0] += 1
            cell[1] = number
    return number


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
        module_changes[0] += 1

    def remove(self) -> None:
        """Take the hook away; once is enough, twice is no error."""
        self._hooks.pop(self._number, None)
        module_changes[0] += 1


class Node:
    """One op in the record of a computation.

    `inputs` holds, in the order of the rule's arguments, the node that computed the
    input, or the tensor itself where no node did, or a Python number. The `plan` is the
    rule's: it says which of them need a gradient, and what `saved` holds, the arrays that
    the rule's derivatives name. `watched` are the cells that count the writes to them: none may
    be later than the node.
    """

    __slots__ = (
        "hooks", "inputs", "number", "parameters", "plan", "retaining", "saved", "shapes",
        "watched", "where",
    )  # fmt: skip

    def fill(
        self,
        plan: Plan,
        inputs: Sequence[Node | Tensor | Number],
        parameters: Mapping[str, Any],
        shapes: tuple[tuple[int, ...], ...] | None,
        number: int,
    ) -> None:
        """Put in what it is to hold; without an __init__ a node is made in less time.

        The `number` is from before its op read any memory, so that a write of another thread
        meanwhile is later than the node.
        """
        self.plan = plan
        self.inputs: Sequence[Any] = inputs
        self.parameters = parameters
        self.saved: Any = ()  # a tuple, or None once it was let go
        self.watched: tuple[list[int], ...] = ()
        self.shapes = shapes  # of the inputs, where one may have been stretched
        self.number = number
        self.hooks: dict[int, Hook] | None = None  # called with the gradient that arrives
        self.retaining: Callable[[Any], None] | None = None  # keeps it, after the hooks
        self.where: Any = None  # the reader's line, in anomaly mode

    @property
    def rule(self) -> Rule:
        """The op that was run."""
        return self.plan.rule

    @property
    def mask(self) -> int:
        """Which inputs need a gradient: bit i for input i."""
        return self.plan.mask

    def name(self) -> str:
        """Return PyTorch's name for this step of the backward pass, such as AddBackward0."""
        return self.rule.grad_fn(self.inputs, self.parameters)

    def known(self, record: bool) -> dict[str, Any]:
        """What the rule's derivatives may ask for, by name; with `record` as Tensors."""
        check_saved(self)
        assert self.saved is not None
        names = self.plan.names
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
        place = -1 if name == "y" else self.rule.inputs.index(name)
        tensor._writes = self.watched[self.plan.numbers.index(place)]
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

    def back(self, g: Any, walk: Walk) -> Iterable[tuple[int, Any]]:
        """Turn the cotangent of the output into a contribution to each input that needs one."""
        self.check()
        if walk.record:
            contributions = self._back_recorded(g)
        else:
            contributions = [(i, self.pulled(i, pull, g)) for i, pull in self.plan.pulls]
        # The numbers that were saved are let go. Shapes alone serve a second pass as well.
        if self.plan.numbers and not walk.keep:
            self.saved = None
        return contributions

    def check(self) -> None:
        """Raise RuntimeError unless all that was saved is there still, and unchanged."""
        if self.saved is None:
            check_saved(self)
        for cell in self.watched:
            if cell[1] < self.number:
                check_saved(self)

    def pulled(self, position: int, pull: Pull, g: Any) -> Any:
        """Compute the contribution to one input from arrays."""
        contribution = g if pull is None else pull(g, self.saved, self.parameters)
        if self.shapes is None or contribution.shape == self.shapes[position]:
            return contribution
        return sum_to(contribution, self.shapes[position])

    def _back_recorded(self, g: Tensor) -> list[tuple[int, Any]]:
        names = self.known(record=True)
        contributions = []
        for i, _ in self.plan.pulls:
            contribution = self.rule.pull_back(i, names, g)
            if not contribution.requires_grad:
                contribution = self._tied(i, contribution, names)
            if self.shapes is not None and contribution.shape != self.shapes[i]:
                contribution = sum_to(contribution, self.shapes[i])
            contributions.append((i, contribution))
        return contributions

    def __lt__(self, other: Node) -> bool:
        return False  # in a heap, two of one number: the node of a saved output, made again

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class Walk(Protocol):
    """What a node must know of the backward pass it takes part in."""

    keep: bool  # whether nodes keep what they saved, for another pass
    record: bool  # whether cotangents are Tensors, and what is done with them is recorded
    arrived: dict[Any, Any]  # the cotangents of those places that are still to be walked
    pending: dict[int, Any]  # for ops with several outputs: what has come so far


def large(plan: Plan, shapes: tuple[tuple[int, ...], ...] | None) -> Plan:
    """Return the plan for large operands of these shapes: it goes back by loops where it can."""
    if shapes is None or shapes[1:] == shapes[:-1]:
        return _large(plan, None)
    return _large(plan, stretches(shapes))


@cache
def _large(plan: Plan, stretched: tuple[Stretch | None, ...] | None) -> Plan:
    pulls = tuple([
        (i, dispatch.way_back(plan, i, pull, None if stretched is None else stretched[i]))
        for i, pull in plan.pulls
    ])  # fmt: skip
    return Plan(plan.rule, plan.mask, plan.names, plan.keep, plan.numbers, pulls)


def recorded(
    rule: Rule,
    mask: int,
    operands: Sequence[Any],
    raws: list[Any],
    places: Sequence[Node | Tensor | Number],
    parameters: Mapping[str, Any],
    output: Tensor,
    is_large: bool,
    number: int,
) -> None:
    """Give `output` the node of the op that made it; those in `mask` require a gradient."""
    plan = rule.plan(mask)
    shapes = None
    if rule.broadcasts and len(raws) > 1:
        shapes = tuple([() if each.__class__ in NUMBERS else each.shape for each in raws])
    if is_large:
        plan = large(plan, shapes)
    output._node = node = Node()
    node.fill(plan, places, parameters, shapes, number)
    if plan.keep is not None:
        plan.keep(node, *operands, *raws, output._data, output)
