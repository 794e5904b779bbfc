"""Every sample gives what PyTorch 2.13.0 gave, in both dtypes and all memory layouts."""

import numpy as np
import pytest

import minigrad as mg
from closeness import ULPS, Comparison
from conformance import compare
from samples import AREAS, samples_of
from torch_values import answer, key, stored

ANSWERS = {area: stored(area) for area in AREAS}
RUN = "run where torch 2.13.0 is installed: python tests/engine/torch_values.py"


@pytest.mark.parametrize("area", AREAS)
def test_there_is_an_answer_for_every_sample_and_no_other(area):
    assert list(ANSWERS[area]) == [key(each) for each in samples_of(area)], f"{RUN} {area}"


@pytest.mark.parametrize(
    ("area", "sample"),
    [
        pytest.param(area, sample, id=f"{area}, {number}: {sample[0]}")
        for area in AREAS
        for number, sample in enumerate(samples_of(area))
    ],
)
def test_minigrad_gives_what_pytorch_gave(area, sample):
    assert key(sample) in ANSWERS[area], f"{RUN} {area}"
    assert compare(*sample, ANSWERS[area][key(sample)]).misses == []


ONE = np.float64(1 + 2**-20)
ULP = 2.0**-23


@pytest.mark.parametrize(
    ("kind", "ours", "theirs", "equal"),
    [
        ("float64", 1 + 0.9e-9, 1.0, True),
        ("float64", 1 + 1.1e-9, 1.0, False),
        ("float64", 2e-12, 0.0, False),  # beside 0 the error is not relative
        ("float32", ONE + ULPS * ULP, ONE, True),
        ("float32", ONE + (ULPS + 1) * ULP, ONE, False),
        ("float32", ONE + (ULPS + 6) * ULP, ONE - 3 * ULP, True),  # PyTorch itself is 3 ulp off
        ("float32", ONE + (ULPS + 7) * ULP, ONE - 3 * ULP, False),
        ("float32", np.nan, 1.0, False),
        ("float32", 1.0, np.inf, False),
        ("float32", -np.inf, np.inf, False),
        ("float64", np.nan, np.nan, True),
    ],
)
def test_the_rule(kind, ours, theirs, equal):
    exact = ONE if kind == "float32" and np.isfinite(theirs) else theirs
    comparison = Comparison()
    comparison.cells("", kind, [ours], [theirs], [exact])
    assert (comparison.misses == []) == equal


def test_shapes_dtypes_and_names_count():
    sample = ("x * w", {"x": [1.5, 2.5], "w": 2.0})
    assert compare(*sample, answer(mg, *sample)).misses == []
    for place, other in ((0, "torch.int64"), (1, [3]), (2, "AddBackward0"), (3, [3.0, 5.5])):
        changed = answer(mg, *sample)
        changed["float64"]["outputs"][0][place] = other
        assert compare(*sample, changed).misses
