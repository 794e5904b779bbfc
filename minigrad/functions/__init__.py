"""PyTorch's functions: each checks what it is given and runs a rule.

Most are methods of Tensor too. A module's `__all__` lists what it adds to `minigrad`.
"""
