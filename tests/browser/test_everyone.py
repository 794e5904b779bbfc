"""A stepper is usable by keyboard alone, and by its text alone."""

import pytest

from axe import violations
from geometry import controls
from keyboard import stops, tab_through

Z = """import minigrad as mg
from minigrad_widgets import GraphStepper
x = mg.tensor(1.0, requires_grad=True)
a = mg.tensor(2.0, requires_grad=True)
b = mg.tensor(3.0, requires_grad=True)
y = a * x**2 + b * x + 1
z = y**2 + 2 * y
stepper = GraphStepper(z)
stepper"""
# Each question, and what the answer needs; it must stand in one line of the text.
QUESTIONS = {
    "What is z, and what becomes of it when x is nudged?": ["z is 48", "x from 1 to 1.001", "98"],
    "Why is the gradient of y not known after the first road?": ["two roads", "y must wait"],
    "How does a slope travel along a road?": ["slope of y²", "12", "1 × 12 = 12"],
    "How do the two roads into x make one gradient?": ["add", "42 + 56 = 98"],
    "What did the leaf a keep?": ["a.grad", "None", "14"],
}


@pytest.fixture
def stepper(notebook, server):
    server.write("everyone.ipynb", Z, "print(stepper)")
    notebook.open("everyone.ipynb")
    notebook.run_all()
    return notebook.steppers()[0]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(theme, notebook, stepper):
    notebook.use_theme(theme)
    found = []
    for name in ("First step", "Last step", "More"):
        stepper.press(name)
        found += violations(stepper.root)
    assert not found, "\n\n".join(found)


def test_tab_reaches_everything_once_and_leaves(notebook, stepper):
    for open_drawer in (False, True):
        if open_drawer:
            stepper.press("More")
        expected = stops(stepper.root)
        assert len(expected) >= len(controls(stepper)) >= 7
        stepper.root.focus()
        seen = tab_through(stepper.root)
        assert [part["place"] for part in seen] == expected
        hidden = [part["name"] for part in seen if not (part["visible"] and part["inSight"])]
        assert hidden == []
        back = tab_through(stepper.root, "Shift+Tab")
        assert [part["place"] for part in back] == expected[::-1]


def test_the_focus_is_never_lost(notebook, stepper):
    page = notebook.page
    page.keyboard.press("Escape")
    for name in ("Last step", "First step", "Step forward", "Step back", "Play", "More"):
        button = stepper.root.get_by_role("button", name=name, exact=True)
        button.focus()
        handle = button.element_handle()
        for key in ("Enter", "Space"):
            page.keyboard.press(key)
            assert handle.evaluate("button => button === document.activeElement"), (name, key)


def test_the_text_alone_answers_questions_and_says_what_the_picture_says(notebook, stepper):
    printed = notebook.page.locator(".jp-OutputArea-output pre").last.inner_text()
    lines = printed.splitlines()
    unanswered = [
        question
        for question, needs in QUESTIONS.items()
        if not any(all(need in line for need in needs) for line in lines)
    ]
    assert unanswered == []
    said = [frame["sentence"] for frame in stepper.walk()][1:]  # what stands at first is no step
    assert len(said) > 20
    place = 0
    for sentence in said:
        place = printed.find(sentence, place)
        assert place >= 0, sentence
        place += len(sentence)
