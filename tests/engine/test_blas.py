"""The product of matrices in generated code, against np.matmul."""

import itertools

import numpy as np
import pytest

from minigrad.kernels import blas, build

pytestmark = pytest.mark.skipif(
    not blas.available(), reason="This NumPy comes without OpenBLAS: programs call np.matmul."
)
SIZES = [(1, 1, 1), (3, 4, 5), (100, 16, 2), (1, 7, 1), (64, 64, 64), (130, 257, 65)]
EMPTY = [(0, 3, 2), (3, 0, 2), (3, 2, 0), (0, 0, 0)]  # rows, inner, columns


def product(a, b, out, a_turned=False, b_turned=False, kept=0.0):
    text = f"""from minigrad.kernels.blas import gemm
def run(a, b, out):
    gemm(a, b, out, {a_turned}, {b_turned}, {kept})
"""
    build.loaded(text).run(a, b, out)
    return out


def turned(array):
    return np.ascontiguousarray(array.T)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "inner", "columns"), SIZES + EMPTY)
def test_it_is_the_product(rows, inner, columns, kind):
    random = np.random.default_rng(0)
    a = random.normal(size=(rows, inner)).astype(kind)
    b = random.normal(size=(inner, columns)).astype(kind)
    before = random.normal(size=(rows, columns)).astype(kind)
    close = {"rtol": 0, "atol": 40 * np.finfo(kind).eps * max(1, inner) ** 0.5}
    for a_turned, b_turned in itertools.product([False, True], repeat=2):
        left, right = turned(a) if a_turned else a, turned(b) if b_turned else b
        junk = np.full((rows, columns), np.nan, kind)
        np.testing.assert_allclose(product(left, right, junk, a_turned, b_turned), a @ b, **close)
        total = product(left, right, before.copy(), a_turned, b_turned, 1.0)
        np.testing.assert_allclose(total, a @ b + before, **close)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30])
def test_special_numbers_come_out_as_numpy_s_do(special, kind):
    random = np.random.default_rng(1)
    a, b = random.normal(size=(20, 30)).astype(kind), random.normal(size=(30, 10)).astype(kind)
    a[3, 4] = a[3, 5] = b[7, 2] = special
    b[4, :] = 0
    out = np.empty((20, 10), kind)
    with np.errstate(all="ignore"):
        wanted = a @ b
    np.testing.assert_allclose(product(a, b, out), wanted, rtol=1e-4, atol=1e-5)


def test_it_is_kept_and_found_again(tmp_path, monkeypatch):
    """What names NumPy's symbol must know it before it is loaded; see the module's last line."""
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path))
    build._folder.cache_clear()
    a = np.eye(2)
    for hits in (0, 1):
        monkeypatch.setattr(build, "_LOADED", {})
        text = "from minigrad.kernels.blas import gemm\n"
        text += "def run(a, b, out):\n    gemm(a, b, out, False, False, 0.0)\n"
        run, out = build.loaded(text).run, np.empty((2, 2))
        run(a, a, out)
        np.testing.assert_array_equal(out, a)
        assert sum(run.stats.cache_hits.values()) == hits
    build._folder.cache_clear()


def test_where_numpy_has_no_such_symbol_it_says_so(monkeypatch):
    monkeypatch.setattr(blas, "_places", lambda: [np.__file__, "no such library"])
    blas.available.cache_clear()
    try:
        assert not blas.available()
    finally:
        monkeypatch.undo()
        blas.available.cache_clear()
        assert blas.available()
