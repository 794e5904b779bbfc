"""An optimizer's formula as one loop over the cells of a parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from minigrad.kernels import build
from minigrad.kernels.fuse import Fused, Nest
from minigrad.kernels.generate import UNREADABLE, imports
from minigrad.kernels.lazy import Lazy, Pool, result
from minigrad.kernels.write import Writer

# What differs from step to step: the rest of the options stands in the text.
NUMBERS = ("step", "lr")


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
