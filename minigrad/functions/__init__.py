"""PyTorch's functions: each checks what it is given and runs a rule.

Most are methods of Tensor too, and refuse arguments of another type than their signature says
with a TypeError. A module's `__all__` lists what it adds to `minigrad`.
"""
