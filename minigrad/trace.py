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
    """One tensor value. `op` is "" for a leaf; `badge` says what a named node does."""

    id: int
    name: str
    op: str
    badge: str
    shape: tuple[int, ...]
    dtype: str
    value: Array
    requires_grad: bool
    line: str | None


@dataclass(frozen=True)
class Edge:
    """`source` is the input at place `position` of the op that computed `target`."""

    id: int
    source: int
    target: int
    position: int


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
    """

    edge: int
    arriving: Array
    local: Array | None
    contribution: Array
    text: str


@dataclass(frozen=True)
class EdgeStep(Step):
    """Gradients move back over one edge, or over all edges of an op that just passes on."""

    moves: tuple[Move, ...]
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
class Trace:
    """A computation, ready to be stepped. `print` gives it as text.

    `grads` holds what the `.grad` of each leaf that requires a gradient held before.
    minigrad's own.

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
        heading = ""
        for i, step in enumerate(self.steps[1:], 1):
            part = "forward" if i <= self.opens_at else "backward"
            if part != heading:
                lines.append(part)
                heading = part
            formula = f"  [{step.formula}]" if part == "backward" and step.formula else ""
            lines.append(f"{i:4}  {step.sentence}{formula}")
        return "\n".join(lines)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def trace(source: Any, *inputs: Any, max_nodes: int | None = None) -> Trace:
    """Return a computation as data that can be stepped.

    `source` is a tensor (its recorded history is read, also after its graph was freed),
    or a function of `inputs` (it is run, and every op is kept), or a `mg.record`.
    Tracing writes no `.grad`. In-place changes are noticed, but not those made through NumPy
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
    from minigrad.tracing import build  # which needs the classes above

    return build(source, inputs, max_nodes)
