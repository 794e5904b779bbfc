"""Gradients held against differences; where they disagree, the op at fault is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.walk import grad
from minigrad.errors import called
from minigrad.recorder import Draft, Input, record
from minigrad.tensor import Array, Tensor

Func = Callable[..., Any]


class GradcheckError(RuntimeError):
    """A gradient is not what differences say; the message names the op and its input.

    A RuntimeError that `gradcheck` raises. As `torch.autograd.gradcheck.GradcheckError`.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, dtype=mg.float64, requires_grad=True)
    >>> try:
    ...     mg.autograd.gradcheck(lambda x: x * x.detach(), x)
    ... except mg.autograd.GradcheckError as error:
    ...     print(str(error).partition(":")[0])
    The gradient of output 0 for input 0 (x) is wrong
    """


class _Tolerance(NamedTuple):
    eps: float
    atol: float
    rtol: float
    nondet: float


class _Mismatch(NamedTuple):
    """The first cell of a Jacobian where rules and differences disagree."""

    output: int
    input: int
    to: list[int] | None  # the cell of the output; None: when the gradient 0 arrives
    at: list[int]  # the cell of the input
    given: float
    again: float  # by a second backward pass
    left: float  # the slopes by differences, on both sides
    right: float
    repeats: bool
    smooth: bool

    def told(self) -> str:
        """Say the numbers, and where."""
        given, left, right, middle = (
            str(float(f"{each + 0:.7g}"))
            for each in (self.given, self.left, self.right, (self.left + self.right) / 2)
        )
        said = f"at {self.at} it gives {given}" if self.at else f"it gives {given}"
        if self.to and self.to != self.at:
            said += f" for the result at {self.to}"
        if not self.repeats:
            return f"{said}, and the next time {self.again - self.given:.2g} more"
        if self.to is None:
            return f"{said} when the gradient 0 arrives, which it must multiply by"
        if self.smooth:
            return f"{said}, differences give {middle}"
        return (
            f"{said}, differences give {left} on the left and {right} on the right. Here is a "
            "kink, a jump or an edge, where no slope is right: move the input away from it"
        )


def gradcheck(
    func: Func,
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Hold the gradients of `func(*inputs)` against central differences; return whether they agree.

    Every input that requires a gradient is moved by `eps`, cell by cell. They agree where
    |gradient − difference| ≤ atol + rtol·|difference|. If not: GradcheckError, which names the
    op and the input at fault, or False without `raise_exception`. Two backward passes may
    differ by `nondet_tol`. ValueError if no input requires a gradient, RuntimeError for one that
    was expanded; a warning for float32, which is too coarse for differences. As
    `torch.autograd.gradcheck`.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, 2.0], dtype=mg.float64, requires_grad=True)
    >>> mg.autograd.gradcheck(lambda x: x * x, x)
    True
    """
    given = _as_tuple(inputs)
    _check_inputs(given)
    tolerance = _Tolerance(eps, atol, rtol, nondet_tol)
    mismatch = _compared(func, given, tolerance)
    if mismatch is None or not raise_exception:
        return mismatch is None
    raise GradcheckError(_faulty_op(func, given, tolerance) or _of_func(mismatch, given))


def gradgradcheck(
    func: Func,
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Hold second derivatives against differences of the first, as `gradcheck` does.

    `grad_outputs`, where the backward pass starts from, is random if left out, from a
    generator of its own. Errors as in `gradcheck`. As `torch.autograd.gradgradcheck`.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, 2.0], dtype=mg.float64, requires_grad=True)
    >>> mg.autograd.gradgradcheck(lambda x: x**3, x)
    True
    """
    given = _as_tuple(inputs)
    _check_inputs(given)
    tolerance = _Tolerance(eps, atol, rtol, nondet_tol)
    starts = _starts(func, given) if grad_outputs is None else _as_tuple(grad_outputs)
    gradients = partial(_gradients, func, len(given))
    both = (*given, *starts)
    mismatch = _compared(gradients, both, tolerance)
    if mismatch is None or not raise_exception:
        return mismatch is None
    raise GradcheckError(
        _faulty_op(gradients, both, tolerance)
        or _faulty_op(func, given, tolerance, twice=True)
        or f"In the backward pass: {_of_func(mismatch, both)}"
    )


def _as_tuple(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list) else (given,)


def _tracked(values: Sequence[Any]) -> list[int]:
    return [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]


def _outputs(func: Func, inputs: Sequence[Any]) -> list[Tensor]:
    """Return what is to be differentiated: if nothing is tracked, all, for then all is constant."""
    outputs = _as_tuple(func(*inputs))
    for each in outputs:
        if not isinstance(each, Tensor):
            raise TypeError(f"func must return Tensors, and it returned a {type(each).__name__}.")
    return [each for each in outputs if each.requires_grad] or list(outputs)


def _check_inputs(inputs: Sequence[Any]) -> None:
    for i in _tracked(inputs):
        who = called(inputs[i])
        if inputs[i]._data.dtype != np.float64:
            warnings.warn(
                f"Input {i} ({who}) is {inputs[i].dtype.dtype.name}: differences need more digits, "
                "so this check will likely fail. Give it as float64, with .to(mg.float64).",
                UserWarning, stacklevel=3,
            )  # fmt: skip
        array = inputs[i]._array()
        if any(n > 1 and not step for n, step in zip(array.shape, array.strides, strict=True)):
            raise RuntimeError(
                f"Input {i} ({who}) was expanded: several of its cells are one number in memory, "
                "so they cannot be moved one by one. Give a .clone() of it."
            )
    if not _tracked(inputs):
        raise ValueError("None of the inputs requires a gradient: there is nothing to check.")


def _starts(func: Func, inputs: Sequence[Any]) -> tuple[Tensor, ...]:
    """Draw where a backward pass starts from, and leave the reader's generator alone."""
    draw = np.random.default_rng(0).uniform
    return tuple(
        Tensor(np.asarray(draw(-1, 1, each.shape)).astype(each._data.dtype), requires_grad=True)
        for each in _outputs(func, inputs)
    )


def _gradients(func: Func, many: int, *both: Any) -> tuple[Tensor, ...]:
    """Compute the gradients of `func` as a function of its inputs and of where they start from."""
    inputs, starts = both[:many], both[many:]
    wanted = [inputs[i] for i in _tracked(inputs)]
    found = grad(_outputs(func, inputs), wanted, starts, create_graph=True, allow_unused=True)
    return tuple(each for each in found if each is not None)


@np.errstate(all="ignore")
def _compared(func: Func, inputs: Sequence[Any], tolerance: _Tolerance) -> _Mismatch | None:
    """Find a cell in which the Jacobian by rules is not that by differences, best no kink."""
    outputs = _outputs(func, inputs)
    found = []
    for i in _tracked(inputs):
        by_differences = _by_differences(func, inputs, i, tolerance.eps)
        for k, (left, right) in enumerate(by_differences):
            given, again = _by_rules(outputs[k], inputs[i]), _by_rules(outputs[k], inputs[i])
            repeats = np.isclose(given, again, 0, tolerance.nondet, equal_nan=True)
            agrees = np.isclose(given, (left + right) / 2, tolerance.rtol, tolerance.atol)
            # Curvature moves one-sided differences less than this; rounding too, in float64.
            kinks = ~np.isclose(left, right, 0.01, tolerance.atol)
            kinks &= outputs[k]._data.dtype == np.float64
            # Best are inputs that meet no kink at all, then the kinks themselves.
            order = np.where(kinks.any(0), 2 - kinks, 0)
            wrong = [tuple(each) for each in np.argwhere(~(agrees & repeats))]
            if wrong:
                row, column = min(wrong, key=lambda place: order[place])
                found.append(
                    _Mismatch(
                        output=k,
                        input=i,
                        to=_cell(row, outputs[k].shape) if row < outputs[k]._data.size else None,
                        at=_cell(column, inputs[i].shape),
                        given=float(given[row, column]),
                        again=float(again[row, column]),
                        left=float(left[row, column]),
                        right=float(right[row, column]),
                        repeats=bool(repeats[row, column]),
                        smooth=not order[row, column],
                    )
                )
    return min(found, key=lambda each: not each.smooth, default=None)


def _by_rules(output: Tensor, source: Tensor) -> Array:
    """Compute a row for each cell of the output, and one for the gradient 0, which gives 0."""
    rows = np.zeros((output._data.size + 1, source._data.size))
    for row, seed in enumerate(np.eye(len(rows), output._data.size)):
        if output.requires_grad:
            start = Tensor(seed.reshape(output.shape).astype(output._data.dtype))
            (found,) = grad(output, source, start, retain_graph=True, allow_unused=True)
            rows[row] = 0 if found is None else found._data.reshape(-1)
    return rows


def _by_differences(func: Func, inputs: Sequence[Any], position: int, eps: float) -> list[Array]:
    """For each output, the slopes on the left and on the right, in rows as in `_by_rules`."""

    def numbers() -> list[Array]:
        return [np.array(each._data, float).reshape(-1) for each in _outputs(func, inputs)]

    memory = inputs[position]._array()
    here = numbers()
    sides = [np.zeros((2, len(each) + 1, memory.size)) for each in here]
    for column, cell in enumerate(np.ndindex(memory.shape)):
        held = memory[cell]
        step = max(eps, 1024 * np.spacing(abs(held)))  # less would drown in rounding
        for side, moved in enumerate((held - step, held + step)):
            # Written past the version counter: it is back before a backward pass could see it.
            memory[cell] = moved
            try:
                there = numbers()
            finally:
                memory[cell] = held
            for slopes, after, before in zip(sides, there, here, strict=True):
                slopes[side, :-1, column] = (after - before) / (moved - held)
    return sides


def _cell(place: int, shape: Sequence[int]) -> list[int]:
    return [int(each) for each in np.unravel_index(place, shape)]


def _of_func(mismatch: _Mismatch, inputs: Sequence[Any]) -> str:
    """Say which input's gradient is wrong where each op alone is right."""
    return (
        f"The gradient of output {mismatch.output} for input {mismatch.input} "
        f"({called(inputs[mismatch.input])}) is wrong: {mismatch.told()}. Each op alone is right "
        "in float64. Is something detached, random, computed in float32 or outside minigrad?"
    )


def _faulty_op(
    func: Func, inputs: Sequence[Any], tolerance: _Tolerance, twice: bool = False
) -> str | None:
    """Run `func` again, check each op by itself, and tell of the first that is wrong."""
    at_a_kink = None
    with record() as recording:
        func(*inputs)
    for draft in recording.drafts:
        if draft.rule is None or not draft.mask:
            continue
        op: Func = partial(draft.rule, **(draft.parameters or {}))
        operands = _operands(draft, recording.drafts)
        if op(*operands)._data.dtype != np.float64:
            continue  # a conversion to float32: what it gives has steps
        wrong = "the derivative for"
        if twice:
            operands += _starts(op, operands)
            op = partial(_gradients, op, len(draft.inputs))
            wrong = "the derivative of its backward pass for"
        mismatch = _compared(op, operands, tolerance)
        if mismatch is None:
            continue
        verdict = "is wrong" if mismatch.smooth else "cannot be checked here"
        told = (
            f"{draft.rule.name}: {wrong} {_input(mismatch.input, draft, recording)} {verdict}: "
            f"{mismatch.told()} (line: {draft.line})."
        )
        if mismatch.smooth:
            return told
        at_a_kink = at_a_kink or told
    return at_a_kink


def _input(position: int, draft: Draft, recording: record) -> str:
    """Name an input as the op calls it, and as the reader does."""
    if position == len(draft.inputs):
        return "the gradient that arrives"
    assert draft.rule is not None
    source = draft.inputs[position]
    assert isinstance(source, Input)
    own = draft.rule.inputs[position]
    name = recording.names.get(id(recording.drafts[source.draft].place), own)
    return f"its input {own}{f' (your {name})' if name != own else ''}"


def _operands(draft: Draft, drafts: Sequence[Draft]) -> list[Any]:
    """Make the inputs of an op once more, as float64 leaves of its own."""
    operands: list[Any] = []
    for i, each in enumerate(draft.inputs):
        if isinstance(each, Input):
            value = drafts[each.draft].value
            number = np.array(value, float if value.dtype.kind == "f" else None)
            operands.append(Tensor(number, requires_grad=bool(draft.mask >> i & 1)))
        else:
            operands.append(each)
    return operands
