"""DescentExplorer as a reader uses it: keys, clicks, a race, and what is said of it."""

import re

import pytest
from playwright.sync_api import expect

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


def open_more(page):
    more = page.get_by_role("button", name="More", exact=True).first
    assert more.get_attribute("aria-expanded") == "false"
    more.press("Enter")
    page.get_by_label("as a surface", exact=True).first.wait_for()
    assert more.get_attribute("aria-expanded") == "true"


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
    assert page.get_by_label("Adam", exact=True).is_hidden()
    open_more(page)
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
    open_more(page)
    page.get_by_label("as a surface", exact=True).first.check()
    page.get_by_role("img", name=re.compile("as a surface")).wait_for()
    fit = page.get_by_role("img", name=re.compile(r"SGD y = \d"))
    w, b = re.search(r"y = ([\d.]+)·x \+ ([\d.]+\d)", fit.get_attribute("alt")).groups()
    expect(page.get_by_role("status").last).to_contain_text(f"at ({w}, {b})")
    # The outputs are higher than the window; a picture is of what can be seen.
    page.set_viewport_size({"width": 1200, "height": 2000})
    for number, output in enumerate(page.locator(".jp-OutputArea-child").all()):
        assert violations(output) == []
        save_picture(f"descent-{theme}-{number}", output)


def test_the_keyboard_reaches_every_control_and_leaves(race):
    page = race.page
    open_more(page)
    page.get_by_label("function", exact=True).focus()
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        at = page.evaluate_handle("document.activeElement")
        seen.append(at.evaluate("at => at.ariaLabel || at.labels?.[0]?.innerText || at.innerText"))
    names = ["rate", "step", "One step", "More", "start x", "start y", "SGD", "momentum"]
    names += ["Nesterov", "RMSprop", "Adam", "Newton", "as a surface"]
    assert [name.strip() for name in seen[: len(names)]] == names
    # Who clicked on the picture gets away from it too.
    page.get_by_role("img", name=re.compile("^Contours of bowl")).click()
    assert page.evaluate("document.activeElement.closest('.mg-clickable') !== null")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.mg-clickable') === null")


# What overlaps another one, or stands out of the widget, of all that can be seen in it.
TROUBLES = """root => {
  const box = each => each.getBoundingClientRect();
  const seen = [...root.querySelectorAll("button, select, input, label, img, .mg-clickable")]
    .filter(each => box(each).width > 1);
  const name = each => each.innerText || each.alt || each.className;
  const out = seen.filter(each => box(each).right > box(root).right + 1);
  const over = seen.flatMap((a, i) => seen.slice(i + 1).filter(b => !a.contains(b)
    && !b.contains(a) && box(a).left < box(b).right - 1 && box(b).left < box(a).right - 1
    && box(a).top < box(b).bottom - 1 && box(b).top < box(a).bottom - 1).map(b => [a, b]));
  return [...out.map(name), ...over.map(([a, b]) => `${name(a)} / ${name(b)}`)];
}"""


@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (770, 1), (1000, 1), (640, 2)])
def test_nothing_is_cut_or_overlaps(notebook, server, width, zoom):
    server.write("narrow.ipynb", FIT)
    notebook.open("narrow.ipynb")
    notebook.run_all()
    page = notebook.page
    page.set_viewport_size({"width": 1600, "height": 1200})
    open_more(page)
    fit = page.get_by_role("img", name=re.compile(r"SGD y = \d"))
    page.evaluate("zoom => document.body.style.zoom = zoom", zoom)
    root = page.locator(".jp-OutputArea-output > div > .widget-vbox")
    narrow = f"max-width: {width // zoom}px !important; flex: none !important"
    page.add_style_tag(content=f".jp-OutputArea-output {{ {narrow} }}")
    assert root.bounding_box()["width"] <= width
    # The pictures stand in as few rows as their width allows.
    pictures = [page.get_by_role("img", name=re.compile("^Contours")), fit]
    pictures.append(page.get_by_role("img", name=re.compile("^Height by step")))
    pictures[0].wait_for()
    assert root.evaluate(TROUBLES) == []
    rows = {round(each.bounding_box()["y"] / 50) for each in pictures}
    assert len(rows) == {320: 3, 640: 3, 770: 2, 1000: 1}[width]


def test_a_step_is_seen_at_once(race, measured):
    page = race.page
    open_more(page)
    for name in ("momentum", "Adam"):
        page.get_by_label(name, exact=True).check()
        wait_for(page, name)
    page.get_by_role("slider", name="step").focus()
    # From the key to the new picture, as often as its text changes.
    took = page.evaluate("""async () => {
      const slider = document.querySelector('input[aria-label="step"]');
      const picture = document.querySelector('img[alt^="Height"]').parentElement;
      const took = [];
      for (let step = 5; step < 15; step++) {
        const seen = new Promise(done => new MutationObserver((_, all) => {
          all.disconnect();
          done();
        }).observe(picture, {childList: true, subtree: true}));
        const began = performance.now();
        slider.value = step;
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        await seen;
        took.push(performance.now() - began);
      }
      return took.sort((a, b) => a - b);
    }""")
    measured("descent of three racers: a step, median", f"{took[5]:.0f} ms", "≤ 100 ms")
    wait_for(page, "step 14 of 20")


def test_a_bad_function_is_said_in_place(notebook, server):
    server.write("bad.ipynb", RACE + ".use(lambda x, y: x.item())\nexplorer")
    notebook.open("bad.ipynb")
    notebook.run_all()
    page = notebook.page
    page.get_by_role("status").filter(has_text="returned a float, not a tensor").wait_for()
    assert "The picture still shows: bowl." in page.get_by_role("status").last.inner_text()
    page.get_by_role("img", name=re.compile("^Contours of bowl")).wait_for()
