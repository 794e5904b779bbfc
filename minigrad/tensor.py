"""The Tensor: an array that remembers how it was computed.

`apply` runs a rule on tensors; every operator and method here is one call of it.
"""

from __future__ import annotations

import copy
import math
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minigrad import devices, dtypes, errors, printing
from minigrad.arrays import numbers_of
from minigrad.dtypes import promoted
from minigrad.graph import (
    Hook,
    Node,
    RemovableHandle,
    count_write,
    next_number,
    recorded,
)
from minigrad.kernels import dispatch
from minigrad.modes import Number, set_grad_enabled, state
from minigrad.names import short
from minigrad.rules import (
    NUMBERS,
    RULES,
    Rule,
    elementwise,
    transcendental,
    writing,
)
from minigrad.rules import shape as shaping
from minigrad.unrolled import unrolled

Array = npt.NDArray[Any]
Raw = Array | np.generic
_RAW = (np.ndarray, np.generic)

# Which rule stands behind a NumPy function, for rules that are read on Tensors and for
# users who call np.exp(tensor).
_BY_NUMPY = {rule.numpy: rule for rule in RULES.values() if rule.numpy is not None}
# Which function of ours is meant, where its checks matter or no single rule does it all;
# `attach.instead_of` fills it.
INSTEAD_OF: dict[Any, Callable[..., Any]] = {}


class Size(tuple[int, ...]):
    """A shape: a tuple that prints as PyTorch prints it. As `torch.Size`.

    >>> import minigrad as mg
    >>> mg.zeros(2, 3).shape == (2, 3)
    True
    """

    __slots__ = ()

    def __getitem__(self, place: Any) -> Any:
        part = super().__getitem__(place)
        return Size(part) if isinstance(place, slice) else part

    def __add__(self, other: Any) -> Size:
        return Size((*self, *other))

    def numel(self) -> int:
        """Count the numbers of a tensor of this shape.

        >>> import minigrad as mg
        >>> mg.zeros(2, 3).shape.numel()
        6
        """
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


class View(NamedTuple):
    """What a tensor that shares another's memory must remember."""

    base: Tensor
    steps: writing.Steps  # the view ops that lead there from the base
    tracked: bool  # whether its history follows the base's: not if no_grad or a Function made it
    version: int  # of the memory, when its history was last read off the base's


def operators(rule: Rule) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """Make the two methods of an arithmetic operator, a ∘ b and that of b in a ∘ b."""
    run = unrolled(rule)
    return run, lambda b, a: run(a, b)


class Tensor:
    """An array of numbers that remembers how it was computed. Make one with `mg.tensor`.

    `name`, if it is given one, is what graphs and errors call it. TypeError for `data` that is
    no array. As `torch.Tensor`.

    >>> import minigrad as mg
    >>> isinstance(mg.tensor([1.0, 2.0]), mg.Tensor)
    True
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_grad",
        "_hooks",
        "_moved",
        "_node",
        "_requires_grad",
        "_view",
        "_writes",
        "name",
    )  # fmt: skip

    def __init__(self, data: Raw, requires_grad: bool = False, name: str | None = None) -> None:
        if data.__class__ is not np.ndarray and not isinstance(data, _RAW):
            raise TypeError(f"Make a Tensor with mg.tensor(…), not Tensor({short(repr(data))}).")
        # A 0-d result is a NumPy scalar, which computes several times faster than a 0-d
        # array; `_array` makes it one as soon as something shares its memory.
        self._data = data
        self._writes: list[int] | None = None  # see _cell
        self._node: Node | None = None
        self._requires_grad = requires_grad
        self._grad: Tensor | None = None
        self._view: View | None = None  # whose memory it shows, and which part of it
        self._hooks: dict[int, Hook] | None = None  # of a leaf; those of other tensors: in the node
        self.name = name

    if TYPE_CHECKING:
        # The functions of `minigrad.functions` are methods too; see `attach.method`.
        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, key: Any) -> Tensor: ...
        def __setitem__(self, key: Any, value: Any) -> None: ...

    def _share(self, source: Tensor, rule: Rule, parameters: dict[str, Any]) -> None:
        """Know that a view op made this of `source`."""
        self._writes = source._cell()
        base, steps = source, writing.NO_STEPS
        tracked = state.grad_enabled
        if source._view is not None:
            base, steps = source._view.base, source._view.steps
            tracked = tracked and source._view.tracked
        self._view = View(base, (*steps, (rule, parameters)), tracked, self._version)

    # What it is ----------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """Its sizes, one per dim.

        As `torch.Tensor.shape`.

        >>> import minigrad as mg
        >>> mg.zeros(2, 3).shape
        torch.Size([2, 3])
        """
        return Size(self._data.shape)

    @property
    def ndim(self) -> int:
        """How many dims it has.

        As `torch.Tensor.ndim`.

        >>> import minigrad as mg
        >>> mg.zeros(2, 3).ndim
        2
        """
        return self._data.ndim

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its numbers.

        As `torch.Tensor.dtype`.

        >>> import minigrad as mg
        >>> mg.tensor([1.0]).dtype
        torch.float32
        """
        return dtypes.as_dtype(self._data.dtype)

    @property
    def device(self) -> devices.device:
        """Where it is: on the CPU.

        As `torch.Tensor.device`.

        >>> import minigrad as mg
        >>> mg.tensor([1.0]).device
        device(type='cpu')
        """
        return devices.device()

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass gives it, or passes through it, a gradient.

        Set it on a leaf; RuntimeError for integers, and for False on a computed tensor. As
        `torch.Tensor.requires_grad`.

        >>> import minigrad as mg
        >>> x = mg.tensor(1.0, requires_grad=True)
        >>> (x * 2).requires_grad
        True
        """
        return self._requires_grad or self.grad_fn is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.grad_fn is not None:
            if wanted:
                return
            raise RuntimeError(
                f"{errors.called(self)} was computed from other tensors, so whether it requires a "
                "gradient follows from them. Use .detach() for a copy that does not."
            )
        if not isinstance(wanted, bool):
            raise RuntimeError(f"requires_grad is True or False, not {wanted!r}.")
        errors.check_can_require_grad(self._data.dtype, wanted)
        self._requires_grad = wanted

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than computed from tracked tensors.

        As `torch.Tensor.is_leaf`.

        >>> import minigrad as mg
        >>> x = mg.tensor(1.0, requires_grad=True)
        >>> x.is_leaf, (x * 2).is_leaf
        (True, False)
        """
        return self.grad_fn is None

    @property
    def grad_fn(self) -> Node | None:
        """The op that computed it, where that was recorded.

        As `torch.Tensor.grad_fn`.

        >>> import minigrad as mg
        >>> (mg.tensor(1.0, requires_grad=True) * 2).grad_fn
        <MulBackward0>
        """
        if self._view is not None:
            self._follow()
        return self._node

    def _follow(self) -> None:
        """Read a view's history off its base's again, if their memory was written to since."""
        view = self._view
        assert view is not None
        if view.version == self._version:
            return
        self._view = view._replace(version=self._version)
        with set_grad_enabled(view.tracked):
            fresh = self._seen_in(view.base)
        if view.tracked:
            self._move_to(fresh._node)
        if state.recorder is not None:
            state.recorder.wrote(self, fresh)

    def _seen_in(self, base: Tensor) -> Tensor:
        """Take the part of `base` that this view shows of its own."""
        assert self._view is not None
        for rule, parameters in self._view.steps:
            base = apply(rule, base, **parameters)
        return base

    def _move_to(self, node: Node | None) -> None:
        """Change its history; the wish to keep the gradient stays with the tensor."""
        if self.retains_grad:
            assert self._node is not None
            self._node.retaining = None
            self._retain_at(node)
        self._node = node

    @property
    def grad(self) -> Tensor | None:
        """What backward passes have added up for this leaf so far, or None.

        It has the tensor's shape and dtype; RuntimeError for others, TypeError for what is no
        Tensor. As `torch.Tensor.grad`.

        >>> import minigrad as mg
        >>> x = mg.tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        tensor(6.)
        """
        if self._node is not None and self._grad is None and not self.retains_grad:
            warnings.warn(
                f"{errors.called(self)} is not a leaf: a backward pass lets its gradient go "
                "once it was used, so .grad is None. Call .retain_grad() before to keep it.",
                UserWarning, stacklevel=2,
            )  # fmt: skip
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            errors.check_grad(self, value)
        self._grad = value

    @property
    def _version(self) -> int:
        """How often its memory was written to, as PyTorch counts it."""
        return 0 if self._writes is None else self._writes[0]

    def _cell(self) -> list[int]:
        """How often its memory was written to, and the number of the last write.

        All its views share it, and who saved its numbers. It is made when first asked for: most
        tensors are never written to nor saved.
        """
        if self._writes is None:
            self._writes = [0, 0]  # as in the functions that `rules.plan` writes
        return self._writes

    @property
    def _last_write(self) -> int:
        """The number of the last write to its memory, or of when it took over another's."""
        moved: int = getattr(self, "_moved", 0)  # few tensors have that slot filled
        return min(self._cell()[1], moved)  # numbers count down

    # Its numbers ---------------------------------------------------------------------

    def _array(self) -> Array:
        """Its memory as an array that can be shared and written to."""
        if not isinstance(self._data, np.ndarray):
            self._data = np.array(self._data)
        return self._data

    def item(self) -> Number:
        """Return the one number of a tensor with one element, as a Python number.

        RuntimeError for any other tensor. As `torch.Tensor.item`.

        >>> import minigrad as mg
        >>> mg.tensor([2.5]).item()
        2.5
        """
        return self._number(RuntimeError)

    def _number(self, refusal: type[Exception] = ValueError) -> Number:
        if self._data.size != 1:
            raise refusal(
                f"item() needs one number, but {errors.called(self)} has {self._data.size} "
                f"(shape {tuple(self.shape)}). Use .tolist() for all of them."
            )
        number: Number = self._data.item()
        return number

    def tolist(self) -> Any:
        """Its numbers as nested lists of Python numbers (a number, if it is 0-d).

        As `torch.Tensor.tolist`.

        >>> import minigrad as mg
        >>> mg.tensor([[1, 2]]).tolist()
        [[1, 2]]
        """
        return self._data.tolist()

    def numpy(self, *, force: bool = False) -> Array:
        """Its numbers as a NumPy array that shares its memory.

        RuntimeError if it requires a gradient, unless `force`, or no_grad, says that none is
        wanted. A write to the array is not noticed. As
        `torch.Tensor.numpy`.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0]).numpy()
        array([1., 2.], dtype=float32)
        """
        if not force and state.grad_enabled and self.requires_grad:
            raise RuntimeError(
                f"{errors.called(self)} requires a gradient, and NumPy cannot record what is done "
                "to it. Use .detach().numpy()."
            )
        return self._array()

    def detach(self) -> Tensor:
        """The same numbers in the same memory, cut off from the graph. As `torch.Tensor.detach`.

        >>> import minigrad as mg
        >>> mg.tensor(1.0, requires_grad=True).detach().requires_grad
        False
        """
        twin = Tensor(self._array())
        twin._writes = self._cell()
        if state.recorder is not None:
            state.recorder.detached(twin, self)
        return twin

    @property
    def data(self) -> Tensor:
        """The same numbers in the same memory, outside the graph. A write still counts.

        Setting it takes over the memory of another tensor: TypeError for what is none,
        RuntimeError for another shape if it was computed, and for integers if it requires a
        gradient. As `torch.Tensor.data`.

        >>> import minigrad as mg
        >>> mg.tensor(1.0, requires_grad=True).data
        tensor(1.)
        """
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
        if value._cell() is not self._writes:
            # Counted for those who remember the memory that is left now.
            self._moved = count_write(self._cell())
            self._data, self._writes = value._array(), value._cell()

    # Backward: the method itself is in `minigrad.autograd.walk` --------------------------

    def register_hook(self, hook: Hook) -> RemovableHandle:
        """Have `hook(gradient)` called in each backward pass, when its gradient is complete.

        What the hook returns, if not None, goes on in its place. RuntimeError if it
        requires no gradient. As `torch.Tensor.register_hook`.

        >>> import minigrad as mg
        >>> x = mg.tensor(2.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: 10 * g)
        >>> (x * 3).backward()
        >>> x.grad
        tensor(30.)
        """
        errors.check_tracked("register_hook", self)
        holder = self.grad_fn
        if holder is None:
            self._hooks = {} if self._hooks is None else self._hooks
            return RemovableHandle(self._hooks, hook)
        holder.hooks = {} if holder.hooks is None else holder.hooks
        return RemovableHandle(holder.hooks, hook)

    def retain_grad(self) -> None:
        """Keep its gradient in `.grad`, though it is not a leaf. As `torch.Tensor.retain_grad`.

        RuntimeError if it requires no gradient.

        >>> import minigrad as mg
        >>> x = mg.tensor(2.0, requires_grad=True)
        >>> y = x * 3
        >>> y.retain_grad()
        >>> (y * y).backward()
        >>> y.grad
        tensor(12.)
        """
        errors.check_tracked("retain_grad", self)
        self._retain_at(self.grad_fn)

    def _retain_at(self, node: Node | None) -> None:
        from minigrad.autograd.walk import add_to_grad  # which needs this module first

        if node is not None:
            this = weakref.ref(self)  # a graph does not keep its results alive
            node.retaining = lambda g: add_to_grad(this(), g, record=True)

    @property
    def retains_grad(self) -> bool:
        """Whether it is no leaf and `retain_grad` was called.

        As `torch.Tensor.retains_grad`.

        >>> import minigrad as mg
        >>> x = mg.tensor(1.0, requires_grad=True)
        >>> x.retains_grad
        False
        """
        return self._node is not None and self._node.retaining is not None

    # In place ------------------------------------------------------------------------

    def _before(self) -> Tensor:
        """Self as an operand of its own change: what it held, kept where that is recorded."""
        history = self.grad_fn
        if not state.grad_enabled and state.recorder is None:
            return self
        twin = Tensor(np.array(self._data)[()], self._requires_grad, self.name)
        twin._node = history
        if state.recorder is not None:
            state.recorder.wrote(twin, self)
        return twin

    def _become(self, result: Tensor) -> Tensor:
        """Take over the numbers and the history of `result`; every in-place op ends here."""
        errors.check_in_place(self, result)
        base = self if self._view is None else self._view.base
        whole = result = _cast(result, self)
        if self._view is not None and base._is_recorded_with(result):
            whole = apply(writing.assign, base._before(), result, steps=self._view.steps)
        self._array()[...] = result._data
        count_write(self._cell())
        if state.grad_enabled:
            base._move_to(whole._node)
        if state.recorder is not None:
            state.recorder.wrote(base, whole)
        if self._view is not None and self.retains_grad:
            self._follow()
        return self

    def _overwrite(self, numbers: Any) -> None:
        """Take other numbers, of which no backward pass and no recording follows the history."""
        self._put(numbers)
        count_write(self._cell())

    def _put(self, numbers: Any) -> None:
        """Take other numbers; who calls it counts the write."""
        if isinstance(self._data, np.ndarray):
            self._data[...] = numbers
        else:  # a single number, whose memory nobody shares
            self._data = self._data.dtype.type(numbers)

    def _is_recorded_with(self, value: Tensor) -> bool:
        """Whether a write of `value` into it leaves something behind."""
        tracked = state.grad_enabled and (self.requires_grad or value.requires_grad)
        return tracked or state.recorder is not None

    def copy_(self, source: Any) -> Tensor:
        """Take over the numbers of `source`, which broadcasts and is cast; its gradient flows back.

        RuntimeError for shapes that do not fit, and for a leaf that requires a gradient. As
        `torch.Tensor.copy_`.

        >>> import minigrad as mg
        >>> mg.zeros(2).copy_(mg.tensor([1, 2]))
        tensor([1., 2.])
        """
        value, shape = source_for(self, source), tuple(self.shape)
        errors.check_stretches("a write in place", value, shape)
        if self._view is None and self._is_recorded_with(value):
            return self._become(apply(writing.assign, self._before(), value, steps=()))
        fits = value.shape == shape
        return self._become(value if fits else apply(shaping.expand, value, shape=shape))

    def fill_(self, value: Any) -> Tensor:
        """Fill with one number, in place. As `torch.Tensor.fill_`.

        RuntimeError for a leaf that requires a gradient.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0]).fill_(7)
        tensor([7., 7.])
        """
        return self.copy_(value)

    def zero_(self) -> Tensor:
        """Fill with zeros, in place. As `torch.Tensor.zero_`.

        RuntimeError for a leaf that requires a gradient.

        >>> import minigrad as mg
        >>> mg.tensor([1.0, 2.0]).zero_()
        tensor([0., 0.])
        """
        return self.copy_(0)

    def detach_(self) -> Tensor:
        """Cut itself off from the graph. As `torch.Tensor.detach_`.

        RuntimeError for a view, whose history is its base's.

        >>> import minigrad as mg
        >>> (mg.tensor(1.0, requires_grad=True) * 2).detach_().requires_grad
        False
        """
        if self._view is not None:
            raise RuntimeError(
                f"{errors.called(self)} shows part of {errors.called(self._view.base)}, whose "
                "history is also its own. Use .detach() for a tensor without."
            )
        before = None if state.recorder is None else self._before()
        self._node, self._requires_grad = None, False
        if state.recorder is not None and before is not None:
            state.recorder.detached(self, before)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Have a leaf require a gradient, or no longer. As `torch.Tensor.requires_grad_`.

        Returns itself. RuntimeError for integers, and for False on a computed tensor.

        >>> import minigrad as mg
        >>> mg.tensor(1.0).requires_grad_()
        tensor(1., requires_grad=True)
        """
        self.requires_grad = requires_grad
        return self

    def __iadd__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(self._before() + other)

    def __isub__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(self._before() - other)

    def __imul__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(self._before() * other)

    def __itruediv__(self, other: Any) -> Tensor:  # type: ignore[misc]
        return self._become(self._before() / other)

    def __ifloordiv__(self, other: Any) -> Tensor:
        return self._become(self._before() // other)

    def __imod__(self, other: Any) -> Tensor:
        return self._become(self._before() % other)

    def __ipow__(self, other: Any) -> Tensor:
        return self._become(self._before() ** other)

    def __iand__(self, other: Any) -> Tensor:
        return self._become(self._before() & other)

    def __ior__(self, other: Any) -> Tensor:
        return self._become(self._before() | other)

    def __ixor__(self, other: Any) -> Tensor:
        return self._become(self._before() ^ other)

    # Operators -----------------------------------------------------------------------

    __add__, __radd__ = operators(elementwise.add)
    __sub__, __rsub__ = operators(elementwise.sub)
    __mul__, __rmul__ = operators(elementwise.mul)
    __truediv__, __rtruediv__ = operators(elementwise.div)
    _to_number, _ = operators(transcendental.pow_number)

    def __pow__(self, other: Any) -> Tensor:
        if other.__class__ in NUMBERS or isinstance(other, Number):
            return self._to_number(other)
        return apply(transcendental.pow_tensor, self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return apply(transcendental.pow_tensor, other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return self.floor_divide(other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return as_tensor(_operand(other)).floor_divide(self)

    def __mod__(self, other: Any) -> Tensor:
        return self.remainder(other)

    def __rmod__(self, other: Any) -> Tensor:
        return as_tensor(_operand(other)).remainder(self)

    def __neg__(self) -> Tensor:
        return apply(elementwise.neg, self)

    def __pos__(self) -> Tensor:
        return self.positive()

    def __abs__(self) -> Tensor:
        return self.abs()

    def __matmul__(self, other: Any) -> Tensor:
        return self.matmul(_operand(other))

    def __rmatmul__(self, other: Any) -> Tensor:
        return Tensor.matmul(_operand(other), self)  # type: ignore[attr-defined]

    def __lt__(self, other: Any) -> Tensor:
        return apply(elementwise.lt, self, other)

    def __le__(self, other: Any) -> Tensor:
        return apply(elementwise.le, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return apply(elementwise.gt, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return apply(elementwise.ge, self, other)

    # With anything but numbers a Tensor can be compared too: it is something else.

    def __eq__(self, other: object) -> Any:
        return apply(elementwise.eq, self, other) if _is_operand(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return apply(elementwise.ne, self, other) if _is_operand(other) else NotImplemented

    def __and__(self, other: Any) -> Tensor:
        return apply(elementwise.bitwise_and, self, other)

    def __or__(self, other: Any) -> Tensor:
        return apply(elementwise.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Tensor:
        return apply(elementwise.bitwise_xor, self, other)

    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__

    def __invert__(self) -> Tensor:
        return apply(elementwise.bitwise_not, self)

    __hash__ = object.__hash__

    # As Python and NumPy see it ------------------------------------------------------

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError(f"{errors.called(self)} is a single number: it has no length")
        return self._data.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, number: Any) -> bool:
        if not _is_operand(number):
            raise RuntimeError(f"A tensor holds numbers, never {number!r}.")
        return bool((self == number).any())

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise RuntimeError(
                f"{errors.called(self)} has {self._data.size} numbers, so whether it is true is "
                "ambiguous. Compare one number, or reduce it first."
            )
        return bool(self._data.item())

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __index__(self) -> int:
        if self._data.dtype.kind == "f" or self._data.size != 1:
            raise TypeError(
                f"{errors.called(self)} is {self.dtype.dtype.name} of shape {tuple(self.shape)}; "
                "only one integer can be an index here."
            )
        return int(self.item())

    def __format__(self, spec: str) -> str:
        # A 0-d tensor in an f-string is its number, as in PyTorch.
        if spec and self.ndim:
            raise TypeError(
                f"{spec!r} formats one number, but {errors.called(self)} has shape "
                f"{tuple(self.shape)}. Use mg.set_printoptions for all of them."
            )
        return format(self.item() if not self.ndim else str(self), spec)

    def __repr__(self) -> str:
        return printing.tensor_text(self._data, self._requires_grad, self._node)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __copy__(self) -> Tensor:
        twin = _rebuilt(type(self), self._array(), self.requires_grad, self.name)
        twin._writes = self._cell()
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self.grad_fn is not None:
            raise RuntimeError(
                f"{errors.called(self)} was computed, and a copy of it would have no history. Copy "
                "a leaf, or use .clone() for a copy that the gradient flows through."
            )
        if self._view is not None:  # a copy shows part of the copy
            with set_grad_enabled(False):
                twin = self._seen_in(copy.deepcopy(self._view.base, memo))
            twin.name = self.name
        else:
            twin = _rebuilt(type(self), np.array(self._data), self._requires_grad, self.name)
        memo[id(self)] = twin
        twin._grad = copy.deepcopy(self._grad, memo)
        return twin

    def __reduce__(self) -> Any:
        # A pickled tensor is a leaf again when it is read back.
        return _rebuilt, (type(self), np.array(self._data), self.requires_grad, self.name)

    @staticmethod
    def __rule__(rule: Rule, *inputs: Any, **parameters: Any) -> Tensor:
        return apply(rule, *inputs, **parameters)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__" or keywords:
            what = f"np.{ufunc.__name__}" + (f".{method}" if method != "__call__" else "")
            options = f" with {', '.join(keywords)}" if keywords else ""
            raise TypeError(
                f"{what}{options} is not for Tensors. Use a Tensor's own method, such as .sum(), "
                "or .detach().numpy()."
            )
        return self.__array_function__(ufunc, (), inputs, {})

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> Any:
        if function in (np.ones_like, np.zeros_like):
            return Tensor(function(inputs[0]._data, **keywords)[()])
        if function in INSTEAD_OF:
            given = (_operand(each) if isinstance(each, np.ndarray) else each for each in inputs)
            return INSTEAD_OF[function](*given, **keywords)
        rule = _BY_NUMPY.get(function)
        if rule is not None:
            many = len(rule.inputs)
            named = dict(keywords)
            if len(inputs) > many:
                import inspect  # slow to import, and seldom needed

                words = [*inspect.signature(function).parameters][many:]
                named.update(zip(words, inputs[many:], strict=False))
            wanted = {*rule.parameters} - {*rule.defaults}
            if len(inputs) >= many and wanted <= {*named} <= {*rule.parameters}:
                return apply(rule, *inputs[:many], **named)
        # What cannot be recorded is NumPy's own affair, as long as nothing is tracked.
        arrays = [_arrays(function, each) for each in inputs]
        return function(*arrays, **{name: _arrays(function, keywords[name]) for name in keywords})


def _arrays(function: Any, value: Any) -> Any:
    """Replace the Tensors among NumPy's arguments by arrays."""
    if isinstance(value, list | tuple):
        return [_arrays(function, each) for each in value]
    if not isinstance(value, Tensor):
        return value
    if state.grad_enabled and value.requires_grad:
        raise RuntimeError(
            f"np.{function.__name__}, called like this, does not know how to record a Tensor, and "
            f"{errors.called(value)} requires a gradient. Use a Tensor's own method, or "
            ".detach().numpy()."
        )
    return value._array()


def _rebuilt(kind: type[Tensor], data: Array, requires_grad: bool, name: str | None) -> Tensor:
    twin = kind.__new__(kind)
    Tensor.__init__(twin, data[()] if not data.ndim else data, requires_grad, name)
    return twin


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Make a tensor of anything, without a copy where it can: of a Tensor, or an array.

    A NumPy array shares its memory, and a write through NumPy is not noticed. Errors as in
    `tensor`. As `torch.as_tensor`.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0])
    >>> mg.as_tensor(x) is x
    True
    """
    if device is not None:
        devices.device(device)
    if isinstance(data, np.ndarray):
        dtypes.as_dtype(data.dtype)
        data = Tensor(data)
    if not isinstance(data, Tensor):
        return tensor(data, dtype=dtype)
    return data if dtype is None else data.to(dtype)


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Make a tensor from a number, nested lists or an array; the numbers are copied.

    Python floats become float32, as in PyTorch; arrays keep their dtype. `name` is what
    graphs call it. RuntimeError if integers are to require a gradient, or do not fit the
    dtype, and for what is no number; ValueError for lists of unequal lengths; TypeError for
    an unknown dtype. As `torch.tensor`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    if data.__class__ is float and dtype is None and device is None:  # as most of a lesson's are
        return Tensor(state.silently(dtypes.DEFAULT.type, data), bool(requires_grad), name)
    if device is not None:
        devices.device(device)
    array = numbers_of(data, dtype)
    errors.check_can_require_grad(array.dtype, requires_grad)
    return Tensor(array if array.ndim else array[()], requires_grad, name)


def apply(rule: Rule, *inputs: Any, **parameters: Any) -> Tensor:
    """Run an op: promote the inputs, compute, and record what a backward pass needs."""
    made: Tensor = (rule.run or unrolled(rule))(*inputs, **parameters)
    return made


def apply_any(rule: Rule, inputs: tuple[Any, ...], parameters: dict[str, Any]) -> Tensor:
    """Run an op on whatever was given, and tell those who watch."""
    operands = promoted(rule, tuple(_operand(each) for each in inputs))
    number = next_number()  # behind the nodes of its inputs, and before any memory is read
    parameters = {**rule.defaults, **parameters}
    raws = [each._data if isinstance(each, Tensor) else each for each in operands]
    if rule.view:
        raws[0] = operands[0]._array()
    large = any(each.__class__ is np.ndarray and each.size >= dispatch.AT_LEAST for each in raws)
    try:
        if large:
            data = dispatch.value(rule, raws, parameters)
        else:
            data = state.silently(rule.value, *raws, **parameters)
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        raise errors.explained(rule, operands, error) from None
    if data.__class__ is np.ndarray and not data.ndim and not rule.view:
        data = data[()]
    output = Tensor(data)
    if rule.view and np.may_share_memory(data, raws[0]):
        output._share(operands[0], rule, parameters)
    if state.grad_enabled and output._data.dtype.kind == "f":
        places = [getattr(each, "_node", None) or each for each in operands]
        mask = sum(
            1 << i
            for i, each in enumerate(places)
            if isinstance(each, Node) or getattr(each, "_requires_grad", False)
        )
        if mask := mask & rule.differentiable:
            recorded(rule, mask, operands, raws, places, parameters, output, large, number)
            if state.anomaly is not None:
                state.anomaly.note(output._node, raws, output._data)  # type: ignore[arg-type]
    if state.recorder is not None:
        state.recorder.add(rule, operands, parameters, output)
    return output


def _is_operand(value: Any) -> bool:
    return isinstance(value, Tensor | Number | np.ndarray | np.generic)


def _operand(value: Any) -> Any:
    """What a rule can take: a Tensor, whose history is up to date, or a Python number."""
    if isinstance(value, Tensor):
        if value._view is not None and (state.grad_enabled or state.recorder is not None):
            value._follow()
        return value
    if value.__class__ in NUMBERS:
        return value
    if not _is_operand(value):
        raise errors.no_operand(value)
    return value.item() if isinstance(value, np.generic) else tensor(value)


def source_for(target: Tensor, value: Any) -> Tensor:
    """Return a Tensor in the dtype of the one that it is written to."""
    value = _operand(value)
    return _cast(value if isinstance(value, Tensor) else tensor(value, dtype=target.dtype), target)


def _cast(value: Tensor, like: Tensor) -> Tensor:
    """`value` in the dtype of the tensor that it is written to."""
    same = value._data.dtype == like._data.dtype
    return value if same else apply(shaping.to, value, dtype=like._data.dtype)
