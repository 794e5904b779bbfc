"""`Parameter`: a tensor that a module trains."""

from __future__ import annotations

from minigrad import errors
from minigrad.tensor import Tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A tensor that a module trains: it requires a gradient, and the module lists it.

    It shares the memory of `data`. TypeError for what is no Tensor, RuntimeError for integers. As
    `torch.nn.Parameter`.

    >>> import minigrad as mg
    >>> mg.nn.Parameter(mg.tensor([1.0, 2.0]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        if not isinstance(data, Tensor):
            raise TypeError(f"A Parameter is made of a Tensor, not {data!r}. Use mg.tensor(…).")
        errors.check_can_require_grad(data._data.dtype, requires_grad)
        super().__init__(data._array(), requires_grad, data.name)
        self._writes = data._cell()

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
