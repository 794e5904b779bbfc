"""Calling a module, and the hooks that are told of it, on the way there and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.autograd.function import Function
from minigrad.graph import RemovableHandle
from minigrad.tensor import Tensor

Gradients = tuple[Tensor | None, ...]


class BackwardHook(Function):
    """Hands tensors through, and on the way back shows their gradients to `seen`."""

    @staticmethod
    def forward(ctx: Any, seen: Callable[[Gradients], Gradients], *tensors: Tensor) -> Any:
        """Return the tensors as they are."""
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*[each for each in tensors if not each.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        """Pass on the gradients that `seen` returns."""
        return None, *ctx.seen(grads)


class Gate:
    """One call of a module with backward hooks: its inputs go through `enter`, its output `leave`.

    Some hooks are called with the gradients of the output; others once those of the inputs
    are known too, or with None for each where no input requires a gradient.
    """

    def __init__(self, module: Called) -> None:
        self.module = module
        self.before = [hook for hook, _ in module._hooks_at("before backward")]
        self.after = [hook for hook, _ in module._hooks_at("after backward")]
        self.many_inputs = 0
        self.entered = False
        self.grad_output: Gradients = ()

    def enter(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Watch the gradients of a module's inputs."""
        self.many_inputs = len(inputs)
        if not self.after:
            return inputs
        passed = self._through(inputs, self._at_inputs)
        self.entered = passed is not inputs
        return passed

    def leave(self, output: Any) -> Any:
        """Watch the gradients of what the module returned, a tensor or a tuple."""
        if not self.before and not self.after:
            return output
        if isinstance(output, tuple):
            return self._through(output, self._at_outputs)
        return self._through((output,), self._at_outputs)[0]

    def _through(self, things: tuple[Any, ...], seen: Callable[..., Gradients]) -> tuple[Any, ...]:
        places = [i for i, each in enumerate(things) if isinstance(each, Tensor)]

        def all_seen(grads: Gradients) -> Gradients:
            held: list[Tensor | None] = [None] * len(things)
            for i, g in zip(places, grads, strict=True):
                held[i] = g
            held = list(seen(tuple(held)))
            return tuple(held[i] for i in places)

        passed = BackwardHook.apply(all_seen, *(things[i] for i in places))
        if not any(each.grad_fn for each in passed):
            return things  # nothing here requires a gradient
        copied = list(things)
        for i, each in zip(places, passed, strict=True):
            copied[i] = each
        return tuple(copied)

    def _at_outputs(self, grads: Gradients) -> Gradients:
        for hook in self.before:
            grads = _changed(grads, hook(self.module, grads))
        self.grad_output = grads
        if not self.entered:
            for hook in self.after:
                nothing: Gradients = (None,) * self.many_inputs
                if any(g is not None for g in hook(self.module, nothing, grads) or ()):
                    raise RuntimeError(
                        f"A backward hook of {type(self.module).__name__} returned a gradient for "
                        "inputs that require none. Return None."
                    )
        return grads

    def _at_inputs(self, grads: Gradients) -> Gradients:
        grad_output, self.grad_output = self.grad_output, ()  # it may lead back here
        for hook in self.after:
            grads = _changed(grads, hook(self.module, grads, grad_output))
        return grads


def _changed(grads: Gradients, returned: Any) -> Gradients:
    if returned is None:
        return grads
    new = returned if isinstance(returned, tuple) else (returned,)
    if len(new) != len(grads):
        raise RuntimeError(f"A backward hook returned {len(new)} gradients, not {len(grads)}.")
    return new


class Called:
    """What is called by its `forward`, and tells its hooks."""

    _hooks: dict[int, tuple[str, Callable[..., Any], bool]]  # moment, hook, whether with kwargs

    def __init__(self) -> None:
        self.__dict__["_hooks"] = {}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every module writes its own. NotImplementedError until then.

        Call the module itself, which runs the hooks too. As `torch.nn.Module.forward`.

        >>> import minigrad as mg
        >>> mg.nn.ReLU().forward(mg.tensor([-1.0, 2.0]))
        tensor([0., 2.])
        """
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, …) method yet.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, and the hooks."""
        if not self._hooks:
            return self.forward(*args, **kwargs)
        for hook, with_kwargs in self._hooks_at("before forward"):
            if with_kwargs:
                args, kwargs = hook(self, args, kwargs) or (args, kwargs)
            elif (changed := hook(self, args)) is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        gate = Gate(self)
        output = self.forward(*gate.enter(args), **kwargs)
        for hook, with_kwargs in self._hooks_at("after forward"):
            seen = (args, kwargs, output) if with_kwargs else (args, output)
            changed = hook(self, *seen)
            output = output if changed is None else changed
        return gate.leave(output)

    def _hooks_at(self, moment: str) -> list[tuple[Callable[..., Any], bool]]:
        """List the hooks of one moment, each with whether it takes keyword arguments."""
        return [
            (hook, with_kwargs)
            for when, hook, with_kwargs in self._hooks.values()
            if when == moment
        ]

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, args)` called before `forward`; what it returns replaces the args.

        Under `with_kwargs` it is `hook(module, args, kwargs)`, and returns both or None. As
        `torch.nn.Module.register_forward_pre_hook`.

        >>> import minigrad as mg
        >>> layer = mg.nn.ReLU()
        >>> handle = layer.register_forward_pre_hook(lambda module, args: args[0] - 5)
        >>> layer(mg.tensor([7.0]))
        tensor([2.])
        """
        return RemovableHandle(self._hooks, ("before forward", hook, with_kwargs))

    def register_forward_hook(
        self, hook: Callable[..., Any], *, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, args, output)` called after `forward`; it may replace the output.

        Under `with_kwargs` it is `hook(module, args, kwargs, output)`. As
        `torch.nn.Module.register_forward_hook`.

        >>> import minigrad as mg
        >>> layer = mg.nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(output))
        >>> _ = layer(mg.tensor([-1.0, 2.0]))
        tensor([0., 2.])
        >>> handle.remove()
        """
        return RemovableHandle(self._hooks, ("after forward", hook, with_kwargs))

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, grad_output)` called in a backward pass; it may replace that.

        RuntimeError, in that pass, if it returns another number of gradients. As
        `torch.nn.Module.register_full_backward_pre_hook`.

        >>> import minigrad as mg
        >>> layer, x = mg.nn.ReLU(), mg.tensor(2.0, requires_grad=True)
        >>> handle = layer.register_full_backward_pre_hook(lambda module, grads: 10 * grads[0])
        >>> layer(x).backward()
        >>> x.grad
        tensor(10.)
        """
        return RemovableHandle(self._hooks, ("before backward", hook, False))

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(module, grad_input, grad_output)` called once both are known.

        What it returns replaces grad_input: what goes on to the tensors given to the module.
        RuntimeError, in the backward pass, if those are not as many. As
        `torch.nn.Module.register_full_backward_hook`.

        >>> import minigrad as mg
        >>> layer, x = mg.nn.ReLU(), mg.tensor(2.0, requires_grad=True)
        >>> handle = layer.register_full_backward_hook(lambda module, *grads: print(grads))
        >>> layer(x).backward()
        ((tensor(1.),), (tensor(1.),))
        """
        return RemovableHandle(self._hooks, ("after backward", hook, False))
