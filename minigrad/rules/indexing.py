"""Taking cells out, and putting cells back: each is the other's derivative."""

from typing import Any

import numpy as np

from minigrad.rules.rule import Structured


def _scatter(x: Any, *, key: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, x.dtype)
    np.add.at(out, key, x)  # a cell that was taken twice gets both
    return out


def _cells(x: Any, *, key: Any) -> Any:
    return x[key]


scatter = Structured("scatter(x)", _scatter, x=lambda g, key: g[key])
index = Structured(
    "index(x)",
    _cells,
    formula=_cells,
    x=lambda g, x_shape, key: scatter(g, key=key, shape=x_shape),
)


def _select_name(inputs: Any, parameters: Any) -> str:
    kinds = {each.__class__ for each in parameters["key"]} - {type(Ellipsis)}
    if kinds == {type(None)}:
        return "UnsqueezeBackward0"
    return "SelectBackward0" if int in kinds else "SliceBackward0"


# The same cells by slices and integers alone: a view of the input's memory.
select = Structured(
    "select(x)",
    _cells,
    formula=_cells,
    view=True,
    grad_fn=_select_name,
    x=lambda g, x_shape, key: scatter(g, key=key, shape=x_shape),
)
