"""Compiles generated text with Numba when it is first called, and keeps what was compiled.

A compiled kernel is a file in the user's cache folder. Its name is a hash of all that shapes
it: the text, the helpers' own text, the versions of Numba, llvmlite and NumPy, the types it was
called with and the processor. So nothing in the folder can be stale, whatever is upgraded or
edited. (Numba's own cache compares only the text of the calling function.) A file holds its own
checksum and is moved into place whole. Where a file cannot be read or written, because it is
damaged, the disk is full or the folder is read-only, the kernel is compiled in memory.

Numba is imported inside functions only, so that `import minigrad` stays light.
"""

from __future__ import annotations

import hashlib
import linecache
import os
import pickle
import shutil
import sys
import tempfile
import threading
import time
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_HELPERS = [
    "bits.py", "blas.py", "build.py", "factors.py", "intrinsics.py", "polynomials.py"
]  # fmt: skip
_UNUSED = 60 * 24 * 3600  # seconds after which the kernels of other versions go
_LOCK = threading.RLock()
_LOADED: dict[str, ModuleType] = {}


@cache
def available() -> bool:
    """Say whether kernels can be compiled here: Numba can be imported and is not switched off."""
    try:
        import numba
    except ImportError:
        return False
    return not numba.config.DISABLE_JIT


def loaded(text: str) -> ModuleType:
    """Return the module that a generated text is, its functions compiled when first called.

    Functions whose name starts with `_` stay plain Python. The same text gives the same
    module. Safe to call from several threads. ImportError without Numba.

    >>> from minigrad.kernels import build
    >>> build.loaded("def half(x): return x / 2").half(3.0)
    1.5
    """
    with _LOCK:
        if text not in _LOADED:
            _LOADED[text] = _module(text)
        return _LOADED[text]


def _module(text: str) -> ModuleType:
    import numba
    from llvmlite.binding import set_option

    # A vector holds as many float32 as it can, also where their sum is a float64; and several are
    # computed at once in loops over long formulas too, where each step waits for the one before.
    # LLVM has this for a whole process. It changes at most the order in which sums are added up,
    # where that is left to it.
    for option in ("-vectorizer-maximize-bandwidth", "-small-loop-cost=200"):
        set_option("minigrad", option)
    mark = _hash(text, *_surroundings())
    module = ModuleType(f"minigrad_kernels_{mark}")
    module.__file__ = f"<{module.__name__}>"
    sys.modules[module.__name__] = module  # a kept kernel names the module that it belongs to
    # So that a traceback, and inspect.getsource, can show a line that is in no file.
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(True), module.__file__)
    exec(compile(text, module.__file__, "exec"), vars(module))
    for name, function in vars(module).copy().items():
        own = isinstance(function, FunctionType) and function.__module__ == module.__name__
        if own and not name.startswith("_"):
            compiled: Any = numba.njit(error_model="numpy")(function)
            compiled._cache = _kept_kernels()(f"{mark}-{name}")
            setattr(module, name, compiled)
    return module


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


@cache
def _surroundings() -> tuple[str, ...]:
    """All but a kernel's own text that shapes its machine code, except types and processor."""
    texts = [
        resources.files("minigrad.kernels").joinpath(name).read_text(encoding="utf-8")
        for name in _HELPERS
    ]
    return (*texts, *(version(each) for each in ("numba", "llvmlite", "numpy")))


@cache
def _kept_kernels() -> Any:
    """Return the class of what a Numba function asks for a kernel before it compiles one."""
    from numba.core.caching import CompileResultCacheImpl, NullCache
    from numba.core.serialize import dumps

    class KeptKernels(NullCache):  # type: ignore[misc]
        """The kept kernels of one function, one file per signature and processor."""

        _impl = CompileResultCacheImpl.__new__(CompileResultCacheImpl)

        def __init__(self, stem: str) -> None:
            self._stem = stem

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            target_context.refresh()
            try:
                content = self._path(sig, target_context.codegen()).read_bytes()
            except OSError:
                return None
            checksum, kernel = content[:32], content[32:]
            if hashlib.sha256(kernel).digest() != checksum:
                return None
            return self._impl.rebuild(target_context, pickle.loads(kernel))

        def save_overload(self, sig: Any, data: Any) -> None:
            if not self._impl.check_cachable(data):
                return
            kernel = dumps(self._impl.reduce(data))
            try:
                _put(self._path(sig, data.codegen), hashlib.sha256(kernel).digest() + kernel)
            except OSError:
                return  # it is compiled, though the next Python has to compile it again

        def _path(self, sig: Any, codegen: Any) -> Path:
            return _folder() / f"{self._stem}-{_hash(repr(sig), repr(codegen.magic_tuple()))}"

    return KeptKernels


@cache
def _folder() -> Path:
    """Return the folder of this version's kernels; remove those of versions long unused."""
    from numba import config
    from numba.misc import appdirs

    base = Path(config.CACHE_DIR or appdirs.user_cache_dir("minigrad", False)) / "minigrad-kernels"
    folder = base / f"{sys.implementation.cache_tag}-{_hash(*_surroundings())}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # used today
        for each in base.iterdir():
            if each.stat().st_mtime < time.time() - _UNUSED:
                shutil.rmtree(each, ignore_errors=True)
    except OSError:
        pass
    return folder


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also while another process writes the same one."""
    handle, beside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).replace(path)
    except OSError:
        Path(beside).unlink()
        raise
