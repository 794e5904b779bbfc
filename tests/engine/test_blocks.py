"""Memory of large results is used again, and never while anybody can see it."""

import gc

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import blocks

FLOAT32 = np.dtype(np.float32)
MANY = blocks.LEAST // 4  # float32 numbers


@pytest.fixture(autouse=True)
def none_kept(monkeypatch):
    monkeypatch.setattr(blocks, "_free", {})
    monkeypatch.setattr(blocks, "_kept", [0])
    yield
    gc.collect()
    assert blocks._kept[0] == sum(size * len(each) for size, each in blocks._free.items())


def place(array):
    return array.ctypes.data


def test_memory_is_used_again():
    first = blocks.empty((MANY,), FLOAT32)
    where = place(first)
    del first
    again = blocks.empty((2, MANY // 2), FLOAT32)
    assert (place(again), again.shape, again.dtype) == (where, (2, MANY // 2), FLOAT32)
    assert again.flags.c_contiguous
    assert again.flags.writeable


def test_memory_is_not_used_again_while_a_view_lives():
    first = blocks.empty((2, MANY), FLOAT32)
    first[...] = 1
    view = first[1:].T
    del first
    blocks.empty((2, MANY), FLOAT32)[...] = 2
    assert view.min() == 1


def test_small_results_are_left_to_numpy():
    array = blocks.empty((MANY - 1,), FLOAT32)
    assert array.base is None


def test_no_more_is_kept_than_said(monkeypatch):
    monkeypatch.setattr(blocks, "MOST", 3 * blocks.LEAST)
    held = [blocks.empty((MANY,), FLOAT32) for _ in range(5)]
    large = blocks.empty((4 * MANY,), FLOAT32)
    del held, large
    assert blocks._kept == [3 * blocks.LEAST]
    two = blocks.empty((2 * MANY,), FLOAT32)
    del two  # the sizes given back longest ago go first
    assert {size: len(each) for size, each in blocks._free.items() if each} == {
        blocks.LEAST: 1,
        2 * blocks.LEAST: 1,
    }


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.divide])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_are_numpys(ufunc, dtype):
    a = np.linspace(-3, 3, MANY, dtype=dtype)
    others = [a[::-1], 2, 2.5, a[7], np.float64(0.1), a.reshape(-1, 1)[:3], a.astype("float64")]
    for b in others:
        for pair in ((a, b), (b, a)):
            ours, numpys = blocks.result(ufunc, *pair), ufunc(*pair)
            np.testing.assert_array_equal(ours, numpys)
            assert ours.dtype == numpys.dtype


def test_gradients_of_two_passes_do_not_share_memory():
    x = mg.linspace(-1, 1, MANY, requires_grad=True)
    (x * x).sum().backward()
    first = x.grad
    x.grad = None
    (x * 3).sum().backward()
    np.testing.assert_array_equal(first.numpy(), 2 * x.detach().numpy())
    assert (x.grad == 3).all()
