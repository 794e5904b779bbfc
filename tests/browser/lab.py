"""Jupyter as the tests use it: a server, a notebook in a page, a stepper in an output."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

import kit

START_SECONDS = 60
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"
# The indicator in the page says idle too early: running cells would only ask for a kernel.
IDLE = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
  const kernel = context?.session?.kernel;
  return context?.isReady && kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


class Server:
    """A real Jupyter server that shares nothing with the person who runs the tests.

    `app` is JupyterLab ("lab") or Notebook 7 ("notebook").
    """

    def __init__(self, folder: Path, app: str = "lab") -> None:
        self._app = app
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir(parents=True)
        names = ["HOME", "USERPROFILE", "APPDATA", "IPYTHONDIR", "JUPYTER_CONFIG_DIR"]
        names += ["JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR"]
        names += ["JUPYTERLAB_WORKSPACES_DIR"]
        own = {name: str(folder / name.lower()) for name in names}
        self._environment = {**os.environ, **own, "PYTHONUTF8": "1"}
        self._token = secrets.token_hex(16)
        self._log = folder / "server.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        words = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
        module, application = {
            "lab": ("jupyterlab", "LabApp"),
            "notebook": ("notebook", "JupyterNotebookApp"),
        }[app]
        words += [f"--{application}.expose_app_in_browser=True"]
        words += [f"--IdentityProvider.token={self._token}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=self.notebooks,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                return self.ask("GET", "api/status")
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Jupyter did not start:\n" + self._log.read_text(encoding="utf-8"))

    def ask(self, method: str, path: str):
        """Use the server's own interface; return what it answers."""
        headers = {"Authorization": f"token {self._token}"}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def add(self, notebook: Path) -> None:
        """Copy one of the kit's notebooks here, and trust it as `kit.py lab` does."""
        copy = self.notebooks / notebook.name
        copy.write_bytes(notebook.read_bytes())
        trust = [sys.executable, "-m", "jupyter", "trust", str(copy)]
        subprocess.run(trust, env=self._environment, check=True, capture_output=True)

    def write(self, name: str, *sources: str) -> None:
        """Make a notebook of code cells that were never run."""
        cells = [
            {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "source": source,
             "outputs": [], "execution_count": None}
            for number, source in enumerate(sources)
        ]  # fmt: skip
        notebook = {"cells": cells, "metadata": kit.NOTEBOOK_METADATA}
        notebook |= {"nbformat": 4, "nbformat_minor": 5}
        (self.notebooks / name).write_text(json.dumps(notebook), encoding="utf-8")

    def set(self, plugin: str, **settings) -> None:
        """Change settings of a plugin, such as "@jupyterlab/apputils-extension:themes"."""
        package, name = plugin.split(":")
        file = Path(self._environment["JUPYTERLAB_SETTINGS_DIR"], package, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(settings)
        file.with_suffix(".jupyterlab-settings").write_text(text, encoding="utf-8")

    def address(self, name: str) -> str:
        """Return where the browser finds a notebook; in JupyterLab in a workspace of its own."""
        if self._app == "notebook":
            return f"{self.url}notebooks/{name}?token={self._token}"
        return f"{self.url}lab/workspaces/{Path(name).stem}/tree/{name}?reset&token={self._token}"

    def close_kernels(self) -> None:
        for session in self.ask("GET", "api/sessions"):
            self.ask("DELETE", f"api/sessions/{session['id']}")

    def stop(self) -> None:
        self.ask("POST", "api/shutdown")
        self._process.wait(timeout=30)


class Notebook:
    """A notebook that is open in Jupyter, in a Playwright page."""

    def __init__(self, page, server: Server) -> None:
        self.page = page
        self._server = server

    def open(self, name: str) -> None:
        self.page.goto(self._server.address(name))
        self.page.wait_for_function(IDLE, timeout=60_000)

    def command(self, name: str, **arguments) -> None:
        """Carry out one of JupyterLab's commands, and wait for its end."""
        self.page.evaluate(
            """([name, options]) => {
              window.commandIsDone = false;
              const done = () => { window.commandIsDone = true; };
              jupyterapp.commands.execute(name, options).then(done);
            }""",
            [name, arguments],
        )
        self.page.wait_for_function("window.commandIsDone", timeout=120_000)

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(IDLE, timeout=60_000)

    def run_cell(self, cell: int) -> None:
        self.page.evaluate(
            "cell => { jupyterapp.shell.currentWidget.content.activeCellIndex = cell; }", cell
        )
        self.command("notebook:run-cell")
        self.page.wait_for_function(IDLE, timeout=60_000)

    def edit(self, cell: int, source: str) -> None:
        self.page.evaluate(
            """([cell, source]) => jupyterapp.shell.currentWidget.content.widgets[cell]
                                   .model.sharedModel.setSource(source)""",
            [cell, source],
        )

    def cells(self) -> list[str]:
        """The sources of all cells, and which of them is the active one."""
        return self.page.evaluate(
            """() => { const notebook = jupyterapp.shell.currentWidget.content;
                       return [...notebook.widgets.map(cell => cell.model.sharedModel.getSource()),
                               `active: ${notebook.activeCellIndex}`]; }"""
        )

    def use_theme(self, name: str) -> None:
        """Switch to the "Light" or the "Dark" theme."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name}")
        light = str(name == "Light").lower()
        self.page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
        # The theme comes behind a splash screen, which fades.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def widen(self, stepper: "Stepper", width: int) -> None:
        """Resize the window until the stepper is `width` CSS pixels wide."""
        size = self.page.viewport_size
        end = time.monotonic() + 15
        # More than once: in a narrow window JupyterLab narrows its own margins.
        while lacks := round(width - stepper.root.bounding_box()["width"]):
            assert time.monotonic() < end, f"it stays {lacks} px from {width}"
            size["width"] += lacks
            self.page.set_viewport_size(size)
            self.page.wait_for_timeout(200)

    def troubles(self) -> list[str]:
        """What cells wrote to stderr, and the errors that they ended with."""
        kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
        outputs = ", ".join(
            f'{NOTEBOOK} .jp-OutputArea-output[data-mime-type="{kind}"]' for kind in kinds
        )
        return self.page.locator(outputs).all_inner_texts()

    def steppers(self) -> list["Stepper"]:
        return [Stepper(root) for root in self.page.get_by_role("group", name="Stepper").all()]


# Everything that one step shows, by the ids of the drawing's parts.
READ_FRAME = """root => {
  const text = (part, start) => Object.fromEntries(
    [...part.querySelectorAll(`[data-slot^="${start}"]`)].map(t => [t.dataset.slot, t.textContent])
  );
  const parts = start => [...root.querySelectorAll(`svg [data-id^="${start}"]`)];
  return {
    sentence: root.querySelector(".sentence").textContent,
    formula: root.querySelector(".formula").textContent,
    step: root.querySelector("input[type=range]").value,
    nodes: parts("n").map(n => ({
      id: n.dataset.id, label: n.getAttribute("aria-label"), ...text(n, "v"), ...text(n, "g"),
      sockets: text(n, "s")})),
    buckets: parts("b").map(b => ({label: b.getAttribute("aria-label"), ...text(b, "b")})),
    chips: [...root.querySelectorAll(".chip")]
      .filter(chip => chip.checkVisibility({visibilityProperty: true}))
      .map(chip => chip.textContent),
    lit: [...root.querySelectorAll(".lit")].map(part => part.dataset.id),
    marked: [...root.querySelectorAll(".marked")].map(part => part.dataset.id),
  };
}"""


class Stepper:
    """One stepper in a notebook's output, used through its roles and accessible names."""

    def __init__(self, root) -> None:
        self.root = root

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    @property
    def slider(self):
        return self.root.get_by_role("slider", name="Step")

    @property
    def step(self) -> int:
        return int(self.slider.input_value())

    @property
    def last(self) -> int:
        return int(self.slider.get_attribute("max"))

    def node(self, name: str):
        """The node with a name; its accessible name goes on with ", value …"."""
        begins = re.compile(rf"^{re.escape(name)}, value ")
        image = self.root.get_by_role("img", name=begins)
        return image.or_(self.root.get_by_role("button", name=begins))  # a leaf can be changed

    def waits_for(self, name: str, value: str):
        """Wait until a node shows a value: the kernel has computed it, and the page shows it."""
        label = re.compile(rf"^{re.escape(name)}, value {re.escape(value)},")
        expect(self.node(name)).to_have_attribute("aria-label", label)

    def open_drawer(self) -> None:
        """Show what stands behind "⋯"."""
        if self.root.get_by_role("button", name="More").get_attribute("aria-expanded") == "false":
            self.press("More")

    def change(self, name: str, text: str):
        """Type a new value for a leaf into its box in the picture; return the field."""
        self.node(name).focus()
        self.root.page.keyboard.press("Enter")
        field = self.root.get_by_role("textbox", name=f"New value of {name}", exact=True)
        field.fill(text)
        field.press("Enter")
        return field

    def read(self) -> dict:
        """Everything that this step shows."""
        return self.root.evaluate(READ_FRAME)

    def walk(self, look=None) -> list:
        """Press "Step forward" from the first step to the last; return what `look` saw at each."""
        look = look or self.read
        if self.step > 0:  # there, the button is disabled
            self.press("First step")
        seen = [look()]
        while self.step < self.last:
            self.press("Step forward")
            seen.append(look())
        return seen

    def walk_to(self, words: str) -> None:
        """Press "Step forward", from the first step, until the sentence has these words in it."""
        self.press("First step")
        while words not in self.read()["sentence"]:
            assert self.step < self.last, f"no step says {words}"
            self.press("Step forward")

    def walk_back(self) -> list[dict]:
        """Press "Step back" to the first step; return all frames, in the order of the steps."""
        frames = [self.read()]
        while self.step > 0:
            self.press("Step back")
            frames.insert(0, self.read())
        return frames
