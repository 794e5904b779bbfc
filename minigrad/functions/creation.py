"""Functions that make new tensors: filled, counted, or shared with NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad import dtypes, errors
from minigrad.devices import device as as_device
from minigrad.functions.attach import method
from minigrad.functions.dims import integers
from minigrad.generator import fused
from minigrad.modes import Number
from minigrad.names import short
from minigrad.tensor import Array, Tensor, tensor

__all__ = [
    "arange", "empty", "empty_like", "eye", "from_numpy", "full", "full_like", "linspace", "ones",
    "ones_like", "zeros", "zeros_like",
]  # fmt: skip


def shape_of(size: Any) -> tuple[int, ...]:
    """Read a shape that is given as a tuple or a list."""
    if not isinstance(size, tuple | list):
        raise TypeError(f"A size is a tuple, such as (2, 3), and not {size!r}.")
    shape = integers(size)
    if any(each < 0 for each in shape):
        raise RuntimeError(f"No size can be below zero: {shape}.")
    return shape


def sizes(given: tuple[Any, ...]) -> tuple[int, ...]:
    """Read a shape that is given as ints, or as one tuple or list of them."""
    if not given:
        raise TypeError("Give at least one size, or () for a single number.")
    alone = len(given) == 1 and isinstance(given[0], tuple | list)
    return shape_of(given[0] if alone else given)


def kind_of(dtype: Any) -> np.dtype[Any]:
    """NumPy's word for the dtype that is asked for, or for the default."""
    return dtypes.DEFAULT if dtype is None else dtypes.as_dtype(dtype).dtype


def room(shape: tuple[int, ...], dtype: Any, device: Any, requires_grad: bool) -> Array:
    """An array to be filled. What can be wrong about a new tensor is found here, before that."""
    if device is not None:
        as_device(device)
    kind = kind_of(dtype)
    errors.check_can_require_grad(kind, requires_grad)
    return np.empty(shape, kind)


def room_like(input: Any, dtype: Any, device: Any, requires_grad: bool) -> Array:
    """The same in the shape of `input`, in its dtype unless another is asked for.

    The order in memory is that of `input` too.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"The first argument is a Tensor, not a {type(input).__name__}.")
    kind = input.dtype if dtype is None else dtype
    return np.empty_like(input._data, room((), kind, device, requires_grad).dtype)


def made(numbers: Array, requires_grad: bool) -> Tensor:
    """Make a tensor of an array that is nobody else's."""
    return Tensor(numbers if numbers.ndim else numbers[()], requires_grad)


def _number(value: Any) -> Any:
    """A Python number for one, or for what holds one. TypeError for anything else."""
    number = value.item() if hasattr(value, "item") else value
    if not isinstance(number, Number):
        raise TypeError(f"A number is needed here, not {short(repr(value))}.")
    return number


def _filled(blank: Array, value: Any) -> Array:
    try:
        with np.errstate(over="raise"):
            blank[...] = _number(value)
    except (ValueError, ArithmeticError):
        raise RuntimeError(f"{value} cannot be held as {blank.dtype.name}.") from None
    return blank


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros, of the given sizes: ints, or one tuple. As `torch.zeros`.

    RuntimeError for a size below zero, for integers that require a gradient and for a device
    but "cpu"; TypeError for a size that is no int, and for an unknown dtype.

    >>> import minigrad as mg
    >>> mg.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return made(np.zeros_like(room(sizes(size), dtype, device, requires_grad)), requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones; sizes and errors as in `zeros`. As `torch.ones`.

    >>> import minigrad as mg
    >>> mg.ones(3)
    tensor([1., 1., 1.])
    """
    return made(np.ones_like(room(sizes(size), dtype, device, requires_grad)), requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor for numbers to come: zeros, so that a program prints the same each time.

    Sizes and errors as in `zeros`. As `torch.empty`, which shows what was in memory.

    >>> import minigrad as mg
    >>> mg.empty(2).shape
    torch.Size([2])
    """
    return zeros(*size, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of `size`, a tuple, filled with one number, whose type decides on the dtype.

    RuntimeError for a number that the dtype cannot hold; else errors as in `zeros`. As
    `torch.full`.

    >>> import minigrad as mg
    >>> mg.full((2,), 7)
    tensor([7, 7])
    """
    kind = dtypes.result_type(_number(fill_value)) if dtype is None else dtype
    blank = room(shape_of(size), kind, device, requires_grad)
    return made(_filled(blank, fill_value), requires_grad)


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the shape and dtype of `input`; TypeError for no Tensor. As `torch.zeros_like`.

    >>> import minigrad as mg
    >>> mg.zeros_like(mg.tensor([1, 2]))
    tensor([0, 0])
    """
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones in the shape and dtype of `input`; TypeError for no Tensor. As `torch.ones_like`.

    >>> import minigrad as mg
    >>> mg.ones_like(mg.tensor([1.5, 2.5]))
    tensor([1., 1.])
    """
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros, for numbers to come, in the shape and dtype of `input`; TypeError for no Tensor.

    As `torch.empty_like`, which shows what was in memory.

    >>> import minigrad as mg
    >>> mg.empty_like(mg.tensor([1.5, 2.5])).shape
    torch.Size([2])
    """
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """One number throughout, in the shape and dtype of `input`. As `torch.full_like`.

    RuntimeError for a number that the dtype cannot hold, TypeError for no Tensor.

    >>> import minigrad as mg
    >>> mg.full_like(mg.tensor([1.5, 2.5]), 7)
    tensor([7., 7.])
    """
    blank = room_like(input, dtype, device, requires_grad)
    return made(_filled(blank, fill_value), requires_grad)


def arange(
    start: Any = None, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The numbers from `start` up to, and without, `end`: ⌈(end − start) / step⌉ of them.

    One argument alone is `end`. Floats among them make floats. RuntimeError for a step of
    zero or away from `end`, and for infinite bounds; NotImplementedError for truth values. As
    `torch.arange`.

    >>> import minigrad as mg
    >>> mg.arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
    bounds = [_number(each) for each in ((0, start, 1) if end is None else (start or 0, end, step))]
    if dtype is None:
        dtype = None if any(isinstance(each, float) for each in bounds) else dtypes.int64
    kind = kind_of(dtype)
    if kind.kind == "b":
        raise NotImplementedError("arange makes numbers, not truth values. Use dtype=mg.int64.")
    if not all(map(math.isfinite, bounds)):
        raise RuntimeError(f"arange needs finite numbers, not {bounds}.")
    first, last, by = map(int, bounds) if kind.kind == "i" else bounds
    if not by or (last - first) / by < 0:
        raise RuntimeError(f"arange does not get from {first} to {last} by steps of {by}.")
    numbers = room((math.ceil((last - first) / by),), kind, device, requires_grad)
    numbers[...] = first + by * np.arange(len(numbers))
    return made(numbers, requires_grad)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers at equal distances from `start` to `end`, both included: shape (steps,).

    RuntimeError for fewer than 0 steps, NotImplementedError for truth values. Counted from both
    ends. As `torch.linspace`.

    >>> import minigrad as mg
    >>> mg.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    numbers = room(shape_of((steps,)), dtype, device, requires_grad)
    kind, count = numbers.dtype, len(numbers)
    if kind.kind == "b":
        raise NotImplementedError("linspace makes numbers, not truth values.")
    exact: Any = kind if kind.kind == "f" else np.dtype(float)
    first, last = (exact.type(kind.type(_number(each))) for each in (start, end))
    step = (last - first) / exact.type(max(1, count - 1))
    place = np.arange(count)
    up = fused(place.astype(exact), step, first)
    down = fused((count - 1 - place).astype(exact), -step, last)
    numbers[...] = np.where(place < max(1, count // 2), up, down)
    return made(numbers, requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """An n × m matrix (n × n without `m`) with ones on the diagonal. As `torch.eye`.

    RuntimeError for a size below zero.

    >>> import minigrad as mg
    >>> mg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    numbers = room(shape_of((n, n if m is None else m)), dtype, device, requires_grad)
    numbers[...] = np.eye(*numbers.shape)
    return made(numbers, requires_grad)


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares the memory of a NumPy array: a write to one shows in the other.

    The tensor cannot notice writes that go through NumPy: they do not count in its version,
    so a backward pass that needed the old numbers is wrong and does not say so. Use
    `mg.tensor(array)` for a copy. TypeError for what is no array of a known dtype.
    As `torch.from_numpy`.

    >>> import minigrad as mg
    >>> import numpy as np
    >>> array = np.array([1.0, 2.0])
    >>> x = mg.from_numpy(array)
    >>> array[0] = 7
    >>> x
    tensor([7., 2.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy takes a NumPy array, not a {type(ndarray).__name__}.")
    dtypes.as_dtype(ndarray.dtype)
    return Tensor(ndarray)


@method
def new_zeros(input: Tensor, *size: Any, **options: Any) -> Tensor:
    """Zeros of the given sizes in the dtype of `input`; options and errors as in `zeros`.

    As `torch.Tensor.new_zeros`.

    >>> import minigrad as mg
    >>> mg.tensor([1, 2]).new_zeros(3)
    tensor([0, 0, 0])
    """
    return zeros(*size, **{"dtype": input.dtype, **options})


@method
def new_ones(input: Tensor, *size: Any, **options: Any) -> Tensor:
    """Ones of the given sizes in the dtype of `input`; options and errors as in `ones`.

    As `torch.Tensor.new_ones`.

    >>> import minigrad as mg
    >>> mg.tensor([1, 2]).new_ones(3)
    tensor([1, 1, 1])
    """
    return ones(*size, **{"dtype": input.dtype, **options})


@method
def new_empty(input: Tensor, *size: Any, **options: Any) -> Tensor:
    """Room for numbers to come, in the dtype of `input`; options and errors as in `empty`.

    As `torch.Tensor.new_empty`.

    >>> import minigrad as mg
    >>> mg.tensor([1, 2]).new_empty(3).dtype
    torch.int64
    """
    return empty(*size, **{"dtype": input.dtype, **options})


@method
def new_full(input: Tensor, size: Any, fill_value: Any, **options: Any) -> Tensor:
    """One number throughout, in the dtype of `input`; size, options and errors as in `full`.

    As `torch.Tensor.new_full`.

    >>> import minigrad as mg
    >>> mg.tensor([1.5]).new_full((2,), 7)
    tensor([7., 7.])
    """
    return full(size, fill_value, **{"dtype": input.dtype, **options})


@method
def new_tensor(input: Tensor, data: Any, **options: Any) -> Tensor:
    """A tensor of `data` in the dtype of `input`; options and errors as in `mg.tensor`.

    As `torch.Tensor.new_tensor`.

    >>> import minigrad as mg
    >>> mg.tensor([1.5]).new_tensor([1, 2])
    tensor([1., 2.])
    """
    return tensor(data, **{"dtype": input.dtype, **options})
