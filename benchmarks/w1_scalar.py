"""W1: the expression of micrograd's README, 25 ops on single numbers, forward and backward."""

from benchmarks.harness import Timed

scalar = Timed("w1", "micrograd's README expression, forward and backward", rounds=100)
WORKLOADS = [scalar]


def expression(relu, a, b):
    """Compute it on whatever has Python's operators, and a relu."""
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + relu(b + a)
    d = d + 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    return g + 10.0 / f


@scalar.case("minigrad", shared=(expression,))
def minigrad():
    import minigrad as mg

    def step():
        a = mg.tensor(-4.0, requires_grad=True)
        b = mg.tensor(2.0, requires_grad=True)
        g = expression(mg.Tensor.relu, a, b)
        g.backward()
        return g, a.grad, b.grad

    return step


@scalar.case("torch", "torch")
def pytorch():
    import torch

    def step():
        a = torch.tensor(-4.0, requires_grad=True)
        b = torch.tensor(2.0, requires_grad=True)
        g = expression(torch.Tensor.relu, a, b)
        g.backward()
        return g, a.grad, b.grad

    return step


@scalar.case("micrograd", "micrograd")
def micrograd():
    from micrograd.engine import Value

    def step():
        a = Value(-4.0)
        b = Value(2.0)
        g = expression(Value.relu, a, b)
        g.backward()
        return g.data, a.grad, b.grad

    return step


@scalar.case("jax.jit", "jax")
def jax():
    import jax

    def loss(a, b):
        return expression(jax.nn.relu, a, b)

    value_and_gradients = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))
    return lambda: jax.block_until_ready(value_and_gradients(-4.0, 2.0))


@scalar.case("autograd", "autograd")
def autograd():
    import autograd

    def loss(a, b):
        return expression(lambda x: x * (x > 0), a, b)

    value_and_gradients = autograd.value_and_grad(loss, argnum=(0, 1))
    return lambda: value_and_gradients(-4.0, 2.0)
