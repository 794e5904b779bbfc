"""The reader takes a picture, or a page, home."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

from playwright.sync_api import expect

from test_numbers import IMPORTS

PRACTICE = """x = mg.tensor(0.7, requires_grad=True)
GraphStepper((x.sin() * x).tanh(), practice=True)"""
ANSWER = f"{math.tanh(math.sin(0.7) * 0.7):.4g}"  # to the first question
CODE = "a = mg.tensor(3.0, requires_grad=True)\nb = a * a + 1\nGraphStepper(b)"


def test_a_picture_and_a_page_are_downloaded(notebook, server, tmp_path):
    server.write("saving.ipynb", f"{IMPORTS}\n{CODE}")
    notebook.open("saving.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.press("Last step")
    stepper.open_drawer()

    def saved(name: str) -> bytes:
        button = stepper.root.get_by_role("button", name=name)
        with notebook.page.expect_download() as download:
            button.click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        return file.read_bytes()

    drawing = ElementTree.fromstring(saved("Save SVG"))
    texts = {part.text for part in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert {"a", "3", "∂ 6", "10"} <= texts
    picture = saved("Save PNG")
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert width > height > 100
    page = saved(re.compile("page", re.IGNORECASE)).decode("utf-8")
    assert page.startswith("<!doctype html>")
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_in_practice_nothing_is_saved_that_holds_an_answer(notebook, server):
    server.write("withheld.ipynb", f"{IMPORTS}\n{PRACTICE}")
    notebook.open("withheld.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    stepper.open_drawer()
    # A picture is of what is shown; a page would hold all steps.
    with notebook.page.expect_download() as download:
        stepper.press("Save SVG")
    assert ANSWER not in Path(download.value.path()).read_text(encoding="utf-8")
    downloads = []

    def keep(download):  # Playwright takes no bound method of a list
        downloads.append(download)

    notebook.page.on("download", keep)
    stepper.press("Save page")
    expect(stepper.root.get_by_role("alert")).to_contain_text("give the answers away")
    notebook.page.wait_for_timeout(500)  # a file that was on its way would be here now
    assert downloads == []
    panel = stepper.root.get_by_role("group", name="Practice")
    while stepper.step < stepper.last:
        stepper.press("Last step")
        if panel.get_by_role("button", name="Show me").is_visible():
            panel.get_by_role("button", name="Show me").click()
            panel.get_by_role("button", name="Go on").click()
    with notebook.page.expect_download():
        stepper.press("Save page")
