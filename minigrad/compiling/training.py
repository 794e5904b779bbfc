"""A step of training: forward, backward and update, in one piece or in two."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

from minigrad.compiling import build, notices
from minigrad.compiling.guards import Holder
from minigrad.compiling.notices import Refusal
from minigrad.compiling.recorded import Recorded, Straight
from minigrad.compiling.recording import Recording
from minigrad.compiling.script import Script, listed
from minigrad.compiling.unit import Changed
from minigrad.graph import count_write
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor


def obstacle(recording: Recording, optimizer: Optimizer) -> Refusal | None:
    """Say why a step cannot be one piece of code, if it cannot."""
    for name in ("step", "zero_grad"):
        if getattr(type(optimizer), name) is not getattr(Optimizer, name) or name in vars(
            optimizer
        ):
            return notices.own_step(type(optimizer).__name__)
    if recording.late_checks:
        return notices.LATE
    program = recording.program
    known = {id(each) for group in optimizer.param_groups for each in group["params"]}
    captured = {id(value): tensor for value, tensor in program.captured}
    for value in program.wanted:
        tensor = captured.get(id(value))
        if tensor is None or id(tensor) not in known:
            return notices.NOT_A_PARAMETER
        if tensor._node is not None or tensor._hooks:
            return notices.HOOKED
    if sum(len(group["params"]) for group in optimizer.param_groups) != len(known):
        return notices.TWICE
    return None


class Training(Recorded):
    """A step as one piece of generated code.

    `call` takes tensors, and returns the loss, or NotImplemented where something is not as it was
    recorded.
    """

    def __init__(self, recording: Recording, optimizer: Optimizer) -> None:
        super().__init__(recording)
        self.optimizer = optimizer
        captured = {id(value): tensor for value, tensor in self.program.captured}
        self.parameters = [captured[id(value)] for value in self.program.wanted]
        trained = {id(each) for each in self.parameters}
        every = [each for group in optimizer.param_groups for each in group["params"]]
        self.idle = [each for each in every if id(each) not in trained]
        self.runner = build.program(self.program, optimizer)
        hooks = lambda: [each._hooks or None for each in self.parameters]  # noqa: E731
        self.watch.holders.append(Holder("hooks", hooks, stamped=True))
        self.call = self._written()

    def _written(self) -> Callable[..., Tensor]:
        script = self.script()
        self._pin_options(script)
        parameters = [*map(script.name, self.parameters)]
        # Their memory is the runner's: each step writes to it again.
        gradients = [script.name(Tensor(each)) for each in self.runner.gradients]
        for name, each in zip(gradients, self.runner.gradients, strict=True):
            script.add(f"if {name}._data is not {script.name(each)}:")  # its .data was set
            script.add(f"    return {script.name(self._written_again)}(given)")
        data = listed(f"d{i}" for i, _ in enumerate(self.arguments))
        groups = enumerate(self.optimizer.param_groups)
        rates = listed(f"float(groups[{i}]['lr'])" for i, _ in groups)
        script.add(f"loss, = {script.name(self.runner.step)}({data}, {rates})")
        self.ask(script, self.runner)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            script.add(f"{parameter}._grad = {gradient}")
        changed = [*parameters, *gradients]
        cells = ", ".join(f"{each}._writes or {each}._cell()" for each in changed)
        script.add(f"{script.name(count_write)}({cells})")
        script.add(*(f"{script.name(each)}._grad = None" for each in self.idle))
        script.add(f"{script.name(self.optimizer)}.has_stepped = True")
        script.add(f"return {script.name(Tensor)}(loss)")
        return script.function("call(*given)")

    def _written_again(self, given: Sequence[Tensor]) -> Tensor:
        self.call = self._written()
        return self.call(*given)

    def _pin_options(self, script: Script) -> None:
        """Have a call go on only with the parameters and options, but for rates, as they are."""
        groups = self.optimizer.param_groups
        options = {*inspect.getfullargspec(self.optimizer.update).kwonlyargs} - {"lr"}
        script.add(f"groups = {script.name(self.optimizer)}.param_groups")
        script.unless(f"len(groups) == {len(groups)}")
        for i, group in enumerate(groups):
            script.add(f"group = groups[{i}]", "params = group['params']")
            script.unless(f"len(params) == {len(group['params'])}")
            for k, each in enumerate(group["params"]):
                script.unless(f"params[{k}] is {script.name(each)}")
            for name in sorted(options):
                now, value = f"group[{name!r}]", group[name]
                if isinstance(value, list):  # whose numbers may change in place
                    now, value = f"tuple({now})", tuple(value)
                script.unless_same(now, value)


class Halves:
    """A step whose loss is compiled, and whose update is not."""

    def __init__(self, recorded: Straight, optimizer: Optimizer) -> None:
        self.recorded = recorded
        self.runner = recorded.runner
        script = recorded.script()
        loss, own, to = map(script.name, (self._loss, step, optimizer))
        script.add(f"return {own}(lambda: {loss}(given), {to})")
        self.call = script.function("call(*given)")

    def _loss(self, given: Sequence[Tensor]) -> Tensor:
        made: Tensor = self.recorded.call(*given)
        if made is NotImplemented:  # zero_grad is somebody's own, and has changed something
            raise Changed
        return made


def step(fn: Callable[[], Tensor], optimizer: Optimizer) -> Tensor:
    """Make a step by hand."""
    optimizer.zero_grad()
    loss = fn()
    if not isinstance(loss, Tensor):
        raise TypeError(
            "With an optimizer, the function returns the loss, one tensor, not a "
            f"{type(loss).__name__}. Keep the rest outside."
        )
    loss.backward()
    optimizer.step()
    return loss.detach()
