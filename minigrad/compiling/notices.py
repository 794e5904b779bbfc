"""What is said where a function cannot be compiled, and so runs as it is."""

from __future__ import annotations

import linecache
import warnings
from dataclasses import dataclass
from types import FrameType

from minigrad.names import reader_frames, short


class CompileWarning(UserWarning):
    """A function that was to be compiled runs as it is: the numbers are right, the speed is not.

    minigrad's own.

    >>> import warnings
    >>> import minigrad as mg
    >>> half = mg.compile(lambda x: x / 2 if x > 1 else x)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     half(mg.tensor(4.0))
    tensor(2.)
    >>> caught[0].category
    <class 'minigrad.compiling.notices.CompileWarning'>
    """


@dataclass(frozen=True)
class Refusal:
    """Why a run cannot be repeated by compiled code, and where the reader's code asked for it."""

    reason: str
    way_out: str
    place: str = ""

    def at(self, frame: FrameType | None) -> Refusal:
        """The same, with the reader's line that is running now."""
        line = "" if frame is None else line_of(frame)
        return Refusal(self.reason, self.way_out, f"Line {line}." if line else "")


def line_of(frame: FrameType) -> str:
    """Name the line that a frame is at: its number and its text."""
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return f"{frame.f_lineno}: {short(text)}" if text else ""


READS = Refusal(
    "it reads the numbers of a tensor, and what follows may depend on them",
    "Compute with tensors instead: mg.where(condition, a, b) for an if, .sum() for a loop.",
)
WRITES = Refusal(
    "it writes to a tensor in place",
    "Compute a new tensor instead of changing one.",
)
DRAWS = Refusal(
    "it draws random numbers, and those must be new each time",
    "Draw outside, and give the numbers as an argument. Only dropout may draw inside.",
)
KEEPS = Refusal(
    "it draws numbers or keeps averages, as dropout and batch norm do, in a way that cannot be "
    "undone or looked at",
    "Use such a layer once in a call, and look at what it keeps, and at places that were computed, "
    "outside.",
)
FUNCTION = Refusal(
    "it uses an autograd.Function, or a module's hook, whose code cannot be read",
    "Leave it out of the compiled function.",
)
HOOKS = Refusal(
    "a tensor inside of it has a hook, or keeps its gradient",
    "Return the tensor, and ask for its gradient outside.",
)
LEAF = Refusal(
    "it makes a tensor that requires a gradient",
    "Make it outside, where its gradient can be read.",
)
LOST = Refusal(
    "it uses a tensor that is neither an argument nor found in what the function refers to",
    "Give it as an argument.",
)
SHARED = Refusal(
    "it is given a tensor that it also refers to by itself",
    "Give it as an argument only, or refer to it only.",
)


def changes(what: str) -> Refusal:
    """The function has an effect besides what it returns."""
    return Refusal(
        f"it changes {what}, which compiled code would do once and never again",
        "Return the new value, and keep it outside.",
    )


def unknown(what: str) -> Refusal:
    """The function uses something that nobody can watch for changes."""
    return Refusal(
        f"it uses {what}, and a change there would not be noticed",
        "Give what it needs as an argument.",
    )


def returns(what: str) -> Refusal:
    """Only tensors can be made again, and containers of them."""
    return Refusal(
        f"it returns {what}", "Return tensors: one, or several in a tuple, a list or a dict."
    )


RESTLESS = Refusal(
    "what it refers to was different each time, and it has been compiled often enough",
    "Give what changes as an argument, as a tensor.",
)


NOT_A_PARAMETER = Refusal("the loss has gradients for tensors that the optimizer does not have", "")
LATE = Refusal("the loss checks numbers that it has computed, before anything may change", "")
HOOKED = Refusal("a parameter has a hook, or was computed", "")
TWICE = Refusal("the optimizer has a parameter more than once", "")


def unreadable(error: str) -> Refusal:
    """The formula of an update has something in it that no loop can do."""
    return Refusal(f"its update() cannot be compiled ({error})", "")


NO_NUMBA = Refusal("Numba is not installed here", "The numbers are the same.")


def own_step(optimizer: str) -> Refusal:
    """Only the formula of an optimizer can be compiled, not a step that somebody wrote."""
    return Refusal(f"{optimizer} has a step() of its own", "Write its update() instead.")


WHOLE = "runs as it is, not compiled"
UPDATE = "is compiled, but the optimizer's step runs as it is"


def warn(who: str, what: str, refusal: Refusal) -> None:
    """Say it at the reader's line that called the compiled function."""
    frame = next(reader_frames())
    parts = (f"{who} {what}: {refusal.reason}.", refusal.place, refusal.way_out)
    warnings.warn_explicit(
        " ".join(filter(None, parts)),
        CompileWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
