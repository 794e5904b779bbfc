"""Whole derivatives of a function: Jacobians, Hessians, and their products with vectors.

In each, `inputs` is a Tensor or a tuple of Tensors, and `func` takes that many and returns
a Tensor or a tuple of them; results are nested alike. An input that makes no difference
gets zeros, or with `strict` a RuntimeError. With `create_graph` the results are recorded.
TypeError for anything that is no Tensor, RuntimeError where the shape of `v` does not fit.
All of them are as in `torch.autograd.functional`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.walk import grad
from minigrad.functions.shape import stack
from minigrad.modes import enable_grad
from minigrad.tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = Tensor | tuple[Tensor, ...]
Func = Callable[..., Tensors]
Grads = Sequence[Tensor | None]


def _as_tuple(given: Any, what: str) -> tuple[Tensor, ...]:
    parts = given if isinstance(given, tuple) else (given,)
    for i, each in enumerate(parts):
        if not isinstance(each, Tensor):
            which = f"number {i} of them" if isinstance(given, tuple) else "this"
            raise TypeError(
                f"{what} must be a Tensor or a tuple of Tensors, but {which} is of type "
                f"{type(each).__name__}."
            )
    return parts


def _like(given: Any, results: Sequence[Any]) -> Any:
    """Return all results where a tuple was given, and the only one where a Tensor was."""
    return tuple(results) if isinstance(given, tuple) else results[0]


def _zeros(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [Tensor(np.zeros_like(each._data)[()], requires_grad=True) for each in tensors]


def _grads(outputs: Grads, inputs: Sequence[Tensor], seeds: Grads, create_graph: bool) -> Grads:
    """`grad`, where outputs may be missing or have no history."""
    pairs = [
        (each, seed)
        for each, seed in zip(outputs, seeds, strict=True)
        if each is not None and each.requires_grad
    ]
    if not pairs:
        return [None] * len(inputs)
    tracked, starts = zip(*pairs, strict=True)
    return grad(tracked, inputs, starts, True, create_graph, allow_unused=True)


class _Run:
    """One run of `func`, on tensors of its own, so that what it reaches else is a constant."""

    def __init__(self, func: Func, given: Tensors, create_graph: bool, strict: bool) -> None:
        self.create_graph, self.strict = create_graph, strict
        with enable_grad():
            self.inputs = [
                each.reshape(each.shape) if each.requires_grad else each.detach().requires_grad_()
                for each in _as_tuple(given, "inputs")
            ]
            self.made = func(*self.inputs)
        self.outputs = _as_tuple(self.made, "The result of func")
        self.check_dependence(self.outputs, True, "output {} of func does not depend on its inputs")

    def check_dependence(self, results: Grads, recorded: bool, says: str) -> None:
        """Under `strict`, refuse what is missing, or has no history where that is wanted."""
        for i, each in enumerate(results):
            if self.strict and (each is None or (recorded and not each.requires_grad)):
                raise RuntimeError(f"With strict=True this is refused: {says.format(i)}.")

    def slopes(self) -> Grads:
        """Return the recorded gradient of a `func` that returns one number."""
        if not isinstance(self.made, Tensor) or self.made._data.size != 1:
            shapes = ", ".join(str(tuple(each.shape)) for each in self.outputs)
            raise RuntimeError(
                f"A Hessian belongs to a func that returns one number; this returns {shapes}."
            )
        slopes = _grads(self.outputs, self.inputs, [None], True)
        self.check_dependence(slopes, True, "the gradient for input {} does not depend on it")
        return slopes

    def vector(self, v: Any, wanted: Sequence[Tensor], what: str) -> Grads:
        """Check the vector of a product against the Tensors that it goes with."""
        if v is None:
            if len(wanted) != 1 or wanted[0]._data.size != 1:
                raise RuntimeError(f"v can only be left out where {what} is one number.")
            return [None]
        parts = _as_tuple(v, "v")
        if [each.shape for each in parts] != [each.shape for each in wanted]:
            has, needs = (
                ", ".join(str(tuple(each.shape)) for each in group) for group in (parts, wanted)
            )
            raise RuntimeError(f"v goes with {what}, of shape {needs}, but v has shape {has}.")
        return parts

    def filled(self, found: Grads, like: Sequence[Tensor], says: str) -> list[Tensor]:
        """Put zeros where there is no dependence, if that is allowed."""
        self.check_dependence(found, self.create_graph, says)
        return [
            zero.detach() if each is None else each
            for each, zero in zip(found, _zeros(like), strict=True)
        ]

    def handed_out(self, given: Any, results: Sequence[Tensor]) -> Any:
        """Return results in the form that `given` has."""
        return _like(given, results if self.create_graph else [each.detach() for each in results])


def vjp(
    func: Func,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return `func(*inputs)`, and the vector `v` (of its shape) times the Jacobian.

    `v` can be left out where `func` returns one number. The product has the inputs' shapes.
    TypeError for what is no Tensor, RuntimeError where shapes do not fit or, with `strict`, where
    there is no dependence. As `torch.autograd.functional.vjp`.

    >>> import minigrad as mg
    >>> x, v = mg.tensor([1.0, 2.0]), mg.tensor([1.0, 10.0])
    >>> mg.autograd.functional.vjp(lambda x: x * x, x, v)
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    run = _Run(func, inputs, create_graph, strict)
    seeds = run.vector(v, run.outputs, "the result of func")
    found = _grads(run.outputs, run.inputs, seeds, create_graph)
    product = run.filled(found, run.inputs, "func does not depend on input {}")
    return run.handed_out(run.made, run.outputs), run.handed_out(inputs, product)


def jvp(
    func: Func,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return `func(*inputs)`, and the Jacobian times the vector `v` (of the inputs' shapes).

    `v` can be left out where the input is one number. The product has the output's shape.
    A vjp is linear in its vector, so the vjp of a vjp is a jvp: two passes back make one forth.
    Errors as in `vjp`. As `torch.autograd.functional.jvp`.

    >>> import minigrad as mg
    >>> x, v = mg.tensor([1.0, 2.0]), mg.tensor([1.0, 0.0])
    >>> mg.autograd.functional.jvp(lambda x: (x * x).sum(), x, v)
    (tensor(5.), tensor(2.))
    """
    run = _Run(func, inputs, create_graph, strict)
    vector = run.vector(v, run.inputs, "the inputs")
    seeds = _zeros(run.outputs)  # any vector will do: only its place in the graph counts
    slopes = _grads(run.outputs, run.inputs, seeds, True)
    run.check_dependence(slopes, True, "func does not depend on input {}")
    found = _grads(slopes, seeds, vector, create_graph)
    product = run.filled(found, run.outputs, "the derivative of output {} is no function of x")
    return run.handed_out(run.made, run.outputs), run.handed_out(run.made, product)


def jacobian(func: Func, inputs: Tensors, create_graph: bool = False, strict: bool = False) -> Any:
    """Return all derivatives of each output for each input: of shape (*output, *input).

    For a tuple of outputs and of inputs, `jacobian(…)[i][j]` is that of output i for input j.
    Errors as in `vjp`. As `torch.autograd.functional.jacobian`.

    >>> import minigrad as mg
    >>> mg.autograd.functional.jacobian(lambda x: x * x, mg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    run = _Run(func, inputs, create_graph, strict)
    blocks = []
    for i, output in enumerate(run.outputs):
        rows = []
        for cell in np.ndindex(output.shape):
            seed = np.zeros_like(output._data)
            seed[cell] = 1
            found = _grads([output], run.inputs, [Tensor(seed)], create_graph)
            rows.append(run.filled(found, run.inputs, f"output {i} does not depend on input {{}}"))
        with enable_grad():
            blocks.append(
                run.handed_out(
                    inputs,
                    [
                        stack([row[j] for row in rows]).reshape((*output.shape, *each.shape))
                        for j, each in enumerate(run.inputs)
                    ],
                )
            )
    return _like(run.made, blocks)


def hessian(func: Func, inputs: Tensors, create_graph: bool = False, strict: bool = False) -> Any:
    """Return all second derivatives of a `func` that returns one number.

    Of shape (*input, *input); for a tuple of inputs, `hessian(…)[i][j]` is that for i and j.
    RuntimeError for more than one number; else errors as in `vjp`. As
    `torch.autograd.functional.hessian`.

    >>> import minigrad as mg
    >>> mg.autograd.functional.hessian(lambda x: (x**3).sum(), mg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*points: Tensor) -> tuple[Tensor, ...]:
        run = _Run(func, points, True, strict)
        return tuple(run.filled(run.slopes(), run.inputs, ""))

    return _like(inputs, jacobian(gradient, inputs, create_graph, strict))


def vhp(
    func: Func,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return `func(*inputs)`, one number, and the vector `v` times its Hessian.

    `v` and the product have the inputs' shapes; `v` can be left out where the input is one number.
    Errors as in `hessian`. As `torch.autograd.functional.vhp`.

    >>> import minigrad as mg
    >>> x, v = mg.tensor([1.0, 2.0]), mg.tensor([1.0, 10.0])
    >>> mg.autograd.functional.vhp(lambda x: (x**3).sum(), x, v)
    (tensor(9.), tensor([  6., 120.]))
    """
    run = _Run(func, inputs, create_graph, strict)
    vector = run.vector(v, run.inputs, "the inputs")
    found = _grads(run.slopes(), run.inputs, vector, create_graph)
    product = run.filled(found, run.inputs, "the gradient does not depend on input {}")
    return run.handed_out(run.made, run.outputs), run.handed_out(inputs, product)


def hvp(
    func: Func,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return `func(*inputs)`, one number, and its Hessian times the vector `v`.

    The same as `vhp` where the Hessian is symmetric, and slower: two passes back more. Errors as
    in `hessian`. As `torch.autograd.functional.hvp`.

    >>> import minigrad as mg
    >>> x, v = mg.tensor([1.0, 2.0]), mg.tensor([1.0, 10.0])
    >>> mg.autograd.functional.hvp(lambda x: (x**3).sum(), x, v)
    (tensor(9.), tensor([  6., 120.]))
    """
    run = _Run(func, inputs, create_graph, strict)
    vector = run.vector(v, run.inputs, "the inputs")
    seeds = _zeros(run.inputs)
    twice = _grads(run.slopes(), run.inputs, seeds, True)
    found = _grads(twice, seeds, vector, create_graph)
    product = run.filled(found, run.inputs, "the gradient for input {} depends on no input")
    return run.handed_out(run.made, run.outputs), run.handed_out(inputs, product)
