"""What layers and losses refuse, and what they warn of."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.errors import called, shaped, warn
from minigrad.modes import state
from minigrad.tensor import Tensor

_UNSIGNED = {np.dtype(f"i{size}"): np.dtype(f"u{size}") for size in (4, 8)}


class _OfNumbers:
    """A check of tensors' numbers, which is made again whenever what was recorded is run.

    Compiled code asks `wrong`, which is given the arrays, or what stands for them, in place of
    the tensors: true for each cell that the check refuses.
    """

    def __init__(self, check: Callable[..., None], wrong: Callable[..., Any]) -> None:
        functools.update_wrapper(self, check)
        self.function = check
        self.wrong = wrong

    def __call__(self, *inputs: Any) -> None:
        """Make it."""
        if state.recorder is None:
            self.function(*inputs)
        else:
            state.recorder.checked(self, inputs)


def _refusing(wrong: Callable[..., Any]) -> Callable[[Callable[..., None]], _OfNumbers]:
    return lambda check: _OfNumbers(check, wrong)


def _named(role: str, tensor: Tensor) -> str:
    """Name a tensor by what it is for, as in the target t (3, 4)."""
    return " ".join(["the", role, *shaped(tensor).removeprefix("this tensor ").split(" ", 1)])


def check_probability(what: str, p: float) -> None:
    """A chance is from 0 to 1."""
    if not 0 <= p <= 1:
        raise ValueError(f"{what}: p is a probability, so from 0 to 1, but it is {p}.")


def check_reduction(reduction: str, allowed: tuple[str, ...] = ("mean", "sum", "none")) -> None:
    """A loss says how it becomes one number."""
    if reduction not in allowed:
        raise ValueError(f"reduction is one of {', '.join(map(repr, allowed))}, not {reduction!r}.")


def check_same_shape(what: str, input: Tensor, target: Tensor) -> None:
    """Some losses do not broadcast at all."""
    if input.shape != target.shape:
        raise ValueError(
            f"{what}: {_named('prediction', input)} and {_named('target', target)} must have "
            f"the same shape. {_way_out(input, target)}"
        )


def warn_of_shapes(what: str, input: Tensor, target: Tensor) -> None:
    """The classic silent mistake: (N, 1) against (N,) compares everything with everything."""
    if input._data.shape != target._data.shape:
        try:
            both = np.broadcast_shapes(input.shape, target.shape)
        except ValueError:
            return  # the loss itself refuses these
        warn(
            f"{what}: {_named('prediction', input)} and {_named('target', target)} have "
            f"different shapes. They are broadcast to {both}, so that one number is compared with "
            f"several, and the loss is likely not what you want. {_way_out(input, target)}"
        )


def _way_out(input: Tensor, target: Tensor) -> str:
    if input._data.size == target._data.size:
        return f"Use {called(target, '')}.reshape({', '.join(map(str, input.shape))})."
    return "Give both one shape."


def check_classes(what: str, input: Tensor, target: Tensor, ignore_index: int) -> None:
    """Targets are int64 class numbers, one per row of log-probabilities or logits."""
    sizes, given = input._data.shape, target._data.shape
    if not sizes:
        raise RuntimeError(
            f"{what}: {called(input)} is a single number; it needs a row per target."
        )
    dim = 0 if len(sizes) == 1 else 1
    rows = sizes[:dim] + sizes[dim + 1 :]
    if given != rows:
        kind = ValueError if dim and given[:1] != sizes[:1] else RuntimeError
        raise kind(
            f"{what}: {_named('prediction', input)} has its classes along dim {dim}, so it "
            f"needs class numbers of shape {rows}, but it got {_named('target', target)}."
        )
    if target._data.dtype != np.int64:
        raise RuntimeError(
            f"{what}: the target {called(target)} is {target.dtype.dtype.name}, but class numbers "
            f"are int64. Use {called(target, '')}.to(mg.int64); probabilities of the classes need "
            f"the prediction's shape {sizes} instead."
        )
    check_numbers(what, target, sizes[dim], ignore_index)


def _wrong_numbers(what: str, numbers: Any, many: int, ignored: int | None = None) -> Any:
    outside = (numbers < 0) | (numbers >= many)
    return outside if ignored is None else outside & (numbers != ignored)


@_refusing(_wrong_numbers)
def check_numbers(what: str, target: Tensor, many: int, ignored: int | None = None) -> None:
    """Class numbers and places in an embedding count from 0."""
    numbers: Any = target._data
    # Read as unsigned, a negative number is a large one. Most calls need no closer look.
    if numbers.size and np.maximum.reduce(numbers.view(_UNSIGNED[numbers.dtype]), None) < many:
        return
    wrong = _wrong_numbers(what, numbers, many, ignored)
    if np.any(wrong):
        raise IndexError(
            f"{what}: {called(target)} holds {np.extract(wrong, numbers)[0]}, but with {many} "
            f"of them the numbers go from 0 to {many - 1}."
        )


def check_probabilities(what: str, input: Tensor, target: Tensor) -> None:
    """Targets of the prediction's own shape are probabilities, so floats."""
    if not target.dtype.is_floating_point:
        raise RuntimeError(
            f"{what}: {_named('target', target)} has the prediction's shape, so it must hold "
            f"the probabilities of the classes, but it is {target.dtype.dtype.name}. Class "
            f"numbers have one dim less; probabilities are floats."
        )


def _not_between(numbers: Any) -> Any:
    return ~((numbers >= 0) & (numbers <= 1))  # NaN is not either


@_refusing(lambda what, input, target: _not_between(input) | _not_between(target))
def check_between(what: str, input: Tensor, target: Tensor) -> None:
    """Probabilities are from 0 to 1."""
    for each in (input, target):
        if np.any(_not_between(each._data)):
            raise RuntimeError(
                f"{what}: {called(each)} holds numbers outside of 0 to 1. Put a sigmoid before "
                "it, or use binary_cross_entropy_with_logits, which has one inside."
            )
