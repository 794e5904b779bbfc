"""exp, log, tanh, erf, sin and their kin for generated loops, as arithmetic without branches.

For these Numba calls the C library, one cell at a time. Written as polynomials and selections,
a loop over them becomes vector instructions. Each works on one float32 or float64 and gives the
same type; NaN, infinities, -0 and subnormals come out as NumPy's do, but for NaN's sign. `sin`
and `cos` reach to |x| = 2¹³ and are NaN beyond: there a loop calls np.sin.

The errors that they state bound the largest over all float32 and over 10⁸ float64, in units in
the last place: tests/engine/polynomial_errors.py measures them.

Imported by generated text, and only where `build.available()`: it needs Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload

from minigrad.kernels.bits import halved, horner, parted, quarters, scaled
from minigrad.kernels.factors import DOUBLE, REACH, SINGLE, Real

# `contract` lets a product and a sum become one instruction where the processor has it.
_OPTIONS: dict[str, Any] = {
    "error_model": "numpy", "fastmath": {"contract"}, "forceinline": True
}  # fmt: skip


_NEAR = 0.75  # to here erf has a polynomial of its own


def _for_both(made: Callable[[Real], Any]) -> Any:
    """A function for generated code, from what makes it for one of the two dtypes."""

    def choose(x: Any) -> Any: ...

    def chosen(x: Any) -> Any:
        return made(SINGLE if x == types.float32 else DOUBLE)

    overload(choose, jit_options=_OPTIONS)(chosen)

    def function(x: Any) -> Any:
        return choose(x)

    function.__doc__ = made.__doc__
    function.__name__ = made.__name__
    return njit(**_OPTIONS)(function)


def _typed(real: Real, factors: tuple[float, ...]) -> tuple[Any, ...]:
    return tuple(real.kind(each) for each in factors)


def _growth(real: Real) -> Any:
    """exp(r) - 1 for a small r."""
    factors = _typed(real, real.exp)

    @njit(**_OPTIONS)
    def grown(r: Any) -> Any:
        return r + r * r * horner(r, factors)

    return grown


def _reduction(real: Real) -> Any:
    """t and r with x = n log(2) + r, where the last bits of t are the whole number n."""
    kind, (high, low) = real.kind, _typed(real, real.ln2)
    magic, per_ln2 = kind(1.5 * 2.0**real.digits), kind(1 / np.log(2))

    @njit(**_OPTIONS)
    def reduced(x: Any) -> Any:
        t = x * per_ln2 + magic  # the sum has no room for a fraction
        n = t - magic
        return t, (x - n * high) - n * low

    return reduced


@_for_both
def exp(real: Real) -> Any:
    """e to the power of x.

    Errors: 1.0 ulp in float32, 1.1 in float64.
    """
    reduced, factors = _reduction(real), _typed(real, (*real.exp, 1, 1))
    lowest, highest = _typed(real, (-104, 89) if real.kind is np.float32 else (-746, 710))

    def exp(x: Any) -> Any:
        x = min(max(x, lowest), highest)
        t, r = reduced(x)
        most, rest = halved(horner(r, factors), t)
        return most * rest + (x - x)  # NaN stays NaN

    return exp


@_for_both
def expm1(real: Real) -> Any:
    """e to the power of x, less 1, with all its digits near 0.

    Errors: 1.5 ulp in float32, 1.9 in float64.
    """
    reduced, grown = _reduction(real), _growth(real)
    highest = real.kind(89 if real.kind is np.float32 else 710)
    lowest, tiny, half, one, two = _typed(real, (-40, 2.0**-60, 0.5, 1, 2))

    def expm1(x: Any) -> Any:
        t, r = reduced(min(max(x, lowest), highest))
        scale = scaled(one, t - one)
        return x if abs(x) < tiny else (scale * grown(r) + (scale - half)) * two

    return expm1


@_for_both
def tanh(real: Real) -> Any:
    """The hyperbolic tangent.

    Errors: 2.7 ulp in float32, 2.5 in float64.
    """
    reduced, grown = _reduction(real), _growth(real)
    end, small, one, two = _typed(real, (real.digits, 0.55, 1, 2))

    def tanh(x: Any) -> Any:
        a = abs(x)
        t, r = reduced(two * min(a, end))
        scale = scaled(one, t)
        more = scale * grown(r) + (scale - one)  # exp(2|x|) - 1
        # Near 1 what is missing is computed, for slopes are made of it: 1 - tanh(x)².
        part = (more if a < small else -two) / (more + two)
        return math.copysign(part if a < small else one + part, x)

    return tanh


def _logarithm(real: Real) -> Any:
    """log(2ᵉ (1 + m)), for 1 + m between √½ and √2."""
    (high, low), factors = _typed(real, real.ln2), _typed(real, real.log)
    two, half = _typed(real, (2, 0.5))

    @njit(**_OPTIONS)
    def logarithm(m: Any, e: Any) -> Any:
        s = m / (two + m)
        z = s * s
        square = half * m * m
        return e * high - ((square - (s * (square + z * horner(z, factors)) + e * low)) - m)

    return logarithm


def _domain(real: Real) -> Any:
    """Put in what a logarithm is at 0, below, at infinity and at NaN."""
    zero, endless, nothing = _typed(real, (0, np.inf, np.nan))

    @njit(**_OPTIONS)
    def within(x: Any, y: Any) -> Any:
        y = y if x < endless else x
        return y if x > zero else (-endless if x == zero else nothing)

    return within


def _parts(real: Real) -> Any:
    """m and e with x = 2ᵉ (1 + m), for any finite x > 0."""
    least, lift, lifted = _typed(
        real, (float(np.finfo(real.kind).tiny), 2.0**real.digits, real.digits)
    )
    one = real.kind(1)

    @njit(**_OPTIONS)
    def parts(x: Any) -> Any:
        m, _, e = parted(x * lift if x < least else x)
        return m - one, e - lifted if x < least else e

    return parts


@_for_both
def log(real: Real) -> Any:
    """The natural logarithm.

    Errors: 0.9 ulp in float32, 0.9 in float64.
    """
    parts, logarithm, within = _parts(real), _logarithm(real), _domain(real)

    def log(x: Any) -> Any:
        m, e = parts(x)
        return within(x, logarithm(m, e))

    return log


@_for_both
def log1p(real: Real) -> Any:
    """The natural logarithm of 1 + x, with all its digits near 0.

    Errors: 1.5 ulp in float32, 1.5 in float64.
    """
    logarithm, within = _logarithm(real), _domain(real)
    tiny, one, digits = _typed(real, (2.0**-60, 1, real.digits + 2))

    def log1p(x: Any) -> Any:
        whole = one + x
        m, s, e = parted(whole)
        # The digits that 1 + x has no room for are still in x.
        y = within(whole, logarithm(m - one if e > digits else s * x + (s - one), e))
        return x if abs(x) < tiny else y

    return log1p


def _circle(real: Real) -> Any:
    """n and the sine and cosine of r, with x = n π/2 + r; NaN beyond 2¹³."""
    a, b, c, d = _typed(real, real.half_pi)
    sines, cosines = _typed(real, real.sin), _typed(real, real.cos)
    magic, per_part, reach = _typed(real, (1.5 * 2.0**real.digits, 2 / np.pi, REACH))
    one, half, nothing = _typed(real, (1, 0.5, np.nan))

    @njit(**_OPTIONS)
    def circle(x: Any) -> Any:
        x = x if abs(x) <= reach else nothing
        n = (x * per_part + magic) - magic
        r = (((x - n * a) - n * b) - n * c) - n * d
        z = r * r
        sine = r + r * z * horner(z, sines)
        cosine = one - (half * z - z * z * horner(z, cosines))
        return n, sine, cosine

    return circle


@_for_both
def sin(real: Real) -> Any:
    """The sine of x radians up to |x| = 2¹³, NaN beyond.

    Errors: 2.4 ulp in float32, 2.0 in float64.
    """
    circle, tiny = _circle(real), real.kind(2.0**-30)

    def sin(x: Any) -> Any:
        n, sine, cosine = circle(x)
        odd, turned = quarters(n)
        y = cosine if odd else sine
        return x if abs(x) < tiny else (-y if turned else y)

    return sin


@_for_both
def cos(real: Real) -> Any:
    """The cosine of x radians up to |x| = 2¹³, NaN beyond.

    Errors: 2.4 ulp in float32, 2.1 in float64.
    """
    circle, one = _circle(real), real.kind(1)

    def cos(x: Any) -> Any:
        n, sine, cosine = circle(x)
        odd, turned = quarters(n + one)
        y = cosine if odd else sine
        return -y if turned else y

    return cos


def _erf_near(real: Real) -> Any:
    """erf(x) for |x| up to _NEAR."""
    factors = _typed(real, real.erf)

    @njit(**_OPTIONS)
    def erf_near(x: Any) -> Any:
        return x + x * horner(x * x, factors)

    return erf_near


def _bell(real: Real) -> Any:
    """t and y with exp(-u²/2) = 2ⁿ y, where the last bits of t are the whole number n."""
    kind, (high, low) = real.kind, _typed(real, tuple(2 * each for each in real.ln2))
    magic, per_ln2 = kind(1.5 * 2.0**real.digits), kind(-0.5 / np.log(2))
    powers = reversed((*real.exp, 1, 1))
    halves = [each * (-0.5) ** i for i, each in enumerate(powers)]
    factors = _typed(real, tuple(reversed(halves)))  # of exp(-r / 2)
    # Adding and taking away leaves the first half of u's digits, whose square is exact.
    cut = kind(1.5 * 2.0 ** (15 if kind is np.float32 else 32))

    @njit(**_OPTIONS)
    def bell(u: Any) -> Any:
        first = (u + cut) - cut
        square = first * first
        t = square * per_ln2 + magic
        n = t - magic
        r = ((square + n * high) + n * low) + (u - first) * (u + first)
        return t, horner(r, factors)

    return bell


def _tail(real: Real) -> Any:
    """The share of the normal distribution beyond u; in float64 only from 0.75 √2 on."""
    above, below = real.tail
    step = 64 if real.kind is np.float32 else 512  # what no power reaches, a quotient does
    over, under = _typed(real, above), _typed(real, tuple(each * 2.0**step for each in below))
    bell, (last, root8, up) = _bell(real), _typed(real, (real.last, 8**0.5, step))

    @njit(**_OPTIONS)
    def as_it_is(u: Any) -> Any:
        return u

    @njit(**_OPTIONS)
    def folded(u: Any) -> Any:
        return (u - root8) / (u + root8)

    place = as_it_is if real is SINGLE else folded

    @njit(**_OPTIONS)
    def tail(u: Any) -> Any:
        u = min(u, last)
        t, y = bell(u)
        return horner(place(u), over) * scaled(y, t + up) / horner(u, under)

    return tail


@_for_both
def erf(real: Real) -> Any:
    """The error function.

    Errors: 2.3 ulp in float32, 2.1 in float64.
    """
    erf_near, tail = _erf_near(real), _tail(real)
    near, one, two, root2 = _typed(real, (_NEAR, 1, 2, 2**0.5))

    def erf(x: Any) -> Any:
        far = one - two * tail(abs(x) * root2)
        return erf_near(x) if abs(x) < near else (-far if x < 0 else far)

    return erf


@_for_both
def ndtr(real: Real) -> Any:
    """The share of the normal distribution below x, with all its digits far below 0.

    Errors: 6.4 ulp in float32, 3.8 in float64.
    """
    erf_near, tail = _erf_near(real), _tail(real)
    near = real.kind(0 if real is SINGLE else _NEAR * 2**0.5)
    half, one, root = _typed(real, (0.5, 1, 0.5**0.5))

    def ndtr(x: Any) -> Any:
        far = tail(abs(x))
        far = far if x < 0 else one - far
        return half + half * erf_near(x * root) if abs(x) < near else far

    return ndtr
