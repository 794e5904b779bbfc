"""Rules read on symbols: the formula that a step shows.

An `Expression` answers to Python's operators and to NumPy's functions like an array
does, and builds a formula instead of a number. So what a step shows is the text of the
rule itself and cannot drift from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.printing import brief, number, shape
from minigrad.rules import Rule
from minigrad.rules.activations import SELU_ALPHA, SELU_SCALE
from minigrad.rules.indexing import is_basic

_SUPERSCRIPT = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# How tightly each form binds; an operand that binds less tightly gets brackets.
_SUM, _SIGN, _PRODUCT, _POWER, _ATOM = range(5)


class Expression:
    """A formula: a NumPy function's name with its operands, or (`name`) a symbol.

    `sizes` is the shape of what it stands for, where that is known.
    """

    sizes: tuple[int, ...] | None = None

    def __init__(self, head: str, *operands: Any, **keywords: Any) -> None:
        self.head = head
        self.operands = operands
        self.keywords = keywords

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any) -> Any:
        return Expression(ufunc.__name__, *operands)

    def __array_function__(self, function: Any, types: Any, operands: Any, keywords: Any) -> Any:
        return Expression(function.__name__, *operands, **keywords)

    @staticmethod
    def __rule__(rule: Rule, *operands: Any, **parameters: Any) -> Any:
        if rule.formula is not None:
            return rule.formula(*operands, **parameters)
        return Expression(rule.name, *operands, **parameters)

    def __getitem__(self, key: Any) -> Expression:
        return Expression("getitem", self, key)

    def __add__(self, other: Any) -> Any:
        return Expression("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return Expression("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return Expression("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return Expression("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return Expression("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return Expression("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return Expression("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return Expression("divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return Expression("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return Expression("power", other, self)

    def __matmul__(self, other: Any) -> Any:
        return Expression("matmul", self, other)

    def __neg__(self) -> Any:
        return Expression("negative", self)

    def __abs__(self) -> Any:
        return Expression("absolute", self)

    def __invert__(self) -> Any:
        return Expression("invert", self)

    def __and__(self, other: Any) -> Any:
        return Expression("bitwise_and", self, other)

    def __or__(self, other: Any) -> Any:
        return Expression("bitwise_or", self, other)

    def __lt__(self, other: Any) -> Any:
        return Expression("less", self, other)

    def __le__(self, other: Any) -> Any:
        return Expression("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return Expression("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return Expression("greater_equal", self, other)

    def __eq__(self, other: object) -> Any:
        return Expression("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return Expression("not_equal", self, other)

    __hash__ = object.__hash__

    def __str__(self) -> str:
        return text(self)


def symbol(name: str) -> Expression:
    """Make a symbol that prints as `name`."""
    return Expression("name", name)


def constant(value: float) -> Expression:
    """Make a number that stands in a formula as it is."""
    return Expression("number", value)


def read(rule: Rule, operands: list[Any], parameters: Mapping[str, Any]) -> Any:
    """Write the op applied to its operands as a reader would: a·x², X @ W, sigmoid(x)."""
    if rule.formula is None:
        return Expression(rule.name, *operands, **parameters)
    return rule.formula(*operands, **parameters)


def is_number(value: Any, wanted: float) -> bool:
    """Whether a formula's part is just this number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == wanted


def simplified(part: Any) -> Any:
    """Leave out what changes nothing: ·1, + 0, to the power 1, a branch that is known."""
    if not isinstance(part, Expression):
        return part
    head, operands = part.head, tuple(simplified(each) for each in part.operands)
    if head == "multiply" and is_number(operands[0], 1):
        return operands[1]
    if head == "power" and is_number(operands[1], 0):
        return 1
    if head in _NEUTRAL and is_number(operands[1], _NEUTRAL[head]):
        return operands[0]
    if head == "where" and isinstance(operands[0], bool):
        return operands[1] if operands[0] else operands[2]
    made = Expression(head, *operands, **part.keywords)
    made.sizes = part.sizes
    return made


# What changes nothing as the second operand.
_NEUTRAL = {"multiply": 1, "divide": 1, "add": 0, "power": 1}


def _infix(sign: str, binds: int, right: int) -> Callable[[Any, Any], tuple[str, int]]:
    return lambda a, b: (f"{text(a, binds)}{sign}{text(b, right)}", binds)


_FLIPPED = {
    "less": "greater_equal", "less_equal": "greater", "greater": "less_equal",
    "greater_equal": "less", "equal": "not_equal", "not_equal": "equal",
}  # fmt: skip


def _opposite(part: Any) -> tuple[str, int]:
    """Write "not y ≤ 0" as y > 0, as a textbook that knows no NaN does."""
    if part.head in _FLIPPED:
        return text(Expression(_FLIPPED[part.head], *part.operands)), _SUM
    return f"not {text(part, _ATOM)}", _SUM


def _power(base: Any, exponent: Any) -> tuple[str, int]:
    if isinstance(exponent, int | float) and float(exponent).is_integer():
        raised = number(exponent).translate(_SUPERSCRIPT)
        return f"{text(base, _ATOM)}{raised}", _POWER
    return f"{text(base, _ATOM)}^{text(exponent, _ATOM)}", _POWER


def _key(key: Any) -> str:
    parts = [each for each in (key if isinstance(key, tuple) else (key,)) if each is not Ellipsis]
    texts = []
    for each in parts:
        if isinstance(each, slice):
            ends = ["" if end is None else str(end) for end in (each.start, each.stop)]
            texts.append(":".join([*ends, str(each.step)] if each.step else ends))
        elif isinstance(each, Expression):
            texts.append(text(each))
        else:
            listed = each.tolist() if hasattr(each, "shape") else each
            texts.append("…" if len(str(listed)) > 20 or np.ndim(listed) > 1 else str(listed))
    return ", ".join(texts)


def _written(a: Any, b: Any, key: str) -> tuple[str, int]:
    return f"{text(a, _ATOM)} with {text(b, _ATOM)} at [{key}]", _SUM


def _put_back(x: Any, key: Any, shape: Any) -> tuple[str, int]:
    once = is_basic(key) and not any(isinstance(each, Expression) for each in key)
    how = "at" if once else "added at"  # lists may name a cell twice
    return f"{text(x, _ATOM)} {how} [{_key(key)}], else 0", _SUM


def _turned(x: Any, *axes: int) -> tuple[str, int]:
    if set(axes) in ({-1, -2}, {0, 1}):
        return f"{text(x, _ATOM)}ᵀ", _ATOM
    return f"{text(x, _ATOM)} with dims {_listed(axes)} swapped", _SUM


def _ordered(x: Any, axes: tuple[int, ...]) -> tuple[str, int]:
    return f"{text(x, _ATOM)} with dims in order {_listed(axes)}", _SUM


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(number, numbers))


def _strength(value: float) -> int:
    """A number binds like the formula that it looks like: −3, 1.5e−05."""
    shown = number(value)
    return _SIGN if shown.startswith("−") else _PRODUCT if "e" in shown else _ATOM


def _steps(steps: Any) -> str:
    """Where a write goes: its index, if it was taken by one, or where the view ops lead."""
    if [rule.name for rule, _ in steps] == ["select"]:
        return _key(steps[0][1]["key"])
    return ", ".join(rule.name for rule, _ in steps) or "…"


# Numbers that a reader knows better by another name, or by all their digits.
_CONSTANTS = {
    math.log(2): ("ln 2", _POWER),
    math.log(10): ("ln 10", _POWER),
    2 / math.sqrt(math.pi): ("2/√π", _PRODUCT),
    math.sqrt(2): ("√2", _POWER),
    math.sqrt(2 * math.pi): ("√(2·π)", _POWER),
    math.sqrt(2 / math.pi): ("√(2/π)", _POWER),
    0.044715: ("0.044715", _ATOM),  # of gelu's approximation by tanh
    SELU_SCALE: ("λ", _ATOM),
    SELU_ALPHA: ("α", _ATOM),
}

# The forms that are not a call such as exp(x).
_PRINTED: dict[str, Callable[..., tuple[str, int]]] = {
    "name": lambda name: (name, _ATOM),
    "number": lambda value: (number(value), _strength(value)),
    "add": _infix(" + ", _SUM, _PRODUCT),
    "subtract": _infix(" − ", _SUM, _PRODUCT),
    "multiply": _infix("·", _PRODUCT, _PRODUCT),
    "divide": lambda a, b: (f"{text(a, _SIGN)}/{text(b, _POWER)}", _PRODUCT),
    "invert": _opposite,
    "absolute": lambda x: (f"|{text(x)}|", _ATOM),
    "sqrt": lambda x: (f"√{text(x, _ATOM)}", _POWER),
    "maximum": lambda a, b: (f"max({text(a)}, {text(b)})", _ATOM),
    "minimum": lambda a, b: (f"min({text(a)}, {text(b)})", _ATOM),
    "floor_divide": lambda a, b: (f"floor({text(a / b)})", _ATOM),
    "remainder": _infix(" mod ", _PRODUCT, _POWER),
    "matmul": _infix(" @ ", _PRODUCT, _POWER),
    "negative": lambda x: (f"−{text(x, _PRODUCT)}", _SIGN),
    "power": _power,
    "less": _infix(" < ", _SUM, _SUM),
    "less_equal": _infix(" ≤ ", _SUM, _SUM),
    "greater": _infix(" > ", _SUM, _SUM),
    "greater_equal": _infix(" ≥ ", _SUM, _SUM),
    "equal": _infix(" = ", _SUM, _SUM),
    "not_equal": _infix(" ≠ ", _SUM, _SUM),
    "bitwise_and": _infix(" and ", _SUM, _SUM),
    "bitwise_or": _infix(" or ", _SUM, _SUM),
    "bitwise_xor": _infix(" xor ", _SUM, _SUM),
    "logical_and": _infix(" and ", _SUM, _SUM),
    "logical_or": _infix(" or ", _SUM, _SUM),
    "logical_xor": _infix(" xor ", _SUM, _SUM),
    "logical_not": lambda x: (f"not {text(x, _ATOM)}", _SUM),
    "where": lambda c, a, b: (f"{text(a, _SIGN)} if {text(c)} else {text(b, _SIGN)}", _SUM),
    "getitem": lambda x, key: (f"{text(x, _ATOM)}[{_key(key)}]", _ATOM),
    "swapaxes": _turned,
    "transpose": lambda x, axes: _turned(x, *axes) if len(axes) == 2 else _ordered(x, axes),
    "flip": lambda x, axis: (f"flip({text(x)})", _ATOM),
    "roll": lambda x, shift, axis: (f"{text(x, _ATOM)} rolled by {_listed(shift)}", _SUM),
    "tril": lambda x, k: (f"tril({text(x)}{f', {number(k)}' if k else ''})", _ATOM),
    "triu": lambda x, k: (f"triu({text(x)}{f', {number(k)}' if k else ''})", _ATOM),
    "to": lambda x, dtype: (f"{text(x, _ATOM)} as {dtype}", _SUM),
    "einsum": lambda equation, a, b: (f'einsum("{equation}", {text(a)}, {text(b)})', _ATOM),
    "expand_dims": lambda x, axis: (text(x, _ATOM), _ATOM),
    "broadcast_to": lambda x, sizes: (f"{text(x, _PRODUCT)} spread to {shape(sizes)}", _SUM),
    "reshape": lambda x, sizes: (f"{text(x, _ATOM)} as {shape(sizes)}", _SUM),
    "assign": lambda a, b, steps: _written(a, b, _steps(steps)),
    "put": lambda a, b, key: _written(a, b, _key(key)),
    "scatter": lambda a, b, key: _written(a, b, _key(key)),
    "scatter_add": lambda a, b, key: (f"{text(a, _ATOM)} plus {text(b)} at [{_key(key)}]", _SUM),
    "put_back": _put_back,
    "pick": lambda x, index, axis: (f"{text(x, _SIGN)} at class {text(index)}", _SUM),
    "place": lambda x, index, axis, many: (f"{text(x)} at class {text(index)}, else 0", _SUM),
}


def text(part: Any, binds: int = _SUM) -> str:
    """Write a formula, in brackets if it binds less tightly than `binds`."""
    if not isinstance(part, Expression):
        if isinstance(part, bool | int | float):
            shown = number(part)
            strength = _SIGN if shown.startswith("−") else _ATOM
            shown, strength = _CONSTANTS.get(part, (shown, strength))
            return f"({shown})" if strength < binds else shown
        if hasattr(part, "shape"):
            return brief(part)
        return shape(part) if isinstance(part, tuple) else str(part)
    form = _PRINTED.get(part.head)
    if form is None:
        return f"{part.head}({', '.join(text(each) for each in part.operands)})"
    written, strength = form(*part.operands, **part.keywords)
    return f"({written})" if strength < binds else written


# What such a formula gives is a truth value.
_TRUTHS = {
    *_FLIPPED, "invert", "isfinite", "isnan", "isinf", "logical_not",
    *(f"{kind}_{how}" for kind in ("bitwise", "logical") for how in ("and", "or", "xor")),
}  # fmt: skip


def slope(part: Any) -> str:
    """Write a slope so that "= 1" can follow it: a condition, which selects, in brackets."""
    written = text(part)
    condition = isinstance(part, Expression) and part.head in _TRUTHS
    return f"({written})" if condition else written


def shapes(part: Any, result: tuple[int, ...]) -> str:
    """Write the shapes in a product of matrices, as in (4×3)·(3×2) = (4×2); else ""."""
    if not isinstance(part, Expression) or part.head != "matmul":
        return ""
    factors = [_sizes(each) for each in part.operands]
    if None in factors:
        return ""
    return f"{'·'.join(map(_sized, factors))} = {_sized(result)}"


def _sized(sizes: Any) -> str:
    return f"({'×'.join(map(str, sizes))})"


def _sizes(part: Any) -> tuple[int, ...] | None:
    """The shape of a factor: a matrix, perhaps turned."""
    if part.sizes is None and part.head in ("swapaxes", "expand_dims"):
        source, *axes = part.operands
        if source.sizes is not None:
            turned = getattr(np, part.head)(np.empty(source.sizes), *axes, **part.keywords)
            return tuple(turned.shape)
    return part.sizes


def factor(part: Any) -> str:
    """Write a formula as a factor of a product."""
    written = text(part, _PRODUCT)
    return f"({written})" if written.startswith("−") else written
