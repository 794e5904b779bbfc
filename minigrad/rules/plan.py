"""What a node does by its op's rule: what it keeps, and how it hands gradients on.

Both are written out as text for each op, since they are a good part of what a small op costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minigrad.rules.rule import Rule

# From the gradient that arrives, what was saved, and the parameters: the contribution. None hands
# the gradient on as it is.
Pull = Callable[[Any, tuple[Any, ...], Mapping[str, Any]], Any] | None


class Plan:
    """What a node saves. Places are those of the inputs; −1 is the output."""

    __slots__ = ("keep", "mask", "names", "numbers", "pulls", "rule")

    def __init__(
        self,
        rule: Rule,
        mask: int,
        names: tuple[str, ...],
        keep: Callable[..., None] | None,
        numbers: tuple[int, ...],
        pulls: tuple[tuple[int, Pull], ...],
    ) -> None:
        self.rule = rule
        self.mask = mask  # the inputs that need a gradient: bit i for input i
        self.names = names
        self.keep = keep  # has a node save them, where there are any
        self.numbers = numbers  # the places whose numbers are saved, not their shape alone
        self.pulls = pulls  # for each input that needs a gradient


@cache
def handing(wanted: tuple[str, ...], names: tuple[str, ...]) -> Callable[..., Any]:
    """Make what prepares a derivative: its arguments are looked up by place, as text can say."""
    places = {"g": "g", **{name: f"saved[{i}]" for i, name in enumerate(names)}}
    given = [places.get(each, f"parameters[{each!r}]") for each in wanted]
    prepare: Callable[..., Any] = eval(
        f"lambda function: lambda g, saved, parameters: function({', '.join(given)})"
    )
    return prepare


_NEVER = [0, 0]  # the cell of a Python number, which nobody can write to
_CELL = """
    if {it} is {raw}:
        of_{it} = NEVER
    else:
        of_{it} = {it}._writes
        if of_{it} is None:
            of_{it} = {it}._writes = [0, 0]"""


@cache
def keeping(many: int, saved: tuple[tuple[int, str], ...]) -> Callable[..., None] | None:
    """Write what has a node save places of its op, or the shapes or dtypes of what is there."""
    if not saved:
        return None
    its = [f"x{i}" for i in range(many)] + ["output"]  # −1 is the last
    raws = [f"raw{i}" for i in range(many)] + ["data"]
    kept = "".join(f"{raws[place]}{aspect and '.'}{aspect}, " for place, aspect in saved)
    watched = [place for place, aspect in saved if not aspect]
    cells = "".join(f"of_{its[place]}, " for place in watched)
    text = f"def keep(node, {', '.join([*its[:-1], *raws, its[-1]])}):\n    node.saved = ({kept})"
    text += "".join(_CELL.format(it=its[place], raw=raws[place]) for place in watched)
    text += f"\n    node.watched = ({cells})"
    if len(watched) == 1:  # often a number, as in x * 2
        text += f" if {cells[:-2]} is not NEVER else NO_CELLS"
    made: dict[str, Any] = {"__name__": __name__, "NEVER": _NEVER, "NO_CELLS": (_NEVER,)}
    exec(text, made)
    keep: Callable[..., None] = made["keep"]
    return keep
