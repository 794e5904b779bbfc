"""The optimizers. Each is one formula, `update`, on one parameter: see `Optimizer.update`.

Arguments, defaults and names in the state are PyTorch's. `foreach`, `fused` and their like
choose between implementations there; they are understood, and change no number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.optim.optimizer import Optimizer, Params
from minigrad.tensor import tensor


class SGD(Optimizer):
    """Stochastic gradient descent: param ← param − lr · grad.

    With `momentum` it follows a running sum of gradients, in which a new one counts
    1 − `dampening`; `nesterov` looks one step ahead. `weight_decay` pulls towards zero,
    `maximize` climbs. Robbins and Monro, "A Stochastic Approximation Method" (1951);
    Sutskever et al., "On the importance of initialization and momentum in deep learning"
    (2013). ValueError for a negative option, or nesterov without momentum.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> optimizer = mg.optim.SGD([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor(2.4000, requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
        foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        })  # fmt: skip

    @staticmethod
    def update(
        param: Any, grad: Any, momentum_buffer: Any = None, *, lr: float, momentum: float,
        dampening: float, weight_decay: float, nesterov: bool, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """One step; the first gradient is remembered whole."""
        g = -grad if maximize else grad
        if weight_decay:
            g = g + weight_decay * param
        if not momentum:
            return param - lr * g, {}
        if momentum_buffer is None:
            momentum_buffer = g
        else:
            momentum_buffer = momentum * momentum_buffer + (1 - dampening) * g
        g = g + momentum * momentum_buffer if nesterov else momentum_buffer
        return param - lr * g, {"momentum_buffer": momentum_buffer}


class Adagrad(Optimizer):
    """Steps shrink with the sum of all squared gradients, for each number on its own.

    `lr_decay` makes the n-th step's rate lr / (1 + (n − 1) · lr_decay). Duchi, Hazan and
    Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"
    (2011). ValueError for a negative option.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> (w * w).backward()
    >>> mg.optim.Adagrad([w], lr=0.5).step()
    >>> w
    tensor(2.5000, requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None,
        *, maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        })  # fmt: skip

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize more tensors; their sums start here, not at the first step."""
        super().add_param_group(param_group)
        start = self.defaults["initial_accumulator_value"]
        for each in self.param_groups[-1]["params"]:
            self.state[each] = {"step": tensor(0.0), "sum": tensor(np.full_like(each._data, start))}

    @staticmethod
    def update(
        param: Any, grad: Any, step: float, sum: Any, *, lr: float, lr_decay: float,
        weight_decay: float, eps: float, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """One step."""
        g = -grad if maximize else grad
        if weight_decay:
            g = g + weight_decay * param
        sum = sum + g * g
        rate = lr / (1 + step * lr_decay)
        return param - rate * g / (np.sqrt(sum) + eps), {"step": step + 1, "sum": sum}


class RMSprop(Optimizer):
    """Steps shrink with a running mean of squared gradients, for each number on its own.

    The mean keeps `alpha` of its old value. `centered` takes the gradients' variance
    instead; `momentum` follows a running sum of steps. Hinton, "Neural Networks for
    Machine Learning", lecture 6e (2012); centered: Graves, "Generating Sequences With
    Recurrent Neural Networks" (2013). ValueError for a negative option.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> (w * w).backward()
    >>> mg.optim.RMSprop([w], lr=0.1).step()
    >>> w
    tensor(2.0000, requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0, momentum: float = 0, centered: bool = False,
        capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        })  # fmt: skip

    @staticmethod
    def update(
        param: Any, grad: Any, step: float = 0.0, square_avg: Any = 0, momentum_buffer: Any = 0,
        grad_avg: Any = 0, *, lr: float, alpha: float, eps: float, weight_decay: float,
        momentum: float, centered: bool, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """One step."""
        g = -grad if maximize else grad
        if weight_decay:
            g = g + weight_decay * param
        variance = square_avg = alpha * square_avg + (1 - alpha) * g * g
        kept = {"step": step + 1, "square_avg": square_avg}
        if centered:
            grad_avg = kept["grad_avg"] = grad_avg + (1 - alpha) * (g - grad_avg)
            variance = square_avg - grad_avg * grad_avg
        scale = np.sqrt(variance) + eps
        if not momentum:
            return param - lr * g / scale, kept
        momentum_buffer = kept["momentum_buffer"] = momentum * momentum_buffer + g / scale
        return param - lr * momentum_buffer, kept


class Adam(Optimizer):
    """A running mean of gradients over the root of a running mean of their squares.

    Both keep their `betas` of the old value, and are corrected for starting at 0.
    `amsgrad` uses the largest mean square so far. `decoupled_weight_decay` shrinks the
    parameters themselves, not by way of the gradients. Kingma and Ba, "Adam: A Method for
    Stochastic Optimization" (2015); Reddi, Kale and Kumar, "On the Convergence of Adam and
    Beyond" (2018). ValueError for a negative option, or a beta of 1 or more.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> (w * w).backward()
    >>> mg.optim.Adam([w], lr=0.5).step()
    >>> w
    tensor(2.5000, requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        })  # fmt: skip

    @staticmethod
    def update(
        param: Any, grad: Any, step: float = 0.0, exp_avg: Any = 0, exp_avg_sq: Any = 0,
        max_exp_avg_sq: Any = 0, *, lr: float, betas: tuple[float, float], eps: float,
        weight_decay: float, amsgrad: bool, maximize: bool, decoupled_weight_decay: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """One step."""
        g = -grad if maximize else grad
        if weight_decay and decoupled_weight_decay:
            param = param * (1 - lr * weight_decay)
        elif weight_decay:
            g = g + weight_decay * param
        beta1, beta2 = betas
        step = step + 1
        exp_avg = exp_avg + (1 - beta1) * (g - exp_avg)
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
        kept = {"step": step, "exp_avg": exp_avg, "exp_avg_sq": exp_avg_sq}
        square = exp_avg_sq
        if amsgrad:
            square = kept["max_exp_avg_sq"] = np.maximum(max_exp_avg_sq, exp_avg_sq)
        # The paper's corrections of the two means, as plain numbers.
        rate = lr / (1 - beta1**step)
        scale = np.sqrt(square) * (1 / (1 - beta2**step) ** 0.5) + eps
        return param - rate * exp_avg / scale, kept


class AdamW(Adam):
    """Adam with decoupled weight decay: param ← param · (1 − lr · weight_decay) first.

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). Options and
    errors as in `Adam`.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> (w * w).backward()
    >>> mg.optim.AdamW([w], lr=0.5, weight_decay=0.1).step()
    >>> w
    tensor(2.3500, requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
        maximize: bool = False, foreach: bool | None = None, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
            capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=True,
        )  # fmt: skip
