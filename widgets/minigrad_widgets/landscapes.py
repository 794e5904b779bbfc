"""Functions to descend on, and what is read of any function of one or two numbers.

Each landscape is written in minigrad's ops, so that its slopes come from `backward()` and
nothing about them is written down here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import minigrad as mg

OWN = "your function"

Function = Callable[..., Any]
Window = tuple[tuple[float, float], ...]  # the lowest and the highest of each input


class FunctionError(ValueError):
    """Nothing can go downhill on this function; the message says why, and a way out."""


@dataclass(frozen=True)
class Landscape:
    """A function to descend on: `height` of one or two scalar tensors, or of arrays of points.

    `window` is the part worth looking at, `start` a telling place to begin, `minima` where the
    function is lowest (none for a saddle, which falls for ever), `source` where it comes from.

    >>> LANDSCAPES["bowl"].height(3.0, 4.0)
    12.5
    """

    name: str
    height: Function
    window: Window
    start: tuple[float, ...]
    minima: tuple[tuple[float, ...], ...]
    source: str
    inputs: tuple[str, ...] = ("x", "y")


def _rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _himmelblau(x: Any, y: Any) -> Any:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _beale(x: Any, y: Any) -> Any:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def noisy(seed: int = 0) -> Landscape:
    """A bowl under bumps: twelve waves, whose directions and phases `seed` draws.

    The same seed gives the same bumps everywhere. Its lowest point is not known in closed form.

    >>> bool(noisy(1).height(1.0, 0.0) == noisy(1).height(1.0, 0.0))
    True
    """
    draw = np.random.Generator(np.random.PCG64(seed))
    waves = [
        (float(6 * np.cos(angle)), float(6 * np.sin(angle)), float(phase))
        for angle, phase in draw.uniform(0, 2 * np.pi, (12, 2))
    ]

    def height(x: Any, y: Any) -> Any:
        x, y = mg.as_tensor(x), mg.as_tensor(y)
        bumps = sum((a * x + b * y + phase).sin() for a, b, phase in waves)
        return 0.5 * (x**2 + y**2) + 0.05 * bumps

    return Landscape(
        "noisy", height, ((-3, 3), (-3, 3)), (-2.5, 2.0), (),
        "x² / 2 + y² / 2 and twelve sine waves of wavelength 2π / 6 drawn by a seed; our own",
    )  # fmt: skip


_MADE_FOR_THIS = "textbook form; our own numbers"
_JAMIL = "Jamil and Yang, “A literature survey of benchmark functions” (2013)"

LANDSCAPES = {
    each.name: each
    for each in [
        Landscape(
            "bowl", lambda x, y: (x**2 + y**2) / 2,
            ((-5, 5), (-5, 5)), (-4, 3), ((0, 0),), _MADE_FOR_THIS,
        ),
        Landscape(
            "ravine", lambda x, y: (x**2 + 20 * y**2) / 2,
            ((-5, 5), (-2.5, 2.5)), (-4, 1.5), ((0, 0),), _MADE_FOR_THIS,
        ),
        Landscape(
            "saddle", lambda x, y: (x**2 - y**2) / 2,
            ((-3, 3), (-3, 3)), (-2.5, 0.01), (), _MADE_FOR_THIS,
        ),
        Landscape(
            "Rosenbrock", _rosenbrock, ((-2, 2), (-1, 3)), (-1.5, 2), ((1, 1),),
            "Rosenbrock, “An automatic method for finding the greatest or least value of a "
            "function” (1960)",
        ),
        Landscape(
            "Himmelblau", _himmelblau, ((-6, 6), (-6, 6)), (-0.5, -1),
            ((3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)),
            "Himmelblau, “Applied Nonlinear Programming” (1972)",
        ),
        Landscape(
            "Beale", _beale, ((-4.5, 4.5), (-4.5, 4.5)), (1, 2), ((3, 0.5),),
            f"Beale (1958), as in {_JAMIL}",
        ),
        noisy(),
        Landscape(
            "parabola", lambda x: x**2 / 2,
            ((-5, 5),), (-4,), ((0,),), _MADE_FOR_THIS, ("x",),
        ),
        Landscape(
            "two valleys", lambda x: x**4 / 4 - x**2 + x / 4, ((-2.2, 2.2),), (2,),
            ((-1.472998,), (1.346997,)), _MADE_FOR_THIS, ("x",),
        ),
    ]
}  # fmt: skip


def _needed(function: Function) -> list[str]:
    """Return the names of the inputs that a function cannot do without."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some functions written in C do not say
        return ["x"]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters if each.kind in kinds and each.default is each.empty]


def of_two_numbers(function: Function) -> Function:
    """Return a function of two numbers from one of two numbers, or of a vector of 2.

    FunctionError for any other number of inputs.

    >>> of_two_numbers(lambda point: point[0] - point[1])(mg.tensor(3.0), mg.tensor(1.0))
    tensor(2.)
    """
    names = _needed(function)
    if len(names) == 2:
        return function
    if len(names) == 1:
        return lambda x, y: function(mg.stack([x, y]))
    raise FunctionError(
        f"Your function takes {len(names)} inputs ({', '.join(names)}); a picture takes one or "
        "two numbers, or one vector of 2. Fix the others: lambda x, y: f(x, y, 1.0)."
    )


def as_landscape(
    function: str | Landscape | Function, start: tuple[float, ...] = (), window: Window = ()
) -> Landscape:
    """Return the landscape of a name, with another start or window, or of the reader's function.

    That is one of one or two scalar tensors or of a vector of 2. Where neither start nor window
    tells, a function of one input is taken to want one number if it gives one for it. Its window
    is by default from −3 to 3, or half as far again as `start`. FunctionError for an unknown
    name, what has no slope, a result of several numbers, or another number of inputs; what the
    function itself raises comes through.

    >>> as_landscape(lambda w, b: (w + b) ** 2).inputs
    ('w', 'b')
    """
    if isinstance(function, str):
        if function not in LANDSCAPES:
            raise FunctionError(f"There is no {function!r}. There are: {', '.join(LANDSCAPES)}.")
        function = LANDSCAPES[function]
    if isinstance(function, Landscape):
        return replace(function, start=start or function.start, window=window or function.window)
    names = _needed(function)
    many = len(start or window) or (1 if len(names) == 1 and _takes_one(function) else 2)
    height = function if many == 1 else of_two_numbers(function)
    inputs = tuple(names if len(names) == many else [f"{names[0]}[{i}]" for i in range(many)])
    start = start or (-2.0, 1.5)[:many]
    if not window:
        window = tuple((-max(3.0, 1.5 * abs(each)), max(3.0, 1.5 * abs(each))) for each in start)
    if not (len(inputs) == len(start) == len(window) == many <= 2):
        raise FunctionError(
            f"start has {len(start)} numbers, the window {len(window)} pairs, and your function "
            f"takes {', '.join(names)}: give one of each for each input, of which there are 1 or 2."
        )
    value_and_slope(height, *start)
    return Landscape(OWN, height, window, start, (), "the reader", inputs)


def _takes_one(function: Function) -> bool:
    try:
        value_and_slope(function, 0.5)
    except Exception:  # of whatever kind: it may be a function of a vector
        return False
    return True


def value_and_slope(function: Function, *point: float) -> tuple[float, np.ndarray]:
    """Return a function's value at a point, and its gradient there: an array (inputs,).

    FunctionError where the result is no scalar tensor, or depends on no input.

    >>> value_and_slope(lambda x, y: x * y, 2, 3)
    (6.0, array([3., 2.]))
    """
    inputs = [mg.tensor(each, dtype=mg.float64, requires_grad=True) for each in point]
    with mg.enable_grad():
        result = function(*inputs)
    if not isinstance(result, mg.Tensor):
        raise FunctionError(
            f"Your function returned a {type(result).__name__}, not a tensor, so it has no slope. "
            "Write it with minigrad’s operations, without float(…), .item() or NumPy."
        )
    if result.numel() != 1:
        raise FunctionError(
            f"Your function returned a tensor of shape {tuple(result.shape)}; to go downhill it "
            "takes one number. Add .sum() or .mean() at its end."
        )
    if not result.requires_grad:
        raise FunctionError(
            "What your function returned does not depend on its inputs, so it has no slope. Was "
            "a number taken out with .item() or .detach() on the way?"
        )
    slopes = mg.autograd.grad(result, inputs, allow_unused=True)
    return result.item(), np.array([0.0 if each is None else each.item() for each in slopes])


def heights(function: Function, *coordinates: np.ndarray) -> np.ndarray:
    """Return a function's values at points; `coordinates`, one array for each input, like them.

    All points at once where the function allows it, else one by one: a function may branch on
    its input, or sum over a vector.

    >>> heights(lambda x: x if x > 0 else -x, np.array([-2, 1.5]))
    array([2. , 1.5])
    """
    points = [np.asarray(each, np.float64) for each in coordinates]
    shape = points[0].shape

    def at(spot: tuple[int, ...]) -> float:
        return float(function(*[mg.tensor(float(each[spot]), dtype=mg.float64) for each in points]))

    probes = [tuple(size * part // 4 for size in shape) for part in range(4)]
    known = [at(spot) for spot in probes]
    try:
        result = function(*[mg.tensor(each) for each in points])
        found = np.asarray(result.detach().numpy(), np.float64)
        if found.shape == shape and np.allclose(
            [found[spot] for spot in probes], known, rtol=1e-5, equal_nan=True
        ):
            return found
    except Exception:  # whatever it cannot do to many points it can do to one, as `at` has seen
        pass
    return np.array([at(spot) for spot in np.ndindex(shape)]).reshape(shape)
