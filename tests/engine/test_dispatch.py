"""Two ways to compute an op, by NumPy and by a generated loop, agree; sizes alone choose."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import dispatch, layout
from minigrad.rules import RULES, Elementwise, Row
from minigrad.tensor import apply

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 30.0, -30.0, 1000.0, np.nan, np.inf, -np.inf]
ROWS = 6
LOSSES = {"mse_loss", "huber_loss", "smooth_l1_loss", "bce_with_logits", "kl_div"}
LOOPED = [
    name
    for name, rule in RULES.items()
    if (isinstance(rule, Elementwise | Row) and rule.differentiable) or name in LOSSES
    if name != "cross_entropy"  # its targets are no floats: see below
]
# How an operand may lie in memory; and, where there are several, how the last may meet them.
LYING = {
    "contiguous": lambda x: x,
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "turned": np.asfortranarray,
    "reversed": lambda x: x[::-1, ::-1],
}
MEETING = {
    "row": lambda x: x[1],
    "column": lambda x: x[:, 1:2],
    "one cell": lambda x: x[1, 4],
    "a cell that is shown many times": lambda x: np.broadcast_to(x[2, 2], x.shape),
}


def grid(kind, seed):
    """Random numbers, and in one row all special ones, in another order for each operand."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(ROWS, len(SPECIAL))).astype(kind)
    x[0] = random.permutation(SPECIAL)
    return x


def samples(rule, kind):
    """Operands in all layouts."""
    inputs = [grid(kind, i) for i in range(len(rule.inputs))]
    if rule.inputs[0] == "condition":
        inputs[0] = inputs[0] > 0
    if rule.name == "pow":
        inputs[1] = 3
    for lie in LYING.values():
        yield [lie(each) if isinstance(each, np.ndarray) else each for each in inputs]
    if isinstance(inputs[-1], np.ndarray) and len(inputs) > 1:
        for meet in MEETING.values():
            yield [*inputs[:-1], meet(inputs[-1])]


def parameters(rule):
    wanted = {"axis": 1, "reduction": "none", "knee": 0.7, "keepdims": False}
    given = {each: wanted[each] for each in rule.parameters if each in wanted}
    return {**rule.defaults, **given}


def close(rule, found, numpy, exact, kind):
    """Hold a loop's result against NumPy's, and both against float64's.

    A loop may be off by twice what NumPy is, and 8 roundings: of the cell, or of what its parts
    are like, where the op adds up a row or compares two numbers. In float64 NumPy's own errors are
    not known; those of exp of a rounded square are a hundred roundings.
    """
    assert (found.shape, found.dtype) == (numpy.shape, numpy.dtype)
    finite = np.isfinite(numpy)
    np.testing.assert_array_equal(found[~finite], numpy[~finite])
    assert np.all(np.isfinite(found) == finite)
    exact = np.where(np.isfinite(exact), exact, 0)
    size = np.abs(exact)
    if isinstance(rule, Row):
        size = np.max(size, axis=-1, keepdims=True)
    if rule.name in LOSSES:
        size = np.maximum(size, 1)
    roundings = (8 if kind == "float32" else 512) * np.finfo(kind).eps
    tail = 1e-28  # where NumPy's way to erfc has no digits left
    limit = 2 * np.abs(numpy - exact) + roundings * size + tail
    off = np.where(finite, np.abs(found - exact) / limit, 0)
    assert np.max(off) <= 1


def widened(each):
    return each.astype(np.float64) if getattr(each, "dtype", None) == np.float32 else each


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("name", LOOPED)
def test_a_loop_gives_what_numpy_gives(name, kind):
    rule, options = RULES[name], parameters(RULES[name])
    for inputs in samples(rule, kind):
        exactly = [widened(each) for each in inputs]
        with np.errstate(all="ignore"):
            y, exact = rule.value(*inputs, **options), rule.value(*exactly, **options)
            close(rule, dispatch.value(rule, inputs, options), y, exact, kind)
        g = np.random.default_rng(9).normal(size=y.shape).astype(kind)
        known, known_exactly = (
            {
                **dict(zip(rule.inputs, each, strict=True)),
                **{f"{of}_shape": np.shape(x) for of, x in zip(rule.inputs, each, strict=True)},
                **options,
                "y": out,
            }
            for each, out in ((inputs, y), (exactly, widened(y)))
        )
        for i, derivative in enumerate(rule.derivatives):
            if derivative is None or not isinstance(inputs[i], np.ndarray):
                continue
            with np.errstate(all="ignore"):
                slope = rule.pull_back(i, known, g)
                exact = rule.pull_back(i, known_exactly, widened(g))
                close(rule, dispatch.pulled(rule, i, known, g), slope, exact, kind)


def of_classes(shape, axis, kind):
    """Random numbers with some that are not finite, and a class for each row, three ignored."""
    random = np.random.default_rng(3)
    x = random.normal(size=shape).astype(kind) * 3
    x.reshape(-1)[np.arange(6) * (x.size // 6)] = [np.inf, -np.inf, np.nan, 1000, -1000, 0]
    rows = (*shape[:axis], *shape[axis + 1 :])
    target = random.integers(0, shape[axis], rows)
    target.reshape(-1)[1:4] = -100
    return x, target


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("shape", "axis"), [((90, 70), 1), ((64, 64), 1), ((5000,), 0), ((30, 12, 20), 1)]
)
def test_cross_entropys_loop_gives_what_numpy_gives(shape, axis, reduction, kind):
    rule = RULES["cross_entropy"]
    x, target = of_classes(shape, axis, kind)
    options = {"axis": axis, "ignored": -100, "reduction": reduction}
    close = {"rtol": 1e-5, "atol": 1e-5} if kind == "float32" else {"rtol": 1e-13, "atol": 1e-13}
    weights = np.random.default_rng(4).random(shape[axis]).astype(kind)
    for lie in (np.asarray, lambda each: np.asarray(each, order="F")):
        for weight in (1, weights):
            inputs = [lie(x), lie(target), weight]
            with np.errstate(all="ignore"):
                y = rule.value(*inputs, **options)
                g = np.ones_like(y) * 3
                known = {**dict(zip(rule.inputs, inputs, strict=True)), **options}
                slope = rule.pull_back(0, known, g)
            found = dispatch.value(rule, inputs, options)
            assert (found.shape, found.dtype) == (y.shape, kind)
            np.testing.assert_allclose(found, y, **close)
            found = dispatch.pulled(rule, 0, known, g)
            assert (found.shape, found.dtype) == (x.shape, kind)
            np.testing.assert_allclose(found, slope, **close)


def test_cross_entropy_goes_by_loops_both_ways():
    rule = RULES["cross_entropy"]
    x, target = of_classes((90, 70), 1, "float32")
    options = {"axis": 1, "ignored": -100, "reduction": "mean"}
    for reduction, g in [("mean", x[0, 0]), ("sum", x[0, 0]), ("none", x[:, 0])]:
        options["reduction"] = reduction
        for weight in (1, x[0]):
            loops = dispatch._loops(rule, None, rule.value)
            assert loops.run([x, target, weight], options) is not None
            loops = dispatch._loops(rule, 0, rule.derivatives[0])
            assert loops.run([g, x, target, weight], options) is not None


@pytest.mark.parametrize("wrong", [70, -1, 2**40, -(2**63)])
@pytest.mark.parametrize("weight", [1, np.ones(70)])
def test_no_loop_looks_up_a_class_that_there_is_not(wrong, weight):
    rule = RULES["cross_entropy"]
    x, target = of_classes((90, 70), 1, "float64")
    target[80] = wrong
    options = {"axis": 1, "ignored": -100, "reduction": "mean"}
    known = {"x": x, "target": target, "weight": weight, **options}
    x[~np.isfinite(x)] = 0
    for run in (
        lambda: dispatch.value(rule, [x, target, weight], options),
        lambda: dispatch.pulled(rule, 0, known, x[0, 0]),
    ):
        if wrong == -1:  # NumPy counts it from the end; F.cross_entropy has refused it before
            found = run()
            target[80] = 69
            np.testing.assert_allclose(found, run(), rtol=1e-12, atol=1e-15)
            target[80] = wrong
        else:
            with pytest.raises(IndexError):
                run()


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_cross_entropy_of_large_logits_keeps_the_digits_of_what_is_between_them(kind):
    rule = RULES["cross_entropy"]
    x = (np.tile([0.0, -0.5, -1.0], (2000, 1)) + 2.0**20).astype(kind)
    target = np.zeros(2000, np.int64)
    options = {"axis": 1, "ignored": -100, "reduction": "none"}
    exact = np.log(1 + np.exp(-0.5) + np.exp(-1))
    for found in (
        rule.value(x, target, 1, **options),
        dispatch.value(rule, [x, target, 1], options),
    ):
        np.testing.assert_allclose(found, exact, rtol=1e-6 if kind == "float32" else 1e-14)


@pytest.mark.parametrize("name", ["div_trunc", "tanh", "exp", "selu"])
def test_no_loop_takes_truth_values_alone(name):
    rule = RULES[name]
    inputs = [np.ones((4, 5), bool) for _ in rule.inputs]
    with np.errstate(all="ignore"):
        numpys = rule.value(*inputs, **rule.defaults)
    found = dispatch.value(rule, inputs, rule.defaults)
    assert found.dtype == numpys.dtype
    np.testing.assert_array_equal(found, numpys)


def second_derivatives(name):
    """The slopes of an op, and the slopes of their sum of squares, at ordinary places."""
    rule, random = RULES[name], np.random.default_rng(5)
    inputs = [random.uniform(0.2, 0.9, (4, 5)) for _ in rule.inputs]
    if name == "acosh":
        inputs = [1 + each for each in inputs]
    if rule.inputs[0] == "condition":
        inputs[0] = inputs[0] > 0.5
    tensors = [mg.tensor(each, requires_grad=each.dtype == float) for each in inputs]
    y = apply(rule, *([tensors[0], 3] if name == "pow" else tensors), **parameters(rule))
    leaves = [each for each in tensors if each.requires_grad]
    slopes = mg.autograd.grad(y.sum(), leaves, create_graph=True, allow_unused=True)
    found = [each for each in slopes if each is not None]
    if any(each.requires_grad for each in found):
        total = sum((each * each).sum() for each in found)
        found += mg.autograd.grad(total, leaves, allow_unused=True)
    return [each.detach().numpy() for each in found if each is not None]


@pytest.mark.parametrize("name", LOOPED)
def test_second_derivatives_agree(name, monkeypatch):
    monkeypatch.setattr(dispatch, "AT_LEAST", math.inf)
    expected = second_derivatives(name)
    monkeypatch.setattr(dispatch, "AT_LEAST", 1)
    for found, wanted in zip(second_derivatives(name), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_an_optimizers_loop_gives_what_numpy_gives(name, kind, monkeypatch):
    options = {"SGD": {"momentum": 0.9, "nesterov": True}, "Adam": {"amsgrad": True}}

    def walked():
        random = np.random.default_rng(3)
        shapes = [(4, 5), (3,), ()]
        params = [mg.tensor(random.normal(size=s).astype(kind), requires_grad=True) for s in shapes]
        turned = mg.tensor(random.normal(size=(3, 4)).astype(kind)).t().requires_grad_()
        optimizer = getattr(mg.optim, name)(
            [*params, turned], lr=0.1, weight_decay=0.01, **options.get(name, {})
        )
        for _ in range(4):
            for each in optimizer.param_groups[0]["params"]:
                each.grad = mg.tensor(random.normal(size=each.shape).astype(kind))
            optimizer.step()
            optimizer.param_groups[0]["lr"] *= 0.5
        held = [each for state in optimizer.state.values() for each in state.values()]
        return [each.detach().numpy() for each in (*params, turned, *held)]

    monkeypatch.setattr(dispatch, "AT_LEAST", math.inf)
    expected = walked()
    monkeypatch.setattr(dispatch, "AT_LEAST", 1)
    for found, wanted in zip(walked(), expected, strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=64 * np.finfo(kind).eps, atol=0)


def run(code, **environment):
    """Run Python anew; return what it prints."""
    kept = {name: each for name, each in os.environ.items() if name != "MINIGRAD_KERNELS"}
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys, minigrad as mg\n{code}"],
        capture_output=True,
        encoding="utf-8",
        env={**kept, "PYTHONUTF8": "1", **environment},
    )
    return ran.stdout.strip() or ran.stderr.strip().splitlines()[-1]


TRAINING = """
def used(n):
    x = mg.ones(n, requires_grad=True)
    mg.sigmoid(x).sum().backward()
    optimizer = mg.optim.Adam([x])
    optimizer.step()
    optimizer.step()
    return "numba" in sys.modules
"""


def test_numba_is_loaded_by_the_first_large_op_and_not_before():
    assert run(f"{TRAINING}\nprint(used(4095), used(4096))") == "False True"


@pytest.mark.parametrize(("word", "printed"), [("numpy", "False False"), ("numba", "True True")])
def test_the_environment_chooses(word, printed):
    assert run(f"{TRAINING}\nprint(used(2), used(9000))", MINIGRAD_KERNELS=word) == printed


def test_another_word_is_refused():
    says = "ValueError: MINIGRAD_KERNELS is numpy or numba, or not set; it is 'fast'."
    assert run("", MINIGRAD_KERNELS="fast") == says


def test_without_numba_large_ops_work():
    without = 'sys.modules["numba"] = None'
    code = f"{without}\n{TRAINING}\nprint(used(9000), mg.ones(9000).sigmoid().sum().item())"
    assert run(code) == "True 6579.52734375"


@pytest.mark.parametrize("columns", [1023, layout.SHORT, layout.SHORT + 1, 1_000_000])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "layer_norm"])
def test_sums_of_rows_keep_their_digits(name, columns):
    x = np.random.default_rng(0).normal(size=(8, columns)).astype("float32") + np.float32(3)
    rule = RULES[name]
    parameters = {**rule.defaults, "axis": -1}
    got = dispatch.value(rule, [x], parameters)
    wanted = rule.value(x.astype("float64"), **parameters)
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=1e-6 if name == "layer_norm" else 0)
