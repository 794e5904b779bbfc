"""How a stepper behaves in a notebook: keys, motion, errors, hostile text, and leaving."""

import re

import pytest

from frames import Shown
from geometry import faults_at_every_step

IMPORTS = "import minigrad as mg\nfrom minigrad_widgets import GraphStepper\n"
SQUARE = IMPORTS + "a = mg.tensor(3.0, requires_grad=True)\nc = a * a\nGraphStepper(c)"
# What JupyterLab would do with these: insert, delete, cut, change, move, restart, run.
LAB_KEYS = ["b", "d", "d", "x", "a", "m", "y", "z", "j", "k", "0", "0"]
LAB_KEYS += ["ArrowDown", "ArrowUp", "Enter", "Escape", "Delete", "Shift+Enter"]


@pytest.fixture
def stepper(notebook, server):
    """A stepper for a * a, with a cell above and below it."""
    server.write("square.ipynb", "1", SQUARE, "2")
    notebook.open("square.ipynb")
    notebook.run_all()
    return notebook.steppers()[0]


def test_keys_step_and_reach_nothing_outside(notebook, stepper):
    page = notebook.page
    page.evaluate("window.heard = []; addEventListener('keydown', event => heard.push(event.key))")
    stepper.press("Play")
    cells = notebook.cells()
    for focus in (stepper.root, stepper.node("a"), stepper.slider):
        focus.focus()
        page.keyboard.press("Home")
        assert stepper.step == 0
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert stepper.step == 2
        page.keyboard.press("ArrowLeft")
        assert stepper.step == 1
        page.keyboard.press("End")
        assert stepper.step == stepper.last
        page.keyboard.press("Home")
        page.keyboard.press("Space")
        assert stepper.root.get_by_role("button", name="Pause").is_visible()
        page.keyboard.press("Space")
        assert stepper.root.get_by_role("button", name="Play").is_visible()
        for key in LAB_KEYS:
            page.keyboard.press(key)
        assert notebook.cells() == cells
    assert page.evaluate("heard") == []


def test_everything_has_a_role_and_a_name(stepper):
    for name in ("First step", "Step back", "Play", "Step forward", "Last step"):
        assert stepper.root.get_by_role("button", name=name, exact=True).is_visible()
    assert stepper.slider.is_visible()
    stepper.press("Last step")
    labels = [node["label"] for node in stepper.read()["nodes"]]
    assert labels == ["a, value 3, gradient 6", "c, value 9, gradient 1"]
    for label in labels:
        node = stepper.root.get_by_role("img", name=label, exact=True)
        node.focus()
        assert node.evaluate("node => node === document.activeElement")
    # What is read out is what is said.
    said = stepper.root.locator(".sentence[aria-live=polite]")
    before = said.inner_text()
    stepper.press("Step back")
    assert said.inner_text() not in ("", before)


def test_play_walks_by_itself_and_stops_where_there_is_something_to_see(notebook, stepper):
    stepper.press("First step")
    stepper.press("Play")
    play = stepper.root.get_by_role("button", name="Play", exact=True)
    play.wait_for(timeout=20_000)
    assert 0 < stepper.step < stepper.last
    assert re.search("against itself", stepper.read()["sentence"])


def test_stepping_does_not_wait_for_the_kernel(notebook, server):
    go_on = server.notebooks / "go on"
    wait = "import pathlib, time\nwhile not pathlib.Path('go on').exists():\n    time.sleep(0.1)"
    server.write("busy.ipynb", SQUARE, wait)
    notebook.open("busy.ipynb")
    notebook.page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    notebook.page.get_by_role("group", name="Stepper").wait_for()
    (stepper,) = notebook.steppers()
    frames = stepper.walk()
    waiting = notebook.page.locator(".jp-InputPrompt").last
    assert waiting.inner_text() == "[*]:"
    go_on.touch()
    assert Shown(frames[-1]).gradients["a"] == "∂ 6"


def test_nothing_moves_for_a_reader_who_wants_no_motion(notebook, stepper):
    def moving():
        stepper.press("First step")
        stepper.press("Step forward")
        return stepper.root.evaluate("root => root.getAnimations({subtree: true}).length")

    assert moving() == 0
    notebook.page.emulate_media(reduced_motion="no-preference")
    assert moving() > 0


def test_closing_the_output_leaves_nothing_behind(notebook, server):
    """Close it while it plays: no timer, no listener, and the stepper itself is collected."""
    notebook.page.add_init_script(
        """
        window.listening = [];
        for (const target of [window, document]) {
          const {addEventListener, removeEventListener} = target;
          const own = () => /blob:/.test(new Error().stack);  // anywidget loads the bundle so
          target.addEventListener = function (type, listener, ...rest) {
            if (own()) listening.push(listener);
            return addEventListener.call(this, type, listener, ...rest);
          };
          target.removeEventListener = function (type, listener, ...rest) {
            listening = listening.filter(each => each !== listener);
            return removeEventListener.call(this, type, listener, ...rest);
          };
        }
        """
    )
    server.write("closing.ipynb", SQUARE, "1")
    notebook.open("closing.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.root.evaluate("root => { window.remembered = new WeakRef(root); }")
    stepper.press("First step")
    stepper.press("Play")
    notebook.command("notebook:clear-all-cell-outputs")
    assert notebook.steppers() == []
    assert notebook.page.evaluate("listening") == []
    # The browser itself remembers the place that last had the focus.
    notebook.page.locator(".jp-Cell").last.click()
    notebook.page.wait_for_function("() => { gc(); return !remembered.deref(); }", timeout=20_000)


def test_an_error_is_a_sentence_in_sight(notebook, server):
    server.write(
        "errors.ipynb",
        IMPORTS + "v = mg.tensor([1.0, 2.0], requires_grad=True)\nGraphStepper(v * 2)",
        "t = v.sum()\nfor _ in range(100_000):\n    t = t + 1\nGraphStepper(t)",
        "w = mg.tensor(1.0)\nGraphStepper(w * 2)",
        "s = (v * v).sum()\nwith mg.no_grad():\n    v += 1\nGraphStepper(s)",
    )
    notebook.open("errors.ipynb")
    notebook.run_all()
    outputs = notebook.page.locator(".jp-OutputArea")
    for output, says in zip(
        outputs.all(), ["shape", "100,0", "requires_grad", "in place"], strict=True
    ):
        sentence = output.get_by_role("alert")
        sentence.scroll_into_view_if_needed()
        assert says in sentence.inner_text()
        assert "Traceback" not in output.inner_text()
    assert notebook.steppers() == []


def test_a_freed_graph_can_still_be_stepped(notebook, server):
    server.write("freed.ipynb", SQUARE.replace("\nGraphStepper", "\nc.backward()\nGraphStepper"))
    notebook.open("freed.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    last = Shown(stepper.walk()[-1])
    # The bucket held 6 already, and gets 6 more.
    assert (last.gradients["a"], last.buckets["a"]) == ("∂ 6", "12")


HOSTILE = {
    "a tag": "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>",
    "quotes": '"\' onload="window.hacked = true" ]]> &amp; \\',
    "length": "long " * 2000,
    "emoji": "🧠👩‍🔬 e\u0301 مرحبا \u202e",
    "lines": "one\ntwo\r\n\tthree\u2028\x00",
}


def test_a_hostile_name_is_text(notebook, server):
    cells = [
        f"a = mg.tensor(3.0, requires_grad=True, name={name!r})\nGraphStepper(a * a + 1)"
        for name in HOSTILE.values()
    ]
    server.write("hostile.ipynb", IMPORTS, *cells)
    notebook.open("hostile.ipynb")
    notebook.run_all()
    for name, stepper in zip(HOSTILE.values(), notebook.steppers(), strict=True):
        assert faults_at_every_step(stepper)["faults"] == []
        assert stepper.root.locator("script, img, svg foreignObject").count() == 0
        assert notebook.page.evaluate("window.hacked") is None
        assert stepper.root.bounding_box()["height"] < 800
        shown = stepper.read()["nodes"][0]["label"]
        assert shown.split()[0][:4] == name.split()[0][:4]
