"""W4: five terms that a compiler can fuse into one loop, forward alone and with backward."""

import numpy as np

from benchmarks.harness import Timed, require_compiler
from benchmarks.w4_kernels import Kernel


def five_terms(np, x):
    """Compute it in any framework; `np` is its module."""
    square = x * x
    return np.tanh(x) + np.exp(-square) + x / (1 + square) + np.log(1 + square) + 0.5 * square


chain = Kernel("five-term chain")


@chain.case("minigrad compiled", shared=(five_terms,))
def minigrad_compiled_chain(x):
    import minigrad as mg

    compiled, x = mg.compile(lambda x: five_terms(mg, x)), mg.from_numpy(x)
    return lambda: compiled(x)


@chain.case("minigrad", shared=(five_terms,))
def minigrad_chain(x):
    import minigrad as mg

    x = mg.from_numpy(x)
    return lambda: five_terms(mg, x)


@chain.case("numpy", shared=(five_terms,))
def numpy_chain(x):
    return lambda: five_terms(np, x)


@chain.case("torch", "torch", shared=(five_terms,))
def torch_chain(x):
    import torch

    x = torch.from_numpy(x)
    return lambda: five_terms(torch, x)


@chain.case("torch.compile", "torch", shared=(five_terms,))
def torch_compiled_chain(x):
    import torch

    require_compiler()
    compiled, x = torch.compile(lambda x: five_terms(torch, x)), torch.from_numpy(x)
    return lambda: compiled(x)


@chain.case("jax.jit", "jax", shared=(five_terms,))
def jax_chain(x):
    import jax

    compiled, x = jax.jit(lambda x: five_terms(jax.numpy, x)), jax.numpy.array(x)
    return lambda: jax.block_until_ready(compiled(x))


def numbers(tiny, many):
    """Draw x."""
    return (np.random.default_rng(0).normal(size=10 if tiny else many).astype("float32"),)


def both_ways(many):
    """Make the workload of the forward and the backward pass on so many numbers."""
    workload = Timed(
        f"w4 both ways {many}",
        f"five-term chain, forward and backward, {many:,} float32 numbers",
        40,
        lambda tiny: numbers(tiny, many),
    )

    @workload.case("minigrad compiled", shared=(five_terms,))
    def minigrad_compiled(x):
        import minigrad as mg

        compiled, x = mg.compile(lambda x: five_terms(mg, x).sum()), mg.tensor(x).requires_grad_()

        def step():
            x.grad = None
            loss = compiled(x)
            loss.backward()
            return loss, x.grad

        return step

    @workload.case("minigrad", shared=(five_terms,))
    def minigrad(x):
        import minigrad as mg

        x = mg.tensor(x).requires_grad_()

        def step():
            x.grad = None
            loss = five_terms(mg, x).sum()
            loss.backward()
            return loss, x.grad

        return step

    @workload.case("torch", "torch", shared=(five_terms,))
    def pytorch(x):
        import torch

        x = torch.tensor(x).requires_grad_()

        def step():
            x.grad = None
            loss = five_terms(torch, x).sum()
            loss.backward()
            return loss, x.grad

        return step

    @workload.case("jax.jit", "jax", shared=(five_terms,))
    def jax(x):
        import jax

        both = jax.jit(jax.value_and_grad(lambda x: five_terms(jax.numpy, x).sum()))
        x = jax.numpy.array(x)
        return lambda: jax.block_until_ready(both(x))

    return workload


SIZES = (10**3, 10**4, 10**5, 10**6)
WORKLOADS = [*chain.workloads, *map(both_ways, SIZES)]
