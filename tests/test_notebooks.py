"""The committed notebooks: executed, clean, and really compared.

nbval (`python kit.py test notebooks`) runs every cell and compares its outputs with those stored.
It passes a cell that was never executed without a look, and a cell that asks to be left alone;
the checks here close both doors.
"""

import copy
import json
import re
import subprocess
import sys

import pytest

import kit

NOTEBOOKS = [path.name for path in map(kit.Path, kit.course())]


def read(name):
    return json.loads((kit.ROOT / "notebooks" / name).read_text(encoding="utf-8"))


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def check(notebook):
    """Raise AssertionError unless every code cell was run, in order, and nbval will compare it."""
    cells = code_cells(notebook)
    assert cells
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert not re.search("nbval|raises-exception", json.dumps(cell), re.IGNORECASE)


def nbval(notebook, folder):
    """Check a notebook as `python kit.py test notebooks` does; return the status and the report."""
    path = folder / "copy.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    # pytest would look for its settings beside the copy.
    words = ["-m", "pytest", "-c", "pyproject.toml", "--color=no"]
    words += ["--nbval", "--nbval-current-env", str(path)]
    done = subprocess.run(
        [sys.executable, *words], cwd=kit.ROOT, capture_output=True, encoding="utf-8"
    )
    return done.returncode, done.stdout


def test_the_course_begins_here():
    assert NOTEBOOKS[0] == "00-start-here.ipynb"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_was_executed(name):
    check(read(name))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_is_clean(name):
    notebook = read(name)
    wanted = copy.deepcopy(notebook)
    kit.clean(wanted)
    assert notebook == wanted


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_changed_number_is_noticed(name, tmp_path):
    notebook = read(name)
    texts = [
        lines
        for cell in code_cells(notebook)
        for output in cell["outputs"]
        for lines in [output.get("text") or output["data"]["text/plain"]]
        if re.search(r"\d", "".join(lines))
    ]
    texts[-1][:] = [re.sub(r"\d", lambda digit: str(9 - int(digit[0])), line) for line in texts[-1]]
    status, report = nbval(notebook, tmp_path)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert "Cell outputs differ" in report
    assert "1 failed" in report


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_cleared_outputs_are_noticed(name, tmp_path):
    notebook = read(name)
    had_output = sum(bool(cell["outputs"]) for cell in code_cells(notebook))
    for cell in code_cells(notebook):
        cell["outputs"] = []
    status, report = nbval(notebook, tmp_path)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert f"{had_output} failed" in report
    # "Clear all outputs" takes the counts away too: then it is ours to notice.
    for cell in code_cells(notebook):
        cell["execution_count"] = None
    with pytest.raises(AssertionError):
        check(notebook)
