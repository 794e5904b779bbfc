"""What layers do besides computing a result: they draw numbers, or they keep averages."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.modes import state
from minigrad.random import bernoulli
from minigrad.tensor import Tensor


class Effect:
    """Something to be done again whenever what was recorded is run.

    `function` is given the array of a tensor, and what else it needs; it returns an array. What
    it `draws` depends on the shape of the first alone, and on its order in memory.
    """

    def __init__(self, function: Callable[..., Any], draws: bool = False) -> None:
        self.name = function.__name__.strip("_")
        self.function = function
        self.draws = draws

    def __call__(self, of: Tensor, *given: Any) -> Any:
        """Do it."""
        if state.recorder is None:
            return self.function(of._array(), *given)
        return state.recorder.did(self, of, given)


def _dropout(like: Any, kept: float) -> Any:
    return bernoulli(Tensor(like), kept)._array() / kept


def _averages(
    x: Any, running_mean: Tensor, running_var: Tensor, axes: tuple[int, ...], momentum: float
) -> Any:
    with np.errstate(all="ignore"):
        many = math.prod(x.shape[each] for each in axes)
        mean = np.sum(x, axes, keepdims=True) / many
        var = np.sum((x - mean) ** 2, axes) / (many - 1)
        mean = mean.reshape(var.shape)
        if many:  # an empty batch says nothing of either
            running_mean._overwrite(momentum * mean + (1 - momentum) * running_mean._array())
            running_var._overwrite(momentum * var + (1 - momentum) * running_var._array())
    return mean


def _count(number: Any, counter: Tensor) -> Any:
    counter._overwrite(number + 1)
    return number


# 1 / p for each number that is kept, with probability p, and 0 for the others.
dropped = Effect(_dropout, draws=True)
# Running averages move towards those of a batch.
move_averages = Effect(_averages)
count = Effect(_count)
