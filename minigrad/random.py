"""Random tensors, drawn from the default stream or from the one that `generator=` names."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import dtypes, errors
from minigrad.functions.attach import method
from minigrad.functions.creation import made, room, room_like, shape_of, sizes
from minigrad.generator import Generator, stream
from minigrad.tensor import Array, Tensor

__all__ = [
    "bernoulli", "normal", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "randperm",
]  # fmt: skip

# Drawing. Each function takes an array for its shape, its dtype and its order in memory, in
# which PyTorch fills it.


def _stream(generator: Any) -> Generator:
    if not isinstance(generator, Generator | None):
        raise TypeError(f"generator is an mg.Generator, not a {type(generator).__name__}.")
    return stream(generator)


def _laid_out(numbers: Array, like: Array) -> Array:
    out = np.empty_like(like)
    out.ravel("K")[...] = numbers
    return out


def _check_floating(what: str, kind: np.dtype[Any]) -> None:
    if kind.kind != "f":
        raise NotImplementedError(f"{what} floats, and {kind.name} holds none.")


def _uniform(like: Array, generator: Generator | None, low: float = 0, high: float = 1) -> Array:
    _check_floating("uniform_ draws", like.dtype)
    most = float(np.finfo(like.dtype).max)
    if not (-most <= low <= high <= most and high - low <= most):
        raise RuntimeError(
            f"uniform_ draws from a range of finite numbers, and {low} to {high} is none."
        )
    draw = _stream(generator).uniform
    return _laid_out(draw(like.size, like.dtype, low, high), like)


def _normal(like: Array, generator: Generator | None, mean: float = 0, std: float = 1) -> Array:
    _check_floating("normal_ draws", like.dtype)
    if not std >= 0:
        raise RuntimeError(f"A standard deviation is at least 0, and std is {std}.")
    draw = _stream(generator).normal
    return _laid_out(draw(like.size, like.dtype, mean, std, like.flags.c_contiguous), like)


def _bernoulli(like: Array, generator: Generator | None, p: Any) -> Array:
    kind: np.dtype[Any] = np.dtype(float)
    if isinstance(p, Tensor):
        kind = p._data.dtype
        _check_floating("A probability is made of", kind)
        cells = np.empty_like(like, kind)
        cells[...] = p._data
        p = cells.ravel("K")
    if not np.all((p >= 0) & (p <= 1)):
        raise RuntimeError(f"A probability lies between 0 and 1, and p is {p}.")
    return _laid_out(_stream(generator).bernoulli(like.size, p, kind), like)


def _most(kind: np.dtype[Any]) -> int:
    """The largest n for which the dtype holds all integers up to n."""
    if kind.kind == "f":
        return 2 ** (np.finfo(kind).nmant + 1)
    return 1 if kind.kind == "b" else int(np.iinfo(kind).max)


def _integers(like: Array, generator: Generator | None, low: int, high: int, **rule: bool) -> Array:
    if not low < high:
        raise RuntimeError(
            f"Integers are drawn from low up to high, and {low} is not below {high}."
        )
    most = _most(like.dtype)
    least = {"f": -most, "i": -most - 1, "b": 0}[like.dtype.kind]
    if low < least or high - 1 > most:
        raise RuntimeError(
            f"{like.dtype.name} does not hold all integers from {low} to {high - 1}."
        )
    draw = _stream(generator).integers
    return _laid_out(draw(like.size, low, high, **rule), like)


def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw numbers from 0 up to 1, all equally likely; sizes as in `zeros`. As `torch.rand`.

    Errors as in `zeros`; NotImplementedError for a dtype that holds no floats.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.rand(2)
    tensor([0.4963, 0.7682])
    """
    blank = room(sizes(size), dtype, device, requires_grad)
    return made(_uniform(blank, generator), requires_grad)


def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw normal numbers of mean 0 and standard deviation 1; sizes as in `zeros`.

    Errors as in `zeros`; NotImplementedError for a dtype that holds no floats. As `torch.randn`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.randn(2)
    tensor([ 1.5410, -0.2934])
    """
    blank = room(sizes(size), dtype, device, requires_grad)
    return made(_normal(blank, generator), requires_grad)


def randint(
    low: Any = 0, high: Any = None, size: Any = None, *, generator: Generator | None = None,
    dtype: Any = dtypes.int64, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw integers from `low` up to, and without, `high`: randint(high, size) starts at 0.

    `size` is a tuple. RuntimeError for an empty range, or one that the dtype cannot hold.
    As `torch.randint`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.randint(10, (5,))
    tensor([4, 9, 3, 0, 3])
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    blank = room(shape_of(size), dtype, device, requires_grad)
    drawn = _integers(blank, generator, operator.index(low), operator.index(high))
    return made(drawn, requires_grad)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = dtypes.int64, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw the integers below `n` in random order: shape (n,). As `torch.randperm`.

    RuntimeError for n below 0.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.randperm(4)
    tensor([0, 1, 3, 2])
    """
    numbers = room(shape_of((n,)), dtype, device, requires_grad)
    numbers[...] = _stream(generator).permutation(len(numbers))
    return made(numbers, requires_grad)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """Draw 1 with the probability that each number of `input` is, and 0 otherwise.

    With `p` that is the probability throughout. The shape and dtype are those of `input`;
    no gradient flows through a draw. RuntimeError for what is no probability.
    As `torch.bernoulli`.

    >>> import minigrad as mg
    >>> mg.bernoulli(mg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    blank = room_like(input, None, None, False)
    return made(_bernoulli(blank, generator, input if p is None else p), False)


def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw normal numbers: of one `mean` and `std` in a tuple `size`, or for each of a Tensor.

    Two Tensors broadcast, and the dtype is that of the first. No gradient flows to them:
    write mean + std * mg.randn(…) for that. RuntimeError for a negative standard deviation or
    shapes that do not broadcast, TypeError for numbers without a size. As `torch.normal`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(0)
    >>> mg.normal(100.0, 1.0, (2,))
    tensor([101.5410,  99.7066])
    """
    given = [each for each in (mean, std) if isinstance(each, Tensor)]
    if size is not None and not given:
        blank = room(shape_of(size), dtype, device, requires_grad)
        return made(_normal(blank, generator, mean, std), requires_grad)
    if size is not None or not given:
        raise TypeError("normal takes two numbers and a size, or Tensors and no size.")
    mean, std = (getattr(each, "_data", each) for each in (mean, std))
    if not np.all(std >= 0):
        raise RuntimeError(f"A standard deviation is at least 0, and std is {std}.")
    shapes = [tuple(each.shape) for each in given]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise RuntimeError(f"mean and std do not broadcast: {shapes[0]} and {shapes[1]}.") from None
    kind = given[0].dtype if dtype is None else dtype
    blank = room(shape, kind, device, requires_grad)
    drawn = (_normal(blank, generator) * std).astype(blank.dtype) + mean
    return made(drawn.astype(blank.dtype), requires_grad)


def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw as `rand` does, in the shape and dtype of `input`. As `torch.rand_like`.

    Errors as in `rand`.

    >>> import minigrad as mg
    >>> mg.rand_like(mg.tensor([1.5, 2.5])).shape
    torch.Size([2])
    """
    blank = room_like(input, dtype, device, requires_grad)
    return made(_uniform(blank, generator), requires_grad)


def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw as `randn` does, in the shape and dtype of `input`. As `torch.randn_like`.

    Errors as in `rand`.

    >>> import minigrad as mg
    >>> mg.randn_like(mg.tensor([1.5, 2.5])).shape
    torch.Size([2])
    """
    blank = room_like(input, dtype, device, requires_grad)
    return made(_normal(blank, generator), requires_grad)


def randint_like(
    input: Tensor, low: Any = 0, high: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Draw as `randint` does, in the shape and dtype of `input`. As `torch.randint_like`.

    Errors as in `randint`.

    >>> import minigrad as mg
    >>> mg.randint_like(mg.tensor([1.5, 2.5]), 1)
    tensor([0., 0.])
    """
    if high is None:
        low, high = 0, low
    blank = room_like(input, dtype, device, requires_grad)
    drawn = _integers(blank, generator, operator.index(low), operator.index(high))
    return made(drawn, requires_grad)


# In place ---------------------------------------------------------------------------------


def _written(input: Tensor, draw: Callable[..., Array], *options: Any, **rule: bool) -> Tensor:
    errors.check_in_place(input, input)  # before the stream moves on
    return input.copy_(Tensor(draw(input._array(), *options, **rule)))


@method
def uniform_(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers between two bounds, all equally likely. As `torch.Tensor.uniform_`.

    RuntimeError for bounds in the wrong order, and for a leaf that requires a gradient;
    NotImplementedError for a tensor of integers.

    >>> import minigrad as mg
    >>> mg.zeros(2).uniform_(3, 3)
    tensor([3., 3.])
    """
    return _written(input, _uniform, generator, from_, to)


@method
def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with normal numbers. As `torch.Tensor.normal_`.

    RuntimeError for a negative `std`, and for a leaf that requires a gradient;
    NotImplementedError for a tensor of integers.

    >>> import minigrad as mg
    >>> mg.zeros(2).normal_(3, 0)
    tensor([3., 3.])
    """
    return _written(input, _normal, generator, mean, std)


@method
def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 at probability `p`, a number or a Tensor that broadcasts, and 0 otherwise.

    RuntimeError for what is no probability, and for a leaf that requires a gradient.
    As `torch.Tensor.bernoulli_`.

    >>> import minigrad as mg
    >>> mg.zeros(2).bernoulli_(1.0)
    tensor([1., 1.])
    """
    return _written(input, _bernoulli, generator, p)


@method
def random_(input: Tensor, *bounds: int, generator: Generator | None = None) -> Tensor:
    """Fill with integers: from 0 or a bound up to another, or all that the dtype holds.

    random_(to), random_(from, to) or random_(). RuntimeError for an empty range, and for a
    leaf that requires a gradient. As `torch.Tensor.random_`.

    >>> import minigrad as mg
    >>> mg.zeros(2).random_(7, 8)
    tensor([7., 7.])
    """
    if bounds:
        low, high = (0, *bounds)[-2:]
        return _written(input, _integers, generator, low, high)
    kind = input._data.dtype
    return _written(input, _integers, generator, 0, _most(kind) + 1, wide=kind.itemsize == 8)
