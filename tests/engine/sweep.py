"""Sweeps float32 densely, where samples would meet single cells only.

Each op is taken at thousands of points: its value, first and second derivative.
"""

import numpy as np

import minigrad as mg
from closeness import float32_ratios

POINTS = 4096
WIDE, UNIT, ABOVE_0, ABOVE_1 = (-6, 6), (-1, 1), (0, 20), (1, 20)
# Where x runs, and the ops of x.
RANGES = {
    WIDE: "reciprocal exp exp2 expm1 sin cos tan atan sinh cosh tanh asinh erf erfc sigmoid".split()
    + "nn.functional.logsigmoid(x) nn.functional.softplus(x) nn.functional.elu(x)".split()
    + "nn.functional.selu(x) nn.functional.silu(x) nn.functional.gelu(x)".split()
    + ["nn.functional.gelu(x, approximate='tanh')", "x ** 2", "x ** 3", "2 ** x", "x / 3", "3 / x"]
    + ["atan2(x, y)", "atan2(y, x)"],
    UNIT: "asin acos atanh log1p".split(),
    ABOVE_0: "log log2 log10 sqrt rsqrt".split() + ["x ** 1.5", "x ** -0.5","pow(x, y)","pow(y, x)"],
    ABOVE_1: ["acosh"],
}
ROWS = ["softmax(x, -1)", "log_softmax(x, -1)", "logsumexp(x, -1)", "var(x, -1)","std(x, -1)","sum(x,-1)","mean(x,-1)","prod(x,-1)","norm(x,dim=-1)","cumsum(x,-1)",
  "nn.functional.layer_norm(x, (8,))"]


def runs(t, code, cells, weights, kind):
    x = t.tensor(cells.astype(kind), requires_grad=True)
    y = t.tensor(np.full_like(cells, 1.7).astype(kind))
    out = [eval(code if "x" in code.replace("exp", "") else f"t.{code}(x)", {"t": t, "x": x, "y": y})]
    for order in (1, 2):
        w = weights[: out[-1].numel() if hasattr(out[-1], 'numel') else 0].reshape(out[-1].shape) if x.ndim == 2 else np.ones(out[-1].shape)
        if not out[-1].requires_grad:
            break
        (g,) = t.autograd.grad([out[-1]], [x], [t.tensor(w.astype(kind))], create_graph=True, allow_unused=True)
        if g is None: break
        out.append(g)
    return [each.detach().numpy().astype(np.float64).ravel() for each in out]


if __name__ == "__main__":
    import torch, sys
    rng = np.random.default_rng(0)
    jobs = [(c, rng.uniform(*r, POINTS).astype(np.float32)) for r, cs in RANGES.items() for c in cs]
    jobs += [(c, rng.uniform(-6, 6, (POINTS // 8, 8)).astype(np.float32)) for c in ROWS]
    weights = rng.uniform(-1, 1, POINTS).astype(np.float32)
    only = sys.argv[1:]
    for code, cells in jobs:
        if "(" in code and not code.startswith("x") : code = "t." + code
        if only and not any(o in code for o in only): continue
        line = f"{code:45}"
        try:
            ours = runs(mg, code, cells, weights, "float32"); theirs = runs(torch, code, cells, weights, "float32"); exact = runs(torch, code, cells, weights, "float64")
        except Exception as e:
            print(line, repr(e)[:100]); continue
        for o, t_, e in zip(ours, theirs, exact):
            r = float32_ratios(o, t_, e)
            same = (o == t_) | (np.isnan(o) & np.isnan(t_)); r = np.where(same, np.where(np.isfinite(r), r, 0), r)
            bad = ~(r <= 1)
            at = cells.ravel()[np.argmax(r)] if r.size == cells.size else 0
            line += f" | {np.nanmax(r):8.2f} {bad.sum():4d} {at:8.3f}"
        print(line)
