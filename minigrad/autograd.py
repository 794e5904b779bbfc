"""The walk back through a recorded graph.

One walk serves both uses: on arrays it gives gradients; on Tensors the walk is itself
recorded, and gradients of gradients follow from the same rules.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import errors
from minigrad.graph import Node, state
from minigrad.rules.shape import sum_to
from minigrad.tensor import Tensor, as_tensor

# What a gradient belongs to: a node, or a leaf tensor.
Place = Node | Tensor


def place_of(tensor: Tensor) -> Place:
    """Where a tensor's gradient arrives."""
    return tensor._node or tensor


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


def known(node: Node, lift: Callable[[Any, str], Any] | None = None) -> dict[str, Any]:
    """What the rule's derivatives may ask for, by name."""
    errors.check_saved(node)
    assert node.saved is not None
    names = node.rule.plan(node.mask).names
    values = zip(names, node.saved, strict=True)
    if lift is None:
        return {**node.parameters, **dict(values)}
    return {**node.parameters, **{name: lift(value, name) for name, value in values}}


def _as_tensors(node: Node) -> Callable[[Any, str], Any]:
    """Give saved arrays back their place in the graph."""

    def lift(value: Any, name: str) -> Any:
        if name == "y":
            source: Any = node
        elif name in node.rule.inputs:
            source = node.inputs[node.rule.inputs.index(name)]
        else:
            return value  # a shape or a dtype
        if not isinstance(source, Node):
            return source
        tensor = Tensor(value)
        tensor._node = source
        tensor._version = next(cell for each, cell, _ in node.watched if each == name)
        return tensor

    return lift


def walk(
    seeds: Sequence[tuple[Place, Any]], *, record: bool, keep: bool
) -> dict[int, tuple[Place, Any]]:
    """Carry cotangents from the roots to the leaves; return what arrived, by id of place.

    With `record` the cotangents are Tensors, else arrays. Without `keep` the saved
    arrays are let go as soon as they were used.
    """
    arrived: dict[int, tuple[Place, Any]] = {}

    def arrive(place: Place, g: Any) -> None:
        if id(place) in arrived:
            g = arrived[id(place)][1] + g
        arrived[id(place)] = (place, g)

    for place, g in seeds:
        arrive(place, g)
    for node in reachable([place for place, _ in seeds]):
        if id(node) not in arrived:
            continue
        g = arrived[id(node)][1]
        names = known(node, _as_tensors(node) if record else None)
        for i, source in enumerate(node.inputs):
            if not node.mask >> i & 1:
                continue
            contribution = node.rule.pull_back(i, names, g)
            if node.shapes is not None and contribution.shape != node.shapes[i]:
                contribution = sum_to(contribution, node.shapes[i])
            if isinstance(contribution, np.ndarray) and not contribution.ndim:
                contribution = contribution[()]
            assert isinstance(source, Node | Tensor)
            arrive(source, contribution)
        if not keep:
            node.saved = None
    return arrived


def _seed(output: Tensor, gradient: Tensor | None) -> Tensor:
    """Check the cotangent to start from; a single number starts from 1."""
    if output._view is not None:
        errors.check_view(output)
    if not output.requires_grad:
        raise RuntimeError(
            f"{errors.called(output)} was not computed from a tensor that requires a gradient, so "
            "there is nothing to walk back through. Create an input with requires_grad=True, "
            "outside no_grad."
        )
    if gradient is None:
        if output._data.size != 1:
            who = errors.called(output)
            raise RuntimeError(
                f"A backward pass starts from one number, but {who} has shape "
                f"{tuple(output.shape)}. Reduce it first, as in {who}.sum().backward(), or give "
                "a gradient of that shape."
            )
        return Tensor(np.ones_like(output._data)[()])
    gradient = as_tensor(gradient)
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
) -> dict[int, tuple[Place, Any]]:
    seeds = [_seed(*pair) for pair in zip(outputs, gradients, strict=True)]
    places = [place_of(each) for each in outputs]
    keep = create_graph if retain_graph is None else retain_graph
    if create_graph:
        before, state.grad_enabled = state.grad_enabled, True
        try:
            with np.errstate(all="ignore"):  # rules compute with Python numbers outside any op
                return walk(list(zip(places, seeds, strict=True)), record=True, keep=keep)
        finally:
            state.grad_enabled = before
    raws = [(place, seed._data) for place, seed in zip(places, seeds, strict=True)]
    arrived: dict[int, tuple[Place, Any]] = state.silently(walk, raws, record=False, keep=keep)
    return arrived


def _own(g: Tensor) -> Tensor:
    """The same gradient, with the same history, in memory that no other leaf's .grad shares."""
    twin = Tensor(np.array(g._data)[()])
    twin._node = g._node
    return twin


def backward(
    output: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add the gradients of `output` to the leaves' `.grad`; see `Tensor.backward`."""
    arrived = _walk_from([output], [gradient], retain_graph, create_graph)
    for place, g in arrived.values():
        if not isinstance(place, Tensor) or not place._requires_grad:
            continue
        if create_graph:
            place._grad = _own(g) if place._grad is None else place._grad + g
        elif place._grad is None:
            place._grad = Tensor(np.array(g) if isinstance(g, np.ndarray) else g)
        else:
            held = place._grad
            held._array()[...] = state.silently(operator.add, held._data, g)
            held._version[0] += 1


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
    RuntimeError if an input was not used, unless `allow_unused` gives None for it.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> (slope,) = mg.autograd.grad(x**3, x, create_graph=True)
    >>> mg.autograd.grad(slope, x)
    (tensor(12.),)
    """
    outs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    ins = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if grad_outputs is None:
        seeds: list[Tensor | None] = [None] * len(outs)
    else:
        seeds = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    if len(seeds) != len(outs):
        raise RuntimeError(f"{len(outs)} outputs need as many grad_outputs, not {len(seeds)}.")
    for each in ins:
        if not each.requires_grad:
            raise RuntimeError(
                f"{errors.called(each)} does not require a gradient. Create it with "
                "requires_grad=True."
            )
    arrived = _walk_from(outs, seeds, retain_graph, create_graph)
    results: list[Tensor | None] = []
    for each in ins:
        _, g = arrived.get(id(place_of(each)), (None, None))
        if g is None and not allow_unused:
            raise RuntimeError(
                f"{errors.called(each)} was not used to compute the output. Leave it out, or give "
                "allow_unused=True to get None for it."
            )
        results.append(g if g is None or isinstance(g, Tensor) else Tensor(np.array(g)[()]))
    return tuple(results)
