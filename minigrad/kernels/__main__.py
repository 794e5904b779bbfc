"""Compile, once and ahead of time, the loops that are used most: python -m minigrad.kernels

An image for many readers runs it when it is built, so that nobody waits for a compiler. What it
compiles is kept where `build` keeps all kernels.
"""

from __future__ import annotations

import time
from typing import Any

import minigrad as mg
from minigrad.kernels import build, dispatch
from minigrad.nn import functional as F
from minigrad.rules import RULES, Elementwise
from minigrad.tensor import apply

_ROWS, _COLUMNS = 8, 4096
_OPTIMIZERS: dict[Any, list[dict[str, Any]]] = {
    mg.optim.SGD: [{}, {"momentum": 0.9}],
    mg.optim.RMSprop: [{}],
    mg.optim.Adagrad: [{}],
    mg.optim.Adam: [{}],
    mg.optim.AdamW: [{}],
}


def warm(dtype: mg.dtype) -> None:
    """Run functions of one tensor, ops of rows and optimizers, forward and back, on ones."""

    def ones(*shape: int) -> mg.Tensor:
        return mg.ones(*shape, dtype=dtype, requires_grad=True)

    for rule in RULES.values():
        alone = len(rule.inputs) == 1 and {*rule.parameters} == {*rule.defaults}
        if isinstance(rule, Elementwise) and rule.plain and rule.differentiable and alone:
            apply(rule, ones(_COLUMNS)).sum().backward()
    x, wanted = ones(_ROWS, _COLUMNS), mg.zeros(_ROWS, dtype=mg.int64)
    for loss in (
        F.softmax(x, -1).sum(),
        F.cross_entropy(x, wanted),
        F.log_softmax(x, -1).square().sum(),
        F.layer_norm(x, (_COLUMNS,)).sum(),
        F.layer_norm(x, (_COLUMNS,), ones(_COLUMNS), ones(_COLUMNS)).square().sum(),
        *((x * each).square().sum() for each in (ones(_COLUMNS), ones(_ROWS, 1), ones(1))),
        F.mse_loss(x, ones(_ROWS, _COLUMNS)),
        F.binary_cross_entropy_with_logits(x, ones(_ROWS, _COLUMNS)),
    ):
        loss.backward()
    for optimizer, cases in _OPTIMIZERS.items():
        for options in cases:
            parameter = mg.nn.Parameter(mg.ones(_COLUMNS, dtype=dtype))
            parameter.grad = mg.ones(_COLUMNS, dtype=dtype)
            optimizer([parameter], lr=0.1, **options).step()


if __name__ == "__main__":
    if not build.available() or dispatch.AT_LEAST > _COLUMNS:
        raise SystemExit("There is nothing to compile: NumPy computes everything here.")
    start = time.perf_counter()
    for dtype in (mg.float32, mg.float64):
        warm(dtype)
    print(f"Compiled the kernels in {time.perf_counter() - start:.0f} s.")  # noqa: T201
