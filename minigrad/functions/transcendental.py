"""Powers, exponentials, logarithms, angles and the error function of each number.

Each result has the shape of the input, or of both inputs broadcast. Integers become floats
first, except for powers.
"""

from __future__ import annotations

from typing import Any

from minigrad.functions.attach import in_place, method
from minigrad.modes import Number
from minigrad.rules import transcendental
from minigrad.tensor import Tensor, apply

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "erf", "exp",
    "exp2", "expm1", "log", "log1p", "log2", "log10", "pow", "rsqrt", "sin", "sinh", "sqrt",
    "square", "tan", "tanh",
]  # fmt: skip


@method
@in_place
def pow(input: Tensor | Number, exponent: Any) -> Tensor:
    """Raise each number to a power; either may be a number, and shapes broadcast.

    RuntimeError for shapes that do not, and for integers to a negative power. As `torch.pow`.

    >>> import minigrad as mg
    >>> mg.pow(mg.tensor([2.0, 3.0]), 2)
    tensor([4., 9.])
    """
    result: Tensor = input**exponent
    return result


@method
@in_place
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle from −π to π of the point with y = `input` and x = `other`; shapes broadcast.

    RuntimeError for shapes that do not. As `torch.atan2`.

    >>> import minigrad as mg
    >>> mg.atan2(mg.tensor([1.0, 1.0]), mg.tensor([1.0, -1.0]))
    tensor([0.7854, 2.3562])
    """
    return apply(transcendental.atan2, input, other)


@method
@in_place
def sqrt(input: Tensor) -> Tensor:
    """The square root of each number; NaN for negative ones. As `torch.sqrt`.

    >>> import minigrad as mg
    >>> mg.sqrt(mg.tensor([4.0, 2.0]))
    tensor([2.0000, 1.4142])
    """
    return apply(transcendental.sqrt, input)


@method
@in_place
def rsqrt(input: Tensor) -> Tensor:
    """1 / √x of each number. As `torch.rsqrt`.

    >>> import minigrad as mg
    >>> mg.rsqrt(mg.tensor([4.0, 2.0]))
    tensor([0.5000, 0.7071])
    """
    return apply(transcendental.rsqrt, input)


@method
@in_place
def square(input: Tensor) -> Tensor:
    """Each number times itself. As `torch.square`.

    >>> import minigrad as mg
    >>> mg.square(mg.tensor([3.0, -2.0]))
    tensor([9., 4.])
    """
    return pow(input, 2)


@method
@in_place
def exp(input: Tensor) -> Tensor:
    """The exponential of each number. As `torch.exp`.

    >>> import minigrad as mg
    >>> mg.exp(mg.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return apply(transcendental.exp, input)


@method
@in_place
def exp2(input: Tensor) -> Tensor:
    """2 to the power of each number. As `torch.exp2`.

    >>> import minigrad as mg
    >>> mg.exp2(mg.tensor([3.0, 0.5]))
    tensor([8.0000, 1.4142])
    """
    return apply(transcendental.exp2, input)


@method
@in_place
def expm1(input: Tensor) -> Tensor:
    """exp(x) − 1 of each number, exact also near 0. As `torch.expm1`.

    >>> import minigrad as mg
    >>> mg.expm1(mg.tensor([1.0, 1e-8]))
    tensor([1.7183e+00, 1.0000e-08])
    """
    return apply(transcendental.expm1, input)


@method
@in_place
def log(input: Tensor) -> Tensor:
    """The natural logarithm of each number; −∞ at 0, NaN below. As `torch.log`.

    >>> import minigrad as mg
    >>> mg.log(mg.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """
    return apply(transcendental.log, input)


@method
@in_place
def log2(input: Tensor) -> Tensor:
    """The logarithm to the base 2 of each number; −∞ at 0, NaN below. As `torch.log2`.

    >>> import minigrad as mg
    >>> mg.log2(mg.tensor([8.0, 10.0]))
    tensor([3.0000, 3.3219])
    """
    return apply(transcendental.log2, input)


@method
@in_place
def log10(input: Tensor) -> Tensor:
    """The logarithm to the base 10 of each number; −∞ at 0, NaN below. As `torch.log10`.

    >>> import minigrad as mg
    >>> mg.log10(mg.tensor([2.0, 20.0]))
    tensor([0.3010, 1.3010])
    """
    return apply(transcendental.log10, input)


@method
@in_place
def log1p(input: Tensor) -> Tensor:
    """log(1 + x) of each number, exact also near 0. As `torch.log1p`.

    >>> import minigrad as mg
    >>> mg.log1p(mg.tensor([1.0, 1e-8]))
    tensor([6.9315e-01, 1.0000e-08])
    """
    return apply(transcendental.log1p, input)


@method
@in_place
def sin(input: Tensor) -> Tensor:
    """The sine of each number, in radians. As `torch.sin`.

    >>> import minigrad as mg
    >>> mg.sin(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return apply(transcendental.sin, input)


@method
@in_place
def cos(input: Tensor) -> Tensor:
    """The cosine of each number, in radians. As `torch.cos`.

    >>> import minigrad as mg
    >>> mg.cos(mg.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return apply(transcendental.cos, input)


@method
@in_place
def tan(input: Tensor) -> Tensor:
    """The tangent of each number, in radians. As `torch.tan`.

    >>> import minigrad as mg
    >>> mg.tan(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return apply(transcendental.tan, input)


@method
@in_place
def asin(input: Tensor) -> Tensor:
    """The angle from −π/2 to π/2 with this sine, of each number; NaN outside −1 to 1.

    As `torch.asin`.

    >>> import minigrad as mg
    >>> mg.asin(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return apply(transcendental.asin, input)


@method
@in_place
def acos(input: Tensor) -> Tensor:
    """The angle from 0 to π with this cosine, of each number; NaN outside −1 to 1.

    As `torch.acos`.

    >>> import minigrad as mg
    >>> mg.acos(mg.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """
    return apply(transcendental.acos, input)


@method
@in_place
def atan(input: Tensor) -> Tensor:
    """The angle from −π/2 to π/2 with this tangent, of each number. As `torch.atan`.

    >>> import minigrad as mg
    >>> mg.atan(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return apply(transcendental.atan, input)


@method
@in_place
def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine of each number. As `torch.sinh`.

    >>> import minigrad as mg
    >>> mg.sinh(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return apply(transcendental.sinh, input)


@method
@in_place
def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine of each number. As `torch.cosh`.

    >>> import minigrad as mg
    >>> mg.cosh(mg.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return apply(transcendental.cosh, input)


@method
@in_place
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each number. As `torch.tanh`.

    >>> import minigrad as mg
    >>> mg.tanh(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return apply(transcendental.tanh, input)


@method
@in_place
def asinh(input: Tensor) -> Tensor:
    """The number with this hyperbolic sine, for each. As `torch.asinh`.

    >>> import minigrad as mg
    >>> mg.asinh(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return apply(transcendental.asinh, input)


@method
@in_place
def acosh(input: Tensor) -> Tensor:
    """The number with this hyperbolic cosine, for each; NaN below 1. As `torch.acosh`.

    >>> import minigrad as mg
    >>> mg.acosh(mg.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return apply(transcendental.acosh, input)


@method
@in_place
def atanh(input: Tensor) -> Tensor:
    """The number with this hyperbolic tangent, for each; NaN outside −1 to 1. As `torch.atanh`.

    >>> import minigrad as mg
    >>> mg.atanh(mg.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return apply(transcendental.atanh, input)


@method
@in_place
def erf(input: Tensor) -> Tensor:
    """The error function of each number: 2/√π times the integral of exp(−t²) from 0 to it.

    As `torch.erf`.

    >>> import minigrad as mg
    >>> mg.erf(mg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return apply(transcendental.erf, input)
