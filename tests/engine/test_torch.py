"""Values, gradients, second derivatives and printed form, against what PyTorch 2.13.0 gave."""

import json
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from cases import CASES, PRINTED

STORED = json.loads(Path(__file__).with_name("torch_values.json").read_text(encoding="utf-8"))
IDS = [f"{code}, {list(inputs.values())}" for code, inputs in CASES]


def seeded(y):
    cells = (np.arange(y.numpy().size) + 1) / max(1, y.numpy().size)
    return mg.tensor(cells.reshape(y.shape), dtype=y.dtype)


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("number", range(len(CASES)), ids=IDS)
def test_values_and_derivatives(number, kind):
    code, inputs = CASES[number]
    expected = STORED["cases"][number][kind]
    tensors = {
        name: mg.tensor(value, dtype=getattr(mg, kind), requires_grad=True)
        for name, value in inputs.items()
    }
    y = eval(code, {"t": mg}, tensors)
    first = mg.autograd.grad(y, tensors.values(), seeded(y.detach()), create_graph=True)
    curvature = sum((g * g).sum() for g in first)
    second = [None] * len(first)
    if curvature.requires_grad:
        second = mg.autograd.grad(curvature, tensors.values(), allow_unused=True)
    close = {"rtol": 1e-9, "atol": 1e-9} if kind == "float64" else {"rtol": 2e-6, "atol": 1e-6}
    np.testing.assert_allclose(y.tolist(), expected["value"], **close)
    for ours, theirs in zip(first, expected["first"], strict=True):
        np.testing.assert_allclose(ours.tolist(), theirs, **close)
    for ours, theirs in zip(second, expected["second"], strict=True):
        # PyTorch gives None or zeros for a derivative that vanishes; both mean nothing.
        ours = 0.0 if ours is None else ours.tolist()
        np.testing.assert_allclose(ours, 0.0 if theirs is None else theirs, **close)


@pytest.mark.parametrize("number", range(len(PRINTED)), ids=PRINTED)
def test_printed_as_pytorch_prints(number):
    assert repr(eval(PRINTED[number], {"t": mg})) == STORED["printed"][number]
