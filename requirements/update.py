"""Write the locks anew from pyproject.toml; needs uv (`pip install uv`).

Pins stay as they are where they still fit; `python requirements/update.py --upgrade` renews them,
and `--upgrade-package NAME` renews one. One lock serves every system and every Python from 3.11:
differences are markers inside it.

lab.txt                  what a student needs: both extras, and the backend to install the project
test.txt                 what the tests need besides, with the same pins
bench.txt                what the benchmarks need besides, with the same pins
binder/requirements.txt  lab.txt without its hashes, since `-e .` cannot have one

conformance.txt is written by hand: it pins PyTorch, against which the engine is compared and
measured.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAB, TEST, BENCH = "requirements/lab.txt", "requirements/test.txt", "requirements/bench.txt"
BINDER = "binder/requirements.txt"


def lock(output: str, *sources: str) -> None:
    """Resolve `sources` (arguments of `uv pip compile`) into the lock file `output`."""
    command = ["uv", "pip", "compile", "--quiet", *sources, "--output-file", output, *sys.argv[1:]]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    # The same version of everything on every Python, so that outputs are the same too.
    command += ["--fork-strategy", "fewest"]
    command += ["--no-config", "--no-emit-index-url", "--no-annotate"]
    command += ["--custom-compile-command", "python requirements/update.py"]
    subprocess.run(command, cwd=ROOT, check=True)


def for_binder(lab_lock: str) -> str:
    """Return the text of binder/requirements.txt for the text of lab.txt."""
    return re.sub(r" \\\n +--hash=\S+", "", lab_lock) + "-e .\n"


if __name__ == "__main__":
    lock(LAB, "pyproject.toml", "--extra", "widgets", "--extra", "lab", "--group", "build")
    lock(TEST, "--group", "test", "--constraints", LAB)
    lock(BENCH, "--group", "bench", "--constraints", LAB)
    lab_lock = (ROOT / LAB).read_text(encoding="utf-8")
    (ROOT / BINDER).write_text(for_binder(lab_lock), encoding="utf-8", newline="\n")
