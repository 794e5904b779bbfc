"""Square pictures of which only what moves is drawn anew.

To draw axes, contours and legends takes ten times as long as the few lines on them.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import ipywidgets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave
from matplotlib.lines import Line2D

from minigrad_widgets.plot_style import legend_below, style_of
from minigrad_widgets.racing import RACERS

_WIDTH, _HEIGHT = 3.2, 3.6  # inches, of 100 pixels in the page each
_LEFT, _BOTTOM, _SIDE = 0.68, 0.8, 2.42
_SMALL = 8  # points
ORDER = {name: order for order, name in enumerate(RACERS)}  # the number of a racer's style


class LayeredCanvas(FigureCanvasAgg):
    """A canvas that keeps what it has drawn, and draws its marks over it each time.

    The rest of its figure is drawn anew after `forget`.
    """

    def __init__(self, *figure: Figure) -> None:
        self.marks: list[Any] = []
        self._ground = self._drawn_by = None
        super().__init__(*figure)

    def move(self, marks: Sequence[Any]) -> None:
        """Take these artists of the figure for its marks, and remove those before."""
        for mark in self.marks:
            if mark.axes:  # else its Axes were cleared
                mark.remove()
        for mark in marks:
            mark.set_animated(True)  # Axes leave these out, save in files
        self.marks = list(marks)

    def forget(self) -> None:
        """Draw all of the figure the next time."""
        self._drawn_by = None

    def draw(self) -> None:
        """Draw the marks, and what else was forgotten or has another size now."""
        renderer = self.get_renderer()  # type: ignore[no-untyped-call]  # Matplotlib has few types
        if renderer is not self._drawn_by:
            super().draw()  # type: ignore[no-untyped-call]
            self._ground = self.copy_from_bbox(self.figure.bbox)  # type: ignore[no-untyped-call]
            self._drawn_by = renderer
        self.restore_region(self._ground)  # type: ignore[no-untyped-call]
        for mark in self.marks:
            self.figure.draw_artist(mark)


class Card(ipywidgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """A square picture, not to be clicked; `says` is its text for who cannot see it."""

    def __init__(self, **kind: Any) -> None:
        super().__init__()
        figure, self.axes = new_figure(dpi=120, **kind)
        self.canvas = LayeredCanvas(figure)

    def show(self, says: str) -> None:
        """Have the page show the picture as it is now."""
        self.canvas.draw()
        stream = io.BytesIO()
        pixels = self.canvas.buffer_rgba()  # type: ignore[no-untyped-call]
        imsave(stream, pixels, format="png", pil_kwargs={"compress_level": 1})  # fast
        png = base64.b64encode(stream.getvalue()).decode("ascii")
        self.value = (
            f'<img alt="{escape(says)}" src="data:image/png;base64,{png}" '
            f'style="display:block;width:{round(_WIDTH * 100)}px;max-width:100%">'
        )


def new_figure(dpi: int, **kind: Any) -> tuple[Figure, Any]:
    """Return a figure and its Axes, which are square; `kind` as for `add_axes`."""
    # Margins by hand: Matplotlib's own search for them takes half of the time of a drawing.
    figure = Figure((_WIDTH, _HEIGHT), dpi=dpi)
    width, height = _SIDE / _WIDTH, _SIDE / _HEIGHT
    return figure, figure.add_axes((_LEFT / _WIDTH, _BOTTOM / _HEIGHT, width, height), **kind)


def caption(axes: Any, words: str) -> None:
    """Write above Axes what is to be known of their picture."""
    axes.set_title(words, fontsize=_SMALL, pad=9)  # above the marks that stand on the border


def legend(axes: Any, racers: Iterable[str], *others: Any) -> None:
    """Explain the curves of racers, and other artists that have a label, below Axes."""
    curves = [Line2D([], [], label=name, **style_of(ORDER[name])) for name in racers]
    if axes.get_legend():
        axes.get_legend().remove()
    if curves:
        legend_below(
            axes, 0.45, handles=[*others, *curves], ncols=3, fontsize=_SMALL, columnspacing=1,
            handlelength=1.8, frameon=False, labelspacing=0.3, handletextpad=0.5,
        )  # fmt: skip
