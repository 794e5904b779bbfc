"""Numbers as they are read off the page: in the picture, and in the tables, with more digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from minigrad.printing import factor, number, rounded
from minigrad.traces import Array
from minigrad_widgets.grids import cell_text, grid_of

Cell = tuple[int, ...]
Term = tuple[tuple[Array, Cell], ...]  # numbers that are multiplied, and where they stand
Read = Callable[[Array, Cell], float]


def exact(array: Array, cell: Cell) -> float:
    """Return the number that stands in a cell, after broadcasting."""
    own = zip(cell[len(cell) - array.ndim :], array.shape, strict=True)
    return float(array[tuple(0 if size == 1 else at for at, size in own)])


def in_table(array: Array, cell: Cell) -> float:
    """Return the same as the tables of a step show it."""
    return rounded(exact(array, cell))


def in_picture(array: Array, cell: Cell) -> float:
    """Return the same as the picture shows it: a cell has room for fewer digits."""
    value = exact(array, cell)
    if not array.ndim or not math.isfinite(value):
        return rounded(value)
    return float(cell_text(value).replace("−", "-").removeprefix("≈"))


def readings(cell: Cell) -> tuple[Read, ...]:
    """List the ways to read a number off the page."""
    return (in_picture, in_table) if cell else (in_table,)


def is_numbered(sizes: tuple[int, ...]) -> bool:
    """Whether all numbers of a tensor stand in the picture."""
    grid = grid_of(sizes)
    return not sizes or (grid is not None and grid.numbered)


def cells(sizes: tuple[int, ...]) -> list[Cell]:
    """List all cells, those on the diagonal last: there a transposed factor shows least."""
    return sorted(np.ndindex(sizes), key=lambda cell: len({*cell}) < len(cell))


def multiplied(terms: Iterable[Term], read: Read) -> list[float]:
    """Multiply out each term of a sum."""
    return [math.prod(read(*place) for place in term) for term in terms]


def read_all(matrix: Array, read: Read) -> Array:
    """Read each number of a matrix."""
    return np.array([read(matrix, cell) for cell in np.ndindex(matrix.shape)]).reshape(matrix.shape)


def written(terms: Iterable[Term]) -> str:
    """Write a sum out: 2 × 3 + 4 × (−1) is 2."""
    texts = [[factor(exact(*place)) for place in term] for term in terms]
    total = number(sum(multiplied(terms, exact)))
    return f"{' + '.join(' × '.join(term) for term in texts)} is {total}"
