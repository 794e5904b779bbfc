"""Gradients of recorded computations: `backward`, `grad`, and what is built on them."""

from minigrad.autograd import functional
from minigrad.autograd.anomaly import detect_anomaly, set_detect_anomaly
from minigrad.autograd.function import Function
from minigrad.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from minigrad.autograd.walk import backward, grad

__all__ = [
    "Function", "GradcheckError", "backward", "detect_anomaly", "functional", "grad", "gradcheck",
    "gradgradcheck", "set_detect_anomaly",
]  # fmt: skip
