"""Layers: modules with weights of their own, and dropout."""

from __future__ import annotations

import math
from typing import Any

from minigrad.functions.creation import empty, ones, zeros
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.nn.functional.checks import check_probability
from minigrad.nn.functional.effects import count
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor, tensor

__all__ = ["BatchNorm1d", "Dropout", "Embedding", "LayerNorm", "Linear"]


class Weighted(Module):
    """A layer that multiplies by `weight` and adds `bias`, both drawn as PyTorch draws them."""

    weight: Parameter
    bias: Parameter | None

    def _draw(self, shape: tuple[int, ...], bias: bool, **made: Any) -> None:
        self.weight = Parameter(empty(shape, **made))
        self.register_parameter("bias", Parameter(empty(shape[0], **made)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw both evenly within ±1/√fan_in. As `torch.nn.Linear.reset_parameters`.

        >>> import minigrad as mg
        >>> layer = mg.nn.Linear(4, 2)
        >>> layer.reset_parameters()
        >>> bool(layer.weight.abs().max() <= 0.5)
        True
        """
        # As a Kaiming draw, which is the same but for rounding.
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in = math.prod(self.weight.shape[1:])
        if self.bias is not None and fan_in:
            init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))


class Linear(Weighted):
    """x @ weightᵀ + bias, from (…, in_features) to (…, out_features).

    RuntimeError for an input of another last size. As `torch.nn.Linear`.

    >>> import minigrad as mg
    >>> layer = mg.nn.Linear(3, 2)
    >>> layer(mg.zeros(5, 3)).shape
    torch.Size([5, 2])
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self._draw((out_features, in_features), bias, device=device, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Multiply and add."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Name the sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Embedding(Module):
    """A table with a row of weights for each whole number: (…) → (…, embedding_dim).

    The row `padding_idx` starts as zeros and is not trained; AssertionError if there is no
    such row. IndexError for a number that has no row, RuntimeError for floats. As
    `torch.nn.Embedding`.

    >>> import minigrad as mg
    >>> mg.nn.Embedding(10, 3)(mg.tensor([[1, 2], [4, 9]])).shape
    torch.Size([2, 2, 3])
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError(
                    f"padding_idx={padding_idx} is none of the {num_embeddings} rows."
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        self.weight = Parameter(empty(num_embeddings, embedding_dim, **made))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table from the normal distribution. As `torch.nn.Embedding.reset_parameters`.

        >>> import minigrad as mg
        >>> table = mg.nn.Embedding(3, 2, padding_idx=0)
        >>> table.reset_parameters()
        >>> table.weight[0].tolist()
        [0.0, 0.0]
        """
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight[self.padding_idx])

    def forward(self, input: Tensor) -> Tensor:
        """Look the numbers up."""
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Name the sizes."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class LayerNorm(Module):
    """Brings each row to mean 0 and variance 1, then scales and shifts it by trained weights.

    A row is the last dims, of sizes `normalized_shape`; RuntimeError for an input with others.
    The shape stays. As `torch.nn.LayerNorm`.

    >>> import minigrad as mg
    >>> mg.nn.LayerNorm(3)
    LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)
    """

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        one = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if one else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        _add_affine(self, self.normalized_shape, elementwise_affine, bias, made)

    def forward(self, input: Tensor) -> Tensor:
        """Standardize each row."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Name the row and the options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine="
            f"{self.elementwise_affine}, bias={self.bias is not None}"
        )


def _add_affine(
    module: Module, shape: tuple[int, ...], affine: bool, bias: bool, made: dict[str, Any]
) -> None:
    """A weight of ones and a bias of zeros, or None in their places."""
    module.register_parameter("weight", Parameter(ones(shape, **made)) if affine else None)
    module.register_parameter("bias", Parameter(zeros(shape, **made)) if affine and bias else None)


class BatchNorm1d(Module):
    """Brings each channel to mean 0 and variance 1, then scales and shifts it.

    Takes (N, num_features) or (N, num_features, L). In training the batch itself is measured,
    and running averages are kept with `momentum` (None: the plain average of all batches);
    after `eval()` these count. ValueError for other shapes, and for one number per channel in
    training. As `torch.nn.BatchNorm1d`.

    >>> import minigrad as mg
    >>> layer = mg.nn.BatchNorm1d(1)
    >>> layer(mg.tensor([[1.0], [3.0]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    >>> layer.running_mean
    tensor([0.2000])
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        _add_affine(self, (num_features,), affine, bias, made)
        kept = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, **made) if kept else None)
        self.register_buffer("running_var", ones(num_features, **made) if kept else None)
        self.register_buffer("num_batches_tracked", tensor(0) if kept else None)

    def forward(self, input: Tensor) -> Tensor:
        """Standardize each channel."""
        if input.ndim not in (2, 3):
            raise ValueError(
                f"BatchNorm1d takes (N, channels) or (N, channels, L), not {tuple(input.shape)}."
            )
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            count(self.num_batches_tracked, self.num_batches_tracked)
            if momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        return F.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or self.running_mean is None, momentum or 0.0, self.eps,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """Name the channels and the options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class Dropout(Module):
    """In training zeroes each number with probability `p` and scales the rest by 1 / (1 − p).

    After `eval()` it returns its input. ValueError for p outside [0, 1]. As `torch.nn.Dropout`.

    >>> import minigrad as mg
    >>> mg.nn.Dropout(0.5).eval()(mg.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        check_probability("Dropout", p)
        super().__init__()
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Draw a mask and multiply by it."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Name the probability."""
        return f"p={self.p}, inplace={self.inplace}"
