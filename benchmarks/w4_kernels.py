"""W4: one op at a time on 10⁶ numbers, float32 and float64."""

import numpy as np

from benchmarks.harness import Timed

DTYPES = ("float32", "float64")


class Kernel:
    """The workloads of one op: one for each dtype, with the same cases.

    A case gets x (1000, 1000) and returns the step.
    """

    def __init__(self, name):
        self.workloads = [
            Timed(
                f"w4 {name} {dtype}",
                f"{name}, 10⁶ numbers, {dtype}",
                20,
                lambda tiny, dtype=dtype: numbers(tiny, dtype),
            )
            for dtype in DTYPES
        ]

        @self.case("a copy")
        def copy(x):
            out = np.empty_like(x)

            def step():
                np.copyto(out, x)

            return step

    def case(self, name, *needs, shared=()):
        """Register the function below in all workloads."""

        def register(function):
            for workload in self.workloads:
                workload.case(name, *needs, shared=shared)(function)
            return function

        return register


def numbers(tiny, dtype):
    """Draw x, whose rows are the rows of softmax, layer_norm and cross-entropy."""
    shape = (7, 9) if tiny else (1000, 1000)
    return (np.random.default_rng(0).normal(size=shape).astype(dtype),)


sigmoid = Kernel("sigmoid")


@sigmoid.case("minigrad")
def minigrad_sigmoid(x):
    import minigrad as mg

    x = mg.from_numpy(x)
    return lambda: mg.sigmoid(x)


@sigmoid.case("numpy")
def numpy_sigmoid(x):
    return lambda: 1 / (1 + np.exp(-x))


@sigmoid.case("torch", "torch")
def torch_sigmoid(x):
    import torch

    x = torch.from_numpy(x)
    return lambda: torch.sigmoid(x)


@sigmoid.case("jax.jit", "jax")
def jax_sigmoid(x):
    import jax

    x, sigmoid = jax.numpy.array(x), jax.jit(jax.nn.sigmoid)
    return lambda: jax.block_until_ready(sigmoid(x))


tanh = Kernel("tanh")


@tanh.case("minigrad")
def minigrad_tanh(x):
    import minigrad as mg

    x = mg.from_numpy(x)
    return lambda: mg.tanh(x)


@tanh.case("numpy")
def numpy_tanh(x):
    return lambda: np.tanh(x)


@tanh.case("torch", "torch")
def torch_tanh(x):
    import torch

    x = torch.from_numpy(x)
    return lambda: torch.tanh(x)


@tanh.case("jax.jit", "jax")
def jax_tanh(x):
    import jax

    x, tanh = jax.numpy.array(x), jax.jit(jax.numpy.tanh)
    return lambda: jax.block_until_ready(tanh(x))


gelu = Kernel("gelu")


@gelu.case("minigrad")
def minigrad_gelu(x):
    import minigrad as mg

    x = mg.from_numpy(x)
    return lambda: mg.nn.functional.gelu(x)


@gelu.case("torch", "torch")
def torch_gelu(x):
    import torch

    x = torch.from_numpy(x)
    return lambda: torch.nn.functional.gelu(x)


@gelu.case("jax.jit", "jax")
def jax_gelu(x):
    import jax

    x, gelu = jax.numpy.array(x), jax.jit(lambda x: jax.nn.gelu(x, approximate=False))
    return lambda: jax.block_until_ready(gelu(x))


softmax = Kernel("softmax")


@softmax.case("minigrad")
def minigrad_softmax(x):
    import minigrad as mg

    x = mg.from_numpy(x)
    return lambda: mg.softmax(x, dim=1)


@softmax.case("numpy")
def numpy_softmax(x):
    def step():
        weight = np.exp(x - x.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        return weight

    return step


@softmax.case("torch", "torch")
def torch_softmax(x):
    import torch

    x = torch.from_numpy(x)
    return lambda: torch.softmax(x, dim=1)


@softmax.case("jax.jit", "jax")
def jax_softmax(x):
    import jax

    x, softmax = jax.numpy.array(x), jax.jit(jax.nn.softmax)
    return lambda: jax.block_until_ready(softmax(x))


layer_norm = Kernel("layer_norm")


@layer_norm.case("minigrad")
def minigrad_layer_norm(x):
    import minigrad as mg

    x = mg.from_numpy(x)
    return lambda: mg.nn.functional.layer_norm(x, x.shape[1:])


@layer_norm.case("numpy")
def numpy_layer_norm(x):
    def step():
        centred = x - x.mean(axis=1, keepdims=True)
        variance = np.square(centred).mean(axis=1, keepdims=True)
        centred /= np.sqrt(variance + 1e-5)
        return centred

    return step


@layer_norm.case("torch", "torch")
def torch_layer_norm(x):
    import torch

    x = torch.from_numpy(x)
    return lambda: torch.nn.functional.layer_norm(x, x.shape[1:])


@layer_norm.case("jax.jit", "jax")
def jax_layer_norm(x):
    import jax

    x, normalized = jax.numpy.array(x), jax.jit(lambda x: jax.nn.standardize(x, epsilon=1e-5))
    return lambda: jax.block_until_ready(normalized(x))


adam = Kernel("Adam update")


@adam.case("minigrad")
def minigrad_adam(x):
    import minigrad as mg

    p = mg.nn.Parameter(mg.from_numpy(x.copy()))
    p.grad = mg.from_numpy(x)
    optimizer = mg.optim.Adam([p], lr=0.001)

    def step():
        optimizer.step()
        return p

    return step


@adam.case("numpy")
def numpy_adam(x):
    p, g, m, v = x.copy(), x, np.zeros_like(x), np.zeros_like(x)
    count = 0

    def step():
        nonlocal count
        count += 1
        np.multiply(m, 0.9, out=m)
        np.add(m, 0.1 * g, out=m)
        np.multiply(v, 0.999, out=v)
        np.add(v, 0.001 * g * g, out=v)
        root = np.sqrt(v / (1 - 0.999**count))
        root += 1e-8
        np.subtract(p, 0.001 / (1 - 0.9**count) * m / root, out=p)
        return p

    return step


@adam.case("torch", "torch")
def torch_adam(x):
    import torch

    p = torch.nn.Parameter(torch.from_numpy(x.copy()))
    p.grad = torch.from_numpy(x)
    optimizer = torch.optim.Adam([p], lr=0.001, fused=True)

    def step():
        optimizer.step()
        return p

    return step


@adam.case("jax.jit", "jax")
def jax_adam(x):
    import jax
    import jax.numpy as jnp

    p, g, m, v, count = jnp.array(x), jnp.array(x), jnp.zeros(x.shape), jnp.zeros(x.shape), 0
    m, v = m.astype(x.dtype), v.astype(x.dtype)

    def adam(p, m, v, g, count):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        return p - 0.001 * m / (1 - 0.9**count) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8), m, v

    update = jax.jit(adam, donate_argnums=(0, 1, 2))

    def step():
        nonlocal p, m, v, count
        count += 1
        p, m, v = jax.block_until_ready(update(p, m, v, g, float(count)))
        return p

    return step


cross_entropy = Kernel("cross-entropy forward + backward")


@cross_entropy.case("minigrad")
def minigrad_cross_entropy(x):
    import minigrad as mg

    target = mg.arange(len(x)) % x.shape[1]
    x = mg.from_numpy(x).requires_grad_()

    def step():
        x.grad = None
        loss = mg.nn.functional.cross_entropy(x, target)
        loss.backward()
        return loss, x.grad

    return step


@cross_entropy.case("numpy")
def numpy_cross_entropy(x):
    rows = np.arange(len(x))
    target = rows % x.shape[1]

    def step():
        shifted = x - x.max(axis=1, keepdims=True)
        g = np.exp(shifted)
        total = g.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - shifted[rows, target]).mean()
        g /= total
        g[rows, target] -= 1
        g /= len(x)
        return loss, g

    return step


@cross_entropy.case("torch", "torch")
def torch_cross_entropy(x):
    import torch

    target = torch.arange(len(x)) % x.shape[1]
    x = torch.from_numpy(x).requires_grad_()

    def step():
        x.grad = None
        loss = torch.nn.functional.cross_entropy(x, target)
        loss.backward()
        return loss, x.grad

    return step


@cross_entropy.case("jax.jit", "jax")
def jax_cross_entropy(x):
    import jax
    import jax.numpy as jnp

    x, target = jnp.array(x), jnp.arange(len(x)) % x.shape[1]

    def loss(x):
        return -jnp.take_along_axis(jax.nn.log_softmax(x), target[:, None], 1).mean()

    value_and_gradient = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(value_and_gradient(x))


KERNELS = [sigmoid, tanh, gelu, softmax, layer_norm, adam, cross_entropy]
WORKLOADS = [workload for kernel in KERNELS for workload in kernel.workloads]
