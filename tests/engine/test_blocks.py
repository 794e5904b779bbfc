"""Memory of large results is used again, and never while anybody can see it."""

import gc
import sys
import threading
import time

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import blocks

FLOAT32 = np.dtype(np.float32)
MANY = blocks.LEAST // 4  # float32 numbers


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    own = blocks._Pool(most=3 * blocks.LEAST)
    monkeypatch.setattr(blocks, "_pool", own)
    yield own
    gc.collect()
    assert own.kept == sum(size * len(each) for size, each in own.free.items()) <= own.most


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


def test_no_more_is_kept_than_said(pool):
    held = [blocks.empty((MANY,), FLOAT32) for _ in range(5)]
    large = blocks.empty((4 * MANY,), FLOAT32)
    del held, large
    assert pool.kept == 3 * blocks.LEAST
    two = blocks.empty((2 * MANY,), FLOAT32)
    del two  # other sizes make room
    assert {size: len(each) for size, each in pool.free.items()} == {2 * blocks.LEAST: 1}


def test_threads_share_the_memory_that_nobody_holds():
    wrong = []

    def work(number):
        for many in (MANY, 2 * MANY, MANY, 4 * MANY) * 20:
            array = blocks.empty((many,), FLOAT32)
            array[::4096] = number
            time.sleep(0)
            wrong.extend(array[::4096][array[::4096] != number])

    threads = [threading.Thread(target=work, args=(each,)) for each in range(4)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_results_keep_the_order_of_their_dims():
    a = mg.ones(600, 600)
    assert (a.T + a.T).numpy().flags.f_contiguous


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


def branching(x):
    """Use x in several ways, so that contributions to its gradient are added up."""
    kept = x + 1
    kept.retain_grad()
    folded = (x * 4).reshape(2, -1).reshape(-1)
    # What arrives at kept is handed to the other summands too, as it is.
    return kept, ((kept + x + x * 2 + folded + x.detach() * x * x) * mg.ones(MANY)).sum()


def test_contributions_are_added_up_in_memory_that_nobody_else_holds():
    cells = np.arange(MANY, dtype=np.float32) % 8
    x = mg.tensor(cells, requires_grad=True)
    kept, loss = branching(x)
    for times in (1, 2):
        loss.backward(retain_graph=True)
        np.testing.assert_array_equal(x.grad.numpy(), times * (8 + 2 * cells**2))
        np.testing.assert_array_equal(kept.grad.numpy(), np.full(MANY, times))
        np.testing.assert_array_equal(x.detach().numpy(), cells)


def test_contributions_that_are_views_are_not_written_to():
    x = mg.tensor(np.zeros(MANY, np.float32), requires_grad=True)
    kept = x * 1
    kept.retain_grad()
    folded = [each.reshape(2, -1).reshape(-1) for each in (kept, x)]
    loss = ((folded[0] + kept * 2 + folded[1] + kept) * mg.ones(MANY)).sum()
    for times in (1, 2):
        loss.backward(retain_graph=True)
        np.testing.assert_array_equal(x.grad.numpy(), np.full(MANY, 5 * times))
        np.testing.assert_array_equal(kept.grad.numpy(), np.full(MANY, 4 * times))


def test_a_sum_of_two_fresh_contributions_needs_no_third_array(monkeypatch):
    x = mg.tensor(np.ones(MANY, np.float32), requires_grad=True)
    loss = (x * 2 + x * 3).sum()
    added = []

    def result(ufunc, a, b):
        added.append(ufunc)
        return ufunc(a, b)

    monkeypatch.setattr(blocks, "result", result)
    loss.backward()
    assert np.add not in added
    assert x.grad.sum().item() == 5 * MANY
