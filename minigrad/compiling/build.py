"""From a recorded program to compiled functions that run on memory planned for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    before anything is written. Not for several threads at once.
    """

    source: str
    gradients: list[Array]

    def forward(self, arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        """Compute the outputs from the arguments' data, in fresh memory; and what `backward` needs.

        Outputs without dims are NumPy's numbers.
        """

    def backward(self, cotangents: Sequence[Any], kept: Any) -> list[Any]:
        """Compute what comes to each wanted value, None where nothing can.

        There is a cotangent for each output; None stands for zeros.
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
        come: Sequence[Lazy], numbers: Sequence[str] = (), overwritten: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """`names` has the results' names; the arrays in `come` are brought by each call."""
        self.reading = reading
        self.overwritten = {*overwritten}
        given = [*reading.arguments, *(lazy for lazy, _ in reading.arrays.values())]
        every = {**{each: each.extra for each in given}, **names}
        inner = {
            each: reading.name(reading.hint(each)) for each in fused.stored if each not in every
        }
        every |= inner
        stay = [each for each in every if each not in {*come} and every[each] not in overwritten]
        stay += [each for each in given if each.extra in overwritten]
        self.text = written(name, fused, every, come, stay, numbers)
        order = {every[each]: i for i, each in enumerate(come)}
        self.places = [order[name] for name in self.text.come]
        self.stay = [every[each] for each in self.text.stay]
        self.arrays = memory.planned(fused, inner)
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
        self.table: Array = np.zeros(0, np.int64)
        if not self.names:  # then nothing would ever be seen to have changed
            self._bind([])

    def run(self, come: Sequence[Array], data: Sequence[Any], numbers: Any) -> None:
        """Run it on what a call brings, and on the data of its tensors."""
        for each, held in zip(data, self.held):  # noqa: B905  # each check costs as much as a call
            if each is not held:
                self._bind(data)
                break
        direct = [come[i] for i in self.places]
        if self.text.whole:
            self.text.entry(*direct, self.table, numbers)
        else:
            arrays = [self.arrays[each] for each in self.stay]
            state.silently(self.text.entry, self.reading.calls, *direct, *arrays, *numbers)

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
        self.table = np.array(table, np.int64)


_NO_NUMBERS = np.zeros(0)


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
        self.outputs = [(reading.name(f"y{i}" if i else "y"), x) for i, x in enumerate(outputs)]
        hints = [reading.name(reading.hint(each)) for each in kept]
        self.kept = list(zip(hints, copies, strict=True))
        names = {each: name for name, each in (*self.outputs, *self.kept)}
        fused = Fused(reading.pool, [*names])
        self.fresh = memory.Fresh(names)
        self.forth = _Unit(reading, "forward", fused, names, [*arguments, *names])
        self.source = self.forth.text.source
        self.starts = [(i, each.extra, each) for i, each in starts]
        self.reached = [each is not None for each in gradients]
        pairs = zip(gradients, program.wanted, strict=False)
        reached = [to for each, to in pairs if each is not None]
        self.back: _Unit | None = None
        self.made_fresh = memory.Fresh(found)
        if found:
            back = {each: name for each, (name, _) in zip(kept, self.kept, strict=True)}
            back |= {each: name for _, name, each in self.starts}
            for each, to in zip(found, reached, strict=True):
                back[each] = reading.name(f"d_{to.name or 'x'}")
            fused = Fused(reading.pool, found, given=kept)
            come = [*arguments, *kept, *(each for *_, each in self.starts), *found]
            self.back = _Unit(reading, "backward", fused, back, come)
            self.source += f"\n\n\n{self.back.text.source}"

    def forward(self, arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        """Compute the outputs, and keep what the way back needs."""
        come = [memory.whole(each) for each in arrays]
        made = self.fresh.arrays()
        self.forth.run([*come, *made], self.forth.data(), _NO_NUMBERS)
        many = len(self.outputs)
        kept = [*come, *made[many:]], self.back.data() if self.back else []
        return [each[()] for each in made[:many]], kept

    def backward(self, cotangents: Sequence[Any], kept: Any) -> list[Any]:
        """Compute what comes to each wanted value."""
        come, data = kept
        given = [
            memory.fresh(each, 0) if cotangents[i] is None else memory.whole(cotangents[i])
            for i, _, each in self.starts
        ]
        made = self.made_fresh.arrays()
        if self.back:
            self.back.run([*come, *given, *made], data, _NO_NUMBERS)
        left = iter(made)
        return [next(left)[()] if each else None for each in self.reached]


class _Loss:
    """A program that gives one number: its gradients are computed along with it.

    Then nothing must be kept for the way back, and forward and backward share their loops. A way
    back that starts from another number than 1 runs again from there.
    """

    gradients: list[Array] = []  # noqa: RUF012  # of a step alone

    def __init__(self, program: Program) -> None:
        reading = Reading(program)
        ((_, start),), gradients = reading.way_back()
        found = results((each for each in gradients if each is not None), reading.outputs)
        self.reached = [each is not None for each in gradients]
        names = {start: start.extra, reading.outputs[0]: reading.name("y")}
        pairs = zip(gradients, program.wanted, strict=True)
        reached = [to for each, to in pairs if each is not None]
        for each, to in zip(found, reached, strict=True):
            names[each] = reading.name(f"d_{to.name or 'x'}")
        self.fresh = memory.Fresh([reading.outputs[0], *found])
        fused = Fused(reading.pool, [reading.outputs[0], *found])
        come = [*reading.arguments, *names]
        self.unit = _Unit(reading, "forward_and_backward", fused, names, come)
        self.one = memory.fresh(start, 1)
        self.source = self.unit.text.source

    def forward(self, arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        """Compute the number, and its gradients, which wait for `backward`."""
        come, data = [memory.whole(each) for each in arrays], self.unit.data()
        y, *gradients = self._run(come, data, self.one)
        return [y[()]], [come, data, gradients]

    def backward(self, cotangents: Sequence[Any], kept: Any) -> list[Any]:
        """Give what was computed ahead; but only once, since it may be written to."""
        come, data, gradients = kept
        (g,) = cotangents
        kept[2] = None
        if gradients is None or g is None or g != 1:
            g = memory.whole(0 * self.one if g is None else g)
            gradients = self._run(come, data, g)[1:]
        left = iter(gradients)
        return [next(left)[()] if each else None for each in self.reached]

    def _run(self, come: Sequence[Array], data: Sequence[Any], start: Array) -> list[Array]:
        made = self.fresh.arrays()
        self.unit.run([*come, start, *made], data, _NO_NUMBERS)
        return made


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
        self.fresh = memory.Fresh(names)
        wanted = zip(found, program.wanted, strict=True)
        slots = {each: reading.name(f"d_{to.name or 'w'}") for each, to in wanted}
        self.gradients = [memory.fresh(each, 0) for each in found]
        fused = Fused(reading.pool, [*names, *slots], [each for _, each in updates])
        _check_order(reading, fused, updates)
        rates = [f"lr{i}" for i, _ in enumerate(optimizer.param_groups)]
        self.unit = _Unit(
            reading, "step", fused, names | slots | {each: name for name, each in updates},
            [*reading.arguments, *names], rates, [name for name, _ in updates],
        )  # fmt: skip
        self.unit.arrays |= dict(zip(slots.values(), self.gradients, strict=True))
        self.optimizer = optimizer
        self.remembered = [
            (name, param, key) for name, (param, key) in reading.remembered.items()
            if name in self.unit.names
        ]  # fmt: skip
        self.rates: Sequence[float] = ()
        self.numbers = np.zeros(len(rates))
        self.source = self.unit.text.source

    def step(self, arrays: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Make one step."""
        for name, param, key in self.remembered:
            tensor = self.optimizer.state.get(param, {}).get(key)
            if tensor is None:
                raise Changed
            self.unit.tensors[self.unit.names.index(name)] = tensor
        if rates != self.rates:
            self.rates, self.numbers[:] = rates, rates
        made = self.fresh.arrays()
        come = [*map(memory.whole, arrays), *made]
        self.unit.run(come, self.unit.data(), self.numbers)
        return [each[()] for each in made]


def _check_order(reading: Reading, fused: Fused, updates: Sequence[tuple[str, Lazy]]) -> None:
    """Nothing may read what was overwritten before it."""
    for name, each in updates:
        array, home = reading.arrays[name][0], fused.home[each]
        assert isinstance(home, Nest)
        late = fused.statements[home.index + 1 :]
        if home.split is not None or any(isinstance(x, Nest) and array in x.reads for x in late):
            raise ValueError(f"the update of {name} reads what it has overwritten")
