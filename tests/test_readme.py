"""The README's first screen does what it says."""

import contextlib
import io
import re

import pytest

import kit
from minigrad.rules import rule

TEXT = (kit.ROOT / "README.md").read_text(encoding="utf-8")


def example(text):
    return re.search(r"```python\n(.*?)```\n```\n(.*?)```", text, re.DOTALL).groups()


def printed_by(code):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    return printed.getvalue()


def test_the_op_of_contributing_works(monkeypatch):
    monkeypatch.setattr(rule, "RULES", dict(rule.RULES))  # it is gone afterwards
    code, output = example((kit.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert printed_by(code) == output


def test_the_code_prints_what_stands_below_it():
    code, output = example(TEXT)
    assert printed_by(code) == output
    assert sum(bool(line) for line in code.splitlines()) == 8


def test_the_order_of_the_first_screen():
    parts = [
        "Step through backpropagation, forwards and back, in a notebook",
        "docs/stepper-Light.png",
        "python kit.py lab",
        "python kit.py test",
        "import minigrad as mg",
        "I learn | I teach | I read the engine",
    ]
    places = [TEXT.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "minigrad/README.md"])
def test_what_it_points_to_exists(name):
    page = kit.ROOT / name
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r'\]\(([^)#]+)\)|(?:src|srcset)="([^"]+)"', text)
    assert len(targets) > 5 or name == "CONTRIBUTING.md"
    for target in map("".join, targets):
        assert (page.parent / target).exists(), target
