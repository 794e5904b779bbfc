"""The decisions of kit.py, and the locks that it installs."""

import ast
import copy
import errno
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kit

LOCKS = [kit.ROOT / "requirements" / name for name in ("lab.txt", "test.txt", "bench.txt")]


def run_kit(folder, *words, **environment):
    """Run a copy of kit.py that lies in `folder`, as a person does."""
    folder.mkdir(exist_ok=True)
    shutil.copy(kit.ROOT / "kit.py", folder)
    shutil.copy(kit.ROOT / "pyproject.toml", folder)
    shutil.copytree(kit.ROOT / "requirements", folder / "requirements", dirs_exist_ok=True)
    return subprocess.run(
        [sys.executable, folder / "kit.py", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **environment},
    )


def test_an_old_python_gets_one_sentence():
    pretend = "import runpy, sys; sys.version_info = (3, 8, 0, 'final', 0); "
    pretend += f"runpy.run_path({str(kit.ROOT / 'kit.py')!r}, run_name='__main__')"
    old = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)
    assert old.returncode == 1
    assert re.fullmatch(r"The Minigrad Kit needs Python 3\.11 or newer.* 3\.8: .*\n", old.stderr)


def test_an_old_python_can_parse_the_file():
    source = (kit.ROOT / "kit.py").read_text(encoding="utf-8")
    assert source.isascii()  # Python 2 wants ASCII
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, ast.JoinedStr | ast.NamedExpr | ast.AnnAssign | ast.Match)
        if isinstance(node, ast.List | ast.Tuple | ast.Dict):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            assert not any(part is None or isinstance(part, ast.Starred) for part in parts)
        if isinstance(node, ast.arguments):
            assert not node.kwonlyargs
            assert not any(argument.annotation for argument in node.args)


class Installer:
    """Stands in for kit.run: notes what would be run, and makes .venv's Python as venv does."""

    def __init__(self):
        self.made, self.locks, self.stops_at = 0, [], None

    def __call__(self, command, each_line=None):
        if "venv" in command:
            self.made += 1
            shutil.rmtree(kit.VENV, ignore_errors=True)
            kit.PYTHON.parent.mkdir(parents=True)
            kit.PYTHON.touch()
        if "-r" in command:
            self.locks.append(command[-1])
            if self.stops_at == command[-1]:
                raise KeyboardInterrupt
        return []


@pytest.fixture
def installer(tmp_path, monkeypatch):
    installer = Installer()
    monkeypatch.setattr(kit, "run", installer)
    lay_out(tmp_path / "Été du kit", monkeypatch)
    return installer


def lay_out(folder, monkeypatch):
    """Let kit.py believe that it lies in `folder`."""
    (folder / "requirements").mkdir(parents=True, exist_ok=True)
    layers = [f"requirements/{layer}.txt" for layer in ("lab", "test", "conformance", "bench")]
    for name in (*layers, "pyproject.toml"):
        (folder / name).write_text(name, encoding="utf-8")
    monkeypatch.setattr(kit, "ROOT", folder)
    monkeypatch.setattr(kit, "VENV", folder / ".venv")
    monkeypatch.setattr(kit, "PYTHON", folder / ".venv" / "bin" / "python")


def test_a_second_start_runs_nothing(installer):
    kit.install("lab", "test")
    assert (installer.made, installer.locks) == (
        1,
        ["requirements/lab.txt", "requirements/test.txt"],
    )
    kit.install("lab", "test")
    assert (installer.made, len(installer.locks)) == (1, 2)


def test_a_changed_lock_is_installed_over_the_old_one(installer):
    kit.install("lab", "test")
    (kit.ROOT / "requirements" / "test.txt").write_text("new", encoding="utf-8")
    kit.install("lab", "test")
    assert (installer.made, installer.locks[2:]) == (1, ["requirements/test.txt"])


def test_a_cut_short_installation_is_made_anew(installer):
    installer.stops_at = "requirements/lab.txt"
    with pytest.raises(KeyboardInterrupt):
        kit.install("lab")
    installer.stops_at = None
    kit.install("lab")
    assert installer.made == 2


def test_a_cut_short_change_of_the_lock_is_made_anew(installer):
    kit.install("lab")
    (kit.ROOT / "requirements" / "lab.txt").write_text("new", encoding="utf-8")
    test_a_cut_short_installation_is_made_anew(installer)


def test_failing_to_add_the_tests_leaves_the_lab_ready(installer):
    installer.stops_at = "requirements/test.txt"
    with pytest.raises(KeyboardInterrupt):
        kit.install("lab", "test")
    kit.install("lab")
    assert (installer.made, len(installer.locks)) == (1, 2)


def test_a_moved_folder_gets_a_new_environment(installer, monkeypatch):
    kit.install("lab", "test")
    moved = kit.ROOT.with_name("moved")
    kit.ROOT.rename(moved)
    lay_out(moved, monkeypatch)
    kit.install("lab", "test")
    assert (installer.made, len(installer.locks)) == (2, 4)


def test_another_python_gets_a_new_environment(installer, monkeypatch):
    kit.install("lab")
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    kit.install("lab")
    assert installer.made == 2


def test_a_python_that_was_taken_away_gets_a_new_environment(installer):
    kit.install("lab")
    kit.PYTHON.unlink()
    kit.install("lab")
    assert installer.made == 2


def test_debian_without_venv_gets_a_sentence(installer, monkeypatch):
    monkeypatch.setattr(kit.importlib.util, "find_spec", lambda name: None)
    assert "python3-venv" in kit.main(["lab"])


def pip_fails(*words):
    """Return what the real pip says when it fails."""
    command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--retries=1", *words]
    environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
    pip = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert pip.returncode
    return pip.stdout + pip.stderr


def test_what_pip_says_is_explained():
    nobody_listens = "--index-url=http://127.0.0.1:9/"
    assert "connect to the internet" in kit.explain(pip_fails(nobody_listens, "no-such-thing"))
    assert "not made for this Python" in kit.explain(pip_fails("--no-index", "no-such-thing"))


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "close JupyterLab"),
        (errno.EROFS, "cannot be written to"),
        (errno.ENAMETOOLONG, "too long"),
    ],
)
def test_what_the_system_says_is_explained(number, way_out, monkeypatch):
    def fail():
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(kit, "doctor", fail)
    sentence = kit.main(["doctor"])
    assert way_out in sentence
    assert "\n" not in sentence


def test_an_unknown_failure_shows_its_own_last_lines():
    said = "".join(f"line {number}\n" for number in range(50))
    assert kit.explain(said).startswith("line 30\n")
    assert "line 49\n" in kit.explain(said)


def test_control_c_is_quiet(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(kit, "doctor", interrupted)
    assert kit.main(["doctor"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("words", [[], ["lob"], ["doctor", "who"]])
def test_an_unknown_word_shows_the_commands(words, capsys):
    assert kit.main(words) == 2
    assert "kit.py lab" in capsys.readouterr().out


def test_doctor_answers_in_any_folder_on_any_console(tmp_path):
    folder = tmp_path / "λ Été"
    doctor = run_kit(folder, "doctor", PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert doctor.returncode == 0
    assert doctor.stderr == ""
    rows = dict(line.split(maxsplit=1) for line in doctor.stdout.splitlines())
    assert rows["python"].startswith(".".join(map(str, sys.version_info[:3])))
    assert rows["folder"].endswith("(can be written to)")
    assert rows["numpy"] == "not installed"
    assert {"system", ".venv", "browser", "node", "jupyterlab"} < rows.keys()


def test_a_failing_step_fails_the_command(monkeypatch, capsys):
    monkeypatch.setattr(kit, "install", lambda *layers: None)
    monkeypatch.setattr(kit, "PYTHON", Path(sys.executable))
    steps = {"good": [["this"]], "bad": [["json.tool", "no such file"], ["this"]]}
    monkeypatch.setattr(kit, "STEPS", steps)
    assert kit.main(["test", "good"]) == 0
    assert kit.main(["test"]) == 1
    good, bad, count = capsys.readouterr().out.splitlines()[-3:]
    assert re.match(r"good +passed +\d+\.\d s +Namespaces are", good)
    assert re.match(r"bad +failed ", bad)
    assert count == "steps: 1 passed, 1 failed, 0 skipped"


def test_a_step_gets_its_settings(monkeypatch, capsys):
    monkeypatch.setattr(kit, "install", lambda *layers: None)
    monkeypatch.setattr(kit, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(
        kit, "STEPS", {"shown": [["timeit", "-n1", "-r1", "import os; print(os.environ['WORD'])"]]}
    )
    monkeypatch.setattr(kit, "SETTINGS", {"shown": {"WORD": "it came through"}})
    assert kit.main(["test", "shown"]) == 0
    assert "it came through" in capsys.readouterr().out


def test_without_a_browser_its_step_is_skipped_in_one_line_and_fails_in_ci(monkeypatch, capsys):
    monkeypatch.setattr(kit, "install", lambda *layers: None)
    monkeypatch.setattr(kit, "BROWSERS", ["no such browser"])
    monkeypatch.delenv("CI", raising=False)
    assert kit.main(["test", "browser"]) == 0
    line, count = capsys.readouterr().out.splitlines()[-2:]
    assert re.match(r"browser +skipped .*needs Chromium.*apt install chromium", line)
    assert count == "steps: 0 passed, 0 failed, 1 skipped"
    monkeypatch.setenv("CI", "true")
    assert kit.main(["test", "browser"]) == 1
    assert re.match(r"browser +failed .*needs Chromium", capsys.readouterr().out.splitlines()[-2])


@pytest.mark.parametrize(
    ("command", "layers", "words"),
    [
        ("conformance", ["lab", "test", "conformance"], 2),
        ("bench", ["lab", "conformance", "bench"], 3),
    ],
)
def test_a_comparison_installs_its_rivals_and_passes_words_and_outcome_on(
    command, layers, words, installer, monkeypatch
):
    class Differs:
        def __init__(self, command):
            self.command = command

        def wait(self):
            return len(self.command)

    monkeypatch.setattr(kit, "start", Differs)
    assert kit.main([command]) == words
    assert kit.main([command, "core"]) == words + 1
    assert installer.locks == [f"requirements/{layer}.txt" for layer in layers]


def test_conformance_is_pinned_to_the_pytorch_of_the_stored_answers():
    pin = (kit.ROOT / "requirements" / "conformance.txt").read_text(encoding="utf-8")
    assert pin.endswith("\ntorch==2.13.0\n")


def test_a_step_that_does_not_exist_is_named(monkeypatch):
    sentence = kit.main(["test", "lnit"])
    assert "lnit" in sentence
    assert "lint" in sentence


def test_clean_keeps_what_a_reader_sees():
    picture = {"image/svg+xml": ["<svg/>"], "text/plain": ["a graph"]}
    cell = {"cell_type": "code", "id": "one", "execution_count": 1, "source": ["1"]}
    cell["metadata"] = {"tags": ["keep"]}
    cell["outputs"] = [{"output_type": "execute_result", "data": dict(picture)}]
    wanted = {"cells": [copy.deepcopy(cell)], "metadata": kit.NOTEBOOK_METADATA}
    cell["metadata"]["execution"] = {"iopub.status.busy": "2026-11-23T02:18:41"}
    cell["outputs"][0]["data"][kit.WIDGET_VIEW] = {"model_id": "5f"}
    notebook = {"cells": [cell], "metadata": {"widgets": {}, "language_info": {"version": "3.11"}}}
    kit.clean(notebook)
    assert notebook == wanted


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_has_hashes_and_names_no_place(lock):
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|file:|--index|--find-links|^-[ef]|\s/|\\\w", text, re.MULTILINE)
    pins = re.split(r"\n(?=[a-z])", text)[1:]
    assert pins
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)


def pins_of(text):
    """Return the pins of a lock, each with its marker."""
    return {line.rstrip(" \\") for line in text.splitlines() if "==" in line}


@pytest.mark.parametrize("lock", LOCKS[1:], ids=lambda lock: lock.name)
def test_a_lock_uses_the_pins_of_the_lab(lock):
    lab, more = (pins_of(each.read_text(encoding="utf-8")) for each in (LOCKS[0], lock))
    versions: dict[str, set[str]] = {}  # another Python may need another one
    for pin in lab:
        name, version = pin.split(" ;")[0].split("==")
        versions.setdefault(name, set()).add(version)
    for pin in more:
        name, version = pin.split(" ;")[0].split("==")
        assert version in versions.get(name, {version})


def test_binder_uses_the_pins_of_the_lab():
    update = runpy.run_path(str(kit.ROOT / "requirements" / "update.py"))
    binder = (kit.ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8")
    lab = LOCKS[0].read_text(encoding="utf-8")
    assert binder == update["for_binder"](lab)
    assert pins_of(binder) == pins_of(lab)
    assert binder.endswith("\n-e .\n")
