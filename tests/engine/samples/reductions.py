"""Sums, averages, products, extremes, norms, softmax, order: along dims, with ties, NaN and ∞."""

inf, nan = float("inf"), float("nan")

M = {"x": [[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]]}
CUBE = {"x": [[[1.0, 2.0], [3.0, -4.0]], [[0.5, 6.0], [-7.0, 8.0]]]}
TIES = {"x": [[2.0, 5.0, 5.0], [1.0, 1.0, 3.0]]}
WITH_NAN = {"x": [[1.0, nan, 5.0, nan], [3.0, 2.0, 2.0, 3.0]]}
ZEROS = {"x": [[2.0, 3.0, 4.0], [2.0, 0.0, 4.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.0]]}
ENDLESS = {"x": [[1.0, inf], [-inf, 2.0], [-inf, -inf], [nan, 1.0], [1000.0, -1000.0]]}
ONE = {"x": 3.0}
EMPTY = {"x": []}
NO_ROWS = "x.reshape(0, 3)"

SAMPLES = [
    # Sums and averages.
    *[(code, M) for code in (
        "x.sum()", "x.sum(0)", "x.sum(-1, keepdim=True)", "x.sum((0, 1))", "x.sum([])",
        "x.sum(1) ** 2", "x.sum(dim=(-1, 0), keepdim=True)", "t.sum(x, 0)",
        "x.sum(dtype=t.float64)", "x.sum(0, dtype=t.float32) ** 2",
        "x.sum(axis=1, keepdims=True) * x", "x.mean()", "x.mean(0)", "x.mean(1, True) ** 2",
        "x.mean((0, 1)) * x", "x.mean(dtype=t.float64)", "t.mean(x, -1)", "x.var()", "x.var(0)",
        "x.var(1, keepdim=True) * x", "x.var((0, 1), correction=0)", "x.var(1, False)",
        "x.var(False)", "x.var(unbiased=False)", "t.var(x, 1, correction=2)", "x.std()", "x.std(0)",
        "x.std(0, keepdim=True) * x", "x.std(correction=0)", "t.std(x, (0, 1))",
    )],
    *[(code, CUBE) for code in (
        "x.sum((0, 2))", "x.mean((0, -1), keepdim=True) * x", "x.var((0, 2))", "x.std((1, 2)) ** 2",
        "x.norm(dim=(0, 1))", "x.logsumexp((0, 2))", "x.amax((0, 2))", "x.prod(1)",
        "x.cumsum(1) ** 2", "x.cumprod(-2)", "x.softmax(1)", "x.sort(1).values ** 2",
        "x.max(0).values ** 2",
    )],
    *[(code, ONE) for code in (
        "x.sum(0)", "x.mean(-1)", "x.prod(0)", "x.prod()", "x.max(0)", "x.min(-1)", "x.max()",
        "x.amin(0)", "x.amax(())", "x.argmax(0)", "x.cumsum(0)", "x.cumprod(-1) ** 2", "x.sort()",
        "x.argsort(0)", "x.topk(1)", "x.softmax(0)", "x.log_softmax(-1)", "x.logsumexp(0)",
        "x.norm()", "x.norm(1, 0)", "x.std(correction=0)", "x.nonzero()",
        "x.nonzero(as_tuple=True)", "x.any(0)", "x.count_nonzero()",
    )],
    *[(code, EMPTY) for code in (
        "x.sum()", "x.prod()", "x.mean()", "x.sum(0)", "x.mean(0)", "x.cumsum(0)", "x.cumprod(0)",
        "x.logsumexp(0)", "x.log_softmax(0)", "x.softmax(0)", "x.norm()", "x.norm(0.5)", "x.sort()",
        "x.topk(0)", "x.any()", "x.all()", "x.count_nonzero()", "x.nonzero()",
    )],
    *[(f"{NO_ROWS}.{code}", EMPTY) for code in (
        "sum(0)", "prod(0)", "mean(0)", "amax(1)", "max(1)", "argmin(1)", "norm(dim=0)", "sort(0)",
        "sum(1)",
    )],
    ("x.std()", {"x": [1.0, 1.0]}),
    ("x.std()", {"x": [1000.0, 1000.125, 1000.25]}),
    ("x.var(0)", {"x": [[1000.0, inf], [-1000.0, 1.0], [1000.5, nan]]}),
    ("x.mean(0)", ENDLESS),
    # Products: none, one and more zeros.
    ("x.prod(1)", ZEROS),
    ("x.prod(0, keepdim=True) * x", ZEROS),
    ("x[0].prod() * x[1].prod() + x[1].prod() ** 2", ZEROS),
    ("x.cumprod(1)", ZEROS),
    ("x.cumprod(0) * x", ZEROS),
    ("x.prod(dtype=t.float64)", M),
    ("x.prod()", {"x": [1000.0, -1000.0, 0.5]}),
    ("x.detach().prod()", {"x": [nan, 2.0]}),
    ("x.cumsum(0)", ENDLESS),
    ("x.cumsum(1) * x", M),
    ("x.cumsum(-1, dtype=t.float64)", M),
    ("t.cumprod(x, 1) ** 2", M),
    # The largest and the smallest.
    *[(code, each) for each in (M, TIES, WITH_NAN) for code in (
        "x.max()", "x.min()", "x.max(1)", "x.min(0, keepdim=True)", "x.amax()", "x.amin()",
        "x.amax(1)", "x.amin(0, keepdim=True)", "x.argmax()", "x.argmin(1)",
        "x.argmax(0, keepdim=True)", "x.argmax(keepdim=True)", "x.max(-1).values * x.min(1).values",
    )],
    ("x.amax((0, 1), keepdim=True) * x", TIES),
    ("x.max()", {"x": [inf, inf, -inf]}),
    ("x.max(x.flip(0)) * x", M),
    ("t.min(x, t.tensor(1.0, dtype=x.dtype)) * x", M),
    # Norms.
    *[(f"x.norm({p})", M) for p in (
        "", "1", "2", "3", "0.5", "1.5", "-1", "float('inf')", "float('-inf')", "'fro'", "p=None",
    )],
    *[(f"x.norm({p}, 1)", {"x": [[3.0, 0.0, -4.0], [0.0, 0.0, 0.0], [2.0, -2.0, 2.0]]}) for p in (
        "1", "2", "3", "4", "0.5", "1.5", "float('inf')", "float('-inf')",
    )],
    ("x.norm(1.5, 1).sum() + 0 * x", {"x": [[3.0, -4.0]]}),
    ("t.norm(x, dim=0, keepdim=True) * x", M),
    ("x.norm(dim=1)", ENDLESS),
    ("x.norm(float('inf'), 1)", ENDLESS),
    ("x.norm(dtype=t.float64)", M),
    ("x.detach().norm(0)", ZEROS),
    ("x.norm()", {"x": [1e30, 1e30]}),
    # Softmax and its kin.
    *[(code, each) for each in (M, ENDLESS) for code in (
        "x.softmax(1)", "x.logsumexp(1)",
    )],
    ("x.log_softmax(1)", {"x": [[1.0, 2.0, 0.5], [0.5, -1.0, 1.5]]}),
    ("x.log_softmax(1)", ENDLESS),
    ("x.softmax(0) + x.logsumexp(0)", {"x": [-1000.0, -1001.0]}),
    ("x.softmax(0) * x", M),
    ("t.softmax(x, 0, dtype=t.float64)", M),
    ("x.log_softmax(0) * x", M),
    ("x.log_softmax(-1, dtype=t.float64)", M),
    ("x.logsumexp(0, keepdim=True) * x", M),
    ("t.logsumexp(t.tensor([1, 2]), 0)", {}),
    ("t.softmax(t.tensor([1, 2]), 0, dtype=t.float64)", {}),
    # Truth and counts.
    *[(code, each) for each in (ZEROS, WITH_NAN) for code in (
        "x.all()", "x.any(1)", "x.all(0, keepdim=True)", "x.any((0, 1))", "x.count_nonzero()",
        "x.count_nonzero(1)", "x.count_nonzero((0, 1))", "(x > 1).nonzero()",
        "x.nonzero(as_tuple=True)",
    )],
    # Order.
    *[(code, each) for each in (TIES, WITH_NAN) for code in (
        "x.sort()", "x.sort(0)", "x.sort(1, descending=True)",
        "x.argsort(dim=1, descending=True, stable=True)", "t.sort(x, stable=True).values * x",
        "x.argsort(dim=0, stable=True)",
    )],
    ("x.topk(2)", M),
    ("x.topk(1, 0, largest=False)", M),
    ("x.topk(3, sorted=True).values ** 2", M),
    ("t.topk(x, 2, dim=-2).values * x", M),
    ("x.detach().topk(3).values", WITH_NAN),
    ("x.detach().topk(3, largest=False).values", WITH_NAN),
    ("x.topk(0)", M),
    # Integers and truth values.
    *[(f"t.tensor([[3, 0], [1, 2]], dtype={kind}){code}", {})
      for kind in ("t.int32", "t.int64", "t.bool") for code in (
        ".sum()", ".sum(1)", ".prod()", ".prod(0)", ".cumsum(1)", ".cumprod(0)", ".max()",
        ".min(1)", ".amax(0)", ".any()", ".all(1)", ".count_nonzero()", ".sort()", ".nonzero()",
    )],
    ("t.tensor([1, 2]).mean(dtype=t.float32)", {}),
    ("t.tensor([1.5, 2.5]).sum(dtype=t.int64)", {}),
    ("t.tensor([1.5, 2.5]).cumsum(0, dtype=t.int32)", {}),
    ("t.tensor([3, 1, 2]).topk(2)", {}),
    ("t.tensor([3, 1, 2]).argmax()", {}),
    ("t.tensor([4.0, 9.0]).cumsum_(0)", {}),
]  # fmt: skip
