"""What others install: Binder from the files in binder/, everybody else from the wheel.

Both go into one clean environment, so this needs the network and a minute.
"""

import os
import subprocess
import sys
import venv
import zipfile

import pytest

import kit


def run(*command, cwd=kit.ROOT, **environment):
    """Run a command; return what it printed, or fail the test with it."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment that was made from binder/requirements.txt alone."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    python = folder / kit.PYTHON.relative_to(kit.VENV)
    run(python, "-m", "pip", "install", "-r", "binder/requirements.txt")
    return python


def test_binder_runs_the_course(python, tmp_path):
    run(python, "binder/postBuild", HOME=str(tmp_path))
    disabled = run(python, "-m", "jupyter", "labextension", "list")
    assert "apputils-extension:announcements" in disabled
    words = ["nbconvert", "--to=notebook", "--execute", f"--output-dir={tmp_path}"]
    run(python, "-m", "jupyter", *words, *kit.course())
    assert len(list(tmp_path.glob("*.ipynb"))) == len(kit.course())


def test_the_wheel_is_complete(python, tmp_path):
    words = ["--no-deps", "--no-build-isolation", f"--wheel-dir={tmp_path}"]
    run(sys.executable, "-m", "pip", "wheel", *words, kit.ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in packed} == {"minigrad", "minigrad_widgets"}
    assert {"minigrad/py.typed", "minigrad_widgets/py.typed"} < packed
    bundle = (kit.ROOT / "widgets" / "minigrad_widgets" / "static").iterdir()
    assert {f"minigrad_widgets/static/{file.name}" for file in bundle} < packed

    run(python, "-m", "pip", "install", "--no-deps", "--force-reinstall", wheel)
    use = """if True:
        import minigrad as mg
        from minigrad_widgets import GraphStepper
        a = mg.tensor(3.0, requires_grad=True, name="a")
        print(GraphStepper(a * a), mg.__file__)
    """
    printed = run(python, "-c", use, cwd=tmp_path)
    assert "site-packages" in printed
