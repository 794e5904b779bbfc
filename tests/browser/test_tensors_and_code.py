"""Tensors cell by cell, the reader's lines beside the graph, cuts, and a second way back."""

import re

import numpy as np
from playwright.sync_api import expect

from differences import Differences, Z
from frames import Shown, check
from test_numbers import IMPORTS

MATMUL = """X = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
W = mg.tensor([[0.5, -1.0], [2.0, 3.0]], requires_grad=True)
loss = (X @ W).sum()
GraphStepper(loss, cells=True)"""
SOFTMAX = """v = mg.tensor([1.0, 2.0, 0.5], requires_grad=True)
loss = (v.softmax(0) * mg.tensor([1.0, -2.0, 3.0])).sum()
GraphStepper(loss, cells=True)"""
PRESETS = "from minigrad_widgets import presets\n"
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


def cells_of(table) -> list[list[float]]:
    """The numbers of a table, without its headers."""
    rows = table.locator("tbody tr").all()
    texts = [row.locator("td").all_inner_texts() for row in rows]
    return [[float(text.replace("−", "-")) for text in row] for row in texts]


def test_a_cell_of_a_matmul_says_where_it_comes_from(notebook, server):
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
    small = panel.bounding_box()["width"], grid.bounding_box()["width"]
    larger = panel.get_by_role("button", name="Larger")
    larger.click()
    expect(larger).to_have_attribute("aria-pressed", "true")
    assert grid.bounding_box()["width"] > 1.2 * small[1]
    assert panel.bounding_box()["width"] == small[0]
    larger.click()
    assert grid.bounding_box()["width"] == small[1]
    # The gradient of W is Xᵀ @ G: 1 + 3 + 5 and 2 + 4 + 6 in each column.
    last = Shown(stepper.walk()[-1])
    assert last.gradients["W"].split()[-4:] == ["9", "9", "12", "12"]


def test_what_was_stretched_is_summed_back_cell_by_cell(notebook, server):
    """The preset for broadcasting, against NumPy."""
    server.write("stretched.ipynb", f"{IMPORTS}\n{PRESETS}presets.broadcasting()")
    notebook.open("stretched.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    X = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 1.5, -1.0, 2.0], [2.0, 0.5, 1.0, -1.5]])
    W = np.array([[0.5, -1.0], [1.5, 0.25], [-0.5, 2.0], [1.0, -0.75]])
    G = 2 * (X @ W + [0.5, -1.0])
    last = Shown(stepper.walk()[-1])
    for name, expected in (("W", X.T @ G), ("bias", G.sum(0))):
        cells = last.gradients[name].replace("−", "-").split()[-expected.size :]
        # A cell has room for three digits or more.
        np.testing.assert_allclose([float(cell) for cell in cells], expected.ravel(), rtol=5e-3)
    stepper.walk_to("bias was stretched")
    panel = stepper.root.get_by_role("group", name="The numbers of this step")
    np.testing.assert_allclose(cells_of(panel.get_by_role("table").first), G, rtol=1e-3)
    total = panel.get_by_role("grid").get_by_role("gridcell").filter(has_text=re.compile(r"\d"))
    assert total.all_inner_texts() == [f"{each:.4g}".replace("-", "−") for each in G.sum(0)]
    total.last.focus()
    told = panel.locator("[aria-live]")
    expect(told).to_contain_text("is −15.25")
    expect(told).to_contain_text("3 numbers, added")
    for part in G[:, 1]:
        expect(told).to_contain_text(f"{part:.4g}".replace("-", "−"))


def test_the_full_jacobian_on_request(notebook, server):
    server.write("jacobian.ipynb", f"{IMPORTS}\n{SOFTMAX}")
    notebook.open("jacobian.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.walk_to("softmax turns")
    panel = stepper.root.get_by_role("group", name="The numbers of this step")
    table = panel.get_by_role("table", name="softmax")
    expect(table).to_have_count(0)  # what is folded away is not read out
    at = stepper.step
    panel.get_by_text("The full Jacobian").focus()
    notebook.page.keyboard.press("Space")
    expect(table).to_be_visible()
    assert stepper.step == at
    p = np.exp([1.0, 2.0, 0.5]) / np.exp([1.0, 2.0, 0.5]).sum()
    np.testing.assert_allclose(cells_of(table), np.diag(p) - np.outer(p, p), rtol=1e-3)


def test_the_preset_of_the_chain_rule(notebook, server):
    server.write("chain.ipynb", f"{IMPORTS}\n{PRESETS}presets.chain_rule()")
    notebook.open("chain.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    program = {"y² + 2·y" if name == "z" else name: rule for name, rule in Z.items()}
    check(stepper.walk(), Differences(program, {"x": 3.0, "a": -3.0, "b": 5.0}))


def test_lines_and_nodes_find_each_other(notebook, server):
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


def test_cuts_are_drawn_and_no_gradient_crosses_them(notebook, server):
    server.write("cuts.ipynb", f"{IMPORTS}\n{CUTS}")
    notebook.open("cuts.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    last = Shown(stepper.walk()[-1])
    assert last.gradients["a"] == "∂ 15"  # 5 + 6 + 4: c and the detached square are constants
    assert "frozen" not in last.gradients
    assert stepper.root.locator("svg.mg-picture .cut").count() >= 3


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
