"""The words of a loop: how each cell that NumPy knows by a name is written for Numba."""

from __future__ import annotations

# How tightly each form binds; an operand that binds less tightly gets brackets.
CHOICE, LOGIC, TEST, OR, XOR, AND, SUM, PRODUCT, SIGN, ATOM = range(10)

# By NumPy's name: the text, and how tightly it binds. Operands stand in brackets where they bind
# less tightly than that; those inside a call never need any.
_INFIX = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT),
    "divide": ("/", PRODUCT), "less": ("<", TEST), "less_equal": ("<=", TEST),
    "greater": (">", TEST), "greater_equal": (">=", TEST), "equal": ("==", TEST),
    "not_equal": ("!=", TEST), "bitwise_and": ("&", AND), "bitwise_or": ("|", OR),
    "bitwise_xor": ("^", XOR), "logical_and": ("and", LOGIC), "logical_or": ("or", LOGIC),
}  # fmt: skip
# Written by us, fast and with a stated error; see `polynomials`.
POLYNOMIALS = {"cos", "erf", "exp", "expm1", "log", "log1p", "ndtr", "sin", "tanh"}
NEAR = {"cos", "sin"}  # those that do not reach far from 0
_NUMPY = {
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "ceil", "cosh",
    "exp2", "floor", "isfinite", "isinf", "isnan", "log10", "log2", "rint", "sign", "sinh", "sqrt",
    "tan", "trunc",
}  # fmt: skip

CELLS: dict[str, tuple[str, int]] = {
    **{name: (f"{{}} {sign} {{}}", binds) for name, (sign, binds) in _INFIX.items()},
    **{name: (f"{name}({{}})", ATOM) for name in POLYNOMIALS},
    **{name: (f"np.{name}({{}})", ATOM) for name in _NUMPY},
    "arctan2": ("np.arctan2({}, {})", ATOM),
    "negative": ("-{}", SIGN),
    "absolute": ("abs({})", ATOM),
    "maximum": ("larger({}, {})", ATOM),
    "minimum": ("smaller({}, {})", ATOM),
    "invert": ("not {}", LOGIC),
    "logical_not": ("not {}", LOGIC),
    "logical_xor": ("bool({}) != bool({})", TEST),
    "where": ("{1} if {0} else {2}", CHOICE),
}  # fmt: skip
# Calls of the C library, one cell at a time: NumPy is faster, where it is free to choose.
SLOW = {"power", *_NUMPY} - {
    "ceil", "floor", "isfinite", "isinf", "isnan", "rint", "sign", "sqrt", "trunc",
}  # fmt: skip
# Worth keeping rather than computing again.
COSTLY = POLYNOMIALS | SLOW
