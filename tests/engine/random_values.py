"""PyTorch's random numbers. Writes golden/random.json where torch 2.13.0 is installed:

python tests/engine/random_values.py

PyTorch has several ways of turning random bits into numbers. Those stored are of an x86-64
processor with AVX2 and FMA, not made by Intel (there MKL draws the Bernoulli numbers).
"""

import json
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).with_name("golden") / "random.json"
SEEDS = (0, 42, 2**40 + 7, -1)
SIZES = (1, 5, 15, 16, 17, 31, 32, 33, 100)

# What is drawn with each seed, one after the other; `t` is torch or minigrad. Sizes that follow
# each other show what a draw leaves behind for the next one.
PROGRAMS = [
    *[
        f"[t.{name}(n, dtype=t.{kind}) for n in {SIZES}]"
        for name in ("rand", "randn")
        for kind in ("float32", "float64")
    ],
    # Of a pair of normal numbers, one is kept for the next draw.
    "[t.randn(3), t.rand(2), t.randn(16), t.randn(2), t.randn(1, dtype=t.float64)]",
    "[t.randn(5, dtype=t.float64), t.randint(9, (3,)), t.randn(2, 2), t.randn(())]",
    *[
        f"[t.zeros(n, dtype=t.{kind}).{fill} for n in (3, 40)]"
        for kind in ("float32", "float64")
        for fill in ("uniform_(-0.1, 0.3)", "uniform_(1, 2)", "normal_(0.3, 0.7)", "normal_(-2, 0)")
    ],
    "[t.normal(1.5, 0.1, (20,)), t.normal(t.zeros(3), 2.0), t.normal(t.ones(2), t.arange(2.0))]",
    "[t.normal(0.5, t.ones(3, dtype=t.float64)), t.normal(t.zeros(2, 1), t.ones(3))]",
    *[
        f"[t.randint({low}, {high}, (6,)), t.rand(1)]"
        for low, high in ((0, 10), (-5, 5), (0, 2**28 - 1), (0, 2**28), (-(2**40), 2**62))
    ],
    "[t.randint(7, (2, 3)), t.randint(3, (4,), dtype=t.float32), t.randint(0, 2, (4,)).bool()]",
    "[t.zeros(4, dtype=d).random_() for d in (t.float32, t.float64, t.int32, t.int64, t.bool)]",
    "[t.zeros(4).random_(9), t.zeros(4, dtype=t.int64).random_(3, 9)]",
    "[t.randperm(n) for n in (0, 1, 2, 10, 50)] + [t.randperm(5, dtype=t.float32)]",
    "[t.bernoulli(t.linspace(0, 1, 20)), t.bernoulli(t.linspace(0, 1, 20, dtype=t.float64))]",
    "[t.zeros(20).bernoulli_(0.3), t.zeros(5, dtype=t.bool).bernoulli_(), t.rand(1)]",
    "[t.zeros(2, 3).bernoulli_(t.tensor([0.2, 0.5, 0.8])), t.bernoulli(t.ones(5), p=0.5)]",
    # Memory in another order, or with gaps.
    "[t.zeros(4, 6).T.normal_(), t.zeros(4, 6).T.uniform_(), t.zeros(3, 20)[:, ::2].normal_()]",
    "[t.zeros(4, 5, 2).transpose(0, 2).uniform_(), t.randn_like(t.zeros(4, 6).T)]",
    "[t.rand_like(t.zeros(2, 3)), t.randn_like(t.zeros(2), dtype=t.float64)]",
    "[t.randint_like(t.zeros(2, 3), 5), t.randint_like(t.zeros(2, 3), 2, 5, dtype=t.int64)]",
    # A generator of its own, which the default one does not notice.
    "g = t.Generator(); [t.rand(2, generator=g), t.randn(3, generator=g), t.rand(2)]",
    "g = t.Generator().manual_seed(5); [t.randperm(5, generator=g), t.rand(3, generator=g)]",
]


def drawn(t, program, seed):
    """Run a program on a new seed and return what it drew, as arrays."""
    t.manual_seed(seed)
    names = {"t": t}
    *before, last = program.split("; ")
    exec(";".join(before), names)
    return [each.numpy() for each in eval(last, names)]


def plain(array):
    """List an array's numbers so that JSON keeps every bit: float32 in its own short form."""
    cells = array.ravel().tolist()
    if array.dtype == np.float32:
        cells = [float(str(each)) for each in array.ravel()]
    return {"dtype": array.dtype.name, "shape": array.shape, "numbers": cells}


def restored(each):
    """Make the array again."""
    return np.array(each["numbers"], each["dtype"]).reshape(each["shape"])


if __name__ == "__main__":
    import torch

    lines = []
    for program in PROGRAMS:
        runs = []
        for seed in SEEDS:
            arrays = drawn(torch, program, seed)
            runs.append([plain(each) for each in arrays])
            for each, kept in zip(arrays, runs[-1], strict=True):
                np.testing.assert_array_equal(each, restored(kept))
        lines.append(f"{json.dumps(program)}: {json.dumps(runs, separators=(',', ':'))}")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    GOLDEN.write_text(text, encoding="utf-8", newline="\n")
