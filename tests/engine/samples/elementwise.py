"""Arithmetic, powers and angles, activations, rounding, choosing, comparisons and logic."""

INF, NAN = float("inf"), float("nan")
EDGES = [0.0, 1.0, -1.5, 1000.0, -1000.0, INF, -INF, NAN]
FINITE = [0.0, 1.0, -1.5, 1000.0, -1000.0, NAN]  # PyTorch's float32 gelu of ∞ is NaN
SMALL = [0.0, 1e-8, -1e-8, 0.3, -0.7, 2.0, -5.0, 15.0, -15.0]
INSIDE = [0.0, 1e-8, 0.3, -0.7, 0.999, 1.0, -1.0]
PAIRS = {
    "x": [0.0, 1.0, -1.0, 2.0, 3.5, -3.5, 0.0, 1000.0, INF, 1.0, NAN, 1.0],
    "w": [0.0, 1.0, 1.0, -0.5, 2.0, 2.0, 3.0, -1000.0, 2.0, INF, 1.0, NAN],
}
BOTH_WAYS = {"x": [[0.5], [-1.5]], "w": [2.0, 0.5, -1.5]}
INTEGERS = "t.tensor([7, -7, 0])"
TRUTHS = "t.tensor([True, True, False]), t.tensor([True, False, False])"

UNARY = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "erf", "exp",
    "exp2", "expm1", "floor", "log", "log10", "log1p", "log2", "neg", "reciprocal", "relu",
    "round", "rsqrt", "selu", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh",
    "trunc",
]  # fmt: skip
BINARY = ["add", "atan2", "div", "fmod", "maximum", "minimum", "mul", "pow", "remainder", "sub"]
ACTIVATIONS = [
    "elu(x)", "elu(x, 0.5)", "gelu(x)", "gelu(x, approximate='tanh')", "leaky_relu(x)",
    "leaky_relu(x, 0.2)", "logsigmoid(x)", "selu(x)", "silu(x)", "softplus(x)",
    "softplus(x, 2.0, 3.0)", "softplus(x, 0.5)",
]  # fmt: skip

SAMPLES = []
for name in UNARY:
    SAMPLES += [(f"t.{name}(x)", {"x": each}) for each in (EDGES, SMALL)]
    SAMPLES.append((f"x.{name}()" if name != "selu" else "t.selu(x)", {"x": 0.4}))
SAMPLES += [(f"t.{name}(x)", {"x": INSIDE}) for name in ("acos", "asin", "atanh")]
SAMPLES += [("t.acosh(x)", {"x": [1.0, 1.001, 2.5, 100.0]})]
for name in BINARY:
    SAMPLES += [(f"t.{name}(x, w)", each) for each in (PAIRS, BOTH_WAYS)]
    SAMPLES.append((f"x.{name}(w)", {"x": 1.5, "w": [[0.5, 2.0]]}))
for call in ACTIVATIONS:
    SAMPLES += [(f"t.nn.functional.{call}", {"x": each}) for each in (FINITE, SMALL)]

SAMPLES += [
    # Numbers on either side.
    ("x - 2", {"x": [1.0, 3.0]}),
    ("t.add(2, x)", {"x": [1.0, 3.0]}),
    ("t.add(x, w, alpha=2)", BOTH_WAYS),
    ("t.sub(x, w, alpha=-0.5)", BOTH_WAYS),
    ("x.add(1, alpha=3)", {"x": [1.0, 3.0]}),
    ("t.mul(3, x) / 4", {"x": [1.0, 3.0]}),
    ("t.pow(2, x)", {"x": [0.0, -1.5, 3.0]}),
    ("t.pow(x, 2.5)", {"x": [0.0, 1.5, -3.0]}),
    ("x ** -2", {"x": [0.0, 1.5, -3.0]}),
    ("x ** 1 * float('inf')", {"x": [0.0, 2.0]}),
    ("x ** w * float('inf')", {"x": [0.0, 0.0, 2.0, 2.0, INF], "w": [0.0, 1.0, 0.0, 2.0, 0.0]}),
    ("0.0 ** x * float('inf')", {"x": [1.0, -1.0]}),
    ("x % 2", {"x": [3.0, -3.0, 0.5, -0.0]}),
    ("x % -2", {"x": [3.0, -3.0, 0.5]}),
    ("x % 0", {"x": [3.0, -3.0]}),
    ("t.fmod(x, 2)", {"x": [3.0, -3.0, 0.5]}),
    ("+x", {"x": [1.0]}),
    ("abs(x)", {"x": [1.0, -2.0]}),
    ("t.abs(x) * float('inf')", {"x": [0.0, 2.0]}),
    # Rounding.
    ("t.div(x, w, rounding_mode='floor')", PAIRS),
    ("t.div(x, w, rounding_mode='trunc')", PAIRS),
    ("x.div(2, rounding_mode='floor')", {"x": [3.0, -3.0]}),
    ("x.detach() // w.detach()", PAIRS),
    ("x.detach() // 2, 7 // x.detach(), 7 % x.detach()", {"x": [3.0, -3.0, 0.0]}),
    ("x.round()", {"x": [0.5, 1.5, -0.5, -2.5, 2.4999]}),
    ("x.round(decimals=2)", {"x": [0.126, -1.5555, 2.0]}),
    ("x.round(decimals=-1) * x", {"x": [126.0, -14.0]}),
    # Choosing: at the bounds and between equal numbers, and with an infinity arriving.
    ("x.clamp(0, 1)", {"x": [0.0, 1.0, -1.0, 2.0, 0.5, NAN, INF, -INF]}),
    ("x.clamp(0, 1) * float('inf')", {"x": [0.0, 1.0, -1.0, 2.0, 0.5]}),
    ("x.clamp(min=0)", {"x": [0.0, -1.0, 1.0, NAN]}),
    ("x.clip(max=0.5)", {"x": [0.5, -1.0, 1.0, NAN]}),
    ("x.clamp(1, 0)", {"x": [0.5, 0.0, 1.0, 2.0]}),
    ("t.clamp(x, a, b)", {"x": [0.0, 1.0, -1.0, 2.0, NAN, 0.5], "a": 0.0, "b": 1.0}),
    ("t.clamp(x, a, b)", {"x": [0.0, 0.5, 0.5], "a": [1.0, NAN, 0.0], "b": [0.0, 1.0, NAN]}),
    ("x.clamp(min=a)", {"x": [0.0, 1.0, -1.0, NAN], "a": 0.0}),
    ("x.clamp(max=a)", {"x": [0.0, 1.0, -1.0, NAN], "a": [0.0, 0.0, 0.0, 0.0]}),
    ("t.maximum(x, w) * float('inf')", {"x": [1.0, 2.0, NAN, 1.0], "w": [1.0, 1.0, 1.0, NAN]}),
    ("t.minimum(x, w) * float('inf')", {"x": [1.0, 2.0, NAN, 1.0], "w": [1.0, 1.0, 1.0, NAN]}),
    ("t.where(x > 0, x, w)", {"x": [1.0, -1.0, NAN], "w": [[2.0], [3.0]]}),
    ("t.where(x > 0, x, 0.5)", {"x": [1.0, -1.0]}),
    ("x.where(x > 0, w)", {"x": [1.0, -1.0], "w": 3.0}),
    ("t.where(x > 0, t.sqrt(x), x)", {"x": [4.0, -1.0]}),
    ("t.where(x > 0)", {"x": [[1.0, -1.0], [2.0, 3.0]]}),
    ("t.where(t.tensor([True, False]), 1, 2)", {}),
    ("t.where(t.tensor([True, False]), 1.5, 2)", {}),
    ("t.where(t.tensor([True, False]), t.tensor([1, 2]), 2.5)", {}),
    ("t.where(t.tensor(True))", {}),
    ("t.lerp(x, w, a)", {"x": [0.0, 1.0, -2.0], "w": [1.0, 3.0, 0.1], "a": [0.3, 0.7, 1.0]}),
    ("t.lerp(x, w, 0.25)", BOTH_WAYS),
    ("x.lerp(w, 1.0)", {"x": [0.1, 7.0], "w": [0.3, 1e-3]}),
    ("t.nan_to_num(x)", {"x": [NAN, 1.0]}),
    ("t.nan_to_num(t.tensor([float('inf'), -float('inf')]))", {}),
    ("t.nan_to_num(x, 1.0, posinf=2.0, neginf=3.0) * x", {"x": [NAN, INF, -INF, 1.0]}),
    ("t.nan_to_num(x) * float('inf')", {"x": [NAN, 1.0]}),
    # In place.
    ("y = x * 1; y.add_(w, alpha=2); y.mul_(w); y.sub_(1); y.div_(w); y", BOTH_WAYS | {"w": 2.0}),
    ("y = x * 1; y.neg_(); y.clamp_(max=-0.75); y.exp_(); y", {"x": [0.5, 1.0]}),
    ("y = x * 1; y.pow_(2); y **= 2; y %= 3; y.sigmoid_(); y", {"x": [0.5, 1.25]}),
    ("y = x * 1; y.lerp_(w, 0.5); y.round_(decimals=1); y", {"x": [0.5], "w": [1.0]}),
    ("y = x * 1; y.nan_to_num_(); y.atan2_(w); y.tanh_(); y", {"x": [0.5], "w": [1.0]}),
    ("y = x.detach() * 1; y //= 2; y.lt_(1); y", {"x": [0.5, 5.0]}),
    ("y = t.tensor([6, 5]); y &= 3; y |= 8; y ^= 1; y", {}),
    # Integers and truth values: the dtype of the result, and its value.
    (f"x = {INTEGERS}; x // 2, x % 2, x // -2, x % -2, 7 // x[:2], 7 % x[:2]", {}),
    (f"x = {INTEGERS}; t.div(x, 2), t.div(x, 2, rounding_mode='trunc'), t.fmod(x, 2)", {}),
    (f"x = {INTEGERS}; x // 2.0, x % 2.5, x / 2, -x, +x, abs(x), x.sign()", {}),
    (f"x = {INTEGERS}; x.floor(), x.ceil(), x.trunc(), x.round(), x.square(), x.relu()", {}),
    (f"x = {INTEGERS}; x.sqrt(), x.exp(), x.sigmoid(), x.reciprocal(), x.erf(), x.atan2(x)", {}),
    (f"x = {INTEGERS}; x ** 2, x ** 0.5, 2 ** abs(x), 2.0 ** x, t.pow(x, 3)", {}),
    (f"x = {INTEGERS}; x.clamp(0), x.clamp(0, 2.5), t.maximum(x, t.tensor(1)), x.nan_to_num()", {}),
    ("x = t.tensor([9007199254740993]); t.div(x, 1, rounding_mode='trunc')", {}),
    ("x = t.tensor([5], dtype=t.int32); x + 1, x * 1.5, x + t.tensor([1]), x / 2, x // 2", {}),
    ("x = t.tensor([True, False]); x + x, x * x, x / x[:1], x + 1, x * 1.5, x ** 2, x & 1", {}),
    ("x = t.tensor([True, False]); x.exp(), x.clamp(0, 1), t.maximum(x, ~x), x.reciprocal()", {}),
    ("t.add(t.tensor([1]), t.tensor([1]), alpha=2), t.sub(t.tensor([1.0]), 1, alpha=0.5)", {}),
    # Comparisons and logic.
    ("x < w, x <= w, x > w, x >= w, x == w, x != w", PAIRS),
    ("t.lt(x, 1), t.le(x, 1), t.gt(x, 1), t.ge(x, 1), t.eq(x, 1), t.ne(x, 1)", {"x": EDGES}),
    ("1 < x, 1 == x", {"x": [0.0, 1.0, 2.0]}),
    ("t.tensor([1, 2]) == 1.5, t.tensor([1, 2]) < t.tensor([1.5, 1.5])", {}),
    ("t.isnan(x), x.isinf(), t.isfinite(x), x.logical_not()", {"x": EDGES}),
    (f"x = {INTEGERS}; t.isnan(x), t.isinf(x), t.isfinite(x), t.logical_not(x)", {}),
    (f"a, b = {TRUTHS}; a & b, a | b, a ^ b, ~a, True & a, 1 | b, True ^ a", {}),
    (f"a, b = {TRUTHS}; t.logical_and(a, b), t.logical_or(a, b), t.logical_xor(a, b)", {}),
    (f"x = {INTEGERS}; x & 3, x | 3, x ^ 3, ~x, t.bitwise_and(x, x), t.bitwise_not(x)", {}),
    ("t.logical_and(x, w), t.logical_or(x, w), t.logical_xor(x, w)", PAIRS),
    ("t.isclose(x, w), t.isclose(x, w, equal_nan=True), t.isclose(x, w, rtol=3.0)", PAIRS),
    ("t.isclose(x, x), t.isclose(x, x, equal_nan=True), t.equal(x, x)", {"x": EDGES}),
    ("t.allclose(x, x), t.allclose(x, x * 1.0001), x.allclose(x + 0.1, atol=0.2)", {"x": [1.0]}),
    ("t.equal(x, x), t.equal(x, x * 2), t.equal(x, x[:1]), x.equal(x + 0)", {"x": [1.0, 2.0]}),
    # Nothing at all.
    ("t.sigmoid(x) * t.erf(x) + t.maximum(x, x)", {"x": []}),
    ("t.clamp(x, 0, 1).sqrt() % 2", {"x": [[], []]}),
]
