"""Convolutions and pooling: a window slides over the last one or two dims."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import errors
from minigrad.errors import shaped
from minigrad.functions.attach import checked
from minigrad.rules import nn
from minigrad.tensor import Tensor, apply

__all__ = ["avg_pool2d", "conv1d", "conv2d", "max_pool2d"]

Sizes = int | tuple[int, ...] | list[int]


def per_dim(name: str, value: Any, dims: int) -> tuple[int, ...]:
    """One number for each dim, from one for all of them or a sequence."""
    each = (value,) * dims if isinstance(value, int) else tuple(value)
    if len(each) == 1:
        each *= dims
    if len(each) != dims or any(not isinstance(size, int) for size in each):
        raise RuntimeError(f"{name} is one whole number or {dims}, not {value!r}.")
    return each


def _window(kernel: tuple[int, ...], stride: Any, padding: Any, dilation: Any) -> nn.Window:
    """Check how a window is to move; `padding` is a number per dim, "same" or "valid"."""
    dims = len(kernel)
    steps, gaps = per_dim("stride", stride, dims), per_dim("dilation", dilation, dims)
    if min(steps) < 1 or min(gaps) < 1:
        raise RuntimeError(f"stride ({stride}) and dilation ({dilation}) must be at least 1.")
    if padding == "same":
        if max(steps) > 1:
            raise RuntimeError(f'padding="same" keeps the size, so stride must be 1, not {stride}.')
        sides = [divmod(gap * (size - 1), 2) for gap, size in zip(gaps, kernel, strict=True)]
        around = tuple((half, half + odd) for half, odd in sides)
    elif isinstance(padding, str) and padding != "valid":
        raise ValueError(f'padding is "same", "valid" or numbers, not {padding!r}.')
    else:
        both = per_dim("padding", 0 if padding == "valid" else padding, dims)
        if min(both) < 0:
            raise RuntimeError(f"padding must not be negative, but is {padding}.")
        around = tuple((each, each) for each in both)
    return nn.Window(kernel, steps, around, gaps)


def _check_places(what: str, input: Tensor, window: nn.Window) -> None:
    if min(window.places(input.shape)) < 1:
        raise RuntimeError(
            f"{what}: a window of {window.kernel}, with dilation {window.dilation}, does not fit "
            f"into {errors.called(input)} {tuple(input.shape)} with padding {window.padding}. "
            "Use a smaller kernel or more padding."
        )


def _check_image(what: str, input: Tensor, dims: int) -> None:
    names = ("length",) if dims == 1 else ("height", "width")
    if input.ndim not in (dims + 1, dims + 2):
        sizes = ", ".join(names)
        raise RuntimeError(
            f"{what} takes a batch (N, channels, {sizes}) or one image (channels, {sizes}), but "
            f"{errors.called(input)} has shape {tuple(input.shape)}. Add a dim with .unsqueeze(…)."
        )


def _conv(
    what: str, input: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Any, padding: Any, dilation: Any, groups: int,
) -> Tensor:  # fmt: skip
    dims = int(what[4])
    _check_image(what, input, dims)
    if input.ndim == dims + 1:
        batch = input.reshape(1, *input.shape)
        return _conv(what, batch, weight, bias, stride, padding, dilation, groups)[0]
    if weight.ndim != dims + 2:
        raise RuntimeError(
            f"{what}: the weight {shaped(weight)} needs {dims + 2} dims: (filters, channels, …)."
        )
    filters, channels = weight.shape[:2]
    if groups < 1 or filters % groups:
        raise RuntimeError(f"{what}: {groups} groups do not divide {filters} filters evenly.")
    if input.shape[1] != channels * groups:
        raise RuntimeError(
            f"{what}: {errors.called(input)} {tuple(input.shape)} has {input.shape[1]} channels, "
            f"but the weight {tuple(weight.shape)} with groups={groups} takes "
            f"{channels * groups}. Channels are dim 1 of a batch, dim 0 of one image."
        )
    errors.check_one_dtype(what, (input, weight))
    if bias is not None and tuple(bias.shape) != (filters,):
        raise RuntimeError(
            f"{what}: there are {filters} filters, so the bias needs shape ({filters},), not "
            f"{tuple(bias.shape)}."
        )
    window = _window(tuple(weight.shape[2:]), stride, padding, dilation)
    _check_places(what, input, window)
    per_filter = 0 if bias is None else bias.reshape(-1, *(1,) * dims)
    return apply(nn.convolution, input, weight, per_filter, window=window, groups=groups)


@checked
def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sizes = 1,
    padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Slide filters along a signal: (N, channels, L) → (N, filters, L′).

    `weight` is (filters, channels / groups, kernel); the rest, and errors, as in `conv2d`. As
    `torch.nn.functional.conv1d`.

    >>> import minigrad as mg
    >>> x, w = mg.tensor([[[1.0, 2.0, 4.0]]]), mg.tensor([[[-1.0, 1.0]]])
    >>> mg.nn.functional.conv1d(x, w)
    tensor([[[1., 2.]]])
    """
    return _conv("conv1d", input, weight, bias, stride, padding, dilation, groups)


@checked
def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Sizes = 1,
    padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Slide filters over images: (N, channels, H, W) → (N, filters, H′, W′).

    `weight` is (filters, channels / groups, height, width); `padding` adds zeros, "same" as
    many as keep the size, "valid" none. Without N it is one image. RuntimeError where channels,
    groups or dtypes do not fit, or the window does not; ValueError for another word. As
    `torch.nn.functional.conv2d`.

    >>> import minigrad as mg
    >>> image, ones = mg.tensor([[[1.0, 2.0], [3.0, 4.0]]]), mg.tensor([[[[1.0, 1.0]]]])
    >>> mg.nn.functional.conv2d(image, ones)
    tensor([[[3.],
             [7.]]])
    """
    return _conv("conv2d", input, weight, bias, stride, padding, dilation, groups)


def _pool_window(
    what: str, input: Tensor, kernel_size: Sizes, stride: Any, padding: Sizes, dilation: Sizes,
    ceil_mode: bool,
) -> nn.Window:  # fmt: skip
    errors.check_floating(what, input)
    kernel = per_dim("kernel_size", kernel_size, 2)
    if min(kernel) < 1:
        raise RuntimeError(f"kernel_size must be at least 1, but is {kernel_size}.")
    window = _window(kernel, kernel_size if stride is None else stride, padding, dilation)
    spans = [gap * (size - 1) + 1 for gap, size in zip(window.dilation, kernel, strict=True)]
    if any(2 * before > span for (before, _), span in zip(window.padding, spans, strict=True)):
        raise RuntimeError(
            f"{what}: padding {padding} must be at most half of the window, {tuple(spans)}: "
            "a place without any cell of the image has no result."
        )
    if ceil_mode:
        # One more place where cells are left over, if it starts inside the image or before it.
        sizes = zip(input.shape[-2:], window.stride, window.padding, spans, strict=True)
        around = []
        for size, step, (before, after), span in sizes:
            over = -(size + before + after - span) % step
            last = size + before + after + over - span
            around.append((before, after + over if last < size + before else after))
        window = window._replace(padding=tuple(around))
    _check_places(what, input, window)
    return window


@checked
def max_pool2d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """Take the largest cell under each place of a window: (N, C, H, W) → (N, C, H′, W′).

    `stride` is the window's size if not given. The first of equal cells gets the gradient.
    RuntimeError where the window does not fit, and for integers. As
    `torch.nn.functional.max_pool2d`.

    >>> import minigrad as mg
    >>> mg.nn.functional.max_pool2d(mg.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 2)
    tensor([[[4.]]])
    """
    _check_image("max_pool2d", input, 2)
    window = _pool_window("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode)
    sizes = zip(input.shape[-2:], window.places(input.shape), *window, strict=True)
    for size, many, under, step, (before, _), gap in sizes:
        cells = np.arange(many) * step - before + np.arange(under)[:, None] * gap
        if not np.all(np.any((cells >= 0) & (cells < size), axis=0)):
            raise RuntimeError(
                f"max_pool2d: with dilation {window.dilation} all cells of one place lie in the "
                f"padding, beside {shaped(input)}, so there is no largest. Use less padding."
            )
    return apply(nn.max_pool2d, input, window=window)


@checked
def avg_pool2d(
    input: Tensor, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """Average the cells under each place of a window: (N, C, H, W) → (N, C, H′, W′).

    `stride` is the window's size if not given. Zeros of the padding count, unless
    `count_include_pad` is False; `divisor_override` is what to divide by instead.
    RuntimeError where the window does not fit, and for integers. As
    `torch.nn.functional.avg_pool2d`.

    >>> import minigrad as mg
    >>> mg.nn.functional.avg_pool2d(mg.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 2)
    tensor([[[2.5000]]])
    """
    _check_image("avg_pool2d", input, 2)
    if divisor_override == 0:
        raise RuntimeError("avg_pool2d: divisor_override must not be 0.")
    window = _pool_window("avg_pool2d", input, kernel_size, stride, padding, 1, ceil_mode)
    divisor: Any = divisor_override
    if divisor is None:
        counted, over = np.ones(input.shape[-2:], input._data.dtype), window
        if count_include_pad:  # but not the cells that only ceil_mode adds
            both = per_dim("padding", padding, 2)
            counted = np.pad(counted, [(each, each) for each in both], constant_values=1)
            ends = zip(window.padding, both, strict=True)
            over = window._replace(padding=tuple((0, after - each) for (_, after), each in ends))
        counts = nn.cells_under(counted, over).sum(axis=0).reshape(window.places(input.shape))
        divisor = counts[0, 0].item() if np.all(counts == counts[0, 0]) else counts
    return apply(nn.avg_pool2d, input, window=window, divisor=divisor)
