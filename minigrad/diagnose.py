"""Names the mistake behind a wrong number or gradient.

Who asks knows the truth and the parts that it is made of. Each slip that learners make is written
once, as what it makes of those parts; an answer that fits one is met by that slip's sentence. No
sentence holds the answer. minigrad's own.

>>> import numpy as np
>>> from minigrad.diagnose import candidates, diagnose
>>> truth = np.array(14.0)  # 2 and 12 have arrived
>>> slips = candidates(truth, parts=[np.array(2.0), np.array(12.0)])
>>> diagnose(24, truth, slips).says
'Where roads meet they add. Slopes multiply only along a road.'
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minigrad.printing import shape as words

Array = npt.NDArray[Any]

DIGITS = 3
SLIP_SLACK = 2e-3  # of a slip's value: slips too are computed from numbers that were rounded
CLOSE = 0.05  # of the truth

RIGHT = "Yes."
EITHER = " Or: "
CLOSE_BY = "That is close. Give the first {digits} digits, or a fraction."
UNKNOWN = "That is not it, and not a slip I know. Take it in small steps, or ask for a hint."
NO_GRADIENT = "None says that no gradient arrived. Does what you called backward() on depend on it?"
SHAPES = "A gradient has the shape of its thing: {wanted}. This is {given}."


@dataclass(frozen=True)
class Slip:
    """A mistake: its name, what it would give, and a sentence that hints at it."""

    name: str
    value: Array
    hint: str


@dataclass(frozen=True)
class Diagnosis:
    """What is known of an answer: whether it is right, the slips that it fits, what to say."""

    right: bool
    slips: tuple[Slip, ...]
    says: str


class _Kind(NamedTuple):
    """`gives` makes of the parts that its arguments name one wrong value, a list, or a mapping.

    The keys of a mapping are what its hint calls {of}.
    """

    name: str
    hint: str
    gives: Callable[..., Any]


def _stretched_axes(truth: Array, stretched: Array) -> tuple[int, ...]:
    added = stretched.ndim - truth.ndim
    widened = [i for i, size in enumerate(stretched.shape[added:]) if size != truth.shape[i]]
    return (*range(added), *(added + i for i in widened))


def _first_row(truth: Array, stretched: Array) -> Array:
    axes = _stretched_axes(truth, stretched)
    first = tuple(0 if axis in axes else slice(None) for axis in range(stretched.ndim))
    return stretched[first].reshape(truth.shape)


def _arranged(factors: Sequence[Array]) -> list[Array]:
    """Two matrices multiplied in either order, each as it is or transposed, where that goes."""
    return [
        a @ b
        for one, other in itertools.permutations(factors)
        for a, b in itertools.product((one, one.T), (other, other.T))
        if a.shape[1] == b.shape[0]
    ]


def _all_pairs(prediction: Array, target: Array) -> dict[str, Array]:
    """What the mean of squares sends back where N×1 minus N became N×N."""
    if prediction.ndim == target.ndim:
        return {}
    sizes = f"{prediction.shape} minus {target.shape}"
    column, row = prediction.reshape(-1, 1), target.reshape(-1)
    sent_back = 2 * (column - row).mean(axis=1) / prediction.size
    return {sizes: sent_back.reshape(prediction.shape)}


# Where several slips fit, they are named in this order.
KINDS = [
    _Kind(
        "forgot the arriving slope",
        "That is this op’s own slope alone. What arrives from above is a factor too.",
        lambda local: local,
    ),
    _Kind(
        "stopped early",
        "That is what arrives. This op’s own slope is still to be found.",
        lambda arriving: arriving,
    ),
    _Kind(
        "went a step too far",
        "That has what arrives in it already. This op’s own slope alone is asked.",
        lambda arriving, local: arriving * local,
    ),
    _Kind(
        "added along a road",
        "Along a road slopes multiply. They add only where roads meet.",
        lambda arriving, local: arriving + local,
    ),
    _Kind(
        "multiplied where roads meet",
        "Where roads meet they add. Slopes multiply only along a road.",
        lambda parts: reduce(np.multiply, parts),
    ),
    _Kind(
        "took one road only",
        "That came by one road. What comes by another is added, and overwrites nothing.",
        lambda parts: parts,
    ),
    _Kind(
        "left a road out",
        "In that sum a road is missing.",
        lambda truth, parts: [truth - each for each in parts],
    ),
    _Kind(
        "averaged",
        "Where roads meet they add. Nothing is divided by how many they are.",
        lambda truth, parts: truth / len(parts),
    ),
    _Kind("took another road", "That came by another road.", lambda others: others),
    _Kind(
        "took a value for a slope",
        "That is {of} itself, and a value is no slope.",
        lambda values: values,
    ),
    _Kind(
        "took an input", "That is {of} itself. What does the op do to it?", lambda inputs: inputs
    ),
    _Kind(
        "added the inputs",
        "Those are the inputs, added. Is it a plus?",
        lambda operands: [sum(operands)] if len(operands) > 1 else [],
    ),
    _Kind(
        "multiplied the inputs",
        "Those are the inputs, multiplied. Is it a product?",
        lambda operands: [reduce(np.multiply, operands)] if len(operands) > 1 else [],
    ),
    _Kind(
        "put the input for the output",
        "This slope is written with the op’s output, and that took its input.",
        lambda at_input: at_input,
    ),
    _Kind(
        "read the chain as a product",
        "The outer slope is taken at the inner value, not at the innermost input.",
        lambda at_innermost: at_innermost,
    ),
    _Kind(
        "forgot to bring the exponent down",
        "The exponent comes down as a factor, such as the 2 of a square.",
        lambda truth, exponent: truth / exponent,
    ),
    _Kind(
        "forgot to lower the exponent",
        "The exponent came down as a factor, and what stays above is one less.",
        lambda truth, base: truth * base,
    ),
    _Kind("turned the sign", "Look at the sign again.", lambda truth: -truth),
    _Kind(
        "kept a stale .grad",
        "That has the old .grad in it: backward() adds to what is there.",
        lambda truth, before: truth + before,
    ),
    _Kind(
        "counted it again",
        "That is a multiple of it. Was something counted again, such as an old .grad?",
        lambda truth: [times * truth for times in (2, 3, 4, 5)],
    ),
    _Kind(
        "took the step for the gradient",
        "That is the step, with the learning rate in it. The gradient alone is asked.",
        lambda truth, lr: [lr * truth, -lr * truth],
    ),
    _Kind(
        "thought that backward moves the weight",
        "That is where the weight goes next. backward() only finds the gradient.",
        lambda truth, lr, weight: weight - lr * truth,
    ),
    _Kind(
        "took it after the update",
        "A weight had moved by then. Find all gradients first, then update.",
        lambda late: late,
    ),
    _Kind(
        "forgot the broadcast sum",
        "It was stretched on the way forth, so its gradient is summed back to its own shape.",
        lambda truth, stretched: stretched if truth.ndim else [*stretched.flat],
    ),
    _Kind(
        "took the first row only",
        "That is the first of the stretched rows. All of them are summed.",
        _first_row,
    ),
    _Kind(
        "took one product only",
        "That is one of the products. All of them are summed.",
        lambda terms: terms,
    ),
    _Kind(
        "took the mean for the sum",
        "That is a mean. Is a sum asked?",
        lambda truth, count: truth / count,
    ),
    _Kind(
        "took the sum for the mean",
        "That is a sum. Is a mean asked?",
        lambda truth, count: truth * count,
    ),
    _Kind("transposed it", "Rows and columns changed places.", lambda truth: truth.T),
    _Kind(
        "transposed or swapped a factor",
        "Those are the two factors, but one is transposed or they changed places. Try the shapes.",
        _arranged,
    ),
    _Kind(
        "made a table of all pairs",
        "{of} makes a table of all pairs. Give both the same shape before they are subtracted.",
        _all_pairs,
    ),
]
_ASKS = {kind.name: tuple(inspect.signature(kind.gives).parameters) for kind in KINDS}
PARTS = {part for parts in _ASKS.values() for part in parts}
_NONE_FOR_ZERO = Slip(
    "took None for 0",
    np.zeros(()),
    "0 is a gradient, and None says that there is none. Those are different answers.",
)


@np.errstate(all="ignore")
def candidates(truth: Any, cell: tuple[int, ...] = (), **known: Any) -> list[Slip]:
    """List the slips that the known parts allow, without those that give the truth.

    `truth` and the parts are numbers or arrays. Of one edge: `arriving` and `local` slope,
    `others` (a list: what other roads brought), `values` (tensors around it, by name), `base` and
    `exponent` of a power, `at_input` (the truth with the op's input put in for its output),
    `at_innermost` (with the outer slope taken at the innermost input). Of a node: `parts` (a list:
    what each road brought), `inputs` (by name) and `operands` (a list: the same, in order).
    Of a parameter: `lr`, `weight`, `before` (what .grad held), `late` (the gradient, found after
    the update). Of tensors: `stretched` (the gradient before it is summed back), `count` (how many
    numbers were summed or averaged), `terms` (a list: the products that were summed), `factors`
    (the two matrices of a product), `prediction` and `target` (of a mean squared error, where the
    truth is the gradient for the prediction). If one `cell` of a table is asked, the truth is a
    number, and of a slip that gives a table its number in that cell is taken.
    TypeError for a part of another name. minigrad's own.
    """
    if known.keys() - PARTS:
        raise TypeError(f"No slip asks for {', '.join(sorted(known.keys() - PARTS))}.")
    if truth is None:
        return []
    truth = np.asarray(truth, np.float64)
    known = {part: _as_arrays(each) for part, each in known.items()} | {"truth": truth}
    if "stretched" in known and "count" not in known:
        known["count"] = np.asarray(known["stretched"].size / truth.size)
    found = []
    for kind in KINDS:
        if all(part in known for part in _ASKS[kind.name]):
            given = kind.gives(*(known[part] for part in _ASKS[kind.name]))
            if not isinstance(given, Mapping):
                given = dict(enumerate(given if isinstance(given, list) else [given]))
            for of, whole in given.items():
                value = np.asarray(whole)
                if cell and value.ndim == len(cell):
                    inside = all(at < size for at, size in zip(cell, value.shape, strict=True))
                    value = value[cell] if inside else np.asarray(np.nan)
                if np.all(np.isfinite(value)) and not _close(value, truth, DIGITS):
                    found.append(Slip(kind.name, value, kind.hint.format(of=of)))
    return found


def _as_arrays(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: np.asarray(each, np.float64) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [np.asarray(each, np.float64) for each in part]
    return np.asarray(part, np.float64)


def diagnose(
    answer: Any, truth: Any, slips: Iterable[Slip] = (), digits: int = DIGITS, slack: float = 0.0
) -> Diagnosis:
    """Judge an answer, a number or an array; None stands for "no gradient".

    It is right if no number is off by more than half a unit in the truth's `digits`-th significant
    digit, and by `slack` more, where the truth can only be computed from rounded numbers. So
    what is typed with that many digits or more is right. A wrong one is met by the `slips` that it
    fits, all of them. minigrad's own.
    """
    if answer is None or truth is None:
        return _about_none(answer, truth)
    answer, truth = np.asarray(answer, np.float64), np.asarray(truth, np.float64)
    if _close(answer, truth, digits, slack):
        return Diagnosis(True, (), RIGHT)
    fitting: dict[str, Slip] = {}
    for slip in slips:
        largest = float(np.max(np.abs(slip.value), initial=0))
        if _close(answer, slip.value, digits, SLIP_SLACK * largest):
            fitting.setdefault(slip.name, slip)
    if fitting:
        hints = dict.fromkeys(slip.hint for slip in fitting.values())
        return Diagnosis(False, tuple(fitting.values()), EITHER.join(hints))
    if answer.shape != truth.shape:
        says = SHAPES.format(wanted=words(truth.shape), given=words(answer.shape))
    elif np.all(np.abs(answer - truth) <= CLOSE * np.abs(truth)):
        says = CLOSE_BY.format(digits=digits)
    else:
        says = UNKNOWN
    return Diagnosis(False, (), says)


def _about_none(answer: Any, truth: Any) -> Diagnosis:
    if answer is None and truth is None:
        return Diagnosis(True, (), RIGHT)
    if not np.any(truth if answer is None else answer):
        return Diagnosis(False, (_NONE_FOR_ZERO,), _NONE_FOR_ZERO.hint)
    return Diagnosis(False, (), NO_GRADIENT if answer is None else UNKNOWN)


@np.errstate(all="ignore")
def _close(answer: Any, wanted: Any, digits: int, slack: float = 0.0) -> bool:
    """Whether shapes agree and no number is off by more than `digits` digits can be."""
    answer, wanted = np.asarray(answer), np.asarray(wanted)
    if answer.shape != wanted.shape:
        return False
    size = np.abs(wanted)
    unit = np.where(size > 0, 10.0 ** (np.floor(np.log10(size)) - digits + 1), 0)
    # What is summed to nearly nothing keeps the rounding errors of what was summed.
    rounding = 1e-6 * np.max(size, initial=0)
    off = np.abs(answer - wanted)
    return bool(np.all((off <= unit / 2 + rounding + slack) | (answer == wanted)))
