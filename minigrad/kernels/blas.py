"""The matrix product for generated code: the BLAS that NumPy itself ships, called directly.

NumPy's wheels for Linux and Windows hold OpenBLAS, with 64-bit sizes under names of its own.
Other builds of NumPy (Accelerate on macOS, conda) do not: there `available()` is False, and a
generated program is split at the product and calls np.matmul.

Imported by generated text, and only where `build.available()`: it needs Numba.
"""

from __future__ import annotations

import ctypes
import importlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite.binding import add_symbol
from numba import types
from numba.extending import overload

_ROWS_FIRST, _AS_IS, _TURNED = np.int32(101), np.int32(111), np.int32(112)  # CBLAS's words
_NAMES = {types.float32: "scipy_cblas_sgemm64_", types.float64: "scipy_cblas_dgemm64_"}


@cache
def available() -> bool:
    """Say whether `gemm` can be called: NumPy's own BLAS was found, and its symbols are known."""
    for path in _places():
        try:
            library = ctypes.CDLL(str(path))
            found = [getattr(library, name) for name in _NAMES.values()]
        except (OSError, AttributeError):
            continue
        for name, function in zip(_NAMES.values(), found, strict=True):
            add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
        return True
    return False


def _places() -> list[Path]:
    """List where the symbols may be found.

    First NumPy's extension module, which leads to what it is linked to; Windows does not
    follow that, so then the libraries in NumPy's wheel.
    """
    home = Path(np.__file__).parent
    core = importlib.import_module("numpy._core._multiarray_umath")
    return [Path(str(core.__file__)), *home.parent.glob("numpy.libs/*openblas*")]


def _routine(real: Any) -> Any:
    size, flag, address = types.int64, types.int32, types.uintp
    return types.ExternalFunction(
        _NAMES[real],
        types.void(
            flag, flag, flag, size, size, size,
            real, address, size, address, size, real, address, size,
        ),
    )  # fmt: skip


def gemm(a: Any, b: Any, out: Any, a_turned: bool, b_turned: bool, kept: float) -> None:
    """Write a @ b + kept * out into out, for generated code.

    All three are 2-D, contiguous and of one dtype, float32 or float64, and `out` overlaps
    neither. With `a_turned` the product is of a.T, with `b_turned` of b.T; nothing is copied.
    `kept` is 0 (what `out` held is not read) or 1. Shapes are not checked.
    """


@overload(gemm)
def _gemm(a: Any, b: Any, out: Any, a_turned: Any, b_turned: Any, kept: Any) -> Any:
    routine, kind = _routine(out.dtype), np.dtype(str(out.dtype)).type

    def product(a: Any, b: Any, out: Any, a_turned: Any, b_turned: Any, kept: Any) -> None:
        inner = a.shape[0] if a_turned else a.shape[1]
        routine(
            _ROWS_FIRST, _TURNED if a_turned else _AS_IS, _TURNED if b_turned else _AS_IS,
            out.shape[0], out.shape[1], inner,
            kind(1), a.ctypes.data, max(1, a.shape[1]), b.ctypes.data, max(1, b.shape[1]),
            kind(kept), out.ctypes.data, max(1, out.shape[1]),
        )  # fmt: skip

    return product


available()  # the symbols must be known before a kept kernel that names them is loaded
