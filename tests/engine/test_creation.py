"""Making tensors: what is refused, what shares memory, and the default dtype.

What they hold is compared with PyTorch in test_torch.py.
"""

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf

WRONG = [
    (lambda: mg.zeros(2.0), TypeError, "are integers"),
    (lambda: mg.zeros("2"), TypeError, "are integers"),
    (mg.zeros, TypeError, "at least one size"),
    (lambda: mg.ones(2, -1), RuntimeError, "below zero"),
    (lambda: mg.zeros(2, dtype="float16"), TypeError, "float16"),
    (lambda: mg.zeros(2, dtype=mg.int64, requires_grad=True), RuntimeError, "int64"),
    (lambda: mg.zeros(2, device="cuda"), RuntimeError, "no device 'cuda'"),
    (lambda: mg.zeros(2, device="cuda:0"), RuntimeError, "no device 'cuda:0'"),
    (lambda: mg.tensor([1.0]).to("mps"), RuntimeError, "no device 'mps'"),
    (lambda: mg.device("gpu"), RuntimeError, 'Use "cpu"'),
    (lambda: mg.full(2, 3), TypeError, "A size is a tuple"),
    (lambda: mg.full((2,), float("nan"), dtype=mg.int64), RuntimeError, "cannot be held as int64"),
    (lambda: mg.full((2,), 2**40, dtype=mg.int32), RuntimeError, "cannot be held as int32"),
    (lambda: mg.full((2,), 2**70), RuntimeError, "cannot be held as int64"),
    (lambda: mg.full((2,), 1e40), RuntimeError, "cannot be held as float32"),
    (lambda: mg.zeros_like([1.0]), TypeError, "not a list"),
    (lambda: mg.ones_like(mg.arange(3), requires_grad=True), RuntimeError, "int64"),
    (lambda: mg.arange(5, 1), RuntimeError, "from 5 to 1 by steps of 1"),
    (lambda: mg.arange(1, 5, 0), RuntimeError, "steps of 0"),
    (lambda: mg.arange(0, 1, 0.1, dtype=mg.int64), RuntimeError, "steps of 0"),
    (lambda: mg.arange(float("inf")), RuntimeError, "finite"),
    (lambda: mg.arange(float("nan")), RuntimeError, "finite"),
    (lambda: mg.arange(3, requires_grad=True), RuntimeError, "int64"),
    (lambda: mg.arange(2, dtype=mg.bool), NotImplementedError, "truth"),
    (lambda: mg.linspace(0, 1, -1), RuntimeError, "below zero"),
    (lambda: mg.linspace(0, 1, 2.5), TypeError, "are integers"),
    (lambda: mg.linspace(0, 1, 3, dtype=mg.bool), NotImplementedError, "truth"),
    (lambda: mg.eye(-1), RuntimeError, "below zero"),
    (lambda: mg.from_numpy([1.0]), TypeError, "not a list"),
    (lambda: mg.from_numpy(np.zeros(2, np.float16)), TypeError, "float16"),
    (lambda: mg.from_numpy(np.array(["a"])), TypeError, "float32"),
    (lambda: mg.from_numpy(np.zeros(2).astype(">f8")), TypeError, "float64"),
    (lambda: mg.tensor([1.0]).to(3), TypeError, "not 3"),
    (lambda: mg.tensor([1.0]).size(1), IndexError, "no dim 1"),
    (lambda: mg.tensor([1.0]).stride(-2), IndexError, "no dim -2"),
    (lambda: mg.set_default_dtype(mg.int64), TypeError, "default dtype"),
    (lambda: mg.set_default_dtype("float64"), TypeError, "default dtype"),
    (lambda: mg.finfo(mg.int64), TypeError, "use iinfo"),
    (lambda: mg.iinfo(mg.float32), TypeError, "use finfo"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_misuse_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


@pytest.mark.parametrize("kind", [mg.float32, mg.float64])
def test_linspace_ends_where_it_should_and_is_the_same_from_both_sides(kind):
    for steps in range(2, 60):
        x = mg.linspace(0.1, 0.7, steps, dtype=kind)
        assert (x[0], x[-1]) == (mg.tensor(0.1, dtype=kind), mg.tensor(0.7, dtype=kind))
        y = mg.linspace(-0.7, 0.7, steps * 2, dtype=kind).numpy()
        assert y.tolist() == (-y[::-1]).tolist()


def test_numpys_memory_is_shared_both_ways():
    array = np.zeros(3)
    x = mg.from_numpy(array)
    array[0] = 1
    x[1] = 2
    assert x.tolist() == array.tolist() == [1, 2, 0]
    assert mg.from_numpy(array[::-1]).tolist() == [0, 2, 1]


def test_a_single_number_shares_numpys_memory_too():
    array = np.array(1.0)
    x = mg.from_numpy(array)
    x += 1
    assert array == 2


def test_what_is_made_from_a_tensor_shares_nothing_with_it():
    x = mg.tensor([1.0, 2.0])
    for y in (mg.full_like(x, 1), x.clone(), x.to(copy=True), x.new_tensor(x)):
        y.zero_()
    assert x.tolist() == [1.0, 2.0]


def test_a_clone_passes_the_gradient_on():
    x = leaf([1.0, 2.0])
    y = x.clone()
    y *= mg.tensor([3.0, 4.0])
    y.sum().backward()
    assert (x.tolist(), x.grad.tolist()) == ([1.0, 2.0], [3.0, 4.0])


def test_a_gradient_comes_back_in_the_old_dtype():
    x = leaf([1.0, 2.0])
    (x.double() * 3).sum().backward()
    assert x.grad.dtype is mg.float32
    assert x.grad.tolist() == [3.0, 3.0]


def test_nothing_is_copied_without_need():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    for same in (x.float(), x.to(mg.float32), x.to("cpu"), x.cpu(), x.contiguous(), x.type_as(x)):
        assert same is x


def test_the_default_dtype_reaches_scalars_and_quotients():
    ints = mg.tensor([1, 2])
    mg.set_default_dtype(mg.float64)
    try:
        made = [mg.tensor(0.1), mg.rand(2), ints / 2, ints * 0.5, ints.mean(dtype=mg.float64)]
        assert {each.dtype for each in made} == {mg.float64}
        assert mg.tensor(0.1).item() == 0.1
        assert (mg.ones(2, dtype=mg.float32) * 0.1).dtype is mg.float32
    finally:
        mg.set_default_dtype(mg.float32)
    assert mg.tensor(0.1).dtype is mg.float32


def test_devices_are_compared_by_place():
    assert mg.device("cpu") == mg.zeros(1).device == mg.device(mg.device("cpu"))
    assert mg.device("cpu:0") == mg.device("cpu", 0) != mg.device("cpu")
    assert len({mg.device("cpu"), mg.device("cpu")}) == 1
    assert mg.zeros(1, device=mg.device("cpu:0")).tolist() == [0]
