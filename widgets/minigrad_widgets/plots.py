"""Matplotlib pictures of slopes, descents and training: plain functions, `ax=` in, Axes out.

Without `ax` a picture gets a Figure of its own, made without pyplot: nothing is remembered
between calls, and any thread may draw. Text and frames follow the reader's Matplotlib style;
what is told by colour is also told by a marker, a line style or a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

import minigrad as mg
from minigrad import nn
from minigrad_widgets.landscapes import Function, heights, of_two_numbers, value_and_slope

# Okabe and Ito, “Color universal design” (2008), without black and yellow, which vanish on a
# dark or a light page.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = "os^DvP"
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))

# float32 keeps about 7 digits: a gradient below 1e-6 times a usual rate changes no usual weight.
VANISHING = 1e-6
# A step of a usual rate, 1e-3, along such a gradient is longer than usual weights are.
EXPLODING = 1e3

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
    ax = _axes(ax)
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
    cut at its border, and marked there with the step at which it left. Contours are at evenly
    spaced ranks of the heights, so that a flat valley shows as well as a cliff. ValueError where
    a path has another shape.

    >>> ax = contour_path(lambda x, y: x**2 + y**2, [[2, 1], [1, 0.5]], xlim=(-3, 3), ylim=(-3, 3))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('x', 'y')
    """
    named = paths if isinstance(paths, Mapping) else {"path": paths}
    ax = _axes(ax)
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
    >>> draw_path(ax, "out", [[0.5, 0.5], [9, 0.5]], 0)[-1].get_text()
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
    drawn = ax.plot(*line.T, label=name, markevery=[], **style)
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    inside = ((points >= low) & (points <= high)).all(axis=1)
    drawn += ax.plot(*points[inside].T, **(style | {"linestyle": ""}))
    if exit_point is not None:
        drawn += ax.plot(*exit_point, "X", color=style["color"], markersize=10, clip_on=False)
        drawn.append(
            ax.annotate(
                f"{name} leaves at step {left_at}", exit_point, (0, 8 + 10 * number),
                textcoords="offset points", fontsize=8, annotation_clip=False,
                ha="left" if exit_point[0] < np.mean(ax.get_xlim()) else "right",
                va="bottom" if exit_point[1] < np.mean(ax.get_ylim()) else "top",
            )
        )  # fmt: skip
    return drawn


def style_of(number: int) -> dict[str, Any]:
    """Return the colour, marker and dashes of the curve with a number, told apart by each alone.

    >>> style_of(1)
    {'color': '#D55E00', 'marker': 's', 'markersize': 4, 'linestyle': '--'}
    """
    color, marker, dashes = (each[number % 6] for each in (PALETTE, MARKERS, DASHES))
    return {"color": color, "marker": marker, "markersize": 4, "linestyle": dashes}


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
    ax = _axes(ax)
    style = style_of(len(ax.get_lines()) if number is None else number)
    ax.set_yscale("log" if log else "linear", **({"nonpositive": "mask"} if log else {}))
    seen = np.isfinite(values) & ((values > 0) | (not log))
    steps = np.arange(len(values))
    ax.plot(steps, np.where(seen, values, np.nan), label=label, **(style | {"marker": ""}))
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


def decision_boundary(
    model: Callable[[Any], Any], X: Any, y: Any, *, level: float | None = None, ax: Any = None
) -> Any:
    """Draw the classes that a model gives to the plane, over the points (n, 2) it learns from.

    `y` are their classes (n,) or (n, 1). A model with one output has its boundary at `level`;
    by default that is 0.5 where all outputs lie from 0 to 1, else 0. With more outputs the
    largest one wins. Where the model's first `nn.Linear` has two inputs, the line of each of its
    units is drawn: where that unit's sum is 0. The model is asked in eval mode, unrecorded, and
    left as it was. ValueError where shapes do not fit.

    >>> X, y = mg.data.moons(20)
    >>> decision_boundary(nn.Linear(2, 1), X, y).get_xlabel()
    'x₁'
    """
    points, classes = numbers(X), numbers(y).reshape(-1)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(classes):
        raise ValueError(
            f"X has shape {points.shape} and y {np.shape(numbers(y))}; a picture in the plane "
            "takes X (points, 2) and y (points,). Choose two columns: X[:, :2]."
        )
    ax = _axes(ax)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * np.maximum(high - low, 1e-6)
    xlim, ylim = np.transpose([low - margin, high + margin]).tolist()
    xs, ys = np.meshgrid(*np.linspace(low - margin, high + margin, 100).T)
    plane = np.stack([xs.ravel(), ys.ravel()], axis=1).astype(points.dtype)
    with _at_rest(model):
        out = numbers(model(mg.tensor(plane)))
    if out.size % len(plane):
        raise ValueError(
            f"For {len(plane)} points the model returned shape {out.shape}; it is to return "
            "(points,), (points, 1) or (points, classes)."
        )
    out = out.reshape(len(plane), -1).astype(np.float64)
    if out.shape[1] == 1:
        if level is None:
            level = 0.5 if out.min() >= 0 and out.max() <= 1 else 0.0
        out = np.concatenate([level - out, out - level], axis=1)
    for number, score in enumerate(out.T):
        # By how much a class wins: the border between two is where it is 0, and smooth.
        lead = (score - np.delete(out, number, axis=1).max(axis=1)).reshape(xs.shape)
        if np.nanmax(lead, initial=0) > 0:
            color = PALETTE[number % len(PALETTE)]
            ax.contourf(xs, ys, lead, [0, np.nanmax(lead)], colors=[color], alpha=0.25)
            ax.contour(xs, ys, lead, [0], colors=[rcParams["text.color"]], linewidths=1.5)
    if not np.isfinite(out).all():
        ax.set_title("▲ the model returns NaN or infinite numbers")
    for number, kind in enumerate(np.unique(classes)):
        ax.scatter(
            *points[classes == kind].T, s=18, color=PALETTE[number % len(PALETTE)],
            marker=MARKERS[number % len(MARKERS)], edgecolors=rcParams["text.color"],
            linewidths=0.5, label=f"class {kind:g}",
        )  # fmt: skip
    _unit_lines(model, ax, xlim, ylim)
    ax.set(xlim=xlim, ylim=ylim, xlabel="x₁", ylabel="x₂")
    ax.legend(loc="upper right")
    return ax


def _unit_lines(model: Any, ax: Any, xlim: Any, ylim: Any) -> None:
    modules = model.modules() if isinstance(model, nn.Module) else []
    first = next((each for each in modules if isinstance(each, nn.Linear)), None)
    if first is None or first.weight.shape[1] != 2:
        return
    weights = numbers(first.weight)
    biases = numbers(first.bias) if first.bias is not None else np.zeros(len(weights))
    label: str | None = f"units of the first layer: {len(weights)}"
    for (w1, w2), b in zip(weights, biases, strict=True):
        if w1 == w2 == 0:
            continue  # it is the same everywhere: no line
        if abs(w2) >= abs(w1):
            ends = np.array([[x, -(b + w1 * x) / w2] for x in xlim])
        else:
            ends = np.array([[-(b + w2 * y) / w1, y] for y in ylim])
        ax.plot(*ends.T, linestyle=":", linewidth=1, color="gray", label=label)
        label = None


def gradient_norms(model: Any) -> dict[str, float]:
    """Return the length of each layer's gradient: of all its parameters' numbers together.

    By the path of the module that holds the parameters, "model" for the model's own. Layers
    without a gradient are left out. ValueError where none has one.

    >>> layer = nn.Sequential(nn.Linear(1, 1, bias=False))
    >>> layer(mg.tensor([[3.0]])).sum().backward()
    >>> gradient_norms(layer)
    {'0': 3.0}
    """
    squares: dict[str, float] = {}
    for path, parameter in model.named_parameters():
        if parameter.grad is not None:
            layer = path.rpartition(".")[0] or "model"
            grad = numbers(parameter.grad).astype(np.float64)
            squares[layer] = squares.get(layer, 0.0) + float(np.sum(grad * grad))
    if not squares:
        raise ValueError("No parameter has a gradient yet. Call loss.backward() first.")
    return {layer: float(np.sqrt(square)) for layer, square in squares.items()}


def about_gradient(norm: float) -> str:
    """Return the sign and the word for a gradient's length that is out of range, or "".

    >>> about_gradient(1e-9), about_gradient(0.1), about_gradient(1e9)
    ('▼ vanishing', '', '▲ exploding')
    """
    if not np.isfinite(norm):
        return "▲ not finite"
    if norm < VANISHING:
        return "▼ vanishing"
    return "▲ exploding" if norm > EXPLODING else ""


def gradient_flow(model: Any, *, ax: Any = None) -> Any:
    """Draw the length of each layer's gradient, on a log axis, first layer at the top.

    Below 1e-6 a gradient is marked as vanishing, above 1e3 as exploding, by a sign and a word;
    `VANISHING` and `EXPLODING` say why there. ValueError where no parameter has a gradient.

    >>> layer = nn.Linear(1, 1, bias=False)
    >>> layer(mg.tensor([[3.0]])).sum().backward()
    >>> gradient_flow(layer).get_xscale()
    'log'
    """
    norms = gradient_norms(model)
    ax = _axes(ax)
    lengths = np.array(list(norms.values()))
    usual = lengths[np.isfinite(lengths) & (lengths > 0)]
    low, high = (usual.min(), usual.max()) if len(usual) else (1.0, 1.0)
    low, high = min(low, VANISHING) / 10, max(high, EXPLODING) * 10
    room = (high / low) ** 0.6  # for the numbers and words beside the bars
    rows = np.arange(len(norms))
    # Neither 0 nor infinity has a place on a log axis: they reach its ends, and are named.
    widths = np.clip(np.nan_to_num(lengths, nan=low, posinf=high), low, high)
    ax.barh(rows, widths - low, left=low, color=PALETTE[0], height=0.6)
    for row, (width, norm) in enumerate(zip(widths, lengths, strict=True)):
        text = f" {norm:.2g} {about_gradient(norm)}"
        ax.text(width, row, text, va="center", ha="left")
    for limit in (VANISHING, EXPLODING):
        ax.axvline(limit, linestyle="--", linewidth=1, color="gray")
    ax.set(xscale="log", xlim=(low, high * room), ylim=(len(norms) - 0.5, -0.5))
    ax.set(xlabel="length of the gradient", ylabel="layer")
    ax.set_yticks(rows, list(norms))
    return ax


def weight_histogram(model: Any, *, ax: Any = None) -> Any:
    """Draw how a model's parameters are spread: one row for each, first at the top.

    NaN and infinite numbers are counted beside their row. ValueError for a model without
    parameters.

    >>> ax = weight_histogram(nn.Linear(2, 1))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['weight', 'bias']
    """
    rows = {path: numbers(parameter) for path, parameter in model.named_parameters()}
    if not rows:
        raise ValueError("This model has no parameters, so there is nothing to count.")
    ax = _histograms(rows, {}, ax)
    ax.set(xlabel="value of a parameter")
    return ax


# Of these, what is said is the share of numbers on the flat ends; of the others with a row
# below, the units that give 0 for every example, because those never learn again.
_SLOPES: dict[type, Callable[[Any], Any]] = {
    nn.Tanh: lambda a: 1 - a**2,
    nn.Sigmoid: lambda a: 4 * a * (1 - a),
}
_FLAT = 0.05  # of the steepest slope


def activations(model: Any, X: Any, *, ax: Any = None) -> Any:
    """Draw what a model's activation functions give for a batch: one row for each, in order.

    Beside a `Tanh` or `Sigmoid` stands the share of numbers that are saturated: whose slope is
    under 5 % of its steepest. Beside a `ReLU` stands how many units are dead: 0 for every
    example of `X`. A model without activation modules shows each of its layers. The model is
    run in eval mode, unrecorded, and left as it was. ValueError for a model without layers.

    >>> ax = activations(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), mg.randn(8, 2))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['1 ReLU']
    """
    leaves = [
        (path, each) for path, each in model.named_modules() if not list(each.children())
    ]  # fmt: skip
    bends = [pair for pair in leaves if type(pair[1]).__module__ == nn.ReLU.__module__]
    rows: dict[str, np.ndarray] = {}
    notes: dict[str, str] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: Any, given: Any, output: Any) -> None:
            rows[name] = numbers(output)
            notes[name] = _about_activations(module, rows[name])

        return hook

    hooks = [
        module.register_forward_hook(keep(f"{path} {type(module).__name__}".strip()))
        for path, module in bends or leaves
    ]
    try:
        with _at_rest(model):
            model(X if isinstance(X, mg.Tensor) else mg.tensor(X))
    finally:
        for hook in hooks:
            hook.remove()
    if not rows:
        raise ValueError("No layer of this model was run, so there is nothing to count.")
    ax = _histograms(rows, notes, ax)
    ax.set(xlabel="value of an activation")
    return ax


def _about_activations(module: Any, values: np.ndarray) -> str:
    if type(module) in _SLOPES:
        share = np.mean(_SLOPES[type(module)](values) < _FLAT)
        return f"{'▲ ' if share > 0.5 else ''}{share:.0%} saturated"
    if isinstance(module, nn.ReLU):
        dead = (values.reshape(len(values), -1) == 0).all(axis=0)
        return f"{'▼ ' if dead.any() else ''}{dead.sum()} of {dead.size} dead"
    return ""


def _histograms(rows: Mapping[str, np.ndarray], notes: Mapping[str, str], ax: Any) -> Any:
    ax = _axes(ax)
    finite = {name: values[np.isfinite(values)].astype(np.float64) for name, values in rows.items()}
    together = np.concatenate([np.ravel(each) for each in finite.values()])
    edges = np.histogram_bin_edges(together if together.size else [0.0], 40)
    for row, (name, values) in enumerate(rows.items()):
        counts, _ = np.histogram(finite[name], edges)
        tops = row - 0.8 * counts / max(counts.max(), 1)
        ax.stairs(tops, edges, baseline=row, fill=True, alpha=0.6, color=PALETTE[0])
        lost = values.size - finite[name].size
        said = [notes.get(name, ""), f"▲ {lost} NaN or infinite" if lost else ""]
        ax.text(
            1.0, row - 0.4, "\n".join(filter(None, said)), va="center", ha="right",
            transform=ax.get_yaxis_transform(),
        )  # fmt: skip
    ax.set(ylim=(len(rows) - 0.9, -1.1))
    ax.set_yticks(range(len(rows)), list(rows))
    ax.grid(axis="y", linewidth=0.5)
    return ax


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


def _axes(ax: Any) -> Any:
    return Figure(layout="constrained").add_subplot() if ax is None else ax


def _grid(fn: Function, xlim: Limits, ylim: Limits, many: int) -> tuple[np.ndarray, ...]:
    x, y = np.meshgrid(np.linspace(*xlim, many), np.linspace(*ylim, many))
    return x, y, heights(of_two_numbers(fn), x, y)


@contextmanager
def _at_rest(model: Any) -> Iterator[None]:
    """Ask a model in eval mode and unrecorded, and leave each of its modules as it was."""
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    before = [each.training for each in modules]
    try:
        for each in modules:
            each.training = False
        with mg.no_grad():
            yield
    finally:
        for each, training in zip(modules, before, strict=True):
            each.training = training
