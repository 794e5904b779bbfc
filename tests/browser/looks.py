"""Every way to use a stepper, each as a cell, brought to where there is something to see."""

from playwright.sync_api import expect

from test_large import NETWORK
from test_tensors_and_code import CUTS, LINES, MATMUL, SOFTMAX, TWICE

IMPORTS = """import minigrad as mg
from minigrad_widgets import ExpressionStepper, GraphStepper, presets"""
PRACTICE = """a = mg.tensor(2.0, requires_grad=True)
b = mg.tensor(-3.0, requires_grad=True)
c = a * b + a
GraphStepper(c, practice=True)"""
PLAIN = PRACTICE.replace(", practice=True", "")


def ask_a_cell(stepper):
    """Choose a cell of the tables below the picture."""
    stepper.press("First step")
    stepper.press("Step forward")
    stepper.root.get_by_role("gridcell").last.focus()


def sum_back(stepper):
    stepper.walk_to("was stretched")
    stepper.root.get_by_role("gridcell").last.focus()


def open_jacobian(stepper):
    stepper.walk_to("softmax turns")
    stepper.root.get_by_text("The full Jacobian").click()


def enlarge(stepper):
    ask_a_cell(stepper)
    stepper.press("Larger")


def answer_wrongly(stepper):
    stepper.press("Last step")
    stepper.press("Step forward")
    field = stepper.root.get_by_role("textbox")
    field.fill("123")
    field.press("Enter")
    stepper.press("Hint")
    stepper.root.get_by_role("listitem").wait_for()


def mistype(stepper):
    expect(stepper.change("a", "two")).to_have_attribute("aria-invalid", "true")


def close_parts(stepper):
    stepper.open_drawer()
    stepper.root.get_by_role("combobox", name="Show").select_option("all closed")
    stepper.root.locator("[data-group]").first.wait_for()
    stepper.press("More")
    stepper.press("Last step")


def end(stepper):
    stepper.press("Last step")


LOOKS = {
    "expression": ('ExpressionStepper("sin(a*b) + c", a=2, b=-3, c=10)', lambda stepper: None),
    "sliders": ("presets.chain_rule()", end),
    "practice": (PRACTICE, answer_wrongly),
    "cells": (MATMUL, ask_a_cell),
    "cells summed back": ("presets.broadcasting()", sum_back),
    "cells with a Jacobian": (SOFTMAX, open_jacobian),
    "cells made larger": (MATMUL, enlarge),
    "code": (LINES, end),
    "cuts": (CUTS, end),
    "closed parts": (NETWORK, close_parts),
    "two ways back": (TWICE, end),
    "a refused number": (PLAIN, mistype),
    "behind the dots": (PLAIN, lambda stepper: stepper.open_drawer()),
}


def show_all(notebook, server, *more: str) -> dict:
    """Run a notebook of these cells, and of `more`; return each stepper by the name of its look."""
    server.write("looks.ipynb", IMPORTS, *(code for code, _ in LOOKS.values()), *more)
    notebook.open("looks.ipynb")
    notebook.run_all()
    steppers = dict(zip(LOOKS, notebook.steppers(), strict=True))
    for name, stepper in steppers.items():
        LOOKS[name][1](stepper)
    return steppers
