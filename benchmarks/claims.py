"""What must be reached and what is aimed at, and how each number is made of the samples."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Samples = dict[str, list[float]]

MS = 1e-3
RIVALS = ("numpy", "torch", "torch.compile", "jax.jit")


def times(samples: Samples, case: str, *others: str) -> float:
    """Return how many times as much `case` takes as the best of the others.

    Cases are compared within each round; the median of the rounds counts.
    """
    return max(
        statistics.median(a / b for a, b in zip(samples[case], samples[other], strict=True))
        for other in others
    )


def beyond(samples: Samples, case: str, other: str) -> float:
    """Return how much more `case` takes than the other: the median of the rounds' differences."""
    return statistics.median(a - b for a, b in zip(samples[case], samples[other], strict=True))


def alone(samples: Samples, case: str) -> float:
    """Return the median of what `case` takes."""
    return statistics.median(samples[case])


def doublings(samples: Samples) -> dict[str, float]:
    """Return how many times as much twice the work takes, by the larger size."""
    twice = {str(2 * int(size)): size for size in samples}
    return {size: times(samples, size, twice[size]) for size in samples if size in twice}


def worst_doubling(samples: Samples, smallest: str) -> float:
    """Return the most that twice the work takes, from the smallest size on."""
    return max(doublings(samples).values())


@dataclass(frozen=True)
class Claim:
    """One row of the table: what `case` takes in a workload, measured against `others`.

    With `best` the others are rivals, of which some may be missing here.
    """

    work: str
    workload: str
    case: str
    others: tuple[str, ...]
    must: float
    aim: float
    what: str = "time"
    rule: Callable[..., float] = times
    best: bool = False
    detail: str = ""  # which of the rows of the same work it is

    def value(self, workloads: dict[str, Any]) -> float | None:
        """Return the number measured; None if a case of it is missing from this run."""
        measured = workloads.get(self.workload, {"samples": {}})
        samples = measured["samples"].get(self.what, {})
        present = [other for other in self.others if other in samples]
        enough = bool(present) if self.best else len(present) == len(self.others)
        return self.rule(samples, self.case, *present) if enough and self.case in samples else None

    def verdict(self, value: float) -> str:
        """Say what a number reaches."""
        return "aim met" if value <= self.aim else "met" if value <= self.must else "**not met**"


def kernel(name: str, dtype: str, case: str = "minigrad") -> Claim:
    """Compare an op on 10⁶ numbers with the best of the others."""
    return Claim(
        "one op on 10⁶ numbers", f"w4 {name} {dtype}", case, RIVALS, 1.1, 1.0,
        best=True, detail=f"{name}, {dtype}",
    )  # fmt: skip


def fused(many: int) -> Claim:
    """Compare the compiled chain, forward and backward, with JAX's."""
    return Claim(
        "five-term chain and its gradient, compiled", f"w4 both ways {many}", "minigrad compiled",
        ("jax.jit",), 0.5, 0.25, detail=f"{many:,} numbers",
    )  # fmt: skip


def growth(kind: str, smallest: str = "1") -> Claim:
    """Ask what twice the work costs at worst."""
    return Claim(
        "twice the work", f"growth {kind}", smallest, (), 2.6, 2.6, rule=worst_doubling, detail=kind
    )


def threshold(kind: str) -> Claim:
    """Ask for a cliff where kernels take over from NumPy."""
    return Claim(
        "4,096 numbers", f"growth {kind}", "4096", ("4095",), 1.25, 1.25,
        detail=kind,
    )  # fmt: skip


OPS = ("sigmoid", "tanh", "gelu", "softmax", "layer_norm", "Adam update")
DTYPES = ("float32", "float64")
SIZED = ("product", "exp", "relu", "sigmoid", "softmax", "compiled")
NETWORK = "MLP 2-16-16-1, training step"
LARGER = "MLP 784-128-64-10, training step"
CLAIMS = [
    Claim("25 scalar ops, eager", "w1", "minigrad", ("torch",), 0.22, 0.16),
    Claim("25 scalar ops, eager", "w1", "minigrad", ("micrograd",), 0.55, 0.4),
    Claim(f"{NETWORK}, eager", "w2", "minigrad", ("torch",), 0.25, 0.16),
    Claim(f"{NETWORK}, compiled", "w2", "minigrad compiled", ("torch",), 0.06, 0.035),
    Claim(f"{NETWORK}, compiled", "w2", "minigrad compiled", ("jax.jit",), 0.3, 0.2),
    Claim(f"{LARGER}, eager", "w3", "minigrad", ("torch",), 0.65, 0.6),
    Claim(f"{LARGER}, eager", "w3", "minigrad", ("torch, fused Adam",), 0.8, 0.72),
    Claim(f"{LARGER}, compiled", "w3", "minigrad compiled", ("its GEMMs alone",), 1.15, 1.05),
    *[kernel(name, dtype) for name in OPS for dtype in DTYPES],
    *[kernel("cross-entropy forward + backward", dtype) for dtype in DTYPES],
    *[kernel("five-term chain", dtype, "minigrad compiled") for dtype in DTYPES],
    *[fused(10**power) for power in (3, 4, 5, 6)],
    Claim("chain of 10⁶ adds, time", "w5", "minigrad", ("torch",), 0.4, 0.3),
    Claim("chain of 10⁶ adds, memory", "w5", "minigrad", ("torch",), 0.5, 0.42, "bytes"),
    Claim("import, beyond NumPy's", "w6", "minigrad", ("numpy",), 40 * MS, 20 * MS, rule=beyond),
    Claim("first gradient after it", "w6", "minigrad", (), 5 * MS, 5 * MS, "first gradient", alone),
    Claim("memory of a new kernel", "w6 memory", "minigrad", ("torch",), 0.5, 0.35, "bytes"),
    growth("ops", "64"),
    growth("layers"),
    *map(growth, SIZED),
    *map(threshold, SIZED),
]
