"""Anomaly mode: which op gave NaN on the way back, and where the first NaN was born."""

import inspect

import pytest

import minigrad as mg
from engine_helpers import leaf
from minigrad.autograd import Function, detect_anomaly, set_detect_anomaly
from minigrad.modes import state


def said(run, *inputs):
    """Return what anomaly mode says of a computation."""
    with pytest.raises(RuntimeError) as caught, detect_anomaly():
        run(*inputs)
    return str(caught.value)


def line_of(function, text):
    """Return the number of the line of a function in which `text` stands."""
    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, line in enumerate(lines) if text in line)


def born_on_the_way_back(x):
    h = x * 1
    y = h**0.5
    masked = y * mg.tensor([1.0, 0.0])
    masked.sum().backward()


def test_the_op_the_input_the_line_and_what_came_in():
    x = leaf([4.0, 0.0])
    number = line_of(born_on_the_way_back, "h**0.5")
    assert said(born_on_the_way_back, x) == (
        "Function 'PowBackward0' returned nan values in its 0th output: the gradient for h is NaN "
        "at [1], where h is 0 and the gradient 0 arrived. "
        f"pow ran in line {number} of test_anomaly.py: y = h**0.5"
    )
    assert x.grad is None


def born_in_the_forward_pass(x, w):
    h = x.log()
    tripled = h * 3
    product = w * tripled
    product.sum().backward()


def test_a_nan_of_the_forward_pass_is_followed_to_its_birth():
    told = said(born_in_the_forward_pass, leaf([1.0, -1.0]), leaf([2.0, 3.0]))
    assert told.startswith("Function 'MulBackward0' returned nan values in its 0th output: ")
    assert "the gradient for w is NaN at [1], where w is 3 and the gradient 1 arrived" in told
    used, born = (line_of(born_in_the_forward_pass, text) for text in ("w * tripled", "x.log()"))
    assert f"mul ran in line {used} of test_anomaly.py: product = w * tripled." in told
    assert told.endswith(
        "The first NaN is in the forward pass: of [1, −1], log ran in line "
        f"{born} of test_anomaly.py: h = x.log()"
    )


def test_a_nan_made_of_a_number():
    def run(x):
        y = x * float("nan")
        (y * y).backward()

    assert "of 2 and nan, mul ran in line" in said(run, leaf(2.0))


def test_a_nan_from_before_the_mode():
    data = leaf([1.0, float("nan")])
    assert "NaN was in data before" in said(lambda: (data * data).sum().backward())
    x = leaf([1.0, -1.0])
    h = x.log()
    assert "NaN was in h before" in said(lambda: (h * h).sum().backward())


def test_a_gradient_of_another_shape_is_said_whole():
    def run(x, w):
        (x @ w).sum().backward()

    told = said(run, leaf([[1.0, 2.0]]), mg.tensor([0.0, float("nan")]))
    assert "the gradient for x is NaN at [0, 1], where x is 2 and the gradient [1] arrived" in told


def test_the_forward_pass_outside_of_the_mode():
    x = leaf(0.0)
    y = x**0.5 * 0
    told = said(y.backward)
    assert told.startswith("Function 'PowBackward0' returned nan values in its 0th output: the gra")
    assert told.endswith(
        "for x is NaN, where the gradient 0 arrived. Run the forward pass in anomaly mode too, and "
        "its line will be named."
    )


def test_outputs_are_counted_as_pytorch_counts_them():
    x, ones = leaf([0.0]), leaf([1.0])
    never = mg.tensor([False])
    for op, counted in [
        (lambda: ones * 0 / x, "'DivBackward0' returned nan values in its 1th"),
        (lambda: 0 * x.log(), "'LogBackward0' returned nan values in its 0th"),
        (lambda: 0 * float("inf") * x, "'MulBackward0' returned nan values in its 0th"),
        (lambda: mg.where(never, x, ones) * float("nan"), "'MulBackward0' returned nan values in"),
    ]:
        assert counted in said(lambda op=op: op().sum().backward())
    none = mg.tensor([float("nan")])
    told = said(lambda: mg.where(~never, x, ones).backward(none))
    assert "'WhereBackward0' returned nan values in its 0th" in told


class Breaks(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g * float("nan")


class Raises(Breaks):
    @staticmethod
    def backward(ctx, g):
        raise ValueError("no way back")


def test_functions():
    told = said(lambda: Breaks.apply(leaf([1.0])).sum().backward())
    assert "'BreaksBackward' returned nan" in told
    assert "Breaks ran in line" in told
    assert "of test_anomaly.py: told = said(lambda: Breaks.apply(" in told


def raise_on_the_way_back(x):
    with detect_anomaly(check_nan=False):
        Breaks.apply(x).sum().backward()  # is not looked at
        y = Raises.apply(x)
        y.backward()


def test_any_other_error_gets_a_note_of_the_line():
    with pytest.raises(ValueError, match="no way back") as caught:
        raise_on_the_way_back(leaf(1.0))
    number = line_of(raise_on_the_way_back, "y = ")
    place = f"line {number} of test_anomaly.py: y = Raises.apply(x)"
    assert caught.value.__notes__ == [f"In the forward pass Raises ran in {place}"]


def test_a_cell_of_a_notebook():
    code = "def f(x):\n    y = x ** 0.5\n    return y * 0"
    names = {"__name__": "__main__"}
    exec(compile(code, "<a cell>", "exec"), names)
    assert said(lambda: names["f"](leaf(0.0)).backward()).endswith("pow ran in line 2 of the cell")


def test_second_derivatives():
    def run(x):
        (slope,) = mg.autograd.grad(x**1.5, x, create_graph=True)
        (slope * 0).backward()

    told = said(run, leaf(0.0))
    assert "the gradient for x is NaN, where x is 0 and" in told
    assert f"in line {line_of(run, 'grad(')} of" in told


def test_the_numbers_said_are_those_of_the_time():
    def run(x):
        y = x.sqrt() * 0
        x.data.numpy()[0] = 5.0  # past the version counter
        y.sum().backward()

    assert "where x is 0 and" in said(run, leaf([0.0]))


def test_the_mode_ends_with_its_block():
    mode = detect_anomaly()
    with mode, mode:
        assert state.anomaly is mode
        with set_detect_anomaly(False):
            assert state.anomaly is None
            assert (leaf(1.0) * 2).grad_fn.where is None
        assert state.anomaly is mode
    assert state.anomaly is None
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    assert state.anomaly is None


def test_switched_on_and_off():
    set_detect_anomaly(True)
    try:
        y = leaf(0.0) ** 0.5 * 0
        with pytest.raises(RuntimeError, match="is NaN"):
            y.backward()
    finally:
        set_detect_anomaly(False)
    assert state.anomaly is None
    x = leaf(0.0)
    (x**0.5 * 0).backward()
    assert x.grad.isnan().item()
