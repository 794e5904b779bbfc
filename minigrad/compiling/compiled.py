"""`compile`: a function of tensors is watched once, and from then on runs as generated code."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from minigrad.compiling import notices
from minigrad.compiling.guards import Watch
from minigrad.compiling.notices import Refusal
from minigrad.compiling.recorded import Straight
from minigrad.compiling.recording import Recording
from minigrad.compiling.signature import Signature, argument_names, signature
from minigrad.compiling.training import Halves, Training, obstacle, step
from minigrad.compiling.unit import Changed
from minigrad.kernels.build import available
from minigrad.modes import state
from minigrad.optim import Optimizer
from minigrad.rules.indexing import OutsideError

VARIANTS = 9  # a signature is recorded once, and 8 times more when what the function sees changes
SIGNATURES = 256  # the oldest is forgotten; text that was compiled once stays compiled


def compile(fn: Callable[..., Any], optimizer: Optimizer | None = None) -> Compiled:
    """Turn a function of tensors into generated code that gives the same numbers, faster.

    `fn` takes tensors and returns a tensor, or several in a tuple, a list or a dict; a module
    will do as well. Call the result as you would call `fn`, and walk back from what it returns.
    With an `optimizer`, `fn` is a loss, and each call is a whole step of training: zero_grad,
    forward, backward and update. It returns the loss, detached.

    The first call with tensors of some shapes and dtypes runs `fn` as it is, and writes down the
    ops. Python code in `fn` runs then only: sizes and numbers that it read stay as they were
    until one of them changes, and then `fn` runs again. Where an op depends on the *numbers* in a
    tensor, on a random draw (but for dropout's) or on a write in place (but for the averages of
    batch norm), `fn` goes on running as it is, and a `CompileWarning` says which line is the
    reason.

    `source` of the result is the generated code; it says which arrays there are, and their shapes.
    With an optimizer the gradients' memory is used again by the next step. TypeError for what
    cannot be called. As `torch.compile`, whose second argument is another.

    >>> import minigrad as mg
    >>> def wave(x):
    ...     return (x * x + 1).sqrt().sum()
    >>> fast = mg.compile(wave)
    >>> x = mg.tensor([0.0, 1.0], requires_grad=True)
    >>> fast(x).backward()
    >>> x.grad
    tensor([0.0000, 0.7071])
    """
    if not callable(fn):
        raise TypeError(f"compile takes a function or a module, not a {type(fn).__name__}.")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer.")
    return Compiled(fn, optimizer)


Piece = Straight | Training | Halves


class Compiled:
    """What `mg.compile` returns: call it as you would call the function.

    minigrad's own.

    >>> import minigrad as mg
    >>> mg.compile(lambda x: x + 1)(mg.tensor(2.0))
    tensor(3.)
    """

    def __init__(self, fn: Callable[..., Any], optimizer: Optimizer | None) -> None:
        functools.update_wrapper(self, fn)
        self.fn = fn
        self.optimizer = optimizer
        self.name = getattr(fn, "__name__", None) or type(fn).__name__
        self._known: dict[Any, list[Piece]] = {}
        self._changes: dict[Any, int] = {}  # how often what was compiled no longer fitted
        self._eager: set[Any] = set()  # the signatures for which the function runs as it is
        self._told: set[Refusal] = set()
        self._last: Piece | None = None
        self._quick: Piece | None = None
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function, compiled where that gives the same."""
        quick = self._quick
        # Most calls are like the last one: given tensors alone, recorded, and watched by nobody.
        if quick is not None and not kwargs and state.plainly is not None:
            with self._lock:
                try:
                    if (made := quick.call(*args)) is not NotImplemented:
                        return made
                except Changed:
                    self._quick = None
                except OutsideError:  # the function itself will say so
                    pass
        if state.recorder is not None or state.anomaly is not None:
            return self._as_it_is(args, kwargs)  # whoever watches wants to see each op
        sign = signature(args, kwargs)
        with self._lock:
            for each in [*self._known.get(sign.key, ())]:
                try:
                    made = each.call(*sign.tensors)
                except Changed:
                    self._known[sign.key].remove(each)
                    self._changes[sign.key] = self._changes.get(sign.key, 0) + 1
                    continue
                except OutsideError:  # the function itself will say so
                    continue
                if made is not NotImplemented:
                    alone = len(sign.tensors) == len(args) and not kwargs
                    self._last = each
                    self._quick = each if alone and state.plainly is not None else None
                    return made
            if sign.key not in self._eager:
                return self._recorded(sign, args, kwargs)
        return self._as_it_is(args, kwargs)

    def _as_it_is(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.optimizer is None:
            return self.fn(*args, **kwargs)
        return step(lambda: self.fn(*args, **kwargs), self.optimizer)

    def _recorded(self, sign: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function as it is, watch it, and compile what it did."""
        if not available():
            self._refuse(sign, notices.NO_NUMBA)
            return self._as_it_is(args, kwargs)
        if VARIANTS in (len(self._known.get(sign.key, ())), self._changes.get(sign.key)):
            self._refuse(sign, notices.RESTLESS)
            return self._as_it_is(args, kwargs)
        names = argument_names(self.fn, args, kwargs)
        recording = Recording(Watch(self.fn, *sign.others), sign.tensors, names)
        result = made = None

        def watched() -> Any:
            nonlocal made
            with recording:
                made = self.fn(*args, **kwargs)
            return made

        result = watched() if self.optimizer is None else step(watched, self.optimizer)
        leaves = recording.returned(made)
        if signature(args, kwargs).key != sign.key:
            recording.refuse(notices.changes("its arguments"))
        if recording.refusal is not None:
            self._refuse(sign, recording.refusal)
        else:
            self._keep(sign, self._built(recording, leaves))
        return result

    def _built(self, recording: Recording, leaves: Any) -> Piece:
        recording.find_wanted()
        if self.optimizer is None:
            return Straight(recording, leaves, self.name)
        why = obstacle(recording, self.optimizer)
        if why is None:
            try:
                return Training(recording, self.optimizer)
            except ValueError as error:
                why = notices.unreadable(str(error))
        self._tell(notices.UPDATE, why)
        return Halves(Straight(recording, leaves, self.name), self.optimizer)

    def _keep(self, sign: Signature, made: Piece) -> None:
        self._known.setdefault(sign.key, []).append(made)
        self._last = made
        if len(self._known) > SIGNATURES:
            del self._known[next(iter(self._known))]

    def _refuse(self, sign: Signature, refusal: Refusal) -> None:
        self._eager.add(sign.key)
        self._tell(notices.WHOLE, refusal)

    def _tell(self, what: str, refusal: Refusal) -> None:
        if refusal not in self._told:
            self._told.add(refusal)
            notices.warn(self.name, what, refusal)

    @property
    def source(self) -> str:
        """The generated code. RuntimeError before the first call, and where there is none.

        >>> import minigrad as mg
        >>> mg.compile(lambda x: x).source
        Traceback (most recent call last):
            ...
        RuntimeError: <lambda> is not compiled yet: call it once, then ask again.
        """
        if self._last is None:
            raise RuntimeError(f"{self.name} is not compiled yet: call it once, then ask again.")
        return self._last.runner.source

    def __repr__(self) -> str:
        return f"<compiled {self.name}>"
