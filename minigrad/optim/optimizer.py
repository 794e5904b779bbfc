"""What all optimizers share: groups of parameters, what is remembered of each, and the step."""

from __future__ import annotations

import copy
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

import numpy as np

from minigrad.errors import called
from minigrad.graph import count_write
from minigrad.kernels import dispatch
from minigrad.modes import NONE, WARNINGS, enable_grad
from minigrad.rules.rule import arguments
from minigrad.tensor import Tensor, tensor

Params = Iterable[Tensor] | Iterable[dict[str, Any]]

_NOTHING: dict[str, Tensor] = {}
_NEVER_NEGATIVE = (
    "lr", "lr_decay", "momentum", "weight_decay", "alpha", "eps", "initial_accumulator_value",
)  # fmt: skip


class Optimizer:
    """Moves parameters, once a `step`, by a formula that a subclass gives as `update`.

    `params` is a list of leaf tensors, or a list of groups: dicts with "params" and the
    options in which the group differs from `defaults`. TypeError for a single tensor or
    something that is none, ValueError for an empty list, a computed tensor, a tensor that
    is in two groups, or an option out of its range. As `torch.optim.Optimizer`.

    >>> import minigrad as mg
    >>> class Descent(mg.optim.Optimizer):
    ...     @staticmethod
    ...     def update(param, grad, *, lr):
    ...         return param - lr * grad, {}
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> (w * w).backward()
    >>> Descent([w], {"lr": 0.1}).step()
    >>> w
    tensor(2.4000, requires_grad=True)
    """

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"An optimizer takes a list of tensors, but {called(params)} is a single one. "
                "Put it in a list."
            )
        _check_ranges(defaults)
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Tensor]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self.has_stepped = False  # for the schedulers' warning
        self._loops: dict[Tensor, Any] = {}  # of parameters that are moved by one, see `fused`
        self._options = arguments(self.update)[1]
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list: there is nothing to optimize. Was "
                "parameters() a generator that was used up before?"
            )
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    @staticmethod
    def update(*inputs: Any, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Compute one parameter's new value, and what is to be remembered of it by name.

        A subclass's `update(param, grad, …)` has an argument for each thing remembered,
        whose default is what it is before the first step, and a keyword-only argument for
        each option. It works on arrays and numbers, with Python's operators and NumPy's
        functions, and changes nothing that it is given. NotImplementedError without it;
        minigrad's own.

        >>> import minigrad as mg
        >>> options = dict(dampening=0, weight_decay=0, nesterov=False, maximize=False)
        >>> mg.optim.SGD.update(3.0, 6.0, lr=0.25, momentum=0.9, **options)
        (1.5, {'momentum_buffer': 6.0})
        """
        raise NotImplementedError("An optimizer needs an update(param, grad, …), or its own step.")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, in place and unrecorded.

        `closure`, where given, computes the loss and its gradients first; its result is
        returned. As `torch.optim.Optimizer.step`.

        >>> import minigrad as mg
        >>> w = mg.tensor(3.0, requires_grad=True)
        >>> (w * w).backward()
        >>> mg.optim.SGD([w], lr=0.25).step()
        >>> w
        tensor(1.5000, requires_grad=True)
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._update_all()
        self.has_stepped = True
        return loss

    def _update_all(self) -> None:
        if len(self._loops) > sum(len(group["params"]) for group in self.param_groups):
            self._loops.clear()  # some were taken out
        for group in self.param_groups:
            options = {name: group[name] for name in self._options}
            if isinstance(options.get("lr"), Tensor):  # PyTorch allows it
                options["lr"] = options["lr"].item()
            moving, size = [], 0
            for each in group["params"]:
                if each._grad is not None:
                    moving.append((each, each._grad._data))
                    size += each._grad._data.size
            if size >= dispatch.AT_LEAST:
                moving = self._update_fused(moving, options)
            if moving:
                self._update_each(moving, options)

    def _update_fused(self, moving: list[Any], options: dict[str, Any]) -> list[Any]:
        """Move each parameter by one loop; return those of which not all is in one piece of memory.

        All of them are left if the formula cannot be a loop.
        """
        from minigrad.optim import fused  # which reads formulas: not needed for small models

        lr = options.get("lr")
        pinned = tuple([
            (name, tuple(each) if isinstance(each, list | np.ndarray) else each)
            for name, each in options.items()
            if name != "lr"
        ])  # fmt: skip
        left = []
        for param, grad in moving:
            held = self.state.get(param, _NOTHING)
            ready = self._loops.get(param)
            if ready is None or not ready.fits(held, pinned):
                ready = fused.prepared(self.update, param, held, lr, pinned)
                if ready is not None:
                    self._loops[param] = ready
            if ready is None or not ready.run(grad, lr):
                left.append((param, grad))
        return left

    def _update_each(self, moving: list[Any], options: dict[str, Any]) -> None:
        """Move each parameter by the formula itself; all their writes are counted as one."""
        update, states = self.update, self.state
        written: list[list[int]] = []
        token = WARNINGS.set(NONE)
        try:
            for param, grad in moving:
                held = states.get(param)
                if held:
                    # A count goes into powers, which float32 would round.
                    known = {
                        name: each.item() if name == "step" else each._data
                        for name, each in held.items()
                    }
                    value, kept = update(param._data, grad, **known, **options)
                else:
                    value, kept = update(param._data, grad, **options)
                written.append(param._cell())
                param._put(value)
                for name, each in kept.items():
                    if held and name in held:
                        written.append(held[name]._cell())
                        held[name]._put(each)
                    else:
                        states[param][name] = tensor(each)
        finally:
            WARNINGS.reset(token)
            if written:
                count_write(*written)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a file holds: not the loops, which are made again when needed."""
        return {**self.__dict__, "_loops": {}}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients: set them to None, or to zeros in place.

        As `torch.optim.Optimizer.zero_grad`.

        >>> import minigrad as mg
        >>> w = mg.tensor(3.0, requires_grad=True)
        >>> (w * w).backward()
        >>> mg.optim.SGD([w]).zero_grad()
        >>> w.grad is None
        True
        """
        for param in chain.from_iterable(group["params"] for group in self.param_groups):
            if set_to_none:
                param._grad = None
            elif param.grad is not None:
                param.grad.detach_().zero_()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize more tensors; `param_group` is as in the list that made the optimizer.

        TypeError for what is no dict, or holds something else than tensors; ValueError for a
        computed tensor, one that is in another group, or an option out of its range. As
        `torch.optim.Optimizer.add_param_group`.

        >>> import minigrad as mg
        >>> w, b = (mg.tensor(1.0, requires_grad=True) for _ in "wb")
        >>> optimizer = mg.optim.SGD([w], lr=0.5)
        >>> optimizer.add_param_group({"params": b, "lr": 0.1})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.5, 0.1]
        """
        if not isinstance(param_group, dict):
            raise TypeError(
                f"A parameter group is a dict with 'params', not a {type(param_group).__name__}."
            )
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("A set has no order that stays from run to run: give a list.")
        params = [params] if isinstance(params, Tensor) else list(params)
        for each in params:
            if not isinstance(each, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, not a {type(each).__name__}")
            if not (each.is_leaf or each.retains_grad):
                raise ValueError(
                    f"can't optimize a non-leaf Tensor: {called(each)} was computed from other "
                    "tensors. Give those, or a copy: .detach().requires_grad_()."
                )
        group = {**self.defaults, **param_group, "params": params}
        _check_ranges(group)
        if len(set(params)) < len(params):
            warnings.warn(
                "A parameter group contains a tensor more than once: it is updated as often.",
                UserWarning, stacklevel=4,
            )  # fmt: skip
        for other in self.param_groups:
            for each in set(params).intersection(other["params"]):
                raise ValueError(
                    f"some parameters appear in more than one parameter group: {called(each)}"
                )
        self.param_groups.append(group)

    def state_dict(self) -> dict[str, Any]:
        """Return the groups' options and what is remembered, by the parameters' numbers.

        The tensors are the optimizer's own, and change with its next step. As
        `torch.optim.Optimizer.state_dict`.

        >>> import minigrad as mg
        >>> w = mg.tensor(3.0, requires_grad=True)
        >>> optimizer = mg.optim.SGD([w], momentum=0.9)
        >>> (w * w).backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'momentum_buffer': tensor(6.)}}
        """
        params = chain.from_iterable(group["params"] for group in self.param_groups)
        number = {param: i for i, param in enumerate(dict.fromkeys(params))}
        return {
            "state": {number[param]: held for param, held in self.state.items()},
            "param_groups": [
                {**group, "params": [number[each] for each in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the optimizer was that gave `state_dict`; its tensors are copied.

        Parameters are matched by their numbers. ValueError where sizes or shapes differ;
        then nothing is changed. As `torch.optim.Optimizer.load_state_dict`.

        >>> import minigrad as mg
        >>> w = mg.tensor(3.0, requires_grad=True)
        >>> optimizer = mg.optim.SGD([w], lr=0.5)
        >>> optimizer.load_state_dict(mg.optim.SGD([w], lr=0.1).state_dict())
        >>> optimizer.param_groups[0]["lr"]
        0.1
        """
        saved = state_dict["param_groups"]
        sizes, wanted = (
            [len(group["params"]) for group in groups] for groups in (saved, self.param_groups)
        )
        if sizes != wanted:
            raise ValueError(
                f"The groups of the state dict have {sizes} parameters, those of this optimizer "
                f"{wanted}. Was it saved for another model?"
            )
        param_of = {
            number: param
            for theirs, ours in zip(saved, self.param_groups, strict=True)
            for number, param in zip(theirs["params"], ours["params"], strict=True)
        }
        loaded: defaultdict[Tensor, dict[str, Tensor]] = defaultdict(dict)
        for number, held in state_dict["state"].items():
            param = param_of[number]
            for name, each in held.items():
                if name != "step" and each.shape != param.shape:
                    raise ValueError(
                        f"The state dict's {name} of parameter {number} has shape "
                        f"{tuple(each.shape)}, but {called(param)} has {tuple(param.shape)}. "
                        "Are the parameters in another order?"
                    )
                kind = each._data.dtype if name == "step" else param._data.dtype
                loaded[param][name] = Tensor(each._data.astype(kind))
        self.param_groups = [
            {**ours, **copy.deepcopy(theirs), "params": ours["params"]}
            for theirs, ours in zip(saved, self.param_groups, strict=True)
        ]
        self.state = loaded

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            lines = [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
            text += "\n".join([f"\nParameter Group {i}", *lines, ""])
        return f"{text})"


def _check_ranges(options: Mapping[str, Any]) -> None:
    """Refuse options with which no step would make sense."""
    for name in _NEVER_NEGATIVE:
        if name in options and not options[name] >= 0:
            raise ValueError(f"Invalid {name} value: {options[name]}. It is a number from 0 up.")
    for i, beta in enumerate(options.get("betas", ())):
        if not 0 <= beta < 1:
            raise ValueError(f"Invalid beta {i}: {beta}. It is at least 0 and below 1.")
    for name in ("capturable", "differentiable"):
        if options.get(name):
            raise ValueError(f"{name}=True is not supported: a step is never recorded here.")
