"""Modules start, compute, learn and print as PyTorch 2.13.0's do; see torch_modules.py."""

import json

import pytest

import minigrad as mg
import torch_modules
from closeness import Comparison
from torch_modules import CASES, GOLDEN, LOSSES, STARTS

STORED = {json.dumps(each["code"]): each for each in json.loads(GOLDEN.read_text(encoding="utf-8"))}


def stored(code):
    return STORED[json.dumps(code)]


def check(run, *case):
    """Compare runs in float32 and in float64 with PyTorch's."""
    theirs, comparison = stored(case)["runs"], Comparison()
    exact = theirs[1]["numbers"]
    for double in (False, True):
        ours, wanted = run(mg, *case, double), theirs[double]
        assert ours["repr"] == wanted["repr"]
        assert ours["start"] == wanted["start"]
        assert [*ours["numbers"]] == [*wanted["numbers"]]
        for name, (dtype, shape, cells) in ours["numbers"].items():
            assert [dtype, shape] == wanted["numbers"][name][:2]
            if dtype == "torch.int64":
                assert cells == wanted["numbers"][name][2]
                continue
            kind, best = dtype.removeprefix("torch."), exact[name][2]
            comparison.cells(name, kind, cells, wanted["numbers"][name][2], best)
    assert comparison.misses == []


@pytest.mark.parametrize(("code", "input"), CASES, ids=[code for code, _ in CASES])
def test_modules(code, input):
    check(torch_modules.behaviour, code, input)


@pytest.mark.parametrize("code", LOSSES)
def test_losses(code):
    check(torch_modules.loss, code)


@pytest.mark.parametrize("code", STARTS)
def test_weights_start_as_pytorchs_to_the_last_bit(code):
    assert torch_modules.start(mg, code) == stored(code)["output"]


@pytest.mark.parametrize("name", ["linear", "tanh", "relu", "leaky_relu", "selu", "sigmoid"])
def test_gains(name):
    gains = {"linear": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": 2**0.5, "selu": 0.75}
    gains["leaky_relu"] = (2 / (1 + 0.01**2)) ** 0.5
    assert mg.nn.init.calculate_gain(name) == gains[name]
