"""A tensor as a table of numbers, or as a picture of very many, with its gradient beside it.

It is plain HTML and text, so it stands in a saved notebook as it did when it was made. Its ink
and paper are the page's own.
"""

import math
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import minigrad
from minigrad.errors import called
from minigrad.names import legible, short
from minigrad.printing import number, shape
from minigrad_widgets.heat import GRADIENTS, VALUES, Ramp, about, heat_png, scale_of, strongest

_MOST_NUMBERS = 24  # of more, nobody compares one with another
_TINT = 0.4  # the opacity behind a number of full size: text keeps its contrast on it
_WIDEST, _WIDEST_CELL = 320, 24  # pixels
_STYLE = """<style>
.mg-tensor, .mg-tensor :is(td, th) { font: 13px/1.45 system-ui, "DejaVu Sans", sans-serif; }
.mg-tensor { display: flex; flex-wrap: wrap; gap: 8px 32px; }
.mg-tensor p { flex: 1 0 100%; margin: 0; overflow-wrap: anywhere; }
.mg-tensor figure { margin: 0; width: min-content; min-width: min(260px, 100%); max-width: 100%; }
.mg-tensor .grid { overflow-x: auto; margin: 4px 0; padding: 2px; }
.mg-tensor table { margin: 0; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.mg-tensor table :is(thead, tbody) tr:nth-child(n) { background: none; }
.mg-tensor :is(td, th) { padding: 3px 8px; text-align: right; white-space: nowrap; }
.mg-tensor td { border: 1px solid color-mix(in srgb, currentColor 30%, transparent); }
.mg-tensor td:empty { border: 0; padding: 0; }
.mg-tensor td.odd { outline: 2px dashed; outline-offset: -2px; font-weight: 600; }
.mg-tensor img {
  display: block; max-width: 100%; image-rendering: pixelated;
  border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
}
</style>"""


class TensorView:
    """Show a tensor: its numbers (a heatmap above 24 of them), shape, dtype and gradient.

    Of more than two dims, the slice at the leading indices `at` is shown; the first, if left out.
    What cannot be shown is said in a sentence in its place. Printed, it says the same.

    >>> import minigrad as mg
    >>> w = mg.tensor([1.0, -2.0], requires_grad=True, name="w")
    >>> (w * w).sum().backward()
    >>> TensorView(w)
    w: shape (2,), float32, requires_grad=True
    value of w: min −2, max 1; full colour at ±2
      0   1
      1  −2
    gradient of w: min −4, max 2; full colour at ±4
      0   1
      2  −4
    """

    def __init__(self, tensor: Any, at: tuple[int, ...] | None = None) -> None:
        self._parts = list(_parts(tensor, at))

    def __repr__(self) -> str:
        return "\n".join(part.text for part in self._parts)

    def _repr_html_(self) -> str:
        return f'{_STYLE}<div class="mg-tensor">{"".join(part.html for part in self._parts)}</div>'


class _Part(NamedTuple):
    """The same thing, told twice."""

    text: str
    html: str


def _parts(tensor: Any, at: tuple[int, ...] | None) -> Iterator[_Part]:
    if not isinstance(tensor, minigrad.Tensor):
        problem = f"TensorView shows a Tensor, not {short(repr(tensor))}. Use mg.tensor(…)."
        yield _Part(problem, f'<p role="alert">{escape(problem)}</p>')
        return
    leading = tuple(tensor.shape[:-2])
    at = (0,) * len(leading) if at is None else at
    if not _is_place(at, leading):
        problem = (
            f"at={short(repr(at))} names no slice of a tensor of shape {tuple(tensor.shape)}. Give "
            f"a tuple with one index from 0 up for each dim but the last two: {len(leading)} here."
        )
        yield _Part(problem, f'<p role="alert">{escape(problem)}</p>')
        return
    name = legible(called(tensor, "tensor"))
    value = tensor.numpy(force=True)
    yield _line(
        f"{name}: shape {tuple(value.shape)}, {value.dtype.name}, "
        f"requires_grad={tensor.requires_grad}"
    )
    yield _grid(f"value of {name}", value, at, VALUES)
    keeps = tensor.is_leaf or tensor.retains_grad
    gradient = tensor.grad if keeps else None
    if gradient is not None:
        yield _grid(f"gradient of {name}", gradient.numpy(force=True), at, GRADIENTS)
    elif not tensor.requires_grad:
        yield _line("gradient: none will come, since requires_grad is False")
    elif keeps:
        yield _line("gradient: None, until a backward pass fills it")
    else:
        yield _line("gradient: used and let go, since this is no leaf (retain_grad() keeps it)")


def _is_place(at: Any, leading: tuple[int, ...]) -> bool:
    return (
        isinstance(at, tuple)
        and len(at) == len(leading)
        and all(isinstance(i, int) and 0 <= i < many for i, many in zip(at, leading, strict=True))
    ) or 0 in leading


def _line(text: str) -> _Part:
    return _Part(text, f"<p>{escape(text)}</p>")


def _grid(title: str, numbers: NDArray[Any], at: tuple[int, ...], ramp: Ramp) -> _Part:
    """Tell of an array: what there is to know of all its numbers, and two dims of them singly."""
    if not numbers.size:
        return _line(f"{title}: no numbers")
    scale, shown = scale_of([numbers]), numbers[at]
    said = f"{title}: {about(shown, scale)}; full colour at ±{number(scale)}"
    if at:
        slices = shape(numbers.shape[:-2])
        said += f"; slice [{', '.join(map(str, at))}] of {slices}, in all {about(numbers, scale)}"
    if shown.size > _MOST_NUMBERS:
        said += f"; a picture of {shown.size:,} numbers, {ramp.words}"
        if not np.all(np.abs(shown) <= scale):
            said += ", ◆ beyond full colour, ▲ ▼ infinite, ✕ NaN"
        return _Part(said, _figure(said, _picture(said, shown, scale, ramp)))
    rows = [[number(each) for each in row] for row in np.atleast_2d(shown).tolist()]
    columns = [str(column) for column in range(len(rows[0]))] if shown.ndim else [""]
    heads = [str(row) for row in range(len(rows))] if shown.ndim == 2 else [""]
    lines = [["", *columns], *([head, *row] for head, row in zip(heads, rows, strict=True))]
    table = _table(lines, np.atleast_2d(shown).astype(float), scale, ramp)
    return _Part("\n".join([said, *_aligned(lines)]), _figure(said, table))


def _aligned(lines: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        if any(line):
            yield "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))


def _table(lines: list[list[str]], numbers: NDArray[Any], scale: float, ramp: Ramp) -> str:
    """Set numbers in a table, with their index above and before them."""
    above = "".join(f'<th scope="col">{column}</th>' for column in lines[0][1:] if column)
    html = f"<thead><tr><td></td>{above}</tr></thead><tbody>" if above else "<tbody>"
    for (head, *texts), row in zip(lines[1:], numbers, strict=True):
        html += f'<tr><th scope="row">{head}</th>' if head else "<tr><td></td>"
        for text, each in zip(texts, row.tolist(), strict=True):
            size = min(abs(each) / scale, 1) if math.isfinite(each) else 0
            red, green, blue = ramp.negative if each < 0 else ramp.positive
            tint = f"rgba({red},{green},{blue},{_TINT * size:.2f})"
            odd = "" if abs(each) <= scale else ' class="odd"'
            html += f'<td{odd} style="background:{tint}">{text}</td>'
        html += "</tr>"
    return f'<div class="grid" tabindex="0"><table>{html}</tbody></table></div>'


def _figure(said: str, body: str) -> str:
    return f"<figure><figcaption>{escape(said)}</figcaption>{body}</figure>"


def _picture(said: str, numbers: NDArray[Any], scale: float, ramp: Ramp) -> str:
    cells = strongest(np.atleast_2d(numbers)).shape
    width = cells[1] * min(_WIDEST_CELL, _WIDEST // max(cells))
    source = heat_png(numbers, scale, ramp)
    return f'<img src="{source}" width="{width}" alt="{escape(f"Heatmap, {said}")}">'
