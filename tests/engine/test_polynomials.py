"""The polynomials of generated loops: stated errors, special values, and that they vectorise.

polynomial_errors.py measures the errors densely, by hand; here they are measured on samples.
"""

import math
import re

import numba
import numpy as np
import pytest

import polynomial_errors
from minigrad.kernels import factors, polynomials
from polynomial_errors import NAMES, in_ulps, loop, reference

KINDS = [np.float32, np.float64]
EXTENDED = np.finfo(np.longdouble).nmant >= 63


def stated(name, kind):
    """The largest error by the function's docstring."""
    both = re.search(r"Errors: ([\d.]+) ulp in float32, ([\d.]+) in float64", doc(name))
    return float(both[1 if kind is np.float32 else 2])


def doc(name):
    return " ".join(getattr(polynomials, name).__doc__.split())


def run(name, x):
    out = np.empty_like(x)
    loop(name)(x, out)
    return out


def samples(name, kind):
    """A few of all numbers, and the numbers around which functions bend."""
    random = np.random.default_rng(0)
    bits = np.uint32 if kind is np.float32 else np.uint64
    anywhere = random.integers(0, np.iinfo(bits).max, 20_000, bits, endpoint=True).view(kind)
    ends = (1e-3, 1, 2, 10, 30, 110, 800)
    quarters = np.arange(-5000, 5000, dtype=kind) * kind(np.pi / 2)
    near = [random.uniform(-end, end, 20_000).astype(kind) for end in ends]
    x = np.concatenate([anywhere, *near, quarters])
    return x[abs(x) <= factors.REACH] if name in {"sin", "cos"} else x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_errors_are_as_stated(name, kind):
    if kind is np.float64 and not EXTENDED:
        pytest.skip("The reference for float64 needs the 80-bit numbers of x86.")
    x = samples(name, kind)
    errors = in_ulps(run(name, x), reference(name, x))
    assert errors.max() <= stated(name, kind), x[errors.argmax()]


@pytest.mark.parametrize("name", [each for each in NAMES if each != "ndtr"])  # no library has it
def test_float64_is_near_the_c_library(name):
    """Without 80-bit numbers the test above is skipped. The library is right to 4 ulp."""
    x = samples(name, np.float64)
    known = np.vectorize(math.erf) if name == "erf" else getattr(np, name)
    with np.errstate(all="ignore"):
        wanted = known(x)
    assert in_ulps(run(name, x), wanted).max() <= 8


NAN, INF = np.nan, np.inf
X = [0.0, -0.0, INF, -INF, NAN, 1e4, -1e4]
SPECIAL = {
    "exp": [1, 1, INF, 0.0, NAN, INF, 0.0],
    "expm1": [0.0, -0.0, INF, -1, NAN, INF, -1],
    "tanh": [0.0, -0.0, 1, -1, NAN, 1, -1],
    "log": [-INF, -INF, INF, NAN, NAN, np.log(1e4), NAN],
    "log1p": [0.0, -0.0, INF, NAN, NAN, np.log1p(1e4), NAN],
    "sin": [0.0, -0.0, NAN, NAN, NAN, NAN, NAN],
    "cos": [1, 1, NAN, NAN, NAN, NAN, NAN],
    "erf": [0.0, -0.0, 1, -1, NAN, 1, -1],
    "ndtr": [0.5, 0.5, 1, 0.0, NAN, 1, 0.0],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_special_values(name, kind):
    wanted = np.array(SPECIAL[name], kind)
    got = run(name, np.array(X, kind))
    np.testing.assert_array_equal(got, wanted)
    zeros = wanted == 0
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["expm1", "tanh", "log1p", "sin"])
def test_the_smallest_numbers_stay_as_they_are(name, kind):
    limits = np.finfo(kind)
    x = np.array([limits.smallest_subnormal, 3 * limits.smallest_subnormal, limits.tiny], kind)
    np.testing.assert_array_equal(run(name, x), x)
    np.testing.assert_array_equal(run(name, -x), -x)


@pytest.mark.parametrize("kind", KINDS)
def test_the_edges_of_logarithms(kind):
    x = np.array([1, np.nextafter(kind(0), kind(1)), -1], kind)
    np.testing.assert_array_equal(run("log", x), np.array([0, np.log(x[1]), NAN], kind))
    np.testing.assert_array_equal(run("log1p", -x), np.array([-INF, -x[1], np.log(kind(2))], kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_loop_becomes_vector_instructions(name, kind):
    function = getattr(polynomials, name)

    @numba.njit(error_model="numpy")
    def each(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    each(np.ones(4, kind), np.ones(4, kind))
    (code,) = each.inspect_llvm().values()
    assert re.search(r"fmul contract <\d+ x (float|double)>", code)


def test_the_type_is_kept_and_plain_python_may_call():
    assert type(polynomials.exp(np.float32(0))) is float  # as Numba hands numbers to Python
    assert run("exp", np.zeros(2, np.float32)).dtype == np.float32
    assert polynomials.tanh(1.0) == pytest.approx(np.tanh(1), rel=1e-15)


def test_the_references_of_erf_and_ndtr_are_right():
    """polynomial_errors has fits of its own: against mpmath, to 1e-17."""
    import mpmath

    x = np.linspace(-37, 6, 120)
    with mpmath.workdps(30):
        for name, known in (("erf", mpmath.erf), ("ndtr", mpmath.ncdf)):
            for each, ours in zip(x, polynomial_errors.reference(name, x), strict=True):
                wanted = known(mpmath.mpf(float(each)))
                ours = mpmath.mpf(np.format_float_scientific(ours, 22))
                bound = 1e-17 if EXTENDED else 1e-15
                assert abs(ours / wanted - 1) < bound, (name, each)
