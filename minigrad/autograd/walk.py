"""The walk back through a recorded graph.

One walk serves both uses: on arrays it gives gradients; on Tensors the walk is itself
recorded, and gradients of gradients follow from the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from minigrad import errors
from minigrad.graph import Hook, Node
from minigrad.modes import set_grad_enabled, state
from minigrad.names import short
from minigrad.tensor import Tensor

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
    return sorted(found.values(), key=lambda node: -node.number)


class Walk:
    """One backward pass: cotangents on their way from the roots to the leaves.

    They are arrays, or, with `record`, Tensors, so that the pass is itself recorded.
    """

    def __init__(self, record: bool, keep: bool) -> None:
        self.record = record
        self.keep = keep  # else what nodes saved is let go as soon as it was used
        self.arrived: dict[int, tuple[Place, Any]] = {}  # by id of the place
        self.pending: dict[int, Any] = {}

    def arrive(self, place: Place, g: Any) -> None:
        """Add a contribution to what has come to a place so far."""
        if id(place) in self.arrived:
            g = self.arrived[id(place)][1] + g
        self.arrived[id(place)] = (place, g)

    def run(self, roots: Sequence[Place], wanted: Sequence[Place] | None) -> dict[int, Any]:
        """Go through all nodes; return what has come to each leaf, or to the `wanted` places."""
        nodes = reachable(roots)
        needed = None if wanted is None else _on_the_way(nodes, wanted)
        kept: dict[int, Any] = {}
        targets = {id(place) for place in wanted or ()}
        for node in nodes:
            if id(node) not in self.arrived or (needed is not None and id(node) not in needed):
                continue
            g = self._complete(node, self.arrived.pop(id(node))[1])
            if id(node) in targets:
                kept[id(node)] = node, g
            if needed is None or needed[id(node)]:
                self._go_back(node, g, needed)
        for place, g in self.arrived.values():
            if isinstance(place, Tensor) and (wanted is None or id(place) in targets):
                kept[id(place)] = place, self._hooked(place._hooks, g)
        return kept

    def _go_back(self, node: Node, g: Any, needed: dict[int, bool] | None) -> None:
        back = node.back if state.anomaly is None else partial(state.anomaly.back, node)
        for i, contribution in back(g, self):
            if contribution.__class__ is np.ndarray and not contribution.ndim:
                contribution = contribution[()]
            source = node.inputs[i]
            assert isinstance(source, Node | Tensor)
            if needed is None or id(source) in needed:
                self.arrive(source, contribution)

    def _complete(self, node: Node, g: Any) -> Any:
        """All has arrived at `node`: its hooks see the sum, and may change it."""
        if node.hooks:
            g = self._hooked(node.hooks, g)
        if node.retaining is not None:
            node.retaining(self._as_tensor(g))
        return g

    def _as_tensor(self, g: Any) -> Tensor:
        return g if self.record else Tensor(g)

    def _hooked(self, hooks: dict[int, Hook] | None, g: Any) -> Any:
        for hook in list((hooks or {}).values()):
            with set_grad_enabled(self.record):
                changed = hook(self._as_tensor(g))
            if changed is not None:
                errors.check_hook(g, changed)
                g = changed if self.record else changed._data
        return g


def _on_the_way(nodes: list[Node], wanted: Sequence[Place]) -> dict[int, bool]:
    """Which places lead to a wanted one; and whether the walk must go on behind them."""
    needed = {id(place): False for place in wanted}
    for node in reversed(nodes):
        if any(id(each) in needed for i, each in enumerate(node.inputs) if node.mask >> i & 1):
            needed[id(node)] = True
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
) -> dict[int, tuple[Place, Any]]:
    """Walk back from `outputs`; return (place, gradient) of each leaf or wanted place, by id."""
    create_graph = bool(create_graph)
    walk = Walk(create_graph, keep=create_graph if retain_graph is None else retain_graph)
    places = [place_of(each) for each in outputs]
    # NumPy's warnings are off, also where rules compute with Python numbers outside any op.
    with set_grad_enabled(create_graph), np.errstate(all="ignore"):
        for place, output, gradient in zip(places, outputs, gradients, strict=True):
            seed = _seed(output, gradient)
            walk.arrive(place, seed if create_graph else seed._data)
        return walk.run(places, wanted)


def add_to_grad(tensor: Tensor | None, g: Tensor, record: bool) -> None:
    """Add what a backward pass has found to `.grad`, in memory that no other `.grad` shares.

    In place, unless the pass is recorded: then the sum is an op as well.
    """
    if tensor is None:
        return  # it died, and nobody can ask for its gradient
    if tensor._grad is None:
        tensor._grad = Tensor(np.array(g._data)[()])
        tensor._grad._node = g._node
    elif record:
        tensor._grad = tensor._grad + g
    else:
        held = tensor._grad
        held._array()[...] += g._data
        held._writes[0] += 1


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
    into = None if inputs is None else _inputs("backward(inputs=…)", inputs)
    wanted = None if into is None else [place_of(each) for each in into]
    arrived = _walk_from(outs, seeds, retain_graph, create_graph, wanted)
    with np.errstate(all="ignore"):
        if into is None:
            for place, g in arrived.values():
                if isinstance(place, Tensor) and place._requires_grad:
                    add_to_grad(place, g if create_graph else Tensor(g), create_graph)
        for each in into or ():
            if id(place_of(each)) in arrived:
                g = arrived[id(place_of(each))][1]
                add_to_grad(each, g if create_graph else Tensor(g), create_graph)


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
        _, g = arrived.get(id(place), (None, None))
        if g is None and not allow_unused:
            raise RuntimeError(
                f"{errors.called(each)} was not used to compute the output. Leave it out, or give "
                "allow_unused=True to get None for it."
            )
        results.append(g if g is None or create_graph else Tensor(np.array(g)[()]))
    return tuple(results)
