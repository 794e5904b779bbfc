"""An optimizer's formula as one loop over the cells of a parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import is_
from typing import Any

import numpy as np

from minigrad.graph import count_write
from minigrad.kernels import build
from minigrad.kernels.fuse import Fused, Nest
from minigrad.kernels.generate import UNREADABLE, imports
from minigrad.kernels.lazy import Lazy, Pool, result
from minigrad.kernels.write import Writer
from minigrad.tensor import Tensor

# What differs from step to step: the rest of the options stands in the text.
NUMBERS = ("step", "lr")


class Prepared:
    """A parameter, all that is remembered of it, and the loop that moves it."""

    def __init__(
        self, param: Tensor, held: Mapping[str, Tensor], pinned: Any, loop: Callable[..., None]
    ) -> None:
        self.held = [*held.values()]
        self.step = held.get("step")
        self.changed = [param, *(each for each in self.held if each is not self.step)]
        self.memory = [each._data for each in self.changed]
        self.cells = [each._cell() for each in (param, *self.held)]
        self.param, *self.others = [each.reshape(-1) for each in self.memory]
        self.pinned = pinned
        self.loop = loop
        self.counted = np.empty(())

    def fits(self, held: Mapping[str, Tensor], pinned: Any) -> bool:
        """Whether the options are the same, and all is still in the same memory."""
        return (
            pinned == self.pinned
            and len(held) == len(self.held)
            and all(map(is_, held.values(), self.held))
            and all(map(is_, [each._data for each in self.changed], self.memory))
        )

    def run(self, grad: Any, lr: Any) -> bool:
        """Move it; False where the gradient has another shape, or gaps in its memory."""
        if grad.shape != self.memory[0].shape or not grad.flags.c_contiguous:
            return False
        numbers = [] if lr is None else [float(lr)]
        step = self.step
        if step is None:
            self.loop(self.param, grad.reshape(-1), *self.others, *numbers, self.counted)
        else:
            numbers.append(step._data.item())
            self.loop(self.param, grad.reshape(-1), *self.others, *numbers, self.counted)
            step._put(self.counted)
        count_write(*self.cells)
        return True


def prepared(
    update: Callable[..., Any], param: Tensor, held: Mapping[str, Tensor], lr: Any, pinned: Any
) -> Prepared | None:
    """Find the loop for a parameter; None where NumPy is to compute."""
    memory = [param._data, *(each._data for name, each in held.items() if name != "step")]
    if not all(each.ndim and each.flags.c_contiguous for each in memory):
        return None
    if any(each.shape != param._data.shape for each in memory):  # NumPy says what does not fit
        return None
    names = ["param", "grad", *(name for name in held if name != "step")]
    names += [] if lr is None else ["lr"]
    names += ["step"] if "step" in held else []
    run = loop(update, tuple(names), pinned, param._data.dtype)
    return None if run is None else Prepared(param, held, pinned, run)


@cache
def loop(
    update: Callable[..., Any], names: tuple[str, ...], options: tuple[Any, ...], dtype: Any
) -> Callable[..., None] | None:
    """Return the function that `source` writes, compiled; None where NumPy computes."""
    text = source(update, names, dict(options), dtype)
    if text is None or not build.available():
        return None
    return build.loaded(text).step


def source(
    update: Callable[..., Any], names: Sequence[str], options: dict[str, Any], dtype: Any
) -> str | None:
    """Write `step(<names>, counted)`, which changes `param` and what is remembered in place.

    `names` are those of `update`'s arguments, with lr. The arrays are flat and contiguous.
    `counted` gets the next step. None where the formula is not one of cells alone.
    """
    pool = Pool()
    known = {
        name: pool.number(name) if name in NUMBERS else pool.array(name, (5,), dtype)
        for name in names
    }
    try:
        value, kept = update(**known, **options)
    except UNREADABLE:
        return None
    written = {"param": value, **kept}
    if not all(isinstance(each, Lazy) for each in written.values()) or not {*written} <= {*names}:
        return None
    targets: dict[Lazy, str] = {}
    for name, each in written.items():
        targets[result(each, targets)] = "counted" if name == "step" else name
    fused = Fused(pool, [], [*targets])
    if not all(isinstance(each, Nest) and len(each.sizes) < 2 for each in fused.statements):
        return None
    writer = Writer(fused, {**{each: name for name, each in known.items()}, **targets})
    body = [line for nest in fused.statements for line in writer.statement(nest)]
    return "\n".join(
        [*imports(body), "", "", f"def step({', '.join(names)}, counted):"]
        + [f"    {line}" for line in body]
    )
