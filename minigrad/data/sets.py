"""Small data sets to learn with: drawn by a formula and a generator, or shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.generator import Generator, stream
from minigrad.tensor import Tensor, tensor

_TURN = 2 * np.pi


def _check(n: int, noise: float) -> None:
    if n < 1:
        raise ValueError(f"A data set needs at least one point, not n={n}.")
    if not noise >= 0:
        raise ValueError(f"noise is a standard deviation, from 0 up, not {noise}.")


def _along(
    curve: Callable[[Any, Any], tuple[Any, Any]],
    classes: int,
    n: int,
    noise: float,
    generator: Generator | None,
) -> tuple[Tensor, Tensor]:
    """Draw points on curve(t, k), t anywhere from 0 to 1, of the classes k in turn."""
    _check(n, noise)
    if classes < 1:
        raise ValueError(f"Points belong to at least one class, not to {classes}.")
    k = np.arange(n) % classes
    source = stream(generator)
    # In float64, so that what systems' sines differ by is rounded away.
    points = np.stack(curve(source.uniform(n, np.float64), k), axis=1)
    points += noise * source.normal(2 * n, np.float64).reshape(n, 2)
    return tensor(points.astype(np.float32)), tensor(k.astype(np.int64))


def moons(
    n: int = 100, noise: float = 0.1, *, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Two half circles that reach into each other: points (n, 2), classes 0 and 1 in turn (n,).

    `noise` is the standard deviation of what is added to each coordinate. The numbers come
    from `generator`, or the one that `mg.manual_seed` sets: the same seed gives the same
    points everywhere. ValueError for n below 1 or negative noise. The same curves as
    `sklearn.datasets.make_moons`.

    >>> import minigrad as mg
    >>> X, y = mg.data.moons(4, noise=0)
    >>> X.shape, y
    (torch.Size([4, 2]), tensor([0, 1, 0, 1]))
    """

    def curve(t: Any, k: Any) -> tuple[Any, Any]:
        x, y = np.cos(np.pi * t), np.sin(np.pi * t)
        return np.where(k, 1 - x, x), np.where(k, 0.5 - y, y)

    return _along(curve, 2, n, noise, generator)


def circles(
    n: int = 100, noise: float = 0.1, factor: float = 0.5, *, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """A circle of radius 1, and one of radius `factor` inside it; otherwise as `moons`.

    The same curves as `sklearn.datasets.make_circles`. Errors as in `moons`.

    >>> import minigrad as mg
    >>> X, y = mg.data.circles(2, noise=0)
    >>> (X**2).sum(1)
    tensor([1.0000, 0.2500])
    """

    def curve(t: Any, k: Any) -> tuple[Any, Any]:
        radius = np.where(k, factor, 1)
        return radius * np.cos(_TURN * t), radius * np.sin(_TURN * t)

    return _along(curve, 2, n, noise, generator)


def spirals(
    n: int = 100, noise: float = 0.02, classes: int = 2, *, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """One arm per class, from the middle to radius 1 in one turn; otherwise as `moons`.

    The task is Lang and Witbrock's, "Learning to tell two spirals apart" (1988). Errors as in
    `moons`; ValueError for no classes.

    >>> import minigrad as mg
    >>> X, y = mg.data.spirals(6, classes=3)
    >>> y
    tensor([0, 1, 2, 0, 1, 2])
    """

    def curve(t: Any, k: Any) -> tuple[Any, Any]:
        angle = _TURN * (t + k / classes)
        return t * np.cos(angle), t * np.sin(angle)

    return _along(curve, classes, n, noise, generator)


def blobs(
    n: int = 100, noise: float = 0.2, classes: int = 3, *, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """A cloud per class, their middles spread over a circle of radius 1; otherwise as `moons`.

    Errors as in `moons`; ValueError for no classes. minigrad's own.

    >>> import minigrad as mg
    >>> X, y = mg.data.blobs(6)
    >>> y
    tensor([0, 1, 2, 0, 1, 2])
    """

    def middle(t: Any, k: Any) -> tuple[Any, Any]:
        return np.cos(_TURN * k / classes), np.sin(_TURN * k / classes)

    return _along(middle, classes, n, noise, generator)


def line(
    n: int = 100,
    noise: float = 0.1,
    w: float = 2.0,
    b: float = 1.0,
    *,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Points along y = w·x + b, x spread normally; x and y have shape (n, 1).

    `noise` is the standard deviation of what is added to y. Generator and errors as in
    `moons`. minigrad's own.

    >>> import minigrad as mg
    >>> x, y = mg.data.line(3, noise=0)
    >>> mg.allclose(y, 2 * x + 1)
    True
    """
    _check(n, noise)
    source = stream(generator)
    x, jitter = (source.normal(n, np.float32).reshape(n, 1) for _ in "xy")
    return tensor(x), tensor(x * w + b + noise * jitter)


def digits() -> tuple[Tensor, Tensor]:
    """1,797 handwritten digits: 8×8 pixels from 0 to 16 as rows (1797, 64), and labels (1797,).

    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository (1998), CC BY 4.0. Pixels are float32, labels int64.

    >>> import minigrad as mg
    >>> X, y = mg.data.digits()
    >>> X.shape, y[:3]
    (torch.Size([1797, 64]), tensor([0, 1, 2]))
    """
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        return tensor(file["images"].astype(np.float32)), tensor(file["labels"].astype(np.int64))
