"""The examples in the docstrings run, and print what they say."""

import ast
import builtins
import doctest
import importlib
import inspect
import pkgutil
import re
import textwrap
import types

import pytest

import minigrad
from minigrad import errors
from minigrad.tracing import Computation

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
        each.globs = {"__name__": "__main__"}
        runner.run(each, out=said.append)
    assert said == []


def test_there_are_examples():
    with_examples = {name for name in MODULES if examples(name)}
    assert with_examples >= {"minigrad", "minigrad.traces", "minigrad.tensor", "minigrad.graph"}
    assert sum(len(examples(name)) for name in with_examples) >= 10


# Where a reader looks for names. What they hold of other libraries is theirs to explain.
SHELVES = [
    minigrad, minigrad.Tensor, minigrad.nn, minigrad.nn.functional, minigrad.nn.init,
    minigrad.nn.utils, minigrad.optim, minigrad.optim.lr_scheduler, minigrad.data,
    minigrad.autograd, minigrad.autograd.functional,
    # Classes whose methods a reader calls, or writes anew.
    minigrad.nn.Module, minigrad.optim.Optimizer, minigrad.optim.lr_scheduler.LRScheduler,
    minigrad.data.DataLoader, minigrad.Generator, minigrad.autograd.Function, minigrad.Trace,
    Computation,
]  # fmt: skip
KINDS = type | types.FunctionType | property | staticmethod | classmethod


def public(shelf):
    for name in dir(shelf):
        getattr(shelf, name)  # some load when they are asked for
        each = inspect.getattr_static(shelf, name)
        ours = (getattr(each, "__module__", None) or "minigrad").startswith("minigrad")
        if ours and not name.startswith("_") and isinstance(each, KINDS):
            yield f"{shelf.__name__}.{name}", each


PUBLIC = dict(each for shelf in SHELVES for each in public(shelf))


def found(ending):
    """What a docstring means by a name such as `sum` or `Tensor.to`."""
    return next(each for name, each in PUBLIC.items() if f".{name}".endswith(f".{ending}"))


def words(thing):
    """A docstring up to its example, in one line."""
    return " ".join(inspect.getdoc(thing).partition(">>> ")[0].split())


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_docstring_with_an_example(name):
    # An op that works in place shows that of its twin.
    twin = re.match(r"Do `(\w+)` in place, ", inspect.getdoc(PUBLIC[name]))
    assert ">>> " in inspect.getdoc(found(f"Tensor.{twin[1]}") if twin else PUBLIC[name])


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_source(name):
    # A page of PyTorch's or another library's, or a paper with its year; or there is none.
    assert re.search(
        r"[Aa]s `(torch|sklearn)\.|\b(19|20)\d\d\b|minigrad's own", words(PUBLIC[name])
    )


def told(thing):
    """What is said of errors, also by the docstrings that it sends the reader to."""
    others = re.findall(r"rrors,? as in `(?:mg\.)?([\w.]+)`", words(thing))
    return " ".join([words(thing), *(told(found(each)) for each in others)])


def raised(function):
    """The errors that a function's own code raises, or that of the checks it calls."""
    function = inspect.unwrap(function)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        call = node.exc if isinstance(node, ast.Raise) else node
        called = getattr(call, "func", None)
        name = getattr(called, "id", getattr(called, "attr", ""))
        if isinstance(node, ast.Raise):
            yield from filter(inspect.isclass, [getattr(builtins, name, None)])
        elif re.match("_?check", name):
            known = {**function.__globals__, **vars(errors)}
            yield from raised(known[name]) if name in known else ()


def code(thing):
    """The functions that run when a reader uses it."""
    if isinstance(thing, property):
        return [each for each in (thing.fget, thing.fset) if each]
    if inspect.isclass(thing):
        own = vars(thing).get("__init__")
        return [own] if own and own.__code__.co_filename == inspect.getsourcefile(thing) else []
    return [getattr(thing, "__func__", thing)]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_docstring_names_the_errors(name):
    said = told(PUBLIC[name])
    for function in code(PUBLIC[name]):
        for error in raised(function):
            assert any(each.__name__ in said for each in error.__mro__[:-2]), error


def test_the_public_names_are_found():
    assert len(PUBLIC) > 500
    assert {*raised(minigrad.nn.functional.embedding)} == {RuntimeError, IndexError, AssertionError}
