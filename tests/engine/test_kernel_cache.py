"""Compiled kernels: what is kept, what is never used again, and where nothing can be kept."""

import inspect
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad.kernels import build

HERE = Path(minigrad.__file__).parents[1]
TEXT = """import numpy as np
from minigrad.kernels.polynomials import tanh


def run(x, out):
    for i in range(x.size):
        out[i] = tanh(x[i]) * np.float32(2)


def _plain(x):
    return x
"""
# Loads, runs, and prints the number and how often a kept kernel was found.
PROGRAM = f"""
import numpy as np
from minigrad.kernels import build
kernel = build.loaded({TEXT!r}).run
out = np.empty(1, np.float32)
kernel(np.ones(1, np.float32), out)
print(round(float(out[0]), 4), sum(kernel.stats.cache_hits.values()))
"""
TWICE_TANH_1 = "1.5232"


def python(code, folder, source=HERE, **environment):
    """Start a fresh Python that keeps its kernels in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", cwd=source,
        env={
            **os.environ, "PYTHONPATH": str(source), "NUMBA_CACHE_DIR": str(folder),
            "MINIGRAD_KERNELS": "", **environment,
        },
    )  # fmt: skip


def said(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split()


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first") / "kept"
    assert said(python(PROGRAM, folder)) == [TWICE_TANH_1, "0"]
    return folder


@pytest.fixture
def kept(first, folder):
    """A folder in which one Python has left its kernel."""
    return shutil.copytree(first, folder)


def test_the_next_python_finds_the_kernel(kept):
    assert len(files(kept)) == 1
    assert said(python(PROGRAM, kept)) == [TWICE_TANH_1, "1"]
    assert len(files(kept)) == 1


def test_another_text_or_type_is_another_kernel(kept):
    said(python(PROGRAM.replace("* np.float32(2)", "* np.float32(3)"), kept))
    assert len(files(kept)) == 2
    said(python(PROGRAM.replace("np.empty(1, np.float32)", "np.empty(1, np.float64)"), kept))
    assert len(files(kept)) == 3


def test_another_processor_is_another_kernel(kept):
    assert said(python(PROGRAM, kept, NUMBA_CPU_NAME="generic")) == [TWICE_TANH_1, "0"]
    assert said(python(PROGRAM, kept)) == [TWICE_TANH_1, "1"]


@pytest.mark.parametrize("package", ["numba", "llvmlite", "numpy"])
def test_after_an_upgrade_nothing_old_is_used(kept, package):
    upgraded = f"""
import importlib.metadata as metadata
real = metadata.version
metadata.version = lambda name: "999" if name == {package!r} else real(name)
"""
    assert said(python(upgraded + PROGRAM, kept)) == [TWICE_TANH_1, "0"]


def test_an_edited_helper_leaves_no_stale_kernel(kept, tmp_path):
    edited = tmp_path / "edited"
    shutil.copytree(HERE / "minigrad", edited / "minigrad")
    path = edited / "minigrad" / "kernels" / "polynomials.py"
    text = path.read_text(encoding="utf-8")
    assert "math.copysign(part if a < small else one + part, x)" in text
    text = text.replace("math.copysign(part if a < small else one + part, x)", "two")
    path.write_text(text, encoding="utf-8")
    assert said(python(PROGRAM, kept, source=edited)) == ["4.0", "0"]


def test_every_helper_is_known(folder):
    """What generated text imports brings these modules with it; all are parts of a kernel."""
    code = """
import sys
import minigrad, minigrad.kernels.build
before = set(sys.modules)
from minigrad.kernels import blas, intrinsics, polynomials
print(*(name for name in set(sys.modules) - before if name.startswith("minigrad.")))
"""
    known = {f"minigrad.kernels.{name.removesuffix('.py')}" for name in build._HELPERS}
    assert {*said(python(code, folder)), "minigrad.kernels.build"} == known


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
    ],
    ids=["empty", "cut", "one bit"],
)
def test_a_damaged_file_is_compiled_and_written_anew(kept, damage):
    (path,) = files(kept)
    path.write_bytes(damage(path.read_bytes()))
    assert said(python(PROGRAM, kept)) == [TWICE_TANH_1, "0"]
    assert said(python(PROGRAM, kept)) == [TWICE_TANH_1, "1"]


def test_several_processes_at_once(folder):
    together = [python(PROGRAM, folder) for _ in range(3)]
    assert [said(each)[0] for each in together] == [TWICE_TANH_1] * 3
    assert len(files(folder)) == 1
    assert said(python(PROGRAM, folder)) == [TWICE_TANH_1, "1"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert said(python(PROGRAM, tmp_path / "file" / "kept")) == [TWICE_TANH_1, "0"]


READ_ONLY = """
import tempfile
def refused(*_, **__): raise PermissionError(13, "read-only")
tempfile.mkstemp = refused
import os, pathlib
os.utime = refused
"""


def test_a_read_only_folder_is_read(kept, tmp_path):
    assert said(python(READ_ONLY + PROGRAM, kept)) == [TWICE_TANH_1, "1"]
    empty = tmp_path / "empty"
    assert said(python(READ_ONLY + PROGRAM, empty)) == [TWICE_TANH_1, "0"]
    assert not files(empty)


def test_a_full_disk(folder):
    full = """
import io, os
class Full(io.FileIO):
    def write(self, content):
        super().write(content[:100])
        raise OSError(28, "No space left on device")
os.fdopen = Full
"""
    assert said(python(full + PROGRAM, folder)) == [TWICE_TANH_1, "0"]
    assert not files(folder)


def test_versions_that_nobody_used_for_long_go(kept):
    (ours,) = (kept / "minigrad-kernels").iterdir()
    for name, days in (("old", 61), ("young", 59)):
        shutil.copytree(ours, ours.with_name(name))
        then = time.time() - days * 24 * 3600
        os.utime(ours.with_name(name), (then, then))
    os.utime(ours, (0, 0))
    assert said(python(PROGRAM, kept)) == [TWICE_TANH_1, "1"]
    assert {path.name for path in ours.parent.iterdir()} == {ours.name, "young"}


def test_threads_share_one_compilation(folder, monkeypatch):
    monkeypatch.setattr("numba.config.CACHE_DIR", str(folder))
    monkeypatch.setattr(build, "_LOADED", {})
    build._folder.cache_clear()
    text = TEXT.replace("np.float32(2)", "np.float32(1)")
    x, kernels, outs = np.ones(3), [], []
    start = threading.Barrier(4)

    def work():
        start.wait()
        kernel, out = build.loaded(text).run, np.empty(3)
        kernel(x, out)
        kernels.append(kernel)
        outs.append(out)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    build._folder.cache_clear()
    assert len(set(kernels)) == 1
    assert sum(kernels[0].stats.cache_misses.values()) == 1
    np.testing.assert_allclose(outs, np.tanh(1) * np.ones((4, 3)), rtol=1e-15)


def test_a_text_reads_as_source_and_keeps_its_private_functions():
    module = build.loaded(TEXT)
    assert module._plain("any") == "any"
    assert inspect.getsource(module.run.py_func).startswith("def run(x, out):")
    assert build.loaded(TEXT) is module


AHEAD = """
import minigrad as mg
from minigrad.kernels import __main__ as ahead
ahead.RULES = {"sigmoid": ahead.RULES["sigmoid"]}
ahead._OPTIMIZERS = {mg.optim.SGD: [{}]}
ahead.warm(mg.float32)
"""
FIRST_USE = """
import minigrad as mg
from minigrad.kernels import build
mg.ones(5000, requires_grad=True).sigmoid().sum().backward()
for module in build._LOADED.values():
    for name in ("forward", "backward"):
        if hasattr(module, name):
            print(sum(getattr(module, name).stats.cache_hits.values()))
"""


def test_what_was_compiled_ahead_is_found(folder):
    said(python(AHEAD, folder))
    assert said(python(FIRST_USE, folder)) == ["1", "1"]
    refused = python(
        "import runpy; runpy.run_module('minigrad.kernels', run_name='__main__')",
        folder,
        MINIGRAD_KERNELS="numpy",
    )
    assert "nothing to compile" in refused.communicate()[1]
    assert refused.returncode == 1


WITHOUT = "import sys; sys.modules['numba'] = None\n"
EVERYTHING = """
import numpy as np, minigrad as mg
from minigrad.kernels import build
assert not build.available()
x = mg.ones(100, 100, requires_grad=True)
(x.tanh() @ x).softmax(-1).exp().sum().backward()
model = mg.nn.Linear(100, 100)
loss = model(x).sigmoid().mean()
loss.backward()
mg.optim.Adam(model.parameters()).step()
print(x.grad.shape == x.shape, "numba" in sys.modules and sys.modules["numba"] is not None)
"""


def test_without_numba_numpy_does_everything(folder):
    assert said(python(WITHOUT + EVERYTHING, folder)) == ["True", "False"]


def test_with_compiling_switched_off_numpy_does_everything(folder):
    switched_off = python("import sys\n" + EVERYTHING, folder, NUMBA_DISABLE_JIT="1")
    assert said(switched_off)[0] == "True"


def test_importing_minigrad_leaves_numba_alone(folder):
    code = "import sys, minigrad, minigrad.kernels.build; print('numba' in sys.modules)"
    assert said(python(code, folder)) == ["False"]
