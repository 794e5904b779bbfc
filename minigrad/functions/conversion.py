"""The same numbers in another dtype or in memory of their own, and what a tensor measures."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.devices import device as as_device
from minigrad.functions.attach import instead_of, method
from minigrad.functions.dims import from_front
from minigrad.rules import shape
from minigrad.tensor import Size, Tensor, apply

__all__ = ["clone", "is_floating_point", "is_tensor", "numel"]


@method
def to(
    input: Tensor, *target: Any, dtype: Any = None, device: Any = None, copy: builtins.bool = False
) -> Tensor:
    """The same numbers in another dtype; itself if nothing changes, unless `copy` is asked for.

    `target` is a dtype, a device ("cpu"), both, or a tensor to take them from. A gradient
    comes back in the old dtype. TypeError for an unknown dtype, RuntimeError for another
    device. As `torch.Tensor.to`.

    >>> import minigrad as mg
    >>> mg.tensor([1.7]).to(mg.int64)
    tensor([1])
    """
    for each in target:
        if isinstance(each, str | as_device):
            device = each
        else:
            dtype = each.dtype if isinstance(each, Tensor) else each
    if device is not None:
        as_device(device)
    wanted = input._data.dtype if dtype is None else dtypes.as_dtype(dtype).dtype
    if input._data.dtype != wanted:
        return apply(shape.to, input, dtype=wanted)
    return clone(input) if copy else input


@method
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The same numbers in the dtype of `other`. As `torch.Tensor.type_as`.

    >>> import minigrad as mg
    >>> mg.tensor([1.7]).type_as(mg.tensor([1]))
    tensor([1])
    """
    return to(input, other)


@method
def cpu(input: Tensor) -> Tensor:
    """Itself: every tensor is on the CPU. As `torch.Tensor.cpu`.

    >>> import minigrad as mg
    >>> mg.tensor([1.7]).cpu()
    tensor([1.7000])
    """
    return input


@method
def clone(input: Tensor) -> Tensor:
    """The same numbers in memory of their own; the gradient flows back. As `torch.clone`.

    Change a clone in place, and the tensor stays as it was.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, 2.0])
    >>> y = x.clone()
    >>> y[0] = 7
    >>> x
    tensor([1., 2.])
    """
    return apply(shape.clone, input, order="K")


@method
def contiguous(input: Tensor) -> Tensor:
    """Itself, or a copy if its numbers do not lie in memory row after row, without gaps.

    As `torch.Tensor.contiguous`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).T.contiguous().stride()
    (2, 1)
    """
    return input if is_contiguous(input) else apply(shape.clone, input, order="C")


@method
def is_contiguous(input: Tensor) -> builtins.bool:
    """Whether its numbers lie in memory row after row, without gaps.

    As `torch.Tensor.is_contiguous`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).T.is_contiguous()
    False
    """
    return input._data.flags.c_contiguous


@method
def stride(input: Tensor, dim: Any = None) -> Any:
    """How many numbers in memory lie between neighbours along `dim`; all of them without it.

    IndexError for a dim that there is not. As `torch.Tensor.stride`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).stride()
    (2, 1)
    """
    strides = tuple(each // input._data.itemsize for each in input._data.strides)
    return strides if dim is None else strides[from_front("stride", input, dim)]


@instead_of(np.shape)
@method
def size(input: Tensor, dim: Any = None) -> Any:
    """Its shape, or its size along `dim`. IndexError for a dim that there is not.

    As `torch.Tensor.size`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0, 3.0]]).size(1)
    3
    """
    whole: Size = input.shape
    return whole if dim is None else whole[from_front("size", input, dim)]


@instead_of(np.ndim)
@method
def dim(input: Tensor) -> builtins.int:
    """How many dims it has. As `torch.Tensor.dim`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0]]).dim()
    2
    """
    return input.ndim


@instead_of(np.size)
@method
def numel(input: Tensor) -> builtins.int:
    """How many numbers it has. As `torch.numel`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0]]).numel()
    2
    """
    return input._data.size


@method
def element_size(input: Tensor) -> builtins.int:
    """How many bytes one of its numbers takes. As `torch.Tensor.element_size`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).element_size()
    4
    """
    return input._data.itemsize


@method
def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether it holds floats. As `torch.is_floating_point`.

    >>> import minigrad as mg
    >>> mg.tensor([1, 2]).is_floating_point()
    False
    """
    return input.dtype.is_floating_point


def is_tensor(obj: Any) -> builtins.bool:
    """Whether it is a Tensor. As `torch.is_tensor`.

    >>> import minigrad as mg
    >>> mg.is_tensor(3.0)
    False
    """
    return isinstance(obj, Tensor)


# These have the names of Python's own types, which therefore mean something else below.


@method
def float(input: Tensor) -> Tensor:
    """The same numbers as float32. As `torch.Tensor.float`.

    >>> import minigrad as mg
    >>> mg.tensor([1, 2]).float()
    tensor([1., 2.])
    """
    return to(input, dtypes.float32)


@method
def double(input: Tensor) -> Tensor:
    """The same numbers as float64. As `torch.Tensor.double`.

    >>> import minigrad as mg
    >>> mg.tensor([1, 2]).double()
    tensor([1., 2.], dtype=torch.float64)
    """
    return to(input, dtypes.float64)


@method
def int(input: Tensor) -> Tensor:
    """The same numbers as int32, fractions cut off. As `torch.Tensor.int`.

    >>> import minigrad as mg
    >>> mg.tensor([1.7, -1.7]).int()
    tensor([ 1, -1], dtype=torch.int32)
    """
    return to(input, dtypes.int32)


@method
def long(input: Tensor) -> Tensor:
    """The same numbers as int64, fractions cut off. As `torch.Tensor.long`.

    >>> import minigrad as mg
    >>> mg.tensor([1.7, -1.7]).long()
    tensor([ 1, -1])
    """
    return to(input, dtypes.int64)


@method
def bool(input: Tensor) -> Tensor:
    """Whether each number is something else than zero. As `torch.Tensor.bool`.

    >>> import minigrad as mg
    >>> mg.tensor([0.0, 0.5]).bool()
    tensor([False,  True])
    """
    return to(input, dtypes.bool_)
