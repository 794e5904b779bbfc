"""Comparisons and logic, cell by cell: truth values, which never require a gradient.

Shapes broadcast and dtypes meet as in arithmetic; a Python number may stand for a tensor.
RuntimeError for shapes that do not broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.errors import called
from minigrad.functions.attach import in_place, method
from minigrad.rules import elementwise
from minigrad.tensor import Tensor, apply

__all__ = [
    "allclose", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "eq", "equal", "ge",
    "gt", "isclose", "isfinite", "isinf", "isnan", "le", "logical_and", "logical_not",
    "logical_or", "logical_xor", "lt", "ne",
]  # fmt: skip


@method
@in_place
def lt(input: Tensor, other: Any) -> Tensor:
    """Whether each number is less than the other; the operator `<`. As `torch.lt`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.lt(mg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([ True, False, False])
    """
    return apply(elementwise.lt, input, other)


@method
@in_place
def le(input: Tensor, other: Any) -> Tensor:
    """Whether each number is at most the other; the operator `<=`. As `torch.le`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.le(mg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([ True,  True, False])
    """
    return apply(elementwise.le, input, other)


@method
@in_place
def gt(input: Tensor, other: Any) -> Tensor:
    """Whether each number is greater than the other; the operator `>`. As `torch.gt`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.gt(mg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([False, False,  True])
    """
    return apply(elementwise.gt, input, other)


@method
@in_place
def ge(input: Tensor, other: Any) -> Tensor:
    """Whether each number is at least the other; the operator `>=`. As `torch.ge`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.ge(mg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([False,  True,  True])
    """
    return apply(elementwise.ge, input, other)


@method
@in_place
def eq(input: Tensor, other: Any) -> Tensor:
    """Whether each number equals the other; the operator `==`. As `torch.eq`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.eq(mg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([False,  True, False])
    """
    return apply(elementwise.eq, input, other)


@method
@in_place
def ne(input: Tensor, other: Any) -> Tensor:
    """Whether each number differs from the other; the operator `!=`. As `torch.ne`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.ne(mg.tensor([1.0, 2.0, 3.0]), 2)
    tensor([ True, False,  True])
    """
    return apply(elementwise.ne, input, other)


@method
def isnan(input: Tensor) -> Tensor:
    """Whether each number is NaN. As `torch.isnan`.

    >>> import minigrad as mg
    >>> mg.isnan(mg.tensor([1.0, float("nan"), float("inf")]))
    tensor([False,  True, False])
    """
    return apply(elementwise.isnan, input)


@method
def isinf(input: Tensor) -> Tensor:
    """Whether each number is ∞ or −∞. As `torch.isinf`.

    >>> import minigrad as mg
    >>> mg.isinf(mg.tensor([1.0, float("nan"), float("inf")]))
    tensor([False, False,  True])
    """
    return apply(elementwise.isinf, input)


@method
def isfinite(input: Tensor) -> Tensor:
    """Whether each number is neither NaN nor infinite. As `torch.isfinite`.

    >>> import minigrad as mg
    >>> mg.isfinite(mg.tensor([1.0, float("nan"), float("inf")]))
    tensor([ True, False, False])
    """
    return apply(elementwise.isfinite, input)


@method
@in_place
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Whether both numbers are true, or not 0. As `torch.logical_and`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.logical_and(mg.tensor([True, True, False]), mg.tensor([True, False, False]))
    tensor([ True, False, False])
    """
    return apply(elementwise.logical_and, input, other)


@method
@in_place
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Whether one of two numbers, or both, are true, or not 0. As `torch.logical_or`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.logical_or(mg.tensor([True, True, False]), mg.tensor([True, False, False]))
    tensor([ True,  True, False])
    """
    return apply(elementwise.logical_or, input, other)


@method
@in_place
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Whether just one of two numbers is true, or not 0. As `torch.logical_xor`.

    RuntimeError for shapes that do not broadcast.

    >>> import minigrad as mg
    >>> mg.logical_xor(mg.tensor([True, True, False]), mg.tensor([True, False, False]))
    tensor([False,  True, False])
    """
    return apply(elementwise.logical_xor, input, other)


@method
@in_place
def logical_not(input: Tensor) -> Tensor:
    """Whether each number is false, or 0. As `torch.logical_not`.

    >>> import minigrad as mg
    >>> mg.logical_not(mg.tensor([0.0, 2.0]))
    tensor([ True, False])
    """
    return apply(elementwise.logical_not, input)


@method
@in_place
def bitwise_and(input: Tensor, other: Any) -> Tensor:
    """The bits set in both integers, or the same of truth values; the operator `&`.

    RuntimeError for floats, and for shapes that do not broadcast. As `torch.bitwise_and`.

    >>> import minigrad as mg
    >>> mg.bitwise_and(mg.tensor([6, 5]), 3)
    tensor([2, 1])
    """
    return apply(elementwise.bitwise_and, input, other)


@method
@in_place
def bitwise_or(input: Tensor, other: Any) -> Tensor:
    """The bits set in one of two integers, or both, or the same of truth values; the operator `|`.

    RuntimeError for floats, and for shapes that do not broadcast. As `torch.bitwise_or`.

    >>> import minigrad as mg
    >>> mg.bitwise_or(mg.tensor([6, 5]), 3)
    tensor([7, 7])
    """
    return apply(elementwise.bitwise_or, input, other)


@method
@in_place
def bitwise_xor(input: Tensor, other: Any) -> Tensor:
    """The bits set in just one of two integers, or the same of truth values; the operator `^`.

    RuntimeError for floats, and for shapes that do not broadcast. As `torch.bitwise_xor`.

    >>> import minigrad as mg
    >>> mg.bitwise_xor(mg.tensor([6, 5]), 3)
    tensor([5, 6])
    """
    return apply(elementwise.bitwise_xor, input, other)


@method
@in_place
def bitwise_not(input: Tensor) -> Tensor:
    """Every bit of each integer turned, or each truth value; the operator `~`.

    RuntimeError for floats. As `torch.bitwise_not`.

    >>> import minigrad as mg
    >>> ~mg.tensor([True, False])
    tensor([False,  True])
    """
    return apply(elementwise.bitwise_not, input)


@method
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether two numbers differ by at most atol + rtol · |other|; equal infinities do not.

    NaN is close to NaN under `equal_nan` only. RuntimeError for two dtypes, for shapes that do
    not broadcast, and for a tolerance below 0. As `torch.isclose`.

    >>> import minigrad as mg
    >>> mg.isclose(mg.tensor([1.0, 2.0]), mg.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"isclose compares numbers of one dtype, but {called(input)} is "
            f"{input.dtype.dtype.name} and {called(other)} is {other.dtype.dtype.name}. "
            "Convert one with .to(…)."
        )
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"A tolerance is at least 0, but rtol is {rtol} and atol is {atol}.")
    return apply(elementwise.isclose, input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


@method
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all numbers are close; arguments and errors as in `isclose`. As `torch.allclose`.

    >>> import minigrad as mg
    >>> mg.allclose(mg.tensor([1.0, 2.0]), mg.tensor([1.000001, 2.0]))
    True
    """
    return bool(np.all(isclose(input, other, rtol, atol, equal_nan)._data))


@method
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same numbers. As `torch.equal`.

    >>> import minigrad as mg
    >>> mg.equal(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 2.0]))
    True
    """
    return np.array_equal(input._data, other._data)
