"""`Function`: an op with a forward and a backward of the reader's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigrad import errors
from minigrad.formula import Expression, symbol
from minigrad.graph import Node, Walk, next_number
from minigrad.modes import no_grad, set_grad_enabled, state
from minigrad.names import short
from minigrad.rules import Plan, Rule
from minigrad.rules.rule import arguments
from minigrad.rules.shape import sum_to
from minigrad.tensor import Tensor, View


class FunctionCtx:
    """What a Function's `forward` hands to its `backward`; put anything else on it as you like.

    `needs_input_grad` says of each input whether it requires a gradient. As
    `torch.autograd.function.FunctionCtx`.
    """

    needs_input_grad: tuple[bool, ...]

    def __init__(self, inputs: Sequence[Any] = ()) -> None:
        self.needs_input_grad = tuple(
            isinstance(each, Tensor) and each.requires_grad for each in inputs
        )
        self._to_save: tuple[Tensor | None, ...] = ()
        self._saved: tuple[_Saved | None, ...] | None = ()
        self._fixed: tuple[Tensor, ...] = ()
        self._fills = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`. A later change of them in place will be noticed.

        TypeError for what is neither a tensor nor None. As
        `torch.autograd.function.FunctionCtx.save_for_backward`.
        """
        for each in tensors:
            if each is not None and not isinstance(each, Tensor):
                raise TypeError(
                    f"save_for_backward keeps tensors or None, not {type(each).__name__}. Put "
                    "anything else on ctx itself, as in ctx.n = n."
                )
        self._to_save = tensors

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """Say that these outputs have no gradient, as indices have none.

        As `torch.autograd.function.FunctionCtx.mark_non_differentiable`.
        """
        self._fixed = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether `backward` gets zeros (the default) or None where no gradient came.

        As `torch.autograd.function.FunctionCtx.set_materialize_grads`.
        """
        self._fills = value

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors that were saved. RuntimeError if they were let go, or changed in place."""
        if self._saved is None:
            raise RuntimeError(errors.FREED.format(op="this Function"))
        return tuple(None if each is None else each.tensor() for each in self._saved)


class _Saved:
    """A saved tensor. Of an output it keeps the numbers alone: the output leads back here."""

    def __init__(self, tensor: Tensor, remade: Any) -> None:
        self.kept = tensor if remade is None else None
        self.data, self.cell, self.version = tensor._data, tensor._cell(), tensor._version
        self.remade = remade  # makes the node of the output again

    def tensor(self) -> Tensor:
        """Return it with its place in the graph; RuntimeError if it was changed since."""
        if self.cell[0] != self.version:
            who = "a result" if self.kept is None else errors.called(self.kept)
            raise RuntimeError(
                f"{who} was saved for backward and changed in place since (to version "
                f"{self.cell[0]}). Compute a new tensor instead."
            )
        if self.kept is not None:
            return self.kept
        twin = Tensor(self.data)
        twin._writes, twin._node = self.cell, self.remade()
        return twin


class _FunctionRule(Rule):
    """A Function, as the trace and the gradient check see it: an op like any other."""

    def __init__(self, function: type[Function], many: int) -> None:
        self.function = function
        self.name = self.word = self.sign = function.__name__
        names = [*arguments(function.forward)[0]]
        names = names if function._has_setup() else names[1:]
        self.inputs = tuple(names) if len(names) == many else tuple(f"x{i}" for i in range(many))
        self.parameters = ("output",)
        self.defaults = {}
        self.formula, self.numpy = self._written, None
        self.floating = self.view = self.broadcasts = False

    def grad_fn(self, inputs: Sequence[Any], parameters: Any) -> str:
        return f"{self.name}Backward"

    def _written(self, *operands: Any, output: int | None = None) -> Expression:
        whole = Expression(self.name, *operands)
        return whole if output is None else whole[output]

    def __call__(self, *inputs: Any, **parameters: Any) -> Any:
        """Apply the Function, and return one of its outputs."""
        return _tuple(self.function.apply(*inputs))[parameters.get("output", 0)]

    def _again(self, raws: Sequence[Any], requires_grad: bool) -> tuple[FunctionCtx, Any]:
        inputs = [
            Tensor(each, requires_grad and each.dtype.kind == "f") if hasattr(each, "dtype")
            else each for each in raws
        ]  # fmt: skip
        ctx = FunctionCtx(inputs)
        outputs = _tuple(self.function._forward(ctx, tuple(inputs)))
        ctx._saved = tuple(None if each is None else _Saved(each, None) for each in ctx._to_save)
        return ctx, outputs

    def value(self, *raws: Any, output: int = 0) -> Any:
        """Run `forward` again, on arrays."""
        return self._again(raws, False)[1][output]._data

    def pull_back(self, position: int, known: Any, g: Any) -> Any:
        """Run `forward` and `backward` again, on arrays."""
        raws = [known[name] for name in self.inputs]
        ctx, outputs = self._again(raws, True)
        output = known.get("output", 0)
        if not np.array_equal(outputs[output]._data, known["y"], equal_nan=True):
            raise errors.TraceError(
                f"{self.name} gives other numbers each time it runs, so it cannot be shown again."
            )
        grads = [Tensor(np.zeros_like(each._data)) for each in outputs]
        grads[output] = Tensor(np.asarray(g)[()])
        found = _checked(self, self.function.backward(ctx, *grads), raws)[position]
        return np.zeros_like(raws[position]) if found is None else found._data

    def shown(self, position: int, symbols: Any) -> Any:
        """The code of a Function cannot be read as a formula."""
        return symbol(f"{self.name}.backward(G)")


def _tuple(made: Any) -> tuple[Any, ...]:
    return made if isinstance(made, tuple) else (made,)


def _checked(rule: Rule, found: Any, inputs: Sequence[Any]) -> list[Tensor | None]:
    """Hold what `backward` returned against the inputs of `forward`."""
    grads = list(_tuple(found))
    many = len(inputs)
    if len(grads) < many or any(each is not None for each in grads[many:]):
        raise RuntimeError(
            f"{rule.name}.backward returned {len(grads)} gradients, and forward had {many} "
            f"inputs ({', '.join(rule.inputs)}). Return one for each, None where there is none."
        )
    for i, (name, g, each) in enumerate(zip(rule.inputs, grads, inputs, strict=False)):
        if g is None:
            continue
        if not hasattr(each, "shape") or not isinstance(g, Tensor):
            raise RuntimeError(
                f"{rule.name}.backward returned {type(g).__name__} for its input {name}, which is "
                + ("a Tensor" if hasattr(each, "shape") else short(repr(each)))
                + ". Return a Tensor for a Tensor, and None else."
            )
        wanted, dtype = tuple(each.shape), getattr(each, "_data", each).dtype
        if g.shape != wanted:
            try:
                fits = np.broadcast_shapes(wanted, g.shape) == tuple(g.shape)
            except ValueError:
                fits = False
            if not fits:
                raise RuntimeError(
                    f"{rule.name}.backward returned a gradient of shape {tuple(g.shape)} for its "
                    f"input {name} of shape {wanted}. They must be equal."
                )
            g = sum_to(g, wanted)
        grads[i] = g.to(dtype)
    return grads[:many]


class _Call(Node):
    """One output of a Function that was applied. All its outputs share one `ctx`."""

    __slots__ = ("ctx", "like")

    def __init__(
        self, plan: Plan, inputs: Any, which: Any, number: int, ctx: Any, like: Any
    ) -> None:
        self.fill(plan, inputs, which, None, number)
        self.ctx = ctx
        self.like = like  # of each output the shape and dtype, of each input likewise

    def back(self, g: Any, walk: Walk) -> Iterator[tuple[int, Any]]:
        """Run `backward` once, when the gradients of all outputs have come."""
        come = walk.pending.setdefault(id(self.ctx), {})
        output, g = self.parameters.get("output", 0), g if walk.record else Tensor(g)
        come[output] = g if output not in come else come[output] + g
        # The outputs were made one after the other, so the walk meets them one after the other.
        if any(getattr(place, "ctx", None) is self.ctx for place in walk.arrived):
            return
        outputs, inputs = self.like
        if self.ctx._fills:
            for i, each in enumerate(outputs):
                if each is not None and i not in come:
                    come[i] = Tensor(np.zeros_like(each))
        grads = [come.get(i) for i in range(len(outputs))]
        del walk.pending[id(self.ctx)]
        with set_grad_enabled(walk.record):
            found = self.rule.function.backward(self.ctx, *grads)  # type: ignore[attr-defined]
            checked = _checked(self.rule, found, inputs)
        for i, each in enumerate(checked):
            if each is not None and self.mask >> i & 1:
                yield i, each if walk.record else each._data
        if not walk.keep and self.ctx._saved:
            self.ctx._saved = None


class Function:
    """An op of your own: write `forward` and `backward`, then use it by `.apply(...)`.

    `forward(ctx, *inputs)` computes, and saves on `ctx` what `backward(ctx, *grads)` needs;
    that returns one gradient for each input, None where there is none. Or `forward(*inputs)`
    only computes and `setup_context(ctx, inputs, output)` saves. RuntimeError for Cube(x): write
    Cube.apply(x). As `torch.autograd.Function`.

    >>> import minigrad as mg
    >>> class Cube(mg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    def __init__(self, *inputs: Any) -> None:
        name = type(self).__name__
        raise RuntimeError(f"Use {name} by {name}.apply(…), not {name}(…).")

    @staticmethod
    def forward(*inputs: Any) -> Any:
        """Compute the output, a tensor or a tuple of them. NotImplementedError until you write it.

        As `torch.autograd.Function.forward`.

        >>> import minigrad as mg
        >>> class Double(mg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x * 2
        >>> Double.apply(mg.tensor(3.0))
        tensor(6.)
        """
        raise NotImplementedError("A Function needs a static method forward(ctx, *inputs).")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what backward needs, where `forward` takes no ctx.

        As `torch.autograd.Function.setup_context`.

        >>> import minigrad as mg
        >>> class Times(mg.autograd.Function):
        ...     @staticmethod
        ...     def forward(x, n):
        ...         return x * n
        ...
        ...     @staticmethod
        ...     def setup_context(ctx, inputs, output):
        ...         ctx.n = inputs[1]
        ...
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         return g * ctx.n, None
        >>> x = mg.tensor(2.0, requires_grad=True)
        >>> Times.apply(x, 5).backward()
        >>> x.grad
        tensor(5.)
        """

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        """Turn the gradients of the outputs into those of the inputs, None where there is none.

        Each has its input's shape. NotImplementedError until you write it. As
        `torch.autograd.Function.backward`.

        >>> import minigrad as mg
        >>> class Rounded(mg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x.round()
        ...
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         return g
        >>> x = mg.tensor(2.4, requires_grad=True)
        >>> Rounded.apply(x).backward()
        >>> x.grad
        tensor(1.)
        """
        raise NotImplementedError("A Function needs a static method backward(ctx, *grads).")

    @classmethod
    def _has_setup(cls) -> bool:
        return cls.setup_context is not Function.setup_context

    @classmethod
    def _forward(cls, ctx: FunctionCtx, inputs: tuple[Any, ...]) -> Any:
        """Compute, and record nothing of what happens inside."""
        recorder, state.recorder = state.recorder, None
        try:
            with no_grad():
                if cls._has_setup():
                    made = cls.forward(*inputs)
                    cls.setup_context(ctx, inputs, made)
                else:
                    made = cls.forward(ctx, *inputs)
        finally:
            state.recorder = recorder
        return made

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
        """Run `forward` on the inputs, and record that `backward` is the way back.

        RuntimeError, when walked back, if `backward` does not fit `forward`. As
        `torch.autograd.Function.apply`.

        >>> import minigrad as mg
        >>> class Same(mg.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x
        >>> Same.apply(mg.tensor(1.0, requires_grad=True)).requires_grad
        True
        """
        ctx = FunctionCtx(inputs)
        made = _tuple(result := cls._forward(ctx, inputs))
        # An input that is handed through becomes a tensor of its own, with this op as its history.
        outputs = tuple(
            _handed_through(each) if any(each is other for other in inputs) else each
            for each in made
        )
        rule = _FunctionRule(cls, len(inputs))
        mask = sum(needed << i for i, needed in enumerate(ctx.needs_input_grad))
        plan = Plan(rule, mask, (), None, (), ())  # what is saved, ctx knows
        places = tuple(
            (each.grad_fn or each) if isinstance(each, Tensor) else each for each in inputs
        )
        like = tuple(
            tuple(_like(each) if isinstance(each, Tensor) else each for each in group)
            for group in (outputs, inputs)
        )

        which = [{"output": i} if isinstance(result, tuple) else {} for i in range(len(outputs))]
        numbers: dict[int, int] = {}

        def node(output: int) -> _Call:
            # Made again for a saved output, it takes the same place in the order.
            number = numbers.setdefault(output, next_number())
            return _Call(plan, places, which[output], number, ctx, like)

        recorded = state.grad_enabled and mask
        saved: list[_Saved | None] = []
        for each in ctx._to_save:
            found = [i for i, output in enumerate(made) if output is each]
            remade = (lambda i=found[0]: node(i)) if found and recorded else None
            saved.append(each if each is None else _Saved(each, remade))
        ctx._saved, ctx._to_save = tuple(saved), ()
        for i, each in enumerate(outputs):
            if isinstance(each, Tensor):
                free = any(made[i] is other for other in ctx._fixed)
                if recorded and not free and each._data.dtype.kind == "f":
                    each._node = call = node(i)
                    if state.anomaly is not None:
                        state.anomaly.note(call, list(inputs), each)
                if state.recorder is not None:
                    state.recorder.add(rule, inputs, which[i], each)
        ctx._fixed = ()
        return outputs if isinstance(result, tuple) else outputs[0]


def _handed_through(tensor: Tensor) -> Tensor:
    """Give an input that comes out again a place of its own; it shows the input's memory."""
    view = tensor._view or View(tensor, (), False, tensor._version)
    twin = tensor.detach()
    twin._view = view._replace(tracked=False)
    return twin


def _like(tensor: Tensor) -> Any:
    """An array of the tensor's shape and dtype that takes no memory."""
    return np.broadcast_to(np.zeros((), tensor._data.dtype), tensor.shape)
