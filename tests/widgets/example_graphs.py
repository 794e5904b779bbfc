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


def second_pass():
    x, y = leaf(3.0, "x"), leaf(2.0, "y")
    return mg.trace(x * y + x * x, passes=2)


def second_pass_of_tensors():
    w = leaf([[1.0, 2.0], [3.0, 4.0]], "w")
    return mg.trace((w * w + w).sum(), passes=2)


def frozen():
    w, x = leaf(2.0, "w", False), leaf(3.0, "x")
    return mg.trace(w * x + w)


def without_gradients_in_the_middle():
    def target(x):
        with mg.no_grad():
            goal = x * 2 + 1
        return (x - goal) ** 2

    return mg.trace(target, leaf(3.0, "x"))


def detached():
    def kept(x):
        y = x * x
        return y.detach() * x

    return mg.trace(kept, leaf(3.0, "x"))


def network():
    mg.manual_seed(0)
    net = mg.nn.Sequential(mg.nn.Linear(4, 3), mg.nn.Tanh(), mg.nn.Linear(3, 2))
    loss = mg.nn.functional.cross_entropy(net(mg.randn(5, 4)), mg.tensor([0, 1, 1, 0, 1]))
    return mg.trace(loss)


def heat():
    rng = np.random.default_rng(0)
    x = leaf(rng.normal(size=(40, 30)), "x", False)
    w, b = leaf(rng.normal(size=(30, 20)), "w"), leaf(rng.normal(size=20), "b")
    return mg.trace(((x @ w + b).tanh() ** 2).mean())


def long_vectors():
    numbers = np.linspace(-1, 1, 24, dtype=np.float32)
    short, long = leaf(numbers, "short"), leaf(np.tile(numbers, 20), "long")
    return mg.trace((short * 3).sum() + long.exp().sum())


def many_dims():
    image = leaf(np.arange(48.0).reshape(2, 3, 2, 4), "image")
    return mg.trace((image * image).sum())


def odd_numbers():
    x = leaf([[0.0, -1.0, 1e-7], [1e30, -123456.0, 2.0]], "x")
    return mg.trace((x.log() + x.sqrt()).sum())


def odd_numbers_in_heat():
    numbers = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8)
    numbers[0, :4] = [np.nan, np.inf, -np.inf, 1e6]
    return mg.trace((leaf(numbers, "x") * 2).sum())


def no_numbers():
    return mg.trace((leaf(np.zeros((0, 3), np.float32), "x") * 2).sum())


def vectors_and_matrices():
    m, v = leaf([[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]], "m"), leaf([0.5, -1.0], "v")
    return mg.trace((m @ v) @ leaf([1.0, 2.0, 3.0], "u"))


def along_an_axis():
    x = leaf([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]], "x")
    return mg.trace(((x - x.mean(dim=1, keepdim=True)) ** 2).sum(dim=0).softmax(dim=0).sum())


def wide():
    total = leaf(0.5, "x0")
    for place in range(1, 25):
        total = total + leaf(place / 7, f"x{place}").sin()
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
    stretched_twice, awkward_numbers, no_gradients, many_roads, chain, hostile, second_pass,
    second_pass_of_tensors, frozen, without_gradients_in_the_middle, detached, network, heat,
    long_vectors, many_dims, odd_numbers, odd_numbers_in_heat, no_numbers, vectors_and_matrices,
    along_an_axis, wide,
]  # fmt: skip
VARIED = [(example.__name__, example) for example in EXAMPLES] + [
    (f"random{seed}", lambda seed=seed: at_random(seed)) for seed in range(24)
]
