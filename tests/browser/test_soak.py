"""After 500 edits and 5,000 steps neither the page nor the kernel holds more than at first."""

import json

from test_numbers import IMPORTS

CODE = """x = mg.tensor(1.0, requires_grad=True)
y = x * x + 3 * x
z = y**2 + 2 * y
GraphStepper(z, sliders=True)"""
# Of a collected kernel; psutil comes with ipykernel.
MEMORY = "import gc, psutil\ngc.collect()\nprint(psutil.Process().memory_info().rss)"
EDITS = """async ([root, count]) => {
  const slider = root.querySelector(".sliders input[type=range]");
  const shown = () => root.querySelector("svg.mg-picture").textContent;
  const frame = () => new Promise(requestAnimationFrame);
  for (let edit = 0; edit < count; edit++) {
    const before = shown(), start = performance.now();
    slider.value = edit % 2 ? 0.5 : 0.75;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    while (shown() === before) {
      if (performance.now() > start + 10_000) throw new Error(`edit ${edit} got no answer`);
      await frame();
    }
  }
}"""
STEPS = """([root, count]) => {
  const slider = root.querySelector("input[type=range]");
  const press = key => root.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  for (let step = 0; step < count; step++)
    press(slider.value === slider.max ? "Home" : "ArrowRight");
}"""


def test_memory_stays(notebook, server, measured):
    steppers = 20
    server.write("soak.ipynb", IMPORTS, *[CODE] * steppers, MEMORY)
    notebook.open("soak.ipynb")
    notebook.run_all()
    assert len(notebook.steppers()) == steppers
    root = notebook.steppers()[0].root
    root.scroll_into_view_if_needed()
    handle = root.element_handle()
    devtools = notebook.page.context.new_cdp_session(notebook.page)

    def memory() -> dict[str, int]:
        """Bytes that the page's JavaScript and the kernel hold."""
        for _ in range(3):
            devtools.send("HeapProfiler.collectGarbage")
        page = devtools.send("Runtime.getHeapUsage")["usedSize"]
        notebook.run_cell(steppers + 1)
        printed = notebook.page.locator(".jp-OutputArea-output pre").last.inner_text()
        return {"page": page, "kernel": json.loads(printed)}

    for edits, steps in ((50, 500), (450, 4500)):
        before = None if edits == 50 else memory()
        notebook.page.evaluate(EDITS, [handle, edits])
        notebook.page.evaluate(STEPS, [handle, steps])
    for place, now in memory().items():
        growth = now / before[place] - 1
        figure = f"{now / 1e6:.0f} MB, {growth:+.1%}"
        measured(f"memory of the {place} after 500 edits, 5,000 steps", figure, "within 3 %")
        assert growth < 0.03
