"""Generated loops, compiled by Numba, against NumPy's reading of the same rule."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad import kernels
from minigrad.kernels import build
from minigrad.rules import RULES, Elementwise, Row

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1000.0, -1000.0, np.nan, np.inf, -np.inf]
WHOLE = [name for name, rule in RULES.items() if not isinstance(rule, Elementwise | Row)]
# What a loop has no words for, by what NumPy calls it.
REFUSED = {
    "pow": "power", "pow_tensor": "power", "floor_divide": "floor_divide",
    "remainder": "remainder", "fmod": "fmod", "round": "round", "nan_to_num": "nan_to_num",
    "isclose": "isclose", "logsumexp": "squeeze", "layer_norm": "mean",
}  # fmt: skip
CELLS = [
    name for name, rule in RULES.items() if isinstance(rule, Elementwise) and name not in REFUSED
]
ROWS = [name for name, rule in RULES.items() if isinstance(rule, Row) and name not in REFUSED]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Keep the kernels of these tests in a folder of their own, not in the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numba.misc.appdirs.user_cache_dir", lambda *_: str(folder))
        build.compiled.cache_clear()
        yield folder
        build.compiled.cache_clear()


def operands(name, kind):
    """Every special number against every other, flat."""
    rule = RULES[name]
    grid = np.meshgrid(*[np.array(SPECIAL, kind)] * len(rule.inputs))
    flat = [np.ascontiguousarray(each.ravel()) for each in grid]
    if "f" not in rule.takes:
        return [each > 0 for each in flat]
    if rule.inputs[0] == "condition":
        flat[0] = flat[0] > 0
    return flat


def interpreted(name, kind):
    """Run a rule's source as the plain Python that it is: compiling them all takes minutes."""
    module = {}
    exec(kernels.source(name, kind), module)
    return SimpleNamespace(**module)


def words_of(name):
    return set(re.findall(r"np\.\w+|[-+*/&|^<>=!]+| if | not ", kernels.source(name)))


def worth_compiling():
    """List the rules that need a word which no rule before them has needed."""
    known, found = set(), []
    for name in CELLS:
        if words_of(name) - known:
            known |= words_of(name)
            found.append(name)
    return found


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("name", CELLS)
def test_cells(name, kind):
    check_cells(interpreted(name, kind), name, kind)


@pytest.mark.parametrize("name", worth_compiling())
def test_cells_compiled(cache, name):
    check_cells(kernels.compiled(name, "float32"), name, "float32")


def check_cells(module, name, kind):
    rule, inputs = RULES[name], operands(name, kind)
    close = {"rtol": 5e-6 if kind == "float32" else 1e-13, "atol": 0, "equal_nan": True}
    with np.errstate(all="ignore"):
        expected = rule.value(*inputs)
        out = np.empty_like(expected)
        module.forward(*inputs, out)
        np.testing.assert_allclose(out, expected, **close)
        known = {**rule.defaults, **dict(zip(rule.inputs, inputs, strict=True)), "y": expected}
        for place, derivative in enumerate(rule.derivatives):
            if derivative is None:
                continue
            g = np.resize(np.array([2.0, -1.0, 0.5], kind), expected.shape)
            slope = rule.pull_back(place, known, g)
            assert slope.dtype == kind
            out = np.empty_like(slope)
            needed = [known[each] for each in derivative.names if each in (*rule.inputs, "y")]
            getattr(module, f"backward_{rule.inputs[place]}")(g, *needed, out)
            np.testing.assert_allclose(out, slope, **close)


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("name", ROWS)
def test_rows(cache, name, kind):
    rule, module = RULES[name], kernels.compiled(name, kind)
    x = np.array(
        [[0, 1, 2], [1000, 0, -1000], [-np.inf, 0, 1], [np.nan, 1, 2], [np.inf, 1, 2],
         [-np.inf, -np.inf, -np.inf], [1, np.nan, 5], [-1000, -1001, -999]], kind
    )  # fmt: skip
    g = np.arange(x.size, dtype=kind).reshape(x.shape) - 7
    close = {"rtol": 2e-6 if kind == "float32" else 1e-13, "equal_nan": True}
    close["atol"] = 4e-7 if kind == "float32" else 1e-15
    with np.errstate(all="ignore"):
        y = rule.value(x)
        out = np.empty_like(x)
        module.forward(x, out)
        np.testing.assert_allclose(out, y, **close)
        module.backward_x(g, y, out)
        expected = rule.pull_back(0, {"y": y, "axis": -1}, g)
        np.testing.assert_allclose(out, expected, **(close | {"atol": close["atol"] * 16}))


@pytest.mark.parametrize("name", WHOLE)
def test_ops_on_whole_arrays_say_that_they_have_no_loop(name):
    with pytest.raises(TypeError, match=f"{name} works on whole arrays at once"):
        kernels.source(name)


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_loop_cannot_do_is_a_sentence(name):
    with pytest.raises(TypeError, match=f"^{REFUSED[name]} has no place in a fused loop$"):
        kernels.source(name)


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("name", [*CELLS, *ROWS])
def test_literals_have_the_dtype_of_the_array(name, kind):
    code = kernels.source(name, kind).partition("\n")[2]
    other = {"float32": "float64", "float64": "float32"}[kind]
    assert other not in code
    # Numbers stand in a call of the dtype, or are names, indices and shapes.
    bare = re.sub(rf"np\.{kind}\([^)]*\)|\w*[A-Za-z_]\w*|shape\[\d\]|\[\d\]", "", code)
    assert not re.search(r"\d", bare), code


def test_float32_stays_float32(cache):
    module = kernels.compiled("sigmoid", "float32")
    x, out = np.zeros(3, "float32"), np.empty(3, "float32")
    module.forward(x, out)
    (signature,) = module.forward.signatures
    code = module.forward.inspect_llvm(signature)
    assert "fdiv float" in code
    assert "fdiv double" not in code


def test_a_part_used_twice_is_computed_once():
    assert kernels.source("softmax").count("np.exp") == 2  # once to sum, once to write
    assert kernels.source("tanh").count("np.tanh") == 1


SECOND_PROCESS = """
import sys
import numpy as np
from numba.misc import appdirs
appdirs.user_cache_dir = lambda *_: sys.argv[1]
from minigrad import kernels
out = np.empty(2, "float32")
module = kernels.compiled("sigmoid")
module.forward(np.zeros(2, "float32"), out)
print(out.tolist(), sum(module.forward.stats.cache_hits.values()), module.__file__)
"""


def run_in_another_process(folder):
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder.parent))
    ran = subprocess.run(
        [sys.executable, "-c", SECOND_PROCESS, str(folder)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **temporary, "PYTHONUTF8": "1"},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_another_process_finds_the_kernel_compiled(tmp_path):
    folder = tmp_path / "cache ü"
    assert run_in_another_process(folder).startswith("[0.5, 0.5] 0 ")
    files = sorted(folder.glob("*.py"))
    assert run_in_another_process(folder).startswith("[0.5, 0.5] 1 ")
    assert sorted(folder.glob("*.py")) == files
    assert len(files) == 1


def test_a_cache_folder_that_cannot_be_made_does_no_harm(tmp_path):
    blocked = tmp_path / "cache"
    blocked.write_text("a file, where a folder should be", encoding="utf-8")
    printed = run_in_another_process(blocked)
    assert printed.startswith("[0.5, 0.5] 0 ")
    assert str(blocked) not in printed


def test_half_a_file_is_written_again(cache):
    path = Path(kernels.compiled("neg").__file__)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:20], encoding="utf-8")
    build.compiled.cache_clear()
    kernels.compiled("neg")
    assert path.read_text(encoding="utf-8") == whole
