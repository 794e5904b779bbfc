"""Powers, exponentials, logarithms, angles and the error function, cell by cell."""

import math
import operator
from typing import Any

import numpy as np

from minigrad.kernels import blocks
from minigrad.rules.elementwise import reciprocal, rounded_once
from minigrad.rules.rule import NUMBERS, SINGLES, Elementwise


def _power(x: Any, n: Any) -> Any:
    if x.__class__ in SINGLES and n == 1:
        return x
    if n == -0.5 and isinstance(x, np.ndarray | np.generic):
        return 1 / np.sqrt(x)  # as in PyTorch also at −0, whose square root is −0
    if n == 2 and _is_real(x):
        return blocks.result(np.multiply, x, x)
    return x**n


def _power_slope(x: Any, n: Any) -> Any:
    if n == 2 and _is_real(x):
        return blocks.result(np.multiply, x, 2)
    return n * _power(x, n - 1) if n else False


def _is_real(x: Any) -> bool:
    return x.__class__ is np.ndarray and x.dtype.kind == "f"


# With a number as the exponent: one slope, no logarithm, and x⁰ is flat even at 0.
pow_number = Elementwise(
    "pow(x, n)",
    _power,
    formula=operator.pow,
    word="power",
    takes="if",
    grad_fn="PowBackward0",
    x=_power_slope,
)
pow_tensor = Elementwise(
    "pow_tensor(a, b)",
    operator.pow,
    numpy=np.power,
    word="power",
    takes="if",
    grad_fn=lambda inputs, _: f"PowBackward{1 + (inputs[0].__class__ in NUMBERS)}",
    textbook={"a": lambda a, b: b * a ** (b - 1), "b": lambda a, y: y * log(a)},
    a=lambda a, b, g: np.where(b == 0, 0, g * (b * a ** (b - 1))),
    b=lambda a, b, y: np.where((a == 0) & (b >= 0), 0, y * log(a)),
)
sqrt = Elementwise("sqrt(x)", np.sqrt, floating=True, x=lambda y: 1 / (2 * y))
rsqrt = Elementwise(
    "rsqrt(x)",
    lambda x: 1 / np.sqrt(x),
    formula=lambda x: 1 / np.sqrt(x),
    floating=True,
    x=lambda y: -(y**3) / 2,
)

exp = Elementwise("exp(x)", np.exp, floating=True, x=lambda y: y)
exp2 = Elementwise("exp2(x)", np.exp2, floating=True, x=lambda y: y * math.log(2))
expm1 = Elementwise("expm1(x)", np.expm1, floating=True, x=lambda x: np.exp(x))
log: Elementwise = Elementwise("log(x)", np.log, floating=True, x=lambda x: 1 / x)
log2 = Elementwise("log2(x)", np.log2, floating=True, x=lambda x: 1 / (x * math.log(2)))
log10 = Elementwise("log10(x)", np.log10, floating=True, x=lambda x: 1 / (x * math.log(10)))
log1p = Elementwise("log1p(x)", np.log1p, floating=True, x=lambda x: 1 / (1 + x))

sin = Elementwise("sin(x)", np.sin, floating=True, x=lambda x: np.cos(x))
cos = Elementwise("cos(x)", np.cos, floating=True, x=lambda x: -np.sin(x))
tan = Elementwise(
    "tan(x)", rounded_once(lambda x: np.tan(x)), numpy=np.tan, floating=True, x=lambda y: 1 + y**2
)
asin = Elementwise("asin(x)", np.arcsin, floating=True, x=lambda x: 1 / np.sqrt(1 - x**2))
acos = Elementwise("acos(x)", np.arccos, floating=True, x=lambda x: -1 / np.sqrt(1 - x**2))
atan = Elementwise("atan(x)", np.arctan, floating=True, x=lambda x: 1 / (1 + x**2))


def _per_square(a: Any, b: Any) -> Any:
    """1 / (a² + b²); but 0 at the origin, where the angle has no slope."""
    return np.where((a == 0) & (b == 0), 0, reciprocal(a**2 + b**2))


atan2 = Elementwise(
    "atan2(a, b)",
    np.arctan2,
    floating=True,
    a=lambda a, b: b * _per_square(a, b),
    b=lambda a, b: -a * _per_square(a, b),
    textbook={"a": lambda a, b: b / (a**2 + b**2), "b": lambda a, b: -a / (a**2 + b**2)},
)
sinh = Elementwise("sinh(x)", np.sinh, floating=True, x=lambda x: np.cosh(x))
cosh = Elementwise("cosh(x)", np.cosh, floating=True, x=lambda x: np.sinh(x))
# Where y is near 1, a rounding of its square shows many times larger in the slope; 1 − y has none.
tanh_slope = Elementwise(
    "tanh_slope(tanh)",
    lambda tanh: (1 - tanh) * (1 + tanh),
    formula=lambda tanh: 1 - tanh**2,
    tanh=lambda tanh: -2 * tanh,
)
tanh = Elementwise(
    "tanh(x)",
    rounded_once(lambda x: np.tanh(x)),
    numpy=np.tanh,
    floating=True,
    x=lambda y: tanh_slope(y),
)
asinh = Elementwise("asinh(x)", np.arcsinh, floating=True, x=lambda x: 1 / np.sqrt(x**2 + 1))
acosh = Elementwise("acosh(x)", np.arccosh, floating=True, x=lambda x: 1 / np.sqrt(x**2 - 1))
atanh = Elementwise("atanh(x)", np.arctanh, floating=True, x=lambda x: 1 / (1 - x**2))


# The rational approximations of Cephes (ndtr.c, S. L. Moshier 1984–2000), which NumPy lacks:
# erf(x) is x·T(x²)/U(x²) up to 1, and erfc(x) = 1 − erf(x) is exp(−x²)·P(x)/Q(x) from there to 8,
# beyond which it is less than 2e-29.
_T = (
    9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
    7.00332514112805075473e3, 5.55923013010394962768e4,
)  # fmt: skip
_U = (
    1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
    2.26290000613890934246e4, 4.92673942608635921086e4,
)  # fmt: skip
_P = (
    2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
    4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
    9.34528527171957607540e2, 1.02755188689515710272e3, 5.57535335369399327526e2,
)  # fmt: skip
_Q = (
    1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
    9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
    1.65666309194161350182e3, 5.57535340817727675546e2,
)  # fmt: skip


def _polynomial(x: Any, factors: tuple[float, ...]) -> Any:
    """The highest power's factor comes first (Horner's rule)."""
    total: Any = factors[0]
    for each in factors[1:]:
        total = total * x + each
    return total


def _erf_near_0(x: Any) -> Any:
    return x * (_polynomial(x * x, _T) / _polynomial(x * x, _U))


def _erfc_from_1(size: Any) -> Any:
    size = np.minimum(size, 30)  # where it is 0, and nothing overflows
    return np.exp(-size * size) * (_polynomial(size, _P) / _polynomial(size, _Q))


def _erf(x: Any) -> Any:
    tail = _erfc_from_1(np.abs(x))
    return np.where(np.abs(x) <= 1, _erf_near_0(x), np.where(x < 0, tail - 1, 1 - tail))


def _ndtr(x: Any) -> Any:
    size = np.abs(x) * math.sqrt(0.5)
    tail = _erfc_from_1(size) / 2
    near = (1 + _erf_near_0(x * math.sqrt(0.5))) / 2
    return np.where(size <= 1, near, np.where(x < 0, tail, 1 - tail))


def bell(x: Any) -> Any:
    """The height of the normal distribution at x."""
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


erf = Elementwise(
    "erf(x)",
    rounded_once(_erf),
    floating=True,
    x=lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x**2)),
)
# The share of the normal distribution below x, which keeps its digits far below 0.
ndtr = Elementwise(
    "ndtr(x)",
    rounded_once(_ndtr),
    floating=True,
    grad_fn="SpecialNdtrBackward0",
    x=lambda x: bell(x),
)
