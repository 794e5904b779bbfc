"""Every sample gives what PyTorch 2.13.0 gave, in both dtypes and all memory layouts."""

import pytest

from conformance import compare
from samples import AREAS, samples_of
from torch_values import key, stored

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
