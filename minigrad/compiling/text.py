"""Writes a planned program down: one function in one piece, or pieces with NumPy between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from minigrad.compiling.legend import Legend
from minigrad.kernels import build
from minigrad.kernels.fuse import Fused, Nest, Whole
from minigrad.kernels.generate import imports
from minigrad.kernels.lazy import Lazy
from minigrad.kernels.write import Writer

_PHASES = ("forward", "backward", "update")


@dataclass
class Text:
    """A written function: its `source`, and what to call."""

    source: str
    entry: Callable[..., object]
    come: list[str]  # the arrays that a call brings
    stay: list[Lazy]  # those that stay where they are
    whole: bool  # whether it takes a table of addresses; else the arrays themselves, and calls


@dataclass
class _Line:
    """Some lines, and who runs them."""

    lines: list[str]
    compiled: bool


def written(
    name: str, fused: Fused, names: Mapping[Lazy, str], come: Sequence[Lazy],
    stay: Sequence[Lazy], numbers: Sequence[str], legend: Legend, wrong: Sequence[Lazy] = (),
) -> Text:  # fmt: skip
    """Write the function `name`; it takes those of `come` and `stay` that it uses, then numbers.

    Where a count of what is `wrong` is not 0, it does nothing else.
    """
    writer = Writer(fused, names)
    heads = {each.node.head for each in fused.statements if isinstance(each, Whole)}
    whole = "call" not in heads and ("matmul" not in heads or _has_blas())
    parts: list[_Line] = []
    products: dict[str, str] = {}
    place: tuple[int, str] = (-1, "")
    for i, count in enumerate(wrong):
        checks = Fused(fused.pool, [count]).statements
        lines = [line for each in checks for line in writer.statement(each)]
        parts.append(_Line([_headed("checks"), *lines] if i == 0 else lines, True))
        parts.append(_Line([f"if {names[count]}[()] > 0:", "    return"], whole))
    for statement in fused.statements:
        lines, compiled = _statement(writer, statement, whole)
        if isinstance(statement, Whole) and statement.node.head == "matmul":
            products[lines[0]] = legend.product(statement)
        here = _place(statement, names) or place
        comments = []
        if here[0] != place[0]:
            comments.append(_headed(_PHASES[here[0]]))
        if here[1] and here != place:
            comments.append(f"# {here[1]}")
        place = here
        parts.append(_Line([*comments, *lines], compiled))
    used = _words(line for part in parts for line in part.lines)
    # Another shape of the same memory is made on the way.
    stay = [each for each in stay if each.head != "reshape"]
    come = [each for each in come if names[each] in used]
    stay = [each for each in stay if names[each] in used]
    first = [names[each] for each in come]
    arguments = [*first, *(names[each] for each in stay), *numbers]
    if whole:
        body = [line for part in parts for line in part.lines] or ["pass"]
        source = _function(name, arguments, body)
        module = build.loaded(_module(_entry(names, come, stay, numbers, body)))
        return Text(_explained(source, products), module.run, first, stay, True)
    wholes = (each.node for each in fused.statements if isinstance(each, Whole))
    shown = [names[each] for each in wholes if each.head == "reshape"]
    source = _pieces(name, arguments, shown, parts)
    entry = vars(build.loaded(_module(source)))[f"_{name}"]
    return Text(_explained(source, products), entry, first, stay, False)


def _headed(phase: str) -> str:
    return f"# {phase} ".ljust(72, "-")


def _explained(source: str, products: Mapping[str, str]) -> str:
    """Say above each product which shapes it has."""
    lines: list[str] = []
    for line in source.splitlines():
        text = line.lstrip()
        if text in products:
            lines.append(line.removesuffix(text) + products[text])
        lines.append(line)
    return "\n".join(lines)


def _words(lines: Iterable[str]) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", "\n".join(lines)))


def _has_blas() -> bool:
    from minigrad.kernels import blas  # which needs Numba

    return blas.available()


def _module(source: str) -> str:
    return "\n".join([*imports(source.splitlines()), "", "", source])


def _function(name: str, arguments: Sequence[str], body: Sequence[str]) -> str:
    head, line = f"def {name}(", ""
    lines = []
    for each in arguments:
        if len(line) + len(each) > 90:
            lines.append(line.rstrip())
            line = ""
        line += f"{each}, "
    lines.append(line.rstrip(", "))
    joined = (
        f"{head}{lines[0]}):"
        if len(lines) == 1 and len(lines[0]) < 80
        else (head + "".join(f"\n    {each}" for each in lines) + "\n):")
    )
    return "\n".join([joined, *(f"    {each}" for each in body)])


def _place(statement: Nest | Whole, names: Mapping[Lazy, str]) -> tuple[int, str] | None:
    """Where the reader's code asked for the first result of a statement."""
    if isinstance(statement, Whole):
        node = statement.node
    else:
        node = next(x for x, _ in statement.values if x in names or x.head == "reduce")
    return node.place[:2] if node.place else None


def _statement(writer: Writer, statement: Nest | Whole, whole: bool) -> tuple[list[str], bool]:
    if isinstance(statement, Nest):
        return writer.statement(statement), True
    node, out = statement.node, writer.names[statement.node]
    if node.head == "matmul":
        if whole:
            return writer.statement(statement), True
        a, b = (
            name + ".T" * turned
            for name, turned in (writer.operand(each) for each in statement.operands)
        )
        return [f"np.matmul({a}, {b}, out={out})"], False
    operands = [writer.names[each] for each in statement.operands]
    if node.head == "reshape":
        return [f"{out} = {operands[0]}.reshape({writer.shape(node.shape)})"], whole
    number, called = node.extra
    return [f"{out}[...] = calls[{number}]({', '.join(operands)})  # {called}"], False


def _entry(
    names: Mapping[Lazy, str], come: Sequence[Lazy], stay: Sequence[Lazy], numbers: Sequence[str],
    body: Sequence[str],
) -> str:  # fmt: skip
    """The same for Numba: what stays is found by a table of addresses and sizes, numbers last.

    Each array that is an argument would cost as much as a small loop.
    """
    lines, place = ["align_stack()"], 0
    for each in stay:
        sizes = "".join(f"table[{place + 1 + i}], " for i in range(each.ndim))
        lines.append(f"{names[each]} = carray(pointer(table[{place}]), ({sizes}), {_kind(each)})")
        place += 1 + each.ndim
    if numbers:
        lines.append(f"numbers = carray(pointer(table[{place}]), ({len(numbers)},), float64)")
    lines += [f"{each} = numbers[{i}]" for i, each in enumerate(numbers)]
    arguments = [*(names[each] for each in come), "table"]
    run = _function("run", arguments, [*lines, *body])
    return f"from numba import carray\n\n\n{run}"


def _kind(node: Lazy) -> str:
    return "np.bool_" if node.dtype.kind == "b" else str(node.dtype)


def _pieces(
    name: str, arguments: Sequence[str], shown: Sequence[str], parts: Sequence[_Line]
) -> str:
    """Write compiled pieces, and a Python function that runs them and NumPy in turn."""
    functions: list[str] = []
    body: list[str] = []
    group: list[str] = []

    def close() -> None:
        if any(not line.startswith("#") for line in group):
            used = _words(group)
            own = [each for each in (*arguments, *shown) if each in used]
            piece = f"{name}_part{len(functions)}"
            functions.append(_function(piece, own, group))
            body.append(f"{piece}({', '.join(own)})")
        else:
            body.extend(group)
        group.clear()

    for part in parts:
        if part.compiled:
            group += part.lines
        else:
            close()
            body += part.lines
    close()
    functions.append(_function(f"_{name}", ["calls", *arguments], body or ["pass"]))
    return "\n\n\n".join(functions)
