"""The switches that say what is kept while a computation runs, one set for each thread."""

from __future__ import annotations

import contextvars
import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from minigrad.autograd.anomaly import detect_anomaly
    from minigrad.generator import Generator
    from minigrad.rules import Rule
    from minigrad.tensor import Tensor

Number = bool | int | float


def _silent() -> contextvars.Context:
    """Make a context in which NumPy does not warn of what floats do."""
    context = contextvars.Context()
    context.run(np.seterr, all="ignore")
    return context


# The one variable in it: where NumPy keeps what it warns of, and the value for nothing. To set it
# is what np.errstate does, without what it does around it.
((WARNINGS, NONE),) = _silent().items()


class Recorder(Protocol):
    """Whoever wants to be told of every op that is run (see `minigrad.record`)."""

    def add(
        self,
        rule: Rule,
        inputs: tuple[Tensor | Number, ...],
        parameters: dict[str, Any],
        output: Tensor,
    ) -> None:
        """Take down one op."""

    def wrote(self, tensor: Tensor, result: Tensor) -> None:
        """Take down that `tensor` now holds `result`'s value."""

    def detached(self, tensor: Tensor, source: Tensor) -> None:
        """Take down that `tensor` is `source` without its history."""

    def checked(self, check: Any, inputs: tuple[Any, ...]) -> None:
        """Make a check of numbers, now and whenever what was recorded is run again."""

    def did(self, effect: Any, of: Tensor, given: tuple[Any, ...]) -> Any:
        """Do what a layer does besides, now and whenever what was recorded is run again."""

    def read_as(self, rule: Rule, tensor: Tensor, **parameters: Any) -> Any:
        """Read the numbers of a tensor for the key of the op that comes next."""


class _State(threading.local):
    """The switches of one thread."""

    def __init__(self) -> None:
        # As silent as PyTorch, while the user's settings stay as they are.
        self.silently: Callable[..., Any] = _silent().run
        self.grad_enabled = True
        self.recorder: Recorder | None = None
        self.generator: Generator | None = None  # draws in the place of the default one
        self.anomaly: detect_anomaly | None = None  # has lines remembered, and looks for NaN

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        # What most ops ask is one question, because each look at a thread's own variable costs a
        # twentieth of an op: `silently` if ops are recorded and nobody watches them, else None.
        switches = vars(self)
        watched = switches.get("recorder") is not None or switches.get("anomaly") is not None
        plain = switches.get("grad_enabled") and not watched
        super().__setattr__("plainly", switches["silently"] if plain else None)


state = _State()
# How often any module was changed since the start: what it holds, its hooks, its mode. Who has
# looked at modules need not look again while this number stays.
module_changes = [0]


_GENERATOR = 0x20  # inspect.CO_GENERATOR, without the time that inspect takes to import


def is_grad_enabled() -> bool:
    """Whether ops on this thread are being recorded for a backward pass.

    As `torch.is_grad_enabled`.

    >>> import minigrad as mg
    >>> mg.is_grad_enabled()
    True
    """
    return state.grad_enabled


class _GradMode:
    """Sets whether ops are recorded, for a block or for a whole function, on this thread only."""

    mode: bool

    def __init__(self) -> None:
        # A stack, because one object may be entered again before it is left.
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(state.grad_enabled)
        state.grad_enabled = self.mode

    def __exit__(self, *error: object) -> None:
        state.grad_enabled = self._before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Set it whenever the decorated function, or a generator that it makes, runs."""

        @functools.wraps(function)
        def decorated(*inputs: Any, **keywords: Any) -> Any:
            with _Set(self.mode):  # each call its own: it may run on several threads
                return function(*inputs, **keywords)

        @functools.wraps(function)
        def generating(*inputs: Any, **keywords: Any) -> Any:
            generator = function(*inputs, **keywords)
            resume = functools.partial(generator.send, None)
            while True:
                try:
                    with _Set(self.mode):
                        made = resume()
                except StopIteration as end:
                    return end.value
                try:
                    resume = functools.partial(generator.send, (yield made))
                except GeneratorExit:
                    generator.close()
                    raise
                except BaseException as error:  # it is for the generator
                    resume = functools.partial(generator.throw, error)

        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        return generating if flags & _GENERATOR else decorated


class _Set(_GradMode):
    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = mode


class _Fixed(_GradMode):
    """A mode with a name; it decorates with brackets or without."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self, function: None = None) -> None:
        super().__init__()


class no_grad(_Fixed):
    """Switch recording off, for a block or for a whole function, on this thread only.

    As `torch.no_grad`.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    mode = False


class enable_grad(_Fixed):
    """Switch recording on again inside `no_grad`. As `torch.enable_grad`.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad(), mg.enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """

    mode = True


class set_grad_enabled(_Set):
    """Switch recording on or off: from now on, or for a block. As `torch.set_grad_enabled`.

    TypeError for anything but True or False.

    >>> import minigrad as mg
    >>> with mg.set_grad_enabled(False):
    ...     print(mg.is_grad_enabled())
    False
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled takes True or False, not {mode!r}.")
        super().__init__(mode)
        self._before.append(state.grad_enabled)
        state.grad_enabled = mode

    def __enter__(self) -> None:
        """Nothing is left to do: it was set when it was made."""

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """As a decorator it sets the mode while the function runs, and not before."""
        self.__exit__()
        return super().__call__(function)
