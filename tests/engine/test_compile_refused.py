"""What mg.compile cannot compile runs as it is, with one notice."""

import itertools
import random
import time
import warnings

import numpy as np
import pytest

import minigrad as mg
from compiling import assert_equal, notices, ramp
from minigrad import nn

F = nn.functional
STREAM, OURS, NUMBERS = np.random.default_rng(), mg.Generator(), itertools.repeat(2.0)


def by_value(x):
    return x * 2 if x.sum() > 0 else -x


def loop(x):
    while x.abs().max() > 0.1:
        x = x / 2
    return x


def draws(x):
    return x + mg.rand(3)


def writes(x):
    y = x * 2
    y[0] = 1
    return y


@pytest.mark.parametrize(
    ("fn", "why"),
    [
        (by_value, "Line"),
        (loop, "while x.abs().max() > 0.1:"),
        (draws, "draws random numbers"),
        (writes, "writes to a tensor in place"),
        (lambda x: x * float(x[0]), "reads the numbers"),
        (lambda x: x * x.tolist()[0], "reads the numbers"),
        (lambda x: x + mg.tensor(np.asarray(x)), "reads the numbers"),
        (lambda x: x[x > 0], "reads the numbers"),
        (lambda x: (x > 0).nonzero(), "reads the numbers"),
        (lambda x: mg.tensor(x.numpy() + 1), "reads the numbers"),
        (lambda x: x * f"{x}".count("0"), "reads the numbers"),
        (lambda x: x * random.random(), "draws random numbers"),
        (lambda x: x * STREAM.random(), "draws random numbers"),
        (lambda x: x * mg.rand(3, generator=OURS), "draws random numbers"),
        (lambda x: F.dropout(x * mg.rand(3), 0.5), "draws random numbers"),
        (lambda x: F.dropout(x, 0.5) * mg.rand(3), "draws random numbers"),
        (lambda x: x + (time.perf_counter() < 0), "a clock"),
        (lambda x: x * next(NUMBERS), "gives something else each time"),
        (lambda x: x if (x == x).all() else -x, "reads the numbers"),
        (lambda x: x * int(x.argmax()), "reads the numbers"),
        (lambda x: x.relu_() if False else x.clone().relu_(), "in place"),
    ],
)
def test_python_that_depends_on_numbers_runs_as_it_is(fn, why):
    compiled = mg.compile(fn)
    with notices() as said:
        for sign in (1, -1, 1, -1):
            x = sign * ramp(3)
            mg.manual_seed(0)
            random.seed(0)
            states = STREAM.bit_generator.state, OURS.get_state()
            expected = fn(x)
            mg.manual_seed(0)
            random.seed(0)
            STREAM.bit_generator.state = states[0]
            OURS.set_state(states[1])
            assert_equal(compiled(x), expected)
    assert len(said) == 1, said
    assert why in said[0]
    assert "runs as it is, not compiled" in said[0]


def test_effects_happen_each_time():
    runs = []

    def fn(x):
        runs.append(len(runs))
        return x * 2

    compiled = mg.compile(fn)
    with notices() as said:
        for _ in range(3):
            compiled(ramp(2))
    assert runs == [0, 1, 2]
    assert len(said) == 1
    assert "it changes runs" in said[0]


def test_hooks_inside_and_functions_of_one_s_own():
    class Twice(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 100

    def hooked(x):
        y = x * 2
        y.register_hook(lambda g: g * 100)
        return y

    for fn in (Twice.apply, hooked):
        compiled = mg.compile(fn)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", mg.CompileWarning)
            for _ in range(2):
                x = ramp(2, requires_grad=True)
                compiled(x).sum().backward()
                assert x.grad.tolist() in ([100, 100], [200, 200])
