"""Arithmetic, rounding and choosing, cell by cell.

Where there are several inputs, their shapes broadcast and their dtypes meet, as PyTorch's do;
a Python number may stand for a tensor. RuntimeError for shapes that do not broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.errors import called
from minigrad.functions.attach import in_place, instead_of, method
from minigrad.modes import Number
from minigrad.rules import elementwise
from minigrad.tensor import Tensor, apply, as_tensor

__all__ = [
    "abs", "add", "ceil", "clamp", "clip", "div", "floor", "floor_divide", "fmod", "lerp",
    "maximum", "minimum", "mul", "nan_to_num", "neg", "positive", "reciprocal", "remainder",
    "round", "sign", "sub", "trunc", "where",
]  # fmt: skip


def _whole(*operands: Any) -> bool:
    """Whether an op computes with integers or truth values."""
    return not any(
        each.dtype.is_floating_point if isinstance(each, Tensor) else isinstance(each, float)
        for each in operands
    )


def _times(alpha: Number, other: Any, input: Any) -> Any:
    if isinstance(alpha, float) and _whole(input, other):
        raise RuntimeError(f"alpha={alpha} has a fraction, and integers have no room for one.")
    return other if alpha == 1 else other * alpha


def _check_divisor(input: Any, other: Any) -> None:
    if _whole(input, other) and not np.all(getattr(other, "_data", other)):
        raise RuntimeError(
            f"ZeroDivisionError: {called(as_tensor(other))} holds a 0, and integers have no "
            "infinity for what that gives. Divide floats, as in x.to(mg.float32)."
        )


# Arithmetic ------------------------------------------------------------------------------


@method
@in_place
def add(input: Tensor | Number, other: Any, *, alpha: Number = 1) -> Tensor:
    """input + alpha · other. As `torch.add`.

    RuntimeError for shapes that do not broadcast, and for an alpha with a fraction where
    the rest are integers.

    >>> import minigrad as mg
    >>> mg.add(mg.tensor([1.0, 2.0]), mg.tensor([10.0, 20.0]), alpha=2)
    tensor([21., 42.])
    """
    return apply(elementwise.add, input, _times(alpha, other, input))


@method
@in_place
def sub(input: Tensor | Number, other: Any, *, alpha: Number = 1) -> Tensor:
    """input − alpha · other. Errors as in `add`; RuntimeError for truth values. As `torch.sub`.

    >>> import minigrad as mg
    >>> mg.sub(mg.tensor([1.0, 2.0]), 0.5)
    tensor([0.5000, 1.5000])
    """
    return apply(elementwise.sub, input, _times(alpha, other, input))


@method
@in_place
def mul(input: Tensor | Number, other: Any) -> Tensor:
    """input · other, cell by cell; (2,) and (2, 1) make (2, 2). As `torch.mul`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.mul(mg.tensor([1.0, 2.0]), mg.tensor([[10.0], [100.0]]))
    tensor([[ 10.,  20.],
            [100., 200.]])
    """
    return apply(elementwise.mul, input, other)


_DIVISIONS = {
    None: elementwise.div,
    "floor": elementwise.div_floor,
    "trunc": elementwise.div_trunc,
}


@method
@in_place
def div(input: Tensor | Number, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """input / other; rounded down with "floor", towards zero with "trunc".

    Without rounding, integers give floats. RuntimeError for shapes that do not broadcast, for
    integers by zero where it is rounded, and for another mode. As `torch.div`.

    >>> import minigrad as mg
    >>> mg.div(mg.tensor([7.0, -7.0]), 2, rounding_mode="trunc")
    tensor([ 3., -3.])
    """
    if rounding_mode not in _DIVISIONS:
        raise RuntimeError(f"rounding_mode is None, 'floor' or 'trunc', not {rounding_mode!r}.")
    if rounding_mode is not None:
        _check_divisor(input, other)
    if rounding_mode == "trunc" and _whole(input, other):
        # Exact also beyond 2⁵³, where a quotient of floats is not.
        input = apply(elementwise.sub, input, apply(elementwise.fmod, input, other))
        rounding_mode = "floor"
    return apply(_DIVISIONS[rounding_mode], input, other)


@method
@in_place
def floor_divide(input: Tensor | Number, other: Any) -> Tensor:
    """input / other, rounded down; the operator `//`. As `torch.floor_divide`.

    Errors as in `div`. Its slope is 0, where PyTorch has none.

    >>> import minigrad as mg
    >>> mg.tensor([7, -7]) // 2
    tensor([ 3, -4])
    """
    return div(input, other, rounding_mode="floor")


@method
@in_place
def remainder(input: Tensor | Number, other: Any) -> Tensor:
    """What division leaves, with the sign of `other`; the operator `%`. As `torch.remainder`.

    RuntimeError for shapes that do not broadcast, and for integers by zero.

    >>> import minigrad as mg
    >>> mg.tensor([7.0, -7.0]) % 2
    tensor([1., 1.])
    """
    _check_divisor(input, other)
    return apply(elementwise.remainder, input, other)


@method
@in_place
def fmod(input: Tensor, other: Any) -> Tensor:
    """What division leaves, with the sign of `input`. As `torch.fmod`.

    RuntimeError for shapes that do not broadcast, and for integers by zero.

    >>> import minigrad as mg
    >>> mg.fmod(mg.tensor([7.0, -7.0]), 2)
    tensor([ 1., -1.])
    """
    _check_divisor(input, other)
    return apply(elementwise.fmod, input, other)


@method
@in_place
def neg(input: Tensor) -> Tensor:
    """−x of each number; shape as before. RuntimeError for truth values. As `torch.neg`.

    >>> import minigrad as mg
    >>> mg.neg(mg.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return apply(elementwise.neg, input)


@method
def positive(input: Tensor) -> Tensor:
    """The tensor itself. RuntimeError for truth values. As `torch.positive`.

    >>> import minigrad as mg
    >>> mg.positive(mg.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    if input._data.dtype.kind == "b":
        raise RuntimeError(f"{called(input)} holds truth values, which have no sign.")
    return input


@method
@in_place
def reciprocal(input: Tensor) -> Tensor:
    """1 / x of each number; shape as before. As `torch.reciprocal`.

    >>> import minigrad as mg
    >>> mg.reciprocal(mg.tensor([2.0, 0.0]))
    tensor([0.5000,    inf])
    """
    return apply(elementwise.reciprocal, input)


@method
@in_place
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """The way from `input` to `end`: all of it for weight 1, half of it for 0.5.

    RuntimeError for shapes that do not broadcast, NotImplementedError for integers throughout.
    As `torch.lerp`.

    >>> import minigrad as mg
    >>> mg.lerp(mg.tensor([0.0, 10.0]), mg.tensor([1.0, 20.0]), 0.25)
    tensor([ 0.2500, 12.5000])
    """
    return apply(elementwise.lerp, input, end, weight)


# Sizes and rounding ----------------------------------------------------------------------


@method
@in_place
def abs(input: Tensor) -> Tensor:
    """The size of each number, without its sign. RuntimeError for truth values. As `torch.abs`.

    >>> import minigrad as mg
    >>> mg.abs(mg.tensor([-3.0, 2.0]))
    tensor([3., 2.])
    """
    return apply(elementwise.abs, input)


@method
@in_place
def sign(input: Tensor) -> Tensor:
    """−1, 0 or 1, as each number is; 0 for NaN. RuntimeError for truth values. As `torch.sign`.

    >>> import minigrad as mg
    >>> mg.sign(mg.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return apply(elementwise.sign, input)


@method
@in_place
def floor(input: Tensor) -> Tensor:
    """Each number rounded down. RuntimeError for truth values. As `torch.floor`.

    >>> import minigrad as mg
    >>> mg.floor(mg.tensor([1.7, -1.2]))
    tensor([ 1., -2.])
    """
    return apply(elementwise.floor, input)


@method
@in_place
def ceil(input: Tensor) -> Tensor:
    """Each number rounded up. RuntimeError for truth values. As `torch.ceil`.

    >>> import minigrad as mg
    >>> mg.ceil(mg.tensor([1.2, -1.7]))
    tensor([ 2., -1.])
    """
    return apply(elementwise.ceil, input)


@method
@in_place
def trunc(input: Tensor) -> Tensor:
    """Each number without its fraction. RuntimeError for truth values. As `torch.trunc`.

    >>> import minigrad as mg
    >>> mg.trunc(mg.tensor([1.7, -1.7]))
    tensor([ 1., -1.])
    """
    return apply(elementwise.trunc, input)


@method
@in_place
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Each number rounded to so many decimals; halves go to the even digit.

    RuntimeError for truth values. As `torch.round`.

    >>> import minigrad as mg
    >>> mg.round(mg.tensor([0.5, 1.5, 2.3]))
    tensor([0., 2., 2.])
    """
    return apply(elementwise.round, input, decimals=decimals)


# Choosing --------------------------------------------------------------------------------


@method
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two numbers; NaN if one is NaN. As `torch.maximum`.

    Equal numbers get half the gradient each. RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.maximum(mg.tensor([1.0, 5.0]), mg.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return apply(elementwise.maximum, input, other)


@method
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two numbers; NaN if one is NaN. As `torch.minimum`.

    Equal numbers get half the gradient each. RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.minimum(mg.tensor([1.0, 5.0]), mg.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return apply(elementwise.minimum, input, other)


@instead_of(np.clip)
@method
@in_place
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Each number, but at least `min` and at most `max`: tensors, numbers or None.

    At the bounds the gradient passes. RuntimeError without any bound, and for shapes that do not
    broadcast. As `torch.clamp`.

    >>> import minigrad as mg
    >>> mg.tensor([-1.0, 0.5, 2.0]).clamp(0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("clamp needs a bound: give min, max or both.")
    if max is None:
        return apply(elementwise.clamp_min, input, min)
    if min is None:
        return apply(elementwise.clamp_max, input, max)
    return apply(elementwise.clamp, input, min, max)


@method
@in_place
def clip(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Do `clamp`, by NumPy's name for it; errors as in `clamp`. As `torch.clip`.

    >>> import minigrad as mg
    >>> mg.tensor([-1.0, 0.5, 2.0]).clip(max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    return clamp(input, min, max)


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """Choose from `input` where the condition holds, and from `other` where not.

    With the condition alone: the places where it holds, one tensor of indices per dim.
    RuntimeError for a condition that holds no truth values, and for shapes that do not
    broadcast; TypeError for one that is no Tensor. As `torch.where`.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, -2.0])
    >>> mg.where(x > 0, x, 0.1 * x)
    tensor([ 1.0000, -0.2000])
    """
    if input is None and other is None:
        return tuple(Tensor(each) for each in np.nonzero(np.atleast_1d(condition._data)))
    if not isinstance(condition, Tensor):
        raise TypeError(f"where takes a tensor of truth values, not a {type(condition).__name__}.")
    if condition._data.dtype.kind != "b":
        raise RuntimeError(
            f"where chooses by truth values, but {called(condition)} is "
            f"{condition.dtype.dtype.name}. Compare it first, as in {called(condition)} != 0."
        )
    if isinstance(input, Number) and isinstance(other, Number):
        other = as_tensor(other)
    return apply(elementwise.where, condition, input, other)


def _where(self: Tensor, condition: Tensor, other: Any) -> Any:
    """Choose from itself where the condition holds, and from `other` where not.

    Shapes and errors as in `mg.where`. As `torch.Tensor.where`.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, -2.0])
    >>> x.where(x > 0, 0)
    tensor([1., 0.])
    """
    return where(condition, self, other)


Tensor.where = _where  # type: ignore[attr-defined]


@method
@in_place
def nan_to_num(
    input: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Each number, with others for NaN, ∞ and −∞: 0 and the dtype's largest and smallest.

    As `torch.nan_to_num`.

    >>> import minigrad as mg
    >>> mg.tensor([float("nan"), float("inf"), 1.0]).nan_to_num(posinf=9.0)
    tensor([0., 9., 1.])
    """
    return apply(elementwise.nan_to_num, input, nan=nan, posinf=posinf, neginf=neginf)
