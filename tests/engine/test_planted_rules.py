"""Ten mistakes are planted in the engine, one at a time; the programs or the samples find each."""

import numpy as np
import pytest
from hypothesis import Phase

from conformance import compare
from minigrad import graph
from minigrad.autograd.walk import Walk
from minigrad.rules import RULES, reductions
from minigrad.rules.rule import Derivative
from programs import PROGRAMS, TOLERANCE, check
from samples import samples_of
from torch_values import key, stored


def derivative(rule, wrong, place="x"):
    """Return a plant: another derivative for one input of a rule."""

    def plant(monkeypatch):
        planted = list(RULES[rule].derivatives)
        planted[RULES[rule].inputs.index(place)] = Derivative.of(wrong)
        monkeypatch.setattr(RULES[rule], "derivatives", tuple(planted))
        monkeypatch.setattr(RULES[rule], "plans", {})

    return plant


def forwards(g, axes):
    """Permute a gradient as its input was permuted, and not back."""
    return np.transpose(g, axes)


def exchange(owner, name, wrong):
    """Return a plant: another function in the place of one of the engine's."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, wrong)


def first_cell(g, shape):
    """Reduce a gradient to a smaller shape without adding anything up."""
    g = g[(0,) * (g.ndim - len(shape))]
    return g[tuple(slice(size) for size in shape)]


arrive = Walk.arrive


def arrive_and_forget(walk, place, g):
    """Let what arrives at a place replace what has arrived before."""
    if place in walk.arrived:
        walk.arrived[place] = g
    else:
        arrive(walk, place, g)


FOUND_BY_PROGRAMS = {
    "tanh′ = 1 − y": derivative("tanh", lambda y: 1 - y),
    "the sign of division": derivative("div", lambda a, b: a / b / b, "b"),
    "matmul without a transpose": derivative("matmul", lambda g, b: g @ b, "a"),
    "mean without 1/n": derivative("mean", RULES["sum"].derivatives[0].function),
    "softmax without the sum": derivative("softmax", lambda g, y: g * y),
    "permute forwards again": derivative("permute", forwards),
    "a stretched input's gradient not summed": exchange(graph, "sum_to", first_cell),
    "a second use overwrites the first": exchange(Walk, "arrive", arrive_and_forget),
    "writes in place not noticed": exchange(graph, "check_saved", lambda node: None),
}
FOUND_BY_SAMPLES = {
    "each of several largest gets all": exchange(
        reductions, "_shared", lambda chosen, g, x, axis: np.where(chosen, g, 0)
    ),
}


@pytest.mark.parametrize("mistake", FOUND_BY_PROGRAMS)
def test_random_programs_find(mistake, monkeypatch):
    FOUND_BY_PROGRAMS[mistake](monkeypatch)
    judged = []

    def judge(program):
        judged.append(program)
        errors = program.errors()
        assert errors is None or max(errors.values()) < TOLERANCE

    # ValueError: the wrong gradient does not even fit.
    with pytest.raises((AssertionError, ValueError)):
        check(PROGRAMS, judge, phases=[Phase.generate])
    print(f"{mistake}: found by program {len(judged)}")


@pytest.mark.parametrize("mistake", FOUND_BY_SAMPLES)
def test_samples_find(mistake, monkeypatch):
    FOUND_BY_SAMPLES[mistake](monkeypatch)
    answers = stored("core")
    assert any(compare(*each, answers[key(each)]).misses for each in samples_of("core"))


def test_there_are_ten():
    assert len(FOUND_BY_PROGRAMS | FOUND_BY_SAMPLES) == 10
