"""Rules read on arrays that are not there: what NumPy would be asked to do, as a graph.

A `Lazy` has a shape and a dtype and answers to Python's operators and NumPy's functions as
an array does, by NumPy's own rules; instead of numbers it leaves behind which primitive was
asked of which operands. Whatever has no place in a loop raises `Unreadable`.

The primitives, by `head`: `array` and `number`, which are given; a cell, by NumPy's name of
it; `astype`; `reduce`; `axes`, the same cells under other dims; `position`, a cell's place
along a dim; `load`, a cell by an index that was computed; `reshape`; `matmul`; and `call`,
which asks NumPy itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from minigrad.kernels.words import CELLS
from minigrad.rules import Rule

Shape = tuple[int, ...]


class Unreadable(TypeError):
    """An array that is not there was asked for more than a loop can give."""


class Extent(int):
    """A size that is known at run time only: `text` says where it is found."""

    text: str

    def __new__(cls, value: int, text: str) -> Extent:  # noqa: D102  # as the class says
        self = super().__new__(cls, value)
        self.text = text
        return self

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        if other == 1:
            return self
        return Extent(int(self) * int(other), f"{self.text} * {size_text(other)}")

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        return Extent(int(self) - int(other), f"({self.text} - {size_text(other)})")


def size_text(size: int) -> str:
    """How a size is written: as a number only where it is pinned."""
    return size.text if isinstance(size, Extent) else str(int(size))


class Pool:
    """One reading. What is asked twice is one object, so that it is computed once."""

    def __init__(self) -> None:
        self.made: dict[Any, Lazy] = {}
        self.place: Any = None  # where in the reader's code what is being read comes from
        self.equal: dict[str, int] = {}  # sizes that met another, by text
        self._order: dict[str, int] = {}  # of the sizes of arrays, by text

    def array(self, name: str, shape: Shape, dtype: Any) -> Lazy:
        """Make an array that is given under a name."""
        sizes = tuple(
            each if each == 1 or isinstance(each, Extent) else Extent(each, f"{name}.shape[{i}]")
            for i, each in enumerate(shape)
        )
        for each in sizes:
            self._order.setdefault(size_text(each), len(self._order))
        return self.new("array", (), name, sizes, np.dtype(dtype))

    def number(self, name: str, dtype: Any = None) -> Lazy:
        """Make a number that is given at run time; without a dtype it forces none upon arrays."""
        made = self.new("array", (), name, (), np.dtype(dtype or np.float64))
        made.bare, made.weak = True, dtype is None
        return made

    def new(
        self, head: str, operands: tuple[Lazy, ...], extra: Any, shape: Shape, dtype: np.dtype[Any]
    ) -> Lazy:
        """Make a primitive, or find the one that was made of the same before."""
        key = head, *map(id, operands), extra, dtype, shape if head in _SHAPED else None
        if key not in self.made:
            self.made[key] = Lazy(self, head, operands, extra, shape, dtype)
        return self.made[key]

    def joined(self, a: int, b: int) -> int:
        """Two sizes that must be the same: prefer the one that is pinned, or came first."""
        a, b = self.size(a), self.size(b)
        if isinstance(a, Extent) and isinstance(b, Extent) and a.text != b.text:
            many = len(self._order)
            a, b = sorted((a, b), key=lambda each: self._order.get(each.text, many))
            self.equal[b.text] = a
        return b if isinstance(a, Extent) and not isinstance(b, Extent) else a

    def size(self, size: int) -> int:
        """Give a size the text under which it is known by now."""
        while isinstance(size, Extent) and size.text in self.equal:
            size = self.equal[size.text]
        return size


_SHAPED = {"axes", "reshape", "position", "number"}


class Lazy:
    """An array that is not there; see the module."""

    weak = False  # a Python number's dtype gives way to an array's
    bare = False  # a number, not an array with one cell

    def __init__(
        self, pool: Pool, head: str, operands: tuple[Lazy, ...], extra: Any, shape: Shape,
        dtype: np.dtype[Any],
    ) -> None:  # fmt: skip
        self.pool = pool
        self.head = head
        self.operands = operands
        self.extra = extra
        self.shape = shape
        self.dtype = dtype
        self.number = len(pool.made)  # operands come before what is made of them
        self.place = pool.place

    @property
    def ndim(self) -> int:
        """How many dims it has."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many cells it has."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    # Asked by NumPy ------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Lazy:
        if method != "__call__" or options:
            raise Unreadable(f"{ufunc.__name__} in this way has no loop")
        if ufunc is np.matmul:
            return _word(ufunc)(*inputs)
        return cell(self.pool, ufunc.__name__, *inputs)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        return _word(function)(*inputs, **options)

    @staticmethod
    def __rule__(rule: Rule, *inputs: Any, **parameters: Any) -> Any:
        from minigrad.kernels import vocabulary  # which needs this module first

        return vocabulary.RULES.get(rule, rule.value)(*inputs, **parameters)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Unreadable("there is no array yet")

    def astype(self, dtype: Any) -> Lazy:
        """The same numbers in another dtype."""
        dtype = np.dtype(dtype)
        if dtype == self.dtype and not self.weak:
            return self
        if self.head == "axes":
            return axes(self.operands[0].astype(dtype), self.extra, self.shape)
        if self.head == "reduce" and self.dtype == np.float64 and self.extra[0] == "sum":
            (wide,) = self.operands  # a loop adds up in float64 whatever it adds, where asked to
            if wide.head == "astype" and wide.operands[0].dtype == dtype == np.float32:
                asked = (*self.extra, self.dtype)
                return self.pool.new("reduce", wide.operands, asked, self.shape, dtype)
        return self.pool.new("astype", (self,), None, self.shape, dtype)

    def reshape(self, *shape: Any) -> Lazy:
        """As NumPy's method."""
        return _word(np.reshape)(self, shape[0] if len(shape) == 1 else shape)

    def copy(self) -> Lazy:
        """The same: nobody writes into it."""
        return self

    def __bool__(self) -> bool:
        raise Unreadable("its numbers are not known yet")

    __float__ = __int__ = __index__ = __bool__

    def __iter__(self) -> Iterator[Any]:
        raise Unreadable("its cells are not known yet")

    def __getitem__(self, key: Any) -> Any:
        raise Unreadable("a key has no loop")

    # Asked by Python -----------------------------------------------------------------

    def __add__(self, other: Any) -> Lazy:
        return cell(self.pool, "add", self, other)

    def __radd__(self, other: Any) -> Lazy:
        return cell(self.pool, "add", other, self)

    def __sub__(self, other: Any) -> Lazy:
        return cell(self.pool, "subtract", self, other)

    def __rsub__(self, other: Any) -> Lazy:
        return cell(self.pool, "subtract", other, self)

    def __mul__(self, other: Any) -> Lazy:
        return cell(self.pool, "multiply", self, other)

    def __rmul__(self, other: Any) -> Lazy:
        return cell(self.pool, "multiply", other, self)

    def __truediv__(self, other: Any) -> Lazy:
        return cell(self.pool, "divide", self, other)

    def __rtruediv__(self, other: Any) -> Lazy:
        return cell(self.pool, "divide", other, self)

    def __pow__(self, other: Any) -> Lazy:
        return cell(self.pool, "power", self, other)

    def __rpow__(self, other: Any) -> Lazy:
        return cell(self.pool, "power", other, self)

    def __matmul__(self, other: Any) -> Lazy:
        return _word(np.matmul)(self, other)

    def __neg__(self) -> Lazy:
        return cell(self.pool, "negative", self)

    def __abs__(self) -> Lazy:
        return cell(self.pool, "absolute", self)

    def __invert__(self) -> Lazy:
        return cell(self.pool, "invert", self)

    def __and__(self, other: Any) -> Lazy:
        return cell(self.pool, "bitwise_and", self, other)

    def __or__(self, other: Any) -> Lazy:
        return cell(self.pool, "bitwise_or", self, other)

    def __lt__(self, other: Any) -> Lazy:
        return cell(self.pool, "less", self, other)

    def __le__(self, other: Any) -> Lazy:
        return cell(self.pool, "less_equal", self, other)

    def __gt__(self, other: Any) -> Lazy:
        return cell(self.pool, "greater", self, other)

    def __ge__(self, other: Any) -> Lazy:
        return cell(self.pool, "greater_equal", self, other)

    def __eq__(self, other: object) -> Any:
        return cell(self.pool, "equal", self, other)

    def __ne__(self, other: object) -> Any:
        return cell(self.pool, "not_equal", self, other)

    __hash__ = object.__hash__  # found by identity: dicts look for the same object first


def _word(function: Any) -> Callable[..., Any]:
    """How one of NumPy's functions is read."""
    from minigrad.kernels import vocabulary  # which needs this module first

    if function not in vocabulary.FUNCTIONS:
        raise Unreadable(f"{function.__name__} has no loop")
    return vocabulary.FUNCTIONS[function]


# Cells -----------------------------------------------------------------------------------


def _kind(operand: Any) -> Any:
    """What NumPy's rules of promotion take into account: a dtype, or a type of number."""
    if isinstance(operand, Lazy):
        return float if operand.weak else operand.dtype
    if isinstance(operand, np.generic):
        return operand.dtype
    if isinstance(operand, bool):
        return np.dtype(bool)
    if isinstance(operand, int | float):
        return int if isinstance(operand, int) else float
    raise Unreadable(f"a {type(operand).__name__} has no place in a loop")


def cell(pool: Pool, name: str, *operands: Any) -> Lazy:
    """Ask for a cell by NumPy's name, broadcasting and promoting as NumPy does."""
    if name not in CELLS and name != "power":
        raise Unreadable(f"{name} has no place in a loop")
    kinds = [_kind(each) for each in operands]
    weak = not any(isinstance(kind, np.dtype) for kind in kinds)  # a dtype equals float too
    if name == "where":
        result = np.result_type(*(_weak_number(k) for k in kinds[1:]))
        taken = [np.dtype(bool), result, result]
    else:
        *taken, result = getattr(np, name).resolve_dtypes((*kinds, None))
    if name.startswith("logical"):
        taken = [np.dtype(bool)] * len(taken)
    if name in _EXTREMES and result.kind == "i":
        order = "greater_equal" if name == "maximum" else "less_equal"
        return cell(pool, "where", cell(pool, order, *operands), *operands)
    if (result.kind == "i" and name not in _WHOLE) or (result.kind == "b" and name in _EXTREMES):
        raise Unreadable(f"{name} of integers has no place in a loop")
    if name == "power":
        return _power(pool, operands[0], operands[1], result, weak)
    shape = broadcast(pool, *(getattr(each, "shape", ()) for each in operands))
    prepared = [
        stretched(typed(pool, each, dtype), shape)
        for each, dtype in zip(operands, taken, strict=True)
    ]
    # Before it is stretched there is less to compute.
    along = set[int]().union(*(_along(each) for each in prepared))
    small = tuple(size if i in along else 1 for i, size in enumerate(shape))
    prepared = [_shrunk(each, small) for each in prepared]
    if name == "multiply":  # 1 · x is x
        for one, x in (prepared, prepared[::-1]):
            if _is_one(one):
                return stretched(x, shape)
    made = pool.new(name, tuple(prepared), None, small, result)
    made.weak = weak and result.kind == "f"
    return stretched(made, shape)


def _along(x: Lazy) -> set[int]:
    """The dims along which cells may differ."""
    return {*x.extra} - {None} if x.head == "axes" else {*range(x.ndim)}


def _shrunk(x: Lazy, shape: Shape) -> Lazy:
    return axes(x.operands[0], x.extra, shape) if x.head == "axes" else x


def _is_one(x: Lazy) -> bool:
    x = x.operands[0] if x.head == "axes" else x
    return x.head == "number" and x.extra == "1"


# What integers and truth values may do in a loop; a quotient is a float before.
_WHOLE = {
    "add", "subtract", "multiply", "where", "negative", "absolute", "bitwise_and", "bitwise_or",
    "bitwise_xor",
}  # fmt: skip
_EXTREMES = {"maximum", "minimum"}


def _weak_number(kind: Any) -> Any:
    return kind if isinstance(kind, np.dtype) else kind(0)


def typed(pool: Pool, operand: Any, dtype: np.dtype[Any]) -> Lazy:
    """Make an operand one of `dtype`; a number gets it here."""
    if isinstance(operand, Lazy):
        if operand.weak and dtype == np.float64:
            return operand
        return operand.astype(dtype)
    if isinstance(operand, Extent):
        return pool.new("number", (), operand.text, (), dtype)
    return pool.new("number", (), str(dtype.type(operand)).removesuffix(".0"), (), dtype)


def _power(pool: Pool, base: Any, n: Any, dtype: np.dtype[Any], weak: bool) -> Lazy:
    """What NumPy's arrays do with the commonest exponents is no power at all."""
    if not isinstance(n, Lazy) and isinstance(base, Lazy):
        base = base if base.weak else base.astype(dtype)
        if n in (1, 2, 3):
            return base if n == 1 else base * base if n == 2 else base * base * base
        if n in (0.5, -0.5):
            root = cell(pool, "sqrt", base)
            return root if n == 0.5 else 1 / root
        if n == -1:
            return 1 / base
    shape = broadcast(pool, getattr(base, "shape", ()), getattr(n, "shape", ()))
    both = tuple(stretched(typed(pool, each, dtype), shape) for each in (base, n))
    made = pool.new("power", both, None, shape, dtype)
    made.weak = weak
    return made


def broadcast(pool: Pool, *shapes: Shape) -> Shape:
    """Join shapes as NumPy does."""
    np.broadcast_shapes(*shapes)  # refuses what does not fit
    ndim = max(len(shape) for shape in shapes)
    joined: list[int] = [1] * ndim
    for shape in shapes:
        for i, size in enumerate(shape, ndim - len(shape)):
            if size != 1:
                joined[i] = size if joined[i] == 1 else pool.joined(joined[i], size)
    return tuple(joined)


# Other dims ------------------------------------------------------------------------------


def axes(x: Lazy, dims: tuple[int | None, ...], shape: Shape) -> Lazy:
    """Show the cells of `x` in `shape`: `dims` has the new dim for each dim of x.

    None stands for a dim of size 1, which is left out or stretched.
    """
    dims = tuple(None if size == 1 else dim for dim, size in zip(dims, x.shape, strict=True))
    shape = tuple(1 if size == 1 else size for size in shape)
    if x.head == "axes":
        inner, source = x.extra, x.operands[0]
        dims = tuple(None if dim is None else dims[dim] for dim in inner)
        x = source
    same = tuple(None if size == 1 else i for i, size in enumerate(x.shape))
    if dims == same and tuple(map(int, shape)) == tuple(map(int, x.shape)):
        return x
    made = x.pool.new("axes", (x,), dims, shape, x.dtype)
    made.weak = x.weak
    return made


def stretched(x: Lazy, shape: Shape) -> Lazy:
    """Broadcast to a shape that it fits."""
    if len(shape) == x.ndim and all(int(a) == int(b) for a, b in zip(shape, x.shape, strict=True)):
        return x
    added = len(shape) - x.ndim
    return axes(x, tuple(i + added for i in range(x.ndim)), shape)


def result(x: Lazy, taken: Iterable[Lazy] = ()) -> Lazy:
    """Give a result cells of its own: not those of an input, a view, or another result."""
    if x.head in ("array", "number", "position", "axes", "reshape") or any(x is y for y in taken):
        return x.pool.new("copy", (x,), len(x.pool.made), x.shape, x.dtype)
    return x
