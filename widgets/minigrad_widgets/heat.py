"""Pictures of many numbers: a small pattern of pixels for each, in one colour for each sign.

Colour is never alone: a negative number has a dash, one beyond the scale is a diamond, an infinite
one a triangle that points up or down, NaN a cross. Colours are mid-tones of growing opacity, so
one picture serves light and dark paper; zero is the paper itself. Show it without smoothing
(CSS `image-rendering: pixelated`).
"""

import math
import struct
import zlib
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minigrad.printing import number

MOST_CELLS = 64  # along a side; of more numbers, each cell shows the strongest of a few
PIXELS = 5  # along a side of a cell
_BEYOND = 10  # times the median size of the numbers that are not 0: beyond it lie outliers
_LEVELS = 100  # of opacity


class Ramp(NamedTuple):
    """The colours of the two signs, as red, green and blue up to 255, and in words."""

    positive: tuple[int, int, int]
    negative: tuple[int, int, int]
    words: str


# Each pair stays apart for the colour-blind; all have a contrast of 3.9 on white and on near-black.
VALUES = Ramp((38, 122, 212), (84, 140, 20), "blue above 0, green with a dash below")
GRADIENTS = Ramp((214, 84, 30), (150, 90, 205), "orange above 0, violet with a dash below")
_GREY = (128, 128, 128)

# What a cell's pixels show: "#" the number, "-" the dash of a negative one, " " the paper.
_PATTERNS = {
    "positive": "##### ##### ##### ##### #####",
    "negative": "##### ##### #---# ##### #####",
    "far above": "..#.. .###. ##### .###. ..#..",
    "far below": "..#.. .###. #---# .###. ..#..",
    "infinite": "..#.. ..#.. .###. .###. #####",
    "minus infinite": "##### .###. .###. ..#.. ..#..",
    "not a number": "#...# .#.#. ..#.. .#.#. #...#",
}
_STAMPS = np.array([[list(row) for row in text.split()] for text in _PATTERNS.values()])


def heat_png(values: NDArray[Any], scale: float, ramp: Ramp = VALUES) -> str:
    """Draw an array of up to two dims as a PNG, and return it as a data URI.

    A number of size `scale` (see `scale_of`) has the full colour. One dim is one row.
    """
    shown = np.atleast_2d(strongest(np.asarray(values, dtype=float)))
    size, below = np.abs(shown), shown < 0
    # Palette: 0 is paper, then come the levels of the positive, of the negative, and grey.
    level = np.ceil(np.fmin(size, scale) / scale * _LEVELS).astype(int)
    grey = 2 * _LEVELS + 1
    fill = np.where(np.isnan(shown), grey, level + _LEVELS * (below & (level > 0)))
    # The dash is darker than a pale cell, and paler than a dark one.
    half = _LEVELS // 2
    dash = np.where(level > half, level - half, level + half) + _LEVELS
    kind = below + 2 * (size > scale) + 2 * np.isinf(size)
    stamps = _STAMPS[np.where(np.isnan(shown), len(_STAMPS) - 1, kind)]
    pixels = np.select(
        [stamps == "#", stamps == "-"], [fill[..., None, None], dash[..., None, None]], 0
    )
    rows, columns = shown.shape
    picture = pixels.swapaxes(1, 2).reshape(rows * PIXELS, columns * PIXELS)
    colours = bytes([*_GREY, *(_LEVELS * ramp.positive), *(_LEVELS * ramp.negative), *_GREY])
    opacities = bytes([0, *(2 * [round(255 * k / _LEVELS) for k in range(1, _LEVELS + 1)]), 255])
    return "data:image/png;base64," + b64encode(_png(picture, colours, opacities)).decode()


def strongest(values: NDArray[Any]) -> NDArray[Any]:
    """Shrink an array to at most 64 cells a side: of each block, the number farthest from 0.

    NaN comes before all else, so nothing that stands out is lost.
    """
    for axis, many in enumerate(values.shape):
        block = math.ceil(many / MOST_CELLS)
        if block > 1:
            ends = [(0, -many % block) if each == axis else (0, 0) for each in range(values.ndim)]
            split = (*values.shape[:axis], -1, block, *values.shape[axis + 1 :])
            blocks = np.pad(values, ends).reshape(split)
            # To argmax, NaN is the largest of all.
            best = np.abs(blocks).argmax(axis + 1, keepdims=True)
            values = np.take_along_axis(blocks, best, axis + 1).squeeze(axis + 1)
    return values


def scale_of(arrays: Iterable[NDArray[Any]]) -> float:
    """Return the size that has the full colour: of the largest number that is no outlier.

    Outliers are more than ten times as far from 0 as the median of the numbers that are not 0.
    """
    sizes = np.concatenate([np.zeros(0), *(np.abs(each, dtype=float).ravel() for each in arrays)])
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(sizes[sizes <= _BEYOND * np.median(sizes)].max()) if sizes.size else 1.0


def about(values: NDArray[Any], scale: float = math.inf) -> str:
    """Say of all numbers what a picture of them may hide: "min −1.2, max 3, 2 NaN".

    Those that lie beyond `scale` are counted too. Of more than two dims there is no picture, and
    so nothing to say of its cells.
    """
    values = np.asarray(values, dtype=float)
    finite = values[np.isfinite(values)]
    parts = []
    if finite.size:
        parts = [f"min {number(finite.min())}", f"max {number(finite.max())}"]
    odd = {
        "NaN": np.isnan(values),
        "∞": values == math.inf,
        "−∞": values == -math.inf,
        f"beyond ±{number(scale)}": np.abs(finite) > scale,
    }
    parts += [f"{many} {what}" for what, where in odd.items() if (many := int(where.sum()))]
    blocks = [math.ceil(many / MOST_CELLS) for many in values.shape]
    if len(blocks) <= 2 and any(block > 1 for block in blocks):
        block_size = "×".join(map(str, blocks))
        parts.append(f"each cell is the one of {block_size} numbers farthest from 0")
    return ", ".join(parts) or "no numbers"


def _png(pixels: NDArray[Any], colours: bytes, opacities: bytes) -> bytes:
    """Write pixels that number a palette's colours (the PNG specification, colour type 3)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    height, width = pixels.shape
    lines = np.pad(pixels.astype(np.uint8), ((0, 0), (1, 0))).tobytes()  # each line begins with a 0
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", colours),
            chunk(b"tRNS", opacities),
            chunk(b"IDAT", zlib.compress(lines, 9)),
            chunk(b"IEND", b""),
        ]
    )
