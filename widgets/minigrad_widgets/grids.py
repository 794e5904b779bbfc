"""How a tensor stands in its box: a grid of cells, the same for its value and its gradient.

Up to 24 numbers are written into the cells. More of them are a heat image, with what it may hide
said below it. A vector is one row. Of more than two dims each row of the grid holds the last two.
"""

from dataclasses import dataclass
from functools import cache
from math import ceil, isfinite, prod
from typing import Any

from minigrad.printing import number, shape
from minigrad.traces import Array, Trace
from minigrad_widgets.heat import MOST_CELLS, Ramp, about, heat_png
from minigrad_widgets.text import shorten, width

NOT_YET = "–"  # never 0: 0 is a real gradient
CELL = 54, 26  # width and height of a cell with a number in it; a square one would be half empty
ABOUT = 18  # ems for a line below a heat image; the accessible name has all of it
_MOST_NUMBERS = 24
_WIDEST = 3.65  # ems that fit into a cell


@dataclass(frozen=True)
class Grid:
    """So many rows and columns of cells, `across` wide, `down` high; `numbered` ones hold texts."""

    rows: int
    columns: int
    across: float
    down: float
    numbered: bool

    @property
    def width(self) -> float:
        """Of the outline."""
        return self.columns * self.across

    @property
    def height(self) -> float:
        """Of the outline."""
        return self.rows * self.down


@cache
def grid_of(sizes: tuple[int, ...]) -> Grid | None:
    """Return the grid of a shape; None for one number alone, and where there is none."""
    if not sizes or 0 in sizes:
        return None
    rows, columns = matrix_shape(sizes)
    if len(sizes) <= 2 and rows * columns <= _MOST_NUMBERS:
        return Grid(rows, columns, *CELL, True)
    rows, columns = (ceil(many / ceil(many / MOST_CELLS)) for many in (rows, columns))
    side = min(max(288 / (rows + columns), 3), 16)
    return Grid(rows, columns, side, side, False)


def matrix_shape(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Return how many rows and columns an array is shown in."""
    if len(sizes) > 2:
        return prod(sizes[:-2]), sizes[-2] * sizes[-1]
    rows, columns = (1, 1, *sizes)[-2:]
    return rows, columns


def empty(slot: str, sizes: tuple[int, ...]) -> dict[str, str]:
    """Return the texts of a value or gradient that is not there yet."""
    return {slot: NOT_YET} | dict.fromkeys(_places(slot, grid_of(sizes)), "")


def filled(slot: str, caption: str, array: Array, scale: float, ramp: Ramp) -> dict[str, str]:
    """Return the texts of a tensor: `caption` above its cells, or above a heat image."""
    grid = grid_of(array.shape)
    if grid is None or grid.numbered:
        cells = map(cell_text, array.ravel().tolist())
        return {slot: caption} | dict(zip(_places(slot, grid), cells, strict=False))
    matrix = array.reshape(matrix_shape(array.shape))
    said = about(array, scale).split(", ")
    lines = [", ".join(said[:2]), ", ".join(said[2:] or [f"scale ±{number(scale)}"])]
    texts = [heat_png(matrix, scale, ramp), *(shorten(line, ABOUT) for line in lines)]
    return {slot: caption} | dict(zip(_places(slot, grid), texts, strict=True))


def _places(slot: str, grid: Grid | None) -> list[str]:
    if grid is None:
        return []
    if grid.numbered:
        return [f"{slot}.{cell}" for cell in range(grid.rows * grid.columns)]
    return [f"{slot}:heat", f"{slot}:extent", f"{slot}:scale"]


@cache
def cell_text(value: Any) -> str:
    """Return a number as exactly as a cell has room for: three significant digits, or fewer."""
    texts = [number(value)]
    if isfinite(value) and value != 0:
        texts += [number(float(f"{value:.{digits}g}")) for digits in (3, 2, 1)]
        texts += [f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−"), "≈ 0"]
    return next(text for text in texts if width(text) <= _WIDEST)


def axis_words(trace: Trace) -> dict[int, str]:
    """Return the sizes of each tensor in words: "batch 3 · in 4" where a layer says so, else 3×4.

    A layer is `linear`, or a matmul whose left side are data (a leaf without a gradient) or come
    from data. What is added to or made of a tensor cell by cell has the same axes.
    """
    known: dict[int, tuple[str, ...]] = {}
    inputs: dict[int, list[int]] = {node.id: [] for node in trace.nodes}
    for edge in trace.edges:
        inputs[edge.target].append(edge.source)
    for node in trace.nodes:
        sources = [trace.nodes[source] for source in inputs[node.id]]
        if node.group or any(len(each.shape) > 2 for each in (node, *sources)):
            continue
        if node.op in ("linear", "matmul") and all(len(each.shape) == 2 for each in sources[:2]):
            data, weight = sources[:2]
            known_data = known.get(data.id, ())[:1] == ("batch",)
            if node.op == "linear" or known_data or not (data.op or data.requires_grad):
                known.setdefault(data.id, ("batch", "in"))
                known[weight.id] = ("out", "in") if node.op == "linear" else ("in", "out")
                known[node.id] = ("batch", "out")
                known.update({each.id: ("out",) for each in sources[2:]})
        else:
            alike = [
                known[each.id] for each in sources if each.shape == node.shape and each.id in known
            ]
            if alike and node.shape:
                known[node.id] = alike[0]
                for each in sources:
                    known.setdefault(each.id, alike[0][len(alike[0]) - len(each.shape) :])
    words = {}
    for node in trace.nodes:
        names = known.get(node.id, ())
        if node.shape and len(names) == len(node.shape):
            pairs = zip(names, node.shape, strict=True)
            words[node.id] = " · ".join(f"{name} {size}" for name, size in pairs)
        else:
            last = ", last two in a row" if len(node.shape) > 2 else ""
            words[node.id] = shape(node.shape) + last
    return words
