"""W2: one step of training 2-16-16-1 (micrograd's demo) on 100 points: MSE, SGD."""

import numpy as np

from benchmarks.harness import Timed, require_compiler
from benchmarks.networks import by_hand, forward, network, start, training_step

LEARNING_RATE = 0.05


def data(tiny):
    """Draw the points, their targets and the first weights."""
    rng = np.random.default_rng(0)
    x, layers = start((2, 16, 16, 1), 10 if tiny else 100, rng)
    return x, np.sign(x[:, :1] * x[:, 1:]), layers


small = Timed("w2", "MLP 2-16-16-1, batch 100, MSE, SGD: one step", rounds=100, data=data)
WORKLOADS = [small]


@small.case("minigrad", shared=(network, training_step))
def minigrad(x, target, layers):
    import minigrad as mg

    model = network(mg, layers)
    optimizer = mg.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    x, target = mg.from_numpy(x), mg.from_numpy(target)
    return training_step(model, mg.nn.MSELoss(), optimizer, x, target)


@small.case("minigrad compiled", shared=(network,))
def minigrad_compiled(x, target, layers):
    import minigrad as mg

    model = network(mg, layers)
    optimizer = mg.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    x, target = mg.from_numpy(x), mg.from_numpy(target)
    loss_function = mg.nn.MSELoss()

    def loss(x, target):
        return loss_function(model(x), target)

    step = mg.compile(loss, optimizer)
    return lambda: step(x, target)


@small.case("torch", "torch", shared=(network, training_step))
def pytorch(x, target, layers):
    import torch

    model = network(torch, layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    x, target = torch.from_numpy(x), torch.from_numpy(target)
    return training_step(model, torch.nn.MSELoss(), optimizer, x, target)


@small.case("torch.compile", "torch", shared=(network, training_step))
def pytorch_compiled(x, target, layers):
    import torch

    require_compiler()
    model = torch.compile(network(torch, layers))
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    x, target = torch.from_numpy(x), torch.from_numpy(target)
    return training_step(model, torch.nn.MSELoss(), optimizer, x, target)


@small.case("jax.jit", "jax", shared=(forward,))
def jax(x, target, layers):
    import jax

    layers = [(jax.numpy.array(w.T), jax.numpy.array(b)) for w, b in layers]
    x, target = jax.numpy.array(x), jax.numpy.array(target)

    def loss(layers, x, target):
        return ((forward(jax.nn.relu, layers, x) - target) ** 2).mean()

    @jax.jit
    def update(layers, x, target):
        value, gradients = jax.value_and_grad(loss)(layers, x, target)
        return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, layers, gradients), value

    def step():
        nonlocal layers
        layers, value = jax.block_until_ready(update(layers, x, target))
        return value

    return step


@small.case("numpy by hand", shared=(by_hand,))
def numpy(x, target, layers):
    layers = [(w.T.copy(), b.copy()) for w, b in layers]

    def error(output):
        difference = output - target
        return (difference**2).mean(), 2 / difference.size * difference

    def step():
        loss, gradients = by_hand(layers, x, error)
        for layer, gradient in zip(layers, gradients):
            for parameter, g in zip(layer, gradient):
                parameter -= LEARNING_RATE * g
        return loss

    return step
