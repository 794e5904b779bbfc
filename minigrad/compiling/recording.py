"""Watches one run of a function, and writes down the ops that it runs.

The run is an ordinary one, on real numbers: what it returns and what it does to the world are as
without any watching. If the function does something that cannot be repeated by compiled code,
such as reading a number, the recording notes the reason and gives up, and the run goes on.

To see who reads numbers, `Tensor._data` is a property as long as anybody records. It gives arrays
to the code that runs ops. All other code of the engine gets a `Shown`: its shape and dtype may be
asked for, and any other use is a read.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple, Self

import numpy as np

from minigrad.compiling import notices
from minigrad.compiling.guards import Contents, Watch, is_readers
from minigrad.compiling.notices import Refusal
from minigrad.compiling.program import Check, Op, Program, Value
from minigrad.compiling.shown import ASKING, FUNCTIONS, WRITING, Shown, computes
from minigrad.generator import Generator, stream
from minigrad.modes import Number, state
from minigrad.names import reader_frames
from minigrad.nn.functional.effects import Effect
from minigrad.recorder import module_called
from minigrad.rules import Elementwise, Row, Rule, Structured, sorting
from minigrad.tensor import Tensor

_SLOT: Any = Tensor.__dict__["_data"]


class _Property:
    """Stands in for the slot `Tensor._data` while somebody records."""

    def __get__(self, tensor: Tensor | None, kind: type) -> Any:
        if tensor is None:
            return self
        array = _SLOT.__get__(tensor, kind)
        recording = state.recorder
        if type(recording) is Recording:
            return recording.shown(tensor, array, sys._getframe(1))
        return array

    def __set__(self, tensor: Tensor, array: Any) -> None:
        recording = state.recorder
        if type(recording) is Recording:
            try:
                _SLOT.__get__(tensor)
            except AttributeError:  # it is being made
                recording.note_made(tensor)
        _SLOT.__set__(tensor, array._array if type(array) is Shown else array)


_lock = threading.Lock()
_recordings: list[Recording] = []  # those of all threads


def _watch() -> None:
    """Have `Tensor._data` watched as long as there are recordings."""
    type.__setattr__(Tensor, "_data", _Property() if _recordings else _SLOT)


class Leaf(NamedTuple):
    """How to make one of the tensors that a function returns."""

    source: Value | Tensor  # a result, an argument, or a tensor that was found elsewhere
    steps: tuple[tuple[Rule | None, dict[str, Any], bool], ...]

    # A step is a view, and whether it follows the history of what it shows; without a rule it
    # cuts the history off.


class Recording:
    """What a function did in one run, as a `Program`; or why it cannot be one."""

    def __init__(self, watch: Watch, arguments: Sequence[Tensor], names: Mapping[int, str]) -> None:
        self.refusal: Refusal | None = watch.refusal
        self.watch = watch
        self.program = Program([], [], [])
        self.late_checks: list[Check] = []  # those of numbers that were computed
        self._names = {**watch.named(), **names}  # by id of a tensor
        self._held: list[Any] = []  # so that no id is used twice
        self._values: dict[int, Value] = {}  # by id of a tensor
        self._twins: dict[int, Tensor] = {}  # by id of a detached tensor: what it shows
        self._made: set[int] = set()  # tensors that no op made: constants
        self._read: set[int] = set()  # those outside whose numbers were read
        self._arrays: dict[int, Value] = {}  # those read for a key, or drawn, by id of an array
        self._unused: set[int] = set()  # those of them that were in no key and no tensor
        self._written: set[int] = set()  # tensors that an effect writes to
        self._nodes: list[Any] = []
        self._tracked: set[int] = set()  # the outputs that a gradient comes back to
        self._watching = False
        self.arguments = arguments
        for each in arguments:
            if id(each) in watch.seen or id(each) in self._values:
                self.refuse(notices.SHARED)
            self.program.arguments.append(self._note(each))

    def __enter__(self) -> Self:
        self._random = _random_states(self.watch.seen.values())
        self._profiled = sys.getprofile()
        with _lock:
            _recordings.append(self)
            _watch()
        if self.refusal is None:
            self._watching = True
            state.recorder = self
            sys.setprofile(self._on_call)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._stop()
        with _lock:
            _recordings.remove(self)
            _watch()
        if self.refusal is not None or error is not None:
            return
        if _random_states(self.watch.seen.values()) != self._random:
            self.refuse(notices.DRAWS)
        if (what := self.watch.changed()) is not None:
            self.refuse(notices.changes(what))
        if self._unused:
            self.refuse(notices.READS)
        if any(node.hooks or node.retaining for node in self._nodes):
            self.refuse(notices.HOOKS)
        if self.program.effects and not self.program.indices_first():
            self.refuse(notices.KEEPS)

    def refuse(self, refusal: Refusal) -> None:
        """Give up, and say why."""
        if self.refusal is None:
            self.refusal = refusal.at(next(reader_frames(), None))
        self._stop()

    def _stop(self) -> None:
        if self._watching:
            self._watching = False
            state.recorder = None
            sys.setprofile(self._profiled)

    # Told by the engine --------------------------------------------------------------

    def add(
        self,
        rule: Rule,
        inputs: tuple[Tensor | Number, ...],
        parameters: dict[str, Any],
        output: Tensor,
    ) -> None:
        """Take down one op."""
        if not isinstance(rule, Elementwise | Row | Structured):
            return self.refuse(notices.FUNCTION)
        if rule is sorting.nonzero:  # how many there are
            return self.refuse(notices.READS)
        operands = tuple(
            self._value_of(each) if isinstance(each, Tensor) else each for each in inputs
        )
        if output._node is not None:
            self._nodes.append(output._node)
        mask = output._node.mask if output._node is not None else 0
        self._made.discard(id(output))
        made = self._note(output)
        parameters = {name: self._with_indices(each) for name, each in parameters.items()}
        self.program.ops.append(Op(rule, operands, parameters, made, mask, _place()))
        return None

    def wrote(self, tensor: Tensor, result: Tensor) -> None:
        """Give up: memory that is written to has another value at each point of the program."""
        self.refuse(notices.WRITES)

    def detached(self, tensor: Tensor, source: Tensor) -> None:
        """Know that `tensor` has the value of `source`."""
        self._values[id(tensor)] = self._value_of(source)
        self._twins[id(tensor)] = source
        self._made.discard(id(tensor))
        self._held.append(tensor)

    def checked(self, check: Any, inputs: tuple[Any, ...]) -> None:
        """Have numbers checked now, and again before each run of the program."""
        state.recorder = None
        try:
            check.function(*inputs)
        finally:
            state.recorder = self
        values = tuple(self._value_of(e) if isinstance(e, Tensor) else e for e in inputs)
        given = {id(each) for each in self.program.arguments}
        given |= {id(value) for value, _ in [*self.program.captured, *self.program.constants]}
        computed = [each for each in values if isinstance(each, Value) and id(each) not in given]
        if any(each.dtype.kind != "f" for each in computed):
            return self.refuse(notices.READS)  # a place in memory is checked before it is used
        for each in computed:
            self._give_out(each)
        (self.late_checks if computed else self.program.checks).append((check, values))
        return None

    def read_as(self, rule: Rule, tensor: Tensor, **parameters: Any) -> Any:
        """Read a tensor's numbers for a key, now and again in each run of the program."""
        array = rule.value(_SLOT.__get__(tensor), **parameters)
        if id(tensor) not in self._made:  # else they are the same each time
            self._take_down(rule, (self._value_of(tensor),), parameters, array)
        return array

    def did(self, effect: Effect, of: Tensor, given: tuple[Any, ...]) -> Any:
        """Do something now, and again in each run of the program."""
        written = [each for each in given if isinstance(each, Tensor)]
        for each in written:
            if id(each) in self._values or id(each) not in self.watch.seen:
                self.refuse(notices.KEEPS)
        array, inputs = _SLOT.__get__(of), (() if effect.draws else (self._value_of(of),))
        parameters = {"given": (np.empty_like(array), *given) if effect.draws else given}
        watching, state.recorder = state.recorder, None
        try:
            seen = self.watch.seen.values()
            drawn = effect.draws and _random_states(seen) != self._random
            made = effect.function(array, *given)
            if effect.draws and not drawn:  # by nobody else
                self._random = _random_states(seen)
        finally:
            state.recorder = watching
        self._take_down(effect, inputs, parameters, made)
        if not effect.draws:
            self._unused.discard(id(made))
        self._written.update(map(id, written))
        return made

    def _take_down(
        self, rule: Rule | Effect, inputs: tuple[Value, ...], parameters: dict[str, Any], array: Any
    ) -> None:
        """Take down what gave an array that is no tensor."""
        value = Value(array.shape, array.dtype)
        self.program.ops.append(Op(rule, inputs, parameters, value, place=_place()))
        self._arrays[id(array)] = value
        self._unused.add(id(array))
        self._held.append(array)

    def _with_indices(self, it: Any) -> Any:
        if type(it) is not tuple:
            return it
        self._unused.difference_update(map(id, it))
        return tuple(self._arrays.get(id(each), each) for each in it)

    def shown(self, tensor: Tensor, array: Any, frame: FrameType) -> Any:
        """Give an array to code that computes, and its shape to code that asks."""
        shared = frame.f_code is Tensor._array.__code__
        if shared and frame.f_back is not None:
            frame = frame.f_back
        if computes(frame):
            return array
        module = frame.f_globals.get("__name__", "")
        if frame.f_code.co_qualname in WRITING:
            self.refuse(notices.WRITES)
        elif id(tensor) in self._made and module.startswith(FUNCTIONS):
            return array  # a constant, such as a list of indices: the same numbers each time
        elif not shared and module.startswith(ASKING):
            return Shown(array, self, tensor)
        self.read(tensor, array)
        return array

    def read(self, tensor: Tensor, array: Any) -> None:
        """Know that numbers were read. The watch sees those of places and masks, as of lists."""
        if id(tensor) in self._written:  # it looks before the run, when they are others
            return self.refuse(notices.KEEPS)
        if array.dtype.kind not in "ib" or id(tensor) not in self.watch.seen:
            return self.refuse(notices.READS)
        if self._watching and id(tensor) not in self._read:
            self._read.add(id(tensor))
            state.recorder = None
            name = self._names.get(id(tensor), "a tensor")
            self.watch.holders.append(Contents(name, tensor))
            state.recorder = self
        return None

    def note_made(self, tensor: Tensor) -> None:
        """Know that a tensor was made during the run."""
        self._made.add(id(tensor))
        self._held.append(tensor)

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> None:
        """Notice code of the reader's that the watch has not found."""
        code = frame.f_code
        known = event != "call" or code in self.watch.codes
        if (
            not known
            and is_readers(code, frame.f_globals.get("__name__"))
            and not _in_kernel(frame)
        ):
            self.refuse(notices.unknown(f"the function {code.co_name}"))

    # What it was ---------------------------------------------------------------------

    def _note(self, tensor: Tensor) -> Value:
        array = _SLOT.__get__(tensor)
        name = tensor.name or self._names.get(id(tensor), "")
        value = Value(array.shape, array.dtype, name)
        self._values[id(tensor)] = value
        self._held.append(tensor)
        return value

    def _value_of(self, tensor: Tensor) -> Value:
        if id(tensor) in self._written:
            self.refuse(notices.KEEPS)
        value = self._values.get(id(tensor))
        if value is not None:
            return value
        drawn = self._arrays.get(id(_SLOT.__get__(tensor)))
        if drawn is not None:
            self._unused.discard(id(_SLOT.__get__(tensor)))
            self._values[id(tensor)] = drawn
            return drawn
        value = self._note(tensor)
        if id(tensor) in self._made:
            if tensor._requires_grad:
                self.refuse(notices.LEAF)
            self.program.constants.append((value, _SLOT.__get__(tensor)))
        else:
            if id(tensor) not in self.watch.seen:
                self.refuse(notices.LOST)
            self.program.captured.append((value, tensor))
        return value

    def returned(self, result: Any) -> Any:
        """Describe what the function returned: its tensors as `Leaf`, in their containers."""
        if isinstance(result, Tensor):
            return self._leaf(result)
        if type(result) in (tuple, list):
            return type(result)(map(self.returned, result))
        if type(result) is dict:
            return {key: self.returned(each) for key, each in result.items()}
        if isinstance(result, tuple) and hasattr(result, "_fields"):
            return type(result)(*map(self.returned, result))
        if not isinstance(result, bool | int | float | str | bytes | None | tuple):
            self.refuse(notices.returns(f"a {type(result).__name__}"))
        return result

    def _leaf(self, tensor: Tensor) -> Leaf:
        root, steps = self._way(tensor)
        value = self._value_of(root)
        for known, found in self.program.captured:
            if known is value:
                return Leaf(found, steps)
        if not any(each is value for each in self.program.arguments):
            self._give_out(value)
        if tensor.requires_grad:
            self._tracked.add(id(value))
        return Leaf(value, steps)

    def _give_out(self, value: Value) -> None:
        if not any(each is value for each in self.program.outputs):
            self.program.outputs.append(value)

    def _way(self, tensor: Tensor) -> tuple[Tensor, Any]:
        """Find whose memory a tensor shows, and which steps lead from there."""
        if tensor._view is not None:
            root, steps = self._way(tensor._view.base)
            tracked = tensor._view.tracked
            return root, (*steps, *((rule, which, tracked) for rule, which in tensor._view.steps))
        if id(tensor) in self._twins:
            root, steps = self._way(self._twins[id(tensor)])
            return root, (*steps, (None, {}, False))
        return tensor, ()

    def find_wanted(self) -> None:
        """Find what needs a gradient: arguments and captured tensors that lead to an output."""
        program, reached = self.program, set(self._tracked)
        program.tracked = [i for i, each in enumerate(program.outputs) if id(each) in reached]
        for op in reversed(program.ops):
            if id(op.output) in reached:
                reached |= {id(each) for i, each in enumerate(op.inputs) if op.mask >> i & 1}
        leaves = [*program.arguments, *(value for value, _ in program.captured)]
        program.wanted = [each for each in leaves if id(each) in reached]


def _random_states(seen: Iterable[Any]) -> list[Any]:
    """Where all streams of random numbers are: the common ones, and those among what is seen."""
    numpy = np.random.get_state(legacy=False)  # noqa: NPY002  # it is asked, not used
    states = [random.getstate(), repr(numpy), repr(stream(None).get_state().tolist())]
    for each in seen:
        if isinstance(each, Generator):
            states.append(repr(each.get_state().tolist()))
        elif isinstance(each, np.random.Generator):
            states.append(repr(each.bit_generator.state))
        elif isinstance(each, random.Random):
            states.append(each.getstate())
    return states


def _place() -> str:
    """Say where an op was asked for: the module, and the line."""
    module = module_called()
    frame = next(reader_frames(), None)
    line = notices.line_of(frame) if frame is not None else ""
    name = type(module).__name__ if module is not None else ""
    return ", ".join(filter(None, (name, line and f"line {line}")))


def _in_kernel(frame: FrameType | None) -> bool:
    """Whether a kernel is being loaded, compiled or run: that code is not the reader's."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("minigrad.kernels."):
            return True
        frame = frame.f_back
    return False
