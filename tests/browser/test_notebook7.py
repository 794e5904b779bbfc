"""Notebook 7 shows and steps what JupyterLab does."""

from axe import violations
from differences import Differences, Z
from frames import check
from test_numbers import Z_CODE, leaves_code

AT = {"x": 3.0, "a": -3.0, "b": 5.0}


def test_a_stepper_in_notebook_7(notebook7, notebook7_server, shoot):
    notebook7_server.write("z.ipynb", leaves_code(AT), Z_CODE)
    notebook7.open("z.ipynb")
    notebook7.run_all()
    (stepper,) = notebook7.steppers()
    check(stepper.walk(), Differences(Z, AT))
    notebook7.page.keyboard.press("Home")
    assert stepper.step == 0
    for theme in ("Light", "Dark"):
        notebook7.use_theme(theme)
        found = violations(stepper.root)
        assert not found, "\n\n".join(found)
        shoot(stepper, f"notebook7-{theme}")
