"""A computation as plain data: nodes, edges, and the steps forward and back.

Everything that shows a computation (the stepper, `print`, the tests) reads this one
list. The builder knows no calculus: slopes and contributions come from the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy.typing as npt

from minigrad.printing import brief, full

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Node:
    """One tensor value. `id` is its place among the nodes, of which inputs come before users.

    `op` is "" for a leaf; `badge` says what a named op does. `value` is a copy of the numbers.
    `layer` is the path of the module that it belongs to, as in "model.0", or "".
    `line` is the reader's line that computed it, `line_number` where that stands in the
    trace's `code`, counted from 1; None where that is not certain. `group` is the path of the
    ops that this one node stands for, where some are shown as one.
    """

    id: int
    name: str
    op: str
    badge: str
    shape: tuple[int, ...]
    dtype: str
    value: Array
    requires_grad: bool
    line: str | None
    line_number: int | None = None
    layer: str = ""
    group: str = ""


@dataclass(frozen=True)
class Edge:
    """`source` is the input at place `position` of the op that computed `target`.

    `cut` says why no gradient comes back although there are numbers that could have one:
    "frozen" (the source is a leaf that requires none), "no_grad", "detach"; else it is "".
    """

    id: int
    source: int
    target: int
    position: int
    cut: str = ""


@dataclass(frozen=True)
class Step:
    """One press of "Step forward": what it says, and (in the subclasses) its numbers."""

    sentence: str
    formula: str
    kind: ClassVar[str] = "step"


@dataclass(frozen=True)
class Start(Step):
    """Before anything was computed: only leaves have values."""

    kind: ClassVar[str] = "start"


@dataclass(frozen=True)
class Forward(Step):
    """`node` gets its value."""

    node: int
    kind: ClassVar[str] = "forward"


@dataclass(frozen=True)
class Seed(Step):
    """The walk back starts: the root against itself."""

    node: int
    gradient: Array
    kind: ClassVar[str] = "seed"


@dataclass(frozen=True)
class Move:
    """What comes over one edge: arriving × local = contribution.

    `local` is None for a structured op, whose gradient is no product with a slope.
    `text` is the product, or the structured op's equation, as the stepper shows it.
    `jacobian`, for an op that has no `local`, has one row for each number of the output and one
    column for each of the input; it is there only where both are 2 to 8.
    """

    edge: int
    arriving: Array
    local: Array | None
    contribution: Array
    text: str
    jacobian: Array | None = None


@dataclass(frozen=True)
class EdgeStep(Step):
    """Gradients move back over one edge, or over all edges of an op that just passes on.

    `waits` is the end of the sentence that says which roads have yet to arrive, or "".
    """

    moves: tuple[Move, ...]
    waits: str = ""
    kind: ClassVar[str] = "edge"


@dataclass(frozen=True)
class Unbroadcast(Step):
    """What came over `edge` is summed along `axes`, back to the source's own shape."""

    edge: int
    axes: tuple[int, ...]
    before: Array
    after: Array
    kind: ClassVar[str] = "unbroadcast"


@dataclass(frozen=True)
class Meet(Step):
    """All roads into `node` have arrived: their contributions are added."""

    node: int
    parts: tuple[Array, ...]
    total: Array
    text: str
    kind: ClassVar[str] = "meet"


@dataclass(frozen=True)
class Deposit(Step):
    """A leaf's finished gradient is added to its .grad, which held `before`."""

    node: int
    before: Array | None
    added: Array
    after: Array
    text: str
    kind: ClassVar[str] = "deposit"


@dataclass(frozen=True)
class Inside(Step):
    """What happened inside of ops that are shown as one `node`."""

    node: int
    kind: ClassVar[str] = "inside"


@dataclass(frozen=True)
class Trace:
    """A computation, ready to be stepped. `print` gives it as text.

    `root` is the id of the node where the walk back starts. `grads` holds, by its id, what the
    `.grad` of each leaf that requires a gradient held before. `code` is the source that the reader
    wrote, line by line, or empty where no node's line is known. minigrad's own.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> mg.trace(x * x).nodes[-1].name
    'x·x'
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    steps: tuple[Step, ...]
    root: int
    grads: dict[int, Array | None]
    code: tuple[str, ...] = ()

    @property
    def opens_at(self) -> int:
        """Which step a viewer shows first: the end of the forward pass. minigrad's own.

        >>> import minigrad as mg
        >>> x = mg.tensor(3.0, requires_grad=True)
        >>> trace = mg.trace(x * x)
        >>> trace.steps[trace.opens_at].kind
        'forward'
        """
        return max(i for i, step in enumerate(self.steps) if step.kind in ("start", "forward"))

    def __str__(self) -> str:
        root = self.nodes[self.root]
        lines = [
            f"{root.name} = {brief(root.value)}: {_many(len(self.nodes), 'node')}, "
            f"{_many(len(self.edges), 'edge')}, {_many(len(self.steps) - 1, 'step')}",
            *(
                f"  {node.name}"
                + ("" if node.name == full(node.value) else f" = {full(node.value)}")
                + ("" if node.requires_grad else ", no gradient required")
                for node in self.nodes
                if not node.op
            ),
        ]
        heading, turn = "", self.opens_at
        for i, step in enumerate(self.steps[1:], 1):
            part = "forward" if i <= turn else "backward"
            if part != heading:
                lines.append(part)
                heading = part
            formula = f"  [{step.formula}]" if part == "backward" and step.formula else ""
            lines.append(f"{i:4}  {step.sentence}{formula}")
        return "\n".join(lines)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def trace(source: Any, *inputs: Any, passes: int = 1, max_nodes: int | None = None) -> Trace:
    """Return a computation as data that can be stepped.

    `source` is a tensor (its recorded history is read, also after its graph was freed),
    or a function of `inputs` (it is run, and every op is kept), or a `mg.record`.
    Each of the `passes` walks back once more and adds to the leaves' gradients. Tracing
    writes no `.grad`. In-place changes are noticed, but not those made through NumPy
    to an array that shares a tensor's memory. TraceError, a RuntimeError with one sentence, where
    nothing can be stepped; also for more than `max_nodes` nodes, if given. minigrad's own.

    >>> import minigrad as mg
    >>> a = mg.tensor(3.0, requires_grad=True)
    >>> for step in mg.trace(a * a).steps[2:5]:  # doctest: +ELLIPSIS
    ...     print(step.sentence)
    a·a against itself: slope 1. We walk back from here.
    The slope of a·a for a is a, and a is 3, ... One of a’s two roads has arrived; a must wait.
    The slope of a·a for a is a, and a is 3, so this road brings 1 × 3 = 3.
    """
    from minigrad.tracing import Computation  # which needs the classes above

    return Computation(source, inputs, max_nodes, passes).trace
