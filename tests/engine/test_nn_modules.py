"""Modules start, compute, learn and print as PyTorch 2.13.0's do; see torch_modules.py."""

import functools
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
    """Compare a run with PyTorch's: how it starts to the last bit, what it computes to 1e-9."""
    ours, theirs, comparison = run(mg, *case), stored(case), Comparison()
    assert ours["repr"] == theirs["repr"]
    assert ours["start"] == theirs["start"]
    assert [*ours["numbers"]] == [*theirs["numbers"]]
    for name, (dtype, shape, cells) in ours["numbers"].items():
        *kind, wanted = theirs["numbers"][name]
        assert [dtype, shape] == kind
        comparison.cells(name, "float64", cells, wanted, wanted)
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


def test_a_module_around_a_function_without_defaults():
    class Leaky(mg.nn.ReLU):
        function = functools.partial(mg.nn.functional.leaky_relu, negative_slope=0.5)

    assert Leaky()(mg.tensor([-2.0])).tolist() == [-1]
