"""How fast a stepper comes and steps, and how much room it takes: printed, in one table.

Times differ from machine to machine, so they are not asserted; the bundle's size is.
"""

import json
import re
import statistics

from playwright.sync_api import expect

import kit
import sizes
from sizes import SIZES

BUNDLE = kit.ROOT / "widgets" / "minigrad_widgets" / "static" / "stepper.js"
IMPORTS = "import minigrad as mg\nfrom minigrad_widgets import GraphStepper\n"
START = IMPORTS + "GraphStepper(mg.tensor(3.0, requires_grad=True) ** 2)"
AIMS = {20: 100, 200: 200, 1000: 1500}  # milliseconds from the cell's start to the first frame
# Time from the start of the selected cell to the frame after the next stepper is in the page.
FIRST_FRAME = """async count => {
  const steppers = () => document.querySelectorAll("[aria-label=Stepper] svg.mg-picture").length;
  // A page that is not painted gets no frames: the timer keeps the test from hanging.
  const frame = () => new Promise(go => { requestAnimationFrame(go); setTimeout(go, 500); });
  const start = performance.now();
  void jupyterapp.commands.execute("notebook:run-cell-and-select-next");
  while (steppers() < count) {
    if (performance.now() > start + 20_000) throw new Error(`stepper ${count} did not come`);
    await frame();
  }
  await frame();
  return performance.now() - start;
}"""
# The times between the frames that the browser paints, while every frame makes a step.
STEP_TIMES = """async root => {
  const slider = root.querySelector("input[type=range]");
  const press = key => root.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  const frame = () => new Promise(requestAnimationFrame);
  press("Home");
  for (let warm = 0; warm < 20; warm++) { await frame(); press("ArrowRight"); }
  const from = Number(slider.value), times = [], own = [];
  let before = await frame();
  for (let step = 0; step < 300; step++) {
    const start = performance.now();
    press("ArrowRight");
    own.push(performance.now() - start);
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  if (Number(slider.value) !== from + 300) throw new Error(`only at step ${slider.value}`);
  return {times, own};
}"""
# The time from a drag of a slider to the frame that shows the kernel's answer.
EDIT_TIMES = """async root => {
  const slider = root.querySelector(".sliders input[type=range]");
  const shown = () => root.querySelector("svg.mg-picture").textContent;
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  for (let edit = 0; edit < 40; edit++) {
    const before = shown(), start = performance.now();
    slider.value = edit % 2 ? 0.5 : 0.75;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    while (shown() === before) {
      if (performance.now() > start + 5000) throw new Error(`edit ${edit} got no answer`);
      await frame();
    }
    await frame();
    times.push(performance.now() - start);
  }
  return times;
}"""


def graph(nodes: int, **keywords) -> str:
    """A cell that makes a graph of so many nodes, and shows it."""
    words = "".join(f", {name}={value!r}" for name, value in keywords.items())
    loop = f"for _ in range({nodes - 1}):\n    c = c.sin()\n"
    return f"c = a = mg.tensor(1.0, requires_grad=True)\n{loop}GraphStepper(c{words})"


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def test_first_frames_and_steps(notebook, server, measured):
    nodes = [size for size in AIMS for _ in range(3)]
    server.write("speed.ipynb", START, *map(graph, nodes))
    notebook.open("speed.ipynb")
    times = [notebook.page.evaluate(FIRST_FRAME, count) for count in range(1, len(nodes) + 2)]
    for size, aim in AIMS.items():
        of_size = [time for time, each in zip(times[1:], nodes, strict=True) if each == size]
        figure = f"{statistics.median(of_size):.0f} ms"
        measured(f"cell start to first frame, {size} nodes", figure, f"{aim} ms")
    stepper = notebook.steppers()[-1]
    stepper.root.scroll_into_view_if_needed()
    stepper.open_drawer()
    stepper.root.get_by_role("combobox", name="Show").select_option("everything")
    stepper.root.get_by_role("combobox", name="A step is").select_option("one edge")
    expect(stepper.slider).to_have_attribute("max", re.compile(r"\d{4}"))
    stepper.press("More")
    seen = stepper.root.evaluate(STEP_TIMES)
    measured("step at 1,000 nodes, 95th percentile", f"{p95(seen['times']):.1f} ms", "16.7 ms")
    measured("of which JavaScript", f"{p95(seen['own']):.1f} ms", "–")


def test_edits(notebook, server, measured):
    server.write("edits.ipynb", IMPORTS + graph(20, sliders=True))
    notebook.open("edits.ipynb")
    notebook.run_all()
    times = notebook.steppers()[0].root.evaluate(EDIT_TIMES)
    figure = f"{statistics.median(times):.0f} ms, p95 {p95(times):.0f} ms"
    measured("edit to frame, 20 nodes", figure, "60 ms")


def test_the_bundle_is_small(measured):
    size = BUNDLE.stat().st_size
    measured("the bundle", f"{size / 1000:.1f} KB", "60 KB")
    assert size <= 60_000


def test_saved_sizes(notebook, server, measured):
    """What JupyterLab saves of a widget, where the reader has switched that on."""
    server.set("@jupyter-widgets/jupyterlab-manager:plugin", saveState=True)
    cells = [f"{code.strip()}\nGraphStepper(loss)" for code in SIZES.values()]
    server.write("saved.ipynb", sizes.IMPORTS, *cells)
    notebook.open("saved.ipynb")
    notebook.run_all()
    notebook.command("docmanager:save")
    saved = json.loads((server.notebooks / "saved.ipynb").read_text(encoding="utf-8"))
    state = saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    outputs = [output for cell in saved["cells"] for output in cell["outputs"]]
    views = [output["data"]["application/vnd.jupyter.widget-view+json"] for output in outputs]
    for name, view in zip(SIZES, views, strict=True):
        size = len(json.dumps(state[view["model_id"]], ensure_ascii=False).encode())
        aim = "150 KB" if name.startswith("20 ") else "–"
        measured(f"a saved widget: {name}", f"{size / 1000:.1f} KB", aim)
