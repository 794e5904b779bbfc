"""Activations, pooling and the like: modules without parameters, each around one function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from minigrad.functions.views import flatten
from minigrad.nn import functional as F
from minigrad.nn.module import Module
from minigrad.rules.rule import arguments, unwrapped
from minigrad.tensor import Tensor

__all__ = [
    "ELU", "GELU", "SELU", "AvgPool2d", "Flatten", "LeakyReLU", "LogSigmoid", "LogSoftmax",
    "MaxPool2d", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
]  # fmt: skip


class Options:
    """The options of a class as Python's help, and `inspect`, ask for them."""

    def __get__(self, instance: Any, owner: type[Applied]) -> Any:
        import inspect  # slow to import

        parameters = inspect.signature(owner.function).parameters
        return inspect.Signature([parameters[name] for name in owner._names])


class Applied(Module):
    """Calls `function` with the options it was made with, which are its attributes.

    Its options are those parameters of the function that are not in `not_options`; those that
    may be Tensors are buffers. TypeError for an option that the function does not have.
    """

    function: ClassVar[Callable[..., Tensor]]
    not_options: ClassVar[set[str]] = {"input", "target", "dtype"}
    __signature__: ClassVar[Any] = Options()
    _names: ClassVar[tuple[str, ...]]  # of its options
    _usual: ClassVar[tuple[tuple[str, Any], ...]]  # the same, each with the function's default

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "function" in vars(cls):
            positional, others, defaults = arguments(cls.function)
            names = (*positional, *others)
            cls._names = tuple(each for each in names if each not in cls.not_options)
            last = getattr(unwrapped(cls.function), "__defaults__", None) or ()
            defaults |= zip(positional[len(positional) - len(last) :], last, strict=True)
            cls._usual = tuple((each, defaults.get(each, ...)) for each in cls._names)

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__()
        try:
            signature = self.__signature__
            given = signature.bind(*values, **options)
        except TypeError as error:
            known = ", ".join(signature.parameters) or "none"
            raise TypeError(f"{type(self).__name__}: {error}. Its options: {known}.") from None
        given.apply_defaults()
        for name, value in given.arguments.items():
            if "Tensor" in signature.parameters[name].annotation:
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def _options(self) -> dict[str, Any]:
        held = self.__dict__
        return {name: held[name] for name in self._names}

    def forward(self, *inputs: Tensor) -> Tensor:
        """Call the function, with those options that are not what it takes anyway."""
        held, options = self.__dict__, {}
        for name, usual in self._usual:
            if held[name] is not usual:
                options[name] = held[name]
        return type(self).function(*inputs, **options)

    def extra_repr(self) -> str:
        """Name the options; as in PyTorch `inplace` only if it is so."""
        options = self._options().items()
        return ", ".join(
            f"{name}={value!r}" for name, value in options if value or name != "inplace"
        )


class ReLU(Applied):
    """Each number, or 0 where it is negative. As `torch.nn.ReLU`.

    >>> import minigrad as mg
    >>> mg.nn.ReLU()(mg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    function = F.relu


class LeakyReLU(Applied):
    """Each number, or `negative_slope` times it where it is negative. As `torch.nn.LeakyReLU`.

    >>> import minigrad as mg
    >>> mg.nn.LeakyReLU(0.5)(mg.tensor([-1.0, 2.0]))
    tensor([-0.5000,  2.0000])
    """

    function = F.leaky_relu


class ELU(Applied):
    """Each number, or alpha·(exp(x) − 1) where it is negative. As `torch.nn.ELU`.

    >>> import minigrad as mg
    >>> mg.nn.ELU()(mg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    function = F.elu


class SELU(Applied):
    """ELU with the two constants that keep mean 0 and variance 1. As `torch.nn.SELU`.

    >>> import minigrad as mg
    >>> mg.nn.SELU()(mg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """

    function = F.selu


class Softplus(Applied):
    """log(1 + exp(beta·x)) / beta, a smooth ReLU; x itself above the threshold.

    As `torch.nn.Softplus`.

    >>> import minigrad as mg
    >>> mg.nn.Softplus()(mg.tensor([-1.0, 2.0]))
    tensor([0.3133, 2.1269])
    """

    function = F.softplus


class SiLU(Applied):
    """x·sigmoid(x). As `torch.nn.SiLU`.

    >>> import minigrad as mg
    >>> mg.nn.SiLU()(mg.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """

    function = F.silu


class GELU(Applied):
    """x·Φ(x), by erf, or by tanh with approximate="tanh". As `torch.nn.GELU`.

    RuntimeError, when called, for another word.

    >>> import minigrad as mg
    >>> mg.nn.GELU()(mg.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """

    function = F.gelu


class Sigmoid(Applied):
    """1 / (1 + exp(−x)). As `torch.nn.Sigmoid`.

    >>> import minigrad as mg
    >>> mg.nn.Sigmoid()(mg.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """

    function = F.sigmoid


class LogSigmoid(Applied):
    """log(sigmoid(x)), computed so that no x is too small. As `torch.nn.LogSigmoid`.

    >>> import minigrad as mg
    >>> mg.nn.LogSigmoid()(mg.tensor([0.0, -1000.0]))
    tensor([-6.9315e-01, -1.0000e+03])
    """

    function = F.logsigmoid


class Tanh(Applied):
    """The hyperbolic tangent. As `torch.nn.Tanh`.

    >>> import minigrad as mg
    >>> mg.nn.Tanh()(mg.tensor([0.0, 2.0]))
    tensor([0.0000, 0.9640])
    """

    function = F.tanh


class Softmax(Applied):
    """exp(x), scaled to sum to 1 along `dim`. As `torch.nn.Softmax`, but `dim` must be given.

    IndexError, when called, for a dim that there is not.

    >>> import minigrad as mg
    >>> mg.nn.Softmax(dim=0)(mg.tensor([1.0, 2.0, 3.0]))
    tensor([0.0900, 0.2447, 0.6652])
    """

    function = F.softmax


class LogSoftmax(Applied):
    """The logarithm of softmax. As `torch.nn.LogSoftmax`, but `dim` must be given.

    IndexError, when called, for a dim that there is not.

    >>> import minigrad as mg
    >>> mg.nn.LogSoftmax(dim=0)(mg.tensor([1.0, 2.0, 3.0]))
    tensor([-2.4076, -1.4076, -0.4076])
    """

    function = F.log_softmax


class Flatten(Applied):
    """Make one dim of those from `start_dim` to `end_dim`. As `torch.nn.Flatten`.

    By default (N, …) → (N, all the rest). Errors as in `flatten`.

    >>> import minigrad as mg
    >>> mg.nn.Flatten()(mg.zeros(5, 2, 3)).shape
    torch.Size([5, 6])
    """

    @staticmethod
    def function(input: Tensor, start_dim: int = 1, end_dim: int = -1) -> Tensor:
        """Start at dim 1, where `flatten` itself starts at 0."""
        return flatten(input, start_dim, end_dim)


class _Pool(Applied):
    """A window moves by its own size, unless `stride` says otherwise."""

    stride: Any

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if self.stride is None:
            self.stride = self.kernel_size


class MaxPool2d(_Pool):
    """The largest cell under each place of a window: (N, C, H, W) → (N, C, H′, W′).

    Arguments and errors as in `nn.functional.max_pool2d`. As `torch.nn.MaxPool2d`.

    >>> import minigrad as mg
    >>> mg.nn.MaxPool2d(2)(mg.zeros(5, 3, 8, 8)).shape
    torch.Size([5, 3, 4, 4])
    """

    function = F.max_pool2d


class AvgPool2d(_Pool):
    """The average of the cells under each place of a window: (N, C, H, W) → (N, C, H′, W′).

    Arguments and errors as in `nn.functional.avg_pool2d`. As `torch.nn.AvgPool2d`.

    >>> import minigrad as mg
    >>> mg.nn.AvgPool2d(2)(mg.zeros(5, 3, 8, 8)).shape
    torch.Size([5, 3, 4, 4])
    """

    function = F.avg_pool2d

    def extra_repr(self) -> str:
        """Name the geometry."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
