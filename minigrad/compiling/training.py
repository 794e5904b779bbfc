"""A step of training: forward, backward and update, in one piece or in two."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minigrad.compiling import build, notices
from minigrad.compiling.notices import Refusal
from minigrad.compiling.recorded import Recorded, Straight
from minigrad.compiling.recording import Recording
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
    """A step as one piece of generated code."""

    def __init__(self, recording: Recording, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        captured = {id(value): tensor for value, tensor in recording.program.captured}
        self.parameters = [captured[id(value)] for value in recording.program.wanted]
        trained = {id(each) for each in self.parameters}
        every = [each for group in optimizer.param_groups for each in group["params"]]
        self.idle = [each for each in every if id(each) not in trained]
        super().__init__(recording)
        self.runner = build.program(self.program, optimizer)
        # Their memory is the runner's: each step writes to it again.
        gradients = [Tensor(array) for array in self.runner.gradients]
        self.pairs = [*zip(self.parameters, gradients, strict=True)]

    def _pinned(self) -> Iterator[tuple[str, Any, Any]]:
        yield from super()._pinned()
        for each in self.parameters:
            yield "{it}._hooks or None", each, None
        groups = self.optimizer.param_groups
        yield "len({it}.param_groups)", self.optimizer, len(groups)
        options = inspect.getfullargspec(self.optimizer.update).kwonlyargs
        for i, group in enumerate(groups):
            yield f"len({{it}}.param_groups[{i}]['params'])", self.optimizer, len(group["params"])
            for k, each in enumerate(group["params"]):
                yield f"{{it}}.param_groups[{i}]['params'][{k}]", self.optimizer, each
            for name in options:
                now, value = f"{{it}}.param_groups[{i}][{name!r}]", group[name]
                if isinstance(value, list | tuple):  # whose numbers may change in place
                    now, value = f"tuple({now})", tuple(value)
                if name != "lr":
                    yield now, self.optimizer, value

    def run(self, tensors: Sequence[Tensor]) -> Tensor:
        """Make a step, and return the loss."""
        if self.checks:
            self.check(tensors)
        rates = [float(group["lr"]) for group in self.optimizer.param_groups]
        (loss,) = self.runner.step([each._data for each in tensors], rates)
        for i, (parameter, gradient) in enumerate(self.pairs):
            if gradient._data is not self.runner.gradients[i]:  # its .data was set
                gradient = Tensor(self.runner.gradients[i])
                self.pairs[i] = parameter, gradient
            parameter._grad = gradient
            count_write(parameter._cell())
            count_write(gradient._cell())
        for each in self.idle:
            each._grad = None
        self.optimizer.has_stepped = True
        return Tensor(loss)


class Halves:
    """A step whose loss is compiled, and whose update is not."""

    def __init__(self, recorded: Straight, optimizer: Optimizer) -> None:
        self.recorded = recorded
        self.optimizer = optimizer
        self.runner = recorded.runner
        self.holds, self.fits = recorded.holds, recorded.fits

    def run(self, tensors: Sequence[Tensor]) -> Tensor:
        """Make a step, and return the loss."""
        return step(lambda: self.recorded.run(tensors), self.optimizer)


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
