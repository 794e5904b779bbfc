"""`Module`: what holds parameters, and finds those of the modules inside it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from minigrad.dtypes import float32, float64
from minigrad.modes import module_changes, no_grad
from minigrad.nn.hooks import Called
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor, as_tensor

__all__ = ["Module"]

Held = TypeVar("Held")


class LoadedKeys(NamedTuple):
    """The names that `load_state_dict` did not find, and those that it could not place."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"LoadedKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"
        )


class Module(Called):
    """A part of a model: its parameters, its buffers, the modules inside it, and `forward`.

    Assign parameters and modules to attributes in `__init__`, after `super().__init__()`,
    and write `forward`; calling the module runs it. `training` says whether it is being
    trained. AttributeError where `super().__init__()` is missing, TypeError where an attribute
    that held a parameter or a module is to hold something else. As `torch.nn.Module`.

    >>> import minigrad as mg
    >>> class Scale(mg.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = mg.nn.Parameter(mg.tensor(2.0))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(mg.tensor([1.0, 3.0]))
    tensor([2., 6.], grad_fn=<MulBackward0>)
    >>> [name for name, _ in scale.named_parameters()]
    ['factor']
    """

    training: bool
    # What was registered, in order: a name's kind is Parameter, Module, or Tensor for a buffer.
    # The things themselves are plain attributes, because those are found fastest.
    _kinds: dict[str, type]
    _transient: set[str]  # buffers that no state_dict holds

    def __init__(self) -> None:
        super().__init__()
        self.__dict__.update(training=True, _kinds={}, _transient=set())

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    # What it holds -------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        kind = next((each for each in (Parameter, Module) if isinstance(value, each)), None)
        if kind is not None:
            if self._registry().get(name) is not kind:
                self._forget(name)
                self._kinds[name] = kind
        elif value is not None and name in self.__dict__.get("_kinds", ()):
            self._check_kind(name, value, self._kinds[name])
        super().__setattr__(name, value)
        module_changes[0] += 1

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._forget(name)
        module_changes[0] += 1

    def _forget(self, name: str) -> None:
        self._kinds.pop(name, None)
        self._transient.discard(name)

    def _registry(self) -> dict[str, type]:
        if "_kinds" not in self.__dict__:
            who = type(self).__name__
            raise AttributeError(
                f"{who} is not ready to hold parameters and modules yet: call super().__init__() "
                f"on the first line of {who}.__init__."
            )
        return self._kinds

    def _check_kind(self, name: str, value: Any, kind: type) -> None:
        if not isinstance(value, kind):
            hint = {
                Parameter: "Use nn.Parameter(…), or set its numbers with .data = … or .copy_(…).",
                Module: "Assign a module, or None.",
                Tensor: "Assign a tensor, or None.",
            }[kind]
            raise TypeError(
                f"{type(self).__name__}.{name} takes a {kind.__name__}, not a "
                f"{type(value).__name__}. {hint}"
            )

    def _register(self, name: str, value: Any, kind: type) -> None:
        registry = self._registry()
        if not isinstance(name, str):
            raise TypeError(f"A name is a string, not a {type(name).__name__}.")
        if not name or "." in name:
            raise KeyError(f"The name {name!r} must not be empty, and must not have a dot in it.")
        if hasattr(self, name) and registry.get(name) is not kind:
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} already.")
        if value is not None:
            self._check_kind(name, value, kind)
        registry[name] = kind
        super().__setattr__(name, value)
        module_changes[0] += 1

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or hold its place with None. As `torch.nn.Module.register_parameter`.

        KeyError for a name that is taken, empty or has a dot; TypeError for anything else
        than a Parameter.

        >>> import minigrad as mg
        >>> model = mg.nn.Module()
        >>> model.register_parameter("w", mg.nn.Parameter(mg.tensor(2.0)))
        >>> [name for name, _ in model.named_parameters()]
        ['w']
        """
        self._register(name, param, Parameter)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name of its own. As `torch.nn.Module.add_module`.

        Errors as in `register_parameter`.

        >>> import minigrad as mg
        >>> model = mg.nn.Module()
        >>> model.add_module("bend", mg.nn.ReLU())
        >>> model.bend
        ReLU()
        """
        self._register(name, module, Module)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but is not trained, such as a running mean.

        A buffer that is not `persistent` is left out of `state_dict`. Errors as in
        `register_parameter`. As `torch.nn.Module.register_buffer`.

        >>> import minigrad as mg
        >>> model = mg.nn.Module()
        >>> model.register_buffer("mean", mg.zeros(2))
        >>> model.state_dict()
        {'mean': tensor([0., 0.])}
        """
        self._register(name, tensor, Tensor)
        if not persistent:
            self._transient.add(name)

    def _own(self, kind: type[Held]) -> list[tuple[str, Held]]:
        """What is registered here itself, in order."""
        held = self.__dict__
        return [
            (name, held[name])
            for name, each in self._kinds.items()
            if each is kind and held[name] is not None
        ]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, with their names; a shared one once.

        As `torch.nn.Module.named_children`.

        >>> import minigrad as mg
        >>> list(mg.nn.Sequential(mg.nn.Tanh(), mg.nn.ReLU()).named_children())
        [('0', Tanh()), ('1', ReLU())]
        """
        seen: set[Module] = set()
        for name, module in self._own(Module):
            if module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly inside this one. As `torch.nn.Module.children`.

        >>> import minigrad as mg
        >>> list(mg.nn.Sequential(mg.nn.Tanh(), mg.nn.ReLU()).children())
        [Tanh(), ReLU()]
        """
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all inside it, with dotted names; `memo` holds those to leave out.

        As `torch.nn.Module.named_modules`.

        >>> import minigrad as mg
        >>> model = mg.nn.Sequential(mg.nn.Sequential(mg.nn.Tanh()))
        >>> [name for name, _ in model.named_modules()]
        ['', '0', '0.0']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._own(Module):
            dotted = f"{prefix}.{name}" if prefix else name
            yield from module.named_modules(memo, dotted, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, each once. As `torch.nn.Module.modules`.

        >>> import minigrad as mg
        >>> len(list(mg.nn.Sequential(mg.nn.Tanh(), mg.nn.ReLU()).modules()))
        3
        """
        return (module for _, module in self.named_modules())

    def _named(
        self, kind: type[Held], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Held]]:
        modules = [(prefix, self)]
        if recurse:
            modules = [*self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)]
        seen: set[int] = set()
        for path, module in modules:
            for name, each in module._own(kind):
                if id(each) not in seen:
                    yield f"{path}.{name}" if path else name, each
                if remove_duplicate:
                    seen.add(id(each))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with dotted names, in order of registration; a shared one once.

        As `torch.nn.Module.named_parameters`.

        >>> import minigrad as mg
        >>> [name for name, _ in mg.nn.Sequential(mg.nn.Linear(3, 2)).named_parameters()]
        ['0.weight', '0.bias']
        """
        return self._named(Parameter, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, as an optimizer takes them. As `torch.nn.Module.parameters`.

        >>> import minigrad as mg
        >>> [tuple(each.shape) for each in mg.nn.Linear(3, 2).parameters()]
        [(2, 3), (2,)]
        """
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with dotted names. As `torch.nn.Module.named_buffers`.

        >>> import minigrad as mg
        >>> [name for name, _ in mg.nn.BatchNorm1d(2).named_buffers()]
        ['running_mean', 'running_var', 'num_batches_tracked']
        """
        return self._named(Tensor, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers. As `torch.nn.Module.buffers`.

        >>> import minigrad as mg
        >>> list(mg.nn.BatchNorm1d(2).buffers())
        [tensor([0., 0.]), tensor([1., 1.]), tensor(0)]
        """
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # Its state -----------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return all parameters and persistent buffers by dotted name, in the model's own memory.

        They are detached, unless `keep_vars`. Use `copy.deepcopy` for a snapshot. As
        `torch.nn.Module.state_dict`.

        >>> import minigrad as mg
        >>> {name: tuple(each.shape) for name, each in mg.nn.Linear(3, 2).state_dict().items()}
        {'weight': (2, 3), 'bias': (2,)}
        """
        state: dict[str, Tensor] = {}
        for path, module in self.named_modules(
            prefix=prefix.removesuffix("."), remove_duplicate=False
        ):
            for name, each in [*module._own(Parameter), *module._own(Tensor)]:
                if name not in module._transient:
                    state[f"{path}.{name}" if path else name] = each if keep_vars else each.detach()
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy the numbers of a state_dict into the parameters and buffers of the same names.

        RuntimeError, with every name and both shapes, where shapes differ or, if `strict`,
        where names are missing or unknown; nothing is changed then. TypeError for what is no
        dict. As `torch.nn.Module.load_state_dict`.

        >>> import minigrad as mg
        >>> model, other = mg.nn.Linear(3, 2), mg.nn.Linear(3, 2)
        >>> model.load_state_dict(other.state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"load_state_dict takes what state_dict() returned, not a "
                f"{type(state_dict).__name__}."
            )
        own = self.state_dict()
        given = {name: as_tensor(each) for name, each in state_dict.items()}
        keys = LoadedKeys(
            [name for name in own if name not in given],
            [name for name in given if name not in own],
        )
        wrong = [
            f"{name} has shape {tuple(given[name].shape)}, but the model's has {tuple(each.shape)}"
            for name, each in own.items()
            if name in given and given[name].shape != each.shape
        ]
        if strict:
            wrong = [
                *(f"{name} is missing" for name in keys.missing_keys),
                *(f"{name} is not in the model" for name in keys.unexpected_keys),
                *wrong,
            ]
        if wrong:
            listed = "\n  ".join(wrong)
            raise RuntimeError(
                f"The state_dict does not fit {type(self).__name__}:\n  {listed}\n"
                "Make the model as it was when its state was saved. To leave out names that are "
                "missing or not in the model, give strict=False."
            )
        with no_grad():
            for name in own.keys() & given.keys():
                own[name].copy_(given[name])
        return keys

    # What is done to all of it ---------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch to training, where dropout drops and batch norm measures; returns itself.

        `train(False)` is `eval()`. ValueError for anything but True or False. As
        `torch.nn.Module.train`.

        >>> import minigrad as mg
        >>> mg.nn.Dropout(0.5).train(False).training
        False
        """
        if not isinstance(mode, bool):
            raise ValueError(f"train() takes True or False, not {mode!r}.")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation, the opposite of `train`; returns itself.

        As `torch.nn.Module.eval`.

        >>> import minigrad as mg
        >>> mg.nn.Dropout(0.5).eval()(mg.tensor([1.0, 2.0]))
        tensor([1., 2.])
        """
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze all parameters with False, or have them trained again; returns itself.

        As `torch.nn.Module.requires_grad_`.

        >>> import minigrad as mg
        >>> mg.nn.Linear(3, 2).requires_grad_(False).weight.requires_grad
        False
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros.

        As `torch.nn.Module.zero_grad`.

        >>> import minigrad as mg
        >>> layer = mg.nn.Linear(2, 1)
        >>> layer(mg.ones(2)).backward()
        >>> layer.zero_grad()
        >>> layer.weight.grad is None
        True
        """
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.zero_()

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` with every module inside and then with this one; returns itself.

        As `torch.nn.Module.apply`.

        >>> import minigrad as mg
        >>> model = mg.nn.Sequential(mg.nn.Tanh(), mg.nn.ReLU())
        >>> _ = model.apply(lambda module: print(type(module).__name__))
        Tanh
        ReLU
        Sequential
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Turn all floating-point parameters and buffers into a dtype; returns itself.

        Arguments and errors as in `Tensor.to`. As `torch.nn.Module.to`.

        >>> import minigrad as mg
        >>> mg.nn.Linear(3, 2).to(mg.float64).bias.dtype
        torch.float64
        """
        for module in self.modules():
            for _, parameter in module._own(Parameter):
                parameter.data = parameter.data.to(*args, **kwargs)
                if parameter.grad is not None:
                    parameter.grad = parameter.grad.to(*args, **kwargs)
            for name, buffer in module._own(Tensor):
                if buffer.dtype.is_floating_point:
                    setattr(module, name, buffer.to(*args, **kwargs))
        return self

    def float(self) -> Self:
        """Turn it into float32; returns itself. As `torch.nn.Module.float`.

        >>> import minigrad as mg
        >>> mg.nn.Linear(3, 2, dtype=mg.float64).float().bias.dtype
        torch.float32
        """
        return self.to(float32)

    def double(self) -> Self:
        """Turn it into float64; returns itself. As `torch.nn.Module.double`.

        >>> import minigrad as mg
        >>> mg.nn.Linear(3, 2).double().bias.dtype
        torch.float64
        """
        return self.to(float64)

    # As text -------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the brackets when it is printed; every module writes its own.

        As `torch.nn.Module.extra_repr`.

        >>> import minigrad as mg
        >>> mg.nn.LeakyReLU(0.5).extra_repr()
        'negative_slope=0.5'
        """
        return ""

    def __repr__(self) -> str:
        lines = self.extra_repr().splitlines()
        children = [f"({name}): {module!r}" for name, module in self._own(Module)]
        if len(lines) <= 1 and not children:
            return f"{type(self).__name__}({''.join(lines)})"
        inside = textwrap.indent("\n".join([*lines, *children]), "  ")
        return f"{type(self).__name__}(\n{inside}\n)"
