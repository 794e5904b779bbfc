"""The Tensor: an array that remembers how it was computed.

`apply` runs a rule on tensors; every operator and method here is one call of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minigrad import dtypes, errors, printing
from minigrad.dtypes import promoted
from minigrad.graph import Node, Number, recorded, state
from minigrad.rules import (
    NUMBERS,
    RULES,
    Rule,
    elementwise,
    indexing,
    linalg,
    reductions,
    rows,
    shape,
)

Array = npt.NDArray[Any]
Raw = Array | np.generic
Dims = int | tuple[int, ...] | None

# Which rule stands behind a NumPy function, for rules that are read on Tensors and for
# users who call np.exp(tensor).
_BY_NUMPY = {rule.numpy: rule for rule in RULES.values() if rule.numpy is not None}


class Size(tuple[int, ...]):
    """A shape; prints as PyTorch prints it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


class Extremum(NamedTuple):
    """What `max` over one dim returns."""

    values: Tensor
    indices: Tensor


class Tensor:
    """An array of numbers that remembers how it was computed. Make one with `mg.tensor`."""

    __slots__ = (
        "__weakref__", "_data", "_grad", "_node", "_requires_grad", "_version", "_view", "name",
    )  # fmt: skip

    def __init__(self, data: Raw, requires_grad: bool = False, name: str | None = None) -> None:
        # A 0-d result is a NumPy scalar, which computes several times faster than a 0-d
        # array; `_array` makes it one as soon as something shares its memory.
        self._data = data
        self._version = [0]  # counts the writes to this memory; shared by all its views
        self._node: Node | None = None
        self._requires_grad = requires_grad
        self._grad: Tensor | None = None
        # Whose memory it shows, and that tensor's history when the view was taken.
        self._view: tuple[Tensor, Node | None] | None = None
        self.name = name

    # What it is ----------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """Its sizes, one per dim."""
        return Size(self._data.shape)

    @property
    def ndim(self) -> int:
        """How many dims it has."""
        return self._data.ndim

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its numbers."""
        return dtypes.as_dtype(self._data.dtype)

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass gives it, or passes through it, a gradient."""
        return self._requires_grad or self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self._node is not None:
            raise RuntimeError(
                f"{errors.called(self)} was computed from other tensors, so whether it requires a "
                "gradient follows from them. Use .detach() for a copy that does not."
            )
        errors.check_can_require_grad(self._data.dtype, wanted)
        self._requires_grad = wanted

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than computed from tracked tensors."""
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        """The op that computed it, where that was recorded."""
        return self._node

    @property
    def grad(self) -> Tensor | None:
        """What backward passes have added up for this leaf so far, or None."""
        if self._node is not None and self._grad is None:
            warnings.warn(
                f"{errors.called(self)} is not a leaf: a backward pass lets its gradient go "
                "once it was used, so .grad is None.",
                UserWarning, stacklevel=2,
            )  # fmt: skip
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and value.shape != self.shape:
            raise RuntimeError(
                f"A gradient has the shape of its tensor: {errors.called(self)} has shape "
                f"{tuple(self.shape)}, the gradient has {tuple(value.shape)}."
            )
        self._grad = value

    # Its numbers ---------------------------------------------------------------------

    def _array(self) -> Array:
        """Its memory as an array that can be shared and written to."""
        if not isinstance(self._data, np.ndarray):
            self._data = np.array(self._data)
        return self._data

    def item(self) -> Number:
        """Return the one number of a tensor with one element, as a Python number.

        >>> import minigrad as mg
        >>> mg.tensor([2.5]).item()
        2.5
        """
        if self._data.size != 1:
            raise RuntimeError(
                f"item() needs one number, but {errors.called(self)} has {self._data.size} "
                f"(shape {tuple(self.shape)}). Use .tolist() for all of them."
            )
        number: Number = self._data.item()
        return number

    def tolist(self) -> Any:
        """Its numbers as nested lists of Python numbers (a number, if it is 0-d)."""
        return self._data.tolist()

    def numpy(self) -> Array:
        """Its numbers as a NumPy array that shares its memory.

        RuntimeError if it requires a gradient. A write to the array is not noticed.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0]).numpy()
        array([1., 2.], dtype=float32)
        """
        if self.requires_grad:
            raise RuntimeError(
                f"{errors.called(self)} requires a gradient, and NumPy cannot record what is done "
                "to it. Use .detach().numpy()."
            )
        return self._array()

    def detach(self) -> Tensor:
        """The same numbers in the same memory, cut off from the graph.

        >>> import minigrad as mg
        >>> mg.tensor(1.0, requires_grad=True).detach().requires_grad
        False
        """
        twin = Tensor(self._array())
        twin._version = self._version
        return twin

    @property
    def data(self) -> Tensor:
        """The same numbers in the same memory, outside the graph. A write still counts."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f".data takes a Tensor, not a {type(value).__name__}: use mg.tensor(…)")
        errors.check_can_require_grad(value._data.dtype, self._requires_grad)
        if self._node is not None and value.shape != self.shape:
            raise RuntimeError(
                f"{errors.called(self)} was computed with shape {tuple(self.shape)}, so its .data "
                f"cannot take {tuple(value.shape)}: its gradient would not fit. Use .detach()."
            )
        if value._version is not self._version:
            self._version[0] += 1  # for those who remember the memory that is left now
            self._data, self._version = value._array(), value._version

    # Backward ------------------------------------------------------------------------

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
    ) -> None:
        """Add d(self)/d(leaf) to the `.grad` of every leaf that this was computed from.

        `gradient` is the cotangent to start from, of self's shape; a tensor with one
        element starts from 1. `create_graph` records the backward pass too, so that it
        can be differentiated. RuntimeError if the graph was freed by an earlier pass
        and not retained, or if a tensor it needs was changed in place.

        >>> import minigrad as mg
        >>> x = mg.tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        tensor(6.)
        """
        from minigrad import autograd  # it needs this module first

        autograd.backward(self, gradient, retain_graph, create_graph)

    # In place ------------------------------------------------------------------------

    def _before(self) -> Tensor:
        """Self as an operand of its own change: what it held, kept where that is recorded."""
        if self._view is not None:
            errors.check_view(self)
        if not state.grad_enabled and state.recorder is None:
            return self
        twin = Tensor(np.array(self._data)[()], self._requires_grad, self.name)
        twin._node = self._node
        if state.recorder is not None:
            state.recorder.wrote(twin, self)
        return twin

    def _become(self, result: Tensor) -> Tensor:
        """Take over the numbers and the history of `result`; every in-place op ends here."""
        errors.check_in_place(self, result)
        self._array()[...] = result._data
        self._version[0] += 1
        if state.grad_enabled:
            self._node = result._node
        if state.recorder is not None:
            state.recorder.wrote(self, result)
        return self

    def zero_(self) -> Tensor:
        """Fill with zeros, in place.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0]).zero_()
        tensor([0., 0.])
        """
        return self._become(Tensor(np.zeros_like(self._array())))

    def __iadd__(self, other: Any) -> Tensor:
        return self._become(self._before() + other)

    def __isub__(self, other: Any) -> Tensor:
        return self._become(self._before() - other)

    def __imul__(self, other: Any) -> Tensor:
        return self._become(self._before() * other)

    def __itruediv__(self, other: Any) -> Tensor:
        return self._become(self._before() / other)

    # Operators -----------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        return apply(elementwise.add, self, other)

    def __radd__(self, other: Any) -> Tensor:
        return apply(elementwise.add, other, self)

    def __sub__(self, other: Any) -> Tensor:
        return apply(elementwise.sub, self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return apply(elementwise.sub, other, self)

    def __mul__(self, other: Any) -> Tensor:
        return apply(elementwise.mul, self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return apply(elementwise.mul, other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return apply(elementwise.div, self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return apply(elementwise.div, other, self)

    def __pow__(self, other: Any) -> Tensor:
        if isinstance(other, Number):
            return apply(elementwise.pow_number, self, other)
        return apply(elementwise.pow_tensor, self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return apply(elementwise.pow_tensor, other, self)

    def __neg__(self) -> Tensor:
        return apply(elementwise.neg, self)

    def __matmul__(self, other: Any) -> Tensor:
        return self.matmul(other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return as_tensor(other).matmul(self)

    def __lt__(self, other: Any) -> Tensor:
        return apply(elementwise.lt, self, other)

    def __le__(self, other: Any) -> Tensor:
        return apply(elementwise.le, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return apply(elementwise.gt, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return apply(elementwise.ge, self, other)

    def __eq__(self, other: object) -> Any:
        if other is None:
            return False
        return apply(elementwise.eq, self, other)

    def __ne__(self, other: object) -> Any:
        if other is None:
            return True
        return apply(elementwise.ne, self, other)

    def __and__(self, other: Any) -> Tensor:
        return apply(elementwise.logical_and, self, other)

    def __or__(self, other: Any) -> Tensor:
        return apply(elementwise.logical_or, self, other)

    __rand__ = __and__
    __ror__ = __or__

    def __invert__(self) -> Tensor:
        return apply(elementwise.logical_not, self)

    __hash__ = object.__hash__

    # Functions -----------------------------------------------------------------------

    def exp(self) -> Tensor:
        """The exponential of each number."""
        return apply(elementwise.exp, self)

    def log(self) -> Tensor:
        """The natural logarithm of each number."""
        return apply(elementwise.log, self)

    def sin(self) -> Tensor:
        """The sine of each number, in radians."""
        return apply(elementwise.sin, self)

    def cos(self) -> Tensor:
        """The cosine of each number, in radians."""
        return apply(elementwise.cos, self)

    def tanh(self) -> Tensor:
        """The hyperbolic tangent of each number."""
        return apply(elementwise.tanh, self)

    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(−x) ) of each number."""
        return apply(elementwise.sigmoid, self)

    def relu(self) -> Tensor:
        """Each number, or 0 where it is negative."""
        return apply(elementwise.relu, self)

    def softmax(self, dim: int = -1) -> Tensor:
        """Scale exp(x) along `dim` so that it sums to 1; the shape stays. IndexError for no dim.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0, 3.0]).softmax()
        tensor([0.0900, 0.2447, 0.6652])
        """
        if not self.ndim:
            return self.reshape(1).softmax(dim).reshape(())
        return apply(rows.softmax, self, axis=dim)

    def _along(self, dim: Any, keepdim: bool, aliases: dict[str, Any]) -> dict[str, Any]:
        """PyTorch's dim and keepdim, or NumPy's axis and keepdims, as the rules name them."""
        unknown = aliases.keys() - {"axis", "keepdims"}
        if unknown:
            raise TypeError(f"unknown argument {', '.join(sorted(unknown))}: use dim and keepdim")
        if dim is not None and "axis" in aliases:
            raise TypeError("dim and axis mean the same: give one of them")
        axis = aliases.get("axis", dim)
        if not self.ndim and axis in (0, -1):
            axis = None  # a single number counts as one row
        return {
            "axis": tuple(axis) if isinstance(axis, list) else axis,
            "keepdims": aliases.get("keepdims", keepdim),
        }

    def sum(self, dim: Dims = None, keepdim: bool = False, **aliases: Any) -> Tensor:
        """Add up all numbers, or those along `dim` (one or several).

        The dims go away, or stay with size 1 under `keepdim`. NumPy's `axis` and
        `keepdims` are understood too. IndexError for a dim that there is not.

        >>> import minigrad as mg
        >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).sum(1)
        tensor([3., 7.])
        """
        return apply(reductions.sum, self, **self._along(dim, keepdim, aliases))

    def mean(self, dim: Dims = None, keepdim: bool = False, **aliases: Any) -> Tensor:
        """Average all numbers, or those along `dim`; shapes and errors as in `sum`.

        RuntimeError for integers, whose mean would not be one.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0, 6.0]).mean()
        tensor(3.)
        """
        errors.check_floating("mean", self)
        return apply(reductions.mean, self, **self._along(dim, keepdim, aliases))

    def max(self, dim: int | None = None, keepdim: bool = False, **aliases: Any) -> Any:
        """Find the largest number; over one `dim`, also where: `(values, indices)`.

        Without `dim`, equal largest numbers share the gradient; with it, the one whose
        index is returned gets it all, as in PyTorch. RuntimeError for an empty tensor.

        >>> import minigrad as mg
        >>> mg.tensor([[1.0, 5.0], [4.0, 3.0]]).max(1).values
        tensor([5., 4.])
        """
        if not self.ndim and dim is not None:
            return Extremum(*(each.reshape(()) for each in self.reshape(1).max(dim)))
        along = self._along(dim, keepdim, aliases)
        if along["axis"] is None:
            return apply(reductions.amax, self)
        indices = apply(reductions.argmax, self, axis=along["axis"], keepdims=True)
        key: list[Any] = list(np.indices(indices.shape, sparse=True))
        key[along["axis"]] = indices._data
        values = apply(reductions.max_along, self, key=tuple(key), **along)
        return Extremum(values, indices.reshape(values.shape))

    def matmul(self, other: Any) -> Tensor:
        """Matrix product: (…, n, k) @ (…, k, m) → (…, n, m), or with a vector on either side.

        Stacks of matrices broadcast. RuntimeError, with the shapes, where the inner sizes
        or the dtypes differ.

        >>> import minigrad as mg
        >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]) @ mg.tensor([1.0, 1.0])
        tensor([3., 7.])
        """
        right = as_tensor(other)
        errors.check_matmul(self, right)
        if self.ndim == 1 and right.ndim == 1:
            return apply(linalg.dot, self, right)
        if right.ndim == 1:
            if self.ndim == 2:
                return apply(linalg.mv, self, right)
            return (self @ right.reshape(-1, 1)).reshape(self.shape[:-1])
        if self.ndim == 1:
            return right.transpose(-1, -2) @ self
        return apply(linalg.matmul, self, right)

    def reshape(self, *sizes: Any) -> Tensor:
        """The same numbers in another shape; one size may be −1. Shares memory if it can.

        RuntimeError where the sizes do not multiply to as many numbers.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, -1)
        tensor([[1., 2.],
                [3., 4.]])
        """
        wanted = sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes
        return apply(shape.reshape, self, shape=tuple(int(size) for size in wanted))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Swap two dims; shares memory. IndexError for a dim that there is not.

        >>> import minigrad as mg
        >>> mg.tensor([[1.0, 2.0]]).transpose(0, 1).shape
        torch.Size([2, 1])
        """
        if not self.ndim:
            return self.reshape(1).transpose(dim0, dim1).reshape(())
        return apply(shape.transpose, self, axis1=dim0, axis2=dim1)

    @property
    def T(self) -> Tensor:
        """The transpose of a matrix."""
        if self.ndim != 2:
            raise RuntimeError(
                f".T turns a matrix, but {errors.called(self)} has shape {tuple(self.shape)}. "
                "Use .transpose(dim0, dim1)."
            )
        return self.transpose(0, 1)

    def to(self, dtype: Any) -> Tensor:
        """The same numbers in another dtype; itself if it has that dtype already.

        A gradient comes back in the old dtype. TypeError for an unknown dtype.

        >>> import minigrad as mg
        >>> mg.tensor([1.7]).to(mg.int64)
        tensor([1])
        """
        wanted = dtypes.as_dtype(dtype).dtype
        return self if self._data.dtype == wanted else apply(shape.to, self, dtype=wanted)

    def __getitem__(self, key: Any) -> Tensor:
        parts = key if isinstance(key, tuple) else (key,)
        parts = tuple(each._data if isinstance(each, Tensor) else each for each in parts)
        errors.check_index(self, parts)
        if any(isinstance(each, list | np.ndarray) for each in parts):
            return apply(indexing.index, self, key=parts)
        if not any(each is Ellipsis for each in parts):
            parts = (*parts, Ellipsis)  # so that NumPy gives a view even of a single number
        return apply(indexing.select, self, key=parts)

    # As Python and NumPy see it ------------------------------------------------------

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError(f"{errors.called(self)} is a single number: it has no length")
        return len(self._array())

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise RuntimeError(
                f"{errors.called(self)} has {self._data.size} numbers, so whether it is true is "
                "ambiguous. Compare one number, or reduce it first."
            )
        return bool(self._data.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._data.dtype.kind == "f":
            raise TypeError(f"{errors.called(self)} holds floats; only integers can be an index")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        # A 0-d tensor in an f-string is its number, as in PyTorch.
        return format(self.item(), spec) if not self.ndim else format(str(self), spec)

    def __repr__(self) -> str:
        return printing.tensor_text(self._data, self._requires_grad, self._node)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    @staticmethod
    def __rule__(rule: Rule, *inputs: Any, **parameters: Any) -> Tensor:
        return apply(rule, *inputs, **parameters)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__" or keywords:
            raise TypeError(f"np.{ufunc.__name__}.{method} with {keywords or 'this'} is not for "
                            "Tensors. Use .detach().numpy().")  # fmt: skip
        return self.__array_function__(ufunc, (), inputs, {})

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> Any:
        if function in (np.ones_like, np.zeros_like):
            return Tensor(function(inputs[0]._data)[()])
        if function is np.matmul:
            return as_tensor(inputs[0]).matmul(inputs[1])
        rule = _BY_NUMPY.get(function)
        if rule is None:
            raise TypeError(
                f"np.{function.__name__} does not know how to record a Tensor. "
                "Use a Tensor's own method, or .detach().numpy()."
            )
        many = len(rule.inputs)
        named = dict(zip(rule.parameters, inputs[many:], strict=False))
        return apply(rule, *inputs[:many], **named, **keywords)


def as_tensor(value: Any) -> Tensor:
    """Return a Tensor as it is, and make one of anything else."""
    return value if isinstance(value, Tensor) else tensor(value)


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Make a tensor from a number, nested lists or an array; the numbers are copied.

    Python floats become float32, as in PyTorch; arrays keep their dtype. `name` is what
    graphs call it. RuntimeError if integers are to require a gradient.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    if data is None:
        raise TypeError("None is no number. Was backward() called before .grad was used?")
    if isinstance(data, Tensor):
        data = data._data
    elif isinstance(data, list | tuple):
        data = _plain(data)
    try:
        array = np.array(data)
    except ValueError as ragged:
        raise ValueError(f"These lists do not make a rectangle: {ragged}") from None
    if dtype is not None:
        array = array.astype(dtypes.as_dtype(dtype).dtype)
    elif array.dtype == np.float64 and not isinstance(data, np.ndarray | np.generic):
        array = array.astype(dtypes.DEFAULT)
    dtypes.as_dtype(array.dtype)
    errors.check_can_require_grad(array.dtype, requires_grad)
    return Tensor(array if array.ndim else array[()], requires_grad, name)


def _plain(data: Any) -> Any:
    """Replace the tensors in nested lists by their numbers."""
    if isinstance(data, list | tuple):
        return [_plain(each) for each in data]
    return data.item() if isinstance(data, Tensor) else data


def apply(rule: Rule, *inputs: Any, **parameters: Any) -> Tensor:
    """Run an op: promote the inputs, compute, and record what a backward pass needs."""
    operands = promoted(rule, tuple(_operand(each) for each in inputs))
    if rule.defaults:
        parameters = {**rule.defaults, **parameters}
    raws = [each._data if isinstance(each, Tensor) else each for each in operands]
    if rule.view:
        raws[0] = operands[0]._array()
    try:
        data = state.silently(rule.value, *raws, **parameters)
    except (ValueError, IndexError, TypeError) as error:
        raise errors.explained(rule, operands, error) from None
    if data.__class__ is np.ndarray and not data.ndim and not rule.view:
        data = data[()]
    output = Tensor(data)
    if rule.view and np.may_share_memory(data, raws[0]):
        output._version = operands[0]._version
        output._view = operands[0]._view or (operands[0], operands[0]._node)
    if state.grad_enabled:
        output._node = recorded(rule, operands, raws, parameters, output)
    if state.recorder is not None:
        state.recorder.add(rule, operands, parameters, output)
    return output


def _operand(value: Any) -> Any:
    """What a rule can take: a Tensor or a Python number."""
    if value.__class__ is Tensor or value.__class__ in NUMBERS:
        return value
    if isinstance(value, Tensor):
        return value
    return value.item() if isinstance(value, np.generic) else tensor(value)
