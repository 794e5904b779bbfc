"""The bends that make a network more than a matrix, cell by cell."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from minigrad.kernels import blocks
from minigrad.rules.elementwise import rounded_once, rounded_once_in_loops_too
from minigrad.rules.rule import Elementwise
from minigrad.rules.transcendental import bell, erf, ndtr, tanh

sigmoid = Elementwise(
    "sigmoid(x)",
    rounded_once(lambda x: 1 / (1 + np.exp(-x))),
    floating=True,
    x=lambda y: y * (1 - y),
)


def _steady_sigmoid(x: Any) -> Any:
    """The same by exp of nothing above 0, which keeps all digits of its slopes too."""
    z = np.exp(np.where(x < 0, x, -x))
    return np.where(x < 0, z, 1) / (1 + z)


logsigmoid = Elementwise(
    "logsigmoid(x)",
    lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    takes="f",
    grad_fn="LogSigmoidBackward0",
    x=lambda x: _steady_sigmoid(-x),
    textbook={"x": lambda x: sigmoid(-x)},
)
# Of a single number Python's max is faster.
_ZEROS: dict[Any, Any] = {np.float32: np.float32(0), np.float64: np.float64(0)}


@lru_cache(maxsize=16)
def _zeros(shape: tuple[int, ...], dtype: Any) -> Any:
    return np.zeros(shape, dtype)


def _relu(x: Any) -> Any:
    zero = _ZEROS.get(x.__class__)
    if zero is not None:
        return max(x, zero)
    if x.__class__ is np.ndarray and x.dtype.kind == "f":  # maximum takes 3 times as long
        if x.size <= 1 << 15:
            return np.maximum(_zeros(x.shape, x.dtype), x)
        return x.clip(0, np.inf, out=blocks.like(x) if x.flags.c_contiguous else None)
    return np.maximum(x, 0)


relu = Elementwise(
    "relu(x)",
    _relu,
    takes="if",
    x=lambda y: y != 0,  # and so NaN passes on, as in PyTorch
    textbook={"x": lambda y: y > 0},
)
leaky_relu = Elementwise(
    "leaky_relu(x)",
    lambda x, *, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
    takes="f",
    grad_fn="LeakyReluBackward0",
    x=lambda x, g, negative_slope: np.where(x > 0, g, negative_slope * g),
)


def _elu(x: Any, alpha: float, scale: float) -> Any:
    return np.where(x > 0, scale * x, scale * alpha * np.expm1(np.minimum(x, 0)))


def _elu_slope(x: Any, g: Any, alpha: float, scale: float) -> Any:
    below = np.where(x < 0, x, 0)  # no minimum, which would let half a slope pass at 0
    return np.where(x <= 0, scale * alpha * g * np.exp(below), scale * g)


elu = Elementwise(
    "elu(x)",
    lambda x, *, alpha=1.0: _elu(x, alpha, 1),
    takes="f",
    x=lambda x, g, alpha: _elu_slope(x, g, alpha, 1),
    textbook={"x": lambda x, alpha: np.where(x > 0, 1, alpha * np.exp(x))},
)
# Klambauer et al. 2017, Self-Normalizing Neural Networks.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
selu = Elementwise(
    "selu(x)",
    lambda x: _elu(x, SELU_ALPHA, SELU_SCALE),
    takes="f",
    grad_fn="EluBackward0",
    x=lambda x, g: _elu_slope(x, g, SELU_ALPHA, SELU_SCALE),
    textbook={"x": lambda x: np.where(x > 0, SELU_SCALE, SELU_SCALE * (SELU_ALPHA * np.exp(x)))},
)


def _softplus(x: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    z = beta * x
    return np.where(z > threshold, x, (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / beta)


def _softplus_slope(x: Any, beta: float, threshold: float) -> Any:
    z = beta * x
    below = np.where(z >= threshold, threshold, z)
    return np.where(z > threshold, 1, _steady_sigmoid(below))


# Above the threshold PyTorch takes it for the straight line that it nearly is.
softplus = Elementwise(
    "softplus(x)",
    _softplus,
    takes="f",
    x=_softplus_slope,
    textbook={"x": lambda x, beta: sigmoid(beta * x)},
)


# The slopes of these three cross 0 as a sum of two parts: rounded once, they keep their digits
# there. So each is an op, with a slope of its own.
def _silu_slope(x: Any) -> Any:
    s = sigmoid(x)
    return s * (1 + x * (1 - s))


silu_slope = Elementwise(
    "silu_slope(x)",
    rounded_once_in_loops_too(_silu_slope),
    x=lambda x: sigmoid(x) * sigmoid(-x) * (2 - x * tanh(x / 2)),
)
silu = Elementwise(
    "silu(x)",
    rounded_once(lambda x: x / (1 + np.exp(-x))),
    formula=lambda x: x * sigmoid(x),
    takes="f",
    x=lambda x: silu_slope(x),
    textbook={"x": _silu_slope},
)


gelu_slope = Elementwise(
    "gelu_slope(x)",
    rounded_once_in_loops_too(lambda x: ndtr(x) + x * bell(x)),
    x=lambda x: bell(x) * (2 - x**2),
)
gelu = Elementwise(
    "gelu(x)",
    rounded_once(lambda x: x * ndtr(x)),
    takes="f",
    x=lambda x: gelu_slope(x),
    textbook={"x": lambda x: (1 + erf(x / math.sqrt(2))) / 2 + x * bell(x)},
)


def _bend(x: Any) -> Any:
    """What gelu's tanh is taken of, twice: (1 + tanh(u)) / 2 is sigmoid(2u), exact below 0 too."""
    return 2 * (math.sqrt(2 / math.pi) * (x * (1 + 0.044715 * x**2)))


def _steepness(x: Any) -> Any:
    """The slope of the bend."""
    return 2 * (math.sqrt(2 / math.pi) * (1 + 3 * (0.044715 * x**2)))


def _gelu_tanh_slope(x: Any, share: Callable[[Any], Any] = _steady_sigmoid) -> Any:
    bend = _bend(x)
    return share(bend) + x * (share(bend) * share(-bend) * _steepness(x))


def _gelu_tanh_curve(x: Any) -> Any:
    """The slope of that slope."""
    bend, steepness = _bend(x), _steepness(x)
    turn = 2 * (math.sqrt(2 / math.pi) * (6 * (0.044715 * x**2)))
    both = _steady_sigmoid(bend) * _steady_sigmoid(-bend)
    return both * (2 * steepness + turn - x * steepness**2 * tanh(bend / 2))


gelu_tanh_slope = Elementwise(
    "gelu_tanh_slope(x)", rounded_once_in_loops_too(_gelu_tanh_slope), x=_gelu_tanh_curve
)
gelu_tanh = Elementwise(
    "gelu_tanh(x)",
    rounded_once_in_loops_too(lambda x: x * sigmoid(_bend(x))),
    takes="f",
    grad_fn="GeluBackward0",
    x=lambda x: gelu_tanh_slope(x),
    textbook={"x": lambda x: _gelu_tanh_slope(x, sigmoid)},
)
