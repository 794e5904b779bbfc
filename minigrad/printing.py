"""Tensors as text: as PyTorch prints them, and in brief for a graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import dtypes

if TYPE_CHECKING:
    from minigrad.graph import Node

__all__ = ["set_printoptions"]


class Options:
    """How tensors print; what each means says `set_printoptions`."""

    def __init__(self, **given: Any) -> None:
        self.precision: int = 4
        self.threshold: float = 1000
        self.edgeitems: int = 3
        self.linewidth: int = 80
        self.sci_mode: bool | None = None
        vars(self).update(given)


options = Options()
_PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors print, everywhere; what is left out stays as it is.

    `precision` is the digits after the point. A tensor of more than `threshold` numbers is
    shortened to `edgeitems` at both ends of each dim. Lines break at `linewidth` characters.
    `profile` is "default", "short" or "full". `sci_mode` asks for 1.0000e+00 or forbids it;
    left out, the numbers decide again. ValueError for an unknown profile.
    As `torch.set_printoptions`.

    >>> import minigrad as mg
    >>> mg.set_printoptions(precision=2)
    >>> mg.tensor(3.14159)
    tensor(3.14)
    >>> mg.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"profile is one of {', '.join(_PROFILES)}, not {profile!r}.")
        vars(options).update(vars(_PROFILES[profile]))
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    vars(options).update({name: each for name, each in given.items() if each is not None})
    options.sci_mode = sci_mode


def _formatter(numbers: Any) -> tuple[Callable[[Any], str], int]:
    """Choose one form and one width for all numbers, as PyTorch does."""
    if numbers.dtype.kind != "f":
        texts = [str(each) for each in numbers.tolist()]
        form: Callable[[Any], str] = str
    else:
        # Zeros, NaN and infinities have no say in it.
        telling = numbers[np.isfinite(numbers) & (numbers != 0)]
        real = np.abs(telling.astype(float))
        whole = bool(np.all(real == np.ceil(real)))
        scientific = real.size > 0 and bool(
            real.max() / real.min() > 1000 or real.max() > 1e8 or real.min() < 1e-4
            if options.sci_mode is None
            else options.sci_mode
        )
        if scientific:
            form = f"{{:.{options.precision}e}}".format
        elif whole:
            form = lambda each: f"{each:.0f}." if math.isfinite(each) else f"{each}"  # noqa: E731
        else:
            form = f"{{:.{options.precision}f}}".format
        texts = [form(each) for each in telling.tolist()]
    width = max((len(text) for text in texts), default=1)
    return (lambda each: str(form(each)).rjust(width)), width


def _rows(array: Any, text: Callable[[Any], str], width: int, indent: int, summary: bool) -> str:
    """Nested brackets; long dims show their ends, as in [0, 1, 2,  ..., 7, 8, 9]."""
    edge = options.edgeitems
    cut = summary and len(array) > 2 * edge
    ends = [*array[:edge], None, *array[len(array) - edge :]] if cut else list(array)
    if array.ndim == 1:
        gap = " ..." if edge else "..."
        cells = [gap if each is None else text(each.item()) for each in ends]
        per_line = max(1, (options.linewidth - indent) // (width + 2))
        lines = [cells[i : i + per_line] for i in range(0, len(cells), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(", ".join(line) for line in lines) + "]"
    parts = [
        "..." if each is None else _rows(each, text, width, indent + 1, summary) for each in ends
    ]
    between: str = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return f"[{between.join(parts)}]"


def tensor_text(raw: Any, requires_grad: bool, node: Node | None) -> str:
    """Print a tensor as PyTorch does."""
    array = np.asarray(raw)
    notes = []
    if array.size == 0:
        body = "[]"
        if array.ndim != 1:
            notes.append(f"size={array.shape}")
    else:
        if not options.edgeitems:
            notes.append(f"size={array.shape}")
        summary = array.size > options.threshold
        shown = array
        if summary:  # the form is chosen by the numbers that are shown
            edge = options.edgeitems
            for axis, size in enumerate(array.shape):
                if size > 2 * edge:
                    ends = [*range(edge), *range(size - edge, size)]
                    shown = np.take(shown, ends, axis=axis)
        text, width = _formatter(shown.reshape(-1))
        one = not array.ndim
        body = text(array.item()) if one else _rows(array, text, width, len("tensor("), summary)
    usual = dtypes.DEFAULT.name
    plain = (usual, "int64", "bool") if array.size else (usual,)
    if array.dtype.name not in plain:
        notes.append(f"dtype=torch.{array.dtype.name}")
    if node is not None:
        notes.append(f"grad_fn={node!r}")
    elif requires_grad:
        notes.append("requires_grad=True")
    whole = f"tensor({body}"
    line = len(whole) - whole.rfind("\n") + 1
    for note in notes:
        if line + len(note) + 2 > options.linewidth:
            whole, line = f"{whole},\n{' ' * len('tensor(')}{note}", len("tensor(") + len(note)
        else:
            whole, line = f"{whole}, {note}", line + len(note) + 2
    return f"{whole})"


def number(value: float | bool) -> str:
    """One number with four significant digits and a true minus sign: 48, −0.3333, 1.5e−05."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if value == 0:
        return "0"  # a box that says −0 raises a question that is not about gradients
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    text = f"{value:.4g}"
    if "e" in text and 1e-4 <= abs(value) < 1e7:
        text = f"{float(text):.0f}"  # 12340 is easier to read than 1.234e+04
    return (text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")).replace("-", "−")


def factor(value: float) -> str:
    """One number as a factor: a negative one in brackets."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def rounded(value: float) -> float:
    """The number that `number` shows."""
    return float(f"{value:.4g}")


def brief(array: Any) -> str:
    """A tensor's numbers where there is little room: up to three of them, else the shape."""
    array = np.asarray(array)
    if not array.ndim:
        return number(array.item())
    if array.ndim == 1 and array.size <= 3:
        return "[" + ", ".join(number(each) for each in array.tolist()) + "]"
    return shape(array.shape)


def shape(sizes: Sequence[int]) -> str:
    """A shape in words: 3×4, 3 numbers, one number."""
    if len(sizes) < 2:
        return f"{sizes[0]} number{'s' * (sizes[0] != 1)}" if sizes else "one number"
    return "×".join(str(size) for size in sizes)


def full(array: Any) -> str:
    """A tensor's numbers in one line, as far as twelve go; then how many there are."""
    array = np.asarray(array)
    if array.size > 12:
        flat = ", ".join(number(each) for each in array.reshape(-1)[:6].tolist())
        return f"{shape(array.shape)}: {flat}, …"
    if not array.ndim:
        return number(array.item())
    return "[" + ", ".join(full(each) for each in array) + "]"
