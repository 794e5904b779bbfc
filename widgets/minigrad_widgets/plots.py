"""Matplotlib pictures of slopes, descents and training: plain functions, `ax=` in, Axes out.

Without `ax` a picture gets a Figure of its own, made without pyplot: nothing is remembered
between calls, and any thread may draw. Text and frames follow the reader's Matplotlib style;
what is told by colour is also told by a marker, a line style or a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from minigrad_widgets.landscapes import Function, heights, of_two_numbers, value_and_slope
from minigrad_widgets.network_plots import (
    about_gradient,
    activations,
    decision_boundary,
    gradient_flow,
    gradient_norms,
    weight_histogram,
)
from minigrad_widgets.plot_style import PALETTE, axes_or_own, numbers, style_of

__all__ = [
    "PALETTE",
    "about_gradient",
    "activations",
    "clip",
    "contour_path",
    "decision_boundary",
    "draw_path",
    "gradient_flow",
    "gradient_norms",
    "loss_curve",
    "numbers",
    "style_of",
    "surface",
    "tangent",
    "weight_histogram",
]

_MOST_MARKERS = 25  # at most so many on a path, else they cover it

Limits = tuple[float, float]


def tangent(fn: Function, at: float, *, xlim: Limits | None = None, ax: Any = None) -> Any:
    """Draw a function of one number, and its tangent at a point with the slope in words.

    `fn` takes a scalar tensor and returns one; `xlim` is by default two to each side of `at`.
    ValueError where it returns anything else, or has no slope.

    >>> ax = tangent(lambda x: x**2, 1.5)
    >>> ax.get_title()
    'at 1.5 the slope is 3'
    """
    value, (slope,) = value_and_slope(fn, at)
    low, high = xlim or (at - 2, at + 2)
    ax = axes_or_own(ax)
    xs = np.linspace(low, high, 200)
    ax.plot(xs, heights(fn, xs), color=PALETTE[0], label="function")
    ax.set_ylim(ax.get_ylim())  # a steep tangent must not squeeze the curve
    ax.plot(
        [low, high], [value + slope * (end - at) for end in (low, high)],
        color=PALETTE[1], linestyle="--", label="tangent",
    )  # fmt: skip
    ax.plot([at], [value], "o", color=PALETTE[1])
    ax.set(xlim=(low, high), xlabel="x", ylabel="f(x)")
    ax.set_title(f"at {at:.4g} the slope is {slope:.4g}")
    ax.legend()
    return ax


def contour_path(
    fn: Function, paths: Any, *, xlim: Limits, ylim: Limits, ax: Any = None
) -> Any:  # fmt: skip
    """Draw the heights of a function of two numbers, and the paths that walk on it.

    `paths` is an array (points, 2), or a dict of them by name. A path that leaves the window is
    cut at its border and marked there; the legend has the step at which it left. Contours are at
    evenly spaced ranks of the heights, so that a flat valley shows as well as a cliff.
    ValueError where a path has another shape.

    >>> ax = contour_path(lambda x, y: x**2 + y**2, [[2, 1], [1, 0.5]], xlim=(-3, 3), ylim=(-3, 3))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('x', 'y')
    """
    named = paths if isinstance(paths, Mapping) else {"path": paths}
    ax = axes_or_own(ax)
    x, y, z = _grid(fn, xlim, ylim, 60)
    levels = np.unique(np.quantile(z[np.isfinite(z)], np.linspace(0, 1, 13)))
    if len(levels) > 1:  # else it is flat
        ax.contourf(x, y, z, levels, cmap="cividis", alpha=0.35)
        ax.contour(x, y, z, levels, cmap="cividis", linewidths=0.6, alpha=0.8)
    ax.set(xlim=xlim, ylim=ylim, xlabel="x", ylabel="y")
    for number, (name, path) in enumerate(named.items()):
        draw_path(ax, name, path, number)
    if named:
        ax.legend()
    return ax


def draw_path(ax: Any, name: str, path: Any, number: int) -> list[Any]:
    """Add a path (points, 2) to Axes, cut at their limits; return what was drawn.

    `number` chooses its colour, marker and dashes. ValueError for another shape.

    >>> ax = contour_path(lambda x, y: x + y, {}, xlim=(0, 1), ylim=(0, 1))
    >>> draw_path(ax, "out", [[0.5, 0.5], [9, 0.5]], 0)[-1].get_label()
    'out leaves at step 1'
    """
    points = numbers(path).astype(np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"The path {name!r} has shape {points.shape}; it takes (points, 2), one row for each "
            "point. For several paths give a dict of them by name."
        )
    style = style_of(number)
    line, left_at, exit_point = clip(points, (ax.get_xlim(), ax.get_ylim()))
    # The line is cut by hand, because far ends overflow Matplotlib's pixels. Its markers stand
    # apart from it, so that none stands at the cut; its own is for the legend.
    drawn = ax.plot(*line.T, label=name, markevery=[], linewidth=1.2, **style)
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    seen = np.where(((points >= low) & (points <= high)).all(axis=1)[:, None], points, np.nan)
    thinned = seen[:: -(-len(seen) // _MOST_MARKERS)]
    drawn += ax.plot(*thinned.T, **(style | {"linestyle": "", "markersize": 3}))
    drawn += ax.plot(*seen[-1:].T, **(style | {"linestyle": "", "markersize": 7}))
    if exit_point is not None:
        drawn += ax.plot(
            *exit_point, "X", color=style["color"], markersize=10, clip_on=False,
            label=f"{name} leaves at step {left_at}",
        )  # fmt: skip
    return drawn


def clip(points: np.ndarray, window: Sequence[Limits]) -> tuple[np.ndarray, int, np.ndarray | None]:
    """Cut the line through points (n, 2) at a window.

    Returned are the steps that begin or end inside, (m, 2) with NaN between; the first step that
    begins inside and ends outside; and the point of the border where it leaves, or None. A step
    to NaN or infinity leaves from where it began. By Liang and Barsky (1984).

    >>> line, left_at, exit_point = clip(np.array([[0.0, 0.0], [4.0, 0.0]]), [(-1, 1), (-1, 1)])
    >>> line.tolist(), left_at, exit_point
    ([[0.0, 0.0], [1.0, 0.0]], 1, array([1., 0.]))
    """
    low, high = np.transpose(window)
    here, there = points[:-1], points[1:]
    finite = np.isfinite(points).all(axis=1)
    with np.errstate(all="ignore"):
        move = there - here
        # Where along the step, from 0 to 1, each border is met; a step along a border meets it
        # nowhere (0 / 0).
        at_low, at_high = (low - here) / move, (high - here) / move
        at_low, at_high = (
            np.where(np.isnan(each), sign * np.inf, each)
            for each, sign in ((at_low, -1), (at_high, 1))
        )
        first = np.minimum(at_low, at_high).max(axis=1, initial=0)
        last = np.maximum(at_low, at_high).min(axis=1, initial=1)
        ends = here[:, None] + np.stack([first, last], axis=1)[:, :, None] * move[:, None]
    inside = finite & ((points >= low) & (points <= high)).all(axis=1)
    # A step from outside to outside tells nothing, and of many the picture is full.
    shown = (inside[:-1] | inside[1:]) & finite[:-1] & finite[1:]
    ends[~shown] = np.nan
    gaps = np.full((len(ends), 1, 2), np.nan)
    line = np.concatenate([ends, gaps], axis=1).reshape(-1, 2)[:-1]
    leaving = np.flatnonzero(inside[:-1] & ~inside[1:])
    if not len(leaving):
        return line, 0, None
    step = int(leaving[0])
    return line, step + 1, ends[step, 1] if shown[step] else here[step]


def surface(fn: Function, *, xlim: Limits, ylim: Limits, ax: Any = None) -> Any:
    """Draw a function of two numbers as a surface in space.

    ValueError where `ax` is flat: make one with `figure.add_subplot(projection="3d")`.

    >>> surface(lambda x, y: x * y, xlim=(-1, 1), ylim=(-1, 1)).get_zlabel()
    'f(x, y)'
    """
    if ax is None:
        ax = Figure(layout="constrained").add_subplot(projection="3d")
    if not isinstance(ax, Axes3D):
        raise ValueError(
            "A surface needs Axes in space, and these are flat. Make them with "
            "figure.add_subplot(projection='3d'), or leave ax out."
        )
    ax.plot_surface(*_grid(fn, xlim, ylim, 30), cmap="cividis", alpha=0.6, rcount=30, ccount=30)
    ax.set(xlim=xlim, ylim=ylim, xlabel="x", ylabel="y", zlabel="f(x, y)")
    return ax


def loss_curve(
    losses: Any, *, label: str | None = None, log: bool = False, number: int | None = None,
    ax: Any = None,
) -> Any:  # fmt: skip
    """Draw losses by step: a sequence of numbers or of tensors of one number each.

    Several calls with the same `ax` lay curves over each other; `number` chooses a curve's colour
    and dashes, by default how many there are. Steps whose loss is NaN or
    infinite are marked at the bottom and counted; so is, with `log`, what is not above 0.
    ValueError where the losses are not a row of numbers.

    >>> ax = loss_curve([4.0, 2.0, 1.0], label="SGD")
    >>> ax.get_ylabel()
    'loss'
    """
    values = numbers(losses).astype(np.float64)
    if values.ndim != 1:
        raise ValueError(
            f"The losses have shape {values.shape}; they are a row of one number for each step. "
            "Take the mean of each batch first."
        )
    ax = axes_or_own(ax)
    style = style_of(len(ax.get_lines()) if number is None else number)
    seen = np.isfinite(values) & ((values > 0) | (not log))
    steps = np.arange(len(values))
    ax.plot(steps, np.where(seen, values, np.nan), label=label, **(style | {"marker": ""}))
    if log and seen.any():  # only now: Matplotlib warns of an axis without a number above 0
        ax.set_yscale("log", nonpositive="mask")
    if not seen.all():
        why = "NaN, infinite or not above 0" if log else "NaN or infinite"
        many = int((~seen).sum())
        ax.plot(
            steps[~seen], np.zeros(many), "X", color=style["color"], clip_on=False,
            transform=ax.get_xaxis_transform(), label=f"{why}: {many} step{'s' * (many != 1)}",
        )  # fmt: skip
    ax.set(xlabel="step", ylabel="loss")
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return ax


def _grid(fn: Function, xlim: Limits, ylim: Limits, many: int) -> tuple[np.ndarray, ...]:
    x, y = np.meshgrid(np.linspace(*xlim, many), np.linspace(*ylim, many))
    return x, y, heights(of_two_numbers(fn), x, y)
