"""Large graphs: closed parts that open, coarser steps, search, and pan and zoom."""

import re

from playwright.sync_api import expect

from frames import Shown
from geometry import faults_at_every_step
from test_numbers import IMPORTS

NETWORK = """from minigrad import nn
mg.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
loss = (model(mg.tensor([[1.0, 2.0]])) ** 2).sum()
GraphStepper(loss)"""
CHAIN = "c = a = mg.tensor(1.0, requires_grad=True)\nfor _ in range({nodes}):\n    c = c.sin()\n"


def test_parts_close_and_open_and_the_numbers_stay(notebook, server):
    server.write("network.ipynb", f"{IMPORTS}\n{NETWORK}")
    notebook.open("network.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    opened = Shown(stepper.walk()[-1])
    stepper.open_drawer()
    show = stepper.root.get_by_role("combobox", name="Show")
    show.select_option("all closed")
    expect(stepper.slider).not_to_have_attribute("max", str(len(opened.values)))
    closed = Shown(stepper.walk()[-1])
    assert len(closed.values) < len(opened.values)
    assert closed.values["loss"] == opened.values["loss"]
    assert faults_at_every_step(stepper)["faults"] == []
    parts = show.locator("option").all_inner_texts()
    show.select_option(parts[1])
    expect(show).to_have_value(re.compile("."))
    show.select_option("everything")
    stepper.waits_for("loss", opened.values["loss"])
    assert Shown(stepper.walk()[-1]).gradients == opened.gradients


def test_coarser_steps_end_at_the_same_numbers(notebook, server):
    server.write("grain.ipynb", f"{IMPORTS}\n{NETWORK}")
    notebook.open("grain.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.open_drawer()
    grain = stepper.root.get_by_role("combobox", name="A step is")
    walks = {}
    for name in grain.locator("option").all_inner_texts():
        grain.select_option(name)
        walks[name] = stepper.walk()
    assert list(walks) == ["one edge", "one operation", "one layer"]
    lengths = [len(walk) for walk in walks.values()]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) == 3
    ends = [Shown(walk[-1]).gradients for walk in walks.values()]
    assert ends[0] == ends[1] == ends[2]


def test_a_graph_that_is_too_large_opens_closed_and_says_so(notebook, server):
    code = CHAIN.format(nodes=1999) + "GraphStepper(c)"
    server.write("large.ipynb", f"{IMPORTS}\n{code}")
    notebook.open("large.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    assert "2,000" in stepper.root.inner_text()
    assert len(stepper.read()["nodes"]) <= 150
    assert len(stepper.walk()) > 3


def test_a_node_is_found_and_the_picture_is_zoomed(notebook, server):
    code = CHAIN.format(nodes=99) + "needle = c * 2\nend = needle + 1\nGraphStepper(end)"
    server.write("search.ipynb", f"{IMPORTS}\n{code}")
    notebook.open("search.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.open_drawer()
    field = stepper.root.get_by_role("searchbox", name="Find a node")
    field.fill("need")
    field.press("Enter")
    needle = stepper.node("needle")
    assert needle.evaluate("node => node === document.activeElement")
    seen = """node => {
      const box = node.getBoundingClientRect();
      const view = node.closest(".view").getBoundingClientRect();
      return box.left >= view.left && box.right <= view.right
        && box.top >= view.top && box.bottom <= view.bottom;
    }"""
    assert needle.evaluate(seen)

    picture = stepper.root.locator("svg.mg-picture")
    width = picture.bounding_box()["width"]
    stepper.press("Zoom in")
    assert picture.bounding_box()["width"] > 1.1 * width
    stepper.press("Zoom out")
    assert abs(picture.bounding_box()["width"] - width) < 2

    view = stepper.root.locator(".view").bounding_box()
    before = picture.bounding_box()
    x, y = view["x"] + view["width"] / 2, view["y"] + view["height"] - 8
    notebook.page.mouse.move(x, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(x + 40, y, steps=4)
    notebook.page.mouse.move(x + 120, y, steps=4)
    notebook.page.mouse.up()
    assert abs(picture.bounding_box()["x"] - before["x"] - 120) <= 1
    notebook.page.mouse.move(x, y)  # let go, it follows no more
    assert abs(picture.bounding_box()["x"] - before["x"] - 120) <= 1
    stepper.press("Fit the whole graph")
    view = stepper.root.locator(".view").bounding_box()
    assert picture.bounding_box()["width"] <= view["width"] + 1
