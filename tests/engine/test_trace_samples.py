"""Every sample that PyTorch answered can be stepped, and its steps end at the same gradients."""

import re

import numpy as np
import pytest

import minigrad as mg
from measuring import arrays, contiguous, flat, run
from samples import AREAS, samples_of

# What would show that something was written by Python and not for a reader.
MACHINE = re.compile(r"<\w|object at|lambda|Ellipsis|slice\(|dtype\(|array\(")


def total(code, leaves):
    """Add up all differentiable outputs of a sample, each cell with a weight of its own."""
    outputs = [
        each
        for each in flat(run(code, {"t": mg, **leaves}), mg)
        if isinstance(each, mg.Tensor) and each.requires_grad
    ]
    losses = [
        (each * mg.arange(1, each.numel() + 1, dtype=each.dtype).reshape(each.shape)).sum()
        for each in outputs
    ]
    return sum(losses[1:], losses[0]) if losses else None


@pytest.mark.parametrize(
    ("area", "number"),
    [(area, number) for area in AREAS for number in range(len(samples_of(area)))],
)
def test_a_sample_can_be_stepped(area, number):
    code, inputs = samples_of(area)[number]
    leaves = {name: contiguous(mg, each) for name, each in arrays(inputs, "float64").items()}
    for name, each in leaves.items():
        each.name = name
    loss = total(code, leaves)
    if loss is None:
        return  # there is nothing to walk back through
    trace = mg.trace(loss)
    found = {trace.nodes[step.node].name: step for step in trace.steps if step.kind == "deposit"}
    loss.backward()
    for name, each in leaves.items():
        if each.grad is None:
            assert name not in found
        else:
            np.testing.assert_allclose(found[name].after, each.grad.numpy(), rtol=1e-12)
    assert not MACHINE.search(str(trace)), str(trace)
