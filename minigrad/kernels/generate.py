"""Turns a rule into the source of one fused loop.

The rule is read on symbols, which gives a formula in which a part that is used twice is
one object. Elementwise formulas become one loop. Row formulas become as many loops as
they have reductions, one behind the other, and one more that writes the row.
"""

from __future__ import annotations

from typing import Any

from minigrad.formula import Expression, is_number, symbol
from minigrad.rules import RULES, Elementwise, Row, Rule

_OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "less_equal": "<=",
    "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!=", "bitwise_and": "&",
    "bitwise_or": "|", "bitwise_xor": "^",
}  # fmt: skip
_SELECTING = {
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "bitwise_and",
    "bitwise_or", "invert", "logical_not",
}  # fmt: skip
_CALLS = {
    "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "ceil",
    "cos", "cosh", "exp", "exp2", "expm1", "floor", "isfinite", "isinf", "isnan", "log", "log10",
    "log1p", "log2", "logical_and", "logical_not", "logical_or", "logical_xor", "sign", "sin",
    "sinh", "sqrt", "tan", "tanh", "trunc",
}  # fmt: skip
_EXTREMES = {"maximum": ">=", "minimum": "<="}
# Where a reduction starts, and how it takes in one more number.
_REDUCTIONS = {
    "sum": ("0.0", "{total} += {each}"),
    "max": ("-np.inf", "{total} = {each} if {each} > {total} or {each} != {each} else {total}"),
}


def source(rule: Rule | str, dtype: str = "float32") -> str:
    """Return the source of a rule's kernels, `forward` and one `backward_<input>` per input.

    Each takes flat contiguous arrays (a Row rule: 2-D arrays, the rows along the last
    axis) and writes its result into the last one. Parameters have their defaults; of a
    Row rule, the axis is the last. TypeError for an op that is computed whole, such as
    matmul, and for one that only NumPy computes, such as round.

    >>> import minigrad.kernels
    >>> "def forward(x, out):" in minigrad.kernels.source("sigmoid")
    True
    """
    rule = RULES[rule] if isinstance(rule, str) else rule
    if not isinstance(rule, Elementwise | Row):
        raise TypeError(f"{rule.name} works on whole arrays at once: NumPy computes it, no loop.")
    parts = [f"# {rule.name}, fused for {dtype}.", "import numpy as np", ""]
    inputs = {name: symbol(name) for name in rule.inputs}
    parameters = {**rule.defaults, **({"axis": -1} if isinstance(rule, Row) else {})}
    value = rule.value(*inputs.values(), **parameters)
    parts += _function("forward", list(inputs), value, rule, dtype)
    for name, derivative in zip(rule.inputs, rule.derivatives, strict=True):
        if derivative is None:
            continue
        needs = [each for each in derivative.names if each not in (*rule.parameters, "g")]
        known = {**inputs, **parameters, "y": symbol("y"), "g": symbol("g")}
        slope = derivative(known)
        gradient = slope if isinstance(rule, Row) or "g" in derivative.names else _scaled(slope)
        parts += _function(f"backward_{name}", ["g", *needs], gradient, rule, dtype)
    return "\n".join(parts)


def _scaled(slope: Any) -> Any:
    """What arrives times the slope, or selected by it."""
    g = symbol("g")
    if slope is False:
        return 0
    selects = isinstance(slope, Expression) and slope.head in _SELECTING
    return Expression("where", slope, g, 0) if selects else g * slope


class _Loop:
    """The statements of one pass over the cells, and what each part was named."""

    def __init__(self, dtype: str, rows: bool, named: dict[int, str]) -> None:
        self.lines: list[str] = []
        self.dtype = dtype
        self.rows = rows
        self.named = named  # by id: numbers of the whole row that are known already
        self.read: list[Any] = []  # rules inside the rule; kept, so that no id is used twice

    def write(self, part: Any) -> str:
        """Name a part of the formula, writing the statements it needs first."""
        if not isinstance(part, Expression):
            return f"np.{self.dtype}({float(part)!r})"
        if id(part) not in self.named:
            self.named[id(part)] = self._new(part)
        return self.named[id(part)]

    def _new(self, part: Expression) -> str:
        if part.head == "name":
            (name,) = part.operands
            return f"{name}[i, j]" if self.rows else f"{name}[i]"
        rule = RULES.get(part.head)
        if isinstance(rule, Elementwise) and rule.formula is None:
            self.read.append(rule.value(*part.operands, **part.keywords))
            return self.write(self.read[-1])
        if part.head == "power" and any(is_number(part.operands[1], each) for each in (2, 3)):
            base, times = part.operands
            return self._new(Expression("multiply", *[base] * times))
        operands = [self.write(each) for each in part.operands]
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {_written(part.head, operands)}")
        return name


def _written(head: str, operands: list[str]) -> str:
    if head in _OPERATORS:
        return f" {_OPERATORS[head]} ".join(operands)
    if head in _CALLS:
        return f"np.{head}({', '.join(operands)})"
    if head == "negative":
        return f"-{operands[0]}"
    if head in _EXTREMES:  # NaN wins on either side: x != x where x is NaN
        a, b = operands
        return f"{a} if {a} {_EXTREMES[head]} {b} or {a} != {a} else {b}"
    if head == "where":
        return f"{operands[1]} if {operands[0]} else {operands[2]}"
    if head == "invert":
        return f"not {operands[0]}"
    raise TypeError(f"{head} has no place in a fused loop")


def _reductions(part: Any, found: list[Expression]) -> None:
    """List the reductions in a formula, the inner ones first, each once."""
    if isinstance(part, Expression):
        for each in part.operands:
            _reductions(each, found)
        if part.head in _REDUCTIONS and not any(each is part for each in found):
            found.append(part)


def _function(name: str, arguments: list[str], value: Any, rule: Rule, dtype: str) -> list[str]:
    rows = isinstance(rule, Row)
    shape = f"{arguments[0]}.shape"
    body = [f"def {name}({', '.join(arguments)}, out):", f"    for i in range({shape}[0]):"]
    totals: dict[int, str] = {}
    reductions: list[Expression] = []
    _reductions(value, reductions)
    pad = "    " * (3 if rows else 2)
    for number, part in enumerate(reductions):
        total = f"{part.head}{number}"
        start, more = _REDUCTIONS[part.head]
        loop = _Loop(dtype, rows, dict(totals))
        each = loop.write(part.operands[0])
        body += [f"        {total} = np.{dtype}({start})", f"        for j in range({shape}[1]):"]
        body += [pad + line for line in loop.lines]
        body.append(pad + more.format(total=total, each=each))
        totals[id(part)] = total
    loop = _Loop(dtype, rows, totals)
    result = loop.write(value)
    if rows:
        body.append(f"        for j in range({shape}[1]):")
    body += [pad + line for line in loop.lines]
    body += [pad + f"out[{'i, j' if rows else 'i'}] = {result}", "", ""]
    return body
