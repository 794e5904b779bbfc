"""Keeping gradients within bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable

from minigrad.functions.reductions import norm
from minigrad.functions.shape import stack
from minigrad.modes import no_grad
from minigrad.tensor import Tensor, tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_"]

Parameters = Tensor | Iterable[Tensor]


def _gradients(parameters: Parameters) -> list[Tensor]:
    each = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter.grad for parameter in each if parameter.grad is not None]


@no_grad()
def clip_grad_norm_(
    parameters: Parameters, max_norm: float, norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:  # fmt: skip
    """Scale all gradients down together so that their norm is at most `max_norm`.

    Returns the norm before, of all gradients as one vector. RuntimeError if that is not
    finite and `error_if_nonfinite`. As `torch.nn.utils.clip_grad_norm_`.

    >>> import minigrad as mg
    >>> w = mg.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> mg.nn.utils.clip_grad_norm_(w, max_norm=1.0)
    tensor(10.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    gradients, max_norm = _gradients(parameters), float(max_norm)
    if not gradients:
        return tensor(0.0)
    total: Tensor = norm(stack([norm(each, norm_type) for each in gradients]), norm_type)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The norm of the gradients is {total.item()}, so they cannot be scaled to "
            f"{max_norm}. Look for the NaN or infinity with detect_anomaly, or lower the "
            "learning rate."
        )
    factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
    for each in gradients:
        each.mul_(factor)
    return total


@no_grad()
def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Clamp each gradient to ±`clip_value`. As `torch.nn.utils.clip_grad_value_`.

    >>> import minigrad as mg
    >>> w = mg.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> mg.nn.utils.clip_grad_value_(w, 7.0)
    >>> w.grad
    tensor([6., 7.])
    """
    for each in _gradients(parameters):
        each.clamp_(-clip_value, clip_value)
