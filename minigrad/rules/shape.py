"""The same numbers in another shape, order or dtype. What only looks at them anew is a view."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from minigrad.rules import reductions
from minigrad.rules.rule import Structured

# Up to so many rows a product of matrices adds them up; more are added in float64.
FEW = 512


@cache
def ones(many: int, dtype: Any) -> Any:
    """Return what a product of matrices adds rows up with."""
    return np.ones(many, dtype)


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes along which an input of `shape` was stretched."""
    if g.__class__ is np.ndarray and g.ndim == 2 and shape == g.shape[1:] and len(g) <= FEW:
        return ones(len(g), g.dtype).dot(g)  # a sixth of the time of a sum
    added = len(g.shape) - len(shape)
    axes = tuple(range(added)) + tuple(
        added + i for i, size in enumerate(shape) if size == 1 and g.shape[added + i] != 1
    )
    return np.reshape(reductions.sum(g, axis=axes), shape) if axes else g


def _squeezed(x: Any, *, axis: Any) -> Any:
    # PyTorch leaves a dim alone that is longer than 1; NumPy would refuse it.
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return np.squeeze(x, tuple(each for each in axes if x.shape[each : each + 1] == (1,)))


def _copies_added(g: Any, shape: tuple[int, ...], reps: tuple[int, ...]) -> Any:
    """Sum over the repetitions, each of which first gets a dim of its own."""
    sizes = (1,) * (len(reps) - len(shape)) + shape
    folded = tuple(each for pair in zip(reps, sizes, strict=True) for each in pair)
    return np.reshape(np.sum(np.reshape(g, folded), axis=tuple(range(0, len(folded), 2))), shape)


def _ways(axis: Any) -> int:
    """Number PyTorch's ways to squeeze: all dims, one, several."""
    return 0 if axis is None else 1 if isinstance(axis, int) else 2


# Views -----------------------------------------------------------------------------------


reshape = Structured(
    "reshape(x)",
    lambda x, *, shape: np.reshape(x, shape),
    numpy=np.reshape,
    view=True,
    grad_fn="ViewBackward0",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)
transpose = Structured(
    "transpose(x)",
    lambda x, *, axis1, axis2: np.swapaxes(x, axis1, axis2),
    numpy=np.swapaxes,
    view=True,
    x=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2),
)
permute = Structured(
    "permute(x)",
    lambda x, *, axes: np.transpose(x, axes),
    numpy=np.transpose,
    view=True,
    x=lambda g, axes: np.transpose(g, tuple(sorted(range(len(axes)), key=axes.__getitem__))),
)
t: Structured = Structured(
    "t(x)",
    lambda x: np.transpose(x),
    formula=lambda x: np.swapaxes(x, -1, -2),
    view=True,
    x=lambda g: t(g),
)
squeeze = Structured(
    "squeeze(x)",
    _squeezed,
    view=True,
    grad_fn=lambda _, parameters: f"SqueezeBackward{_ways(parameters['axis'])}",
    x=lambda g, x_shape: np.reshape(g, x_shape),
)
unsqueeze = Structured(
    "unsqueeze(x)",
    lambda x, *, axis: np.expand_dims(x, axis),
    numpy=np.expand_dims,
    view=True,
    x=lambda g, x_shape: np.reshape(g, x_shape),
)
expand = Structured(
    "expand(x)",
    lambda x, *, shape: np.broadcast_to(x, shape),
    numpy=np.broadcast_to,
    view=True,
    x=lambda g, x_shape: sum_to(g, x_shape),
    textbook={"x": lambda g: np.sum(g)},
)


# Copies ----------------------------------------------------------------------------------

# The same numbers, said to depend on `b` too, with slope 0.
tied = Structured(
    "tied(a, b)", lambda a, b: np.array(a)[()], a=lambda g: g, b=lambda b: np.zeros_like(b)
)
to: Structured = Structured(
    "to(x)",
    lambda x, *, dtype: x.astype(dtype),
    grad_fn="ToCopyBackward0",
    x=lambda g, x_dtype: to(g, dtype=x_dtype),
)
clone = Structured("clone(x)", lambda x, *, order: np.array(x, order=order), x=lambda g: g)
flip = Structured(
    "flip(x)",
    lambda x, *, axis: np.flip(x, axis).copy(),
    numpy=np.flip,
    formula=lambda x, *, axis: np.flip(x, axis),
    x=lambda g, axis: np.flip(g, axis),
)
roll = Structured(
    "roll(x)",
    lambda x, *, shift, axis: np.roll(x, shift, axis),
    numpy=np.roll,
    x=lambda g, shift, axis: np.roll(g, tuple(-each for each in shift), axis),
)
repeat: Structured = Structured(
    "repeat(x)",
    lambda x, *, reps: np.tile(x, reps),
    x=lambda g, x_shape, reps: _copies_added(g, x_shape, reps),
)
pad = Structured(
    "pad(x)",
    lambda x, *, widths, value: np.pad(x, widths, constant_values=value),
    grad_fn="ConstantPadNdBackward0",
    x=lambda g, x_shape, widths: g[
        tuple(slice(w[0], w[0] + n) for w, n in zip(widths, x_shape, strict=True))
    ],
)

# What a recording shows for a tensor that was cut off; the engine itself never runs it.
detach = Structured("detach(x)", lambda x: x)


def _joining(name: str, join: Callable[..., Any]) -> Callable[[int], Structured]:
    """Make an op on any number of arrays: one rule for each number, made when it is needed.

    `keys` says, for each input, which part of the result came from it.
    """

    def piece(i: int) -> Callable[..., Any]:
        return lambda g, keys: g[keys[i]]

    @cache
    def rule(many: int) -> Structured:
        pieces: dict[str, Any] = {f"x{i}": piece(i) for i in range(many)}
        signature = f"{name}({', '.join(pieces)})"
        return Structured(signature, lambda *xs, axis, keys: join(xs, axis), **pieces)

    return rule


cat = _joining("cat", np.concatenate)
stack = _joining("stack", np.stack)
