"""Matplotlib pictures of a network: what it decides, its gradients, weights and activations.

They are part of `plots`, whose rules are theirs too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import rcParams

import minigrad as mg
from minigrad import nn
from minigrad_widgets.plot_style import MARKERS, PALETTE, axes_or_own, legend_below, numbers

# float32 keeps about 7 digits: a gradient below 1e-6 times a usual rate changes no usual weight.
VANISHING = 1e-6
# A step of a usual rate, 1e-3, along such a gradient is longer than usual weights are.
EXPLODING = 1e3


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
    ax = axes_or_own(ax)
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
    legend_below(ax, 0.5, ncols=3, fontsize="small")
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

    Below 1e-6 a gradient is marked as vanishing, above 1e3 as exploding, by a sign and a word,
    and dashed lines stand there; `VANISHING` and `EXPLODING` say why there. ValueError where no
    parameter has a gradient.

    >>> layer = nn.Linear(1, 1, bias=False)
    >>> layer(mg.tensor([[3.0]])).sum().backward()
    >>> gradient_flow(layer).get_xscale()
    'log'
    """
    norms = gradient_norms(model)
    ax = axes_or_own(ax)
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
    for limit, word in ((VANISHING, "vanishing"), (EXPLODING, "exploding")):
        ax.axvline(limit, linestyle="--", linewidth=1, color="gray")
        ax.text(limit, 1, word, transform=ax.get_xaxis_transform(), ha="center", va="bottom")
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
    ax = axes_or_own(ax)
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
