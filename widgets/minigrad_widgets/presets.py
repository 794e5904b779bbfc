"""Computations worth stepping through, ready made."""

import minigrad as mg
from minigrad_widgets.stepper import GraphStepper


def chain_rule() -> GraphStepper:
    """Step through z = y² + 2y, y = ax² + bx + 1: along a road slopes multiply, at a fork they add.

    It stands at (x, a, b) = (3, −3, 5), where no wrong rule gives a right number.

    >>> from minigrad_widgets import presets
    >>> print(str(presets.chain_rule()).splitlines()[-1])  # doctest: +ELLIPSIS
      24  ... [x.grad = 0 + 260 = 260]
    """
    x, a, b = (
        mg.tensor(value, requires_grad=True, name=name)
        for name, value in (("x", 3.0), ("a", -3.0), ("b", 5.0))
    )

    def z(x: mg.Tensor, a: mg.Tensor, b: mg.Tensor) -> mg.Tensor:
        y = a * x**2 + b * x + 1
        y.name = "y"
        return y**2 + 2 * y

    return GraphStepper(z, x, a, b, sliders=True)


def broadcasting() -> GraphStepper:
    """Step through X @ W + bias: one bias serves three rows, so its gradient is a sum over them.

    >>> from minigrad_widgets import presets
    >>> "stretched" in str(presets.broadcasting())
    True
    """
    X = mg.tensor([[1.0, -2.0, 0.5, 3.0], [0.0, 1.5, -1.0, 2.0], [2.0, 0.5, 1.0, -1.5]], name="X")
    W = mg.tensor(
        [[0.5, -1.0], [1.5, 0.25], [-0.5, 2.0], [1.0, -0.75]], requires_grad=True, name="W"
    )
    bias = mg.tensor([0.5, -1.0], requires_grad=True, name="bias")

    def loss(X: mg.Tensor, W: mg.Tensor, bias: mg.Tensor) -> mg.Tensor:
        out = X @ W + bias
        out.name = "out"
        return (out**2).sum()

    return GraphStepper(loss, X, W, bias, cells=True)
