"""Draws a run: bars for what single cases took, lines for how time grows with the work."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

# The page shows through, so only the ink differs.
THEMES = {"Light": "#1f2328", "Dark": "#e6edf3"}

# Okabe and Ito, "Color universal design" (2008); everything is told apart by its place or its
# marker as well.
STYLES = {
    "minigrad": ("#0072B2", "o"),
    "minigrad compiled": ("#56B4E9", "D"),
    "torch": ("#D55E00", "s"),
    "torch, fused Adam": ("#D55E00", "P"),
    "torch.compile": ("#E69F00", "p"),
    "jax.jit": ("#009E73", "^"),
    "numpy": ("#CC79A7", "v"),
}
OTHERS = ("#8c8c8c", "x")

# By title: the workload, what of it, and how large the unit is.
BARS = {
    "25 scalar ops, µs": ("w1", "time", 1e-6),
    "small MLP, a training step, µs": ("w2", "time", 1e-6),
    "medium MLP, a training step, µs": ("w3", "time", 1e-6),
    "chain of 10⁶ adds, µs per add": ("w5", "time", 1e-6),
    "import, ms": ("w6", "time", 1e-3),
    "memory of a new kernel, MiB": ("w6 memory", "bytes", 2**20),
}
KERNELS = ("sigmoid", "tanh", "gelu", "softmax", "layer_norm", "Adam update",
           "cross-entropy forward + backward", "five-term chain")  # fmt: skip
GROWTH = ("ops", "layers", "sigmoid", "compiled")


def medians(measured: dict[str, Any], what: str = "time") -> dict[str, float]:
    """Return the median of each case, in the order in which they are written."""
    samples = measured["samples"].get(what, {})
    return {case: statistics.median(samples[case]) for case in measured["code"] if case in samples}


def bars(ax: Any, sizes: dict[str, float], title: str) -> None:
    """Draw a bar for each case, the smallest on top, with its number."""
    order = sorted(sizes, key=sizes.__getitem__, reverse=True)
    lengths = [sizes[case] for case in order]
    drawn = ax.barh(order, lengths, color=[STYLES.get(case, OTHERS)[0] for case in order])
    ax.bar_label(
        drawn, [f"{size:,.0f}" if size > 99 else f"{size:.3g}" for size in lengths], padding=3
    )
    ax.set(title=title, xlim=(0, 1.2 * max(lengths, default=1)), xticks=[])
    ax.spines[["top", "right", "bottom"]].set_visible(False)


def kernels(ax: Any, workloads: dict[str, Any]) -> None:
    """Draw a row of markers for each op: what it takes in each framework."""
    shown: dict[str, list[tuple[float, int]]] = {}
    for place, name in enumerate(KERNELS):
        for case, time in medians(workloads[f"w4 {name} float32"]).items():
            shown.setdefault(case, []).append((time * 1e3, place))
    for case, points in shown.items():
        color, marker = STYLES.get(case, OTHERS)
        ax.plot(*zip(*points, strict=True), marker, color=color, label=case)
    ax.set(title="one op on 10⁶ float32 numbers, ms", xscale="log")
    ax.set_yticks(
        range(len(KERNELS)), [name.removesuffix(" forward + backward") for name in KERNELS]
    )
    ax.invert_yaxis()
    # Below, since markers are anywhere in between.
    ax.legend(
        fontsize="small", ncols=3, frameon=False, loc="upper center", bbox_to_anchor=(0.4, -0.08)
    )


def both_ways(ax: Any, workloads: dict[str, Any]) -> None:
    """Draw how the chain's time grows in each framework."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for name, measured in workloads.items():
        if name.startswith("w4 both ways"):
            for case, time in medians(measured).items():
                lines.setdefault(case, []).append((int(name.split()[-1]), time * 1e6))
    for case, points in lines.items():
        color, marker = STYLES.get(case, OTHERS)
        ax.plot(*zip(*sorted(points), strict=True), marker=marker, color=color, label=case)
    ax.set(title="five-term chain and its gradient, µs", xlabel="numbers")
    ax.set(xscale="log", yscale="log")
    ax.legend(fontsize="small", framealpha=0)


def growth(ax: Any, workloads: dict[str, Any]) -> None:
    """Draw how time grows with the work."""
    markers = zip(GROWTH, "os^D", ("#D55E00", "#009E73", "#0072B2", "#56B4E9"), strict=True)
    for kind, marker, color in markers:
        times = medians(workloads[f"growth {kind}"])
        points = sorted((int(size), time * 1e3) for size, time in times.items())
        if points:
            ax.plot(*zip(*points, strict=True), marker=marker, ms=3, color=color, label=kind)
    ax.set(title="minigrad as the work grows, ms", xscale="log", yscale="log")
    ax.set(xlabel="ops, layers or numbers")
    ax.legend(fontsize="small", framealpha=0)


def draw(workloads: dict[str, Any], theme: str, path: Path) -> None:
    """Write the picture of a run to a file; `theme` says for which page."""
    ink = THEMES[theme]
    keys = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    look = dict.fromkeys(keys, ink) | {"font.size": 8, "savefig.transparent": True}
    with matplotlib.rc_context(look):
        figure = Figure(figsize=(11, 8.5), dpi=130, layout="constrained")
        axes = iter(figure.subplots(3, 3).flat)
        for title, (name, what, unit) in BARS.items():
            sizes = medians(workloads[name], what)
            bars(next(axes), {case: size / unit for case, size in sizes.items()}, title)
        for panel in (kernels, both_ways, growth):
            panel(next(axes), workloads)
        figure.savefig(path)  # here, because ticks are made only now
