"""What the two training workloads share: where they start, and a network in PyTorch's words."""

from itertools import pairwise

import numpy as np


def start(sizes, batch, rng):
    """Return inputs (batch, first size), and a weight (out, in) and a bias for each layer."""
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        weight = rng.normal(0, fan_in**-0.5, (fan_out, fan_in)).astype(np.float32)
        layers.append((weight, np.zeros(fan_out, np.float32)))
    return rng.normal(size=(batch, sizes[0])).astype(np.float32), layers


def network(torch, layers):
    """Build the network; `torch` is minigrad or torch."""
    model = torch.nn.Sequential()
    for weight, bias in layers:
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        model.append(linear)
        model.append(torch.nn.ReLU())
    del model[-1]
    return model


def training_step(model, loss_function, optimizer, x, target):
    """Return the step of a training loop."""

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return step


def forward(relu, layers, x):
    """Compute the outputs from [(weight, bias), …], each weight (in, out)."""
    for weight, bias in layers[:-1]:
        x = relu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def by_hand(layers, x, error):
    """Return the gradients of [(weight, bias), …] in NumPy; `error` gives that of the outputs.

    Also returned, first, is the loss.
    """
    inputs = [x]
    for weight, bias in layers[:-1]:
        inputs.append(np.maximum(inputs[-1] @ weight + bias, 0))
    weight, bias = layers[-1]
    loss, g = error(inputs[-1] @ weight + bias)
    gradients = []
    for (weight, _), before in zip(layers[::-1], inputs[::-1], strict=True):
        gradients.append((before.T @ g, g.sum(axis=0)))
        if before is not x:
            g = (g @ weight.T) * (before > 0)
    return loss, gradients[::-1]
