"""Every op that works cell by cell, where it is hardest: 0, ties, ±1000, ±inf, NaN, odd shapes."""

from itertools import product

INF, NAN = float("inf"), float("nan")
CELLS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.5, -3.5, 1000.0, -1000.0, INF, -INF, NAN]
PAIRS = [*product([0.0, -0.0, 1.0, -2.5, 3.0, 1000.0, INF, -INF, NAN], repeat=2)]

METHODS = (
    *("neg", "reciprocal", "square", "sqrt", "rsqrt", "exp", "exp2", "expm1", "log", "log2"),
    *("log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "abs"),
    *("sign", "floor", "ceil", "round", "trunc", "erf", "sigmoid", "relu", "isnan", "isinf"),
    *("isfinite", "nan_to_num", "logical_not"),
)
ACTIVATIONS = (
    *("logsigmoid(x)", "leaky_relu(x,0.1)", "elu(x,1.5)", "selu(x)", "softplus(x)"),
    *("softplus(x,2.0,5.0)", "silu(x)", "gelu(x)", "gelu(x,approximate='tanh')"),
)
UNARY = [
    *("-x", "abs(x)", "x ** 2", "x ** 3", "x ** 0.5", "x ** -1", "x ** 0", "2 ** x", "1 / x"),
    *(f"x.{name}()" for name in METHODS),
    *("x.pow(2)", "x.pow(-0.5)", "x.clamp(-1, 1)", "x.clamp(min=0.5)", "x.clamp(max=0.5)"),
    *("x.remainder(2)", "x % -1.5", "x.div(2, rounding_mode='floor')", "x.detach() // 2"),
    *("x.div(2, rounding_mode='trunc')", "x > 0", "x <= 1", "x == 0.5", "x != x"),
    *(f"t.nn.functional.{call}" for call in ACTIVATIONS),
]
BINARY = [
    *("x + w", "x - w", "x * w", "x / w", "x ** w", "x % w", "x.detach() // w.detach()"),
    *("t.maximum(x, w)", "t.minimum(x, w)", "t.atan2(x, w)", "t.where(x > w, x, w)"),
    *("t.lerp(x, w, 0.25)", "x.lerp(w, w)", "x.clamp(w, w + 1)", "x.clamp(min=w)"),
    *("t.div(x, w, rounding_mode='trunc')", "t.isclose(x, w)", "t.logical_xor(x, w)"),
    *("t.logical_and(x, w)", "t.logical_or(x, w)", "x < w", "x >= w", "x == w", "x != w"),
]
# Stretched both ways, a single number on either side, size 1, empty.
SHAPES = [
    ([[0.5], [2.0]], [1.5, -2.0, 3.0]),
    ([0.5, 2.0], [[1.5], [-2.0], [3.0]]),
    (0.5, [1.5, -2.0]),
    ([0.5, 2.0], 1.5),
    (0.5, -2.0),
    ([0.5], [1.5, -2.0]),
    ([[0.5], [2.0]], []),
    ([], []),
]

SAMPLES = [(code, {"x": cells}) for code in UNARY for cells in (CELLS, 0.5, [2.5], [])]
SAMPLES += [(code, {"x": [x for x, _ in PAIRS], "w": [w for _, w in PAIRS]}) for code in BINARY]
SAMPLES += [(code, {"x": x, "w": w}) for code in BINARY for x, w in SHAPES]
