"""Long chains, wide fans and long trainings: no recursion, little memory, nothing left behind."""

import gc
import sys
import tracemalloc

import pytest

import minigrad as mg

# What a chain of adds takes in PyTorch 2.13.0 on Linux, in bytes of memory for each op.
PYTORCH_BYTES_PER_OP = 667
W = mg.tensor(1.0, requires_grad=True)


def chain(x, ops, op=lambda y: y + 1.0):
    y = x
    for _ in range(ops):
        y = op(y)
    return y


def test_a_chain_of_a_million_ops():
    x = mg.tensor(1.0, dtype=mg.float64, requires_grad=True)
    y = chain(x, 10**6)
    assert y.item() == 1_000_001.0
    y.backward()
    assert x.grad.item() == 1.0
    del y  # a graph that is let go is let go without recursion too


def test_a_fan_of_a_hundred_thousand_roads():
    x = mg.tensor(2.0, dtype=mg.float64, requires_grad=True)
    total = x * 0
    for i in range(10**5):
        total = total + x * float(i)
    total.backward()
    assert x.grad.item() == sum(range(10**5))


@pytest.mark.parametrize(
    "op", [lambda y: y + 1.0, lambda y: y * W, mg.sin, mg.tanh], ids=["add", "mul", "sin", "tanh"]
)
def test_an_op_takes_less_memory_than_an_add_in_pytorch(op):
    x = mg.tensor(0.5, requires_grad=True)
    chain(x, 1000, op)  # what is made once
    tracemalloc.start()
    try:
        y = chain(x, 10**4, op)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert y.requires_grad
    assert taken / 10**4 < PYTORCH_BYTES_PER_OP


def test_training_leaves_nothing_behind_without_the_garbage_collector():
    x = mg.tensor([[1.0], [2.0], [3.0]])
    y = 2 * x + 1
    w, b = mg.tensor([[0.0]], requires_grad=True), mg.tensor([0.0], requires_grad=True)

    def train(steps):
        for _ in range(steps):
            loss = ((x @ w + b - y) ** 2).mean()
            loss.backward()
            with mg.no_grad():
                for each in (w, b):
                    each -= 0.05 * each.grad
                    each.grad = None

    gc.collect()
    gc.disable()
    try:
        train(5000)  # what is made once
        before = sys.getallocatedblocks()
        train(10**5)
        after = sys.getallocatedblocks()
    finally:
        gc.enable()
    assert after - before < 100
    assert abs(w.item() - 2) < 1e-3
