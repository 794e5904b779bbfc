"""Every use of a stepper, light and dark, in a narrow panel and enlarged; its siblings too."""

import re

from axe import violations
from looks import LOOKS, show_all

SIBLINGS = {
    "DescentExplorer": """from minigrad_widgets import DescentExplorer
DescentExplorer("bowl", start=(4, -2), rate=0.5, racers=["SGD", "Adam"], steps=20)""",
    "LineFit": """from minigrad_widgets import LineFit
LineFit([0.0, 1.0, 2.0], [1.1, 2.9, 5.2], rate=0.1, racers=["SGD"], steps=20)""",
    "TrainingMonitor": """from minigrad import nn
from minigrad_widgets import TrainingMonitor
X, y = mg.data.moons(40)
TrainingMonitor(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), X, y)""",
    "TensorView, numbers": """from minigrad_widgets import TensorView
TensorView(mg.randn(3, 8, requires_grad=True))""",
    "TensorView, a picture": "TensorView(mg.randn(40, 60))",
}
# In a part that hides what flows over, nothing may flow over; what scrolls can be scrolled to.
CLIPPED = """root => {
  const edge = root.getBoundingClientRect(), faults = [];
  const scrolls = part => part !== root &&
    (/auto|scroll/.test(getComputedStyle(part).overflowX) || scrolls(part.parentElement));
  for (const part of [root, ...root.querySelectorAll("*")]) {
    if (part.closest("svg") || !part.checkVisibility({visibilityProperty: true})) continue;
    const {overflowX, overflowY} = getComputedStyle(part);
    const name = `${part.tagName} ${part.className} ${part.getAttribute("aria-label")}`;
    const read = part.clientWidth > 1;  // what is one pixel wide is there to be read aloud
    if (read && overflowX === "hidden" && part.scrollWidth > part.clientWidth + 1)
      faults.push(`${name}: ${part.scrollWidth} px wide in ${part.clientWidth}`);
    if (read && overflowY === "hidden" && part.scrollHeight > part.clientHeight + 1)
      faults.push(`${name}: ${part.scrollHeight} px high in ${part.clientHeight}`);
    const box = part.getBoundingClientRect();
    const out = box.left < edge.left - 1 || box.right > edge.right + 1;
    if (part !== root && out && !scrolls(part.parentElement))
      faults.push(`${name} sticks out of the widget`);
    if (!part.matches("button, input, select")) continue;
    part.scrollIntoView({block: "center"});
    const at = part.getBoundingClientRect();
    const hit = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
    if (!part.contains(hit)) faults.push(`${name} is covered by ${hit?.outerHTML.slice(0, 80)}`);
  }
  return faults;
}"""
# JupyterLab scrolls an output that is too wide, and the notebook.
SIDEWAYS = """() => [...document.querySelectorAll(".jp-OutputArea-output, .jp-WindowedPanel-outer")]
  .filter(part => part.scrollWidth > part.clientWidth + 1)
  .map(part => `${part.scrollWidth} px in ${part.clientWidth}: ${part.innerText.slice(0, 60)}`)"""


def test_light_and_dark(notebook, server, shoot):
    found = {}
    steppers = show_all(notebook, server)
    for theme in ("Dark", "Light"):
        notebook.use_theme(theme)
        for name, stepper in steppers.items():
            stepper.root.scroll_into_view_if_needed()
            if wrong := violations(stepper.root):
                found[name, theme] = wrong
            shoot(stepper, f"{name}-{theme}")
    assert found == {}


def test_narrow_and_enlarged(notebook, server, shoot):
    steppers = show_all(notebook, server, *SIBLINGS.values())
    outputs = notebook.page.locator(".jp-OutputArea-output").all()
    siblings = dict(zip(SIBLINGS, outputs[len(LOOKS) :], strict=True))
    roots = {name: stepper.root for name, stepper in steppers.items()} | siblings
    plain = steppers["behind the dots"]
    devtools = notebook.page.context.new_cdp_session(notebook.page)
    # The zoom of a browser halves the pixels of the layout and doubles those of the screen.
    twice = {"width": 640, "height": 450, "deviceScaleFactor": 2, "mobile": False}

    def is_usable(how: str) -> None:
        found = {name: faults for name, root in roots.items() if (faults := root.evaluate(CLIPPED))}
        assert (found, notebook.page.evaluate(SIDEWAYS)) == ({}, [])
        plain.press("First step")
        plain.press("Step forward")
        assert plain.step == 1
        siblings["DescentExplorer"].get_by_role("button", name="One step").click()
        siblings["TrainingMonitor"].get_by_role("button", name="Pause").click()
        told = siblings["TrainingMonitor"].get_by_role("status")
        told.filter(has_text=re.compile("pauses before its first step")).wait_for()
        shoot(plain, how)

    devtools.send("Emulation.setDeviceMetricsOverride", twice)
    is_usable("zoomed")
    devtools.send("Emulation.clearDeviceMetricsOverride")
    notebook.widen(plain, 320)
    is_usable("narrow")
