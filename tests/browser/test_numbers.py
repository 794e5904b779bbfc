"""The numbers in the page are those that finite differences give."""

from differences import A_A, A_B_PLUS_A, Differences, Z
from frames import NOT_YET, Shown, check, check_nothing_yet, edges_in

IMPORTS = "import minigrad as mg\nfrom minigrad_widgets import GraphStepper"
Z_CODE = "y = a * x**2 + b * x + 1\nz = y**2 + 2 * y\nGraphStepper(z)"


def leaves_code(leaves: dict[str, float]) -> str:
    lines = [f"{name} = mg.tensor({value}, requires_grad=True)" for name, value in leaves.items()]
    return "\n".join([IMPORTS, *lines])


def test_z_and_again_after_an_edit(notebook, server):
    at_first = {"x": 3.0, "a": -3.0, "b": 5.0}
    server.write("z.ipynb", leaves_code(at_first), Z_CODE)
    notebook.open("z.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    frames = check(stepper.walk(), Differences(Z, at_first))
    assert sum(edges_in(frames).values()) == 12
    assert frames[-1].buckets == {"x": "260", "a": "−180", "b": "−60"}
    assert "y, value −11, gradient none, 1 of 2 arrived" in [frame.labels["y"] for frame in frames]
    check_nothing_yet(Shown(stepper.walk_back()[0]))

    edited = {"x": -1.25, "a": 0.7, "b": 2.4}
    notebook.edit(0, leaves_code(edited))
    notebook.run_all()
    (stepper,) = notebook.steppers()
    check(stepper.walk(), Differences(Z, edited))


def test_a_times_b_plus_a(notebook, server):
    leaves = {"a": 3.0, "b": 4.0}
    server.write("ab.ipynb", leaves_code(leaves), "c = a * b + a\nGraphStepper(c)")
    notebook.open("ab.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    frames = check(stepper.walk(), Differences(A_B_PLUS_A, leaves))
    story = [(sorted(frame.sockets["a"].values()), frame.gradients["a"]) for frame in frames]
    changes = [now for before, now in zip([None, *story], story, strict=False) if now != before]
    assert changes == [
        (["", ""], NOT_YET),
        (["", "1"], NOT_YET),
        (["1", "4"], NOT_YET),
        (["1", "4"], "∂ 5"),
    ]


def test_a_times_a_has_two_edges(notebook, server):
    server.write("aa.ipynb", leaves_code({"a": 3.0}), "c = a * a\nGraphStepper(c)")
    notebook.open("aa.ipynb")
    notebook.run_all()
    (stepper,) = notebook.steppers()
    frames = check(stepper.walk(), Differences(A_A, {"a": 3.0}))
    assert edges_in(frames) == {("a", "c", 1, 3, 3): 2}
    assert len(frames[0].sockets["a"]) == 2
