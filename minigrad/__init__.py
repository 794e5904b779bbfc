"""minigrad: automatic differentiation in PyTorch's words, small enough to read in an evening.

>>> import minigrad as mg
>>> x = mg.tensor(1.0, requires_grad=True)
>>> y = (x * 3).sin()
>>> y.backward()
>>> x.grad
tensor(-2.9700)
"""

import importlib
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from minigrad import autograd, data, nn, optim
from minigrad.devices import device
from minigrad.dtypes import *
from minigrad.dtypes import bool_ as bool
from minigrad.dtypes import float32 as float
from minigrad.dtypes import float64 as double
from minigrad.dtypes import int32 as int
from minigrad.dtypes import int64 as long
from minigrad.functions.activations import *
from minigrad.functions.comparisons import *
from minigrad.functions.conversion import *
from minigrad.functions.creation import *
from minigrad.functions.einsum import *
from minigrad.functions.elementwise import *
from minigrad.functions.indexing import *
from minigrad.functions.linalg import *
from minigrad.functions.parts import *
from minigrad.functions.reductions import *
from minigrad.functions.shape import *
from minigrad.functions.sorting import *
from minigrad.functions.transcendental import *
from minigrad.functions.views import *
from minigrad.generator import *
from minigrad.modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.printing import *
from minigrad.random import *
from minigrad.serialization import *
from minigrad.tensor import Size, Tensor, as_tensor, tensor

if TYPE_CHECKING:
    from minigrad.compiling import *
    from minigrad.recorder import record
    from minigrad.traces import Trace, trace

_LATER = {
    "CompileWarning": "minigrad.compiling",
    "Compiled": "minigrad.compiling",
    "Trace": "minigrad.traces",
    "compile": "minigrad.compiling",
    "record": "minigrad.recorder",
    "trace": "minigrad.traces",
}


def __dir__() -> list[str]:
    return [*globals(), *_LATER]


def __getattr__(name: str) -> Any:
    """Load what many programs do without when it is first asked for."""
    if name in _LATER:
        globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
        return globals()[name]
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
