"""Writes into part of a tensor, as ops that give a new one: what `x[0] = v` records."""

from typing import Any

import numpy as np

from minigrad.rules.indexing import added, index
from minigrad.rules.rule import NUMBERS, Rule, Structured
from minigrad.rules.shape import sum_to

# The view ops that lead from a tensor to the part of it that is written to.
Steps = tuple[tuple[Rule, dict[str, Any]], ...]
NO_STEPS: Steps = ()


def part(x: Any, steps: Steps) -> Any:
    """Take the part of `x` that the view ops show."""
    for rule, parameters in steps:
        x = rule(x, **parameters)
    return x


def _assigned(a: Any, b: Any, *, steps: Steps) -> Any:
    out = np.array(a)
    # By place, not by view: of some layouts a reshape gives a copy.
    places = part(np.arange(out.size).reshape(out.shape), steps)
    np.put(out, places, np.broadcast_to(b, places.shape))
    return out


def _put(a: Any, b: Any, *, key: Any) -> Any:
    out = np.array(a)
    out[key] = b
    return out


assign: Structured = Structured(
    "assign(a, b)",
    _assigned,
    word="write",
    grad_fn="CopySlices",
    a=lambda g, steps: assign(g, 0, steps=steps),
    b=lambda g, b_shape, steps: sum_to(part(g, steps), b_shape),
    textbook={"b": lambda g, steps: part(g, steps)},
)
put: Structured = Structured(
    "put(a, b)",
    _put,
    word="write",
    grad_fn="IndexPutBackward0",
    a=lambda g, key: put(g, 0, key=key),
    b=lambda g, b_shape, key: sum_to(index(g, key=key), b_shape),
    textbook={"b": lambda g, key: index(g, key=key)},
)
scatter = Structured(
    "scatter(a, b)",
    _put,
    grad_fn=lambda inputs, _: f"ScatterBackward{int(inputs[1].__class__ in NUMBERS)}",
    a=lambda g, key: put(g, 0, key=key),
    b=lambda g, key: index(g, key=key),
)
scatter_add = Structured(
    "scatter_add(a, b)",
    lambda a, b, *, key: added(np.array(a, order="C"), b, key),
    a=lambda g: g,
    b=lambda g, b_shape, key: sum_to(index(g, key=key), b_shape),
    textbook={"b": lambda g, key: index(g, key=key)},
)
