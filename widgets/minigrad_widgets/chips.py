"""Where the chips stand: close to what they speak of, over no box and no other chip of a frame.

A chip gets the best place on a grid around the middle of its edge, node or bucket. Where none is
free it stands above the picture, and the canvas grows.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from minigrad_widgets.layout import FONT, MARGIN, Box, Layout, Point
from minigrad_widgets.screenplay import Chip
from minigrad_widgets.text import width

_HEIGHT = 24
_GAP = 3  # kept free around a chip
_REACH = 120  # how far the grid goes

Points = NDArray[np.float64]  # (number, 2)


def place_chips(chips: list[Chip], layout: Layout) -> tuple[Box, dict[str, Box]]:
    """Return the canvas, which is the layout's where that is large enough, and the chips' boxes."""
    sizes = {chip.id: round(FONT * width(chip.text, bold=True)) + 16 for chip in chips}
    wide = max([layout.width, *(size + 2 * MARGIN for size in sizes.values())])
    canvas = Box((layout.width - wide) / 2, 0, wide, layout.height)
    curves = [_sample(curve) for curve in layout.edges]
    lines = np.concatenate([np.empty((0, 2)), *curves])
    lines = lines[lines[:, 0].argsort()]
    solid = _corners(box for id, box in layout.boxes.items() if id[0] in "nb")
    placed: dict[str, Box] = {}
    for _, together in groupby(chips, key=lambda chip: chip.frame):
        taken = solid
        for chip in together:
            if chip.beside[0] == "e":
                about = curves[int(chip.beside[1:])]
            else:
                about = np.array([layout.boxes[chip.beside].middle])
            placed[chip.id] = _place(sizes[chip.id], about, taken, lines, canvas)
            taken = np.concatenate([taken, _corners([placed[chip.id]])], axis=1)
    top = min([0, *(box.y - MARGIN for box in placed.values())])
    bottom = max([canvas.height, *(box.bottom + MARGIN for box in placed.values())])
    return Box(canvas.x, top, wide, bottom - top), placed


def _corners(boxes: Iterable[Box]) -> Points:
    """Upper left and lower right corners, (2, number, 2)."""
    pairs = [((box.x, box.y), (box.right, box.bottom)) for box in boxes]
    return np.array(pairs, dtype=float).swapaxes(0, 1)


def _sample(curve: Sequence[Point]) -> Points:
    """Points along a chain of cubic Bézier curves."""
    t = np.linspace(0, 1, 9)[:, None]
    points = np.array(curve)
    pieces = [
        (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        for a, b, c, d in zip(points[:-1:3], points[1::3], points[2::3], points[3::3], strict=True)
    ]
    return np.concatenate(pieces)


def _place(size: float, about: Points, taken: Points, lines: Points, canvas: Box) -> Box:
    """Choose the free place that is near to `about`, hides few lines and is inside the canvas."""
    reach = np.array([size, _HEIGHT]) / 2
    middle = about[len(about) // 2]
    x = middle[0] + np.arange(-_REACH, _REACH + 1, 8)
    x = np.clip(x, canvas.x + MARGIN + reach[0], canvas.right - MARGIN - reach[0])
    y = middle[1] + np.arange(-_REACH, _REACH + 1, 4)

    def touched(corners: Points, gap: float) -> Points:
        """How many of these rectangles a chip touches, for each place, (x, y)."""
        low, high = corners[0] - reach - gap, corners[1] + reach + gap
        near = ((high > (x[0], y[0])) & (low < (x[-1], y[-1]))).all(axis=1)
        low, high = low[near].T, high[near].T
        across = (low[0] < x[:, None]) & (x[:, None] < high[0])
        along = (low[1] < y[:, None]) & (y[:, None] < high[1])
        count: Points = across.astype(np.float64) @ along.T
        return count

    lines = lines[slice(*lines[:, 0].searchsorted((x[0] - reach[0], x[-1] + reach[0])))]
    hits = touched(taken, _GAP)
    if hits.all():
        top = min(canvas.y, taken[0, :, 1].min())
        return Box(round(x[len(x) // 2] - reach[0]), round(top) - _HEIGHT - _GAP, size, _HEIGHT)
    beside = np.maximum(np.abs(x[:, None] - about[:, 0]) - reach[0], 0)
    over = np.maximum(np.abs(y[:, None] - about[:, 1]) - reach[1], 0)
    apart = np.hypot(beside[:, None], over[None]).min(axis=-1)
    off_centre = np.hypot(x[:, None] - middle[0], y - middle[1])
    outside = np.maximum(np.abs(y - canvas.middle[1]) + reach[1] + MARGIN - canvas.height / 2, 0)
    cost = apart + 0.2 * off_centre + 3 * touched(np.stack([lines, lines]), 0) + 2 * outside
    column, row = np.unravel_index(np.where(hits, np.inf, cost).argmin(), cost.shape)
    return Box(round(x[column] - reach[0]), round(y[row] - reach[1]), size, _HEIGHT)
