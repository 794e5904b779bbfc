"""How weights start. Every function fills a tensor in place, outside the graph, and returns it.

The draws and the arithmetic are PyTorch's, so a seed gives the same weights there and here.
"""

from __future__ import annotations

import math

from minigrad import errors
from minigrad.generator import Generator
from minigrad.modes import no_grad
from minigrad.tensor import Tensor

__all__ = [
    "calculate_gain", "constant_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_",
    "ones_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip


@no_grad()
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw evenly from a to b. As `torch.nn.init.uniform_`.

    RuntimeError unless a ≤ b, NotImplementedError for a tensor of integers.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.nn.init.uniform_(mg.zeros(2), -1, 1)
    tensor([-0.0075,  0.5364])
    """
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw from the normal distribution. As `torch.nn.init.normal_`.

    RuntimeError for a negative `std`, NotImplementedError for a tensor of integers.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.nn.init.normal_(mg.zeros(3))
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number. As `torch.nn.init.constant_`.

    >>> import minigrad as mg
    >>> mg.nn.init.constant_(mg.zeros(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones. As `torch.nn.init.ones_`.

    >>> import minigrad as mg
    >>> mg.nn.init.ones_(mg.zeros(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros. As `torch.nn.init.zeros_`.

    >>> import minigrad as mg
    >>> mg.nn.init.zeros_(mg.ones(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity. As `torch.nn.init.eye_`.

    ValueError for anything that is no matrix.

    >>> import minigrad as mg
    >>> mg.nn.init.eye_(mg.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_ fills a matrix, not {errors.shaped(tensor)}.")
    tensor.zero_()
    diagonal = range(min(tensor.shape))
    tensor[[*diagonal], [*diagonal]] = 1
    return tensor


def _fans(tensor: Tensor) -> dict[str, int]:
    """How many numbers go into each output, and how many outputs each number goes to."""
    if tensor.ndim < 2:
        raise ValueError(
            f"{errors.shaped(tensor)} has no rows and columns, so its fan-in and fan-out are "
            "unknown. Use uniform_ or normal_ for a bias."
        )
    cells = math.prod(tensor.shape[2:])
    return {"fan_in": tensor.shape[1] * cells, "fan_out": tensor.shape[0] * cells}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much a nonlinearity shrinks what passes: the factor that weights should make up for.

    `param` is leaky_relu's slope. ValueError for an unknown name. As
    `torch.nn.init.calculate_gain`.

    >>> import minigrad as mg
    >>> mg.nn.init.calculate_gain("relu")
    1.4142135623730951
    """
    gains = {"sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2.0), "selu": 3 / 4}
    gains |= dict.fromkeys(("linear", "conv1d", "conv2d"), 1.0)
    gains["leaky_relu"] = math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in gains:
        raise ValueError(f"nonlinearity is one of {', '.join(gains)}, not {nonlinearity!r}.")
    return gains[nonlinearity]


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw evenly within ±gain·√(6 / (fan_in + fan_out)). Glorot and Bengio, 2010.

    ValueError for a tensor with fewer than two dims. As `torch.nn.init.xavier_uniform_`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.nn.init.xavier_uniform_(mg.zeros(2, 3))
    tensor([[-0.0082,  0.5876, -0.9016],
            [-0.8062, -0.4219,  0.2938]])
    """
    bound = math.sqrt(3.0) * (gain * math.sqrt(2.0 / sum(_fans(tensor).values())))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw normally with deviation gain·√(2 / (fan_in + fan_out)). Glorot and Bengio, 2010.

    ValueError for a tensor with fewer than two dims. As `torch.nn.init.xavier_normal_`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.nn.init.xavier_normal_(mg.zeros(2, 3))
    tensor([[ 0.9746, -0.1856, -1.3780],
            [ 0.3595, -0.6859, -0.8845]])
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor).values())), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fans = _fans(tensor)
    if mode not in fans:
        raise ValueError(f'mode is "fan_in" or "fan_out", not {mode!r}.')
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode])


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Draw evenly within ±gain·√(3 / fan), with leaky_relu's slope `a`. He et al., 2015.

    An empty tensor stays as it is. ValueError for a tensor with fewer than two dims, or an
    unknown mode or nonlinearity. As `torch.nn.init.kaiming_uniform_`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.nn.init.kaiming_uniform_(mg.zeros(2, 3), nonlinearity="relu")
    tensor([[-0.0106,  0.7586, -1.1640],
            [-1.0408, -0.5447,  0.3792]])
    """
    if 0 in tensor.shape:
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Draw normally with deviation gain / √fan. He et al., 2015.

    Arguments and errors as in `kaiming_uniform_`. As `torch.nn.init.kaiming_normal_`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.nn.init.kaiming_normal_(mg.zeros(2, 3), nonlinearity="relu")
    tensor([[ 1.2582, -0.2396, -1.7790],
            [ 0.4641, -0.8855, -1.1419]])
    """
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)
