"""The examples in the docstrings run, and print what they say."""

import doctest
import importlib
import inspect
import pkgutil
import types

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


# Where a reader looks for names. What they hold of other libraries is theirs to explain.
SHELVES = [
    minigrad, minigrad.Tensor, minigrad.nn, minigrad.nn.functional, minigrad.nn.init,
    minigrad.nn.utils, minigrad.optim, minigrad.optim.lr_scheduler, minigrad.data,
    minigrad.autograd, minigrad.autograd.functional,
]  # fmt: skip


def public(shelf):
    for name in dir(shelf):
        each = inspect.getattr_static(shelf, name)
        ours = (getattr(each, "__module__", None) or "minigrad").startswith("minigrad")
        if (
            ours
            and not name.startswith("_")
            and isinstance(each, type | types.FunctionType | property)
        ):
            yield shelf, name


PUBLIC = [each for shelf in SHELVES for each in public(shelf)]


@pytest.mark.parametrize(
    ("shelf", "name"), PUBLIC, ids=[f"{shelf.__name__}.{name}" for shelf, name in PUBLIC]
)
def test_a_public_name_has_a_docstring_with_an_example(shelf, name):
    text = inspect.getdoc(inspect.getattr_static(shelf, name)) or ""
    twin = hasattr(shelf, name.removesuffix("_")) and name.endswith("_")
    assert ">>> " in text or (twin and f"`{name.removesuffix('_')}`" in text)


def test_the_public_names_are_found():
    assert len(PUBLIC) > 500
