"""A function as compiled for one signature: what it runs, and when it may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrad import dtypes
from minigrad.compiling import build
from minigrad.compiling.node import Call, CompiledNode, CompiledRule
from minigrad.compiling.program import Value
from minigrad.compiling.recording import Leaf, Recording
from minigrad.compiling.script import Script, kind_of, listed
from minigrad.generator import stream
from minigrad.graph import next_number
from minigrad.modes import set_grad_enabled, state
from minigrad.tensor import Tensor, apply


class Recorded:
    """What a function did once, and when the same may be done again."""

    def __init__(self, recording: Recording) -> None:
        self.watch = recording.watch
        self.program = recording.program
        self.arguments = [*map(kind_of, recording.arguments)]
        self.captured = [tensor for _, tensor in self.program.captured]

    def script(self) -> Script:
        """Begin what a call does: all that must be as it was."""
        script = Script()
        script.take(self.arguments)
        script.unless(f"{script.name(dtypes)}.DEFAULT is {script.name(dtypes.DEFAULT)}")
        self.watch.write(script)
        for each in self.captured:
            it, leaf = script.name(each), each._node is None
            script.unless(f"{it}._requires_grad is {each._requires_grad}")
            script.unless(f"({it}._node is None) is {leaf}")
        return script

    def ask(self, script: Script, runner: Any) -> None:
        """Go on only where the numbers that are checked were right; else nothing was done.

        Then the function runs as it is, and says what is wrong.
        """
        if self.program.checks:
            script.unless(f"not {script.name(runner.wrong)}[()]")


class Straight(Recorded):
    """A function as compiled code, with a way back.

    `call` takes tensors. It returns NotImplemented where something is not as it was recorded.
    """

    def __init__(self, recording: Recording, leaves: Any, name: str) -> None:
        super().__init__(recording)
        self.leaves = leaves
        self.late_checks = recording.late_checks
        self.runner = build.program(self.program)
        self.rule = CompiledRule(name, self.program, self.runner)
        self._draws = bool(self.program.tracked) and any(e.draws for e in self.program.effects)
        self.call = self._written()

    def _written(self) -> Callable[..., Any]:
        script, many = self.script(), len(self.program.outputs)
        data = [f"d{i}" for i, _ in enumerate(self.arguments)]
        made = listed(f"t{i}" for i in range(many))
        captured = [script.name(each) for each in self.captured]
        if self.program.tracked:
            nodes = [script.node(len(data) + i, each) for i, each in enumerate(captured)]
            # Behind the nodes of what it starts from, and before any memory is read.
            script.add(*nodes, f"number = {script.name(next_number)}()")
        if self._draws:
            script.add(f"drawn = {script.name(stream)}(None).get_state()")
        script.add(f"{made}, kept = {script.name(self.runner.forward)}({', '.join(data)})")
        self.ask(script, self.runner)
        script.add(*(f"t{i} = {script.name(Tensor)}(t{i})" for i in range(many)))
        self._check(script)
        if self.program.tracked:
            self._track(script, data, captured)
        leaf, returned = self.leaves, script.name(self._returned)
        if made == "[t0]" and leaf == Leaf(self.program.outputs[0], ()):
            script.add("return t0")
        else:
            script.add(f"return {returned}({script.name(leaf)}, {made}, given)")
        return script.function("call(*given)")

    def _check(self, script: Script) -> None:
        """Have a call make the checks of numbers that were computed."""
        program = self.program
        names = {id(value): f"x{i}" for i, value in enumerate(program.arguments)}
        names |= {id(value): f"t{i}" for i, value in enumerate(program.outputs)}
        names |= {id(value): script.name(tensor) for value, tensor in program.captured}
        names |= {id(value): script.name(Tensor(array)) for value, array in program.constants}
        for check, inputs in self.late_checks:
            given = ", ".join(names.get(id(each)) or script.name(each) for each in inputs)
            script.add(f"{script.name(check)}({given})")

    def _track(self, script: Script, data: list[str], captured: list[str]) -> None:
        """Note in the graph how to walk back."""
        sources = [*(f"x{i}" for i, _ in enumerate(data)), *captured]
        data = [*data, *(f"{each}._data" for each in captured)]
        cells = [f"{sources[i]}._writes or {sources[i]}._cell()" for i in self.rule.whole.numbers]
        places = "".join(f"n{i} or {source}, " for i, source in enumerate(sources))
        rule = script.name(self.rule)
        drawn = ", drawn" if self._draws else ""
        script.add(f"call = {script.name(Call)}({rule}, kept, {listed(data)}{drawn})")
        script.add(f"cells = {listed(cells)}")
        made = f"{script.name(CompiledNode)}(call, ({places}), {{}}, number, cells)"
        script.add(*(f"t{i}._node = {made.format(i)}" for i in self.program.tracked))

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
