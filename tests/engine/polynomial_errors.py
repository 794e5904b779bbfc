"""Measures the largest errors of `minigrad.kernels.polynomials`, by hand: it takes an hour.

    python tests/engine/polynomial_errors.py [name ...]

All 2³² float32 against NumPy's float64, and 10⁸ float64 against the 80-bit numbers of x86 Linux
and Windows' subsystem for it. What it prints stands in the functions' docstrings, where
test_polynomials.py reads it. With NUMBA_CPU_NAME=generic it measures processors that have no
fused multiply-add.
"""

import sys
from collections.abc import Callable, Iterator
from functools import cache

import mpmath
import numpy as np

from minigrad.kernels import build

NAMES = ["exp", "expm1", "tanh", "log", "log1p", "sin", "cos", "erf", "ndtr"]
_CHUNK = 1 << 21
_FLOAT64 = 10**8


def loop(name: str) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return the compiled loop that writes a polynomial of x into out."""
    text = f"""from minigrad.kernels.polynomials import {name}
def run(x, out):
    for i in range(x.size):
        out[i] = {name}(x[i])
"""
    return build.loaded(text).run


def reference(name: str, x: np.ndarray) -> np.ndarray:
    """The same in the next wider dtype."""
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64 if x.dtype == np.float32 else np.longdouble)
        if name == "erf":
            return _erf(wide)
        if name == "ndtr":
            return _ndtr(wide)
        return getattr(np, name)(wide)


def _erf(x: np.ndarray) -> np.ndarray:
    size = abs(x)
    near = size < 0.75
    y = np.copysign(1 - 2 * _tail(size * np.sqrt(x.dtype.type(2))), x)
    y[near] = _erf_near(x[near])
    return y


def _ndtr(x: np.ndarray) -> np.ndarray:
    near, root = abs(x) < 1, np.sqrt(x.dtype.type(0.5))
    tail = _tail(abs(x))
    y = np.where(x < 0, tail, 1 - tail)
    y[near] = (1 + _erf_near(x[near] * root)) / 2
    return y


@cache
def _factors() -> tuple[list[np.longdouble], list[np.longdouble]]:
    """Fits with far more terms than a float64 needs: erf(√z)/√z, and a exp(a²) erfc(a)."""

    def near(z: mpmath.mpf) -> mpmath.mpf:
        root = mpmath.sqrt(z)
        return mpmath.erf(root) / root if z else 2 / mpmath.sqrt(mpmath.pi)

    def far(q: mpmath.mpf) -> mpmath.mpf:
        a = 2 * (1 + q) / (1 - q)
        return a * mpmath.exp(a * a) * mpmath.erfc(a)

    with mpmath.workdps(60):
        ends = [(a - 2) / (a + 2) for a in (mpmath.mpf(0.7), mpmath.mpf(28))]
        fits = mpmath.chebyfit(near, [0, 0.5625], 18), mpmath.chebyfit(far, ends, 32)
        return tuple([np.longdouble(mpmath.nstr(c, 25)) for c in fit] for fit in fits)


def _erf_near(x: np.ndarray) -> np.ndarray:
    return x * _polynomial(x * x, _factors()[0])


def _tail(u: np.ndarray) -> np.ndarray:
    """The share of the normal distribution beyond u, from 0.75 √2 on."""
    y = np.where(np.isnan(u), u, 0)
    middle = (u >= 1) & (u < 39.5)
    u = u[middle]
    a = u * np.sqrt(u.dtype.type(0.5))
    high = u.astype(np.float32).astype(u.dtype)  # its square is exact
    power = np.exp(-high * high / 2) * np.exp((high - u) * (high + u) / 2)
    y[middle] = power * _polynomial((a - 2) / (a + 2), _factors()[1]) / (2 * a)
    return y


def _polynomial(x: np.ndarray, factors: list[np.longdouble]) -> np.ndarray:
    total = np.full_like(x, factors[0])
    for each in factors[1:]:
        total = total * x + each.astype(x.dtype)
    return total


def in_ulps(got: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Errors in units of the last place; infinite where one is NaN, or infinite, and not both."""
    with np.errstate(all="ignore"):
        rounded = wanted.astype(got.dtype)
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
        errors = abs(got - wanted) / np.spacing(abs(rounded))
        errors = np.where(np.isfinite(got) & np.isfinite(rounded), errors, np.inf)
        return np.where(same & ~np.isfinite(rounded), 0, errors)


def all_float32() -> Iterator[np.ndarray]:
    """Yield every float32 there is."""
    for start in range(0, 1 << 32, _CHUNK):
        yield np.arange(start, start + _CHUNK, dtype=np.uint32).view(np.float32)


def some_float64() -> Iterator[np.ndarray]:
    """Yield as many float64 as the task names: all magnitudes, and more where functions bend."""
    random = np.random.default_rng(0)
    for _ in range(0, _FLOAT64, _CHUNK):
        quarter = _CHUNK // 4
        sign = random.choice([-1.0, 1.0], quarter)
        yield np.concatenate([
            random.integers(0, 1 << 64, quarter, dtype=np.uint64).view(np.float64),
            sign * 2 ** random.uniform(-30, 13, quarter),
            random.uniform(-2, 2, quarter),
            random.uniform(-30, 30, quarter),
        ])  # fmt: skip


def main() -> None:
    """Print the largest errors of the functions that are named, or of all."""
    if np.finfo(np.longdouble).nmant < 63:
        raise SystemExit("The reference needs 80-bit numbers, which this machine has not.")
    for name in sys.argv[1:] or NAMES:
        for samples in (all_float32(), some_float64()):
            largest, place = -1.0, None
            for x in samples:
                if name in {"sin", "cos"}:
                    x = x[~(abs(x) > 2**13)]
                got = np.empty_like(x)
                loop(name)(x, got)
                errors = in_ulps(got, reference(name, x))
                if x.size and errors.max() > largest:
                    largest, place = float(errors.max()), x[errors.argmax()]
            print(f"{name} {x.dtype}: {largest:.3f} ulp, at {place!r}", flush=True)


if __name__ == "__main__":
    main()
