"""From a recorded program to compiled functions that run on memory planned for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from operator import is_
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from minigrad.compiling import memory
from minigrad.compiling.plan import Reading, results
from minigrad.compiling.program import Program
from minigrad.compiling.text import written
from minigrad.kernels.fuse import Fused, Nest
from minigrad.kernels.lazy import Lazy
from minigrad.modes import state
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor

Array = npt.NDArray[Any]


class Changed(Exception):
    """What was captured no longer has the shape or dtype that the program was built for."""


class Runner(Protocol):
    """A program ready to run. Raw data goes in and comes out; nothing here knows of graphs.

    `source` is its text. Captured tensors are read at each call; `Changed` if they no longer fit,
    before anything is written. `forward` and `step` are not for several threads at once.
    """

    source: str
    gradients: list[Array]

    def forward(self, arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        """Compute the outputs from the arguments' data, in fresh memory; and what `backward` needs.

        Outputs without dims are NumPy's numbers.
        """

    def backward(self, cotangents: Sequence[Any], kept: Any, again: bool) -> list[Any]:
        """Compute what comes to each wanted value, None where nothing can.

        There is a cotangent for each output; None stands for zeros. `again` says that there may
        be another way back from the same `kept`.
        """

    def step(self, arrays: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Make one step of training, with a learning rate for each group.

        It writes parameters, the optimizer's state and `gradients` in place.
        """


def program(program: Program, optimizer: Optimizer | None = None) -> Any:
    """Compile a program into a `Runner`: a function with a way back, or one step of training.

    ValueError where an update cannot be compiled. The optimizer must have stepped before, so that
    what it remembers has memory. ImportError without Numba.
    """
    # Rules compute with plain numbers too, where NumPy would warn.
    if optimizer is None:
        kinds = [(each.shape, each.dtype.kind) for each in program.outputs]
        loss = bool(program.wanted) and kinds == [((), "f")]
        return state.silently(_Loss if loss else _Function, program)
    return state.silently(_Training, program, optimizer)


class _Unit:
    """One compiled function and the memory that it works in."""

    def __init__(
        self, reading: Reading, name: str, fused: Fused, names: Mapping[Lazy, str],
        come: Sequence[Lazy], stay: Mapping[str, Array], rates: Sequence[str] = (),
        overwritten: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """`names` has the results' names; the arrays in `come` are brought by each call.

        `stay` has those that are there already. `rates` are numbers that the function takes.
        """
        self.reading = reading
        self.overwritten = {*overwritten}
        given = [*reading.arguments, *(lazy for lazy, _ in reading.arrays.values())]
        every = {**{each: each.extra for each in given}, **names}
        inner = {
            each: reading.name(reading.hint(each)) for each in fused.stored if each not in every
        }
        every |= inner
        left = [each for each in every if each not in {*come} and every[each] not in overwritten]
        left += [each for each in given if each.extra in overwritten]
        text = written(name, fused, every, come, left, rates)
        self.source, self.entry, self.whole = text.source, text.entry, text.whole
        order = {every[each]: i for i, each in enumerate(come)}
        places = [order[name] for name in text.come]
        self.pick = None if places == [*range(len(come))] else places
        self.stay = [every[each] for each in text.stay]
        self.arrays = {**memory.planned(fused, inner), **stay}
        self.names: list[str] = []  # of the tensors among what stays
        for each in self.stay:
            if each in reading.arrays:
                source = reading.arrays[each][1]
                if isinstance(source, Tensor):
                    self.names.append(each)
                else:
                    self.arrays[each] = memory.contiguous(source)
        self.tensors = [reading.arrays[each][1] for each in self.names]
        self.held: list[Any] = [None] * len(self.tensors)
        self.numbers = np.zeros(len(rates))
        self.table: Array = np.zeros(0, np.int64)
        if not self.names:  # then nothing would ever be seen to have changed
            self._bind([])

    def run(self, come: Sequence[Array], data: Sequence[Any] | None = None) -> None:
        """Run it on what a call brings, and on the data of its tensors, else on what is in them."""
        if self.tensors:
            if data is None:
                data = self.data()
            if not all(map(is_, data, self.held)):
                self._bind(data)
        if self.pick is not None:
            come = [come[i] for i in self.pick]
        if self.whole:
            self.entry(*come, self.table)
        else:
            arrays = [self.arrays[each] for each in self.stay]
            state.silently(self.entry, self.reading.calls, *come, *arrays, *self.numbers)

    def data(self) -> list[Any]:
        """What its tensors hold now."""
        return [tensor._data for tensor in self.tensors]

    def _bind(self, data: Sequence[Any]) -> None:
        """Note where the tensors' numbers are."""
        found = list(data)
        for i, (name, each) in enumerate(zip(self.names, data, strict=True)):
            like = self.reading.arrays[name][0]
            if each.shape != like.shape or each.dtype != like.dtype:
                raise Changed
            if name in self.overwritten:
                found[i] = self.tensors[i]._array()
                if not found[i].flags.carray:
                    raise Changed
        for i, (name, each) in enumerate(zip(self.names, found, strict=True)):
            array = self.arrays[name] = memory.contiguous(each)
            # Where that is a copy of an array, it is made anew for each call.
            self.held[i] = each if array is each or not isinstance(each, np.ndarray) else None
        table: list[int] = []
        for name in self.stay:
            table += [self.arrays[name].ctypes.data, *self.arrays[name].shape]
        self.table = np.array([*table, self.numbers.ctypes.data], np.int64)


class _Function:
    """A program with a way back."""

    gradients: list[Array] = []  # noqa: RUF012  # of a step alone

    def __init__(self, program: Program) -> None:
        reading = Reading(program)
        arguments, outputs = reading.arguments, reading.outputs
        starts, gradients = reading.way_back() if program.wanted else ([], [])
        found = results([each for each in gradients if each is not None], outputs)
        kept = reading.kept_for(found)
        copies = results(kept, outputs)
        names = {x: reading.name(f"y{i}" if i else "y") for i, x in enumerate(outputs)}
        self.outputs = memory.Results(names)
        hints = [reading.name(reading.hint(each)) for each in kept]
        names |= dict(zip(copies, hints, strict=True))
        self.kept = [partial(memory.fresh, each) for each in copies]
        fused = Fused(reading.pool, [*names])
        come = [*arguments, *self.outputs.come, *copies]
        self.forth = _Unit(reading, "forward", fused, names, come, self.outputs.stay)
        self.source = self.forth.source
        self.starts = starts
        self._lock = Lock()  # the way back may be walked on another thread
        self.reached = [each is not None for each in gradients]
        pairs = zip(gradients, program.wanted, strict=False)
        reached = [to for each, to in pairs if each is not None]
        self.back: _Unit | None = None
        ends = {
            each: reading.name(f"d_{to.name or 'x'}")
            for each, to in zip(found, reached, strict=True)
        }
        self.ends = memory.Results(ends)
        if found:
            back = {**dict(zip(kept, hints, strict=True)), **ends}
            back |= {each: each.extra for _, each in starts}
            fused = Fused(reading.pool, found, given=kept)
            come = [*arguments, *kept, *(each for _, each in starts), *self.ends.come]
            self.back = _Unit(reading, "backward", fused, back, come, self.ends.stay)
            self.source += f"\n\n\n{self.back.source}"

    def forward(self, arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        """Compute the outputs, and keep what the way back needs."""
        come = [*map(memory.whole, arrays)]
        made, kept = self.outputs.arrays(), [make() for make in self.kept]
        self.forth.run([*come, *made, *kept])
        return self.outputs.read(made), ([*come, *kept], self.back.data() if self.back else [])

    def backward(self, cotangents: Sequence[Any], kept: Any, again: bool) -> list[Any]:
        """Compute what comes to each wanted value."""
        come, data = kept
        given = [
            memory.fresh(each, 0) if cotangents[i] is None else memory.whole(cotangents[i])
            for i, each in self.starts
        ]
        made = self.ends.arrays()
        with self._lock:
            if self.back:
                self.back.run([*come, *given, *made], data)
            return _spread(self.ends.read(made), self.reached)


class _Loss:
    """A program that gives one number: its gradients are computed along with it.

    Then nothing else must be kept for the way back, and forward and backward share their loops.
    """

    gradients: list[Array] = []  # noqa: RUF012  # of a step alone

    def __init__(self, program: Program) -> None:
        reading = Reading(program)
        gradients = reading.backward({program.outputs[0]: reading.seed(program.outputs[0])})
        found = results((each for each in gradients if each is not None), reading.outputs)
        self.reached = [each is not None for each in gradients]
        loss = {reading.outputs[0]: reading.name("y")}
        pairs = zip(gradients, program.wanted, strict=True)
        reached = [to for each, to in pairs if each is not None]
        ends = {
            each: reading.name(f"d_{to.name or 'x'}")
            for each, to in zip(found, reached, strict=True)
        }
        self.loss, self.ends = memory.Results(loss), memory.Results(ends)
        names = loss | ends
        fused = Fused(reading.pool, [*names])
        come, stay = [*reading.arguments, *self.ends.come], self.loss.stay | self.ends.stay
        self.unit = _Unit(reading, "forward_and_backward", fused, names, come, stay)
        self.source = self.unit.source

    def forward(self, arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        """Compute the number, and its gradients, which wait for `backward`."""
        made = self.ends.arrays()
        self.unit.run([*map(memory.whole, arrays), *made])
        return self.loss.read([]), self.ends.read(made)

    def backward(self, cotangents: Sequence[Any], kept: Any, again: bool) -> list[Any]:
        """Give what was computed ahead, which whoever gets it may write to."""
        (g,) = cotangents
        if again or g != 1:
            kept = [state.silently(np.multiply, each, g, dtype=each.dtype) for each in kept]
        return _spread(kept, self.reached)


class _Training:
    """One step: forward, backward and update in one piece."""

    def __init__(self, program: Program, optimizer: Optimizer) -> None:
        reading = Reading(program)
        gradients = reading.backward({program.outputs[0]: reading.seed(program.outputs[0])})
        found = results((each for each in gradients if each is not None), reading.outputs)
        if len(found) < len(gradients):
            raise ValueError("a parameter gets no gradient")
        of = dict(program.captured)
        updates = reading.update(optimizer, [of[each] for each in program.wanted], found)
        names = {x: reading.name(f"y{i}" if i else "loss") for i, x in enumerate(reading.outputs)}
        self.results = memory.Results(names)
        wanted = zip(found, program.wanted, strict=True)
        slots = {each: reading.name(f"d_{to.name or 'w'}") for each, to in wanted}
        self.gradients = [memory.fresh(each, 0) for each in found]
        fused = Fused(reading.pool, [*names, *slots], [each for _, each in updates])
        _check_order(reading, fused, updates)
        self.unit = _Unit(
            reading, "step", fused, names | slots | {each: name for name, each in updates},
            [*reading.arguments, *self.results.come],
            {**self.results.stay, **dict(zip(slots.values(), self.gradients, strict=True))},
            [f"lr{i}" for i, _ in enumerate(optimizer.param_groups)],
            [name for name, _ in updates],
        )  # fmt: skip
        self.optimizer = optimizer
        self.remembered = [
            (self.unit.names.index(name), param, key)
            for name, (param, key) in reading.remembered.items() if name in self.unit.names
        ]  # fmt: skip
        self.params = [*dict.fromkeys(param for _, param, _ in self.remembered)]
        self.known: list[Any] = []
        self.rates: Sequence[float] = ()
        self.source = self.unit.source

    def step(self, arrays: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Make one step."""
        self._find_remembered()
        if rates != self.rates:
            self.rates, self.unit.numbers[:] = rates, rates
        made = self.results.arrays()
        self.unit.run([*map(memory.whole, arrays), *made])
        return self.results.read(made)

    def _find_remembered(self) -> None:
        """Look whether the optimizer still remembers by the same tensors."""
        state = self.optimizer.state
        held = (state.get(each, {}).items() for each in self.params)
        known = [*chain.from_iterable(chain.from_iterable(held))]
        if len(known) == len(self.known) and all(map(is_, known, self.known)):
            return
        for place, param, key in self.remembered:
            tensor = state.get(param, {}).get(key)
            if tensor is None:
                raise Changed
            self.unit.tensors[place] = tensor
        self.known = known


def _spread(found: Iterable[Any], reached: Iterable[bool]) -> list[Any]:
    """Put None where nothing comes."""
    left = iter(found)
    return [next(left) if each else None for each in reached]


def _check_order(reading: Reading, fused: Fused, updates: Sequence[tuple[str, Lazy]]) -> None:
    """Nothing may read what was overwritten before it."""
    for name, each in updates:
        array, home = reading.arrays[name][0], fused.home[each]
        assert isinstance(home, Nest)
        late = fused.statements[home.index + 1 :]
        if home.split is not None or any(isinstance(x, Nest) and array in x.reads for x in late):
            raise ValueError(f"the update of {name} reads what it has overwritten")
