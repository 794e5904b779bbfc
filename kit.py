"""The Minigrad Kit's commands. They need Python 3.11 or newer, and nothing else.

python kit.py lab          open the first notebook in JupyterLab (further words go to JupyterLab)
python kit.py test         run the checks (python kit.py test lint types: only these)
python kit.py doctor       print what to paste when you ask for help
python kit.py notebooks    run the notebooks and store their outputs in them
python kit.py conformance  compare the engine with PyTorch, which it installs (areas may follow)
python kit.py bench        measure the engine beside PyTorch, JAX and others, which it installs

All but doctor make .venv beside this file and install the locked packages into it; once that is
done they start at once. Every Python since 2.7 can parse this file, so that an old one gets as far
as the sentence below: hence no f-strings and no annotations.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "The Minigrad Kit needs Python 3.11 or newer and this is Python %d.%d: install one from "
        "python.org, then type python3.13 kit.py lab (on Windows: py -3.13 kit.py lab)."
        % sys.version_info[:2]
    )

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PATHS = sysconfig.get_paths("venv", {"base": str(VENV), "platbase": str(VENV)})
PYTHON = Path(VENV_PATHS["scripts"], "python.exe" if os.name == "nt" else "python")

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# What pip or the system says, and what the reader can do. The first match counts: without a network
# pip also says "No matching distribution".
TROUBLES = {
    r"No space left|Errno 28\b|WinError 112\b|not enough space": (
        "The disk is full: free 2 GB, then run this again."
    ),
    r"Long Path support|Errno 36\b|File ?name too long|WinError 206\b": (
        "The path of this folder is too long for the system: move the folder to a short one, such "
        "as C:\\kit, then run this again."
    ),
    r"Permission denied|Errno 13\b|Read-only file system|WinError (5|32)\b": (
        "This folder cannot be written to, or a program is using it: close JupyterLab, or copy the "
        "folder to a place of your own, then run this again."
    ),
    r"connection broken|NewConnectionError|NameResolutionError|Max retries|timed out": (
        "The packages could not be downloaded: connect to the internet (behind a proxy, set "
        "HTTPS_PROXY), then run this again."
    ),
    r"No matching distribution": (
        "A package is not made for this Python or system: use a 64-bit Python from 3.11 to 3.14 on "
        "Linux, on Windows (Intel or AMD) or on a Mac with Apple silicon."
    ),
}

MAIN_PACKAGES = ["minigrad-kit", "numpy", "numba", "pygraphviz"]
MAIN_PACKAGES += ["jupyterlab", "ipykernel", "ipywidgets", "anywidget"]

# Names to find on the path, then the places where installers put them.
BROWSERS = [
    "google-chrome",
    "chromium",
    "chromium-browser",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
]

# Tests of the engine that the choice of kernels cannot change: they choose themselves, or have
# single numbers only, for which there are no kernels.
ONCE = ["blas.py", "compile*.py", "generator.py", "kernel_cache.py", "polynomials.py", "scale.py"]

# The steps of `test`: what .venv's Python runs in each (python -m ...).
HEAVY = ["tests/test_notebooks.py", "tests/frontend", "tests/browser", "tests/install"]
STEPS = {
    "lint": [["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    "types": [["mypy"]],
    "tests": [["pytest", "tests"] + ["--ignore=" + path for path in HEAVY]],
    "kernels": [["pytest", "tests/engine"] + ["--ignore-glob=*/test_" + each for each in ONCE]],
    "notebooks": [["pytest", "--nbval", "--nbval-current-env", "notebooks", HEAVY[0]]],
    "frontend": [["pytest", "tests/frontend"]],
    "browser": [["pytest", "tests/browser"]],
    "install": [["pytest", "tests/install"]],
}
# What a step sets in the environment: the engine's tests run with NumPy alone, then once more with
# every op in compiled kernels that has one.
SETTINGS = {"tests": {"MINIGRAD_KERNELS": "numpy"}, "kernels": {"MINIGRAD_KERNELS": "numba"}}


class Halt(Exception):
    """Ends the command; the text is one sentence for the reader."""


def show(text):
    """Write at once, without ending the line."""
    sys.stdout.write(text)
    sys.stdout.flush()


def start(command, settings=(), **options):
    """Start a program in the kit's folder; its files and its output are UTF-8."""
    environment = dict(os.environ, **dict(settings, PYTHONUTF8="1"))
    return subprocess.Popen(command, cwd=str(ROOT), env=environment, **options)


def run(command, each_line=lambda line: None, settings=()):
    """Run a program to its end, give `each_line` every line as it comes, and return them all."""
    lines = []
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    with start(command, settings, encoding="utf-8", errors="replace", **pipe) as process:
        for line in process.stdout:
            lines.append(line)
            each_line(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, "".join(lines))
    return lines


def run_in_sight(words, settings=()):
    """Run a module with .venv's Python, show what it prints, and return its lines."""
    return run([str(PYTHON), "-m"] + words, show, settings)


def explain(text):
    """Return the sentence for what a failed program said; for an unknown failure, its own words."""
    for sign, way_out in TROUBLES.items():
        if re.search(sign, text):
            return way_out
    return "%s\nThis failed, and the lines above say why." % "".join(text.splitlines(True)[-20:])


def stamp(layer):
    """Return the file that is written when a layer is installed, and what it then holds.

    A .venv cannot move and cannot change its Python: both stand there, beside the lock's hash.
    """
    lock = ROOT / "requirements" / (layer + ".txt")
    pinned = hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes())
    made_for = [str(ROOT), sys.base_prefix, platform.python_version()]
    return VENV / ("minigrad-kit-%s.txt" % layer), made_for + [pinned.hexdigest()]


def installed(layer):
    """Return what the stamp of a layer holds: [] if nothing was installed, or not to the end."""
    file = stamp(layer)[0]
    return file.read_text(encoding="utf-8").split("\n") if file.exists() and PYTHON.exists() else []


def install(*layers):
    """Bring .venv to what requirements/LAYER.txt pins, for each layer; start with "lab"."""
    for layer in layers:
        file, wanted = stamp(layer)
        found = installed(layer)
        if found == wanted:
            continue
        if layer == "lab" and found[:3] != wanted[:3]:
            make_venv()
        file.unlink(missing_ok=True)
        show("Installing requirements/%s.txt (once; it can take minutes) " % layer)
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--retries=2", "install"]
        # Where a file has hashes, pip checks them.
        lock = ["--only-binary=:all:", "-r", "requirements/%s.txt" % layer]
        run(pip + lock, lambda line: show("." * line.startswith("Collecting")))
        if layer == "lab":
            # The build backend is in the lock, so this needs no network.
            run(pip + ["--no-deps", "--no-build-isolation", "-e", "."])
            prepare_lab(str(PYTHON))
        file.write_text("\n".join(wanted), encoding="utf-8")
        show(" done\n")


def make_venv():
    """Make .venv anew."""
    if importlib.util.find_spec("ensurepip") is None:
        raise Halt(
            "This Python cannot make environments: on Debian or Ubuntu type sudo apt install "
            "python3-venv, elsewhere install Python from python.org, then run this again."
        )
    show("Making .venv with Python %s\n" % platform.python_version())
    run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def prepare_lab(python):
    """Prepare the JupyterLab that was installed for a Python (a path); Binder does this too."""
    # It would begin with a question about news, and ask the network for them.
    news = "@jupyterlab/apputils-extension:announcements"
    run([python, "-m", "jupyter", "labextension", "disable", news])


def trust_notebooks(python):
    """Sign the course: JupyterLab shows no stored picture of a notebook that nobody here signed."""
    run([python, "-m", "jupyter", "trust"] + course())


def course():
    """Return the notebooks' paths in the course's order."""
    return sorted(str(path) for path in (ROOT / "notebooks").glob("*.ipynb"))


def lab(*words):
    """Open the first notebook in JupyterLab."""
    install("lab")
    trust_notebooks(str(PYTHON))
    # Containers run as root, where JupyterLab would refuse to start.
    command = [str(PYTHON), "-m", "jupyterlab", "--allow-root", "notebooks/00-start-here.ipynb"]
    process = start(command + list(words))
    while process.returncode is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab gets it too, and asks whether to stop
    return process.returncode


def test(*names):
    """Run the checks, print a summary, and return 1 if one failed."""
    unknown = set(names).difference(STEPS)
    if unknown:
        raise Halt("There is no step %s; the steps are %s." % (unknown.pop(), ", ".join(STEPS)))
    install("lab", "test")
    # Installing everything once more, from nothing, is left to CI.
    names = names or [name for name in STEPS if name != "install" or os.environ.get("CI")]
    outcomes = []
    summary = "\n"
    for name in names:
        show("\n--- %s\n" % name)
        began = time.monotonic()
        outcome, closing = run_step(name)
        outcomes.append(outcome)
        seconds = time.monotonic() - began
        summary += "%-10s %-7s %6.1f s   %s\n" % (name, outcome, seconds, closing)
    counts = tuple(map(outcomes.count, ("passed", "failed", "skipped")))
    show(summary + "steps: %d passed, %d failed, %d skipped\n" % counts)
    return 1 if "failed" in outcomes else 0


def run_step(name):
    """Run a step of `test`; return "passed", "failed" or "skipped", and its closing line."""
    missing = lacking(name)
    if missing:
        return "failed" if os.environ.get("CI") else "skipped", missing
    try:
        for words in STEPS[name]:
            lines = run_in_sight(words, SETTINGS.get(name, ()))
        outcome = "passed"
    except subprocess.CalledProcessError as error:
        lines = error.output.splitlines()
        outcome = "failed"
    return outcome, ([line.strip(" =\n") for line in lines if line.strip()] or [""])[-1]


def lacking(step):
    """Return what a step of `test` needs and does not find here; "" if it can run."""
    if step == "browser" and not find_browser():
        return "needs Chromium, Chrome or Edge (Debian, Ubuntu: sudo apt install chromium)"
    # The browser tests take axe-core, the checker of accessibility, from npm.
    if step in ("frontend", "browser") and not shutil.which("npm"):
        return "needs npm (Debian, Ubuntu: sudo apt install nodejs npm; others: nodejs.org)"
    return ""


def find_browser():
    """Return the path of a Chromium, Chrome or Edge, or None."""
    return next(filter(None, map(shutil.which, map(os.path.expandvars, BROWSERS))), None)


def doctor():
    """Print what a helper asks first."""
    try:
        tempfile.TemporaryFile(dir=str(ROOT)).close()
        rights = "can be written to"
    except OSError as error:
        rights = "cannot be written to: %s" % error.strerror
    rows = [
        ("system", platform.platform()),
        ("python", "%s  %s" % (platform.python_version(), sys.executable)),
        ("folder", "%s  (%s)" % (ROOT, rights)),
        (".venv", "ready" if installed("lab") == stamp("lab")[1] else "not ready"),
        ("browser", find_browser() or "no Chromium, Chrome or Edge found"),
        ("node", shutil.which("node") or "not found (only the tests need it)"),
    ]
    where = [VENV_PATHS["purelib"], VENV_PATHS["platlib"]]
    for name in MAIN_PACKAGES:
        found = list(importlib.metadata.distributions(name=name, path=where))
        rows.append((name, found[0].version if found else "not installed"))
    show("".join("%-13s %s\n" % row for row in rows))


def notebooks():
    """Run the notebooks in place, then clean them."""
    install("lab")
    for path in course():
        run_in_sight(["jupyter", "nbconvert", "--to=notebook", "--execute", "--inplace", path])
        notebook = json.loads(Path(path).read_text(encoding="utf-8"))
        clean(notebook)
        text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        Path(path).write_text(text, encoding="utf-8", newline="\n")


def conformance(*areas):
    """Compare samples of every op with PyTorch, live; return 1 if one differs."""
    install("lab", "test", "conformance")
    return start([str(PYTHON), "tests/engine/conformance.py"] + list(areas)).wait()


def bench(*words):
    """Measure speed side by side with other frameworks (words: workloads, --quick)."""
    install("lab", "conformance", "bench")
    return start([str(PYTHON), "-m", "benchmarks"] + list(words)).wait()


def clean(notebook):
    """Take out of a notebook's JSON what differs from run to run or needs a running kernel.

    Without its widget view an output shows its picture: JupyterLab would say "model not found".
    """
    notebook["metadata"] = NOTEBOOK_METADATA
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)


def main(words):
    """Carry out one command; return the exit status."""
    # A console that lacks a letter (cp1252 has no Greek) shows "?" instead of stopping.
    sys.stdout.reconfigure(errors="replace")
    sys.stderr.reconfigure(errors="replace")
    commands = {
        "lab": lab,
        "test": test,
        "doctor": doctor,
        "notebooks": notebooks,
        "conformance": conformance,
        "bench": bench,
    }
    command = words[0] if words else ""
    if command not in commands or (words[1:] and command in ("doctor", "notebooks")):
        show(__doc__)
        return 2
    try:
        return commands[command](*words[1:])
    except KeyboardInterrupt:
        return 130
    except Halt as halt:
        sentence = str(halt)
    except subprocess.CalledProcessError as error:
        sentence = explain(error.output)
    except OSError as error:
        sentence = explain(str(error))
    show("\n")  # a line may have been begun
    return sentence


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
