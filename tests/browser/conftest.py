"""A real Jupyter, a headless browser, and a page that is watched.

What was measured stands in one table at the end of the run; the pictures stand in a gallery.
"""

import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import axe
import gallery
import kit
from lab import Notebook, Server
from watch import watched_page

pytest.register_assert_rewrite("frames")

SHOTS = Path(os.environ.get("MINIGRAD_SHOTS", kit.ROOT / "tests" / "browser" / "shots"))
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
QUIET += ["--disable-quic", "--disable-gpu", "--no-first-run"]
# The tests look whether a closed stepper can be collected, and how much memory a page keeps.
QUIET += ["--js-flags=--expose-gc"]
FIGURES = pytest.StashKey[list[tuple[str, str, str]]]()


def pytest_configure(config):
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[FIGURES]:
        terminalreporter.section("measured here (not asserted unless a test says so)")
        for row in config.stash[FIGURES]:
            terminalreporter.write_line("{:<58} {:>20}   aim {}".format(*row))


@pytest.fixture
def measured(request):
    """Note a figure for the table: what it is, the figure and the aim, both with their unit."""
    return lambda what, figure, aim: request.config.stash[FIGURES].append((what, figure, aim))


@pytest.fixture(scope="session")
def chromium():
    """The browser that is installed here; Playwright's own is never downloaded."""
    assert not kit.lacking("browser"), kit.lacking("browser")
    axe.install()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=kit.find_browser(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    """JupyterLab, with the course in it."""
    server = Server(tmp_path_factory.mktemp("lab"))
    for notebook in kit.course():
        server.add(Path(notebook))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def notebook7_server(chromium, tmp_path_factory):
    """Notebook 7."""
    server = Server(tmp_path_factory.mktemp("notebook7"), "notebook")
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def pictures():
    SHOTS.mkdir(parents=True, exist_ok=True)
    yield
    gallery.write(SHOTS)


def save_picture(name, part):
    """Store a picture of a page or a part of it, for people to look at."""
    (SHOTS / (re.sub(r"\W+", "-", name).strip("-") + ".png")).write_bytes(part.screenshot())


@pytest.fixture
def shoot():
    """Store a picture of a stepper, all of it: the window is made high enough."""

    def shoot_stepper(stepper, name):
        page = stepper.root.page
        size = page.viewport_size
        needed = round(stepper.root.bounding_box()["height"]) + 300
        page.set_viewport_size({**size, "height": max(size["height"], needed)})
        save_picture(name, stepper.root)
        page.set_viewport_size(size)

    return shoot_stepper


@contextmanager
def watched_notebook(chromium, server, test_name):
    """A page for one notebook. The test fails if the page, or a cell, complains."""
    complaints = []
    with watched_page(chromium, complaints) as page:
        notebook = Notebook(page, server)
        yield notebook
        save_picture(test_name, page)
        complaints += notebook.troubles()
    server.close_kernels()
    assert complaints == []


@pytest.fixture
def notebook(chromium, server, request):
    with watched_notebook(chromium, server, request.node.name) as notebook:
        yield notebook


@pytest.fixture
def notebook7(chromium, notebook7_server, request):
    with watched_notebook(chromium, notebook7_server, request.node.name) as notebook:
        yield notebook
