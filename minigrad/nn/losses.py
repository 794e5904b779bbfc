"""Losses as modules; what each computes is said in `minigrad.nn.functional.losses`."""

from __future__ import annotations

from minigrad.nn import functional as F
from minigrad.nn.applied import Applied

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HuberLoss", "KLDivLoss", "L1Loss",
    "MSELoss", "NLLLoss", "SmoothL1Loss",
]  # fmt: skip


class _Loss(Applied):
    """A loss; it is called with an input and a target."""

    def extra_repr(self) -> str:
        """A loss is printed by its name alone, as in PyTorch."""
        return ""


class MSELoss(_Loss):
    """The mean of (x − t)². As `torch.nn.MSELoss`.

    Shapes and errors as in `nn.functional.mse_loss`.

    >>> import minigrad as mg
    >>> mg.nn.MSELoss()(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 5.0]))
    tensor(4.5000)
    """

    function = F.mse_loss


class L1Loss(_Loss):
    """The mean of |x − t|. As `torch.nn.L1Loss`.

    Shapes and errors as in `nn.functional.l1_loss`.

    >>> import minigrad as mg
    >>> mg.nn.L1Loss()(mg.tensor([1.0, 2.0]), mg.tensor([1.0, 5.0]))
    tensor(1.5000)
    """

    function = F.l1_loss


class SmoothL1Loss(_Loss):
    """|x − t|, a parabola within `beta`. As `torch.nn.SmoothL1Loss`.

    Shapes and errors as in `nn.functional.smooth_l1_loss`.

    >>> import minigrad as mg
    >>> mg.nn.SmoothL1Loss()(mg.tensor([0.5]), mg.tensor([0.0]))
    tensor(0.1250)
    """

    function = F.smooth_l1_loss


class HuberLoss(_Loss):
    """(x − t)²/2, a straight line beyond `delta`. As `torch.nn.HuberLoss`.

    Shapes and errors as in `nn.functional.huber_loss`.

    >>> import minigrad as mg
    >>> mg.nn.HuberLoss(delta=2.0)(mg.tensor([3.0]), mg.tensor([0.0]))
    tensor(4.)
    """

    function = F.huber_loss


class CrossEntropyLoss(_Loss):
    """−log softmax at each target's class, or for targets that are probabilities.

    Shapes and errors as in `nn.functional.cross_entropy`. As `torch.nn.CrossEntropyLoss`.

    >>> import minigrad as mg
    >>> mg.nn.CrossEntropyLoss()(mg.tensor([[2.0, 0.0]]), mg.tensor([0]))
    tensor(0.1269)
    """

    function = F.cross_entropy


class NLLLoss(_Loss):
    """Minus the log-probability at each target's class. As `torch.nn.NLLLoss`.

    Shapes and errors as in `nn.functional.nll_loss`.

    >>> import minigrad as mg
    >>> mg.nn.NLLLoss()(mg.tensor([[0.25, 0.75]]).log(), mg.tensor([1]))
    tensor(0.2877)
    """

    function = F.nll_loss


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities. As `torch.nn.BCELoss`.

    Shapes and errors as in `nn.functional.binary_cross_entropy`.

    >>> import minigrad as mg
    >>> mg.nn.BCELoss()(mg.tensor([0.25]), mg.tensor([0.0]))
    tensor(0.2877)
    """

    function = F.binary_cross_entropy


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of sigmoid(x), which is steadier. As `torch.nn.BCEWithLogitsLoss`.

    Shapes and errors as in `nn.functional.binary_cross_entropy_with_logits`.

    >>> import minigrad as mg
    >>> mg.nn.BCEWithLogitsLoss()(mg.tensor([0.0]), mg.tensor([1.0]))
    tensor(0.6931)
    """

    function = F.binary_cross_entropy_with_logits


class KLDivLoss(_Loss):
    """How far log-probabilities are from probabilities. As `torch.nn.KLDivLoss`.

    Shapes and errors as in `nn.functional.kl_div`.

    >>> import minigrad as mg
    >>> loss = mg.nn.KLDivLoss(reduction="batchmean")
    >>> loss(mg.tensor([[0.5, 0.5]]).log(), mg.tensor([[0.25, 0.75]]))
    tensor(0.1308)
    """

    function = F.kl_div
