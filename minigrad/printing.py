"""Tensors as text: as PyTorch prints them, and in brief for a graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from minigrad.graph import Node

PRECISION, THRESHOLD, EDGE, WIDTH = 4, 1000, 3, 80


def _formatter(numbers: Any) -> Callable[[Any], str]:
    """Choose one form and one width for all numbers, as PyTorch does."""
    if numbers.dtype.kind != "f":
        texts = [str(each) for each in numbers.tolist()]
        form: Callable[[Any], str] = str
    else:
        real = numbers[np.isfinite(numbers)].astype(float)
        real = np.abs(real[real != 0])
        whole = bool(np.all(real == np.ceil(real)))
        scientific = real.size > 0 and bool(
            real.max() / real.min() > 1000 or real.max() > 1e8 or (not whole and real.min() < 1e-4)
        )
        if scientific:
            form = f"{{:.{PRECISION}e}}".format
        elif whole:
            form = lambda each: f"{each:.0f}." if math.isfinite(each) else f"{each}"  # noqa: E731
        else:
            form = f"{{:.{PRECISION}f}}".format
        # Zeros, NaN and infinities take no part in the width.
        texts = [form(each) for each in numbers[np.isfinite(numbers) & (numbers != 0)].tolist()]
    width = max((len(text) for text in texts), default=0)
    return lambda each: str(form(each)).rjust(width)


def _rows(array: Any, text: Callable[[Any], str], indent: int, summary: bool) -> str:
    """Nested brackets; long dims show their ends, as in [0, 1, 2,  ..., 7, 8, 9]."""
    cut = summary and len(array) > 2 * EDGE
    ends = [*array[:EDGE], None, *array[-EDGE:]] if cut else list(array)
    if array.ndim == 1:
        cells = [" ..." if each is None else text(each.item()) for each in ends]
        longest = max((len(cell) for cell in cells), default=0)
        per_line = max(1, (WIDTH - indent) // (longest + 2))
        lines = [cells[i : i + per_line] for i in range(0, len(cells), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(", ".join(line) for line in lines) + "]"
    parts = ["..." if each is None else _rows(each, text, indent + 1, summary) for each in ends]
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
        summary = array.size > THRESHOLD
        shown = array
        if summary:  # the form is chosen by the numbers that are shown
            for axis, size in enumerate(array.shape):
                if size > 2 * EDGE:
                    ends = [*range(EDGE), *range(size - EDGE, size)]
                    shown = np.take(shown, ends, axis=axis)
        text = _formatter(shown.reshape(-1))
        body = _rows(array, text, len("tensor("), summary) if array.ndim else text(array.item())
    plain = ("float32", "int64", "bool") if array.size else ("float32",)
    if array.dtype.name not in plain:
        notes.append(f"dtype=torch.{array.dtype.name}")
    if node is not None:
        notes.append(f"grad_fn={node!r}")
    elif requires_grad:
        notes.append("requires_grad=True")
    whole = f"tensor({body}"
    line = len(whole) - whole.rfind("\n") + 1
    for note in notes:
        if line + len(note) + 2 > WIDTH:
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
        return f"{sizes[0]} numbers" if sizes else "one number"
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
