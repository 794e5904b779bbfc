"""The walk back through a recorded graph.

One walk serves both uses: on arrays it gives gradients; on Tensors the walk is itself
recorded, and gradients of gradients follow from the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush, heappushpop
from operator import add
from sys import getrefcount
from typing import Any

import numpy as np

from minigrad import errors
from minigrad.graph import Hook, Node, last_write
from minigrad.kernels import blocks
from minigrad.modes import NONE, WARNINGS, set_grad_enabled, state
from minigrad.names import short
from minigrad.rules.shape import sum_to
from minigrad.tensor import Tensor

_ARRAY = np.ndarray
_ONE = {np.float32: np.float32(1), np.float64: np.float64(1)}
# What a gradient belongs to: a node, or a leaf tensor.
Place = Node | Tensor


def place_of(tensor: Tensor) -> Place:
    """Where a tensor's gradient arrives."""
    return tensor.grad_fn or tensor


def reachable(roots: Sequence[Place]) -> list[Node]:
    """All nodes behind `roots`, each after every node that uses it."""
    waiting = [root for root in roots if isinstance(root, Node)]
    found = {id(node): node for node in waiting}
    while waiting:
        for each in waiting.pop().inputs:
            if isinstance(each, Node) and id(each) not in found:
                found[id(each)] = each
                waiting.append(each)
    return sorted(found.values(), key=lambda node: node.number)


def _added(a: Any, b: Any, alone: bool = False) -> Any:
    """Add two contributions, arrays or Tensors; into b if it is large, and `alone`: held here."""
    if b.__class__ is not _ARRAY:
        return a + b
    if alone and blocks.is_whole(b):
        return np.add(a, b, out=b)  # no third large array
    return blocks.result(np.add, a, b)


class Walk:
    """One backward pass: cotangents on their way from the roots to the leaves.

    They are arrays, or, with `record`, Tensors, so that the pass is itself recorded.
    """

    def __init__(self, record: bool, keep: bool) -> None:
        self.record = record
        self.keep = keep  # else what nodes saved is let go as soon as it was used
        self.arrived: dict[Place, Any] = {}
        self.pending: dict[int, Any] = {}
        # The nodes where something has arrived, as a heap: those recorded last come first, so
        # that all which uses a node is walked before it.
        self.waiting: list[tuple[int, Node]] = []

    def arrive(self, place: Place, g: Any) -> None:
        """Add a contribution to what has come to a place so far."""
        if g.__class__ is _ARRAY and not g.ndim:
            g = g[()]
        if place in self.arrived:
            self.arrived[place] = _added(self.arrived[place], g)
        else:
            self.arrived[place] = g
            if isinstance(place, Node):
                heappush(self.waiting, (place.number, place))

    def run(self, roots: Sequence[Place], wanted: Sequence[Place] | None) -> dict[Place, Any]:
        """Go through all nodes; return what has come to each leaf, or to the `wanted` places."""
        needed = None if wanted is None else _on_the_way(reachable(roots), wanted)
        targets = {*(wanted or ())}
        kept: dict[Place, Any] = {}
        arrived, waiting, arrive = self.arrived, self.waiting, self.arrive
        anomaly = state.anomaly
        plain = anomaly is None and needed is None and not self.record
        probe = object()
        once = getrefcount(probe)  # as often as Python counts what one variable holds
        # The entry made last stays out of the heap, since most often it is the next.
        latest: tuple[int, Node] | None = None
        while waiting or latest is not None:
            _, node = heappop(waiting) if latest is None else heappushpop(waiting, latest)
            latest = None
            g = arrived.pop(node)
            if node.hooks or node.retaining is not None:
                g = self._complete(node, g)
            if plain and node.__class__ is Node:
                # What `back` and `arrive` do, in line: calls would be a good part of the time.
                if node.number > last_write[0] or node.saved is None:
                    node.check()
                saved, parameters, shapes = node.saved, node.parameters, node.shapes
                inputs = node.inputs
                plan = node.plan
                for i, pull in plan.pulls:
                    contribution = g if pull is None else pull(g, saved, parameters)
                    if contribution.__class__ is _ARRAY:
                        if shapes is not None and contribution.shape != shapes[i]:
                            contribution = sum_to(contribution, shapes[i])
                        if not contribution.ndim:
                            contribution = contribution[()]
                    source = inputs[i]
                    before = arrived.get(source)
                    if before is not None:
                        if contribution.__class__ is _ARRAY:
                            large = contribution.nbytes >= blocks.LEAST
                            alone = large and getrefcount(contribution) == once
                            arrived[source] = _added(before, contribution, alone)
                        else:
                            arrived[source] = before + contribution
                    else:
                        arrived[source] = contribution
                        if source.__class__ is Node or not isinstance(source, Tensor):
                            if latest is not None:
                                heappush(waiting, latest)
                            latest = source.number, source
                if plan.numbers and not self.keep:
                    node.saved = None
                continue
            if needed is not None:
                if node in targets:
                    kept[node] = g
                if not needed.get(node):
                    continue
            contributions = node.back(g, self) if anomaly is None else anomaly.back(node, g, self)
            for i, contribution in contributions:
                if needed is None or node.inputs[i] in needed:
                    arrive(node.inputs[i], contribution)
        if wanted is not None:
            arrived = kept | {place: g for place, g in arrived.items() if place in targets}
        for place, g in arrived.items():
            if isinstance(place, Tensor) and place._hooks:
                arrived[place] = self._hooked(place._hooks, g)
        return arrived

    def _complete(self, node: Node, g: Any) -> Any:
        """All has arrived at `node`: its hooks see the sum, and may change it."""
        if node.hooks:
            g = self._hooked(node.hooks, g)
        if node.retaining is not None:
            node.retaining(self._as_tensor(g))
        return g

    def _as_tensor(self, g: Any) -> Tensor:
        return g if self.record else Tensor(g)

    def _hooked(self, hooks: dict[int, Hook], g: Any) -> Any:
        for hook in list(hooks.values()):
            with set_grad_enabled(self.record):
                changed = hook(self._as_tensor(g))
            if changed is not None:
                errors.check_hook(g, changed)
                g = changed if self.record else changed._data
        return g


def _on_the_way(nodes: list[Node], wanted: Sequence[Place]) -> dict[Place, bool]:
    """Which places lead to a wanted one; and whether the walk must go on behind them."""
    needed = dict.fromkeys(wanted, False)
    for node in reversed(nodes):
        if any(each in needed for i, each in enumerate(node.inputs) if node.mask >> i & 1):
            needed[node] = True
    return needed


def _seed(output: Tensor, gradient: Tensor | None) -> Tensor:
    """Check the cotangent to start from; a single number starts from 1."""
    if not output.requires_grad:
        raise RuntimeError(
            f"{errors.called(output)} was not computed from a tensor that requires a gradient, so "
            "there is nothing to walk back through. Create an input with requires_grad=True, "
            "outside no_grad."
        )
    if gradient is None:
        if output._data.size != 1:
            who, code = errors.called(output), errors.called(output, "")
            raise RuntimeError(
                f"A backward pass starts from one number, but {who} has shape "
                f"{tuple(output.shape)}. Reduce it first, as in {code}.sum().backward(), or give "
                "a gradient of that shape."
            )
        return Tensor(np.ones_like(output._data)[()])
    if gradient.shape != output.shape:
        raise RuntimeError(
            f"The gradient to start from has shape {tuple(gradient.shape)}, but "
            f"{errors.called(output)} has {tuple(output.shape)}. They must be equal."
        )
    return gradient.to(output.dtype)


def _walk_from(
    outputs: Sequence[Tensor],
    gradients: Sequence[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
    wanted: Sequence[Place] | None,
) -> dict[Place, Any]:
    """Walk back from `outputs`; return what has come to each leaf or wanted place."""
    create_graph = bool(create_graph)
    walk = Walk(create_graph, keep=create_graph if retain_graph is None else retain_graph)
    places = [place_of(each) for each in outputs]
    for place, output, gradient in zip(places, outputs, gradients, strict=True):
        tracked = isinstance(place, Node) or output._requires_grad
        if tracked and gradient is None and output._data.__class__ in _ONE:
            seed = _ONE[output._data.__class__]
            walk.arrive(place, Tensor(seed) if create_graph else seed)
        else:
            seed = _seed(output, gradient)
            walk.arrive(place, seed if create_graph else seed._data)
    # NumPy's warnings are off, also where rules compute with Python numbers outside any op.
    token = WARNINGS.set(NONE)
    try:
        if not create_graph:
            return walk.run(places, wanted)
        with set_grad_enabled(True):
            return walk.run(places, wanted)
    finally:
        WARNINGS.reset(token)


def add_to_grad(tensor: Tensor | None, g: Any, record: bool, alone: bool = False) -> None:
    """Add what a backward pass has found to `.grad`, in memory that no other `.grad` shares.

    `g` is an array, and the sum is written in place; or, if the pass is recorded, a Tensor, and
    the sum is an op as well. An array that is `alone` nobody else holds: it needs no copy.
    """
    if tensor is None:
        return  # it died, and nobody can ask for its gradient
    held = tensor._grad
    if record:
        tensor._grad = Tensor(np.array(g._data)[()]) if held is None else held + g
        if held is None:
            tensor._grad._node = g._node
    elif held is None:
        tensor._grad = Tensor(g if alone or g.__class__ is not _ARRAY else blocks.copied(g))
    else:
        held._overwrite(state.silently(add, held._data, g))


def _backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add d(self)/d(leaf) to the `.grad` of every leaf that this was computed from.

    `gradient` is the cotangent to start from, of self's shape; a tensor with one
    element starts from 1. `inputs`, if given, are the only tensors whose `.grad` is
    added to. `create_graph` records the backward pass too, so that it can be
    differentiated. RuntimeError if several numbers have no `gradient`, or one of another
    shape, if the graph was freed by an earlier pass and not retained, or if a tensor it
    needs was changed in place. As `torch.Tensor.backward`.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> (x * x).backward()
    >>> x.grad
    tensor(6.)
    """
    if gradient is not None:
        _paired(self, gradient)
    _deposit((self,), (gradient,), retain_graph, create_graph, inputs)


_backward.__name__ = "backward"
Tensor.backward = _backward  # type: ignore[attr-defined]


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of leaves.

    `grad_tensors` holds a cotangent for each, or None. The rest, and errors, as in
    `Tensor.backward`; RuntimeError too for empty `inputs`. As `torch.autograd.backward`.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> mg.autograd.backward([x * 3, x * 4])
    >>> x.grad
    tensor(7.)
    """
    outs, seeds = _paired(tensors, grad_tensors)
    _deposit(outs, seeds, retain_graph, create_graph, inputs)


def _deposit(
    outs: Sequence[Tensor],
    seeds: Sequence[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Tensor | Sequence[Tensor] | None,
) -> None:
    """Walk back, and add what has come to leaves, or to `inputs`, to their `.grad`."""
    into = None if inputs is None else _inputs("backward(inputs=…)", inputs)
    wanted = None if into is None else [place_of(each) for each in into]
    arrived = _walk_from(outs, seeds, retain_graph, create_graph, wanted)
    if into is None:
        probe = object()
        once = getrefcount(probe)  # as often as Python counts what one variable holds
        for place in [*arrived]:
            g = arrived.pop(place)
            if isinstance(place, Tensor) and place._requires_grad:
                alone = g.__class__ is _ARRAY and getrefcount(g) == once and blocks.is_whole(g)
                add_to_grad(place, g, create_graph, alone)
    for each in into or ():
        if place_of(each) in arrived and not each.retains_grad:  # which has added it already
            g = arrived[place_of(each)]
            add_to_grad(each, g, create_graph)


def _listed(what: str, given: Any, refusal: type[Exception] = TypeError) -> list[Any]:
    """Read one tensor, or several in a list; None may stand for the gradient of one."""
    several = isinstance(given, Iterable) and not isinstance(given, Tensor)
    listed = list(given) if several else [given]
    for each in listed:
        if not isinstance(each, Tensor) and not (several and each is None and what == "gradients"):
            error = refusal if several else TypeError
            raise error(f"The {what} of a backward pass are Tensors, not {short(repr(each))}.")
    return listed


def _inputs(who: str, given: Any) -> list[Tensor]:
    """Read the tensors whose gradients are wanted."""
    found = _listed("inputs", given, RuntimeError)
    if not found:
        raise RuntimeError(f"{who}: inputs is empty. Name the tensors whose gradients you want.")
    for each in found:
        errors.check_tracked(who, each)
    return found


def _paired(
    outputs: Tensor | Sequence[Tensor], gradients: Tensor | Sequence[Tensor | None] | None
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Give each output the cotangent to start from, None where there is none."""
    outs = _listed("outputs", outputs)
    seeds = [None] * len(outs) if gradients is None else _listed("gradients", gradients)
    if len(seeds) != len(outs):
        raise RuntimeError(f"{len(outs)} outputs need as many gradients, not {len(seeds)}.")
    return outs, seeds


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return d(outputs)/d(input) for each input, and touch no `.grad`.

    With `create_graph` the results are recorded and can be differentiated again.
    RuntimeError if an input requires no gradient, or was not used, unless `allow_unused` gives
    None for it; else errors as in `Tensor.backward`. As `torch.autograd.grad`.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> (slope,) = mg.autograd.grad(x**3, x, create_graph=True)
    >>> mg.autograd.grad(slope, x)
    (tensor(12.),)
    """
    outs, seeds = _paired(outputs, grad_outputs)
    ins = _inputs("grad", inputs)
    places = [place_of(each) for each in ins]
    arrived = _walk_from(outs, seeds, retain_graph, create_graph, places)
    results: list[Tensor | None] = []
    for each, place in zip(ins, places, strict=True):
        g = arrived.get(place)
        if g is None and not allow_unused:
            raise RuntimeError(
                f"{errors.called(each)} was not used to compute the output. Leave it out, or give "
                "allow_unused=True to get None for it."
            )
        results.append(g if g is None or create_graph else Tensor(np.array(g)[()]))
    return tuple(results)
