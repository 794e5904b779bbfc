"""Numbers are changed in the picture, by sliders, from a loop and by running the cell again."""

from playwright.sync_api import expect

from differences import Differences, Z, shown
from frames import Shown, check, number
from test_numbers import IMPORTS, Z_CODE, leaves_code

AT = {"x": 1.0, "a": 2.0, "b": 3.0}
CHANGED = {"x": 1.0, "a": -2.5, "b": 3.0}
# The middle of every box; a box may grow for a longer number.
LAYOUT = """root => [...root.querySelectorAll("svg.mg-picture [data-id] > .box")]
  .map(box => box.getBBox()).flatMap(({x, y, width, height}) => [x + width / 2, y + height / 2])"""

# Faster than the kernel answers; returns where it ends.
DRAG = """async slider => {
  for (let value = -1; value <= 3; value += 0.02) {
    slider.value = value;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    if (Math.round(value * 50) % 5 === 0) await new Promise(requestAnimationFrame);
  }
  return slider.value;
}"""


def value_of(leaves: dict[str, float]) -> str:
    """What the root shows at these leaves."""
    return f"{shown(Differences(Z, leaves).values['z']):g}".replace("-", "−")


def test_a_leaf_in_its_box_and_the_readers_tensor_stays(notebook, server):
    code = Z_CODE.replace("GraphStepper(z)", "s = GraphStepper(z)\ns")
    server.write("box.ipynb", leaves_code(AT), code, "print(a.item(), a.grad, s)")
    notebook.open("box.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.press("Last step")
    at, layout = stepper.step, stepper.root.evaluate(LAYOUT)
    stepper.change("a", "-2.5")
    stepper.waits_for("z", value_of(CHANGED))
    assert stepper.step == at
    moved = zip(stepper.root.evaluate(LAYOUT), layout, strict=True)
    assert max(abs(now - before) for now, before in moved) < 20
    assert stepper.node("a").evaluate("node => node === document.activeElement")
    check(stepper.walk(), Differences(Z, CHANGED))
    notebook.run_cell(2)
    printed = notebook.page.locator(".jp-OutputArea-output pre").last.inner_text()
    assert printed.startswith("2.0 None z = ")
    assert "a = −2.5" in printed


def test_an_error_stands_at_the_number_and_the_graph_stays(notebook, server):
    server.write("error.ipynb", leaves_code(AT), Z_CODE)
    notebook.open("error.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    before = stepper.walk()
    field = stepper.change("a", "two")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.get_attribute("aria-describedby")
    assert "two" in stepper.root.locator(f"[id='{described}']").inner_text()
    field.press("Escape")
    for now, then in zip(stepper.walk(), before, strict=True):
        assert now == then
    stepper.change("a", "-2.5")
    stepper.waits_for("z", value_of(CHANGED))


def test_the_last_of_many_edits_wins(notebook, server):
    code = Z_CODE.replace("(z)", "(z, sliders=True)")
    server.write("sliders.ipynb", leaves_code(AT), code)
    notebook.open("sliders.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    panel = stepper.root.get_by_role("group", name="Change a number")
    slider = panel.get_by_role("slider", name="a", exact=True)
    last = float(slider.evaluate(DRAG))
    stepper.waits_for("z", value_of(AT | {"a": last}))
    field = panel.get_by_role("textbox", name="a, typed", exact=True)
    field.fill("-2")
    field.fill("-2.5")
    field.press("Enter")
    stepper.waits_for("z", value_of(CHANGED))
    notebook.page.wait_for_timeout(500)  # an answer that was late would come now
    check(stepper.walk(), Differences(Z, CHANGED))

    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.waits_for("z", value_of(AT))
    check(stepper.walk(), Differences(Z, AT))


def test_a_change_does_not_wait_for_a_running_cell(notebook, server):
    go_on = server.notebooks / "go on with edits"
    wait = f"import pathlib, time\nwhile not pathlib.Path({go_on.name!r}).exists():\n"
    code = Z_CODE.replace("(z)", "(z, sliders=True)")
    server.write("busy-edits.ipynb", leaves_code(AT), code, f"{wait}    time.sleep(0.1)")
    notebook.open("busy-edits.ipynb")
    notebook.page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    running = notebook.page.locator(".jp-InputPrompt").last
    expect(running).to_have_text("[*]:")
    notebook.page.get_by_role("group", name="Stepper").wait_for()
    (stepper,) = notebook.steppers()
    stepper.change("a", "-2.5")
    stepper.waits_for("z", value_of(CHANGED))
    last = float(stepper.root.get_by_role("slider", name="a", exact=True).evaluate(DRAG))
    stepper.waits_for("z", value_of(AT | {"a": last}))
    stepper.change("b", "0.5")
    now = AT | {"a": last, "b": 0.5}
    stepper.waits_for("z", value_of(now))
    check(stepper.walk(), Differences(Z, now))
    expect(running).to_have_text("[*]:")
    go_on.touch()


def test_a_function_takes_its_other_branch(notebook, server):
    code = "def f(x):\n    return x * x if x > 0 else -3 * x\n\n\n"
    code += "GraphStepper(f, mg.tensor(2.0, requires_grad=True))"
    server.write("branch.ipynb", f"{IMPORTS}\n{code}")
    notebook.open("branch.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    assert Shown(stepper.walk()[-1]).gradients["x"] == "∂ 4"
    stepper.change("x", "-2")
    expect(stepper.node("x")).to_have_attribute("aria-label", "x, value −2, gradient −3")


def test_a_cell_that_runs_again_updates_the_view_on_screen_and_keeps_the_step(notebook, server):
    server.write("again.ipynb", leaves_code(AT), Z_CODE)
    notebook.open("again.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.press("Last step")
    at = stepper.step
    notebook.page.wait_for_timeout(600)  # the kernel hears of the step once the reader rests
    notebook.edit(0, leaves_code(CHANGED))
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.waits_for("z", value_of(CHANGED))
    assert stepper.step == at


def test_a_loop_feeds_the_view(notebook, server):
    start = f"{IMPORTS}\nw = mg.tensor(4.0, requires_grad=True)\ns = GraphStepper((w - 1) ** 2)\ns"
    loop = "import time\nfor value in (3.0, 2.0, 7.5):\n    time.sleep(0.3)\n"
    loop += "    w = mg.tensor(value, requires_grad=True)\n    s.update((w - 1) ** 2)"
    server.write("loop.ipynb", start, loop)
    notebook.open("loop.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.waits_for("w", "7.5")
    assert number(Shown(stepper.walk()[-1]).gradients["w"].removeprefix("∂ ")) == 13


def test_an_expression_becomes_a_graph_while_it_is_typed(notebook, server):
    code = "from minigrad_widgets import ExpressionStepper\n"
    code += 'ExpressionStepper("a*b + c", a=2, b=-3, c=10)'
    server.write("expression.ipynb", code)
    notebook.open("expression.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    last = Shown(stepper.walk()[-1])
    assert {name: last.gradients[name] for name in "abc"} == {"a": "∂ −3", "b": "∂ 2", "c": "∂ 1"}
    field = stepper.root.get_by_role("textbox", name="Expression")
    field.fill("sin(a*b) + c*c")
    stepper.waits_for("c²" if stepper.node("c²").count() else "c·c", "100")
    last = Shown(stepper.walk()[-1])
    # cos(−6) · −3 = −2.8805, cos(−6) · 2 = 1.9203, 2c = 20
    assert [last.gradients[name] for name in "abc"] == ["∂ −2.881", "∂ 1.92", "∂ 20"]
    for refused in ("__import__('os')", "a.b", "a +", "[a]"):
        field.fill(refused)
        expect(field).to_have_attribute("aria-invalid", "true")
        assert Shown(stepper.read()).gradients == last.gradients
