"""A step of training: forward, backward and update, in one piece or in two."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from minigrad.compiling import build, notices
from minigrad.compiling.guards import Holder
from minigrad.compiling.notices import Refusal
from minigrad.compiling.recorded import Recorded, Straight
from minigrad.compiling.recording import Recording
from minigrad.compiling.script import Script
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
        parameters = [captured[id(value)] for value in self.program.wanted]
        trained = {id(each) for each in parameters}
        every = [each for group in optimizer.param_groups for each in group["params"]]
        self.idle = [each for each in every if id(each) not in trained]
        self.runner = build.program(self.program, optimizer)
        # Their memory is the runner's: each step writes to it again.
        gradients = [Tensor(array) for array in self.runner.gradients]
        self.pairs = [*zip(parameters, gradients, self.runner.gradients, strict=True)]
        hooks = lambda: [each._hooks or None for each in parameters]  # noqa: E731
        self.watch.holders.append(Holder("hooks", hooks, stamped=True))
        script = self.script()
        self._pin_options(script)
        data = "".join(f"d{i}, " for i, _ in enumerate(self.arguments))
        script.add(f"return {script.name(self._run)}(given, ({data}))")
        self.call = script.function("call(*given)")

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

    def _run(self, tensors: Sequence[Tensor], arrays: Sequence[Any]) -> Tensor:
        """Make a step, and return the loss."""
        if self.checks:
            self.check(self.checks, tensors)
        rates = [float(group["lr"]) for group in self.optimizer.param_groups]
        (loss,) = self.runner.step(arrays, rates)
        written: list[list[int]] = []
        for i, (parameter, gradient, array) in enumerate(self.pairs):
            if gradient._data is not array:  # its .data was set
                gradient = Tensor(array)
                self.pairs[i] = parameter, gradient, array
            parameter._grad = gradient
            written += parameter._writes or parameter._cell(), gradient._writes or gradient._cell()
        for cell in written:
            cell[0] += 1
        count_write([0])
        for each in self.idle:
            each._grad = None
        self.optimizer.has_stepped = True
        return Tensor(loss)


class Halves:
    """A step whose loss is compiled, and whose update is not."""

    def __init__(self, recorded: Straight, optimizer: Optimizer) -> None:
        self.runner = recorded.runner
        script = recorded.script()
        call, own, to = map(script.name, (recorded.call, step, optimizer))
        script.add(f"return {own}(lambda: {call}(*given), {to})")
        self.call = script.function("call(*given)")


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
