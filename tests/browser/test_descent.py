"""DescentExplorer as a reader uses it: keys, clicks, a race, and what is said of it."""

import re

import pytest

from axe import violations
from conftest import save_picture

RACE = """from minigrad_widgets.descent import DescentExplorer
explorer = DescentExplorer("bowl", start=(4, -2), rate=0.5, racers=["SGD"], steps=20)
explorer"""
FIT = """from minigrad_widgets.descent import LineFit
LineFit([0.0, 1.0, 2.0, 3.0], [1.1, 2.9, 5.2, 6.8], rate=0.1, racers=["SGD"], steps=20)"""


@pytest.fixture
def race(notebook, server):
    server.write("race.ipynb", RACE, "print(explorer.summary)")
    notebook.open("race.ipynb")
    notebook.run_all()
    return notebook


def said(page):
    return page.get_by_role("status").filter(has_text="rate").last


def wait_for(page, text):
    said(page).filter(has_text=text).wait_for()


def set_number(page, name, value):
    field = page.get_by_label(name, exact=True)
    field.fill(str(value))
    field.press("Enter")


def test_race_by_keyboard_and_click(race):
    page = race.page
    wait_for(page, "SGD: after 20 steps at (3.815e−6, −1.907e−6)")
    rate = page.get_by_role("slider", name="rate")
    assert rate.get_attribute("aria-valuetext") == "0.5"
    rate.focus()
    page.keyboard.press("ArrowRight")
    wait_for(page, "rate 0.6")
    # Three race, and are seen at the first step.
    for name in ("Adam", "Newton"):
        page.get_by_label(name, exact=True).check()
    page.get_by_role("slider", name="step").focus()
    page.keyboard.press("Home")
    wait_for(page, "step 0 of 20")
    page.get_by_role("button", name="One step").click()
    wait_for(page, "step 1 of 20")
    wait_for(page, re.compile(r"Newton: after 1 step at \(0, 0\), height 0, slope 0"))
    set_number(page, "start x", 2)
    wait_for(page, "from (2, −2)")
    text = said(page).inner_text()
    left = 2 * (1 - float(re.search(r"rate ([\d.]+)", text)[1]))
    at = re.search(r"SGD: after 1 step at \(([\d.]+), −([\d.]+)\)", text)
    assert float(at[1]) == pytest.approx(left, abs=2e-3) == float(at[2])
    assert re.search(r"Adam: after 1 step at \(1\.4, −1\.4\)", text)
    # A click in the middle of the picture is a start at (0, 0), nearly.
    box = page.get_by_role("img", name=re.compile("^Contours of bowl")).bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.56, box["y"] + box["height"] * 0.30)
    said(page).filter(has_not_text="from (2, −2)").wait_for()
    picture = page.get_by_role("img", name=re.compile("^Height by step, from"))
    assert picture.is_visible()
    # A program hears of it all.
    race.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    race.command("notebook:run-cell")
    printed = page.locator(".jp-OutputArea-output pre").last.inner_text().strip()
    assert printed == said(page).inner_text().strip()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_pictures_of_the_explorer(notebook, server, theme):
    server.write("look.ipynb", RACE, FIT)
    notebook.open("look.ipynb")
    notebook.use_theme(theme)
    notebook.run_all()
    page = notebook.page
    page.get_by_label("as a surface", exact=True).first.check()
    page.get_by_role("img", name=re.compile("as a surface")).wait_for()
    fit = page.get_by_role("img", name=re.compile(r"SGD y = \d"))
    w, b = re.search(r"y = ([\d.]+)·x \+ ([\d.]+\d)", fit.get_attribute("alt")).groups()
    assert f"at ({w}, {b})" in page.get_by_role("status").last.inner_text()
    # The outputs are higher than the window; a picture is of what can be seen.
    page.set_viewport_size({"width": 1200, "height": 2000})
    for number, output in enumerate(page.locator(".jp-OutputArea-child").all()):
        assert violations(output) == []
        save_picture(f"descent-{theme}-{number}", output)


def test_the_keyboard_reaches_every_control_and_leaves(race):
    page = race.page
    page.get_by_label("function", exact=True).focus()
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        at = page.evaluate_handle("document.activeElement")
        seen.append(at.evaluate("at => at.ariaLabel || at.labels?.[0]?.innerText || at.innerText"))
    names = ["start x", "start y", "rate", "step", "One step", "SGD", "momentum", "Nesterov"]
    names += ["RMSprop", "Adam", "Newton", "as a surface"]
    assert [name.strip() for name in seen[: len(names)]] == names
    # Who clicked on the picture gets away from it too.
    page.get_by_role("img", name=re.compile("^Contours of bowl")).click()
    assert page.evaluate("document.activeElement.closest('.mg-clickable') !== null")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.mg-clickable') === null")


def test_a_bad_function_is_said_in_place(notebook, server):
    server.write("bad.ipynb", RACE + ".use(lambda x, y: x.item())\nexplorer")
    notebook.open("bad.ipynb")
    notebook.run_all()
    page = notebook.page
    page.get_by_role("status").filter(has_text="returned a float, not a tensor").wait_for()
    assert "The picture still shows: bowl." in page.get_by_role("status").last.inner_text()
    assert page.get_by_role("img", name=re.compile("^Contours of bowl")).is_visible()
