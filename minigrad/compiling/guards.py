"""What a function can see besides its arguments, and whether it is still as it was.

Code that was recorded once may be run again only while nothing that it depends on has changed:
closure cells, globals that the code names, defaults, attributes, and what is inside of those.
Numbers and strings are compared by value, tensors and other objects by identity, arrays by their
contents. Modules tell by one counter when any of them changes.
"""

from __future__ import annotations

import dis
import functools
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from operator import is_
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from minigrad.compiling import notices
from minigrad.compiling.notices import Refusal
from minigrad.compiling.script import SIMPLE, Script, same
from minigrad.generator import Generator
from minigrad.modes import module_changes
from minigrad.names import is_ours
from minigrad.nn.module import Module
from minigrad.tensor import Tensor

MOST = 20_000  # objects that are looked at
_RANDOM = ("random", "numpy.random")
_CLOCKS = {"time", "datetime", "secrets", "uuid"}
_ALL_NAMES = {"getattr", "vars", "__dict__", "setattr"}  # who uses these may see any attribute
_ALWAYS = {"forward", "__call__", "__getattr__", "__getitem__", "__init__", "__len__", "__iter__"}
_PATHS = ("stdlib", "platstdlib", "purelib", "platlib")
_LIBRARIES = tuple({os.path.realpath(sysconfig.get_path(each)) + os.sep for each in _PATHS})


@functools.cache
def _in_library(filename: str) -> bool:
    return filename.startswith("<frozen") or os.path.realpath(filename).startswith(_LIBRARIES)


def is_readers(code: CodeType, module: str | None) -> bool:
    """Whether code is the reader's own, not a library's."""
    module = module or ""
    made = module.startswith(("namedtuple_", "minigrad_kernels_"))  # nobody wrote these
    made = made or code.co_filename.startswith("<minigrad_kernels_")
    return not made and not is_ours(module) and not _in_library(code.co_filename)


class Holder:
    """Something that holds other things: what is in it now, and what was in it."""

    def __init__(self, name: str, items: Callable[[], Iterable[Any]], stamped: bool = False):
        self.name = name
        self.items = items
        self.stamped = stamped  # `module_changes` tells when it changes
        self.before = list(items())

    def holds(self) -> bool:
        """Whether it is as it was."""
        now = [*self.items()]
        return len(now) == len(self.before) and (
            all(map(is_, now, self.before)) or all(map(same, now, self.before))
        )


class Contents:
    """The numbers of an array, or of a tensor."""

    stamped = False

    def __init__(self, name: str, of: np.ndarray[Any, Any] | Tensor):
        self.name, self.of = name, of
        self.before = np.array(self._now())

    def _now(self) -> Any:
        return self.of._data if isinstance(self.of, Tensor) else self.of

    def holds(self) -> bool:
        """Whether they are as they were."""
        now, before = self._now(), self.before
        same = np.array_equal(now, before, equal_nan=before.dtype.kind == "f")
        return same and now.dtype == before.dtype


class Watch:
    """All that can be seen from some roots, and what it was when this was made."""

    def __init__(self, *roots: Any) -> None:
        self.names: set[str] = set()
        while True:  # the code that is found says which attributes matter
            known = set(self.names)
            self.refusal: Refusal | None = None
            self.seen: dict[int, Any] = {}
            self.codes: set[CodeType] = set()
            self.holders: list[Holder | Contents] = []
            self._slots: list[tuple[Any, str | None, Any]] = []  # cells, or dicts with a name
            self._variables: list[tuple[str, Any]] = []
            for root in roots:
                self._variables += [("", root), ("self", getattr(root, "__self__", None))]
                self._visit(root, "the function")
            if self.names == known:
                break
        self.stamp = module_changes[0]

    def named(self) -> dict[int, str]:
        """What the function calls the tensors that it can see, by id: w, or model.0.weight."""
        found: dict[int, str] = {}
        for name, value in self._variables:
            if isinstance(value, Tensor):
                found.setdefault(id(value), name)
            elif isinstance(value, Module):
                for inner, each in (*value.named_parameters(name), *value.named_buffers(name)):
                    found.setdefault(id(each), inner)
        return found

    def changed(self) -> str | None:
        """Name the first thing that is not as it was."""
        for place, name, value in self._slots:
            if not same(_now(place, name), value):
                return name or "a variable of the function around it"
        return next((each.name for each in self.holders if not each.holds()), None)

    def write(self, script: Script) -> None:
        """Have a script go on only while all is as it was."""
        watch = script.name(self)
        script.unless(f"{script.name(module_changes)}[0] == {watch}.stamp or {watch}.renewed()")
        for place, name, value in self._slots:
            now = "cell_contents" if name is None else f"get({name!r})"
            script.unless_same(f"{script.name(place)}.{now}", value)
        for each in self.holders:
            if not each.stamped:
                script.unless(f"{script.name(each.holds)}()")

    def renewed(self) -> bool:
        """Whether what modules hold is as it was, although some module has changed."""
        stamp = module_changes[0]
        if not all(each.holds() for each in self.holders if each.stamped):
            return False
        self.stamp = stamp
        return True

    # Looking around ------------------------------------------------------------------

    def _refuse(self, refusal: Refusal) -> None:
        self.refusal = self.refusal or refusal

    def _visit(self, value: Any, name: str) -> None:
        waiting = [(value, name)]
        while waiting:
            value, name = waiting.pop()
            if isinstance(value, SIMPLE) or id(value) in self.seen:
                continue
            self.seen[id(value)] = value
            if len(self.seen) > MOST:
                self._refuse(notices.unknown(f"more than {MOST} things"))
                return
            waiting.extend(self._inside(value, name))

    def _hold(self, holder: Holder) -> Iterator[tuple[Any, str]]:
        self.holders.append(holder)
        return ((each, holder.name) for each in holder.before)

    def _inside(self, value: Any, name: str) -> Iterable[tuple[Any, str]]:
        """Note what `value` holds now, and list it."""
        if isinstance(value, Tensor):
            return ()
        if isinstance(value, Generator) or type(value).__module__.startswith(_RANDOM):
            self._refuse(notices.unknown(f"{name}, which draws random numbers"))
            return ()
        if isinstance(value, Module):
            attributes = vars(value)
            for each in ("_kinds", "_transient", "_hooks"):  # these change together with it
                self.seen[id(attributes[each])] = attributes[each]
            held = self._hold(Holder(name, attributes.values, stamped=True))
            hooks = (each[1] for each in value._hooks.values())
            self.holders.append(Holder(name, value._hooks.values, stamped=True))
            pairs = ((each, name) for each in hooks)
            return [*held, *pairs, *self._of_class(type(value), name)]
        if isinstance(value, FunctionType):
            return self._of_function(value)
        if isinstance(value, MethodType):
            return [(value.__self__, name), (value.__func__, name)]
        if isinstance(value, functools.partial):
            return [(each, name) for each in (value.func, value.args, value.keywords)]
        if isinstance(value, dict):
            items = lambda: (each for pair in value.items() for each in pair)  # noqa: E731
            return self._hold(Holder(name, items))
        if isinstance(value, tuple):
            return [(each, name) for each in value]
        if isinstance(value, list | set | frozenset):
            return self._hold(Holder(name, value.__iter__))
        if isinstance(value, np.ndarray):
            self.holders.append(Contents(name, value))
            return ()
        if isinstance(value, ModuleType):
            return self._of_python_module(value)
        if isinstance(value, type):
            return self._of_class(value, name)
        if isinstance(value, property):
            return [(each, name) for each in (value.fget, value.fset)]
        if hasattr(value, "__next__"):
            self._refuse(notices.unknown(f"{name}, which gives something else each time"))
            return ()
        return self._of_object(value, name)

    def _of_object(self, value: Any, name: str) -> Iterable[tuple[Any, str]]:
        if getattr(value, "__module__", None) in _CLOCKS:
            self._refuse(notices.unknown("a clock"))
        inner = [(getattr(value, each, None), name) for each in ("__wrapped__", "__func__", "func")]
        kind = type(value)
        if is_ours(kind.__module__) or not hasattr(value, "__dict__"):
            slots = [each for each in getattr(kind, "__slots__", ()) if isinstance(each, str)]
            if is_ours(kind.__module__) or not slots:
                if hasattr(kind, "__getitem__") and not isinstance(value, range):
                    self._refuse(notices.unknown(f"{name}, a {kind.__name__} that may change"))
                return inner
            get: Callable[[], list[Any]] = lambda: [getattr(value, each, None) for each in slots]  # noqa: E731
        else:
            attributes = vars(value)
            path = getattr(sys.modules.get(kind.__module__), "__file__", None)
            if path is not None and _in_library(path):  # whose code asks for what it likes
                get = lambda: list(attributes.values())  # noqa: E731
            else:
                get = lambda: self._named(attributes)  # noqa: E731
        return [*inner, *self._hold(Holder(name, get)), *self._of_class(kind, name)]

    def _named(self, attributes: Any) -> list[Any]:
        """Pick the attributes that the code can ask for."""
        if self.names & _ALL_NAMES:
            return list(attributes.values())
        wanted = self.names | _ALWAYS
        return [each for name, each in list(attributes.items()) if name in wanted]

    def _of_class(self, kind: type, name: str) -> list[tuple[Any, str]]:
        found: list[tuple[Any, str]] = []
        for each in kind.__mro__:
            if not is_ours(each.__module__) and each.__module__ != "builtins":
                get = functools.partial(self._named, each.__dict__)
                found += self._hold(Holder(each.__name__, get))
        return found

    def _of_python_module(self, module: ModuleType) -> Iterable[tuple[Any, str]]:
        name = module.__name__
        if name in _CLOCKS:
            self._refuse(notices.unknown("a clock"))
        path = getattr(module, "__file__", None)
        if is_ours(name) or path is None or _in_library(path):
            return ()
        return self._hold(Holder(name, functools.partial(self._named, vars(module))))

    def _of_function(self, function: FunctionType) -> Iterator[tuple[Any, str]]:
        code, name = function.__code__, function.__name__
        yield getattr(function, "__wrapped__", None), name
        for cell, variable in zip(function.__closure__ or (), code.co_freevars, strict=True):
            try:
                if is_ours(function.__module__) and isinstance(cell.cell_contents, set):
                    continue  # where our own code notes what it has met
                yield from self._slot(cell, None, variable)
            except ValueError:  # it is empty
                self._refuse(notices.unknown(f"{variable}, which has no value yet"))
        yield (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()), name
        if is_readers(code, function.__module__):
            for each in _codes(code):
                self.codes.add(each)
                self.names.update(each.co_names)
                for variable in _globals(each):
                    if variable in function.__globals__:
                        yield from self._slot(function.__globals__, variable, variable)
                    else:  # a builtin, until a global takes its name
                        self._slots.append((function.__globals__, variable, None))

    def _slot(self, place: Any, name: str | None, called: str) -> Iterator[tuple[Any, str]]:
        value = _now(place, name)
        self._slots.append((place, name, value))
        self._variables.append((called, value))
        yield value, called


def _now(place: CellType | dict[str, Any], name: str | None) -> Any:
    return place.cell_contents if isinstance(place, CellType) else place.get(name or "")


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions that are made in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _globals(code: CodeType) -> set[str]:
    return {
        each.argval
        for each in dis.get_instructions(code)
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
