"""The widget that races optimizers downhill, and shows where they go.

Requirements: every callback takes the widget's one lock, because callbacks may run in a thread
of their own while a cell runs; figures are Figure objects, so that pyplot's state is not touched;
what a picture shows is also said in `summary`, which screen readers hear.
"""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

import minigrad as mg
from minigrad.printing import number
from minigrad_widgets import plots
from minigrad_widgets.clickable import Clickable
from minigrad_widgets.landscapes import (
    LANDSCAPES,
    Function,
    FunctionError,
    Landscape,
    Window,
    as_landscape,
    heights,
)
from minigrad_widgets.live_text import LiveText
from minigrad_widgets.racing import RACERS, Descent, behaviours, descend
from minigrad_widgets.slider import Slider

_SIZE = (3.7, 3.2)  # inches, of 100 pixels in the page each
_RATES = [  # what the log slider stops at
    float(f"{step}e{power}")
    for power in range(-4, 1)
    for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
]
_DOTS = 120  # in an inch of a picture's file
_ORDER = {name: order for order, name in enumerate(RACERS)}


class DescentExplorer(ipywidgets.VBox):  # type: ignore[misc]
    """Race optimizers downhill on a function of one or two numbers.

    `function` is a name from `landscapes.LANDSCAPES`, a `Landscape`, or a function in minigrad's
    operations: of one scalar tensor, of two, or of a vector of 2. `start` is where all begin,
    `rate` the learning rate, `steps` how far the step slider goes, `racers` names out of
    `racing.RACERS`, `window` the lowest and highest of each input; see `as_landscape` for what
    is taken where they are left out. Newton takes its full step at any rate.

    The controls are widgets, so that a program can turn them as well: `landscape`, `rate`,
    `step`, `start` (a field for each input), `racers` (a checkbox for each), `space` (the
    surface). A click on the picture sets the start. `summary` says what the picture shows,
    `descents` has the numbers by name. What is wrong with a function is said in `summary`, and
    the picture before it stays.

    >>> explorer = DescentExplorer("bowl", start=(4, 0), rate=0.5, racers=["SGD"])
    >>> explorer.step.value = 1
    >>> print(explorer.summary)
    bowl, rate 0.5, step 1 of 100, from (4, 0).
    SGD: after 1 step at (2, 0), height 2, slope 2.
    """

    def __init__(
        self, function: str | Landscape | Function = "bowl", *, start: Sequence[float] = (),
        rate: float = 0.05, steps: int = 100, racers: Sequence[str] = ("SGD", "momentum"),
        window: Window = (),
    ) -> None:  # fmt: skip
        self._lock = threading.RLock()
        self._held = True  # a change redraws only once all is there
        self._ground = self._own = LANDSCAPES["bowl"]
        self._steps = steps
        self._marks: list[Any] = []
        self._ways: dict[Any, Descent] = {}
        self.descents: dict[str, Descent] = {}
        figure, self._axes = _new_figure(bottom=0.28)  # for the legend
        self._picture = Clickable(figure, self._lock, self._clicked)
        self._beside = ipywidgets.HTML()
        self._live = LiveText()
        super().__init__([*self._controls(rate, steps, racers), self._live])
        self.use("bowl")
        self.use(function, start=start, window=window)

    def _controls(self, rate: float, steps: int, racers: Sequence[str]) -> list[Any]:
        row = ipywidgets.Layout(flex_flow="row wrap")
        tight = ipywidgets.Layout(width="auto", margin="0 12px 0 0")
        self.landscape = ipywidgets.Dropdown(options=list(LANDSCAPES), description="function")
        self.start = [
            ipywidgets.FloatText(step=0.1, layout=ipywidgets.Layout(width="170px")) for _ in "xy"
        ]
        self.rate = Slider(name="rate", choices=_RATES, value=rate)
        self.step = Slider(name="step", choices=list(range(steps + 1)), value=steps)
        forward = ipywidgets.Button(description="One step")
        self.racers = {
            name: ipywidgets.Checkbox(name in racers, description=name, indent=False, layout=tight)
            for name in RACERS
        }
        self.space = ipywidgets.Checkbox(
            description="as a surface", indent=False, layout=tight
        )  # fmt: skip
        self.landscape.observe(self._chosen, "value")
        forward.on_click(self._go_on)
        for each in [self.rate, self.step, *self.start, *self.racers.values(), self.space]:
            each.observe(self._changed, "value")
        return [
            ipywidgets.HBox(children, layout=row)
            for children in [
                [self.landscape, *self.start],
                [self.rate, self.step, forward],
                [*self.racers.values(), self.space],
                [self._picture, self._beside],
            ]
        ]

    @property
    def summary(self) -> str:
        """What the picture shows, in words and numbers."""
        return str(self._live.text)

    def use(
        self, function: str | Landscape | Function, *, start: Sequence[float] = (),
        window: Window = (),
    ) -> None:  # fmt: skip
        """Show another function; arguments as for the explorer itself.

        What is wrong with it is said in `summary`, and the picture stays.
        """
        with self._lock, self._errors_said():
            ground = as_landscape(function, tuple(start), window)
            self._held = True
            try:
                self._show(ground)
            finally:
                self._held = False
            self._refresh()

    @contextmanager
    def _errors_said(self) -> Iterator[None]:
        try:
            yield
        except FunctionError as error:
            self._live.text = f"{error}\nThe picture still shows: {self._ground.name}."
        except Exception as error:  # the reader's function may raise anything
            self._live.text = (
                f"Your function raised {type(error).__name__}: {error}\n"
                f"The picture still shows: {self._ground.name}."
            )

    # What the reader does ------------------------------------------------------------------

    def _changed(self, change: Any) -> None:
        with self._lock, self._errors_said():
            self._refresh()

    def _chosen(self, change: Any) -> None:
        with self._lock:
            if not self._held:
                self.use(LANDSCAPES.get(self.landscape.value, self._own))

    def _go_on(self, button: Any) -> None:
        with self._lock:
            self.step.value = min(self.step.value + 1, self._steps)

    def _clicked(self, event: Any) -> None:
        with self._lock:
            if event.inaxes is self._axes:
                spot = (event.xdata, event.ydata)[: len(self._ground.window)]
                self._held = True
                for field, value in zip(self.start, spot, strict=False):
                    field.value = float(f"{value:.3g}")
                self._held = False
                self._changed(event)

    # What is shown -------------------------------------------------------------------------

    def _show(self, ground: Landscape) -> None:
        axes, (xlim, *other) = self._axes, ground.window
        axes.clear()
        if other:
            plots.contour_path(ground.height, {}, xlim=xlim, ylim=other[0], ax=axes)
            if 1 / 3 < np.ptp(xlim) / np.ptp(other[0]) < 3:
                axes.set_aspect(
                    "equal", anchor="N"
                )  # then the gradient stands square on the contours
            for spot in ground.minima:
                axes.plot(*spot, "*", color="gray", markersize=9)
            axes.set_title("arrow: the gradient, uphill", fontsize=9)
        else:
            xs = np.linspace(*xlim, 200)
            axes.plot(xs, heights(ground.height, xs), color="gray")
            axes.set(xlim=xlim, ylim=axes.get_ylim())
            axes.set_title("dashed: the tangent", fontsize=9)
        names = (*ground.inputs, "height")
        axes.set(xlabel=names[0], ylabel=names[1])
        self._marks.clear()
        self._ways.clear()
        self._ground = ground
        if ground.name not in LANDSCAPES:
            self._own = ground
        self.landscape.options = list(dict.fromkeys([*LANDSCAPES, self._own.name, ground.name]))
        self.landscape.value = ground.name
        for field, name, value in zip(self.start, ground.inputs, ground.start, strict=False):
            field.description, field.value = f"start {name}", value
        self.start[1].layout.display = None if other else "none"

    def _refresh(self) -> None:
        if self._held:
            return
        ground, rate = self._ground, self.rate.value
        step = min(int(self.step.value), self._steps)
        start = tuple(field.value for field in self.start[: len(ground.window)])
        keys = [(name, start, rate) for name, box in self.racers.items() if box.value]
        self._ways = {
            key: self._ways.get(key) or descend(ground.height, *key, self._steps) for key in keys
        }
        self.descents = {key[0]: way.until(step) for key, way in self._ways.items()}
        self._draw()
        at = ", ".join(map(number, start))
        said = f"{ground.name}, rate {number(rate)}, step {step} of {self._steps}, from ({at})."
        lines = [self._about(way) for way in self.descents.values()]
        self._live.text = "\n".join([said, *(lines or ["Choose an optimizer."])])

    def _about(self, way: Descent) -> str:
        steps = len(way.points) - 1
        at = ", ".join(number(each) for each in way.points[-1])
        with np.errstate(all="ignore"):
            slope = float(np.linalg.norm(way.slopes[-1]))
        parts = [
            f"after {steps} step{'s' * (steps != 1)} at ({at}), height {number(way.heights[-1])}, "
            f"slope {number(slope)}",
            *behaviours(way, self._ground.window).values(),
            *[note for _, note in way.notes],
        ]
        return f"{way.racer}: {'; '.join(parts)}."

    def _draw(self) -> None:
        for mark in self._marks:
            mark.remove()
        self._marks = []
        for name, way in self.descents.items():
            flat = len(self._ground.window) == 1
            points = np.column_stack([way.points, way.heights]) if flat else way.points
            self._marks += plots.draw_path(self._axes, name, points, _ORDER[name])
            self._marks += self._slope_at_end(way)
        if self.descents:
            self._marks.append(
                self._axes.legend(
                    loc="lower center", bbox_to_anchor=(0.5, 0), ncols=3, fontsize=8,
                    bbox_transform=self._axes.figure.transFigure,
                )
            )  # fmt: skip
        kind = "Contours" if len(self._ground.window) == 2 else "Curve"
        self._picture.show(
            f"{kind} of {self._ground.name}, and the ways on it that are told below."
        )
        self._beside.value = "".join(_image(*picture) for picture in self._pictures())

    def _slope_at_end(self, way: Descent) -> list[Any]:
        """Draw the tangent, or the gradient as an arrow of fixed length, where a way has got to."""
        here, slope = way.points[-1], way.slopes[-1]
        low, high = np.transpose(self._ground.window)
        with np.errstate(all="ignore"):
            steep = np.linalg.norm(slope)
        if not np.isfinite(steep) or ((here < low) | (here > high)).any():
            return []
        reach = 0.13 * (high - low)
        if len(here) == 1:
            xs = here + np.array([-1, 1]) * reach
            ys = way.heights[-1] + slope * (xs - here)
            return list(self._axes.plot(xs, ys, "--", color="gray", linewidth=2))
        if steep == 0:
            return []
        tip = here + slope / steep * reach.min()
        style = {"arrowstyle": "-|>", "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
        return [self._axes.annotate("", tip, here, arrowprops=style, annotation_clip=False)]

    def _pictures(self) -> list[tuple[Figure, str]]:
        """Return the figures beside the one to click, each with its text for who cannot see it."""
        pictures = [self._losses()] if self.descents else []
        if self.space.value and len(self._ground.window) == 2:
            pictures.append(self._surface())
        return pictures

    def _losses(self) -> tuple[Figure, str]:
        figure, axes = _new_figure()
        ways = self.descents
        seen = np.concatenate([way.heights for way in ways.values()])
        seen = seen[np.isfinite(seen)]
        start = next(iter(ways.values())).heights[0]
        log = bool(seen.min() >= 0 and start > 0)
        for name, way in ways.items():
            plots.loss_curve(way.heights, label=name, log=log, number=_ORDER[name], ax=axes)
        axes.minorticks_off()  # to draw those of a log axis takes longer than the curves
        # A way that diverges would press all the others flat, and one that arrives as well.
        top = 100 * max(abs(start), 1e-9)
        floor = 1e-12 * top
        axes.set_ylim(max(seen.min(), floor) if log else None, min(seen.max(), top) * 1.1)
        if seen.max() > top:
            axes.set_title("▲ a curve goes on above this picture", fontsize=9)
        elif log and seen.min() < floor:
            axes.set_title("▼ a curve goes on below this picture", fontsize=9)
        axes.set_ylabel("height")
        axes.legend(fontsize=7)
        ends = [f"{name} to {number(way.heights[-1])}" for name, way in ways.items()]
        return figure, f"Height by step, from {number(start)}: {', '.join(ends)}."

    def _surface(self) -> tuple[Figure, str]:
        xlim, ylim = self._ground.window
        figure = Figure(_SIZE)
        axes = figure.add_axes((0.0, 0.08, 0.88, 0.92), projection="3d")
        plots.surface(self._ground.height, xlim=xlim, ylim=ylim, ax=axes)
        low, high = np.transpose(self._ground.window)
        for name, way in self.descents.items():
            seen = ((way.points >= low) & (way.points <= high)).all(axis=1)
            style = plots.style_of(_ORDER[name])
            axes.plot(*way.points[seen].T, way.heights[seen], label=name, **style)
            uphill = way.slopes[-1]
            steep = np.linalg.norm(uphill) if seen[-1] else 0
            if steep > 0:
                move = uphill / steep * 0.2 * (high - low).min()
                axes.quiver(
                    *way.points[-1], way.heights[-1], *move, move @ uphill, color=style["color"]
                )  # fmt: skip
        axes.set(xlabel=self._ground.inputs[0], ylabel=self._ground.inputs[1], zlabel="height")
        return figure, "The same ways on the function as a surface; the arrow is the gradient."

    # Where no widget can run ---------------------------------------------------------------

    def __repr__(self) -> str:
        return self.summary

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        with self._lock:
            picture = {"image/png": _png(self._axes.figure), "text/plain": self.summary}
            return (super()._repr_mimebundle_(**kwargs) or {}) | picture


class LineFit(DescentExplorer):
    """Fit a line to points by going downhill, seen twice: over the data, and as a dot at (w, b).

    `x` and `y`, arrays or tensors (n,), are the points; the function is the mean squared error
    of w·x + b. One slider moves both pictures. Other arguments as for `DescentExplorer`.
    ValueError where the points do not pair up.

    >>> fit = LineFit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], rate=0.1, steps=1, racers=["Newton"])
    >>> fit.descents["Newton"].points[-1].round(6).tolist()
    [2.0, 1.0]
    """

    def __init__(self, x: Any, y: Any, **options: Any) -> None:
        self._x, self._y = (plots.numbers(each).astype(np.float64) for each in (x, y))
        if self._x.ndim != 1 or self._x.shape != self._y.shape or len(self._x) < 2:
            raise ValueError(
                f"x has shape {self._x.shape} and y {self._y.shape}; a line takes at least two "
                "points, as many x as y: both (n,)."
            )
        x_data, y_data = mg.tensor(self._x), mg.tensor(self._y)

        def mean_squared_error(w: Any, b: Any) -> Any:
            off = mg.as_tensor(w)[..., None] * x_data + mg.as_tensor(b)[..., None] - y_data
            return (off**2).mean(-1)

        best, *_ = np.linalg.lstsq(np.stack([self._x, np.ones_like(self._x)], axis=1), self._y)
        reach = np.maximum(1.6 * np.abs(best), 0.5)
        window = tuple(zip(best - reach, best + reach, strict=True))
        self._line = Landscape(
            "mean squared error", mean_squared_error, window, (0.0, 0.0),
            (tuple(best),), "Legendre (1805)", ("w", "b"),
        )  # fmt: skip
        super().__init__(self._line, **options)

    def _pictures(self) -> list[tuple[Figure, str]]:
        pictures = super()._pictures()
        if self._ground.name == self._line.name:
            pictures.insert(0, self._line_over_data())
        return pictures

    def _line_over_data(self) -> tuple[Figure, str]:
        figure, axes = _new_figure()
        axes.scatter(self._x, self._y, color="gray", s=18, label="data")
        ends = np.array([self._x.min(), self._x.max()])
        axes.set(xlabel="x", ylabel="y", ylim=axes.get_ylim())
        said = []
        for name, way in self.descents.items():
            w, b = way.points[-1]
            if np.isfinite([w, b]).all():
                style = plots.style_of(_ORDER[name])
                axes.plot(ends, w * ends + b, label=name, **style)
            said.append(f"{name} y = {number(w)}·x + {number(b)}")
        axes.legend(fontsize=8)
        return figure, f"The data, and the lines so far: {', '.join(said)}."


def _new_figure(bottom: float = 0.16) -> tuple[Figure, Any]:
    # Margins by hand: Matplotlib's own search for them takes half of the time of a drawing.
    figure = Figure(_SIZE)
    return figure, figure.add_axes((0.19, bottom, 0.79, 0.92 - bottom))


def _png(figure: Figure) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DOTS)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _image(figure: Figure, says: str) -> str:
    width = round(figure.get_figwidth() * 100)
    return (
        f'<img alt="{escape(says)}" src="data:image/png;base64,{_png(figure)}" '
        f'style="width:{width}px;max-width:100%">'
    )
