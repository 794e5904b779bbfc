"""Each widget's docstring has an example, and it does what it says."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import minigrad_widgets

MODULES = [each.name for each in pkgutil.iter_modules(minigrad_widgets.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name):
    module = importlib.import_module(f"minigrad_widgets.{name}")
    reader = {"__name__": "__main__"}  # variables are looked for in the reader's frames alone
    assert doctest.testmod(module, extraglobs=reader).failed == 0


def public():
    for name in minigrad_widgets.__all__:
        thing = getattr(minigrad_widgets, name)
        if inspect.ismodule(thing):
            for each in filter(inspect.isfunction, vars(thing).values()):
                if each.__module__ == thing.__name__ and not each.__name__.startswith("_"):
                    yield pytest.param(each, id=f"{name}.{each.__name__}")
        else:
            yield pytest.param(thing, id=name)


@pytest.mark.parametrize("thing", list(public()))
def test_what_is_public_has_an_example(thing):
    assert ">>> " in inspect.getdoc(thing)
