"""A recorded program read on arrays that are not there: forward, backward and update.

Each op gives what its rule's text gives; an op that has no place in a loop gives a `call`
of the rule's own function.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigrad.compiling.program import Op, Program, Value, filled, values_in
from minigrad.kernels.fuse import GIVEN
from minigrad.kernels.generate import UNREADABLE
from minigrad.kernels.lazy import Lazy, Pool, result, stretched
from minigrad.kernels.words import COSTLY, POLYNOMIALS
from minigrad.nn.functional.effects import Effect
from minigrad.optim import Optimizer
from minigrad.rules import Rule
from minigrad.rules.shape import sum_to
from minigrad.tensor import Tensor

# What a text says for itself; no array of a program is called so.
_TAKEN = {
    "align_stack", "calls", "carray", "gemm", "larger", "np", "numbers", "plus", "pointer", "run",
    "smaller", "table", *POLYNOMIALS, *dir(builtins), "float32", "float64", "int32", "int64",
}  # fmt: skip
FORWARD, BACKWARD, UPDATE = range(3)


class Reading:
    """One program as primitives. `places` says which op of the reader's each comes from."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.pool = Pool()
        self.names: set[str] = set(_TAKEN)
        self.arrays: dict[str, tuple[Lazy, Any]] = {}  # by name: captured tensors and constants
        self.calls: list[Callable[..., Any]] = []
        self.values: dict[Value, Lazy] = {}
        self.remembered: dict[str, tuple[Tensor, str]] = {}  # whose state an array is
        self.arguments = [self.given(each, "x") for each in program.arguments]
        for value, source in (*program.captured, *program.constants):
            made = self.given(value, "w")
            self.arrays[made.extra] = made, source
        self.wrong = self._wrong()
        self.effects: list[Lazy] = []  # what must be done, even if nobody needs it
        for op in program.ops:
            self.pool.place = _place(FORWARD, op)
            self.values[op.output] = self._forward(op)
        self.outputs = results(self.values[each] for each in program.outputs)
        self.made = len(self.pool.made)  # what has a higher number belongs to the way back

    def name(self, wanted: str) -> str:
        """A name for an array that no other has."""
        base = re.sub(r"\W", "_", wanted)
        if not base or base[0].isdigit():
            base = f"layer{base}"
        elif keyword.iskeyword(base):
            base += "_"
        number, found = 0, base
        while found in self.names:
            number += 1
            found = f"{base}{number}"
        self.names.add(found)
        return found

    def given(self, value: Value, default: str) -> Lazy:
        """An array that is there before the program runs."""
        made = self.pool.array(self.name(value.name or default), value.shape, value.dtype)
        self.values[value] = made
        return made

    def _wrong(self) -> list[Lazy]:
        """For each check that comes first: how many numbers are wrong."""
        counts: dict[Lazy, None] = {}
        for check, inputs in self.program.checks:
            given = [self.values[each] if isinstance(each, Value) else each for each in inputs]
            found: Any = np.sum(check.wrong(*given))
            counts[found] = None
        return results(counts)

    # Forward -------------------------------------------------------------------------

    def _inputs(self, op: Op) -> list[Any]:
        return [self.values[each] if isinstance(each, Value) else each for each in op.inputs]

    def _forward(self, op: Op) -> Lazy:
        inputs, many, rule = self._inputs(op), len(op.inputs), op.rule
        if isinstance(rule, Effect):
            function, given = rule.function, op.parameters["given"]
            done = self._call(rule.name, inputs, lambda *raws: function(*raws, *given), op.output)
            self.effects.append(done)
            return done
        parameters = filled(op.parameters, self.values)
        read = self._read(lambda: Lazy.__rule__(rule, *inputs, **parameters), op.output)
        if read is not None:
            return read
        more = values_in(op.parameters)

        def value(*raws: Any) -> Any:
            parameters = filled(op.parameters, dict(zip(more, raws[many:], strict=True)))
            return rule.value(*raws[:many], **parameters)

        inputs += [self.values[each] for each in more]
        return self._call(rule.name, inputs, value, op.output)

    def _read(self, read: Callable[[], Any], like: Value) -> Lazy | None:
        """Read a rule; None where it asks for more than there is, or gives something else."""
        try:
            found = read()
        except UNREADABLE:
            return None
        if not isinstance(found, Lazy) or found.weak or found.shape != like.shape:
            return None
        return found if found.dtype == like.dtype else None

    def _call(
        self, name: str, inputs: list[Any], function: Callable[..., Any], like: Value
    ) -> Lazy:
        """Ask NumPy: `function` gets the inputs' arrays, and numbers where there were numbers."""
        lazies = tuple(each for each in inputs if isinstance(each, Lazy))
        numbers = [None if isinstance(each, Lazy) else each for each in inputs]

        def called(*arrays: Any) -> Any:
            left = iter(arrays)
            return function(*(next(left) if each is None else each for each in numbers))

        self.calls.append(called)
        number = len(self.calls) - 1
        return self.pool.new("call", lazies, (number, name), like.shape, like.dtype)

    # Backward ------------------------------------------------------------------------

    def backward(self, cotangents: dict[Value, Lazy]) -> list[Lazy | None]:
        """Walk the ops in reverse; return what comes to each wanted value."""
        arrived = dict(cotangents)
        for op in reversed(self.program.ops):
            g = arrived.get(op.output)
            if g is None or not op.mask:
                continue
            self.pool.place = _place(BACKWARD, op)
            for i, each in enumerate(op.inputs):
                if op.mask >> i & 1:
                    assert isinstance(each, Value)
                    found = self._pulled(op, i, each, g)
                    arrived[each] = arrived[each] + found if each in arrived else found
        return [arrived.get(each) for each in self.program.wanted]

    def _pulled(self, op: Op, position: int, to: Value, g: Lazy) -> Lazy:
        """What comes to one input of an op."""
        rule = op.rule
        assert isinstance(rule, Rule)
        derivative = rule.derivatives[position]
        assert derivative is not None
        parameters = filled(op.parameters, self.values)
        known: dict[str, Any] = {**parameters, "y": self.values[op.output]}
        for name, each in zip(rule.inputs, self._inputs(op), strict=True):
            known[name] = each
            known[f"{name}_shape"] = getattr(each, "shape", ())
            known[f"{name}_dtype"] = getattr(each, "dtype", None)
        shape = known[f"{rule.inputs[position]}_shape"]
        read = self._read(lambda: sum_to(rule.pull_back(position, known, g), shape), to)
        if read is not None:
            return read
        names = [each for each in derivative.names if isinstance(known.get(each), Lazy)]
        fixed = {key: each for key, each in known.items() if not isinstance(each, Lazy)}
        for name, value in zip(rule.inputs, op.inputs, strict=True):
            # Sizes as plain numbers: NumPy computes with them.
            fixed[f"{name}_shape"] = getattr(value, "shape", ())

        more = values_in(op.parameters)

        def pulled(g: Any, *raws: Any) -> Any:
            parameters = filled(op.parameters, dict(zip(more, raws[len(names) :], strict=True)))
            everything = {**fixed, **parameters, **dict(zip(names, raws, strict=False))}
            return sum_to(rule.pull_back(position, everything, g), to.shape)

        given = [g, *(known[each] for each in names), *(self.values[each] for each in more)]
        return self._call(f"{rule.name}_backward", given, pulled, to)

    def way_back(self) -> tuple[list[tuple[int, Lazy]], list[Lazy | None]]:
        """Walk back from all outputs; return their cotangents, with places, and the gradients."""
        outputs = self.program.outputs
        starts = [
            (i, self.given(Value(outputs[i].shape, outputs[i].dtype, f"d_y{i or ''}"), ""))
            for i in self.program.tracked
        ]
        arrived: dict[Value, Lazy] = {}
        for i, g in starts:
            value = self.program.outputs[i]
            arrived[value] = arrived[value] + g if value in arrived else g
        return starts, self.backward(arrived)

    def kept_for(self, gradients: Iterable[Lazy]) -> list[Lazy]:
        """What the way forward must keep: all that would cost much to compute again."""
        kept: dict[Lazy, None] = {}
        seen: set[Lazy] = set()
        waiting = list(gradients)
        while waiting:
            node = waiting.pop()
            if node in seen or node.head in GIVEN:
                continue
            seen.add(node)
            if (
                node.number < self.made
                and node.head not in ("axes", "reshape")
                and not _light(node)
            ):
                kept[node] = None
            else:
                waiting += node.operands
        return sorted(kept, key=lambda node: node.number)

    def hint(self, node: Lazy) -> str:
        """What to call an array that has no name."""
        for value, lazy in self.values.items():
            if lazy is node and value.name:
                return value.name
        if not node.place:
            return node.head
        phase, _, rule = node.place
        return rule if phase == FORWARD else f"d_{rule}"

    def seed(self, value: Value) -> Lazy:
        """A loss starts with 1."""
        one = self.pool.new("number", (), "1", (), np.dtype(value.dtype))
        return stretched(one, self.values[value].shape)

    # Update --------------------------------------------------------------------------

    def update(
        self, optimizer: Optimizer, params: list[Tensor], gradients: list[Lazy]
    ) -> list[tuple[str, Lazy]]:
        """Read each parameter's update; return what each array is overwritten with, by name."""
        found: list[tuple[str, Lazy]] = []
        taken = list(gradients)
        by_tensor = {id(tensor): name for name, (_, tensor) in self.arrays.items()}
        known = {id(tensor): g for tensor, g in zip(params, gradients, strict=True)}
        for number, group in enumerate(optimizer.param_groups):
            options = {name: group[name] for name in optimizer._options}
            if "lr" in options:
                options["lr"] = self.pool.number(f"lr{number}")
            for param in group["params"]:
                if id(param) not in known:
                    continue
                name = by_tensor[id(param)]
                self.pool.place = UPDATE, f"{type(optimizer).__name__}: {name}", name
                held = {
                    key: self._held(name, param, key, each)
                    for key, each in optimizer.state.get(param, {}).items()
                }
                value, kept = optimizer.update(
                    self.arrays[name][0], known[id(param)],
                    **{key: _number(each) if key == "step" else each for key, each in held.items()},
                    **options,
                )  # fmt: skip
                if {*kept} - {*held}:
                    raise ValueError(
                        "the optimizer has not stepped yet: what it remembers has no memory"
                    )
                # The count comes last: the others are computed from what it was.
                kept = dict(sorted(kept.items(), key=lambda pair: pair[0] == "step"))
                pairs = [(held[key], each) for key, each in kept.items()]
                pairs.insert(len(pairs) - ("step" in kept), (self.arrays[name][0], value))
                for array, each in pairs:
                    each = stretched(each.astype(array.dtype), array.shape)
                    taken += results([each], taken)
                    found.append((array.extra, taken[-1]))
        return found

    def _held(self, name: str, param: Tensor, key: str, tensor: Tensor) -> Lazy:
        value = Value(tensor._data.shape, tensor._data.dtype, f"{name}_{key}")
        made = self.given(value, "")
        self.arrays[made.extra] = made, tensor
        self.remembered[made.extra] = param, key
        return made


def results(lazies: Iterable[Lazy], taken: Iterable[Lazy] = ()) -> list[Lazy]:
    """Give each result cells of its own."""
    found = list(taken)
    many = len(found)
    for each in lazies:
        found.append(result(each, found))
    return found[many:]


def _light(node: Lazy, budget: int = 8) -> bool:
    """Whether a cell is a few simple steps from what is given."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.head in GIVEN:
            continue
        budget -= each.head != "axes"
        if (
            budget < 0
            or each.head in COSTLY
            or each.head in ("reduce", "matmul", "call", "load", "reshape")
        ):
            return False
        waiting += each.operands
    return True


def _number(step: Lazy) -> Lazy:
    """A count, as a Python number: it goes into powers, which float32 would round."""
    made = step.astype(np.float64)
    made.weak = True
    return made


def _place(phase: int, op: Op) -> Any:
    return phase, op.place, op.rule.name
