"""At every step of thirty graphs: nothing stands over anything, and never too much at once."""

from geometry import controls, faults_at_every_step
from graphs import GRAPHS, IMPORTS, cell


def test_thirty_graphs(notebook, server, shoot):
    assert len(GRAPHS) == 30
    server.write("thirty.ipynb", IMPORTS, *map(cell, GRAPHS.values()))
    notebook.open("thirty.ipynb")
    notebook.run_all()
    steppers = notebook.steppers()
    notebook.widen(steppers[0], 700)
    found, steps = {}, 0
    for name, stepper in zip(GRAPHS, steppers, strict=True):
        stepper.root.scroll_into_view_if_needed()
        seen = faults_at_every_step(stepper)
        steps += seen["steps"]
        if seen["faults"]:
            found[name] = seen["faults"]
        assert len(controls(stepper)) <= 7
    assert found == {}
    assert steps > 400
    for name in ("linear layer", "matrix of heat", "detach", "not a number"):
        for theme in ("Dark", "Light"):
            notebook.use_theme(theme)
            shoot(steppers[list(GRAPHS).index(name)], f"{name}-{theme}")
