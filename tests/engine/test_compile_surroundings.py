"""What a compiled function sees besides its arguments, and that a change there is noticed."""

import sys

import numpy as np

import minigrad as mg
from compiling import assert_compiled, assert_equal, is_compiled, notices, ramp
from minigrad import nn

SCALE = 2.0


class Shift:
    def __init__(self):
        self.by = 1.0


def test_a_number_of_the_function_s_surroundings(monkeypatch):
    factor = 2.0
    holder = Shift()
    numbers = {"a": [1.0, 2.0]}
    array = np.array([1.0, 2.0], np.float32)

    def fn(x, power=2):
        return (x * factor * SCALE + holder.by + numbers["a"][1]) * mg.tensor(array) ** power

    compiled = assert_compiled(fn, ramp(2))
    x = ramp(2)
    before = compiled(x).tolist()
    factor = 3.0
    for change in ("factor", "SCALE", "by", "numbers", "array", "new"):
        if change == "SCALE":
            monkeypatch.setattr(sys.modules[__name__], "SCALE", 5.0)
        elif change == "by":
            holder.by = -1.0
        elif change == "numbers":
            numbers["a"][1] = 7.0
        elif change == "array":
            array[:] = 4
        elif change == "new":
            holder = Shift()
        assert_equal(compiled(x), fn(x))
        assert compiled(x).tolist() != before
        before = compiled(x).tolist()


def test_a_captured_tensor_may_change_and_may_be_replaced():
    w = ramp(2, requires_grad=True)
    compiled = mg.compile(lambda x: x * w)
    x = mg.ones(2)
    for _ in range(2):
        assert compiled(x).tolist() == w.tolist()
        with mg.no_grad():
            w += 1
    w.data = mg.tensor([7.0, 8.0])
    assert compiled(x).tolist() == [7, 8]
    w.data = mg.tensor([[7.0, 8.0], [9.0, 1.0]])
    assert compiled(x).tolist() == w.tolist()
    w.requires_grad_(False)
    assert not compiled(x).requires_grad
    w = ramp(2, dtype=mg.float64)
    assert compiled(x).tolist() == w.tolist()
    w = 5
    assert compiled(x).tolist() == [5, 5]


def test_modules():
    model = nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.1), nn.Dropout(0.0))
    compiled = mg.compile(lambda x: model(x).sum())
    x = ramp(4, 2, requires_grad=True)

    def same():
        for _ in range(2):
            assert_equal(compiled(x), compiled.fn(x))

    same()
    model.eval()
    same()
    model[1].negative_slope = 0.7
    same()
    model[0].weight = nn.Parameter(ramp(3, 2))
    same()
    model[1] = nn.Tanh()
    same()
    handle = model[1].register_forward_hook(lambda module, args, output: output * 2)
    same()
    handle.remove()
    same()
    model.double()
    x = ramp(4, 2, dtype=mg.float64)
    same()
    model.requires_grad_(False)
    same()


def test_modes_that_come_again_are_not_recorded_again():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    compiled = mg.compile(model)
    with notices() as said:
        for _ in range(20):
            for mode in (True, False):
                model.train(mode)
                compiled(ramp(4, 2))
    assert said == []
    assert is_compiled(compiled, ramp(4, 2))


def test_what_is_different_each_time():
    number = 0

    def fn(x):
        return x * number

    compiled = mg.compile(fn)
    with notices() as said:
        for number in range(20):  # noqa: B007
            assert_equal(compiled(ramp(2)), fn(ramp(2)))
    assert len(said) == 1
    assert "it has been compiled often enough" in said[0]
