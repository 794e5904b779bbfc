"""TrainingMonitor and TensorView as a reader uses them, in a notebook whose cell is running."""

import re
from types import SimpleNamespace

import pytest

import axe
from lab import IDLE

MODEL = """\
import minigrad as mg
from minigrad import nn
from minigrad_widgets.monitor import TrainingMonitor

mg.manual_seed(1)
X, y = mg.data.moons(100)
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = mg.optim.SGD(model.parameters(), lr=0.5)
monitor = TrainingMonitor(model, X, y)"""
LOOP = """\
for step in monitor(range(STEPS)):
    out = model(X).squeeze(1)
    loss = nn.functional.binary_cross_entropy_with_logits(out, y.float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    monitor.log(loss, accuracy=((out > 0) == y).float().mean())"""
TOLD = "print(monitor)\nprint(len(monitor.losses), monitor.drawing_share)"
TRAINED = re.compile(r"after ([\d,]+) of")


class Monitor:
    """A monitor in a notebook's output, used through its roles and accessible names."""

    def __init__(self, page):
        self.root = page.locator(".mg-monitor").first

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def says(self, start):
        """Wait until the status begins like this; return all of it."""
        status = self.root.get_by_role("status").filter(has_text=re.compile(f"^{start}"))
        status.wait_for(timeout=20_000)
        return status.inner_text()

    def waits_after(self):
        """Wait for the pause; return how many steps were taken."""
        return int(TRAINED.search(self.says("Paused"))[1].replace(",", ""))

    def progress(self):
        return self.root.get_by_role("progressbar", name="Training").evaluate("bar => bar.value")


@pytest.fixture
def running(notebook, server):
    """A monitor whose loop would run for minutes."""
    server.write("monitor.ipynb", MODEL, LOOP.replace("STEPS", "1_000_000"), TOLD)
    notebook.open("monitor.ipynb")
    notebook.page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    monitor = Monitor(notebook.page)
    monitor.says("Running")
    return monitor


def is_busy(notebook):
    return notebook.page.locator(".jp-InputPrompt").nth(1).inner_text() == "[*]:"


def run_loop_again(notebook):
    notebook.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    notebook.page.evaluate("void jupyterapp.commands.execute('notebook:run-cell')")


def test_buttons_act_while_the_cell_runs(notebook, running, shoot, measured):
    running.press("Pause")
    paused = running.waits_after()
    assert paused > 0
    assert is_busy(notebook)
    assert running.progress() == paused

    running.press("One step")
    running.says(f"Paused after {paused + 1:,} of")
    assert is_busy(notebook)

    for theme in ("Light", "Dark"):
        notebook.use_theme(theme)
        shoot(running, f"TrainingMonitor {theme}")
        assert axe.violations(running.root) == []

    running.press("Resume")
    running.says("Running")
    notebook.page.wait_for_timeout(6000)  # so long that pictures are due
    running.press("Pause")
    later = running.waits_after()
    assert later > paused + 1

    running.press("Stop")
    assert running.says("Stopped") == (
        f"Stopped after {later:,} of 1,000,000 steps. The next run starts a new loop."
    )
    notebook.page.wait_for_function(IDLE, timeout=20_000)
    printed = (
        notebook.page.locator(".jp-OutputArea-output pre").last.inner_text().strip().split("\n")
    )
    shown = running.root.locator("p").all_inner_texts()
    # The page says what print says, and one loss was logged for every step.
    losses, share = printed.pop().split()
    assert printed == [running.says("Stopped"), *shown]
    assert int(losses) == later
    measured("TrainingMonitor: drawing, of the training time", f"{float(share):.1%}", "10 %")


def test_a_deaf_kernel_is_said_and_the_loop_goes_on_where_it_stood(notebook, server):
    """As in places without subshells, where a running cell keeps all messages waiting."""
    deaf = "from unittest.mock import patch\nimport minigrad_widgets.monitor\n"
    deaf += "patch('minigrad_widgets.monitor.hear_while_busy', lambda widget: None).start()\n"
    server.write("deaf.ipynb", deaf + MODEL, LOOP.replace("STEPS", "1_000_000"))
    notebook.open("deaf.ipynb")
    notebook.page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    monitor = Monitor(notebook.page)
    assert "the kernel hears no button while a cell runs" in monitor.says("Running: .*Here")
    monitor.press("One step")
    notebook.command("notebook:interrupt-kernel")
    # What was pressed is heard now, and the next run does it.
    monitor.says("No loop is running. The next run of the cell takes one step")
    stood = monitor.progress()
    assert stood > 0
    run_loop_again(notebook)
    assert monitor.waits_after() == stood + 1
    notebook.command("notebook:clear-all-cell-outputs")


def test_an_interruption_is_said(notebook, running):
    notebook.command("notebook:interrupt-kernel")
    running.says("Step [0-9,]+ of 1,000,000 ended with KeyboardInterrupt. Run the cell again")
    notebook.command("notebook:clear-all-cell-outputs")


TENSORS = """import minigrad as mg
from minigrad_widgets.tensor_view import TensorView

mg.manual_seed(0)
few = mg.randn(3, 4, requires_grad=True)
many = mg.randn(40, 60, requires_grad=True)
((few**2).sum() + (many**3).sum()).backward()
with mg.no_grad():
    few[0, 1], many[5, 7], many[6, 9] = 500.0, float("nan"), float("inf")
display(TensorView(few))
display(TensorView(many))"""


def test_tensors_in_both_themes(notebook, server, shoot):
    server.write("tensors.ipynb", TENSORS)
    notebook.open("tensors.ipynb")
    notebook.run_all()
    views = notebook.page.locator(".mg-tensor")
    table = views.nth(0).get_by_role("table").first
    assert table.get_by_role("columnheader").all_inner_texts() == ["0", "1", "2", "3"]
    assert table.get_by_role("cell", name="500", exact=True).is_visible()
    picture = views.nth(1).get_by_role("img").first
    assert "1 NaN, 1 ∞" in picture.get_attribute("alt")
    for theme in ("Light", "Dark"):
        notebook.use_theme(theme)
        for number, view in enumerate(views.all(), start=1):
            assert axe.violations(view) == []
            shoot(SimpleNamespace(root=view), f"TensorView {number} {theme}")
