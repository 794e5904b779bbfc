"""What the reader calls a tensor: the variable that holds it.

Looking is done only when a graph is shown or an error is raised, never while computing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

# Their frames are not the reader's.
_OURS = ("minigrad", "minigrad_widgets", "ipywidgets", "traitlets", "anywidget", "copy", "numpy")


def reader_frames() -> Iterator[FrameType]:
    """Walk the frames that called us, from the inside out, without our own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not is_ours(frame.f_globals.get("__name__", "")):
            yield frame
        frame = frame.f_back


def is_ours(module: str) -> bool:
    """Whether code of this module is not the reader's."""
    return module.partition(".")[0] in _OURS


def variables(frames: Iterator[FrameType]) -> Iterator[tuple[str, Any]]:
    """List the reader's variables, the nearest first; names that start with _ are not theirs.

    It ends at the first module's own frame: in a notebook that is the cell.
    """
    for frame in frames:
        seen: set[str] = set()
        namespaces: list[Mapping[str, Any]] = [frame.f_locals]
        if frame.f_globals is not frame.f_locals:
            namespaces.append(frame.f_globals)
        for namespace in namespaces:
            for name, value in list(namespace.items()):
                if not name.startswith("_") and name not in seen:
                    seen.add(name)
                    yield name, value
                    yield from _parts(name, value)
        if frame.f_code.co_name == "<module>":
            return


def _parts(name: str, value: Any) -> list[tuple[str, Any]]:
    """List a model's parameters and modules, as model.0.weight and model.0."""
    if not hasattr(type(value), "named_parameters"):
        return []
    try:
        return [*value.named_parameters(prefix=name), *value.named_modules(prefix=name)]
    except Exception:  # it is still being made, or the reader's own code fails: then no names
        return []


def named(frames: Iterator[FrameType]) -> dict[int, str]:
    """What variables call tensors and modules, by id; a tensor's node has its name as well."""
    names: dict[int, str] = {}
    for variable, value in variables(frames):
        if hasattr(type(value), "grad_fn"):
            names.setdefault(id(value), variable)
            if value.grad_fn is not None:
                names.setdefault(id(value.grad_fn), variable)
            elif value.grad is not None:
                names.setdefault(id(value.grad), f"{variable}.grad")
        elif hasattr(type(value), "named_modules"):
            names.setdefault(id(value), variable)
    return names


# What XML forbids (control characters, lone surrogates, two non-characters), and what turns
# the direction of reading round.
_ILLEGIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
LONGEST = 60  # characters; nobody wants to read or hear 10,000


def legible(text: str) -> str:
    """Return `text` as one line that XML, JSON and a reader can take, with � for all else."""
    return _ILLEGIBLE.sub("�", " ".join(text.split()))


def short(name: str) -> str:
    """Make a name fit for a sentence, whatever it is made of."""
    name = legible(name)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def called(tensor: Any, unknown: str = "this tensor") -> str:
    """Return a tensor's own name, or its variable's, or else `unknown`: for code, nothing."""
    if tensor.name:
        return short(str(tensor.name))
    for name, value in variables(reader_frames()):
        if value is tensor:
            return name
    return unknown
