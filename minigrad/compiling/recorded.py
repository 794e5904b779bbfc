"""A function as compiled for one signature: what it runs, and when it may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from minigrad import dtypes
from minigrad.compiling import build
from minigrad.compiling.guards import written
from minigrad.compiling.node import Call, CompiledNode, CompiledRule
from minigrad.compiling.program import Value
from minigrad.compiling.recording import Leaf, Recording
from minigrad.modes import set_grad_enabled, state
from minigrad.tensor import Tensor, apply


class Recorded:
    """What a function did once, and when the same may be done again."""

    def __init__(self, recording: Recording) -> None:
        self.watch = recording.watch
        self.program = recording.program
        self.checks = recording.checks
        self.captured = [tensor for _, tensor in self.program.captured]
        self.watch.seal(self._pinned())
        self.fits = written(_described(recording.arguments), "*given")

    def _pinned(self) -> Iterator[tuple[str, Any, Any]]:
        """What must be as it was, besides what the function refers to: see `Watch.seal`."""
        for each in self.captured:
            yield "{it}._requires_grad", each, each._requires_grad
            yield "{it}._node is None", each, each._node is None
        yield "{it}.DEFAULT", dtypes, dtypes.DEFAULT

    def holds(self) -> bool:
        """Whether all that the function saw is as it was."""
        return self.watch.holds()

    def check(self, tensors: Sequence[Tensor]) -> None:
        """Make the checks of numbers that the function made."""
        known = dict(zip(map(id, self.program.arguments), tensors, strict=True))
        known |= {id(value): tensor for value, tensor in self.program.captured}
        known |= {id(value): Tensor(array) for value, array in self.program.constants}
        for check, inputs in self.checks:
            check(*(known.get(id(each), each) for each in inputs))


def _described(tensors: Sequence[Tensor]) -> Iterator[tuple[str, Any, Any]]:
    """What calls with the same signature have in common, for those that are given tensors only."""
    yield "len(given)", None, len(tensors)
    for i, each in enumerate(tensors):
        array = each._data
        yield f"given[{i}].__class__", None, type(each)
        yield f"given[{i}]._data.dtype", None, array.dtype
        yield f"given[{i}]._data.shape == {array.shape}", None, True
        yield f"given[{i}]._data.strides == {array.strides}", None, True
        yield f"given[{i}]._requires_grad", None, each._requires_grad
        yield f"given[{i}]._node is None", None, each._node is None
        yield f"given[{i}]._view", None, None  # whose history would have to be looked up


class Straight(Recorded):
    """A function as compiled code, with a way back."""

    def __init__(self, recording: Recording, leaves: Any, name: str) -> None:
        super().__init__(recording)
        self.leaves = leaves
        self.runner = build.program(self.program)
        self.rule = CompiledRule(name, self.program, self.runner)
        outputs = enumerate(self.program.outputs)
        self.tracked = [i for i, each in outputs if recording.is_tracked(each)]
        self.single = (
            type(leaves) is Leaf and type(leaves.source) is Value
            and leaves.source in self.program.outputs and not leaves.steps
        )  # fmt: skip

    def run(self, tensors: Sequence[Tensor]) -> Any:
        """Run the compiled code, and note in the graph how to walk back."""
        if self.checks:
            self.check(tensors)
        arrays = [each._data for each in tensors]
        results, kept = self.runner.forward(arrays)
        made = [Tensor(each) for each in results]
        if self.program.wanted:
            self._track(made, tensors, arrays, kept)
        return made[0] if self.single else self._returned(self.leaves, made, tensors)

    def _track(
        self, made: list[Tensor], tensors: Sequence[Tensor], arrays: list[Any], kept: Any
    ) -> None:
        numbers = self.rule.whole.numbers
        places: list[Any] = []
        watched = []
        for i, each in enumerate((*tensors, *self.captured)):
            place = each._node if each._view is None else each.grad_fn
            places.append(each if place is None else place)
            if place is None or i in numbers:
                cell = each._writes or each._cell()
                watched.append((i, cell, cell[0]))
        arrays += [each._data for each in self.captured]
        call = Call(self.rule, kept, arrays)
        for i in self.tracked:
            made[i]._node = CompiledNode(call, places, i, watched)

    def _returned(self, leaves: Any, made: list[Tensor], tensors: Sequence[Tensor]) -> Any:
        """Put the tensors where the function had put them."""
        if type(leaves) is Leaf:
            return self._tensor(leaves, made, tensors)
        if type(leaves) is dict:
            return {key: self._returned(each, made, tensors) for key, each in leaves.items()}
        if isinstance(leaves, tuple | list):
            inside = [self._returned(each, made, tensors) for each in leaves]
            return type(leaves)(*inside) if hasattr(leaves, "_fields") else type(leaves)(inside)
        return leaves

    def _tensor(self, leaf: Leaf, made: list[Tensor], tensors: Sequence[Tensor]) -> Tensor:
        tensor = leaf.source
        if isinstance(tensor, Value):
            values = [*self.program.outputs, *self.program.arguments]
            tensor = [*made, *tensors][next(i for i, e in enumerate(values) if e is tensor)]
        for rule, parameters, tracked in leaf.steps:
            with set_grad_enabled(state.grad_enabled and tracked):
                tensor = tensor.detach() if rule is None else apply(rule, tensor, **parameters)
        return tensor
