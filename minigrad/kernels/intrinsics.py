"""What generated loops need and Numba's Python lacks: single instructions of LLVM.

Imported by generated text, and only where `build.available()`: it needs Numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic


@intrinsic
def plus(typing: Any, total: Any, each: Any) -> Any:
    """Add to a sum whose order is free: so that it is done by vector instructions."""

    def write(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.fadd(*operands, flags=("reassoc",))

    return total(total, total), write


def _choosing(name: str) -> Any:
    def write(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        kind = operands[0].type
        chosen = builder.module.declare_intrinsic(name, [kind], ir.FunctionType(kind, [kind] * 2))
        # Which zero is chosen of 0 and -0 is free: so it is one instruction, and one for NaN.
        return builder.call(chosen, operands, fastmath=("nsz",))

    return write


@intrinsic
def larger(typing: Any, a: Any, b: Any) -> Any:
    """The larger of two floats; NaN if one of them is NaN."""
    return a(a, a), _choosing("llvm.maximum")


@intrinsic
def smaller(typing: Any, a: Any, b: Any) -> Any:
    """The smaller of two floats; NaN if one of them is NaN."""
    return a(a, a), _choosing("llvm.minimum")


@intrinsic
def align_stack(typing: Any) -> Any:
    """Have the function that calls this keep vectors where none crosses a line of the cache.

    LLVM sees to it only if it is asked to, and one vector that crosses a page, which depends on
    who calls the function from where, makes a loop a sixth slower.
    """

    def write(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        attributes = builder.function.attributes
        attributes.alignstack = 64
        attributes.add("nounwind")  # llvmlite prints alignstack behind other attributes only
        return context.get_dummy_value()

    return types.none(), write


@intrinsic
def pointer(typing: Any, address: Any) -> Any:
    """Take a number for an address, as `numba.carray` wants it."""

    def write(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.inttoptr(operands[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), write
