"""Products of matrices and vectors, and what has to do with a diagonal."""

import operator
import re
from typing import Any

import numpy as np

from minigrad.rules.indexing import put_back
from minigrad.rules.rule import Structured


def turned(a: Any) -> Any:
    """Swap the last two axes, of one matrix by the shortest way."""
    return a.T if a.__class__ is np.ndarray and a.ndim == 2 else np.swapaxes(a, -1, -2)


def product(a: Any, b: Any) -> Any:
    """a @ b; of two small matrices NumPy's dot is the faster way."""
    if a.__class__ is np.ndarray and b.__class__ is np.ndarray and a.ndim == b.ndim == 2:
        return a.dot(b)
    return a @ b


# Stacks of matrices multiply pairwise; `bmm` is what PyTorch calls that.
_PRODUCT: dict[str, Any] = {
    "word": "matmul",
    "broadcasts": True,
    "a": lambda g, b: product(g, turned(b)),
    "b": lambda g, a: product(turned(a), g),
}
matmul = Structured(
    "matmul(a, b)", operator.matmul, numpy=np.matmul, grad_fn="MmBackward0", **_PRODUCT
)
bmm = Structured("bmm(a, b)", operator.matmul, **_PRODUCT)
mv: Structured = Structured(
    "mv(a, x)",
    operator.matmul,
    word="matmul",
    a=lambda g, x: np.expand_dims(g, -1) @ np.expand_dims(x, 0),
    x=lambda g, a: mv(np.swapaxes(a, -1, -2), g),
)
dot = Structured(
    "dot(a, b)",
    operator.matmul,
    numpy=np.dot,
    a=lambda g, b: g * b,
    b=lambda g, a: g * a,
)
addmm = Structured(
    "addmm(c, a, b)",
    # Without c where it does not count, as in PyTorch: 0 times its NaN would be NaN.
    lambda c, a, b, *, beta, alpha: alpha * (a @ b) + (beta * c if beta else 0),
    formula=lambda c, a, b, *, beta, alpha: beta * c + alpha * (a @ b),
    broadcasts=True,
    c=lambda g, beta: beta * g,
    a=lambda g, b, alpha: alpha * (g @ np.swapaxes(b, -1, -2)),
    b=lambda g, a, alpha: alpha * (np.swapaxes(a, -1, -2) @ g),
)


def _toward(place: int, equation: str) -> str:
    """Turn "ij,jk->ik" into what carries a gradient back: "ik,jk->ij" toward the first."""
    a, b, y = re.split(",|->", equation)
    return f"{a},{y}->{b}" if place else f"{y},{b}->{a}"


# Each letter stands once in an operand, has one size, and is in two of the three places:
# then the way back is an einsum of the same kind.
einsum: Structured = Structured(
    "einsum(a, b)",
    lambda a, b, *, equation: np.einsum(equation, a, b, optimize=True),
    formula=lambda a, b, *, equation: np.einsum(equation, a, b),
    a=lambda g, b, equation: einsum(g, b, equation=_toward(0, equation)),
    b=lambda g, a, equation: einsum(a, g, equation=_toward(1, equation)),
)


def _on_diagonal(shape: tuple[int, ...], offset: int) -> tuple[Any, ...]:
    """Make the key of a diagonal of the last two dims."""
    down, right = max(-offset, 0), max(offset, 0)
    steps = np.arange(max(0, min(shape[-2] - down, shape[-1] - right)))
    return (Ellipsis, steps + down, steps + right)


def _diagonal(x: Any, *, offset: int) -> Any:
    view = np.diagonal(x, offset, -2, -1)
    view.flags.writeable = x.flags.writeable  # NumPy's own view is for reading alone
    return view


diagonal = Structured(
    "diagonal(x)",
    _diagonal,
    view=True,
    x=lambda g, x_shape, offset: put_back(g, key=_on_diagonal(x_shape, offset), shape=x_shape),
)
diag = Structured(
    "diag(x)",
    lambda x, *, offset: np.array(np.diagonal(x, offset)),
    grad_fn="DiagonalBackward0_copy",
    x=lambda g, x_shape, offset: put_back(g, key=_on_diagonal(x_shape, offset), shape=x_shape),
)
diag_embed = Structured(
    "diag_embed(x)",
    lambda x, *, offset: np.diag(x, offset),
    x=lambda g, offset: diag(g, offset=offset),
)
trace = Structured(
    "trace(x)",
    np.trace,
    x=lambda g, x_shape: put_back(
        np.broadcast_to(g, (min(x_shape),)), key=_on_diagonal(x_shape, 0), shape=x_shape
    ),
)
tril = Structured(
    "tril(x)", lambda x, *, k: np.tril(x, k), numpy=np.tril, x=lambda g, k: np.tril(g, k)
)
triu = Structured(
    "triu(x)", lambda x, *, k: np.triu(x, k), numpy=np.triu, x=lambda g, k: np.triu(g, k)
)
