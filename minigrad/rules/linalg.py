"""Products of matrices and vectors. Stacks of matrices multiply pairwise."""

import operator

import numpy as np

from minigrad.rules.rule import Structured

matmul = Structured(
    "matmul(a, b)",
    operator.matmul,
    numpy=np.matmul,
    word="matmul",
    grad_fn="MmBackward0",
    broadcasts=True,
    a=lambda g, b: g @ np.swapaxes(b, -1, -2),
    b=lambda g, a: np.swapaxes(a, -1, -2) @ g,
)
mv: Structured = Structured(
    "mv(a, x)",
    operator.matmul,
    word="matmul",
    a=lambda g, x: np.expand_dims(g, -1) @ np.expand_dims(x, 0),
    x=lambda g, a: mv(np.swapaxes(a, -1, -2), g),
)
dot = Structured(
    "dot(a, b)", operator.matmul, numpy=np.dot, a=lambda g, b: g * b, b=lambda g, a: g * a
)
