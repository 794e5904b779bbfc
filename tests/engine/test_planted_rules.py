"""Ten mistakes are planted, one at a time; the random programs or the samples must find each."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase

from conformance import compare
from minigrad import errors, graph
from minigrad.autograd.walk import Walk
from minigrad.rules import RULES
from minigrad.rules.rule import Derivative
from programs import check
from samples import samples_of
from torch_values import key, stored


def derivative(rule, wrong, place="x"):
    """Return a plant: another derivative for one input of a rule."""

    def plant(monkeypatch):
        planted = list(RULES[rule].derivatives)
        planted[RULES[rule].inputs.index(place)] = Derivative.of(wrong)
        monkeypatch.setattr(RULES[rule], "derivatives", tuple(planted))
        monkeypatch.setattr(RULES[rule], "plan", cache(RULES[rule]._plan))

    return plant


def arrive_and_forget(walk, place, g):
    walk.arrived[id(place)] = (place, g)


PLANTED = {
    "tanh′ = 1 − y": derivative("tanh", lambda y: 1 - y),
    "the sign of division": derivative("div", lambda a, b: a / b / b, "b"),
    "matmul without a transpose": derivative("matmul", lambda g, b: g @ b, "a"),
    "mean without 1/n": derivative(
        "mean", lambda g, x_shape, axis, keepdims: RULES["sum"].derivatives[0].function(g, x_shape, axis, keepdims)
    ),
    "softmax without the sum": derivative("softmax", lambda g, y: g * y),
    "permute forwards again": derivative("permute", lambda g, axes: np.transpose(g, axes)),
    "a stretched input's gradient taken from one cell": lambda monkeypatch: monkeypatch.setattr(
        graph, "sum_to", lambda g, shape: g[(0,) * (g.ndim - len(shape))][tuple(slice(n) for n in shape)]
    ),
    "a second use overwrites the first": lambda monkeypatch: monkeypatch.setattr(
        Walk, "arrive", arrive_and_forget
    ),
    "writes in place not noticed": lambda monkeypatch: monkeypatch.setattr(
        errors, "check_saved", lambda node: None
    ),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_random_programs_find(mistake, monkeypatch):
    PLANTED[mistake](monkeypatch)
    tried = []

    def judge(program):
        tried.append(program)
        assert max(program.errors().values()) < 1e-5

    with pytest.raises((AssertionError, ValueError)):
        check(2000, judge, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    print(mistake, len(tried))
