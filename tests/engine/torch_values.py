"""Writes torch_values.json. Run it where torch 2.13.0 is installed; the tests do not need it."""

import json
from pathlib import Path

import torch

from cases import CASES, PRINTED


def seeded(y):
    """A cotangent in which every cell differs, so that nothing can be transposed unseen."""
    return (torch.arange(y.numel(), dtype=y.dtype) + 1).reshape(y.shape) / max(1, y.numel())


def measured(code, inputs, dtype):
    tensors = {
        name: torch.tensor(value, dtype=dtype, requires_grad=True) for name, value in inputs.items()
    }
    y = eval(code, {"t": torch}, tensors)
    first = torch.autograd.grad(y, tensors.values(), seeded(y), create_graph=True)
    curvature = sum((g * g).sum() for g in first)
    second = [None] * len(first)
    if curvature.requires_grad:
        second = torch.autograd.grad(curvature, tensors.values(), allow_unused=True)
    return {
        "value": y.tolist(),
        "first": [g.tolist() for g in first],
        "second": [None if g is None else g.tolist() for g in second],
    }


values = {
    "torch": torch.__version__,
    "cases": [
        {kind: measured(code, inputs, getattr(torch, kind)) for kind in ("float32", "float64")}
        for code, inputs in CASES
    ],
    "printed": [repr(eval(code, {"t": torch})) for code in PRINTED],
}
text = json.dumps(values, indent=0)
Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
