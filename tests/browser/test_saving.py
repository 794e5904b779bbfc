"""The reader takes a picture, or a page, home."""

import re
from xml.etree import ElementTree

from test_numbers import IMPORTS

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
