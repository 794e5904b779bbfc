"""Layers of filters that slide along signals and over images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from minigrad.nn import functional as F
from minigrad.nn.functional.images import per_dim
from minigrad.nn.layers import Weighted
from minigrad.tensor import Tensor

__all__ = ["Conv1d", "Conv2d"]


class _Conv(Weighted):
    """What Conv1d and Conv2d have in common."""

    function: ClassVar[Callable[..., Tensor]]
    dims: ClassVar[int]

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        dims = self.dims
        if padding_mode != "zeros":
            raise NotImplementedError(
                f'padding_mode={padding_mode!r} does not exist here; only "zeros" does.'
            )
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{groups} groups must divide {in_channels} input and {out_channels} output "
                "channels evenly."
            )
        if padding == "same" and stride not in (1, (1,) * dims):
            raise ValueError(f'padding="same" keeps the size, so stride must be 1, not {stride}.')
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_dim("kernel_size", kernel_size, dims)
        self.stride = per_dim("stride", stride, dims)
        self.padding = padding if isinstance(padding, str) else per_dim("padding", padding, dims)
        self.dilation = per_dim("dilation", dilation, dims)
        self.groups = groups
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self._draw(shape, bias, device=device, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Slide the filters."""
        return type(self).function(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        """Name what is not the default, as PyTorch does."""
        parts = [f"{self.in_channels}, {self.out_channels}", f"kernel_size={self.kernel_size}"]
        parts.append(f"stride={self.stride}")
        if isinstance(self.padding, str) or any(self.padding):
            parts.append(f"padding={self.padding}")
        if any(each != 1 for each in self.dilation):
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)


class Conv1d(_Conv):
    """Filters that slide along a signal: (N, in_channels, L) → (N, out_channels, L′).

    Arguments and errors as in `nn.functional.conv1d`; ValueError where groups do not divide the
    channels, NotImplementedError for a `padding_mode` but "zeros". As `torch.nn.Conv1d`.

    >>> import minigrad as mg
    >>> mg.nn.Conv1d(3, 8, kernel_size=5, padding="same")(mg.zeros(2, 3, 20)).shape
    torch.Size([2, 8, 20])
    """

    function = F.conv1d
    dims = 1


class Conv2d(_Conv):
    """Filters that slide over images: (N, in_channels, H, W) → (N, out_channels, H′, W′).

    Arguments and errors as in `nn.functional.conv2d`; ValueError where groups do not divide the
    channels, NotImplementedError for a `padding_mode` but "zeros". As `torch.nn.Conv2d`.

    >>> import minigrad as mg
    >>> mg.nn.Conv2d(3, 8, kernel_size=3, stride=2)(mg.zeros(2, 3, 9, 9)).shape
    torch.Size([2, 8, 4, 4])
    """

    function = F.conv2d
    dims = 2
