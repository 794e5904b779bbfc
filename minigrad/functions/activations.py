"""The bends that make a network more than a matrix. Each keeps the shape of its input.

Where PyTorch takes floats only, integers are refused with a RuntimeError. With `inplace` the
result is written into the input's own memory, and the input itself is returned: a RuntimeError
for a leaf that requires a gradient.
"""

from __future__ import annotations

from minigrad.functions.attach import checked, in_place, method
from minigrad.rules import Rule, activations
from minigrad.tensor import Tensor, apply

# What PyTorch has in torch itself; the others are in torch.nn.functional only.
__all__ = ["relu", "selu", "sigmoid"]


def _bent(rule: Rule, input: Tensor, inplace: bool, **options: float) -> Tensor:
    if inplace:
        return input._become(apply(rule, input._before(), **options))
    return apply(rule, input, **options)


@method
@in_place
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(−x)) of each number, from 0 to 1. As `torch.sigmoid`.

    >>> import minigrad as mg
    >>> mg.sigmoid(mg.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    return apply(activations.sigmoid, input)


@checked
def logsigmoid(input: Tensor) -> Tensor:
    """The logarithm of the sigmoid of each number, without overflow.

    RuntimeError for integers. As `torch.nn.functional.logsigmoid`.

    >>> import minigrad as mg
    >>> mg.nn.functional.logsigmoid(mg.tensor([0.0, -1000.0]))
    tensor([-6.9315e-01, -1.0000e+03])
    """
    return apply(activations.logsigmoid, input)


@method
@in_place
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Each number, or 0 where it is negative; at 0 its slope is 0. As `torch.relu`.

    RuntimeError for truth values.

    >>> import minigrad as mg
    >>> mg.relu(mg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if inplace:
        return _bent(activations.relu, input, inplace)
    return apply(activations.relu, input)


@checked
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Each number, or negative_slope · x where it is negative.

    RuntimeError for integers. As `torch.nn.functional.leaky_relu`.

    >>> import minigrad as mg
    >>> mg.nn.functional.leaky_relu(mg.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return _bent(activations.leaky_relu, input, inplace, negative_slope=negative_slope)


@checked
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Each number, or alpha · (exp(x) − 1) where it is negative. RuntimeError for integers.

    Clevert et al. 2015, Fast and Accurate Deep Network Learning by Exponential Linear Units. As
    `torch.nn.functional.elu`.

    >>> import minigrad as mg
    >>> mg.nn.functional.elu(mg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return _bent(activations.elu, input, inplace, alpha=alpha)


@checked
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """λ · elu(x, α) with λ = 1.0507 and α = 1.6733, which keep a network's numbers in range.

    RuntimeError for integers. Klambauer et al. 2017, Self-Normalizing Neural Networks. As
    `torch.selu`.

    >>> import minigrad as mg
    >>> mg.selu(mg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return _bent(activations.selu, input, inplace)


@checked
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta · x)) / beta of each number; x itself where beta · x > threshold.

    RuntimeError for integers. As `torch.nn.functional.softplus`.

    >>> import minigrad as mg
    >>> mg.nn.functional.softplus(mg.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """
    return apply(activations.softplus, input, beta=beta, threshold=threshold)


@checked
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x · sigmoid(x) of each number, also called swish. As `torch.nn.functional.silu`.

    RuntimeError for integers.

    >>> import minigrad as mg
    >>> mg.nn.functional.silu(mg.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _bent(activations.silu, input, inplace)


_GELUS = {"none": activations.gelu, "tanh": activations.gelu_tanh}


@checked
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x times the share of the normal distribution below x; with "tanh" an approximation.

    RuntimeError for another approximation, and for integers. Hendrycks and Gimpel 2016,
    Gaussian Error Linear Units. As `torch.nn.functional.gelu`.

    >>> import minigrad as mg
    >>> mg.nn.functional.gelu(mg.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    if approximate not in _GELUS:
        raise RuntimeError(f"approximate is 'none' or 'tanh', not {approximate!r}.")
    return apply(_GELUS[approximate], input)
