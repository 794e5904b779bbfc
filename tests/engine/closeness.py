"""The rule by which two measurements (see measuring.py) are equal.

float64: the error is at most 1e-9 of the cell, or of 1e-3 where the cell is smaller than that.

float32: the error against PyTorch's float64 value is at most twice PyTorch's own float32 error
plus 4 ulp; plus 8 where compiled kernels compute (MINIGRAD_KERNELS=numba), whose exp, tanh and
the like may be off by 3 ulp each; slopes that are computed from such a value, as tanh's is,
magnify that. Two samples need more than 4. An ulp is the spacing of float32 numbers at the cell's
float64 value.

NaN and infinities stand at the same places, with the same sign; where PyTorch's float32 has another
one than its float64 (gelu(inf) is NaN in one and inf in the other), either will do. Everything else
is equal outright.
"""

import os

import numpy as np

ULPS = 8 if os.environ.get("MINIGRAD_KERNELS") == "numba" else 4
FLOAT64_BOUND = 1e-9
FLOAT64_FLOOR = 1e-3

# Names of grad_fn that differ for a reason: (PyTorch's, ours).
OTHER_NAMES = {
    # repr says CopySlices in both; .name() gives PyTorch the C++ namespace as well.
    ("torch::autograd::CopySlices", "CopySlices"),
    # A view of a view of what was written to: PyTorch takes it by strides, we by its steps.
    ("AsStridedBackward0", "SelectBackward0"),
    ("AsStridedBackward0", "SliceBackward0"),
    # A product of stacks or with a vector: PyTorch reshapes around a product of matrices.
    ("UnsafeViewBackward0", "BmmBackward0"),
    ("UnsafeViewBackward0", "ViewBackward0"),
    ("CloneBackward0", "BmmBackward0"),
    ("TransposeBackward0", "BmmBackward0"),
    ("SqueezeBackward4", "MvBackward0"),
    # PyTorch composes these of other ops; here each is one.
    ("ViewBackward0", "EinsumBackward0"),
    ("MulBackward0", "EinsumBackward0"),
    ("PermuteBackward0", "DiagonalBackward0"),
    ("ViewBackward0", "IndexSelectBackward0"),
    # Padding by copies of cells is one op here, for any number of dims.
    ("ReflectionPad1DBackward0", "IndexSelectBackward0"),
    ("ReflectionPad2DBackward0", "IndexSelectBackward0"),
    ("ReplicationPad1DBackward0", "IndexSelectBackward0"),
    ("ReplicationPad2DBackward0", "IndexSelectBackward0"),
    ("torch::autograd::CopySlices", "IndexSelectBackward0"),
}


def float64_errors(ours, theirs):
    """Return the errors of cells, as parts of the cell."""
    return np.abs(ours - theirs) / np.maximum(np.abs(theirs), FLOAT64_FLOOR)


def float32_ratios(ours, theirs, exact):
    """Return the errors of cells, as parts of what the rule allows."""
    exact = np.where(np.isfinite(exact.astype(np.float32)), exact, theirs)  # else out of range
    ulp = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    return np.abs(ours - exact) / (2 * np.abs(theirs - exact) + ULPS * ulp)


class Comparison:
    """Compares measurements, and keeps the worst figures and a sentence for every miss."""

    def __init__(self):
        self.worst = {"float64": 0.0, "float32": 0.0}
        self.misses = []

    def cells(self, what, kind, ours, theirs, exact):
        """Compare one list of cells; None stands for zeros."""
        size = len(next((each for each in (ours, theirs, exact) if each is not None), []))
        ours, theirs, exact = (
            np.zeros(size) if each is None else np.array(each, np.float64)
            for each in (ours, theirs, exact)
        )
        with np.errstate(all="ignore"):
            if kind == "float64":
                figures, bound = float64_errors(ours, theirs), FLOAT64_BOUND
            else:
                figures, bound = float32_ratios(ours, theirs, exact), 1
        finite = np.isfinite(ours) & np.isfinite(theirs)
        either = theirs, np.where(np.isfinite(exact), theirs, exact)
        same = np.any([(ours == each) | (np.isnan(ours) & np.isnan(each)) for each in either], 0)
        figures = np.where(finite, figures, np.where(same, 0, np.inf))
        self.worst[kind] = max(self.worst[kind], np.max(figures, initial=0))
        for cell in np.flatnonzero(~(figures <= bound))[:3]:
            self.misses.append(
                f"{what}, cell {cell}: {ours[cell]}, PyTorch {theirs[cell]} "
                f"(exact {exact[cell]}): {figures[cell]:.2g} > {bound}"
            )

    def outputs(self, what, ours, theirs, exact):
        """Compare what a sample gave: dtypes and shapes, then cells."""
        heads = [[each[:2] if each[2:] else each for each in run] for run in (ours, theirs)]
        if heads[0] != heads[1]:
            self.misses.append(f"{what}: {heads[0]} is not {heads[1]}")
            return
        for mine, yours, best in zip(ours, theirs, exact, strict=True):
            if mine[0] in ("torch.float32", "torch.float64"):
                kind = mine[0].removeprefix("torch.")
                self.cells(what, kind, mine[3], yours[3], best[3])
            elif mine != yours:
                self.misses.append(f"{what}: {mine} is not {yours}")

    def names(self, what, ours, theirs):
        """Compare the names of the outputs' grad_fn."""
        for mine, yours in zip(ours, theirs, strict=True):
            if mine[2:3] != yours[2:3] and (*yours[2:3], *mine[2:3]) not in OTHER_NAMES:
                self.misses.append(f"{what}: grad_fn {mine[2]} is not {yours[2]}")

    def add(self, what, kind, ours, theirs, exact):
        """Compare two runs in one dtype; `exact` is PyTorch's in float64."""
        self.outputs(f"{what} value", ours["outputs"], theirs["outputs"], exact["outputs"])
        for order in ("first", "second"):
            for cells in zip(ours[order], theirs[order], exact[order], strict=True):
                self.cells(f"{what} {order}", kind, *cells)
