"""Numbers as a reader types them, and as they stand in a field to be changed."""

import ast
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad.errors import TraceError
from minigrad.printing import shape as words

MOST_TYPED = 24  # numbers that anybody would type
_SIGNS = str.maketrans({"−": "-", "–": "-", "÷": "/"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")

NO_NUMBER = "“{text}” is not a number. Type one, such as −1.5 or 1/4."
DIVIDED_BY_ZERO = "“{text}” divides by 0. Type another number."
NO_LIST = "Type {shape} numbers in square brackets, such as {example}."


def read_number(text: str) -> float:
    """Read −1.5, 0,5, 1e-3, 1/4, inf or nan; TraceError, with a sentence, for anything else."""
    plain = "".join(text.split()).lower().translate(_SIGNS)
    if re.fullmatch(r"[+-]?(inf|nan)", plain):
        return float(plain)
    above, slash, below = plain.replace(",", ".").partition("/")
    if not _NUMBER.fullmatch(above) or (slash and not _NUMBER.fullmatch(below)):
        raise TraceError(NO_NUMBER.format(text=text.strip()))
    if not slash:
        return float(above)
    if not float(below):
        raise TraceError(DIVIDED_BY_ZERO.format(text=text.strip()))
    return float(above) / float(below)


def read_values(text: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Read the numbers of a tensor, written as nested lists; of a scalar, a number."""
    if not shape:
        return np.asarray(read_number(text))
    try:
        values = np.asarray(ast.literal_eval(text.strip().translate(_SIGNS)), dtype=float)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        values = np.empty(0)
    if values.shape != shape:
        example = write_values(np.zeros(shape))
        raise TraceError(NO_LIST.format(shape=words(shape), example=example))
    return values


def write_values(values: NDArray[Any]) -> str:
    """Write numbers so that `read_values` gives them back, in as few digits as it takes."""
    if values.ndim:
        return f"[{', '.join(write_values(part) for part in values)}]"
    # Not .item(): Python's float of a float32 shows digits that it does not have
    return str(values[()]).removesuffix(".0")
