"""Generated loops, compiled by Numba, against NumPy's reading of the same rule."""

import re
from types import SimpleNamespace

import numba
import numpy as np
import pytest

from minigrad.kernels import build, generate
from minigrad.kernels.fuse import Fused
from minigrad.kernels.lazy import Pool
from minigrad.kernels.write import Writer
from minigrad.rules import RULES, Elementwise, Row

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1000.0, -1000.0, np.nan, np.inf, -np.inf]
KINDS = ["float32", "float64"]
ROWS = [n for n, rule in RULES.items() if isinstance(rule, Row) and len(rule.inputs) == 1]
LOSSES = ["mse_loss", "huber_loss", "smooth_l1_loss", "bce_loss", "bce_with_logits", "kl_div"]
CELLS = [
    name for name, rule in RULES.items()
    if isinstance(rule, Elementwise) and "f" in rule.takes and name != "pow"
]  # fmt: skip
RIGHT = {"float32": {"rtol": 6e-6, "atol": 1e-30}, "float64": {"rtol": 2e-13, "atol": 1e-300}}


def operands(rule, kind):
    """Every special number against every other, flat."""
    grid = np.meshgrid(*[np.array(SPECIAL, kind)] * len(rule.inputs))
    flat = [np.ascontiguousarray(each.ravel()) for each in grid]
    if rule.inputs[0] == "condition":
        flat[0] = flat[0] > 0
    return flat


def known_of(rule, inputs, output, parameters):
    """What a derivative may ask for."""
    known = {**parameters, **dict(zip(rule.inputs, inputs, strict=True)), "y": output}
    for name, each in zip(rule.inputs, inputs, strict=True):
        known |= {f"{name}_shape": each.shape, f"{name}_dtype": each.dtype}
    return known


# What Python has for the instructions that a text asks LLVM for.
INSTEAD = {
    "align_stack": lambda: None, "larger": np.maximum, "smaller": np.minimum,
    "plus": lambda total, each: total + each,
}  # fmt: skip


def interpreted(text):
    """Run a text as the plain Python that it is: compiling them all takes minutes."""
    module = {}
    exec(text, module)
    module.update(INSTEAD)
    return SimpleNamespace(**module)


def run(text, function, arguments, expected, load=build.loaded, **close):
    """Run a kernel, and hold what it writes against NumPy's."""
    expected = np.asarray(expected)
    out = np.empty_like(expected)
    getattr(load(text), function)(*arguments, out)
    np.testing.assert_allclose(out, expected, equal_nan=True, **close)


def check(rule, inputs, parameters, gradient, **close):
    """Hold all kernels of a rule against NumPy; return how many there are."""
    kinds = [(each.dtype, "full") for each in inputs]
    found = 0
    with np.errstate(all="ignore"):
        output = rule.value(*inputs, **parameters)
        if text := generate.forward(rule, kinds, parameters):
            run(text, "forward", inputs, output, **close)
            found += 1
        known = known_of(rule, inputs, output, parameters)
        for place, derivative in enumerate(rule.derivatives):
            if derivative is None:
                continue
            needed = [known[each] for each in derivative.names if each in (*rule.inputs, "y")]
            kinds = [(each.dtype, _met(each, inputs[0])) for each in (gradient, *needed)]
            if text := generate.backward(rule, place, kinds, parameters):
                expected = rule.pull_back(place, known, gradient)
                run(text, "backward", [gradient, *needed], expected, **close)
                found += 1
    return found


def _met(array, full):
    return "full" if array.shape == full.shape else "column" if array.ndim else "scalar"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CELLS)
def test_cells(name, kind):
    rule = RULES[name]
    inputs = operands(rule, kind)
    gradient = np.resize(np.array([2.0, -1.0, 0.5], kind), inputs[0].shape)
    check(rule, inputs, dict(rule.defaults), gradient, load=interpreted, **RIGHT[kind])


def worth_compiling():
    """List the rules that need a word which no rule before them has needed."""
    known, found = set(), []
    for name in CELLS:
        rule = RULES[name]
        kinds = [("bool" if each == "condition" else "float32", "full") for each in rule.inputs]
        text = generate.forward(rule, kinds, dict(rule.defaults)) or ""
        words = set(re.findall(r"np\.\w+|\w+\(|[-+*/&|^<>=!]+| if | not ", text))
        if words - known:
            known |= words
            found.append(name)
    return found


@pytest.mark.parametrize("name", worth_compiling())
def test_cells_compiled(name):
    rule = RULES[name]
    inputs = operands(rule, "float32")
    gradient = np.resize(np.array([2.0, -1.0, 0.5], "float32"), inputs[0].shape)
    check(rule, inputs, dict(rule.defaults), gradient, **RIGHT["float32"])


def test_most_cells_have_a_loop_and_single_ufuncs_have_none():
    def has_loop(name):
        rule = RULES[name]
        kinds = [("bool" if each == "condition" else "float32", "full") for each in rule.inputs]
        return generate.forward(rule, kinds, dict(rule.defaults)) is not None

    assert {"sigmoid", "gelu", "silu", "softplus", "elu", "lerp", "clamp", "exp"} <= {
        name for name in CELLS if has_loop(name)
    }
    for name in ("add", "mul", "sqrt", "maximum", "floor_divide", "remainder", "atan", "isclose"):
        assert not has_loop(name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROWS)
def test_rows(name, kind):
    rule = RULES[name]
    x = np.array(
        [[0, 1, 2], [1000, 0, -1000], [-np.inf, 0, 1], [np.nan, 1, 2], [np.inf, 1, 2],
         [-np.inf, -np.inf, -np.inf], [1, np.nan, 5], [-1000, -1001, -999]], kind
    )  # fmt: skip
    parameters = {**rule.defaults, "axis": -1}
    if "keepdims" in parameters:
        parameters["keepdims"] = True
    shape = (len(x), 1) if "keepdims" in parameters else x.shape
    gradient = (np.arange(np.prod(shape)).reshape(shape) - 7).astype(kind)
    close = {"float32": {"rtol": 1e-5, "atol": 1e-5}, "float64": {"rtol": 1e-13, "atol": 2e-14}}
    assert check(rule, [x], parameters, gradient, **close[kind]) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy(weighted, reduction, kind):
    rule, random = RULES["cross_entropy"], np.random.default_rng(0)
    x = random.normal(size=(6, 3)).astype(kind)
    x[3], x[4] = [1000, 0, -1000], [-np.inf, 0, 1]
    target = np.array([0, 1, -100, 2, 2, 1])
    weight = np.array([0.5, 1, 2], kind) if weighted else np.dtype(kind).type(1)
    parameters = {"axis": -1, "ignored": -100, "reduction": reduction}
    numpys = {**parameters, "axis": 1}
    kinds = [(kind, "full"), ("int64", "each"), (kind, "row" if weighted else "scalar")]
    close = {"float32": {"rtol": 2e-6, "atol": 1e-7}, "float64": {"rtol": 1e-14, "atol": 1e-15}}
    with np.errstate(all="ignore"):
        value = rule.value(x, target, weight, **numpys)
        known = {"x": x, "target": target, "weight": weight, **numpys}
        slope = rule.pull_back(0, known, np.dtype(kind).type(3))
    text = generate.forward(rule, kinds, parameters, short=True)
    run(text, "forward", [x, target, weight], value, **close[kind])
    text = generate.backward(rule, 0, [(kind, "scalar"), *kinds], parameters, short=True)
    run(text, "backward", [np.dtype(kind).type(3), x, target, weight], slope, **close[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, reduction, kind):
    rule = RULES[name]
    inputs = [np.linspace(0.05, 0.95, 37).astype(kind), np.linspace(0.9, 0.1, 37).astype(kind)]
    gradient = np.asarray(3, kind)[()] if reduction != "none" else inputs[0] - inputs[1]
    parameters = {"reduction": reduction, "knee": 0.3}
    close = {"rtol": 2e-6 if kind == "float32" else 1e-13, "atol": 1e-7}
    assert check(rule, inputs, parameters, gradient, **close)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_numbers_and_columns_meet_what_is_full(kind):
    start = np.arange(12, dtype=kind).reshape(3, 4)
    end, weight = np.linspace(5, 6, 4).astype(kind), np.dtype(kind).type(0.3)
    rule = RULES["lerp"]
    text = generate.forward(rule, [(kind, "full"), (kind, "row"), (kind, "scalar")], {})
    run(text, "forward", [start, end, weight], rule.value(start, end, weight), **RIGHT[kind])
    column = np.array([[1], [2], [3]], kind)
    text = generate.forward(rule, [(kind, "full"), (kind, "column"), (kind, "scalar")], {})
    run(text, "forward", [start, column, weight], rule.value(start, column, weight), **RIGHT[kind])


def test_no_cells_give_no_cells():
    text = generate.forward(RULES["sigmoid"], [("float32", "full")], {})
    run(text, "forward", [np.zeros(0, "float32")], np.zeros(0, "float32"))
    text = generate.forward(RULES["softmax"], [("float64", "full")], {"axis": -1})
    for shape in ((0, 3), (3, 0)):
        run(text, "forward", [np.zeros(shape)], np.zeros(shape))


@pytest.mark.parametrize("name", ["cumsum", "sort", "unfold", "pad", "einsum"])
def test_ops_on_whole_arrays_have_no_loop(name):
    rule = RULES[name]
    kinds = [("float32", "full")] * len(rule.inputs)
    parameters = dict.fromkeys(rule.parameters, 0)
    assert generate.forward(rule, kinds, parameters) is None


def test_float32_stays_float32():
    text = generate.forward(RULES["sigmoid"], [("float32", "full")], {})
    # Compiled anew: of what comes from the cache Numba shows no code.
    forward = numba.njit(error_model="numpy")(build.loaded(text).forward.py_func)
    forward(np.zeros(3, "float32"), np.empty(3, "float32"))
    (code,) = forward.inspect_llvm().values()
    assert "fdiv float" in code
    assert "fdiv double" not in code


def test_a_text_holds_no_sizes():
    mean = {"reduction": "mean", "knee": 0}
    for name, parameters in (("softmax", {"axis": -1}), ("mse_loss", mean)):
        rule = RULES[name]
        text = generate.forward(rule, [("float32", "full")] * len(rule.inputs), parameters)
        assert not re.search(r"\b(3|5|15)\b", text), text


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_keeps_what_it_needs_again_where_its_result_goes(kind):
    """Memory of its own would be mapped anew in each call, and a row may be long."""
    full = (kind, "full")
    forth = generate.forward(RULES["softmax"], [full], {"axis": -1})
    back = generate.backward(RULES["log_softmax"], 0, [full, full], {"axis": -1})
    for text in (forth, back):
        assert "out[i, j] = exp" in text
        assert "np.empty" not in text


def test_a_part_used_twice_is_computed_once():
    text = generate.forward(RULES["softmax"], [("float32", "full")], {"axis": -1})
    assert text.count("exp(") == 1
    text = generate.backward(
        RULES["layer_norm"], 0, [("float32", "full")] * 3, {"axis": -1, "eps": 1e-5}
    )
    assert text.count("for i in range(") == 1  # one loop over rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["sin", "cos"])
def test_what_sin_and_cos_do_not_reach_is_computed_again(name, kind):
    x = np.array([0.5, np.nan, -8192, 8193, -1e5, 1e30, np.inf, -3], kind)
    text = generate.forward(RULES[name], [(kind, "full")], {})
    for part in (x, x[:3]):
        with np.errstate(invalid="ignore"):
            wanted = RULES[name].value(part)
        run(text, "forward", [part], wanted, rtol=3 * np.finfo(kind).eps)


def test_a_loop_that_overwrites_what_it_reads_is_never_run_again():
    pool = Pool()
    x = pool.array("x", (5,), np.dtype("float32"))
    fused = Fused(pool, [], [np.sin(x)])
    (nest,) = fused.statements
    (node,) = fused.stored
    assert Writer(fused, {x: "x", node: "x"}).statement(nest) == [
        "for i in range(x.shape[0]):", "    x[i] = np.sin(x[i])"
    ]  # fmt: skip
