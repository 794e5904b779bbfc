"""How numbers, names and sums stand in the sentences and formulas of a step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.printing import brief, factor, number, rounded

_MOST_PARTS = 6  # of a sum; of more its first three and the last are shown
_LONGEST_NUMBERS = 60  # characters; nobody follows a longer line of numbers


def numbers_or_g(arriving: Any) -> str:
    """Write the gradient that arrives: its numbers, or G where they are many."""
    shown = brief(arriving)
    return shown if not np.ndim(arriving) or shown.startswith("[") else "G"


def decimal(text: str) -> str:
    """Write a decimal fraction without closing zeros, and with a true minus sign."""
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def bracketed(text: str) -> str:
    """Brackets around anything but a plain name, for ∂(y²)/∂y: ∂y² is something else."""
    plain = all(each.isidentifier() or each.isdecimal() or each == "." for each in text)
    return text if plain else f"({text})"


def _equal(shown: float, result: float) -> bool:
    """Whether the numbers shown give the result shown."""
    return rounded(shown) == rounded(result) or (math.isnan(shown) and math.isnan(result))


def as_shown(value: Any) -> Any:
    """Round a number as it is shown; anything else stays as it is."""
    if isinstance(value, float | np.floating):
        return np.float64(rounded(float(value)))
    return value


def chain(symbols: str, numbers: str, come_to: float, result: float) -> str:
    """Write symbols = numbers = result; ≈ where the shown numbers do not give the result.

    What says nothing new is left out, and numbers that say too much.
    """
    shown = number(result)
    if numbers in (symbols, shown) or len(numbers) > _LONGEST_NUMBERS:
        return symbols if symbols == shown else f"{symbols} = {shown}"
    return f"{symbols} = {numbers} {'=' if _equal(float(come_to), result) else '≈'} {shown}"


def product_text(up: float, down: float, product: float) -> str:
    """Write a product as 2 × (−3) = −6; ≈ where the shown numbers do not give it."""
    exact = _equal(rounded(up) * rounded(down), product)
    return f"{number(up)} × {factor(down)} {'=' if exact else '≈'} {number(product)}"


def sum_text(parts: list[Any], total: Any) -> str:
    """Write a sum as 2 + (−22) = −20; ≈ where the numbers of all its parts do not add up."""
    if total.ndim:
        shown = brief(total)
        if not shown.startswith("["):
            return f"{len(parts)} gradients of {shown} added"
        return f"{_added([brief(part) for part in parts])} = {shown}"
    texts = [number(parts[0].item()), *(factor(part.item()) for part in parts[1:])]
    exact = _equal(sum(rounded(part.item()) for part in parts), total.item())
    return f"{_added(texts)} {'=' if exact else '≈'} {number(total.item())}"


def _added(texts: list[str]) -> str:
    """Write terms with plus signs between them, and … for those that nobody would read."""
    few = texts if len(texts) <= _MOST_PARTS else [*texts[:3], "…", texts[-1]]
    return " + ".join(few)
