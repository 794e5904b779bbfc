"""The op list gives the same compiled: values, first and second derivatives.

Of each op the first sample in float32: all of them take far longer to compile. They run where
the environment says SAMPLES=all.
"""

import os
import re

import numpy as np
import pytest

import minigrad as mg
from compiling import assert_equal, close, flat, function_of, notices
from measuring import arrays, contiguous, cotangents, kinds
from samples import AREAS, samples_of


def first_of_each(samples):
    """Keep the samples in which an op is met for the first time."""
    met = set()
    for area, number, sample, kind in samples:
        ops = {*re.findall(r"\.(\w+)\(", sample[0])} or {sample[0]}
        if kind == "float32" and not ops <= met:
            met |= ops
            yield area, number, sample, kind


# Some areas are not about functions of tensors; "in_place" is: those run as they are.
ALL = [
    (area, number, sample, kind)
    for area in AREAS
    for number, sample in enumerate(samples_of(area))
    for kind in kinds(sample[1])
]
SAMPLES = [
    pytest.param(*sample, kind, id=f"{area}, {number}, {kind}: {sample[0]}")
    for area, number, sample, kind in (
        ALL if os.environ.get("SAMPLES") == "all" else first_of_each(ALL)
    )
]


REFUSED = []  # what was said of the samples so far


def gradients(result, leaves, **options):
    """Differentiate all that can be, as in measuring.slopes; None where there is nothing."""
    tensors = [e for e in flat(result) if isinstance(e, mg.Tensor) and e.requires_grad]
    if not tensors:
        return [None] * len(leaves)
    seeds = cotangents(tensors, mg)
    return mg.autograd.grad(tensors, leaves, seeds, allow_unused=True, **options)


def assert_same_gradients(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        if a is None or b is None:
            assert a is b or not np.any((b if a is None else a).detach().numpy())
        else:
            close(a.detach().numpy(), b.detach().numpy())


@pytest.mark.parametrize(("code", "inputs", "kind"), SAMPLES)
def test_a_sample_gives_the_same_compiled(code, inputs, kind):
    leaves = {name: contiguous(mg, each) for name, each in arrays(inputs, kind).items()}
    fn = function_of(code, leaves)
    compiled = mg.compile(fn)
    for _ in range(2):  # the first call runs the function as it is
        mg.manual_seed(0)
        expected = fn(*leaves.values())
        mg.manual_seed(0)
        with notices() as said:
            found = compiled(*leaves.values())
        REFUSED.extend(said)
    assert_equal(found, expected)
    ours, theirs = gradients(found, [*leaves.values()]), gradients(expected, [*leaves.values()])
    assert_same_gradients(ours, theirs)
    found = compiled(*leaves.values())
    first, reference = (
        gradients(each, [*leaves.values()], create_graph=True)
        for each in (found, fn(*leaves.values()))
    )
    for a, b in zip(first, reference, strict=True):
        if a is not None and b is not None:
            assert_same_gradients(
                gradients(a, [*leaves.values()], retain_graph=True),
                gradients(b, [*leaves.values()], retain_graph=True),
            )


def test_most_of_them_are_compiled():
    assert len(REFUSED) < len(SAMPLES) / 3
