"""Fused loops: source generated from a rule's symbols, compiled by Numba when first used.

Numba is imported by `compiled` and by nothing else, so that `import minigrad` stays light.
"""

from minigrad.kernels.build import compiled
from minigrad.kernels.generate import source

__all__ = ["compiled", "source"]
