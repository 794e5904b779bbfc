"""Gradients of recorded computations: `backward`, `grad`, and what is built on them."""

from typing import TYPE_CHECKING, Any

from minigrad.autograd import functional
from minigrad.autograd.anomaly import detect_anomaly, set_detect_anomaly
from minigrad.autograd.function import Function
from minigrad.autograd.walk import backward, grad

if TYPE_CHECKING:
    from minigrad.autograd.grad_checks import GradcheckError, gradcheck, gradgradcheck

__all__ = [
    "Function", "GradcheckError", "backward", "detect_anomaly", "functional", "grad", "gradcheck",
    "gradgradcheck", "set_detect_anomaly",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the gradient check when it is first asked for: it reads traces, which takes time."""
    if name in ("GradcheckError", "gradcheck", "gradgradcheck"):
        from minigrad.autograd import grad_checks

        globals()[name] = getattr(grad_checks, name)
        return globals()[name]
    raise AttributeError(f"module 'minigrad.autograd' has no attribute {name!r}")
