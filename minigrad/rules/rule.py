"""What a rule is: one op written once in plain NumPy, next to its derivative.

A rule is read in five ways, and none of them has a second text:

* on arrays: the forward and the backward pass (`minigrad.tensor`, `minigrad.autograd`);
* on Tensors: gradients of gradients, because the derivative is itself recorded;
* on symbols: the formula that a step shows (`minigrad.formula`);
* on the numbers of one edge: the local slope of a step (`minigrad.traces`);
* by the generator: a fused loop for Numba (`minigrad.kernels`).

The argument names of a derivative say what the forward pass must save: the name of
an input is its value, `y` is the output, `x_shape` and `x_dtype` are those of input `x`,
a parameter's name is that parameter, and `g` is the cotangent that arrives.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels import blocks
from minigrad.rules.plan import Plan, Pull, handing, keeping


class Derivative(NamedTuple):
    """How one input's share of the gradient is computed, and what that needs."""

    function: Callable[..., Any]
    names: tuple[str, ...]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Derivative:
        """Read off the argument names."""
        return cls(function, arguments(function)[0])

    def __call__(self, known: Mapping[str, Any]) -> Any:
        """Compute it from what is known by name."""
        return self.function(*[known[name] for name in self.names])


class Rule:
    """One op. The three subclasses differ in what their derivatives give."""

    def __init__(
        self,
        signature: str,
        value: Callable[..., Any],
        /,  # so that an input may be called "value"
        *,
        numpy: Callable[..., Any] | None = None,
        formula: Callable[..., Any] | None = None,
        textbook: Mapping[str, Callable[..., Any]] | None = None,
        word: str = "",
        sign: str = "",
        grad_fn: str | Callable[[Sequence[Any], Mapping[str, Any]], str] = "",
        floating: bool = False,
        takes: str = "bif",
        view: bool = False,
        broadcasts: bool = False,
        **derivatives: Callable[..., Any],
    ) -> None:
        """Write an op down.

        `signature` names the op and its inputs, as in "mul(a, b)". `value` computes
        it; its keyword-only arguments are parameters. `numpy` is the NumPy function
        that means the same, where `value` is a Python operator. `formula` is how the op is
        written, where that is not a call by its name; `textbook` holds the derivatives to
        show where the code guards against what a textbook ignores. `word` and `sign` are
        how the stepper says the op ("times"; "times 2"). `grad_fn` is PyTorch's name for its
        way back, or a function of the inputs and parameters that decide on it.
        `floating` ops turn integers into floats first; `takes` lists the kinds of numbers
        that it works on: truth values (b), integers (i), floats (f). `view` ops share their
        input's memory; `broadcasts` says that inputs are stretched, so that the engine sums
        each gradient back to its input's shape.
        Each further keyword is the derivative for the input of that name.
        """
        name, inputs = re.fullmatch(r"(\w+)\((.*)\)", signature).groups()  # type: ignore[union-attr]
        self.name: str = name
        self.inputs: tuple[str, ...] = tuple(part.strip() for part in inputs.split(","))
        self.value = value
        self.numpy = numpy or (value if hasattr(np, getattr(value, "__name__", "")) else None)
        primitive = self.numpy is not None or hasattr(operator, getattr(value, "__name__", ""))
        self.formula = formula or (value if primitive else None)
        self.textbook = {key: Derivative.of(each) for key, each in (textbook or {}).items()}
        self.word = word or name
        self.sign = sign or self.word
        self._grad_fn = grad_fn or name.title().replace("_", "") + "Backward0"
        self.floating = floating
        self.takes = takes
        self.view = view
        self.broadcasts = broadcasts or isinstance(self, Elementwise)
        _, self.parameters, self.defaults = arguments(value)
        self.derivatives: tuple[Derivative | None, ...] = tuple(
            Derivative.of(f) if f else None
            for f in (derivatives.pop(each, None) for each in self.inputs)
        )
        if derivatives:
            raise TypeError(f"{signature} has no input {', '.join(derivatives)} to derive for")
        # The inputs that have a derivative, as a mask.
        self.differentiable = sum(1 << i for i, each in enumerate(self.derivatives) if each)
        # What most ops are: of floats, with a result of their dtype in memory of its own.
        self.plain = "f" in takes and not view and "dtype" not in self.parameters
        # Whether its inputs keep their dtypes, such as the class numbers of a loss.
        self.mixed = not self.broadcasts and not floating
        self.plans: dict[int, Plan] = {}
        self.run: Callable[..., Any] | None = None  # on Tensors: see `minigrad.unrolled`
        RULES[name] = self

    def plan(self, mask: int) -> Plan:
        """What to save when the inputs in `mask` (bit i: input i) need a gradient."""
        if mask not in self.plans:
            self.plans[mask] = self._plan(mask)
        return self.plans[mask]

    def _plan(self, mask: int) -> Plan:
        wanted = {
            name
            for i, derivative in enumerate(self.derivatives)
            if derivative is not None and mask >> i & 1
            for name in derivative.names
        }
        names = tuple(sorted(wanted - {"g", *self.parameters}))
        places = {**{name: i for i, name in enumerate(self.inputs)}, "y": -1}
        parts = [name.partition("_") for name in names]
        return Plan(
            self,
            mask,
            names,
            keeping(len(self.inputs), tuple([(places[of], aspect) for of, _, aspect in parts])),
            tuple([places[of] for of, _, aspect in parts if not aspect]),
            tuple((i, self._pull(i, names)) for i in range(len(self.inputs)) if mask >> i & 1),
        )

    def _pull(self, position: int, names: tuple[str, ...]) -> Pull:
        """Prepare `pull_back` for arrays: where each argument is found is looked up only once."""
        derivative = self.derivatives[position]
        assert derivative is not None
        return handing(derivative.names, names)(derivative.function)

    def grad_fn(self, inputs: Sequence[Any], parameters: Mapping[str, Any]) -> str:
        """Return PyTorch's name for the op's way back, such as AddBackward0."""
        if callable(self._grad_fn):
            return self._grad_fn(inputs, parameters)
        return self._grad_fn

    def __call__(self, *inputs: Any, **parameters: Any) -> Any:
        """Read the op on arrays, Tensors or symbols alike, so that rules can use rules.

        Python numbers give a Python number: it has no dtype to force upon an array.
        """
        bare = True
        for each in inputs:
            if each.__class__ not in NUMBERS:
                bare = False
                reading = getattr(each.__class__, "__rule__", None)
                if reading is not None:
                    return reading(self, *inputs, **parameters)
        if bare:
            return self.value(*[np.float64(each) for each in inputs], **parameters).item()
        return self.value(*inputs, **parameters)

    def check_pure(self) -> None:
        """Raise TraceError for what must not be run again. An op may be."""

    def local(self, position: int, known: Mapping[str, Any]) -> Any:
        """Return the slope for one input; `None` where a gradient is no product with one."""
        return None

    def pull_back(self, position: int, known: Mapping[str, Any], g: Any) -> Any:
        """Turn the cotangent `g` of the output into the contribution to one input (a vjp)."""
        derivative = self.derivatives[position]
        assert derivative is not None
        return derivative({**known, "g": g})

    def shown(self, position: int, symbols: Mapping[str, Any]) -> Any:
        """Read the derivative for one input on symbols, in its textbook form if it has one."""
        derivative = self.textbook.get(self.inputs[position]) or self.derivatives[position]
        assert derivative is not None
        return derivative(symbols)

    def __repr__(self) -> str:
        return f"<rule {self.name}({', '.join(self.inputs)})>"


class Elementwise(Rule):
    """Cell by cell, with broadcasting. A derivative gives the local slope.

    A slope that is a truth value *selects*: the gradient passes or it does not. So a
    cell that is not selected gives 0 even where an infinity arrives, as in PyTorch.
    A slope that asks for `g` gives its product with the gradient: the slope is that for 1.
    """

    def local(self, position: int, known: Mapping[str, Any]) -> Any:
        """Return the slope for one input."""
        derivative = self.derivatives[position]
        assert derivative is not None
        return derivative({**known, "g": 1})

    def pull_back(self, position: int, known: Mapping[str, Any], g: Any) -> Any:
        """Multiply by the slope, or select by it."""
        derivative = self.derivatives[position]
        assert derivative is not None
        if "g" in derivative.names:
            return derivative({**known, "g": g})
        return _through(derivative(known), g)

    def _pull(self, position: int, names: tuple[str, ...]) -> Pull:
        """Prepare the ways of the most common slopes: a constant, and one of saved values alone."""
        derivative = self.derivatives[position]
        assert derivative is not None
        function, wanted = derivative
        constant = None if wanted else function()
        if constant.__class__ is int and constant == 1:
            return None
        if constant.__class__ is int and constant == -1:
            return lambda g, saved, parameters: -g
        if "g" in wanted:
            return super()._pull(position, names)
        if function.__code__.co_code == _SAME.__code__.co_code:
            (only,) = [names.index(name) for name in wanted]
            return lambda g, saved, parameters: (
                g * saved[only] if saved[only].__class__ in _SCALARS else _through(saved[only], g)
            )
        slope = handing(wanted, names)(function)
        return lambda g, saved, parameters: _through(slope(g, saved, parameters), g)

    def shown(self, position: int, symbols: Mapping[str, Any]) -> Any:
        """Read the slope for one input on symbols."""
        slope = super().shown(position, {**symbols, "g": 1})
        return 0 if slope is False else slope


def _through(slope: Any, g: Any) -> Any:
    """The gradient times the slope, or selected by it."""
    kind = slope.__class__
    if kind in _SCALARS:
        return g * slope
    if kind is np.ndarray and g.__class__ is np.ndarray:
        if slope.dtype == _BOOL:
            return _selected(slope, g)
        return blocks.result(np.multiply, g, slope)
    if kind is int:
        return g if slope == 1 else -g if slope == -1 else g * slope
    if (kind is bool or kind is np.bool_) and g.__class__ in _SCALARS:
        return g if slope else g.__class__(0)
    if slope is False:
        return np.zeros_like(g)
    if hasattr(slope, "dtype") and np.dtype(slope.dtype) == _BOOL:
        return np.where(slope, g, 0)
    return g * slope


def _selected(slope: Any, g: Any) -> Any:
    """The gradient where the slope is true, else 0, also of an infinity."""
    bits = _BITS.get(g.dtype)
    if bits is None:
        return np.where(slope, g, 0)
    # As whole numbers, for which a product selects: np.where would take several times as long.
    return (g.view(bits) * slope.astype(bits)).view(g.dtype)


class Row(Rule):
    """A row in, a row or a number out; written with reductions along `axis`. Gives a vjp."""


class Structured(Rule):
    """Whole arrays at once. A derivative gives the vector-Jacobian product."""


def unwrapped(function: Any) -> Any:
    """Return the function itself, without what decorators put around it."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def arguments(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...], Any]:
    """Read a function's arguments off its code: the positional, the keyword-only, their defaults.

    `inspect` would do it too, but would be a good part of the time to import. Functions without
    code in Python, such as ufuncs, have none that matter.
    """
    function = unwrapped(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return (), (), {}
    many, words = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    return names[:many], names[many : many + words], dict(function.__kwdefaults__ or {})


_BOOL = np.dtype(bool)
_BITS = {np.dtype(np.float32): np.dtype(np.int32), np.dtype(np.float64): np.dtype(np.int64)}
SINGLES: set[Any] = {np.float32, np.float64}  # of what class the single numbers of tensors are
_SCALARS = {*SINGLES, float}  # the commonest slopes, seen at once
_SAME = lambda saved: saved  # noqa: E731  # the slope is what was saved: mul, exp, where
RULES: dict[str, Rule] = {}
NUMBERS = {bool, int, float}  # what an op takes besides tensors
