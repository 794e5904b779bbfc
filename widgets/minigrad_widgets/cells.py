"""The numbers of one step as tables, with what stands between them: X @ W = XW.

`cells_of` returns what the page calls `Cells` (model.ts). A place in `parts` is the key of `reads`
too: "i:" is the row, ":j" the column of that table which makes cell (i, j) of the result.
"""

from typing import Any

import numpy as np

from minigrad.names import legible
from minigrad.printing import number, shape
from minigrad.traces import (
    Array,
    Deposit,
    EdgeStep,
    Forward,
    Meet,
    Move,
    Node,
    Step,
    Trace,
    Unbroadcast,
)
from minigrad.wording import bracketed
from minigrad_widgets.grids import matrix_shape
from minigrad_widgets.heat import GRADIENTS, VALUES, Ramp, about, heat_png, scale_of

_MOST_ROWS = 16  # and columns, of a table of numbers
_SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "÷"}
_PRODUCTS = ("matmul", "mv", "dot")


def cells_of(trace: Trace, step: Step) -> dict[str, Any] | None:
    """Return the tables of a step; None where all its numbers are single ones."""
    match step:
        case Forward(node=node):
            return _forward(trace, trace.nodes[node])
        case EdgeStep(moves=moves) if any(move.contribution.ndim for move in moves):
            return _backward(trace, moves)
        case Unbroadcast():
            return _summed_back(step)
        case Meet(parts=parts, total=total) if total.ndim:
            return _sum([_gradient("one road", parts[0]), *(
                _gradient("another", part) for part in parts[1:]
            )], _gradient("together", total))  # fmt: skip
        case Deposit(before=before) if before is not None and before.ndim:
            kept, added = _gradient(".grad", before), _gradient("this pass", step.added)
            return _sum([kept, added], _gradient(".grad", step.after))
    return None


def _forward(trace: Trace, node: Node) -> dict[str, Any] | None:
    edges = sorted((e for e in trace.edges if e.target == node.id), key=lambda e: e.position)
    sources = [trace.nodes[edge.source] for edge in edges]
    if not any(each.shape for each in (node, *sources)):
        return None
    tables = [_value(each.name, each.value) for each in sources]
    result = _value(node.name, node.value)
    flat = [len(each.shape) for each in sources]
    op = "" if node.group else node.op  # what stands for many ops is none of them
    if op in _PRODUCTS and len(flat) == 2 and max(flat) <= 2:
        # A vector stands as one row, and so does what a matrix makes of one.
        first = "j:" if flat == [2, 1] else "i:"
        return {
            "parts": [tables[0], "@", tables[1], "=", result],
            "result": 4,
            "reads": {0: first, 2: ":j" if flat[1] == 2 else "i:"},
            "says": _products(sources[0].shape[-1]),
        }
    if op == "linear" and flat[0] == 2:
        turned = _value(f"{bracketed(sources[1].name)}ᵀ", sources[1].value.T)
        bias = ["+", tables[2]] if len(tables) == 3 else []
        return {
            "parts": [tables[0], "@", turned, *bias, "=", result],
            "result": 4 + len(bias),
            "reads": {0: "i:", 2: ":j"} | ({4: ":j"} if bias else {}),
            "says": _products(sources[0].shape[1]) + (", and the bias" if bias else ""),
        }
    if op in _SIGNS and len(tables) == 2:
        return {"parts": [tables[0], _SIGNS[op], tables[1], "=", result]}
    return {"parts": [*_listed(tables), f"{node.badge or node.op} →", result]}


def _backward(trace: Trace, moves: tuple[Move, ...]) -> dict[str, Any]:
    arriving = _gradient("G", moves[0].arriving)
    edges = [trace.edges[move.edge] for move in moves]
    brought = [
        _gradient(f"for {trace.nodes[edge.source].name}", move.contribution)
        for edge, move in zip(edges, moves, strict=True)
    ]
    target = trace.nodes[edges[0].target]
    if len(moves) > 1:
        return {"parts": [arriving, "→", *_listed(brought)]}
    edge, move = edges[0], moves[0]
    if move.local is not None:
        slope = f"∂{bracketed(target.name)}/∂{bracketed(trace.nodes[edge.source].name)}"
        return {"parts": [arriving, "×", _gradient(slope, move.local), "=", brought[0]]}
    inputs = {
        each.position: trace.nodes[each.source] for each in trace.edges if each.target == target.id
    }
    factors = None if target.group else factors_of(target.op, edge.position, inputs, move.arriving)
    if factors is not None:
        (left, one), (right, other) = factors
        many = one.shape[1]
        # A gradient of a weight sums over the examples, which are rows of G.
        examples = edge.position == 1
        return {
            "parts": [
                _table(left, one, VALUES),
                "@",
                _table(right, other, VALUES),
                "=",
                brought[0],
            ],
            "result": 4,
            "reads": {0: "i:", 2: ":j"},
            "says": f"{many} products, one per example" if examples else _products(many),
        }
    cells: dict[str, Any] = {"parts": [arriving, f"{target.badge or target.op} →", brought[0]]}
    if move.jacobian is not None:
        source = trace.nodes[edge.source].name
        name = f"∂{bracketed(target.name)}/∂{bracketed(source)}"
        cells["jacobian"] = _gradient(name, move.jacobian)
    return cells


def factors_of(
    op: str, position: int, inputs: dict[int, Node], g: Array
) -> tuple[tuple[str, Array], tuple[str, Array]] | None:
    """Return what is multiplied to bring a gradient back through a product of two matrices."""
    if op not in ("matmul", "linear") or position > 1 or g.ndim != 2 or len(inputs) < 2:
        return None
    if any(len(inputs[place].shape) != 2 for place in (0, 1)):
        return None
    a, b = inputs[0], inputs[1]
    arriving = "G", g
    match op, position:
        case "linear", 0:
            return arriving, (b.name, b.value)
        case "linear", _:
            return ("Gᵀ", g.T), (a.name, a.value)
        case _, 0:
            return arriving, (f"{bracketed(b.name)}ᵀ", b.value.T)
        case _:
            return (f"{bracketed(a.name)}ᵀ", a.value.T), arriving


def _summed_back(step: Unbroadcast) -> dict[str, Any]:
    before, after = step.before, step.after
    many = before.size // max(after.size, 1)
    axes = ", ".join(map(str, step.axes))
    mean = after / many if many else after
    cells: dict[str, Any] = {
        "parts": [
            _gradient("before", before), f"+ + + over axis {axes} =", _gradient("sum", after),
            "and not the mean", _gradient("mean", mean),
        ]
    }  # fmt: skip
    if before.ndim == 2 and len(step.axes) == 1:
        reads = ":j" if step.axes == (0,) else "i:"
        cells |= {"result": 2, "reads": {0: reads}, "says": f"{many} numbers, added"}
    return cells


def _products(many: int) -> str:
    return f"{many} products, summed" if many > 1 else "1 product"


def _sum(parts: list[dict[str, Any]], total: dict[str, Any]) -> dict[str, Any]:
    return {"parts": [*_listed(parts, "+"), "=", total]}


def _listed(tables: list[dict[str, Any]], between: str = ",") -> list[dict[str, Any] | str]:
    return [part for table in tables for part in (between, table)][1:]


def _value(name: str, array: Array) -> dict[str, Any]:
    return _table(name, array, VALUES)


def _gradient(name: str, array: Array) -> dict[str, Any]:
    return _table(name, array, GRADIENTS)


def _table(name: str, array: Array, ramp: Ramp) -> dict[str, Any]:
    """Make a table of numbers, of four digits each; an image where they are many."""
    matrix = np.asarray(array).reshape(matrix_shape(array.shape))
    table: dict[str, Any] = {"name": legible(name), "shape": shape(array.shape)}
    if not array.size or (array.ndim <= 2 and max(matrix.shape) <= _MOST_ROWS):
        return table | {"rows": [[number(each) for each in row] for row in matrix.tolist()]}
    scale = scale_of([matrix])
    return table | {"image": heat_png(matrix, scale, ramp), "about": about(array, scale)}
