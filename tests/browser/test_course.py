"""Both notebooks in JupyterLab, as a student meets them."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

import kit
from differences import A_B_PLUS_A, Differences, Z
from frames import Shown, check, check_nothing_yet, number
from geometry import controls, faults

COURSE = [Path(path).name for path in kit.course()]
PROGRAMS = {"z": Z, "c": A_B_PLUS_A}


@pytest.mark.parametrize("name", COURSE)
def test_every_step_of_every_stepper(name, notebook, shoot):
    notebook.open(name)
    notebook.run_all()
    roots = []
    for place, stepper in enumerate(notebook.steppers()):
        notebook.widen(stepper, 700)
        for theme in ("Dark", "Light"):
            notebook.use_theme(theme)
            shoot(stepper, f"{name}-{place}-{theme}-opens")
            forward = walk_without_faults(stepper)
            shoot(stepper, f"{name}-{place}-{theme}-ends")
            assert stepper.walk_back() == forward
        assert len(controls(stepper)) <= 7
        first = Shown(forward[0])
        check_nothing_yet(first)
        roots.append(list(first.labels)[-1])
        if program := PROGRAMS.get(roots[-1]):
            leaves = {leaf: number(first.values[leaf]) for leaf in first.buckets}
            check(forward, Differences(program, leaves))
    assert "z" in roots


def test_the_pictures_of_the_readme(notebook, shoot):
    notebook.open("00-start-here.ipynb")
    notebook.run_all()
    stepper = notebook.steppers()[0]
    notebook.widen(stepper, 860)
    stepper.walk_to("2 + 12 = 14")
    notebook.page.evaluate("document.activeElement.blur()")
    notebook.page.mouse.move(0, 0)
    for theme in ("Dark", "Light"):
        notebook.use_theme(theme)
        shoot(stepper, f"stepper-{theme}")


def walk_without_faults(stepper) -> list[dict]:
    """Walk forward, and fail at the first step where text covers something or is too small."""

    def look():
        assert faults(stepper) == []
        return stepper.read()

    return stepper.walk(look)


@pytest.mark.parametrize("name", COURSE)
def test_shows_its_graphs_before_anything_is_run(name, notebook):
    stored = json.loads((kit.ROOT / "notebooks" / name).read_text(encoding="utf-8"))
    pictures = sum(
        "image/svg+xml" in output.get("data", {})
        for cell in stored["cells"]
        for output in cell.get("outputs", [])
    )
    assert pictures
    notebook.open(name)
    drawn = notebook.page.locator(".jp-RenderedSVG")
    expect(drawn).to_have_count(pictures)  # it waits: JupyterLab draws one cell after the other
    for picture in drawn.all():
        picture.scroll_into_view_if_needed()
        size = picture.locator("svg, img").first.bounding_box()
        assert size["width"] > 200
        assert size["height"] > 100
    assert notebook.steppers() == []
