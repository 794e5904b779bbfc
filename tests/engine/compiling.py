"""What the tests of mg.compile share: functions made of text, and the comparison with eager."""

import ast
import linecache
import sys
import warnings
from contextlib import contextmanager

import numpy as np

import minigrad as mg

# Sums in another order, and polynomials in the place of NumPy's functions, of at most 3 ulp.
TOLERANCES = {np.dtype("float64"): 1e-11, np.dtype("float32"): 3e-5}


def function_of(code, names):
    """Make a function of the named tensors of a sample's code; `t` is minigrad."""
    *before, last = ast.parse(code).body
    body = ast.Module([*before, ast.Return(last.value)], [])
    lines = ast.unparse(body).splitlines()
    text = "\n".join([f"def sample({', '.join(names)}):", *(f"    {line}" for line in lines)])
    filename = f"<sample {hash(text)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    namespace = {"t": mg}
    exec(compile(text, filename, "exec"), namespace)
    return namespace["sample"]


@contextmanager
def notices():
    """Collect what mg.compile says."""
    said = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", mg.CompileWarning)
        yield said
    said += [str(each.message) for each in caught if each.category is mg.CompileWarning]


def flat(result):
    """List the tensors in a result, however they are packed, and whatever else it is made of."""
    if isinstance(result, dict):
        return [leaf for key, each in result.items() for leaf in (key, *flat(each))]
    if isinstance(result, tuple | list) and not isinstance(result, mg.Size):
        return [leaf for each in result for leaf in flat(each)]
    return [result]


def assert_equal(ours, theirs):
    """Hold what a compiled function returned against what the function itself returned."""
    ours, theirs = flat(ours), flat(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        if not isinstance(b, mg.Tensor):
            assert repr(a) == repr(b)
            continue
        assert (a.dtype, a.shape, a.requires_grad) == (b.dtype, b.shape, b.requires_grad)
        close(a.detach().numpy(), b.detach().numpy())


def close(a, b):
    """Hold arrays against each other, within rounding."""
    tolerance = TOLERANCES.get(b.dtype, 0)
    largest = np.max(np.abs(b[np.isfinite(b)]), initial=1) if b.dtype.kind == "f" else 0
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * largest)


def ramp(*shape, **options):
    """Numbers that differ, around 0."""
    size = int(np.prod(shape))
    cells = np.sin(1.0 + np.arange(size)).reshape(shape)
    return mg.tensor(cells, **{"dtype": mg.float32, **options})


def is_compiled(compiled, *args):
    """Tell whether a call runs generated code: then nothing of the function itself is run."""
    calls = []

    def profile(frame, event, argument):
        if event == "call" and frame.f_code is getattr(compiled.fn, "__code__", None):
            calls.append(frame)

    sys.setprofile(profile)
    try:
        compiled(*args)
    finally:
        sys.setprofile(None)
    return not calls


def assert_compiled(fn, *args, said=()):
    """Call a function and its compiled form several times; return the compiled form."""
    compiled = mg.compile(fn)
    with notices() as found:
        for _ in range(3):
            assert_equal(compiled(*args), fn(*args))
    assert len(found) == len(said), found
    for text, notice in zip(said, found, strict=True):
        assert text in notice
    assert is_compiled(compiled, *args) == (not said)
    return compiled


def wave(x):
    return (x * x + 1).sqrt().sum()
