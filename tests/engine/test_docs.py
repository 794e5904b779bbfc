"""The examples in the docstrings run, and print what they say."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import minigrad

MODULES = [
    minigrad.__name__,
    *(each.name for each in pkgutil.walk_packages(minigrad.__path__, "minigrad.")),
]


def examples(name):
    module = importlib.import_module(name)
    return [each for each in doctest.DocTestFinder().find(module) if each.examples]


@pytest.mark.parametrize("name", [name for name in MODULES if examples(name)])
def test_examples(name):
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    said = []
    for each in examples(name):
        # A reader types them in a session of their own, not inside our module.
        each.globs = {"__name__": "__main__", "np": np}
        runner.run(each, out=said.append)
    assert said == []


def test_there_are_examples():
    with_examples = {name for name in MODULES if examples(name)}
    assert with_examples >= {"minigrad", "minigrad.trace", "minigrad.tensor", "minigrad.graph"}
    assert sum(len(examples(name)) for name in with_examples) >= 10
