"""Compares float32 with PyTorch at thousands of points per op, where samples meet single cells.

Part of conformance.py. Prints the worst ratio (see closeness.float32_ratios; the rule allows 1)
and how many points are over it: for the value, for the first derivative as backward() gives it and
as create_graph=True gives it, and for the second derivative, which is reported only.
"""

import numpy as np

import minigrad as mg
from closeness import ULPS, float32_ratios
from measuring import run

POINTS, COLUMNS = 4096, 8
# Where x runs, and the ops that are taken there, as names or as code.
RANGES = {
    (-6, 6): [
        "reciprocal", "exp", "exp2", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh",
        "asinh", "erf", "sigmoid", "nn.functional.logsigmoid", "nn.functional.softplus",
        "nn.functional.elu", "nn.functional.selu", "nn.functional.silu", "nn.functional.gelu",
        "t.nn.functional.gelu(x, approximate='tanh')", "x ** 3", "2 ** x", "3 / x",
        "t.atan2(x, t.ones_like(x))", "t.atan2(t.ones_like(x), x)",
    ],
    (-1, 1): ["asin", "acos", "atanh", "log1p"],
    (0, 20): ["log", "log2", "log10", "sqrt", "rsqrt", "x ** 1.5", "x ** -0.5", "1.7 ** x"],
    (1, 20): ["acosh"],
}  # fmt: skip
ROWS = [f"t.{name}(x, -1)" for name in ("sum", "mean", "prod", "var", "std")]
# In these, or in their slopes, terms cancel each other, at some cells all but wholly, and what is
# left there is the rounding of float32 sums and outputs, PyTorch's as ours, each at other cells.
# So here the rule holds for the errors in order of size: our largest against PyTorch's largest, in
# ulp, and so on down.
CANCELLING = [
    "t.softmax(x, -1)", "t.log_softmax(x, -1)", "t.logsumexp(x, -1)",
    "t.nn.functional.layer_norm(x, (8,))",
]  # fmt: skip


def orders(t, code, cells, weights, kind):
    """Return an op's value, first derivative (twice, see above) and second one, in float64."""
    x = t.tensor(cells.astype(kind), requires_grad=True)

    def slope(y, **how):
        shape = tuple(y.shape)
        seed = weights[: int(np.prod(shape))].reshape(shape) if cells.ndim > 1 else np.ones(shape)
        return t.autograd.grad(y, x, t.tensor(seed.astype(kind)), **how)[0]

    y = run(code, {"t": t, "x": x})
    found = [y, slope(y, retain_graph=True), slope(y, create_graph=True)]
    if found[-1].requires_grad:
        found.append(slope(found[-1]))
    return [each.detach().numpy().astype(np.float64) for each in found]


def in_order(values, exact):
    """Return the errors of cells in ulp, the smallest first, and NaN at the end."""
    ulp = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    return np.sort(np.abs(values - exact) / ulp, axis=None)


def ratios(code, ours, theirs, exact):
    """Return the errors of cells as parts of what is allowed."""
    if code not in CANCELLING:
        return np.where(ours == theirs, 0, float32_ratios(ours, theirs, exact))
    return in_order(ours, exact) / (2 * in_order(theirs, exact) + ULPS)


def sweep(torch, code, cells, weights):
    """Compare one op, print its line, and return whether a point misses."""
    given = [(mg, "float32"), (torch, "float32"), (torch, "float64")]
    runs = [orders(t, code, cells, weights, kind) for t, kind in given]
    line, over = f"{code:43}", []
    for ours, theirs, exact in zip(*runs, strict=True):
        found = ratios(code, ours, theirs, exact)
        over.append(np.sum(~(found <= 1)))
        line += f"  {np.max(found):5.2f} {over[-1]:4}"
    print(line)
    return any(over[:3])


def sweeps(torch):
    """Compare all ops; return a sentence for each that misses."""
    random = np.random.default_rng(0)
    print(f"\n{POINTS} points each in float32: worst ratio, points over 1")
    print(f"{'op':43}       value       first  with graph      second")
    weights = random.uniform(-1, 1, POINTS).astype(np.float32)
    plain = [
        (f"t.{op}(x)" if op.replace(".", "").isidentifier() else op, POINTS, between)
        for between, ops in RANGES.items()
        for op in ops
    ]
    rows = [(op, (POINTS // COLUMNS, COLUMNS), (-6, 6)) for op in ROWS + CANCELLING]
    misses = []
    for code, shape, between in plain + rows:
        cells = random.uniform(*between, shape).astype(np.float32)
        if sweep(torch, code, cells, weights):
            misses.append(f"{code}: points miss")
    return misses
