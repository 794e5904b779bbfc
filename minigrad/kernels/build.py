"""Compiles generated source with Numba, from real files, so that the result can be cached."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from minigrad.kernels.generate import source
from minigrad.rules import Rule


@cache
def compiled(rule: Rule | str, dtype: str = "float32") -> ModuleType:
    """Return a module with a rule's compiled kernels; see `source` for what they take.

    The first call loads Numba and compiles; later runs of Python load from the cache.

    >>> import numpy as np, minigrad.kernels
    >>> import numpy as np
    >>> x, out = np.zeros(3, "float32"), np.empty(3, "float32")
    >>> minigrad.kernels.compiled("sigmoid").forward(x, out)
    >>> out
    array([0.5, 0.5, 0.5], dtype=float32)
    """
    import numba

    text = source(rule, dtype)
    # Another rule text, dtype or Numba is another file: no kernel can be stale.
    mark = hashlib.sha256(f"{numba.__version__}\n{text}".encode()).hexdigest()[:16]
    module = _imported(_written(f"minigrad_kernel_{mark}", text))
    jit: Any = numba.njit(cache=True, error_model="numpy")
    for name, function in vars(module).copy().items():
        if name.startswith(("forward", "backward")):
            setattr(module, name, jit(function))
    return module


def _written(name: str, text: str) -> Path:
    """Keep the source in a file of the user's cache; where none can be, of a temporary folder."""
    from numba.misc import appdirs

    own = appdirs.user_cache_dir("minigrad", False)  # type: ignore[no-untyped-call]  # Numba's
    try:
        return _kept(Path(own), name, text)
    except OSError:
        return _kept(Path(tempfile.mkdtemp(prefix="minigrad-")), name, text)


def _kept(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        # Written beside and moved, so that another process never reads half a file.
        handle, beside = tempfile.mkstemp(dir=folder, suffix=".py")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            Path(beside).replace(path)
        except OSError:
            Path(beside).unlink()
            raise
    return path


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # Numba's cache finds a function's module by its name
    spec.loader.exec_module(module)
    return module
