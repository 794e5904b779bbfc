"""A real JupyterLab, a headless browser, and a watch on what the page complains about."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

import kit
from lab import Notebook, Server

pytest.register_assert_rewrite("frames")

SHOTS = Path(os.environ.get("MINIGRAD_SHOTS", kit.ROOT / "tests" / "browser" / "shots"))
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
QUIET += ["--disable-quic", "--disable-gpu", "--no-first-run"]
# The tests look whether a closed stepper can be collected.
QUIET += ["--js-flags=--expose-gc"]


@pytest.fixture(scope="session")
def chromium():
    """The browser that is installed here; Playwright's own is never downloaded."""
    assert not kit.lacking("browser"), kit.lacking("browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=kit.find_browser(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("lab"))
    for notebook in kit.course():
        server.add(Path(notebook))
    yield server
    server.stop()


def save_picture(name, part):
    """Store a picture of a page or a part of it, for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / (re.sub(r"\W+", "-", name).strip("-") + ".png")).write_bytes(part.screenshot())


@pytest.fixture
def shoot():
    return lambda stepper, name: save_picture(name, stepper.root)


@pytest.fixture
def notebook(chromium, server, request):
    """A page for one notebook. The test fails if the page, or a cell, complains."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: message.type == "error" and complaints.append(f"console: {message.text}"),
    )
    page.on(
        "request",
        lambda asked: (
            urlsplit(asked.url).hostname in ("127.0.0.1", None)
            or complaints.append(f"asked for {asked.url}")
        ),
    )
    notebook = Notebook(page, server)
    yield notebook
    save_picture(request.node.name, page)
    complaints += notebook.troubles()
    context.close()
    server.close_kernels()
    assert complaints == []
