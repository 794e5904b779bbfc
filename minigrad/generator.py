"""PyTorch's random numbers on a CPU, bit for bit.

They are the 32-bit words of a Mersenne Twister (MT19937). How PyTorch turns words into
uniform and normal numbers is followed down to the rounding. It does that in two ways:
these are the numbers of processors with AVX2 and FMA, which all recent x86 ones have.
"""

from __future__ import annotations

import functools
import math
import os
from typing import Any

import numpy as np

from minigrad import devices
from minigrad.errors import called
from minigrad.modes import state
from minigrad.tensor import Array, Tensor

__all__ = [
    "Generator", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
]  # fmt: skip

DEFAULT_SEED = 67280421310721
_BLOCK = 16  # normal numbers are made in blocks of 16, from 8 pairs of uniform ones
_WORDS = 624  # the twister's state

# Python's own functions: NumPy's round differently from the C library that PyTorch calls.
_cos, _sin, _log, _log1p = (
    np.vectorize(each, otypes=[float]) for each in (math.cos, math.sin, math.log, math.log1p)
)


def fused(a: Array, b: Any, c: Any) -> Array:
    """a·b + c in a's dtype, rounded once, as processors with FMA do it."""
    if a.dtype == np.float32:
        return (a.astype(np.float64) * b + c).astype(np.float32)
    with np.errstate(all="ignore"):
        product = a * b
        a1, b1 = (each * 134217729.0 - (each * 134217729.0 - each) for each in (a, b))
        a2, b2 = a - a1, b - b1
        lost = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2  # by rounding (Dekker, 1971)
        total = product + c
        part = total - product
        exact = total + ((product - (total - part)) + (c - part) + lost)  # (Knuth's two-sum)
        return np.where(np.isfinite(exact), exact, total)


def _polynomial(x: Array, coefficients: list[float]) -> Array:
    first, *others = np.array(coefficients, np.float32)
    y = np.full_like(x, first)
    for each in others:
        y = fused(y, x, each)
    return y


def _log_float32(x: Array) -> Array:
    """The natural logarithm as PyTorch's AVX code has it (Cephes' logf)."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < np.float32(math.sqrt(0.5))
    x = np.where(small, mantissa + mantissa, mantissa) - np.float32(1)
    e = (exponent - small).astype(np.float32)
    y = x * _polynomial(
        x,
        [
            7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
            -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
        ],
    )  # fmt: skip
    y = fused(y, x * x, e * np.float32(-2.12194440e-4))
    return fused(e, np.float32(0.693359375), x + fused(x * x, np.float32(-0.5), y))


def _cos_sin_float32(x: Array) -> tuple[Array, Array]:
    """Cosine and sine of angles from 0 to 2π as PyTorch's AVX code has them (Cephes' sinf)."""
    octant = ((x * np.float32(4 / math.pi)).astype(np.int32) + 1) & ~1
    for part in (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8):  # of −π/4
        x = fused(octant.astype(np.float32), np.float32(part), x)
    z = x * x
    c = _polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]) * z
    c = fused(c, z, np.float32(-0.5) * z) + np.float32(1)
    s = _polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]) * z
    s = fused(s, x, x)
    swapped = octant & 2 != 0
    cos, sin = np.where(swapped, s, c), np.where(swapped, c, s)
    return np.where(octant - 2 & 4, cos, -cos), np.where(octant & 4, -sin, sin)


def _box_muller(uniform: Array) -> Array:
    """Turn blocks of 16 uniform numbers into as many normal ones (Box and Muller, 1958)."""
    u1, u2 = np.moveaxis(uniform.reshape(-1, 2, _BLOCK // 2), 1, 0)
    angle = uniform.dtype.type(2 * math.pi) * u2
    if uniform.dtype == np.float32:
        radius = np.sqrt(-2 * _log_float32(1 - u1))
        cos, sin = _cos_sin_float32(angle)
    else:
        radius, cos, sin = np.sqrt(-2 * _log(1 - u1)), _cos(angle), _sin(angle)
    return np.stack([radius * cos, radius * sin], 1).reshape(-1)


class Generator:
    """A stream of random numbers, the same for the same seed. As `torch.Generator`.

    RuntimeError for a device other than "cpu".

    >>> import minigrad as mg
    >>> mg.rand(2, generator=mg.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = devices.device(device)
        self.manual_seed(DEFAULT_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to `seed`, and return the generator.

        A negative seed counts from 2⁶⁴ down; only the last 32 bits decide on the stream.
        ValueError for seeds below −2⁶³ or from 2⁶⁴ on. As `torch.Generator.manual_seed`.

        >>> import minigrad as mg
        >>> mg.rand(2, generator=mg.Generator().manual_seed(42))
        tensor([0.8823, 0.9150])
        """
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"A seed lies between −2⁶³ and 2⁶⁴ − 1, and {seed} does not.")
        self._seed = seed % 2**64
        vars(self).pop("_twister", None)
        self._spare: float | None = None  # the second of a pair of normal numbers, not yet used
        return self

    @functools.cached_property
    def _twister(self) -> Any:
        # Made for the first draw only: numpy.random takes time to import.
        return np.random.RandomState(self._seed % 2**32)

    def seed(self) -> int:
        """Start a stream that nobody can foresee, and return its seed.

        As `torch.Generator.seed`.

        >>> import minigrad as mg
        >>> generator = mg.Generator()
        >>> generator.seed() == generator.initial_seed()
        True
        """
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """Return the seed that the stream started from. As `torch.Generator.initial_seed`.

        >>> import minigrad as mg
        >>> mg.Generator().manual_seed(42).initial_seed()
        42
        """
        return self._seed

    def get_state(self) -> Tensor:
        """Return where the stream is, for `set_state`: 628 int64 numbers with no other use.

        As `torch.Generator.get_state`, whose numbers are others.

        >>> import minigrad as mg
        >>> mg.Generator().get_state().shape
        torch.Size([628])
        """
        twister = self._twister.get_state(legacy=False)["state"]
        rest = np.array([self._seed, twister["pos"], self._spare is not None], np.uint64)
        spare = np.array([self._spare or 0.0]).view(np.uint64)
        state = np.concatenate([rest, spare, twister["key"].astype(np.uint64)])
        return Tensor(state.view(np.int64))

    def set_state(self, new_state: Tensor) -> Generator:
        """Go back to where the stream was at `get_state`, and return the generator.

        TypeError or RuntimeError for what is no such state. As `torch.Generator.set_state`.

        >>> import minigrad as mg
        >>> generator = mg.Generator().manual_seed(0)
        >>> start = generator.get_state()
        >>> mg.rand(2, generator=generator)
        tensor([0.4963, 0.7682])
        >>> mg.rand(2, generator=generator.set_state(start))
        tensor([0.4963, 0.7682])
        """
        state = new_state._data if isinstance(new_state, Tensor) else None
        if state is None or state.dtype != np.int64:
            raise TypeError("A generator's state is the int64 tensor that get_state() returns.")
        if state.shape != (_WORDS + 4,) or not 0 <= state[1] <= _WORDS:
            raise RuntimeError(f"{called(new_state)} is no state that get_state() returned.")
        seed, place, has_spare, bits = state[:4].view(np.uint64)
        self._seed = int(seed)
        words = state[4:].astype(np.uint32)
        self._twister.set_state(("MT19937", words, int(place), 0, 0.0))
        self._spare = float(bits.view(np.float64)) if has_spare else None
        return self

    # What the functions of `minigrad.random` are made of: arrays of `count` numbers.

    def _words32(self, count: int) -> Array:
        return self._twister.randint(0, 2**32, count, dtype=np.uint32)

    def _words64(self, count: int) -> Array:
        high, low = self._words32(2 * count).astype(np.uint64).reshape(-1, 2).T
        return high << np.uint64(32) | low

    def uniform(self, count: int, kind: Any, low: float = 0.0, high: float = 1.0) -> Array:
        """Draw floats of dtype `kind` from `low` to `high`: an array (count,). minigrad's own.

        >>> import minigrad as mg
        >>> mg.Generator().manual_seed(0).uniform(2, "float64", 0, 10).round(2).tolist()
        [9.7, 7.08]
        """
        kind = np.dtype(kind)
        words = self._words32(count) if kind == np.float32 else self._words64(count)
        digits = np.finfo(kind).nmant + 1
        unit = (words & words.dtype.type(2**digits - 1)).astype(kind) * kind.type(0.5**digits)
        return fused(unit, kind.type(high) - kind.type(low), kind.type(low))

    def normal(
        self, count: int, kind: Any, mean: float = 0.0, std: float = 1.0, blocks: bool = True
    ) -> Array:
        """Draw normal floats of dtype `kind`: an array (count,). minigrad's own.

        Not in `blocks` for memory that has gaps: PyTorch draws one by one then.

        >>> import minigrad as mg
        >>> mg.Generator().manual_seed(0).normal(2, "float64").round(4).tolist()
        [1.541, -0.2934]
        """
        kind = np.dtype(kind)
        if count < _BLOCK or not blocks:
            singles = self._single_normals(count)
            return fused(singles, np.float64(std), np.float64(mean)).astype(kind)
        uniform = self.uniform(count, kind)
        normal = np.empty(count, kind)
        whole = count - count % _BLOCK
        normal[:whole] = _box_muller(uniform[:whole])
        if whole < count:  # PyTorch draws the last 16 anew, and they overlap the last block
            normal[-_BLOCK:] = _box_muller(self.uniform(_BLOCK, kind))
        return fused(normal, kind.type(std), kind.type(mean))

    def _single_normals(self, count: int) -> Array:
        """Draw float64 normal numbers in pairs, and keep what is left of a pair for next time."""
        kept = [] if self._spare is None else [self._spare]
        u1, u2 = self.uniform(max(0, count - len(kept) + 1) // 2 * 2, float).reshape(-1, 2).T
        radius, angle = np.sqrt(-2 * _log1p(-u2)), 2 * math.pi * u1
        pairs = np.stack([radius * _cos(angle), radius * _sin(angle)], 1).reshape(-1)
        numbers = np.concatenate([kept, pairs])
        self._spare = float(numbers[count]) if len(numbers) > count else None
        return numbers[:count]

    def bernoulli(self, count: int, p: Any, kind: Any = np.float64) -> Array:
        """Draw truth values that are true with probability `p`, a number or `count` numbers.

        minigrad's own.

        >>> import minigrad as mg
        >>> mg.Generator().bernoulli(2, 1.0).tolist()
        [True, True]
        """
        return self.uniform(count, kind) < p

    def integers(self, count: int, low: int, high: int, wide: bool | None = None) -> Array:
        """Draw int64 numbers from `low` up to, and without, `high`.

        `wide` makes each of 64 random bits, which is the rule for ranges from 2²⁸ on.
        minigrad's own.

        >>> import minigrad as mg
        >>> mg.Generator().manual_seed(0).integers(5, 0, 10).tolist()
        [4, 9, 3, 0, 3]
        """
        wide = high - low >= 2**28 if wide is None else wide
        words = self._words64(count) if wide else self._words32(count).astype(np.uint64)
        return (words % np.uint64(high - low)).astype(np.int64) + low

    def permutation(self, count: int) -> Array:
        """Draw the int64 numbers below `count` in random order (Fisher and Yates' shuffle).

        minigrad's own.

        >>> import minigrad as mg
        >>> mg.Generator().manual_seed(0).permutation(4).tolist()
        [0, 1, 3, 2]
        """
        order = list(range(count))
        left = np.arange(count, 1, -1)
        for i, step in enumerate((self._words32(len(left)) % left).tolist()):
            order[i], order[i + step] = order[i + step], order[i]
        return np.array(order, np.int64)


default_generator = Generator()
default_generator.seed()


def stream(generator: Generator | None = None) -> Generator:
    """Return the generator to draw from: the one given, this thread's stand-in, or the default."""
    return generator or state.generator or default_generator


def manual_seed(seed: int) -> Generator:
    """Start the default stream that belongs to `seed`: the same numbers every time.

    ValueError for seeds below −2⁶³ or from 2⁶⁴ on. As `torch.manual_seed`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(42)
    >>> mg.rand(3)
    tensor([0.8823, 0.9150, 0.3829])
    """
    return stream().manual_seed(seed)


def seed() -> int:
    """Start a stream that nobody can foresee, and return its seed. As `torch.seed`.

    >>> import minigrad as mg
    >>> mg.seed() == mg.initial_seed()
    True
    """
    return stream().seed()


def initial_seed() -> int:
    """Return the seed of the default stream. As `torch.initial_seed`.

    >>> import minigrad as mg
    >>> _ = mg.manual_seed(42)
    >>> mg.initial_seed()
    42
    """
    return stream().initial_seed()


def get_rng_state() -> Tensor:
    """Return where the default stream is, for `set_rng_state`. As `torch.get_rng_state`.

    >>> import minigrad as mg
    >>> state = mg.get_rng_state()
    >>> first = mg.rand(())
    >>> mg.set_rng_state(state)
    >>> bool(mg.rand(()) == first)
    True
    """
    return stream().get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Go back to where the default stream was. As `torch.set_rng_state`.

    TypeError or RuntimeError for what `get_rng_state` did not return.

    >>> import minigrad as mg
    >>> mg.set_rng_state(mg.get_rng_state())
    """
    stream().set_state(new_state)
