"""A thousand questions on random graphs, for the tests of practice in Python and in the browser."""

import math
import random
import re
from functools import cache

import numpy as np

import minigrad as mg
from minigrad.printing import number
from minigrad.tracing import Computation
from minigrad_widgets.practice import Practice
from minigrad_widgets.questions import twins, without_nudge
from minigrad_widgets.screenplay import Screenplay

QUESTIONS = 1000


def practised(computation, **options):
    trace = without_nudge(computation.trace)
    frames = [frame.as_dict() for frame in Screenplay(trace).frames]
    return trace, Practice(trace, frames, twins(computation), **options)


def composite(at=(3.0, -3.0, 5.0)):
    x, a, b = (
        mg.tensor(value, requires_grad=True, name=name)
        for value, name in zip(at, "xab", strict=True)
    )
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    return Computation(z)


def at_random(seed):
    """A graph of single numbers, none of them round, of up to twenty ops."""
    draw = random.Random(seed)
    leaves = [
        mg.tensor(draw.uniform(0.2, 2.5), requires_grad=True, name=name)
        for name in "abcd"[: draw.randint(1, 4)]
    ]
    values = list(leaves)
    for _ in range(draw.randint(3, 20)):
        one, other = draw.choice(values[-4:]), draw.choice(values)
        of_two = [one + other, one - other, one * other, one / (other * other + 0.7)]
        of_one = [one.sin(), one.sigmoid(), one.tanh(), one**2, one.exp().log1p(), one * 1.7]
        values.append(draw.choice([*of_two, *of_one, one.relu()]))
    root = values[-1]
    for each in draw.sample(values, min(2, len(values))):
        root = root + each * values[-1]
    return Computation(root)


def layers_at_random(seed):
    """A small network and its loss; sizes may be square, and a layer may be stretched or scaled."""
    draw = random.Random(seed)

    def leaf(name, *sizes):
        numbers = np.array([draw.uniform(-2, 2) for _ in range(math.prod(sizes))])
        return mg.tensor(numbers.reshape(sizes).tolist(), requires_grad=True, name=name)

    rows, columns, hidden = (draw.randint(2, 4) for _ in range(3))
    first = leaf("X", rows, columns), leaf("W", columns, hidden), leaf("b", hidden)
    linear = mg.nn.functional.linear
    y = draw.choice([lambda x, w, b: x @ w + b, lambda x, w, b: linear(x, w.T, b)])(*first)
    y = draw.choice([y.sin(), y.tanh(), y.sigmoid(), y * leaf("s", hidden), y * leaf("k", rows, 1)])
    if draw.random() < 0.5:
        y = y @ leaf("V", hidden, 2) - leaf("c")
    error = (y - leaf("t", *y.shape)) ** 2
    return Computation(draw.choice([error.mean(), error.sum()]))


@cache
def many():
    """Practices with a thousand questions in all, one in four about a small network."""
    found, seed = [], 0
    while sum(len(practice.questions) for _, practice in found) < QUESTIONS:
        computation = at_random(seed) if seed % 4 else layers_at_random(seed)
        found.append(practised(computation, seed=seed if seed % 3 else None))
        seed += 1
    return found


NUMBERS = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")


def forms(value):
    """How a number may be printed, with three to seven digits, without its sign."""
    texts = {number(value), repr(value), *(f"{value:.{digits}g}" for digits in (3, 4, 5, 6, 7))}
    return {text.replace("−", "-").lstrip("-") for text in texts}
