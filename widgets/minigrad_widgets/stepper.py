"""The widget that steps through a computation and its gradients, forwards and back."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

import minigrad
from minigrad.errors import TraceError
from minigrad_widgets.drawing import draw
from minigrad_widgets.screenplay import Screenplay

_MOST_NODES = 1000  # dot needs seconds for more, and nobody could read them
_STATIC = Path(__file__).with_name("static")


class GraphStepper(anywidget.AnyWidget):
    """Step through the computation of a scalar and through its backward pass.

    `GraphStepper(loss)` replays the graph of a tensor, `GraphStepper(fn, *args)` records a call.
    `step` is where it opens; setting it to another step moves every view. What cannot be stepped
    is said in one sentence, `error`, where the picture would be. Where no widget can run, the
    final picture or the text of the trace is shown.
    """

    _esm = _STATIC / "stepper.js"
    _css = _STATIC / "stepper.css"

    svg = traitlets.Unicode().tag(sync=True)
    frames: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int().tag(sync=True)

    def __init__(self, computation: Any, /, *args: Any) -> None:
        try:
            trace = minigrad.trace(computation, *args, max_nodes=_MOST_NODES)
        except TraceError as error:
            self._text, self._final = str(error), ""
            super().__init__(error=self._text)
            return
        play = Screenplay(trace)
        picture, self._final = draw(trace, play)
        self._text = str(trace)
        super().__init__(svg=picture, frames=[vars(f) for f in play.frames], step=trace.opens_at)

    def __repr__(self) -> str:
        return self._text

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return (data | {"image/svg+xml": self._final} if self._final else data), metadata
