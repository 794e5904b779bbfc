"""Functions as generated code: `minigrad.compile`."""

from minigrad.compiling.compiled import Compiled, compile
from minigrad.compiling.notices import CompileWarning

__all__ = ["CompileWarning", "Compiled", "compile"]
