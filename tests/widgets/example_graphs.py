"""Graphs to draw: those of the lessons, awkward ones, and any number of random ones."""

import random

import numpy as np

import minigrad as mg


def leaf(value, name=None, requires_grad=True):
    return mg.tensor(value, requires_grad=requires_grad, name=name)


def composite(at=(1.0, 2.0, 3.0)):
    x, a, b = (leaf(value, name) for value, name in zip(at, "xab", strict=True))
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    return mg.trace(z)


def composite_elsewhere():
    return composite((3.0, -3.0, 5.0))


def squared():
    a = leaf(3.0, "a")
    z = a * a
    return mg.trace(z)


def two_roads():
    a, b = leaf(3.0, "a"), leaf(4.0, "b")
    z = a * b + a
    return mg.trace(z)


def second_backward():
    x = leaf(3.0, "x")
    z = x * x
    z.backward(retain_graph=True)
    return mg.trace(z)


def two_neurons():
    inputs = leaf(1.5, "x1", False), leaf(-2.25, "x2", False)
    out = leaf(0.1, "c")
    for unit in range(2):
        total = leaf(-0.977, f"b{unit}")
        for place, value in enumerate(inputs):
            total = total + leaf(0.4 * unit - 1.868, f"w{unit}{place}") * value
        out = out + leaf(0.7, f"v{unit}") * total.tanh()
    loss = (out - 1) ** 2
    return mg.trace(loss)


def linear_layer():
    numbers = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    x, w, bias = leaf(numbers, "X", False), leaf(numbers.T[:, :2], "W"), leaf([0.5, -1.0], "bias")
    out = x @ w + bias
    loss = (out**2).sum()
    return mg.trace(loss)


def stretched_twice():
    row = leaf([1.0, 2.0, 3.0], "row")
    loss = (row * leaf([[1.0, 1.0, 1.0], [0.5, 2.0, -1.0]], "table") + row).sum()
    return mg.trace(loss)


def awkward_numbers():
    rate, a_long_parameter_name, c = leaf(-0.0001234), leaf(1.234e-05), leaf(-123456.0)
    z = rate * a_long_parameter_name + rate * (a_long_parameter_name * c)
    return mg.trace(z)


def no_gradients():
    def added(p, q):
        return p + q

    return mg.trace(added, leaf(1.0, "p", False), leaf(2.0, "q", False))


def many_roads():
    a = leaf(2.0, "a")
    total = 2 * a + 3 * a + 4 * a + 5 * a + 6 * a
    return mg.trace(total)


def chain():
    total = leaf(1.0, "x")
    for _ in range(30):
        total = total + 1
    return mg.trace(total)


HOSTILE = (
    "<script>alert(1)</script>",
    "]]><!--\"'&amp;",
    "two\nlines\r\n\tand a tab",
    "nul \x00 escape \x1b surrogate \ud800 turned \u202e round \ufffe",
    "🦀👩‍🚀 漢字",
    "x" * 10_000,
)


def hostile():
    total = leaf(1.0, HOSTILE[0])
    for name in HOSTILE[1:]:
        total = total * leaf(2.0, name)
    return mg.trace(total)


def at_random(seed):
    """A graph of up to thirty nodes, with roads that meet, stretched tensors and long names."""
    rng = random.Random(seed)
    values = [
        leaf(
            [rng.uniform(-9, 9) for _ in range(3)] if rng.random() < 0.2 else rng.uniform(-9, 9),
            rng.choice(["a", "rate", "weight_of_input", "β", "W" * 12]) + str(place),
            rng.random() < 0.8 or not place,
        )
        for place in range(rng.randint(1, 5))
    ]
    for _ in range(rng.randint(1, 20)):
        one, other = rng.choice(values), rng.choice(values[-3:])
        values.append(rng.choice([one + other, one * other, (one - 2 * other).sin()]))
    return mg.trace(sum((value.tanh() for value in values[-3:]), values[0]).sum())


EXAMPLES = [
    composite, composite_elsewhere, squared, two_roads, second_backward, two_neurons, linear_layer,
    stretched_twice, awkward_numbers, no_gradients, many_roads, chain, hostile,
]  # fmt: skip
VARIED = [(example.__name__, example) for example in EXAMPLES] + [
    (f"random{seed}", lambda seed=seed: at_random(seed)) for seed in range(24)
]
