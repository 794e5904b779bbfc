"""What a widget has to know of the kernel: which cell runs, and which threads come in."""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import ref

from IPython.core.getipython import get_ipython

# By cell: the message that ran it last, and what it made then and the time before, in order.
_made: dict[str, tuple[str, list[Any], list[Any]]] = {}


def locked(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let one thread at a time into the widget: callbacks may come while a cell runs."""

    @functools.wraps(method)
    def entered(self: Any, *args: Any, **keywords: Any) -> Any:
        with self._lock:
            return method(self, *args, **keywords)

    return entered


def at_end_of_cell(act: Callable[[Any], None]) -> None:
    """Call `act` once, with IPython's result of the cell that runs now, when that has ended.

    Without a notebook it is never called.
    """
    shell = get_ipython()
    if shell is None:
        return

    def once(result: Any) -> None:
        shell.events.unregister("post_run_cell", once)
        act(result)

    shell.events.register("post_run_cell", once)


def hear_while_busy(widget: Any) -> None:
    """Let the page choose the thread in which the kernel hears this widget.

    ipykernel 7.4 takes for it the thread that last spoke for the widget. That is mostly the main
    one, where what the page says would wait for the end of a running cell. To be called whenever
    the kernel has spoken.
    """
    with suppress(AttributeError):
        del widget.comm._reply_subshell_id


def predecessor(made: Any) -> Any:
    """Note that the cell made this; return what it made in its place when it last ran, or None.

    Front ends that do not tell which cell runs get None each time.
    """
    kernel = getattr(get_ipython(), "kernel", None)
    message = kernel.get_parent("shell") if kernel else {}
    cell = message.get("metadata", {}).get("cellId")
    if not cell:
        return None
    run = message["header"]["msg_id"]
    last_run, now, before = _made.get(cell, ("", [], []))
    if run != last_run:
        now, before = [], now
        _made[cell] = run, now, before
    now.append(ref(made))
    return before[len(now) - 1]() if len(now) <= len(before) else None
