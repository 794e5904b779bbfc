"""Modules start, compute, learn and print as PyTorch 2.13.0's do; see torch_modules.py."""

import json

import numpy as np
import pytest

import minigrad as mg
import torch_modules
from torch_modules import CASES, GOLDEN, LOSSES, STARTS

STORED = {json.dumps(each["code"]): each for each in json.loads(GOLDEN.read_text(encoding="utf-8"))}


def stored(code):
    return STORED[json.dumps(code)]


def same(ours, theirs, exact=False):
    assert ours[:2] == theirs[:2]
    close = {"rtol": 0, "atol": 0} if exact else {"rtol": 1e-5, "atol": 2e-6}
    np.testing.assert_allclose(ours[2], theirs[2], **close)


def same_by_name(ours, theirs, exact=False):
    assert list(ours) == list(theirs)
    for name in ours:
        same(ours[name], theirs[name], exact)


@pytest.mark.parametrize(("code", "input"), CASES, ids=[code for code, _ in CASES])
def test_modules(code, input):
    ours, theirs = torch_modules.behaviour(mg, code, input), stored([code, input])
    assert ours["repr"] == theirs["repr"]
    same_by_name(ours["start"], theirs["start"], exact=True)
    same(ours["output"], theirs["output"])
    same_by_name(ours["grads"], theirs["grads"])
    same_by_name(ours["after"], theirs["after"])
    same(ours["evaluated"], theirs["evaluated"])


@pytest.mark.parametrize("code", LOSSES)
def test_losses(code):
    ours, theirs = torch_modules.loss(mg, code), stored(code)
    assert ours["repr"] == theirs["repr"]
    same_by_name(ours["state"], theirs["state"], exact=True)
    same(ours["output"], theirs["output"])
    same(ours["grad"], theirs["grad"])


@pytest.mark.parametrize("code", STARTS)
def test_weights_start_as_pytorchs_to_the_last_bit(code):
    same(torch_modules.start(mg, code), stored(code)["output"], exact=True)


@pytest.mark.parametrize("name", ["linear", "tanh", "relu", "leaky_relu", "selu", "sigmoid"])
def test_gains(name):
    gains = {"linear": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": 2**0.5, "selu": 0.75}
    gains["leaky_relu"] = (2 / (1 + 0.01**2)) ** 0.5
    assert mg.nn.init.calculate_gain(name) == gains[name]
