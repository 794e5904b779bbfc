"""What happens to the result when one input is nudged: the question that the way back answers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.printing import number, rounded
from minigrad.recorder import Draft, evaluated
from minigrad.wording import decimal

NUDGE = 0.001


def shown(drafts: list[Draft], root: int, leaf: int, slope: float) -> dict[str, str] | None:
    """What a nudge of `leaf` shows; None where its numbers, as printed, do not show the slope.

    That is so at an infinity, a corner or a jump, and where the numbers are very large
    or very small.
    """
    before, value = drafts[leaf].value.item(), _root_if(drafts, root, leaf, 0.0)
    change = _root_if(drafts, root, leaf, NUDGE) - value
    if not 0 < abs(change) < math.inf or (before and not 0.01 <= abs(before) <= 1000):
        return None
    digits = max(0, 1 - math.floor(math.log10(abs(change))))
    told, moved = (round(each, digits) for each in (value, value + change))
    close = abs(change / NUDGE - slope) <= 0.02 * abs(slope)
    seen = abs((moved - told) / NUDGE - slope) <= 0.05 * abs(slope)
    exact = math.isclose(rounded(before), before, rel_tol=1e-6)
    if digits > 6 or not (close and seen and exact):
        return None
    return {
        "value": decimal(f"{told:.{digits}f}"),
        "before": number(before),
        "after": decimal(f"{rounded(before) + NUDGE:.6f}"),
        "moved": decimal(f"{moved:.{digits}f}"),
        "slope": number(slope),
    }


def _root_if(drafts: list[Draft], root: int, leaf: int, nudge: float) -> float:
    """Compute the root's value again, in float64, with `leaf` nudged."""
    values: list[Any] = []
    for i, draft in enumerate(drafts):
        if draft.rule is None:
            value = draft.value
            value = value.astype(np.float64) if value.dtype.kind == "f" else value
            values.append(value + nudge if i == leaf else value)
        else:
            inputs, parameters = draft.inputs, draft.parameters or {}
            values.append(evaluated(draft.rule, inputs, parameters, values))
    return float(values[root].item())
