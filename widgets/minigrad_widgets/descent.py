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
from dataclasses import replace
from typing import Any

import ipywidgets
import numpy as np
from matplotlib import rcParams

import minigrad as mg
from minigrad.printing import number
from minigrad_widgets import plots
from minigrad_widgets.card import ORDER, Card, caption, legend, new_figure
from minigrad_widgets.clickable import Clickable
from minigrad_widgets.descent_cards import HeightCard, SurfaceCard
from minigrad_widgets.fold import Fold
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

_RATES = [  # what the log slider stops at
    float(f"{step}e{power}")
    for power in range(-4, 1)
    for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
]


class DescentExplorer(ipywidgets.VBox):  # type: ignore[misc]
    """Race optimizers downhill on a function of one or two numbers.

    `function` is a name from `landscapes.LANDSCAPES`, a `Landscape`, or a function in minigrad's
    operations: of one scalar tensor, of two, or of a vector of 2. `start` is where all begin,
    `rate` the learning rate, `steps` how far the step slider goes, `racers` names out of
    `racing.RACERS`, `window` the lowest and highest of each input; see `as_landscape` for what
    is taken where they are left out. Newton takes its full step at any rate. A window is shown as
    a square, its shorter side made longer, unless one is three times the other: so both axes have
    one scale, and the gradient stands square on the contours.

    The controls are widgets, so that a program can turn them as well: `landscape`, `rate`,
    `step`, and behind the button More `start` (a field for each input), `racers` (a checkbox for
    each), `space` (the surface). A click on the picture sets the start. `summary` says what the
    picture shows, `descents` has the numbers by name. What is wrong with a function is said in
    `summary`, and the picture before it stays.

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
        self._ways: dict[Any, Descent] = {}
        self._explained: list[str] = []  # the racers that the legends name
        self.descents: dict[str, Descent] = {}
        figure, self._axes = new_figure(dpi=100)
        self._picture = Clickable(figure, self._lock, self._clicked)
        self._losses, self._surface = HeightCard(), SurfaceCard()
        self._live = LiveText()
        controls = self._controls(rate, steps, racers)
        self._row = _in_rows(self._picture, *self._more_cards(), self._losses, self._surface)
        super().__init__([*controls, self._row, self._live])
        self.use("bowl")
        self.use(function, start=start, window=window)

    def _more_cards(self) -> list[Card]:
        return []

    def _controls(self, rate: float, steps: int, racers: Sequence[str]) -> list[Any]:
        tight = ipywidgets.Layout(width="auto", margin="0 12px 0 0")
        self.landscape = ipywidgets.Dropdown(
            options=list(LANDSCAPES), description="function",
            layout=ipywidgets.Layout(width="212px"), style={"description_width": "auto"},
        )  # fmt: skip
        self.start = [
            ipywidgets.FloatText(
                step=0.1,
                layout=ipywidgets.Layout(width="140px"),
                style={"description_width": "auto"},
            )
            for _ in "xy"
        ]
        self.rate = Slider(name="rate", choices=_RATES, value=rate)
        self.step = Slider(name="step", choices=list(range(steps + 1)), value=steps)
        forward = ipywidgets.Button(
            description="One step", layout=ipywidgets.Layout(width="auto")
        )  # fmt: skip
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
        more = Fold(
            "More", [_in_rows(*self.start), _in_rows(*self.racers.values(), self.space)]
        )  # fmt: skip
        return [_in_rows(self.landscape, self.rate, self.step, forward, more.button), more]

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
        ground = replace(ground, window=_squared(ground.window))
        axes, (xlim, *other) = self._axes, ground.window
        axes.clear()
        if other:
            plots.contour_path(ground.height, {}, xlim=xlim, ylim=other[0], ax=axes)
            for spot in ground.minima:
                axes.plot(*spot, "*", color="gray", markersize=9)
            arrow = "arrow: the gradient, uphill   ✕: leaves"
            caption(axes, arrow if _is_square(ground.window) else f"{arrow}   two scales")
        else:
            xs = np.linspace(*xlim, 200)
            axes.plot(xs, heights(ground.height, xs), color="gray")
            axes.set(xlim=xlim, ylim=axes.get_ylim())
            caption(axes, "dashed: the tangent")
        names = (*ground.inputs, "height")
        axes.set(xlabel=names[0], ylabel=names[1])
        self._picture.canvas.move([])
        self._picture.canvas.forget()
        self._explained.clear()
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
        ways = {
            key: self._ways.get(key) or descend(ground.height, *key, self._steps) for key in keys
        }
        self.descents = {key[0]: way.until(step) for key, way in ways.items()}
        if ways.keys() != self._ways.keys() or not ways:
            self._ways = ways
            self._losses.lay(list(ways.values()), self._steps)
        if self._explained != list(self.descents):
            self._explained = list(self.descents)
            self._explain()
        self._draw(step)
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

    def _explain(self) -> None:
        """Name the racers below each picture."""
        legend(self._axes, self.descents)
        self._picture.canvas.forget()

    def _draw(self, step: int) -> None:
        marks = []
        for name, way in self.descents.items():
            flat = len(self._ground.window) == 1
            points = np.column_stack([way.points, way.heights]) if flat else way.points
            marks += plots.draw_path(self._axes, name, points, ORDER[name])
            marks += self._slope_at_end(way)
        self._picture.canvas.move(marks)
        kind = "Contours" if len(self._ground.window) == 2 else "Curve"
        self._picture.show(
            f"{kind} of {self._ground.name}, and the ways on it that are told below."
        )
        self._losses.draw(self.descents, step)
        self._surface.layout.display = "none"
        if self.space.value and len(self._ground.window) == 2:
            self._surface.layout.display = None
            self._surface.draw(self.descents, self._ground)

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
        style["color"] = rcParams["text.color"]
        return [self._axes.annotate("", tip, here, arrowprops=style, annotation_clip=False)]

    # Where no widget can run ---------------------------------------------------------------

    def __repr__(self) -> str:
        return self.summary

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        with self._lock:
            stream = io.BytesIO()
            self._axes.figure.savefig(stream, format="png")
            png = base64.b64encode(stream.getvalue()).decode("ascii")
            picture = {"image/png": png, "text/plain": self.summary}
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

    def __init__(
        self, x: Any, y: Any, *, start: Sequence[float] = (0.0, 0.0), **options: Any
    ) -> None:  # fmt: skip
        self._x, self._y = (plots.numbers(each).astype(np.float64) for each in (x, y))
        if self._x.ndim != 1 or self._x.shape != self._y.shape or len(self._x) < 2:
            raise ValueError(
                f"x has shape {self._x.shape} and y {self._y.shape}; a line takes at least two "
                "points, as many x as y: both (n,)."
            )
        design = np.stack([self._x, np.ones_like(self._x)])
        rows, y_data = mg.tensor(design), mg.tensor(self._y)

        def mean_squared_error(w: Any, b: Any) -> Any:
            return ((mg.stack([w, b], -1) @ rows - y_data) ** 2).mean(-1)

        best, *_ = np.linalg.lstsq(design.T, self._y)
        reach = max(1.4 * np.abs(best - start).max(), 0.5)
        window = tuple((each - reach, each + reach) for each in best)
        self._line = Landscape(
            "mean squared error", mean_squared_error, window, tuple(start),
            (tuple(best),), "Legendre (1805)", ("w", "b"),
        )  # fmt: skip
        self._over_data = Card()
        self._over_data.axes.scatter(self._x, self._y, color="gray", s=18, label="data")
        low, high = self._over_data.axes.get_ylim()
        self._over_data.axes.set(xlabel="x", ylabel="y", ylim=(low, high))
        super().__init__(self._line, **options)

    def _more_cards(self) -> list[Card]:
        return [self._over_data]

    def _explain(self) -> None:
        super()._explain()
        axes = self._over_data.axes
        legend(axes, self.descents, *axes.collections)
        self._over_data.canvas.forget()

    def _draw(self, step: int) -> None:
        super()._draw(step)
        card = self._over_data
        shown = self._ground.name == self._line.name
        card.layout.display = None if shown else "none"
        if not shown:
            return
        ends = np.array([self._x.min(), self._x.max()])
        marks, said = [], []
        for name, way in self.descents.items():
            w, b = way.points[-1]
            if np.isfinite([w, b]).all():
                marks += card.axes.plot(ends, w * ends + b, **plots.style_of(ORDER[name]))
            said.append(f"{name} y = {number(w)}·x + {number(b)}")
        card.canvas.move(marks)
        card.show(f"The data, and the lines so far: {', '.join(said)}.")


def _in_rows(*children: Any) -> ipywidgets.HBox:
    return ipywidgets.HBox(children, layout=ipywidgets.Layout(flex_flow="row wrap"))


def _is_square(window: Window) -> bool:
    return bool(np.isclose(*np.ptp(window, axis=1)))


def _squared(window: Window) -> Window:
    """Make the shorter side of a window of two numbers as long as the other, if it nearly is."""
    spans = np.ptp(window, axis=1)
    if spans.max() >= 3 * spans.min():
        return window
    return tuple(
        (float(mid - spans.max() / 2), float(mid + spans.max() / 2))
        for mid in np.mean(window, axis=1)
    )
