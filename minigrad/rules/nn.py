"""Layers and losses, where a formula of their own is faster, steadier or better known.

A convolution lays the cells under each place of its window side by side (`unfold`) and
multiplies matrices; on the way back `fold` adds every cell to where it came from. The two
are each other's derivative, so convolutions can be differentiated as often as one likes.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minigrad.rules.activations import sigmoid
from minigrad.rules.indexing import put_back
from minigrad.rules.linalg import product, turned
from minigrad.rules.reductions import added
from minigrad.rules.rows import layer_norm
from minigrad.rules.rule import NUMBERS, Structured


class Window(NamedTuple):
    """A window that slides over the last dims: one number, or pair of paddings, per dim."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    def places(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """How many places it has along each dim of an image of `shape`."""
        sizes = zip(shape[-len(self.kernel) :], *self, strict=True)
        return tuple(
            (size + before + after - dilation * (kernel - 1) - 1) // stride + 1
            for size, kernel, stride, (before, after), dilation in sizes
        )

    def padded(self, x: Any, fill: float) -> tuple[Any, Any]:
        """Return a larger image filled with `fill`, and its part that holds `x`."""
        sides = ((0, 0),) * (x.ndim - len(self.kernel)) + self.padding
        sizes = zip(x.shape, sides, strict=True)
        image = np.full([size + sum(both) for size, both in sizes], fill, x.dtype)
        sizes = zip(x.shape, sides, strict=True)
        return image, image[tuple(slice(before, before + size) for size, (before, _) in sizes)]

    def parts(self, image: Any, places: tuple[int, ...]) -> Iterator[Any]:
        """For each cell of the window: the part of a padded image that it passes over."""
        steps = [
            [slice(i * dilation, i * dilation + stride * (many - 1) + 1, stride) for i in range(k)]
            for k, stride, _, dilation, many in zip(*self, places, strict=True)
        ]
        return (image[(..., *cell)] for cell in itertools.product(*steps))


def cells_under(x: Any, window: Window, fill: float = 0) -> Any:
    """Lay (…, *sizes) out as (…, cells of the window, places)."""
    image, inside = window.padded(x, fill)
    inside[...] = x
    places, before = window.places(x.shape), x.shape[: -len(window.kernel)]
    cells: Any = np.empty((*before, math.prod(window.kernel), *places), x.dtype)
    for i, part in enumerate(window.parts(image, places)):
        cells[(*(slice(None),) * len(before), i)] = part
    return cells.reshape(*before, math.prod(window.kernel), math.prod(places))


def _fold(x: Any, *, window: Window, shape: tuple[int, ...]) -> Any:
    image, inside = window.padded(np.broadcast_to(x.dtype.type(0), shape), 0)
    places, before = window.places(shape), shape[: -len(window.kernel)]
    cells = x.reshape(*before, math.prod(window.kernel), *places)
    for i, part in enumerate(window.parts(image, places)):
        part += cells[(*(slice(None),) * len(before), i)]
    return inside


fold = Structured(
    "fold(x)", _fold, grad_fn="Col2ImBackward0", x=lambda g, window: unfold(g, window=window)
)
unfold: Structured = Structured(
    "unfold(x)",
    lambda x, *, window: cells_under(x, window),
    grad_fn="Im2ColBackward0",
    x=lambda g, x_shape, window: fold(g, window=window, shape=x_shape),
)


def _columns(x: Any, window: Window, groups: int) -> Any:
    """The cells under each place as a column, for each group of channels."""
    cells = unfold(x, window=window)
    many, channels, under, places = cells.shape
    return np.reshape(cells, (many, groups, channels // groups * under, places))


def _matrices(weight: Any, groups: int) -> Any:
    """One matrix per group: a filter in each row."""
    filters, *rest = weight.shape
    return np.reshape(weight, (groups, filters // groups, math.prod(rest)))


def _grouped(g: Any, groups: int) -> Any:
    many, filters, *places = g.shape
    return np.reshape(g, (many, groups, filters // groups, math.prod(places)))


def _convolve(x: Any, weight: Any, bias: Any, *, window: Window, groups: int) -> Any:
    products = _matrices(weight, groups) @ _columns(x, window, groups)
    return products.reshape(len(x), len(weight), *window.places(x.shape)) + bias


def _to_image(g: Any, weight: Any, x_shape: Any, window: Window, groups: int) -> Any:
    columns = np.swapaxes(_matrices(weight, groups), -1, -2) @ _grouped(g, groups)
    cells = np.reshape(columns, (*x_shape[:2], math.prod(window.kernel), columns.shape[-1]))
    return fold(cells, window=window, shape=x_shape)


def _to_filters(g: Any, x: Any, weight_shape: Any, window: Window, groups: int) -> Any:
    products = _grouped(g, groups) @ np.swapaxes(_columns(x, window, groups), -1, -2)
    return np.reshape(np.sum(products, axis=0), weight_shape)


# `bias` is 0, or has the shape (filters, 1, …) of an image.
convolution = Structured(
    "convolution(x, weight, bias)",
    _convolve,
    broadcasts=True,
    x=_to_image,
    weight=_to_filters,
    bias=lambda g: g,
    textbook={
        "x": lambda g, weight: fold(np.swapaxes(weight, -1, -2) @ g),
        "weight": lambda g, x: g @ np.swapaxes(unfold(x), -1, -2),
    },
)


def _averages(x: Any, *, window: Window, divisor: Any) -> Any:
    totals = np.sum(cells_under(x, window), axis=-2)
    return totals.reshape(*x.shape[: -len(window.kernel)], *window.places(x.shape)) / divisor


def _shared(g: Any, x_shape: tuple[int, ...], window: Window, divisor: Any) -> Any:
    before, places = x_shape[: -len(window.kernel)], math.prod(window.places(x_shape))
    shares = np.reshape(g / divisor, (*before, 1, places))
    cells = np.broadcast_to(shares, (*before, math.prod(window.kernel), places))
    return fold(cells, window=window, shape=x_shape)


# `divisor` counts the cells to average over, for all places or for each.
avg_pool2d = Structured(
    "avg_pool2d(x)",
    _averages,
    grad_fn="AvgPool2DBackward0",
    x=_shared,
    textbook={"x": lambda g, divisor: fold(g / divisor)},
)


def _under(x: Any, window: Window, fill: Any = -np.inf) -> Iterator[Any]:
    """The cells of an image under each cell of a window, for all places at once."""
    image, inside = window.padded(x, fill)
    inside[...] = x
    return window.parts(image, window.places(x.shape))


def _largest(x: Any, window: Window) -> Any:
    """Which cell of the window lies over the largest of the image, at each place.

    As PyTorch's loop finds it: the first of equal cells, but of several NaN the last.
    """
    there = _under(np.ones(x.shape[-2:], bool), window, fill=False)
    found: Any = np.int32(-1)
    largest: Any = -np.inf
    for i, (cell, inside) in enumerate(zip(_under(x, window), there, strict=True)):
        better = (cell > largest) | np.isnan(cell) | (inside & (found < 0))
        found = np.where(better, np.int32(i), found)
        largest = np.maximum(largest, cell)
    return found


def _put_to_largest(x: Any, image: Any, *, window: Window) -> Any:
    found = _largest(image, window)
    out, inside = window.padded(np.broadcast_to(x.dtype.type(0), image.shape), 0)
    for i, part in enumerate(window.parts(out, found.shape[-2:])):
        part += np.where(found == i, x, 0)
    return inside


def _take_largest(x: Any, image: Any, *, window: Window) -> Any:
    found = _largest(image, window)
    taken: Any = x.dtype.type(0)
    for i, part in enumerate(_under(x, window)):
        taken = np.where(found == i, part, taken)
    return taken


def _max_pool(x: Any, *, window: Window) -> Any:
    parts = [*_under(x, window)]
    # A window of one cell has its first for its last: the result is no view.
    return functools.reduce(np.maximum, parts[1:-1], np.maximum(parts[0], parts[-1]))


# Which cells are the largest has no slope: so `image` is an input that nothing flows back to.
max_pool2d = Structured(
    "max_pool2d(x)",
    _max_pool,
    grad_fn="MaxPool2DWithIndicesBackward0",
    x=lambda g, x, window: put_to_largest(g, x, window=window),
    textbook={"x": lambda g, x: put_back(g, key=(np.argmax(x),), shape=())},
)
put_to_largest: Structured = Structured(
    "put_to_largest(x, image)",
    _put_to_largest,
    x=lambda g, image, window: take_largest(g, image, window=window),
)
take_largest: Structured = Structured(
    "take_largest(x, image)",
    _take_largest,
    x=lambda g, image, window: put_to_largest(g, image, window=window),
)


def _rows(x: Any, weight: Any, bias: Any) -> Any:
    y = product(x, turned(weight))
    if y.__class__ is np.ndarray and bias.__class__ is np.ndarray:
        y += bias  # nobody else holds it: no need for more memory
        return y
    return y + bias


# The engine sums the last two over the rows of a batch.
linear = Structured(
    "linear(x, weight, bias)",
    _rows,
    formula=_rows,
    broadcasts=True,
    grad_fn=lambda inputs, _: "MmBackward0" if inputs[2].__class__ in NUMBERS else "AddmmBackward0",
    x=lambda g, weight: product(g, weight),
    weight=lambda g, x: product(turned(g), x),
    bias=lambda g: g,
)


def _normalizing(name: str, grad_fn: str) -> Structured:
    """Layer norm and batch norm differ in their axes alone; `weight` and `bias` may be 1 and 0."""
    return Structured(
        f"{name}(x, weight, bias)",
        lambda x, weight, bias, *, axis, eps: layer_norm(x, axis=axis, eps=eps) * weight + bias,
        broadcasts=True,
        grad_fn=grad_fn,
        x=lambda g, x, weight, axis, eps: layer_norm.pull_back(
            0,
            {"x": x, "y": layer_norm(x, axis=axis, eps=eps), "axis": axis, "eps": eps},
            g * weight,
        ),
        weight=lambda g, x, axis, eps: g * layer_norm(x, axis=axis, eps=eps),
        bias=lambda g: g,
    )


scaled_layer_norm = _normalizing("scaled_layer_norm", "NativeLayerNormBackward0")
batch_norm = _normalizing("batch_norm", "NativeBatchNormBackward0")
# The row `padded` is not to learn. Indices are taken as plain arrays: nothing flows back to them.
embedding = Structured(
    "embedding(weight, index)",
    lambda weight, index, *, padded: weight[index],
    weight=lambda g, index, weight_shape, padded: put_back(
        np.where((index == padded)[..., None], 0, g), key=(np.asarray(index),), shape=weight_shape
    ),
    textbook={
        "weight": lambda g, index, weight_shape: put_back(g, key=(index,), shape=weight_shape)
    },
)


_REDUCED: dict[str, Callable[[Any], Any]] = {
    "none": lambda cells: cells,
    "sum": added,
    "mean": lambda cells: added(cells) / cells.size,  # np.mean would warn of an empty array
}


def _loss(
    name: str, value: Callable[..., Any], *, grad_fn: Any, **slopes: Callable[..., Any]
) -> Structured:
    """Write down a loss: its value and its slopes in one cell, then added up or averaged.

    A slope is multiplied by the gradient that arrives, `g`. `knee` is where the loss bends, for
    those that do.
    """

    def pulled_by(slope: Callable[..., Any]) -> Callable[..., Any]:
        def pulled(
            g: Any, input: Any, target: Any, input_shape: Any, target_shape: Any,
            reduction: str, knee: float,
        ) -> Any:  # fmt: skip
            same = input_shape == target_shape
            shape = input_shape if same else np.broadcast_shapes(input_shape, target_shape)
            if reduction == "mean":
                g = g / math.prod(shape)
            cells = slope(g, input, target, knee)
            # A slope that names one of the two only has that one's shape; a formula has none.
            fits = getattr(cells, "shape", shape) == shape
            return cells if fits else np.broadcast_to(cells, shape)

        return pulled

    derivatives: dict[str, Any] = {place: pulled_by(slope) for place, slope in slopes.items()}
    return Structured(
        f"{name}(input, target)",
        lambda input, target, *, reduction, knee=0: _REDUCED[reduction](value(input, target, knee)),
        broadcasts=True,
        floating=True,
        grad_fn=grad_fn,
        **derivatives,
    )


mse_loss = _loss(
    "mse_loss",
    lambda x, t, _: (x - t) ** 2,
    grad_fn="MseLossBackward0",
    input=lambda g, x, t, _: g * 2 * (x - t),
    target=lambda g, x, t, _: g * 2 * (t - x),
)


def _huber_slope(d: Any, knee: float) -> Any:
    return np.where(np.abs(d) < knee, d, knee * np.sign(d))


def _huber(x: Any, t: Any, knee: float) -> Any:
    far = np.abs(x - t)
    return np.where(far < knee, far * far / 2, knee * (far - knee / 2))


huber_loss = _loss(
    "huber_loss",
    _huber,
    grad_fn="HuberLossBackward0",
    input=lambda g, x, t, knee: g * _huber_slope(x - t, knee),
    target=lambda g, x, t, knee: g * _huber_slope(t - x, knee),
)
smooth_l1_loss = _loss(
    "smooth_l1_loss",
    lambda x, t, knee: _huber(x, t, knee) / knee,
    grad_fn="SmoothL1LossBackward0",
    input=lambda g, x, t, knee: g * (_huber_slope(x - t, knee) / knee),
    target=lambda g, x, t, knee: g * (_huber_slope(t - x, knee) / knee),
)


def _log(x: Any) -> Any:
    # PyTorch's limit: a probability of 0 costs 100, not infinity.
    return np.maximum(np.log(x), -100)


_TINY = float(np.float32(1e-12))  # likewise, in every dtype
bce_loss = _loss(
    "bce_loss",
    lambda x, t, _: -(t * _log(x) + (1 - t) * _log(1 - x)),
    grad_fn="BinaryCrossEntropyBackward0",
    input=lambda g, x, t, _: g * ((x - t) / np.maximum(x * (1 - x), _TINY)),
    target=lambda g, x, t, _: g * (_log(1 - x) - _log(x)),
)
bce_with_logits = _loss(
    "bce_with_logits",
    lambda x, t, _: np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x))),
    grad_fn="BinaryCrossEntropyWithLogitsBackward0",
    input=lambda g, x, t, _: g * (sigmoid(x) - t),
    target=lambda g, x, t, _: g * -x,
)
kl_div = _loss(
    "kl_div",
    lambda x, t, _: np.where(t == 0, 0, t * np.log(t)) - t * x,
    # PyTorch composes it of other ops, of which this is the last.
    grad_fn=lambda _, parameters: (
        {"mean": "Mean", "sum": "Sum", "none": "Sub"}[parameters["reduction"]] + "Backward0"
    ),
    input=lambda g, x, t, _: g * -t,
    target=lambda g, x, t, _: g * (np.log(t) + 1 - x),
)
