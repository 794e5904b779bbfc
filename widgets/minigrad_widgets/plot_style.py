"""What all pictures share: colours, markers and dashes, axes, a legend, numbers of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

import minigrad as mg

# Okabe and Ito, “Color universal design” (2008), without black and yellow, which vanish on a
# dark or a light page.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = "os^DvP"
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


def style_of(number: int) -> dict[str, Any]:
    """Return the colour, marker and dashes of the curve with a number, told apart by each alone.

    >>> style_of(1)
    {'color': '#D55E00', 'marker': 's', 'markersize': 4, 'linestyle': '--'}
    """
    color, marker, dashes = (each[number % 6] for each in (PALETTE, MARKERS, DASHES))
    return {"color": color, "marker": marker, "markersize": 4, "linestyle": dashes}


def numbers(given: Any) -> np.ndarray:
    """Return the array of a tensor, of numbers, or of a sequence of either.

    >>> numbers([mg.tensor(1.0), 2.0])
    array([1., 2.])
    """
    if isinstance(given, mg.Tensor):
        return np.asarray(given.detach().numpy())
    if isinstance(given, (list, tuple)):
        return np.array([numbers(each) for each in given])
    return np.asarray(given)


def axes_or_own(ax: Any) -> Any:
    """Return the Axes given, or those of a new Figure that pyplot does not hear of."""
    return Figure(layout="constrained").add_subplot() if ax is None else ax


def legend_below(ax: Any, inches: float, **options: Any) -> Any:
    """Add a legend below Axes, so far down that their ticks and label have room above it.

    There it covers nothing, whatever the picture shows. `options` as for `ax.legend`.
    """
    below = offset_copy(ax.transAxes, ax.figure, y=-inches)
    return ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=below, borderaxespad=0,
        **options,
    )  # fmt: skip
