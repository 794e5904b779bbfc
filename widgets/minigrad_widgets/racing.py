"""Descents: where an optimizer goes on a function, and how its way is called.

How a way is called follows from the way alone, by rules that stand beside the names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad_widgets.landscapes import Function, Window, value_and_slope

_A_STEP = 0.05  # a difference in height that counts, as a share of all met in the window


class SingularError(ArithmeticError):
    """Newton's step does not exist: the function is flat or straight in some direction."""


class Newton(mg.optim.Optimizer):
    """Newton's method: to the lowest point of the parabola that fits here, x ← x − H⁻¹·grad.

    H are the second derivatives, from minigrad's own double backward pass. The step is full,
    whatever the rate. `indefinite_at` is the first step where H was not positive definite: there
    the parabola has no lowest point, and the step goes to a saddle or a top. SingularError
    where H has no inverse. Nocedal and Wright, "Numerical Optimization" (2006), chapter 3.

    >>> x = mg.tensor(4.0, requires_grad=True)
    >>> bowl = lambda x: x * x
    >>> bowl(x).backward()
    >>> Newton([x], bowl).step()
    >>> x
    tensor(0., requires_grad=True)
    """

    def __init__(self, params: list[mg.Tensor], function: Function) -> None:
        super().__init__(params, {})
        self.params, self.function = params, function
        self.steps = 0
        self.indefinite_at: int | None = None

    def step(self, closure: Callable[[], Any] | None = None) -> None:
        """Go to where the gradient of the parabola is 0. SingularError where there is none."""
        blocks = mg.autograd.functional.hessian(
            self.function,
            tuple(each.detach() for each in self.params),
        )
        hessian = np.array([[block.item() for block in row] for row in blocks])
        if not np.isfinite(hessian).all():
            raise SingularError("a second derivative is infinite or NaN")
        bends = np.linalg.eigvalsh(hessian)
        if np.abs(bends).min() <= 1e-12 * max(np.abs(bends).max(), 1e-300):
            raise SingularError("a second derivative is 0 in some direction, so H has no inverse")
        self.steps += 1
        if bends[0] < 0 and self.indefinite_at is None:
            self.indefinite_at = self.steps
        grad = np.array([each.grad.item() if each.grad is not None else 0 for each in self.params])
        with mg.no_grad():
            for each, move in zip(self.params, np.linalg.solve(hessian, grad), strict=True):
                each -= float(move)


Inputs = list[mg.Tensor]
RACERS: dict[str, Callable[[Inputs, Function, float], mg.optim.Optimizer]] = {
    "SGD": lambda inputs, function, rate: mg.optim.SGD(inputs, rate),
    "momentum": lambda inputs, function, rate: mg.optim.SGD(inputs, rate, momentum=0.9),
    "Nesterov": lambda inputs, function, rate: mg.optim.SGD(
        inputs, rate, momentum=0.9, nesterov=True
    ),
    "RMSprop": lambda inputs, function, rate: mg.optim.RMSprop(inputs, rate),
    "Adam": lambda inputs, function, rate: mg.optim.Adam(inputs, rate),
    "Newton": lambda inputs, function, rate: Newton(inputs, function),
}


@dataclass(frozen=True)
class Descent:
    """A way down: `points` (n, inputs), and the `heights` (n,) and `slopes` (n, inputs) there.

    The last ones may be infinite or NaN: there it ended. `notes` are what the optimizer has to
    say, each with the step from which on it holds.
    """

    racer: str
    points: np.ndarray
    heights: np.ndarray
    slopes: np.ndarray
    notes: tuple[tuple[int, str], ...] = ()

    def until(self, step: int) -> Descent:
        """Return the way up to a step, or all of it if it is shorter."""
        end = step + 1
        notes = tuple(note for note in self.notes if note[0] <= step)
        return Descent(
            self.racer, self.points[:end], self.heights[:end], self.slopes[:end], notes
        )  # fmt: skip


def descend(
    function: Function, racer: str, start: tuple[float, ...], rate: float, steps: int
) -> Descent:
    """Walk with one of `RACERS` on a function of as many scalar tensors as `start` has numbers.

    It ends early where a number overflows, and where Newton has no step. Errors as in
    `value_and_slope`.

    >>> descend(lambda x: x**2, "SGD", (4.0,), 0.25, 2).points.tolist()
    [[4.0], [2.0], [1.0]]
    """
    value_and_slope(function, *start)  # its errors explain
    inputs = [mg.tensor(float(each), dtype=mg.float64, requires_grad=True) for each in start]
    optimizer = RACERS[racer](inputs, function, rate)
    points, heights, slopes, notes = [], [], [], []
    for step in range(steps + 1):
        optimizer.zero_grad()
        loss = function(*inputs)
        points.append([each.item() for each in inputs])
        heights.append(loss.item())
        if loss.requires_grad:  # a branch of the reader's function may be constant
            loss.backward()
        slopes.append([0.0 if each.grad is None else each.grad.item() for each in inputs])
        if not np.isfinite([heights[-1], *points[-1], *slopes[-1]]).all():
            break
        if step < steps:
            try:
                optimizer.step()
            except SingularError as error:
                notes.append((step, f"stops at step {step}: {error}"))
                break
    if isinstance(optimizer, Newton) and optimizer.indefinite_at is not None:
        at = optimizer.indefinite_at
        notes.append((at, f"H is not positive definite at step {at}: it aims at a saddle or top"))
    return Descent(racer, np.array(points), np.array(heights), np.array(slopes), tuple(notes))


def behaviours(descent: Descent, window: Window) -> dict[str, str]:
    """Name what a way does: by name, what is said of it with its numbers.

    With moves, their lengths as shares of the window's diagonal:
    - diverge: it ends with an overflow, or outside the window and higher than it began.
    - leave: it ends outside the window, and lower.
    - stray: it leaves the window, and ends inside.
    - zigzag: of four turns and more, over half are sharper than 90°.
    - jump: a move longer than a quarter, or one across a valley that lands higher by a step.
    - creep: each of the last twenty moves is below 1 %, they go one way (as the crow flies at
      least nine tenths of their length), and it is far from rest: more than 5 % lie ahead at the
      rate at which they shrink, or the slope is still over half of the first one.
    - escape: it came past a flat place (a fifth of the steepest slope before and after) or over a
      hill (a step higher than it was before), where the ground bends down along the way, and got
      a step lower than ever before.

    Here "a step" is 5 % of the range of the heights met inside the window.
    """
    with np.errstate(all="ignore"):  # a diverging way has squares that overflow
        return _behaviours(descent, window)


def _behaviours(descent: Descent, window: Window) -> dict[str, str]:
    found: dict[str, str] = {}
    points, heights = descent.points, descent.heights
    low, high = np.transpose(window)
    fine = np.isfinite(heights) & np.isfinite(points).all(axis=1)
    outside = ((points < low) | (points > high)).any(axis=1)
    leaving = np.flatnonzero(~outside[:-1] & outside[1:])
    at = f" at step {leaving[0] + 1}" if len(leaving) else ""
    last = len(points) - 1
    if not fine[-1] or not np.isfinite(descent.slopes[-1]).all():
        found["diverge"] = f"diverges: its numbers overflow at step {last}"
    elif outside[-1] and heights[-1] > heights[0]:
        found["diverge"] = f"diverges: it leaves the picture{at}, and is higher than it began"
    elif outside[-1]:
        found["leave"] = f"leaves the picture{at}, downhill"
    elif at:
        found["stray"] = f"leaves the picture{at}, and comes back"

    count = int(fine.argmin()) if not fine.all() else len(points)
    points, heights, slopes = points[:count], heights[:count], descent.slopes[:count]
    if count < 2:
        return found
    size = float(np.linalg.norm(high - low))
    inside = ((points >= low) & (points <= high)).all(axis=1)
    step = _A_STEP * float(np.ptp(heights[inside])) if inside.any() else np.inf
    moves = np.diff(points, axis=0)
    lengths = np.linalg.norm(moves, axis=1) / size
    turns = (moves[1:] * moves[:-1]).sum(axis=1)
    sharp = int((turns < 0).sum())
    if len(turns) >= 4 and sharp > len(turns) / 2:
        found["zigzag"] = f"zigzags: {sharp} of its {len(turns)} turns are sharper than 90°"
    downhill = (moves * slopes[:-1]).sum(axis=1) < 0
    turned = (moves * slopes[1:]).sum(axis=1) > 0
    long = lengths > 0.25
    jumps = np.flatnonzero(long | (downhill & turned & (np.diff(heights) > step)))
    if len(jumps):
        far = "far, over a quarter of the picture"
        how = far if long[jumps[0]] else "over a valley, and lands higher"
        found["jump"] = f"jumps {how}, first at step {jumps[0] + 1}"
    if _creeps(moves / size, lengths, np.linalg.norm(slopes, axis=1)):
        found["creep"] = (
            f"creeps: its last step was {100 * lengths[-1]:.2g} % of the picture, and it is far "
            "from rest"
        )
    if escape := _escape(points, heights, slopes, step):
        found["escape"] = f"escapes {escape}"
    return found


def _creeps(moves: np.ndarray, lengths: np.ndarray, steep: np.ndarray) -> bool:
    recent = lengths[-20:]
    if len(recent) < 20 or recent.max() >= 0.01 or recent.min() == 0:
        return False
    shrink = float((recent[-1] / recent[0]) ** (1 / 19))
    ahead = recent[-1] / (1 - shrink) if shrink < 1 else np.inf
    straight = float(np.linalg.norm(moves[-20:].sum(axis=0))) >= 0.9 * recent.sum()
    return straight and (ahead > 0.05 or steep[-1] > steep[0] / 2)


def _escape(points: np.ndarray, heights: np.ndarray, slopes: np.ndarray, step: float) -> str:
    moves = np.diff(points, axis=0)
    bends_down = (np.diff(slopes, axis=0) * moves).sum(axis=1) < 0
    steep = np.linalg.norm(slopes, axis=1)
    lowest = np.minimum.accumulate(heights)
    # The lowest that is still to come, and the steepest slope before and after.
    to_come = np.minimum.accumulate(heights[::-1])[::-1]
    before, after = np.maximum.accumulate(steep), np.maximum.accumulate(steep[::-1])[::-1]
    passed = bends_down & (to_come[:-1] < lowest[:-1] - step)
    flat = np.flatnonzero(passed & (steep < np.minimum(before, after) / 5)[:-1])
    hill = np.flatnonzero(passed & (heights > lowest + step)[:-1])
    if len(flat):
        return f"from a flat place, at step {flat[0]}"
    return f"over a hill, at step {hill[0]}" if len(hill) else ""
