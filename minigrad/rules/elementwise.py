"""Ops that work cell by cell: a value, and the slope for each input.

A slope is written with the input names, or with `y`, the output, where that is
shorter. A slope of 1 or −1 passes the gradient on; a truth value selects.
"""

import operator

import numpy as np

from minigrad.rules.rule import NUMBERS, Elementwise

add = Elementwise(
    "add(a, b)", operator.add, numpy=np.add, word="plus", sign="+", a=lambda: 1, b=lambda: 1
)
sub = Elementwise(
    "sub(a, b)",
    operator.sub,
    numpy=np.subtract,
    word="minus",
    sign="−",
    grad_fn=lambda inputs, _: "RsubBackward1" if inputs[0].__class__ in NUMBERS else "SubBackward0",
    a=lambda: 1,
    b=lambda: -1,
)
mul = Elementwise(
    "mul(a, b)", operator.mul, numpy=np.multiply, word="times", a=lambda b: b, b=lambda a: a
)
div = Elementwise(
    "div(a, b)",
    operator.truediv,
    numpy=np.divide,
    word="divide",
    sign="÷",
    floating=True,
    a=lambda b: reciprocal(b),
    b=lambda a, b: -(a / b) / b,
    textbook={"b": lambda a, b: -a / b**2},
)
reciprocal: Elementwise = Elementwise(
    "reciprocal(x)",
    lambda x: 1 / x,
    formula=lambda x: 1 / x,
    floating=True,
    x=lambda y: -y * y,
)
neg = Elementwise("neg(x)", operator.neg, numpy=np.negative, word="negate", x=lambda: -1)

# With a number as the exponent: one slope, no logarithm, and x⁰ is flat even at 0.
pow_number = Elementwise(
    "pow(x, n)",
    operator.pow,
    word="power",
    grad_fn="PowBackward0",
    x=lambda x, n: n * x ** (n - 1) if n else False,
    textbook={"x": lambda x, n: n * x ** (n - 1) if n else 0},
)
pow_tensor = Elementwise(
    "pow_tensor(a, b)",
    operator.pow,
    numpy=np.power,
    word="power",
    grad_fn=lambda inputs, _: f"PowBackward{1 + (inputs[0].__class__ in NUMBERS)}",
    textbook={"a": lambda a, b: b * a ** (b - 1), "b": lambda a, y: y * log(a)},
    a=lambda a, b: np.where(b == 0, 0, b * a ** (b - 1)),
    b=lambda a, b, y: np.where((a == 0) & (b >= 0), 0, y * log(a)),
)

exp = Elementwise("exp(x)", np.exp, floating=True, x=lambda y: y)
log: Elementwise = Elementwise("log(x)", np.log, floating=True, x=lambda x: 1 / x)
sin = Elementwise("sin(x)", np.sin, floating=True, x=lambda x: np.cos(x))
cos = Elementwise("cos(x)", np.cos, floating=True, x=lambda x: -np.sin(x))
tanh = Elementwise("tanh(x)", np.tanh, floating=True, x=lambda y: 1 - y * y)
sigmoid = Elementwise(
    "sigmoid(x)", lambda x: 1 / (1 + np.exp(-x)), floating=True, x=lambda y: y * (1 - y)
)
# ~(y <= 0), not y > 0: NaN must pass on, as in PyTorch.
relu = Elementwise("relu(x)", lambda x: np.maximum(x, 0), x=lambda y: ~(y <= 0))
where = Elementwise(
    "where(condition, a, b)",
    np.where,
    a=lambda condition: condition,
    b=lambda condition: ~condition,
)

# Comparisons and logic have no slope: their results never require a gradient.
lt = Elementwise("lt(a, b)", operator.lt, numpy=np.less)
le = Elementwise("le(a, b)", operator.le, numpy=np.less_equal)
gt = Elementwise("gt(a, b)", operator.gt, numpy=np.greater)
ge = Elementwise("ge(a, b)", operator.ge, numpy=np.greater_equal)
eq = Elementwise("eq(a, b)", operator.eq, numpy=np.equal)
ne = Elementwise("ne(a, b)", operator.ne, numpy=np.not_equal)
logical_not = Elementwise("bitwise_not(x)", operator.invert, numpy=np.invert)
logical_and = Elementwise("bitwise_and(a, b)", operator.and_, numpy=np.bitwise_and)
logical_or = Elementwise("bitwise_or(a, b)", operator.or_, numpy=np.bitwise_or)
