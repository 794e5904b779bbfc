"""Schedules: learning rates that change from epoch to epoch.

Each is written as PyTorch writes it: the next rate follows from the present one, so that
schedules can be combined, and a rate that was set by hand is kept.
"""

from __future__ import annotations

import math
import types
import warnings
from collections.abc import Callable
from typing import Any

from minigrad.optim.optimizer import Optimizer


class LRScheduler:
    """Sets the learning rate of each group once an epoch, from what a subclass's `get_lr` says.

    `last_epoch` is −1 for a fresh start; to go on, it is the last epoch that was done, and
    the groups must hold their "initial_lr" (KeyError). TypeError where `optimizer` is none.
    As `torch.optim.lr_scheduler.LRScheduler`.

    >>> import minigrad as mg
    >>> class WarmUp(mg.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [min(1, (1 + self.last_epoch) / 4) * lr for lr in self.base_lrs]
    >>> WarmUp(mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)).get_last_lr()
    [0.125]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param_groups[{i}] has no 'initial_lr', which a schedule needs to go on from "
                    f"epoch {last_epoch}. Load the optimizer's state_dict first."
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self.step()

    def get_lr(self) -> list[float]:
        """Compute the rates for `last_epoch` from those before; `step` calls it.

        A subclass writes it: NotImplementedError until then. As
        `torch.optim.lr_scheduler.LRScheduler.get_lr`.

        >>> import minigrad as mg
        >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
        >>> mg.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 2**-epoch).get_lr()
        [0.5]
        """
        raise NotImplementedError("A schedule needs a get_lr().")

    def get_last_lr(self) -> list[float]:
        """Return the rates that the last `step` set, one per group.

        As `torch.optim.lr_scheduler.LRScheduler.get_last_lr`.

        >>> import minigrad as mg
        >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
        >>> mg.optim.lr_scheduler.StepLR(optimizer, step_size=1).get_last_lr()
        [0.5]
        """
        return self._last_lr

    def step(self) -> None:
        """Go on to the next epoch. UserWarning where the optimizer has not made a step yet.

        As `torch.optim.lr_scheduler.LRScheduler.step`.

        >>> import minigrad as mg
        >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
        >>> scheduler = mg.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
        """
        watched = type(self.optimizer).step is Optimizer.step  # else the reader wrote it
        if self._step_count == 1 and watched and not self.optimizer.has_stepped:
            warnings.warn(
                "scheduler.step() was called before optimizer.step(), so the first learning rate "
                "is never used. Call optimizer.step() first.",
                UserWarning, stacklevel=2,
            )  # fmt: skip
        self._step_count += 1
        self.last_epoch += 1
        self._last_lr = self.get_lr()
        for group, lr in zip(self.optimizer.param_groups, self._last_lr, strict=True):
            group["lr"] = lr

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer, by name.

        As `torch.optim.lr_scheduler.LRScheduler.state_dict`.

        >>> import minigrad as mg
        >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
        >>> mg.optim.lr_scheduler.StepLR(optimizer, step_size=3).state_dict()["step_size"]
        3
        """
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the schedule was that gave `state_dict`. Load the optimizer's own too.

        As `torch.optim.lr_scheduler.LRScheduler.load_state_dict`.

        >>> import minigrad as mg
        >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
        >>> scheduler = mg.optim.lr_scheduler.StepLR(optimizer, step_size=3)
        >>> scheduler.load_state_dict({"last_epoch": 7})
        >>> scheduler.last_epoch
        7
        """
        vars(self).update(state_dict)

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]


class StepLR(LRScheduler):
    """Multiplies the rates by `gamma` every `step_size` epochs. ValueError for fewer than one.

    As `torch.optim.lr_scheduler.StepLR`.

    >>> import minigrad as mg
    >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
    >>> scheduler = mg.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for epoch in range(4):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.125]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if step_size < 1:
            raise ValueError(f"step_size counts epochs and is at least 1, not {step_size}.")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the present rates, times gamma when it is time."""
        due = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return [lr * self.gamma for lr in self._rates()] if due else self._rates()


class CosineAnnealingLR(LRScheduler):
    """Lets the rates fall to `eta_min` in `T_max` epochs, along half a cosine, and rise again.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017),
    without restarts. ValueError for T_max below 1. As
    `torch.optim.lr_scheduler.CosineAnnealingLR`.

    >>> import minigrad as mg
    >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
    >>> scheduler = mg.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_max < 1:
            raise ValueError(f"T_max counts epochs and is at least 1, not {T_max}.")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Scale each rate's height above eta_min by the ratio of the cosine to its last value."""
        if self._step_count == 1:
            return self._rates()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # the last value was 0
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [
                lr + (base_lr - self.eta_min) * rise
                for base_lr, lr in zip(self.base_lrs, self._rates(), strict=True)
            ]
        now, before = (
            1 + math.cos(math.pi * epoch / self.T_max)
            for epoch in (self.last_epoch, self.last_epoch - 1)
        )
        return [now / before * (lr - self.eta_min) + self.eta_min for lr in self._rates()]


class LambdaLR(LRScheduler):
    """Sets each rate to its first value times `lr_lambda(epoch)`.

    `lr_lambda` is one function, or a list with one per group (ValueError for another number).
    As `torch.optim.lr_scheduler.LambdaLR`.

    >>> import minigrad as mg
    >>> optimizer = mg.optim.SGD([mg.tensor(1.0, requires_grad=True)], lr=0.5)
    >>> scheduler = mg.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = lr_lambda if isinstance(lr_lambda, list) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Scale the first rates."""
        return [
            base_lr * factor(self.last_epoch)
            for factor, base_lr in zip(self.lr_lambdas, self.base_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer and plain functions, which cannot be saved."""
        kept = [
            None if isinstance(each, types.FunctionType) else dict(vars(each))
            for each in self.lr_lambdas
        ]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the schedule was; objects that are called get their attributes back."""
        for each, kept in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            vars(each).update(kept or {})
        super().load_state_dict({**state_dict, "lr_lambdas": self.lr_lambdas})
