"""Turns one rule into the text of a kernel: a fused loop for its value or its way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.kernels.fuse import GIVEN, Fused, Nest
from minigrad.kernels.lazy import Lazy, Pool, result
from minigrad.kernels.words import POLYNOMIALS, SLOW
from minigrad.kernels.write import Writer
from minigrad.rules import Rule

# For each operand its dtype, and how it meets the result: see `forward`.
Kinds = Sequence[tuple[Any, str]]
# Any sizes do: the text holds none. They differ, so that no two dims are taken for one.
_ROWS, _CELLS = 3, 5
# What goes wrong where a rule asks an array that is not there for its numbers.
UNREADABLE = (TypeError, ValueError, AttributeError, IndexError, OverflowError)


def forward(
    rule: Rule, kinds: Kinds, parameters: Mapping[str, Any], short: bool = False
) -> str | None:
    """Write a function `forward(<inputs>, out)`; None where NumPy does as well.

    Of `kinds` there is one for each input: "full", contiguous and flat; "scalar", a number;
    "row", one number for each place in a row; "column", (rows, 1); "each", one for each row,
    perhaps its class. With one of these, and for ops on rows, which lie along the last axis, what
    is full is 2-D. `OUT` says of which kind the result is. Not for products of matrices, which
    what is flat has none of.
    `short` rows are added up in their own dtype.
    """
    pool = Pool()
    operands = _operands(pool, rule.inputs, kinds, "axis" in parameters)
    return _function(pool, "forward", operands, short, lambda: rule(*operands, **parameters))


def backward(
    rule: Rule, position: int, kinds: Kinds, parameters: Mapping[str, Any], short: bool = False,
    to: str = "full",
) -> str | None:  # fmt: skip
    """Write a function `backward(g, <what the derivative names>, out)`; see `forward`.

    `kinds` has one for g, and one for each input, or y, that the derivative for the input at
    `position` names. Shapes that it names are taken to be full. The gradient is added up `to` the
    kind that the input is.
    """
    derivative = rule.derivatives[position]
    assert derivative is not None
    names = ["g", *(each for each in derivative.names if each in (*rule.inputs, "y"))]
    pool = Pool()
    operands = _operands(pool, names, kinds, "axis" in parameters or to in ("row", "column"))
    full = next((each for each in operands if each.ndim), operands[0])
    aspects: dict[str, Any] = {f"{each}_shape": full.shape for each in rule.inputs}
    aspects |= {f"{each}_dtype": full.dtype for each in rule.inputs}
    known = {**parameters, **aspects, **dict(zip(names, operands, strict=True))}
    return _function(
        pool, "backward", operands, short,
        lambda: _SUMS[to](rule.pull_back(position, known, operands[0])),
    )  # fmt: skip


_SUMS: dict[str, Callable[[Any], Any]] = {
    "full": lambda g: g,
    "row": lambda g: np.sum(g, axis=0),
    "column": lambda g: np.sum(g, axis=1, keepdims=True),
    "scalar": np.sum,
}


def _operands(pool: Pool, names: Sequence[str], kinds: Kinds, rows: bool) -> list[Lazy]:
    made: list[Lazy] = []
    rows = rows or any(kind in ("row", "column") for _, kind in kinds)
    full: tuple[int, ...] = (_ROWS, _CELLS) if rows else (_CELLS,)
    for name, (dtype, kind) in zip(names, kinds, strict=True):
        if kind == "scalar":
            made.append(pool.number(name, dtype))
        elif kind == "column":
            made.append(pool.array(name, (full[0], 1), dtype))
        elif kind == "each":
            made.append(pool.array(name, full[:1], dtype))
        elif kind == "row":
            made.append(pool.array(name, full[-1:], dtype))
        else:
            made.append(pool.array(name, full, dtype))
            full = made[-1].shape  # from now on by the name under which it is found
    return made


def _function(
    pool: Pool, name: str, operands: Sequence[Lazy], short: bool, read: Any
) -> str | None:
    try:
        out = read()
    except UNREADABLE:
        return None
    if not isinstance(out, Lazy) or out.dtype.kind != "f":
        return None
    out = result(out)
    fused = Fused(pool, [out])
    nests = [each for each in fused.statements if isinstance(each, Nest)]
    if len(nests) < len(fused.statements) or not _worth_it(out):
        return None
    names = {each: each.extra for each in operands}
    names |= {each: f"part{i}" for i, each in enumerate(fused.stored)} | {out: "out"}
    writer = Writer(fused, names, short)
    body = ["align_stack()"]
    body += [
        f"{names[each]} = np.empty({writer.shape(each.shape)}, {each.dtype})"
        for each in fused.stored
        if each is not out
    ]
    for nest in nests:
        body += writer.statement(nest)
    arguments = ", ".join([*(each.extra for each in operands), "out"])
    full = np.broadcast_shapes(*(each.shape for each in operands if each.shape[-1:] != (_ROWS,)))
    kinds = {(): "scalar", full[-1:]: "row", full: "full"}
    kind = kinds.get(out.shape, "column" if out.ndim == 2 else "each")
    return "\n".join(
        [f'OUT = "{kind}"', *imports(body), "", "", f"def {name}({arguments}):"]
        + [f"    {line}" for line in body]
    )


def _worth_it(out: Lazy) -> bool:
    """Whether NumPy would need more than one pass over memory, or a slow one."""
    waiting, found = [out], set[Lazy]()
    while waiting:
        node = waiting.pop()
        if node.head not in GIVEN and node not in found:
            found.add(node)
            waiting += node.operands
    heads = [each.head for each in found if each.head not in ("copy", "axes", "astype")]
    if any(head in SLOW for head in heads):
        return False
    return len(heads) > 1 or any(head in POLYNOMIALS | {"where"} for head in heads)


def imports(lines: Sequence[str]) -> list[str]:
    """What a text must import for its words."""
    words = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", "\n".join(lines)))
    kinds = sorted(words & {"float32", "float64", "int32", "int64"})
    found = ["import numpy as np", *([f"from numpy import {', '.join(kinds)}"] if kinds else [])]
    for module, offers in (
        ("blas", {"gemm"}),
        ("intrinsics", {"align_stack", "larger", "plus", "pointer", "smaller"}),
        ("polynomials", POLYNOMIALS),
    ):
        if used := sorted(words & offers):
            found.append(f"from minigrad.kernels.{module} import {', '.join(used)}")
    return found
