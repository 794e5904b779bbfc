"""A Matplotlib figure in the page that can be clicked, by ipympl, without ipympl's keyboard trap.

ipympl's canvas takes every key, Tab too, so that who gets there by keyboard cannot leave; and it
has no name. A small view beside it takes the canvas out of the keys' way and names it.
"""

from collections.abc import Callable
from typing import Any

import anywidget
import ipywidgets
import traitlets
from ipympl.backend_nbagg import Canvas, Toolbar
from matplotlib.backends.backend_webagg_core import FigureManagerWebAgg
from matplotlib.figure import Figure

from minigrad_widgets.card import LayeredCanvas

_ESM = """
export default {
  render({ model, el }) {
    let waiting = 0;
    let canvas = null;
    const name = () => canvas?.setAttribute("aria-label", model.get("says"));
    const adopt = () => {
      const all = el.closest(".mg-clickable");
      canvas = all?.querySelector(".jupyter-matplotlib-canvas-div");
      if (!canvas) {  // ipympl draws later
        waiting = requestAnimationFrame(adopt);
        return;
      }
      canvas.setAttribute("role", "img");
      canvas.tabIndex = -1;
      name();
      all.dataset.lmSuppressShortcuts = "true";
      all.addEventListener("keydown", event => event.stopPropagation(), true);
    };
    adopt();
    model.on("change:says", name);
    return () => {
      cancelAnimationFrame(waiting);
      model.off("change:says", name);
    };
  },
};
"""


class _Toolbar(Toolbar):  # type: ignore[misc]
    """ipympl's toolbar, without which its page fails; it is hidden."""

    def __init__(self, canvas: Canvas) -> None:
        # ipympl does not pass the canvas on, and traitlets warns of that.
        ipywidgets.DOMWidget.__init__(self, canvas=canvas)


class _Canvas(Canvas, LayeredCanvas):  # type: ignore[misc]
    """ipympl's canvas; it draws and listens under its widget's lock."""

    def __init__(self, figure: Figure, lock: Any) -> None:
        self._lock = lock
        super().__init__(figure)
        self.toolbar_visible = self.header_visible = self.footer_visible = self.resizable = False
        with self.hold_sync():  # the toolbar has no id yet when it ties itself to this canvas
            _Toolbar(self)
        # Pyplot does not hear of it.
        FigureManagerWebAgg(self, 0).web_sockets.add(self)  # type: ignore[no-untyped-call]

    def _handle_message(self, *message: Any) -> None:
        with self._lock:
            super()._handle_message(*message)


class _Name(anywidget.AnyWidget):
    _esm = _ESM
    says = traitlets.Unicode().tag(sync=True)


class Clickable(ipywidgets.VBox):  # type: ignore[misc]
    """A figure that calls `clicked(event)` with Matplotlib's event, under `lock`.

    `show(says)` draws it anew in the page; `says` is its text for who cannot see it.
    """

    def __init__(self, figure: Figure, lock: Any, clicked: Callable[[Any], None]) -> None:
        self._name = _Name()
        self.canvas = _Canvas(figure, lock)
        self.canvas.mpl_connect("button_press_event", clicked)
        super().__init__([self.canvas, self._name])
        self.add_class("mg-clickable")
        self.layout.max_width, self.layout.overflow = "100%", "auto"

    def show(self, says: str) -> None:
        """Have the page draw the figure as it is now."""
        self._name.says = says
        self.canvas.draw_idle()
