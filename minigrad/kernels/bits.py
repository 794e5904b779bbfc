"""Numbers taken apart and put together by their bits, as instructions of LLVM."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _layout(x: Any) -> tuple[Any, Any, int, int]:
    """A real type for LLVM, an integer as wide, the bits behind the point, those of 1.0."""
    single = x == types.float32
    digits, bias = (23, 127) if single else (52, 1023)
    real = ir.FloatType() if single else ir.DoubleType()
    return real, ir.IntType(32 if single else 64), digits, bias << digits


# Numba itself would make every sum of integers a 64-bit one.
@intrinsic
def scaled(context: Any, y: Any, t: Any) -> Any:
    """y times 2ⁿ, both normal, for the whole number n in the last bits of t."""
    real, integer, digits, _ = _layout(y)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        y, t = (builder.bitcast(each, integer) for each in arguments)
        return builder.bitcast(builder.add(y, builder.shl(t, integer(digits))), real)

    return y(y, t), code


@intrinsic
def halved(context: Any, y: Any, t: Any) -> Any:
    """Two numbers whose product is y times 2ⁿ, for the whole number n in the last bits of t.

    Each has half of n, so that what is beyond the reach of a number is so by their product alone.
    """
    real, integer, digits, one = _layout(y)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        y, t = (builder.bitcast(each, integer) for each in arguments)
        half = builder.ashr(t, integer(1))
        powers = builder.sub(t, half), half
        both = [
            builder.bitcast(builder.add(each, builder.shl(power, integer(digits))), real)
            for each, power in zip((y, integer(one)), powers, strict=True)
        ]
        return context.make_tuple(builder, signature.return_type, both)

    return types.UniTuple(y, 2)(y, t), code


@intrinsic
def quarters(context: Any, n: Any) -> Any:
    """Whether the whole number n is odd, and whether n // 2 is."""
    real, integer, digits, _ = _layout(n)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(builder.fadd(arguments[0], real(1.5 * 2.0**digits)), integer)
        both = [
            builder.icmp_unsigned("!=", builder.and_(bits, integer(each)), integer(0))
            for each in (1, 2)
        ]
        return context.make_tuple(builder, signature.return_type, both)

    return types.UniTuple(types.boolean, 2)(n), code


@intrinsic
def parted(context: Any, x: Any) -> Any:
    """(m, s, e) with m = s x, s = 2⁻ᵉ and √½ <= m < √2, for a normal x > 0."""
    real, integer, digits, one = _layout(x)
    root = int(np.float64(0.5**0.5).view(np.int64)) if digits == 52 else 0x3F3504F3

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(arguments[0], integer)
        exponent = builder.and_(builder.sub(bits, integer(root)), integer(-1 << digits))
        m = builder.bitcast(builder.sub(bits, exponent), real)
        s = builder.bitcast(builder.sub(integer(one), exponent), real)
        e = builder.sitofp(builder.ashr(exponent, integer(digits)), real)
        return context.make_tuple(builder, signature.return_type, [m, s, e])

    return types.UniTuple(x, 3)(x), code


@intrinsic
def horner(context: Any, x: Any, factors: Any) -> Any:
    """The polynomial of x with these factors."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, factors = arguments
        total = builder.extract_value(factors, 0)
        for place in range(1, signature.args[1].count):
            factor = builder.extract_value(factors, place)
            total = builder.fadd(builder.fmul(total, x), factor)
        return total

    return x(x, factors), code
