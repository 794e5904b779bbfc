"""Tensors cell by cell, the reader's lines beside the graph, cuts, and a second way back."""

import re

from playwright.sync_api import expect

from axe import violations
from frames import Shown
from test_numbers import IMPORTS

MATMUL = """X = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
W = mg.tensor([[0.5, -1.0], [2.0, 3.0]], requires_grad=True)
loss = (X @ W).sum()
GraphStepper(loss, cells=True)"""
LINES = """x = mg.tensor(3.0, requires_grad=True)
y = x * x
z = y + 2 * x
GraphStepper(z, code=True)"""
CUTS = """a = mg.tensor(2.0, requires_grad=True)
frozen = mg.tensor(5.0)
with mg.no_grad():
    c = a * 3
z = a * frozen + a * c + (a * a).detach() * a
GraphStepper(z)"""
TWICE = "x = mg.tensor(3.0, requires_grad=True)\nz = x * x\nGraphStepper(z, passes=2)"


def test_a_cell_of_a_matmul_says_where_it_comes_from(notebook, server, shoot):
    server.write("cells.ipynb", f"{IMPORTS}\n{MATMUL}")
    notebook.open("cells.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    panel = stepper.root.get_by_role("group", name="The numbers of this step")
    stepper.press("First step")
    stepper.press("Step forward")
    grid = panel.get_by_role("grid")
    products = grid.get_by_role("gridcell").filter(has_text=re.compile(r"\d"))
    assert products.all_inner_texts() == ["4.5", "5", "9.5", "9", "14.5", "13"]
    products.nth(3).focus()
    told = panel.locator("[aria-live]")
    expect(told).to_contain_text("is 9")
    for product in ("3×(−1)", "4×3"):
        expect(told).to_contain_text(product)
    notebook.page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text("is 9.5")
    assert not violations(stepper.root)
    shoot(stepper, "cells")
    # The gradient of W is Xᵀ @ G: 1 + 3 + 5 and 2 + 4 + 6 in each column.
    last = Shown(stepper.walk()[-1])
    assert last.gradients["W"].split()[-4:] == ["9", "9", "12", "12"]


def test_lines_and_nodes_find_each_other(notebook, server, shoot):
    server.write("lines.ipynb", f"{IMPORTS}\n{LINES}")
    notebook.open("lines.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    code = stepper.root.get_by_role("region", name="Code")
    stepper.press("First step")
    stepper.press("Step forward")
    assert code.locator("[aria-current]").inner_text() == "y = x * x"
    code.get_by_role("button", name="z = y + 2 * x").click()
    focused = stepper.root.locator(":focus").get_attribute("aria-label")
    assert focused.startswith(("2·x", "z"))
    stepper.node("y").focus()
    assert code.locator(".pointed").inner_text() == "y = x * x"
    assert not violations(stepper.root)
    shoot(stepper, "code")


def test_cuts_are_drawn_and_no_gradient_crosses_them(notebook, server, shoot):
    server.write("cuts.ipynb", f"{IMPORTS}\n{CUTS}")
    notebook.open("cuts.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    last = Shown(stepper.walk()[-1])
    assert last.gradients["a"] == "∂ 15"  # 5 + 6 + 4: c and the detached square are constants
    assert "frozen" not in last.gradients
    assert stepper.root.locator("svg.mg-picture .cut").count() >= 3
    shoot(stepper, "cuts")


def test_a_second_way_back_fills_the_sockets_anew_and_adds_to_the_bucket(notebook, server):
    server.write("twice.ipynb", f"{IMPORTS}\n{TWICE}")
    notebook.open("twice.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    walked = [Shown(frame) for frame in stepper.walk()]
    buckets = [frame.buckets["x"] for frame in walked]
    assert list(dict.fromkeys(buckets)) == ["None", "6", "12"]
    filled = [sorted(frame.sockets["x"].values()) for frame in walked]
    first = filled.index(["3", "3"])
    assert ["", ""] in filled[first:]
    assert filled[-1] == ["3", "3"]
