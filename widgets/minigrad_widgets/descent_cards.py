"""Pictures beside the one that descents are drawn on: their heights by step, and in space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.printing import number
from minigrad_widgets.card import ORDER, Card, caption, legend
from minigrad_widgets.landscapes import Landscape
from minigrad_widgets.plots import loss_curve, style_of, surface
from minigrad_widgets.racing import Descent


class HeightCard(Card):
    """The heights of ways by step. Its axes have room for all steps, and so stand still."""

    def lay(self, ways: Sequence[Descent], steps: int) -> None:
        """Take other ways, of at most so many steps."""
        axes = self.axes
        axes.clear()
        self.canvas.forget()
        self.layout.display = None if ways else "none"
        if not ways:
            return
        seen = np.concatenate([way.heights for way in ways])
        seen = seen[np.isfinite(seen)]
        start = ways[0].heights[0]
        log = bool(seen.min() >= 0 and start > 0)
        for way in ways:
            loss_curve(way.heights, log=log, number=ORDER[way.racer], ax=axes)
        self._curves = [(curve, *curve.get_data()) for curve in axes.get_lines()]
        self.canvas.move(axes.get_lines())
        axes.minorticks_off()  # to draw those of a log axis takes longer than the curves
        # A way that diverges would press all the others flat, and one that arrives as well.
        top = 100 * max(abs(start), 1e-9)
        floor = 1e-12 * top
        axes.set_ylim(max(seen.min(), floor) if log else None, min(seen.max(), top) * 1.1)
        axes.set_xlim(-0.03 * steps, 1.03 * steps)
        beyond = ["▲ above"] if seen.max() > top else []
        beyond += ["▼ below"] if log and seen.min() < floor else []
        said = [f"goes on {' and '.join(beyond)}"] if beyond else []
        said += ["✕: 0, ∞ or NaN"] if len(self._curves) > len(ways) else []
        caption(axes, "   ".join(said))
        axes.set_ylabel("height")
        legend(axes, [way.racer for way in ways])

    def draw(self, ways: Mapping[str, Descent], step: int) -> None:
        """Show the ways that were laid up to a step; `ways` are these, cut there."""
        if not ways:
            return
        for curve, steps, values in self._curves:
            curve.set_data(steps[steps <= step], values[steps <= step])
        ends = [f"{name} to {number(way.heights[-1])}" for name, way in ways.items()]
        start = next(iter(ways.values())).heights[0]
        self.show(f"Height by step, from {number(start)}: {', '.join(ends)}.")


class SurfaceCard(Card):
    """Ways on a function of two numbers as a surface in space."""

    def __init__(self) -> None:
        super().__init__(projection="3d")
        self.axes.set_position((0, 0.1, 0.82, 0.9))  # the ticks stand within it
        self._ground: Landscape | None = None

    def draw(self, ways: Mapping[str, Descent], ground: Landscape) -> None:
        """Show these ways, as far as they are inside the window, with the gradient at the end."""
        if ground is not self._ground:
            self._ground = ground
            xlim, ylim = ground.window
            self.axes.clear()
            surface(ground.height, xlim=xlim, ylim=ylim, ax=self.axes)
            self.axes.set(xlabel=ground.inputs[0], ylabel=ground.inputs[1], zlabel="height")
            self.canvas.forget()
        marks: list[Any] = []
        low, high = np.transpose(ground.window)
        for name, way in ways.items():
            seen = ((way.points >= low) & (way.points <= high)).all(axis=1)
            style = style_of(ORDER[name]) | {"markersize": 2}
            marks += self.axes.plot(*way.points[seen].T, way.heights[seen], **style)
            uphill = way.slopes[-1]
            steep = np.linalg.norm(uphill) if seen[-1] else 0
            if steep > 0:
                move = uphill / steep * 0.2 * (high - low).min()
                tip = (*(way.points[-1] + move), way.heights[-1] + move @ uphill)
                ends = np.transpose([(*way.points[-1], way.heights[-1]), tip])
                marks += self.axes.plot(*ends, color=style["color"], linewidth=2.5)
        self.canvas.move(marks)
        self.show("The same ways on the function as a surface; the bar is the gradient.")
