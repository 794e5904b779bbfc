"""minigrad: automatic differentiation in PyTorch's words, small enough to read in an evening.

>>> import minigrad as mg
>>> x = mg.tensor(1.0, requires_grad=True)
>>> y = (x * 3).sin()
>>> y.backward()
>>> x.grad
tensor(-2.9700)
"""

from minigrad import autograd
from minigrad.dtypes import bool_ as bool
from minigrad.dtypes import dtype, float32, float64, int32, int64
from minigrad.graph import is_grad_enabled, no_grad
from minigrad.record import record
from minigrad.tensor import Size, Tensor, tensor
from minigrad.trace import Trace, trace

# The methods as functions, as in torch.exp(x).
exp, log, sin, cos, tanh = Tensor.exp, Tensor.log, Tensor.sin, Tensor.cos, Tensor.tanh
sigmoid, relu, softmax = Tensor.sigmoid, Tensor.relu, Tensor.softmax
sum, mean, max = Tensor.sum, Tensor.mean, Tensor.max
matmul, reshape, transpose = Tensor.matmul, Tensor.reshape, Tensor.transpose

__all__ = [
    "Size",
    "Tensor",
    "Trace",
    "autograd",
    "bool",
    "cos",
    "dtype",
    "exp",
    "float32",
    "float64",
    "int32",
    "int64",
    "is_grad_enabled",
    "log",
    "matmul",
    "max",
    "mean",
    "no_grad",
    "record",
    "relu",
    "reshape",
    "sigmoid",
    "sin",
    "softmax",
    "sum",
    "tanh",
    "tensor",
    "trace",
    "transpose",
]
