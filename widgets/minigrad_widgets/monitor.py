"""A training loop that can be watched, paused, walked through step by step, and stopped.

The loop is the reader's own. It runs in the kernel's main thread and asks, between two steps,
what the buttons want; where the kernel can hear them while a cell runs, their callbacks come from
another thread, and only leave a wish. All drawing is done by the loop, and only so often that it
takes a tenth of the time that training takes.
"""

import io
import math
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from html import escape
from time import perf_counter
from typing import Any, TypeVar

import ipywidgets
import numpy as np
from IPython.core.getipython import get_ipython
from IPython.display import display
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from minigrad import nn
from minigrad.names import legible, short
from minigrad.printing import number, shape
from minigrad_widgets.kernel import at_end_of_cell, hear_while_busy
from minigrad_widgets.live_text import LiveText
from minigrad_widgets.plots import (
    PALETTE,
    about_gradient,
    decision_boundary,
    gradient_flow,
    gradient_norms,
    loss_curve,
    numbers,
)

Step = TypeVar("Step")

SHARE = 0.1  # of the time spent training: so much may be spent on drawing
_READABLE = 0.25  # seconds; numbers that change more often cannot be read
_LISTENABLE = 5.0  # seconds; a screen reader would not come to its end
_DEAF = 3.0  # seconds after which a page that could be heard would have been
_WIDE = 100  # the largest loss over the smallest, from which on the axis is logarithmic
_STYLE = """<style>
.mg-monitor p { margin: 2px 0; line-height: 1.45; overflow-wrap: anywhere; }
.mg-monitor progress { width: 100%; max-width: 720px; height: 14px; }
.mg-monitor img { display: block; width: 720px; max-width: 100%; height: auto; }
/* White paper is turned to black, and hues are turned back to where they were. */
[data-jp-theme-light="false"] .mg-monitor img.light { filter: invert(0.93) hue-rotate(180deg); }
</style>"""


class _Wish(StrEnum):
    """What a button asks of the loop; its value is what the button says."""

    PAUSE = "Pause"
    RUN = "Resume"
    STEP = "One step"
    STOP = "Stop"


class TrainingMonitor(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Watch a training loop: loss, accuracy, gradients by layer, decision boundary, time left.

    Wrap the steps of the loop in it, and log what each gave; `losses` and `accuracies` are kept.
    Its buttons pause, resume, stop, or take one step. A loop that was left by an error or an
    interruption goes on where it stood when its cell is run again. Points `X` (n, 2) with their
    classes `y` (n,) are for the decision boundary, which only a model with two inputs has.
    Printed, it says the same. TypeError for a model that is no `nn.Module`.

    >>> import minigrad as mg
    >>> X, y = mg.data.moons(40, generator=mg.Generator().manual_seed(0))
    >>> model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    >>> optimizer = mg.optim.SGD(model.parameters(), lr=0.5)
    >>> monitor = TrainingMonitor(model, X, y)
    >>> for step in monitor(range(20)):
    ...     out = model(X).squeeze(1)
    ...     loss = nn.functional.binary_cross_entropy_with_logits(out, y.float())
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    ...     monitor.log(loss, accuracy=((out > 0) == y).float().mean())
    >>> len(monitor.losses)
    20
    """

    def __init__(self, model: nn.Module, X: Any = None, y: Any = None) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"TrainingMonitor watches an nn.Module, not {short(repr(model))}.")
        self.losses: list[float] = []
        self.accuracies: list[float] = []  # NaN where none was logged
        self._model, self._points, self._classes = model, X, y
        self._has_plane = X is not None and y is not None and np.shape(numbers(X))[1:] == (2,)
        self._lock = threading.Condition()
        self._wish = _Wish.RUN
        self._hears = False  # whether the kernel hears buttons while a cell runs
        self._run: object = None  # the loop that is running
        self._done = self._total = 0
        self._trained = self._drawn = 0.0  # seconds, in this run
        self._began_at = 0
        self._written_at = self._said_at = -math.inf
        self._write_cost = self._draw_cost = 0.0
        self._figure = Figure()
        self._words = LiveText(text="No step was taken yet.")
        self._numbers, self._picture = ipywidgets.HTML(), ipywidgets.HTML()
        buttons = [ipywidgets.Button(description=wish.value) for wish in _Wish]
        for button in buttons:
            button.on_click(lambda pressed: self._press(_Wish(pressed.description)))
            hear_while_busy(button)
        self._words.on_msg(lambda *_: self._notice_thread())
        bar = ipywidgets.HBox(buttons, layout=ipywidgets.Layout(flex_flow="row wrap"))
        super().__init__([bar, self._words, self._numbers, self._picture])
        self.add_class("mg-monitor")
        self._draw()

    def __call__(self, steps: Sequence[Step]) -> Iterator[Step]:
        """Hand out the steps of a loop, a sequence such as `range(500)`, and show the monitor.

        After a loop of the same length that was not finished or stopped, it goes on from there.
        TypeError for steps whose number is not known.
        """
        if not isinstance(steps, Sequence):
            raise TypeError(
                "The monitor must know how many steps there are. Give it a sequence, such as "
                f"range(500) or a list, not {short(repr(steps))}."
            )
        return self._loop(steps)

    def log(self, loss: Any, *, accuracy: Any = None) -> None:
        """Keep the loss of a step, and its accuracy: numbers, or tensors of one number each.

        Call it after `backward()`. ValueError for more than one number.
        """
        loss = _one_number("loss", loss)
        accuracy = math.nan if accuracy is None else _one_number("accuracy", accuracy)
        with self._lock:
            self.losses.append(loss)
            self.accuracies.append(accuracy)

    @property
    def drawing_share(self) -> float:
        """How long drawing took in this run, or the last, against the steps themselves.

        Pictures of a loop that stands still, paused or at its end, are not counted.
        """
        return self._drawn / self._trained if self._trained else 0.0

    def __repr__(self) -> str:
        return "\n".join([self._words.text, *self._lines()])

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    # The loop ------------------------------------------------------------------------

    def _loop(self, steps: Sequence[Step]) -> Iterator[Step]:
        with self._lock:
            if len(steps) != self._total or self._done >= self._total:
                self._done = 0
            self._total, self._began_at = len(steps), self._done
            self._trained = self._drawn = 0.0
            run = self._run = object()
            self._say(self._progress())
        if get_ipython() is not None:
            display(self)  # type: ignore[no-untyped-call]
        try:
            while self._done < self._total and self._may_go_on():
                began = perf_counter()
                yield steps[self._done]
                if self._run is not run:  # another loop has taken over
                    return
                with self._lock:
                    self._trained += perf_counter() - began
                    self._done += 1
                    if self._done < self._total:
                        self._show_if_due()
            if self._done == self._total:
                self._end(f"Finished: {self._total:,} steps.")
        except GeneratorExit:
            if self._run is run:
                self._end(self._left("was left"))
                at_end_of_cell(self._say_why)
            raise
        except KeyboardInterrupt:
            self._end(self._left("was interrupted"))
            raise

    def _may_go_on(self) -> bool:
        """Do what the buttons want; False if that ends the loop."""
        with self._lock:
            if self._wish is _Wish.PAUSE and self._hears:
                self._draw()
                self._say(f"Paused after {self._where()}: Resume, One step or Stop.")
                while self._wish is _Wish.PAUSE:
                    self._lock.wait(0.2)  # on Windows, only a wait that ends can be interrupted
                self._say(self._progress())
            if self._wish is _Wish.PAUSE:
                self._end(f"Paused after {self._where()}. Run the cell again to go on.")
                return False
            if self._wish is _Wish.STOP:
                self._end(f"Stopped after {self._where()}. The next run starts a new loop.")
                self._done = 0
                return False
            if self._wish is _Wish.STEP:
                self._wish = _Wish.PAUSE
            return True

    def _end(self, words: str) -> None:
        with self._lock:
            self._run, self._wish = None, _Wish.RUN
            self._say(words)
            self._draw()

    def _left(self, how: str) -> str:
        step = f"Step {self._done + 1:,} of {self._total:,}"
        return f"{step} {how}. Run the cell again to repeat it and go on."

    def _say_why(self, result: Any) -> None:
        """Name the error that ended the loop and its cell: the loop itself is not told."""
        error = result.error_in_exec
        if error is not None:
            why = legible(f"{type(error).__name__}: {error}").rstrip(".: ")
            with self._lock:
                self._say(self._left(f"ended with {why}"))

    # The buttons ---------------------------------------------------------------------

    def _press(self, wish: _Wish) -> None:
        with self._lock:
            self._notice_thread()
            if self._run is not None:
                self._wish = wish
                self._lock.notify_all()
                return
            if wish is _Wish.STOP:
                self._done, wish = 0, _Wish.RUN
            self._wish = wish
            next_run = {
                _Wish.RUN: "goes on" if 0 < self._done < self._total else "starts a new loop",
                _Wish.PAUSE: "pauses before its first step",
                _Wish.STEP: "takes one step",
            }
            self._say(f"No loop is running. The next run of the cell {next_run[wish]}.")

    def _notice_thread(self) -> None:
        """Know from the thread of a message whether it had to wait for the end of a cell."""
        with self._lock:
            self._hears = threading.current_thread() is not threading.main_thread()

    # What it shows -------------------------------------------------------------------

    def _show_if_due(self) -> None:
        budget, now = SHARE * self._trained - self._drawn, perf_counter()
        if budget >= self._draw_cost:
            self._draw()
        elif budget >= self._write_cost and now - self._written_at >= _READABLE:
            self._write()
        else:
            return
        self._drawn += perf_counter() - now

    def _draw(self) -> None:
        began = perf_counter()
        self._picture.value = _STYLE + self._paint()
        self._draw_cost = perf_counter() - began
        self._write()

    def _write(self) -> None:
        began = perf_counter()
        bar = f'<progress aria-label="Training" value="{self._done}" max="{self._total or 1}">'
        lines = "".join(f"<p>{escape(line)}</p>" for line in self._lines())
        self._numbers.value = f"{bar}</progress>{lines}"
        if self._run is not None and began - self._said_at >= _LISTENABLE:
            self._say(self._progress())
        self._written_at = perf_counter()
        self._write_cost = self._written_at - began

    def _say(self, words: str) -> None:
        self._words.text = words
        hear_while_busy(self._words)
        self._said_at = perf_counter()

    def _where(self) -> str:
        return f"{self._done:,} of {self._total:,} steps"

    def _progress(self) -> str:
        words = f"Running: {self._where()}."
        if not self._hears and self._trained > _DEAF:
            words += (
                " Here the kernel hears no button while a cell runs: they act between cells. "
                "Interrupt the kernel to halt now; running the cell again goes on from there."
            )
        return words

    def _lines(self) -> Iterator[str]:
        """Say in numbers what the pictures show."""
        taken, left = self._done - self._began_at, self._total - self._done
        if self._run is not None and taken:
            seconds = (self._trained + self._drawn) / taken * left
            yield f"{self._where()}, about {_duration(seconds)} left"
        if not self.losses:
            yield "no loss yet: call monitor.log(loss) in the loop"
            return
        losses = np.array(self.losses)
        finite = np.isfinite(losses)
        lowest = f", lowest {number(losses[finite].min())}" if finite.any() else ""
        yield f"loss {number(losses[-1])}{lowest}"
        if not finite.all():
            yield (
                f"The loss is {number(losses[~finite][0])} in step {finite.argmin() + 1:,}: the "
                "training diverged. A smaller learning rate often helps."
            )
        if not math.isnan(self.accuracies[-1]):
            yield f"accuracy {number(self.accuracies[-1])}"
        norms = self._norms()
        said = (f"{name}: {number(norm)} {about_gradient(norm)}" for name, norm in norms.items())
        yield "length of the gradient in layer " + (
            ", ".join(map(str.strip, said)) or "–: none at the end of a step"
        )

    def _norms(self) -> dict[str, float]:
        try:
            return gradient_norms(self._model)
        except ValueError:  # no layer has a gradient
            return {}

    def _paint(self) -> str:
        """Draw what there is to draw as HTML; where that fails, say why, and let the loop go on."""
        panels: dict[str, Callable[[Any], Any]] = {"loss by step": self._paint_losses}
        if not np.isnan(self.accuracies).all():
            panels["accuracy by step"] = self._paint_accuracies
        if self._norms():
            panels["length of the gradient by layer"] = lambda ax: gradient_flow(self._model, ax=ax)
        if self._has_plane:
            panels["decision boundary with the line of each hidden unit"] = self._paint_plane
        try:
            png = self._png(panels)
        except Exception as error:  # a picture that fails must not end the reader's training
            return f'<p role="alert">No picture: {escape(legible(str(error)))}</p>'
        paper = "light" if sum(to_rgb(self._figure.get_facecolor())) > 1.5 else "dark"
        source = f"data:image/png;base64,{b64encode(png).decode()}"
        return f'<img class="{paper}" src="{source}" alt="Pictures of {", ".join(panels)}">'

    def _png(self, panels: dict[str, Callable[[Any], Any]]) -> bytes:
        if len(panels) != len(self._figure.axes):
            rows = math.ceil(len(panels) / 2)
            self._figure = Figure(figsize=(8, 3 * rows), dpi=90, layout="constrained")
            for place in range(len(panels)):
                self._figure.add_subplot(rows, 2, place + 1)
        for ax, paint in zip(self._figure.axes, panels.values(), strict=True):
            ax.clear()
            paint(ax)
        png = io.BytesIO()
        self._figure.savefig(png, format="png")
        # To find room for all words takes more than half of the time, and is needed only once.
        self._figure.set_layout_engine("none")
        return png.getvalue()

    def _paint_losses(self, ax: Any) -> None:
        losses = np.array(self.losses)
        usual = losses[np.isfinite(losses)]
        # Where the first losses are very large, the later ones would lie on the axis.
        wide = len(usual) > 0 and usual.min() > 0 and usual.max() > _WIDE * usual.min()
        loss_curve(losses, log=wide, ax=ax)

    def _paint_accuracies(self, ax: Any) -> None:
        ax.plot(self.accuracies, color=PALETTE[2])
        ax.set(xlabel="step", ylabel="accuracy", ylim=(0, 1.02))

    def _paint_plane(self, ax: Any) -> None:
        decision_boundary(self._model, self._points, self._classes, ax=ax)


def _one_number(what: str, given: Any) -> float:
    found = numbers(given)
    if found.size != 1:
        raise ValueError(f"The {what} of a step is one number, not {shape(found.shape)}.")
    return float(found.item())


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
