"""From a recorded program to compiled functions that run on memory planned for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from minigrad.compiling import memory
from minigrad.compiling.plan import Reading, results
from minigrad.compiling.program import Program
from minigrad.compiling.script import Script, listed
from minigrad.compiling.unit import Changed, Unit
from minigrad.graph import count_write
from minigrad.kernels.fuse import Fused, Nest
from minigrad.kernels.lazy import Lazy
from minigrad.modes import state
from minigrad.optim import Optimizer

Array = npt.NDArray[Any]


class Runner(Protocol):
    """A program ready to run. Raw data goes in and comes out; nothing here knows of graphs.

    `source` is its text. Captured tensors are read at each call; `Changed` if they no longer fit,
    before anything is written. `forward` and `step` are not for several threads at once.
    """

    source: str
    gradients: list[Array]
    wrong: Array  # one number: how many of those that are checked were wrong

    def forward(self, *arrays: Any) -> tuple[Sequence[Any], Any]:
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


class _Function:
    """A program with a way back."""

    gradients: list[Array] = []  # noqa: RUF012  # of a step alone

    def __init__(self, program: Program) -> None:
        reading = Reading(program)
        arguments, outputs = reading.arguments, reading.outputs
        self.starts, gradients = reading.way_back() if program.wanted else ([], [])
        ends = _ends(reading, gradients)
        kept = reading.kept_for(ends)
        copies = results(kept, outputs)
        y = {x: reading.name(f"y{i}" if i else "y") for i, x in enumerate(outputs)}
        hints = [reading.name(reading.hint(each)) for each in kept]
        names, made = y | dict(zip(copies, hints, strict=True)), memory.Results(y)
        fused = Fused(reading.pool, [*reading.effects, *names])
        come = [*arguments, *made.come, *copies]
        forth = Unit(reading, "forward", fused, names, come, made.stay, checked=True)
        self.source, self.wrong = forth.source, forth.wrong

        script = Script()
        given = memory.take(script, arguments)
        fresh, held = memory.make(script, "y", made.come), memory.make(script, "k", copies)
        script.add(f"{script.name(forth.run)}({listed([*given, *fresh, *held])})")
        found = listed(made.read(script, fresh)), listed([*given, *held])

        made, data = memory.Results(ends), "None"
        back = Script()
        fresh = memory.make(back, "d", made.come)
        if ends:
            names = {**dict(zip(kept, hints, strict=True)), **ends}
            names |= {each: each.extra for _, each in self.starts}
            fused = Fused(reading.pool, [*ends], given=kept)
            come = [*arguments, *kept, *(each for _, each in self.starts), *made.come]
            unit = Unit(reading, "backward", fused, names, come, made.stay)
            self.source += f"\n\n\n{unit.source}"
            data = f"{script.name(unit.data)}()"
            back.add(f"{back.name(unit.run)}([*come, {', '.join(fresh)}], data)")
        back.add(f"return {listed(_spread(made.read(back, fresh), gradients))}")
        self._back = back.function("back(come, data)")
        self._lock = Lock()  # the way back may be walked on another thread
        script.add(f"return {found[0]}, ({found[1]}, {data})")
        self.forward = script.function(f"forward({_data(arguments)})")

    def backward(self, cotangents: Sequence[Any], kept: Any, again: bool) -> list[Any]:
        """Compute what comes to each wanted value."""
        come, data = kept
        given = [
            memory.fresh(each, 0) if cotangents[i] is None else memory.whole(cotangents[i])
            for i, each in self.starts
        ]
        with self._lock:
            found: list[Any] = self._back([*come, *given], data)
        return found


class _Loss:
    """A program that gives one number: its gradients are computed along with it.

    Then nothing else must be kept for the way back, and forward and backward share their loops.
    """

    gradients: list[Array] = []  # noqa: RUF012  # of a step alone

    def __init__(self, program: Program) -> None:
        reading = Reading(program)
        (y,) = reading.outputs
        gradients = reading.backward({program.outputs[0]: reading.seed(program.outputs[0])})
        loss = {y: reading.name("y")}
        ends = _ends(reading, gradients)
        first, made = memory.Results(loss), memory.Results(ends)
        unit = Unit(
            reading, "forward_and_backward", Fused(reading.pool, [*reading.effects, y, *ends]),
            loss | ends,
            [*reading.arguments, *made.come], first.stay | made.stay, checked=True,
        )  # fmt: skip
        self.source, self.wrong = unit.source, unit.wrong
        script = Script()
        given = memory.take(script, reading.arguments)
        fresh = memory.make(script, "d_", made.come)
        script.add(f"{script.name(unit.run)}({listed([*given, *fresh])})")
        found = _spread(made.read(script, fresh), gradients)
        script.add(f"return {listed(first.read(script, []))}, {listed(found)}")
        self.forward = script.function(f"forward({_data(reading.arguments)})")

    def backward(self, cotangents: Sequence[Any], kept: Any, again: bool) -> list[Any]:
        """Give what was computed ahead, which whoever gets it may write to."""
        (g,) = cotangents
        if not again and g == 1:
            found: list[Any] = kept
            return found
        scaled = partial(state.silently, np.multiply, g)
        return [None if each is None else scaled(each, dtype=each.dtype) for each in kept]


class _Training:
    """One step: forward, backward and update in one piece."""

    def __init__(self, program: Program, optimizer: Optimizer) -> None:
        reading = Reading(program)
        gradients = reading.backward({program.outputs[0]: reading.seed(program.outputs[0])})
        if any(each is None for each in gradients):
            raise ValueError("a parameter gets no gradient")
        ends = _ends(reading, gradients)
        found = [*ends]
        of = dict(program.captured)
        updates = reading.update(optimizer, [of[each] for each in program.wanted], found)
        loss = {x: reading.name(f"y{i}" if i else "loss") for i, x in enumerate(reading.outputs)}
        made = memory.Results(loss)
        self.gradients = [memory.fresh(each, 0) for each in ends]
        fused = Fused(reading.pool, [*reading.effects, *loss, *ends], [each for _, each in updates])
        _check_order(reading, fused, updates)
        self.unit = Unit(
            reading, "step", fused, loss | ends | {each: name for name, each in updates},
            [*reading.arguments, *made.come],
            made.stay | dict(zip(ends.values(), self.gradients, strict=True)),
            [f"lr{i}" for i, _ in enumerate(optimizer.param_groups)],
            [name for name, _ in updates],
            checked=True,
        )  # fmt: skip
        self.optimizer = optimizer
        self.remembered = [
            (self.unit.names.index(name), param, key)
            for name, (param, key) in reading.remembered.items() if name in self.unit.names
        ]  # fmt: skip
        self._recalled = self._recall()
        self.rates: Sequence[float] = ()
        self.source, self.wrong = self.unit.source, self.unit.wrong
        script = Script()
        given = memory.take(script, reading.arguments)
        fresh = memory.make(script, "y", made.come)
        script.add(f"{script.name(self.unit.run)}({listed([*given, *fresh])})")
        script.add(f"return {listed(made.read(script, fresh))}")
        self._run = script.function(f"run({_data(reading.arguments)})")

    def step(self, arrays: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Make one step."""
        cells = self._recalled()
        if cells is NotImplemented:
            self._recalled = self._recall()
            cells = self._recalled()
        if rates != self.rates:
            self.rates, self.unit.numbers[:] = rates, rates
        found: list[Any] = self._run(*arrays)
        count_write(*cells)
        return found

    def _recall(self) -> Callable[[], Any]:
        """Find by which tensors the optimizer remembers.

        Return what gives the cells that count writes to them, if they are still the same.
        """
        script = Script()
        script.add(f"state = {script.name(self.optimizer)}.state")
        last = None
        for place, param, key in self.remembered:
            tensor = self.optimizer.state.get(param, {}).get(key)
            if tensor is None:
                raise Changed
            self.unit.tensors[place] = tensor
            if param is not last:
                script.add(f"held = state.get({script.name(param)}) or {{}}")
            script.unless(f"held.get({key!r}) is {script.name(tensor)}")
            last = param
        found = (script.name(self.unit.tensors[place]) for place, *_ in self.remembered)
        script.add(f"return {listed(f'{each}._writes or {each}._cell()' for each in found)}")
        return script.function("recalled()")


def _ends(reading: Reading, gradients: Sequence[Lazy | None]) -> dict[Lazy, str]:
    """Give each gradient cells of its own, and a name."""
    wanted = zip(gradients, reading.program.wanted, strict=True)
    names = [reading.name(f"d_{to.name or 'x'}") for each, to in wanted if each is not None]
    found = results((each for each in gradients if each is not None), reading.outputs)
    return dict(zip(found, names, strict=True))


def _spread(found: Iterable[str], gradients: Iterable[Lazy | None]) -> list[str]:
    """Put None where nothing comes."""
    left = iter(found)
    return ["None" if each is None else next(left) for each in gradients]


def _data(arguments: Sequence[Lazy]) -> str:
    return ", ".join(f"d{i}" for i, _ in enumerate(arguments))


def _check_order(reading: Reading, fused: Fused, updates: Sequence[tuple[str, Lazy]]) -> None:
    """Nothing may read what was overwritten before it."""
    for name, each in updates:
        array, home = reading.arrays[name][0], fused.home[each]
        assert isinstance(home, Nest)
        late = fused.statements[home.index + 1 :]
        if home.split is not None or any(isinstance(x, Nest) and array in x.reads for x in late):
            raise ValueError(f"the update of {name} reads what it has overwritten")
