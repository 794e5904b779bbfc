"""W3: one step of training 784-128-64-10 on 128 pictures: cross-entropy, Adam."""

import numpy as np

from benchmarks.harness import Timed
from benchmarks.networks import by_hand, forward, network, start, training_step


def data(tiny):
    """Draw pictures, their classes and the first weights."""
    rng = np.random.default_rng(0)
    batch, sizes = (8, (20, 12, 11, 10)) if tiny else (128, (784, 128, 64, 10))
    x, layers = start(sizes, batch, rng)
    return x, rng.integers(0, 10, batch), layers


medium = Timed(
    "w3", "MLP 784-128-64-10, batch 128, cross-entropy, Adam: one step", rounds=100, data=data
)
WORKLOADS = [medium]


@medium.case("minigrad", shared=(network, training_step))
def minigrad(x, target, layers):
    import minigrad as mg

    model = network(mg, layers)
    optimizer = mg.optim.Adam(model.parameters(), lr=0.001)
    x, target = mg.from_numpy(x), mg.from_numpy(target)
    return training_step(model, mg.nn.CrossEntropyLoss(), optimizer, x, target)


@medium.case("minigrad compiled", shared=(network,))
def minigrad_compiled(x, target, layers):
    import minigrad as mg

    model = network(mg, layers)
    optimizer = mg.optim.Adam(model.parameters(), lr=0.001)
    x, target = mg.from_numpy(x), mg.from_numpy(target)
    loss_function = mg.nn.CrossEntropyLoss()

    def loss(x, target):
        return loss_function(model(x), target)

    step = mg.compile(loss, optimizer)
    return lambda: step(x, target)


@medium.case("torch", "torch", given=({},), shared=(network, training_step))
@medium.case(
    "torch, fused Adam", "torch", given=({"fused": True},), shared=(network, training_step)
)
def pytorch(x, target, layers, options):
    import torch

    model = network(torch, layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, **options)
    x, target = torch.from_numpy(x), torch.from_numpy(target)
    return training_step(model, torch.nn.CrossEntropyLoss(), optimizer, x, target)


@medium.case("jax.jit", "jax", shared=(forward,))
def jax(x, target, layers):
    import jax
    import jax.numpy as jnp

    layers = [(jnp.array(w.T), jnp.array(b)) for w, b in layers]
    m = v = jax.tree.map(jnp.zeros_like, layers)
    x, target, count = jnp.array(x), jnp.array(target), 0

    def loss(layers, x, target):
        logits = forward(jax.nn.relu, layers, x)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), target[:, None], 1).mean()

    def adam(p, g, m, v, count):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        return p - 0.001 * m / (1 - 0.9**count) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8), m, v

    @jax.jit
    def update(layers, m, v, count, x, target):
        value, gradients = jax.value_and_grad(loss)(layers, x, target)
        moved = jax.tree.map(lambda *each: adam(*each, count), layers, gradients, m, v)
        return *jax.tree.transpose(jax.tree.structure(layers), None, moved), value

    def step():
        nonlocal layers, m, v, count
        count += 1
        state = update(layers, m, v, float(count), x, target)
        layers, m, v, value = jax.block_until_ready(state)
        return value

    return step


@medium.case("numpy by hand", shared=(by_hand,))
def numpy(x, target, layers):
    layers = [(w.T.copy(), b.copy()) for w, b in layers]
    memory = [[(np.zeros_like(p), np.zeros_like(p)) for p in layer] for layer in layers]
    rows, count = np.arange(len(x)), 0

    def error(output):
        shifted = output - output.max(axis=1, keepdims=True)
        weight = np.exp(shifted)
        total = weight.sum(axis=1, keepdims=True)
        g = weight / total
        g[rows, target] -= 1
        return (np.log(total[:, 0]) - shifted[rows, target]).mean(), g / len(x)

    def step():
        nonlocal count
        count += 1
        loss, gradients = by_hand(layers, x, error)
        for layer, gradient, kept in zip(layers, gradients, memory):
            for p, g, (m, v) in zip(layer, gradient, kept):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                p -= 0.001 / (1 - 0.9**count) * m / (np.sqrt(v / (1 - 0.999**count)) + 1e-8)
        return loss

    return step


@medium.case("its GEMMs alone")
def gemms(x, target, layers):
    # Each product of the step, with its operands laid out as PyTorch's layers have them.
    products = []
    before = x
    for weight, _ in layers:
        after = before @ weight.T
        products.append((before, weight.T, after))
        products.append((after.T, before, np.empty_like(weight)))
        if before is not x:
            products.append((after, weight, np.empty_like(before)))
        before = after

    def step():
        for a, b, out in products:
            np.matmul(a, b, out=out)

    return step
