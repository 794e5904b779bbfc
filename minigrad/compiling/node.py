"""A compiled function in the graph: one op, whose way back runs the compiled way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.walk import grad
from minigrad.compiling.program import Program, Value, filled, values_in
from minigrad.errors import TraceError
from minigrad.formula import Expression, symbol
from minigrad.generator import stream
from minigrad.graph import Node, Walk
from minigrad.modes import set_grad_enabled
from minigrad.nn.functional.effects import Effect
from minigrad.rules import Rule
from minigrad.rules.plan import Plan
from minigrad.tensor import Tensor, apply


def replayed(program: Program, tensors: Sequence[Tensor]) -> list[Tensor]:
    """Run the ops of a program again, one by one: on Tensors for arguments and captured ones.

    What is drawn is drawn from where the stream is.
    """
    constants = [Tensor(array) for _, array in program.constants]
    held = {id(value): tensor for value, tensor in zip(sources(program), tensors, strict=True)} | {
        id(value): each for (value, _), each in zip(program.constants, constants, strict=True)
    }
    for op in program.ops:
        if isinstance(op.rule, Effect):
            if op.rule.draws:  # what else it did is done
                held[id(op.output)] = Tensor(op.rule.function(*op.parameters["given"]))
            continue
        inputs = [
            each if not isinstance(each, Value)
            else held[id(each)] if op.mask >> i & 1
            else held[id(each)].detach()
            for i, each in enumerate(op.inputs)
        ]  # fmt: skip
        arrays = {each: held[id(each)]._data for each in values_in(op.parameters)}
        held[id(op.output)] = apply(op.rule, *inputs, **filled(op.parameters, arrays))
    return [held[id(each)] for each in program.outputs]


def sources(program: Program) -> list[Value]:
    """What a program starts from: its arguments, and then what it captured."""
    return [*program.arguments, *(value for value, _ in program.captured)]


class CompiledRule(Rule):
    """A compiled function, as the trace and the walk see it: an op like any other."""

    def __init__(self, name: str, program: Program, runner: Any) -> None:
        self.name = self.word = self.sign = name
        self.program = program
        self.runner = runner
        starts = sources(program)
        self.inputs = tuple(value.name or f"x{i}" for i, value in enumerate(starts))
        if len({*self.inputs}) < len(starts):
            self.inputs = tuple(f"x{i}" for i in range(len(starts)))
        self.parameters = ("output",)
        self.defaults = {}
        self.formula, self.numpy = self._written, None
        self.floating = self.view = self.broadcasts = False
        wanted = {id(each) for each in program.wanted}
        self.places = [i for i, each in enumerate(starts) if id(each) in wanted]
        # Whose numbers must not change before the way back: those behind all that an op saves, for
        # what is cheaper to compute than to keep is computed again from them.
        behind = {id(each): {id(each)} for each in starts}
        needed: set[int] = set()
        for op in program.ops:
            come = set().union(*(behind.get(id(each), ()) for each in op.inputs))
            key = set().union(*(behind.get(id(each), ()) for each in values_in(op.parameters)))
            behind[id(op.output)] = come | key
            if op.mask:
                assert isinstance(op.rule, Rule)
                needed |= key
                if op.rule.plan(op.mask).numbers:
                    needed |= come
        numbers = tuple([i for i, each in enumerate(starts) if id(each) in needed])
        mask = sum(1 << i for i in self.places)
        self.whole = Plan(self, mask, (), None, numbers, ())

    def grad_fn(self, inputs: Sequence[Any], parameters: Any) -> str:
        """Return its name in the graph."""
        return f"{self.name}Backward"

    def _written(self, *operands: Any, output: int = 0) -> Expression:
        whole = Expression(self.name, *operands)
        return whole[output] if len(self.program.outputs) > 1 else whole

    def __call__(self, *inputs: Any, **parameters: Any) -> Any:
        """Run it on Tensors, one op after the other."""
        self.check_pure()
        return replayed(self.program, inputs)[parameters.get("output", 0)]

    def value(self, *raws: Any, output: int = 0) -> Any:
        """Run it on arrays: compiled, unless what it captured is to have other numbers."""
        self.check_pure()
        many = len(self.program.arguments)
        found = [tensor._data for _, tensor in self.program.captured]
        if all(map(np.array_equal, raws[many:], found)):
            return self.runner.forward(*raws[:many])[0][output]
        with set_grad_enabled(False):
            return replayed(self.program, [Tensor(each) for each in raws])[output]._data

    def pull_back(self, position: int, known: Any, g: Any) -> Any:
        """Run it forward and back, on arrays."""
        self.check_pure()
        inputs = [Tensor(known[name], i in self.places) for i, name in enumerate(self.inputs)]
        with set_grad_enabled(True):
            output = replayed(self.program, inputs)[known.get("output", 0)]
            (found,) = grad(output, inputs[position], Tensor(g), allow_unused=True)
        return np.zeros_like(known[self.inputs[position]]) if found is None else found._data

    def check_pure(self) -> None:
        """Refuse to run what draws numbers or keeps averages again, with a TraceError."""
        if self.program.effects:
            raise TraceError(
                f"{self.name} draws random numbers or keeps averages, so its run cannot be "
                "repeated. Trace the function itself, not what mg.compile made of it."
            )

    def shown(self, position: int, symbols: Any) -> Any:
        """Its own ops have the formulas; `source` shows them."""
        return symbol(f"{self.name}.backward(G)")


class Call:
    """One call of a compiled function whose outputs may be walked back from."""

    __slots__ = ("arrays", "drawn", "kept", "rule")

    def __init__(
        self, rule: CompiledRule, kept: Any, arrays: list[Any], drawn: Tensor | None = None
    ) -> None:
        self.rule = rule
        self.kept = kept
        self.arrays = arrays  # of the arguments and of what was captured
        self.drawn = drawn  # where the stream of random numbers was before, if it is drawn from


class CompiledNode(Node):
    """One output of a call. All its outputs share the call."""

    __slots__ = ("call",)

    def __init__(
        self, call: Call, inputs: Sequence[Node | Tensor], output: int, number: int, watched: Any
    ) -> None:
        self.fill(call.rule.whole, inputs, {"output": output}, None, number)
        self.watched = watched
        self.call = call

    def back(self, g: Any, walk: Walk) -> Iterable[tuple[int, Any]]:
        """Run the way back once, when the gradients of all outputs have come."""
        call, rule = self.call, self.call.rule
        cotangents = [g]
        if len(rule.program.outputs) > 1:
            come = walk.pending.setdefault(id(call), {})
            come[self.parameters["output"]] = g
            # The outputs were made one after the other, so the walk meets them in that order.
            if any(getattr(each, "call", None) is call for each in walk.arrived):
                return ()
            del walk.pending[id(call)]
            cotangents = [come.get(i) for i in range(len(rule.program.outputs))]
        self.check()
        if walk.record:
            return self._back_recorded_as(rule, cotangents)
        gradients = rule.runner.backward(cotangents, call.kept, walk.keep)
        if not walk.keep:
            self.saved = call.kept = None
        return [(i, g) for i, g in zip(rule.places, gradients, strict=True) if g is not None]

    def _back_recorded_as(self, rule: CompiledRule, cotangents: list[Any]) -> list[tuple[int, Any]]:
        """Run the ops again, recorded, so that their gradients can be differentiated too."""
        tensors = [
            _again(each, array) for each, array in zip(self.inputs, self.call.arrays, strict=True)
        ]
        outputs = self._replayed(rule.program, tensors)
        pairs = [(a, g) for a, g in zip(outputs, cotangents, strict=True) if g is not None]
        ends, gradients = zip(*pairs, strict=True)
        wanted = [tensors[i] for i in rule.places]
        found = grad(ends, wanted, gradients, create_graph=True, allow_unused=True)
        return [(i, g) for i, g in zip(rule.places, found, strict=True) if g is not None]

    def _replayed(self, program: Program, tensors: list[Tensor]) -> list[Tensor]:
        """Run the ops again, with the same random numbers."""
        if self.call.drawn is None:
            return replayed(program, tensors)
        generator = stream(None)
        now = generator.get_state()
        generator.set_state(self.call.drawn)
        try:
            return replayed(program, tensors)
        finally:
            generator.set_state(now)


def _again(place: Any, array: Any) -> Tensor:
    """A tensor with the same numbers at the same place in the graph."""
    if isinstance(place, Tensor):
        return place
    tensor = Tensor(array)
    tensor._node = place
    return tensor
