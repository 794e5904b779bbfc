"""An op's own function does what `apply_any`, which has a loop where that has parts, does."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.rules import RULES
from minigrad.tensor import Tensor, apply, apply_any


def operands():
    """Make one of each kind of operand, of shapes that meet."""
    leaf = mg.tensor([[1.5, -2.0], [0.25, 3.0]], requires_grad=True)
    constant = mg.tensor([0.5, 2.0])
    single = mg.tensor(1.25, requires_grad=True)
    return {
        "leaf": leaf,
        "constant": constant,
        "computed": leaf * 2,
        "view": (leaf * 2)[0],
        "parameter": mg.nn.Parameter(mg.tensor([1.0, 4.0])),
        "single": single,
        "computed single": single * 2,
        "float64": mg.tensor([1.0, 2.0], dtype=mg.float64, requires_grad=True),
        "float64 single": mg.tensor(3.0, dtype=mg.float64),
        "int64": mg.tensor([1, 2]),
        "large": mg.ones(1024, 2, 2, requires_grad=True),
        "2": 2,
        "0.5": 0.5,
        "True": True,
        "array": np.array([1.0, 2.0], np.float32),
    }


def described(output, inputs):
    """Return all that an op leaves behind; other nodes than its own stand as they are."""
    node = output._node
    known = {"value": (output._data.dtype, output._data.tolist()), "leaf": output.is_leaf}
    if node is None:
        return known
    singles = all(np.ndim(each._data) == 0 for each in inputs if isinstance(each, Tensor))
    saved = [(each.dtype, each.tolist()) for each in map(np.asarray, node.saved)]
    for place, cell in zip(node.plan.numbers, node.watched, strict=True):
        held = output if place < 0 else inputs[place]
        assert cell == [0, 0] if isinstance(held, float | int) else cell is held._writes
    return known | {
        "node": (type(node), node.plan, [id(each) for each in node.inputs], node.parameters),
        "saved": saved,
        # Of single numbers there is no shape to sum to.
        "shapes": None if singles else node.shapes,
        "rest": (node.hooks, node.retaining, node.where),
    }


@pytest.mark.parametrize("rule", ["add", "sub", "mul", "div", "mse_loss", "where"])
@pytest.mark.parametrize("tracked", [True, False])
def test_ops_of_two_operands(rule, tracked):
    rule, given = RULES[rule], operands()
    parameters = {"reduction": "sum"} if rule.parameters else {}
    truth = (mg.tensor([True, False]),) if rule.name == "where" else ()
    for pair in itertools.product(given, repeat=2):
        inputs = *truth, *(given[each] for each in pair)
        numbers = [isinstance(each, int | float) for each in inputs[-2:]]
        if all(numbers) or (any(numbers) and rule.name == "mse_loss"):
            continue
        dtypes = {each.dtype for each in inputs[len(truth) :] if not isinstance(each, int | float)}
        # What is converted becomes another Tensor each time.
        fresh = len(dtypes) > 1 or mg.int64 in dtypes or "array" in pair
        with mg.set_grad_enabled(tracked):
            one, other = apply(rule, *inputs, **parameters), apply_any(rule, inputs, parameters)
        if fresh:
            assert one.tolist() == other.tolist()
        else:
            assert described(one, inputs) == described(other, inputs), pair


@pytest.mark.parametrize("rule", ["neg", "relu", "exp", "sum", "log_softmax"])
def test_ops_of_one_operand(rule):
    for name, each in operands().items():
        if isinstance(each, Tensor) and (each._data.dtype.kind == "f" or rule == "neg"):
            parameters = {"axis": -1} if rule == "log_softmax" and each.ndim else {}
            if rule == "log_softmax" and not parameters:
                continue
            one = apply(RULES[rule], each, **parameters)
            other = apply_any(RULES[rule], (each,), parameters)
            assert described(one, (each,)) == described(other, (each,)), name


def test_inputs_of_several_dtypes():
    logs, classes = mg.zeros(2, 2, requires_grad=True), mg.tensor([0, 1])
    inputs = logs, classes, mg.tensor([0.5, 2.0])
    parameters = {"axis": 1, "ignored": -100, "reduction": "mean"}
    one = apply(RULES["nll_loss"], *inputs, **parameters)
    other = apply_any(RULES["nll_loss"], inputs, parameters)
    assert described(one, inputs) == described(other, inputs)


def test_a_view_follows_its_base_before_it_is_an_operand():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 1
    view = y[0]
    y.mul_(3)
    (view * view).sum().backward()
    assert x.grad.tolist() == [[18.0, 36.0], [0.0, 0.0]]


def test_a_traceback_shows_the_text():
    import linecache

    rule = RULES["add"]
    apply(rule, mg.tensor(1.0), 2)
    lines = linecache.getlines(rule.run.__code__.co_filename)
    assert "        raw0 = x0._data\n" in [line[4:] for line in lines]
