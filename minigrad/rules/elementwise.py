"""Ops that work cell by cell: arithmetic, rounding, choosing, comparing.

A slope is written with the input names, or with `y`, the output, where that is
shorter. A slope of 1 or −1 passes the gradient on; a truth value selects, and False
passes nothing. A slope that asks for `g`, the gradient that arrives, gives the product
with it: so it can send nothing into a cell even where an infinity arrives.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.rules.rule import NUMBERS, Elementwise

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_ARRAYS = (np.ndarray, np.generic)


def rounded_once(value: Callable[..., Any]) -> Callable[..., Any]:
    """Compute in float64 what starts from a float32 array, so that only the result is rounded.

    For NumPy, whose float32 functions are coarse. Generated loops have finer ones.
    """
    return _in_float64(value, lambda x: isinstance(x, _ARRAYS))


def rounded_once_in_loops_too(value: Callable[..., Any]) -> Callable[..., Any]:
    """Do so in generated loops as well: for what is a sum of two parts that cancel each other."""
    return _in_float64(value, lambda x: hasattr(x, "astype"))


def _in_float64(value: Callable[..., Any], is_array: Callable[[Any], bool]) -> Callable[..., Any]:
    @functools.wraps(value)
    def rounded(x: Any, *others: Any, **parameters: Any) -> Any:
        if is_array(x) and x.dtype == _FLOAT32:
            return value(x.astype(_FLOAT64), *others, **parameters).astype(_FLOAT32)
        return value(x, *others, **parameters)

    return rounded


add = Elementwise(
    "add(a, b)", operator.add, numpy=np.add, word="plus", sign="+", a=lambda: 1, b=lambda: 1
)
sub = Elementwise(
    "sub(a, b)",
    operator.sub,
    numpy=np.subtract,
    word="minus",
    sign="−",
    takes="if",
    grad_fn=lambda inputs, _: "RsubBackward1" if inputs[0].__class__ in NUMBERS else "SubBackward0",
    a=lambda: 1,
    b=lambda: -1,
)
mul = Elementwise(
    "mul(a, b)", operator.mul, numpy=np.multiply, word="times", a=lambda b: b, b=lambda a: a
)
div = Elementwise(
    "div(a, b)",
    operator.truediv,
    numpy=np.divide,
    word="divide",
    sign="÷",
    floating=True,
    # PyTorch takes 2 / x for 2 times the reciprocal of x.
    grad_fn=lambda inputs, _: "MulBackward0" if inputs[0].__class__ in NUMBERS else "DivBackward0",
    a=lambda b: 1 / b if b.__class__ is float and b else reciprocal(b),
    b=lambda a, b: -(a / b) / b,
    textbook={"b": lambda a, b: -a / b**2},
)
div_floor = Elementwise(
    "floor_divide(a, b)",
    np.floor_divide,
    sign="//",
    takes="if",
    grad_fn="DivBackward2",
    a=lambda: False,
    b=lambda: False,
)
div_trunc = Elementwise(
    "div_trunc(a, b)",
    lambda a, b: np.trunc(a / b),
    formula=lambda a, b: np.trunc(a / b),
    grad_fn="DivBackward2",
    a=lambda: False,
    b=lambda: False,
)
remainder = Elementwise(
    "remainder(a, b)",
    np.remainder,
    sign="mod",
    takes="if",
    grad_fn=lambda inputs, _: f"RemainderBackward{int(inputs[1].__class__ not in NUMBERS)}",
    a=lambda: 1,
    b=lambda a, b: -np.floor_divide(a, b),
)
fmod = Elementwise(
    "fmod(a, b)",
    np.fmod,
    takes="if",
    grad_fn=lambda inputs, _: f"FmodBackward{int(inputs[1].__class__ not in NUMBERS)}",
    a=lambda: 1,
    b=lambda a, b: -div_trunc(a, b),
)
reciprocal: Elementwise = Elementwise(
    "reciprocal(x)",
    lambda x: 1 / x,
    formula=lambda x: 1 / x,
    floating=True,
    x=lambda y: -(y**2),
)
neg = Elementwise(
    "neg(x)", operator.neg, numpy=np.negative, word="negate", takes="if", x=lambda: -1
)
lerp = Elementwise(
    "lerp(start, end, weight)",
    # From the nearer end, so that both ends are met exactly.
    lambda start, end, weight: np.where(
        np.abs(weight) < 0.5, start + weight * (end - start), end - (1 - weight) * (end - start)
    ),
    formula=lambda start, end, weight: start + weight * (end - start),
    takes="f",
    grad_fn=lambda inputs, _: f"LerpBackward{int(inputs[2].__class__ not in NUMBERS)}",
    start=lambda weight: 1 - weight,
    end=lambda weight: weight,
    weight=lambda start, end: end - start,
)

# Sizes and rounding: steps, which are flat between their jumps.
abs = Elementwise(
    "abs(x)",
    np.abs,
    takes="if",
    x=lambda x, g: np.where(x > 0, g, np.where(x < 0, -g, 0 * g)),
    textbook={"x": lambda x: np.sign(x)},
)
sign = Elementwise(
    "sign(x)",
    lambda x: np.where(x == x, np.sign(x), 0),  # PyTorch's sign of NaN is 0
    numpy=np.sign,
    formula=np.sign,
    takes="if",
    x=lambda: False,
)
floor = Elementwise("floor(x)", np.floor, takes="if", x=lambda: False)
ceil = Elementwise("ceil(x)", np.ceil, takes="if", x=lambda: False)
trunc = Elementwise("trunc(x)", np.trunc, takes="if", x=lambda: False)
round = Elementwise(
    "round(x)",
    lambda x, *, decimals=0: np.round(x, decimals),
    numpy=np.round,
    formula=lambda x, *, decimals: np.round(x, decimals) if decimals else np.round(x),
    takes="if",
    grad_fn=lambda _, parameters: f"RoundBackward{int(parameters['decimals'] != 0)}",
    x=lambda: False,
)


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    # np.where would wrap an integer that does not fit.
    if a.__class__ is int and b.dtype.kind == "i":
        a = b.dtype.type(a)
    elif b.__class__ is int and a.dtype.kind == "i":
        b = a.dtype.type(b)
    return np.where(condition, a, b)


# Choosing. Of two equal numbers each is chosen by half.
where = Elementwise(
    "where(condition, a, b)",
    _chosen,
    numpy=np.where,
    formula=np.where,
    a=lambda condition: condition,
    b=lambda condition: np.logical_not(condition),  # ~True would be −2
)
maximum = Elementwise(
    "maximum(a, b)",
    np.maximum,
    word="max",
    a=lambda a, b, g: np.where(a < b, 0, np.where(a == b, g / 2, g)),
    b=lambda a, b, g: np.where(a > b, 0, np.where(a == b, g / 2, g)),
)
minimum = Elementwise(
    "minimum(a, b)",
    np.minimum,
    word="min",
    a=lambda a, b, g: np.where(a > b, 0, np.where(a == b, g / 2, g)),
    b=lambda a, b, g: np.where(a < b, 0, np.where(a == b, g / 2, g)),
)


def _clamp_grad_fn(inputs: Sequence[Any], _: Any) -> str:
    return f"ClampBackward{int(inputs[1].__class__ in NUMBERS)}"


clamp = Elementwise(
    "clamp(x, low, high)",
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    grad_fn=_clamp_grad_fn,
    x=lambda x, low, high: (x >= low) & (x <= high),
    low=lambda x, low, high: (x < low) & (low < high),
    high=lambda x, low, high: (x > high) | (high < low),
)
clamp_min = Elementwise(
    "clamp_min(x, low)",
    lambda x, low: np.maximum(x, low),
    formula=lambda x, low: np.maximum(x, low),
    grad_fn=_clamp_grad_fn,
    x=lambda x, low: x >= low,
    low=lambda x, low: x < low,
)
clamp_max = Elementwise(
    "clamp_max(x, high)",
    lambda x, high: np.minimum(x, high),
    formula=lambda x, high: np.minimum(x, high),
    grad_fn=_clamp_grad_fn,
    x=lambda x, high: x <= high,
    high=lambda x, high: x > high,
)
nan_to_num = Elementwise(
    "nan_to_num(x)",
    lambda x, *, nan=0.0, posinf=None, neginf=None: np.nan_to_num(
        x, nan=nan, posinf=posinf, neginf=neginf
    ),
    numpy=np.nan_to_num,
    x=lambda x, g: g * np.isfinite(x),
    textbook={"x": lambda x: np.isfinite(x)},
)

# Comparisons and logic have no slope: their results never require a gradient.
lt = Elementwise("lt(a, b)", operator.lt, numpy=np.less)
le = Elementwise("le(a, b)", operator.le, numpy=np.less_equal)
gt = Elementwise("gt(a, b)", operator.gt, numpy=np.greater)
ge = Elementwise("ge(a, b)", operator.ge, numpy=np.greater_equal)
eq = Elementwise("eq(a, b)", operator.eq, numpy=np.equal)
ne = Elementwise("ne(a, b)", operator.ne, numpy=np.not_equal)
isclose = Elementwise(
    "isclose(a, b)",
    lambda a, b, *, rtol=1e-5, atol=1e-8, equal_nan=False: np.isclose(a, b, rtol, atol, equal_nan),
    numpy=np.isclose,
    formula=lambda a, b, *, rtol, atol, equal_nan: np.isclose(a, b),
)
isnan = Elementwise("isnan(x)", np.isnan)
isinf = Elementwise("isinf(x)", np.isinf)
isfinite = Elementwise("isfinite(x)", np.isfinite)
logical_and = Elementwise("logical_and(a, b)", np.logical_and)
logical_or = Elementwise("logical_or(a, b)", np.logical_or)
logical_xor = Elementwise("logical_xor(a, b)", np.logical_xor)
logical_not = Elementwise("logical_not(x)", np.logical_not)
bitwise_and = Elementwise("bitwise_and(a, b)", np.bitwise_and, takes="bi")
bitwise_or = Elementwise("bitwise_or(a, b)", np.bitwise_or, takes="bi")
bitwise_xor = Elementwise("bitwise_xor(a, b)", np.bitwise_xor, takes="bi")
bitwise_not = Elementwise("bitwise_not(x)", np.invert, takes="bi")
