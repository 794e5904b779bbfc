"""gradcheck and gradgradcheck: right gradients pass, and a wrong one is traced to its op."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import Function, GradcheckError, gradcheck, gradgradcheck
from minigrad.rules import RULES
from minigrad.rules.rule import Derivative


def double(value):
    return mg.tensor(value, dtype=mg.float64, requires_grad=True)


@pytest.fixture
def plant(monkeypatch):
    """Give a rule a wrong derivative, until the test ends."""

    def planted(name, place, wrong):
        rule = RULES[name]
        derivatives = list(rule.derivatives)
        derivatives[rule.inputs.index(place)] = Derivative.of(wrong)
        monkeypatch.setattr(rule, "derivatives", tuple(derivatives))
        monkeypatch.setattr(rule, "plans", {})

    return planted


def small_net(x, w):
    hidden = x @ w
    active = hidden.tanh()
    scaled = active * w[0]
    return scaled.sum()


X, W = [[1.0, 2.0], [0.5, -1.0]], [[0.5, 0.25], [-1.0, 2.0]]


def test_what_is_right_passes():
    x, w = double(X), double(W)
    assert gradcheck(small_net, (x, w))
    assert gradgradcheck(small_net, (x, w))
    assert gradgradcheck(small_net, [x, w], mg.tensor(2.0, dtype=mg.float64))
    assert gradcheck(lambda x: [x.exp(), x.sum(), x.detach()], x)
    assert gradcheck(lambda x, n: x**n, (x * 1, 3))  # an input need be no leaf, and no tensor
    assert gradcheck(lambda x: mg.tensor([1.0]), x)  # what is constant has no gradient
    assert gradcheck(lambda x: x * 2, double(3.0))
    assert gradcheck(lambda x: x * 2, double([]))


def test_the_inputs_are_as_they_were():
    x = double([1.0, 1e9, 0.1])
    assert gradcheck(lambda x: x * x, x)
    assert x.tolist() == [1.0, 1e9, 0.1]
    with pytest.raises(KeyError):
        gradcheck(lambda x: {}["no"], x)
    with pytest.raises(ZeroDivisionError):
        gradcheck(lambda x: x * (1 / (x[0].item() == 1)), x)
    assert x.tolist() == [1.0, 1e9, 0.1]
    assert x.grad is None


WRONG = [
    ("mul", "b", lambda a: a * 1.5, "its input b is wrong", "scaled = active * w[0]"),
    ("mul", "a", lambda b: -b, "its input a (your active) is wrong", "scaled = active * w[0]"),
    ("tanh", "x", lambda y: 1 - y, "its input x (your hidden) is wrong", "hidden.tanh()"),
    ("matmul", "b", lambda g, a: a @ g, "its input b (your w) is wrong", "hidden = x @ w"),
    ("sum", "x", lambda g, x_shape: np.broadcast_to(2 * g, x_shape),
     "its input x (your scaled) is wrong: at [0, 0] it gives 2.0, differences give 1.0",
     "return scaled.sum()"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "place", "wrong", "said", "line"), WRONG)
def test_a_wrong_rule_is_named_with_its_input_and_line(plant, rule, place, wrong, said, line):
    plant(rule, place, wrong)
    x, w = double(X), double(W)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(small_net, (x, w))
    told = str(caught.value)
    assert told.startswith(f"{rule}: the derivative for {said}")
    assert f"(line: {line}" in told or f"{line})." in told
    assert gradcheck(small_net, (x, w), raise_exception=False) is False
    assert isinstance(caught.value, RuntimeError)


def test_both_numbers_are_said(plant):
    plant("mul", "b", lambda a: a * 1.5)
    a, b = double([[1.0, 2.0]]), double([[5.0, 7.0]])
    with pytest.raises(GradcheckError, match=r"b is wrong: at \[0, 0\] it gives 1.5, differences "
                                             r"give 1.0 \(line: .*a \* b"):  # fmt: skip
        gradcheck(lambda a, b: a * b, (a, b))


def test_a_rule_is_blamed_only_for_what_was_needed_of_it(plant):
    def func(x):
        kinked = x.relu()
        scaled = kinked * mg.tensor(2.0, dtype=mg.float64)
        return scaled.tanh()

    plant("mul", "b", lambda a: -a)  # but the number 2.0 needs no gradient
    assert gradcheck(func, double([1.0, -1.0]))
    plant("tanh", "x", lambda y: 1 - y)
    with pytest.raises(GradcheckError, match=r"^tanh: the derivative for"):
        gradcheck(func, double([1.0, 0.0]))  # and the kink at 0 is no mistake


def test_a_wrong_rule_after_a_write_in_place(plant):
    def changed(x):
        y = x * 1
        y[0] = y[1] * 2
        y.mul_(x)
        return y

    assert gradcheck(changed, double([3.0, 4.0]))
    plant("mul", "b", lambda a: -a)
    with pytest.raises(GradcheckError, match=r"mul: .* b \(your x\) is wrong.*line: y.mul_\(x\)"):
        gradcheck(changed, double([3.0, 4.0]))


class Square(Function):
    @staticmethod
    def forward(ctx, side, times):
        ctx.save_for_backward(side)
        ctx.times = times
        return side * side * times

    @staticmethod
    def backward(ctx, g):
        (side,) = ctx.saved_tensors
        return g * 2 * side * ctx.times, None


class Forgets(Square):
    @staticmethod
    def backward(ctx, g):
        (side,) = ctx.saved_tensors
        return g * side * ctx.times, None


class IgnoresGradient(Square):
    @staticmethod
    def forward(ctx, side, times):
        ctx.save_for_backward(side)
        return (side * times).sum()

    @staticmethod
    def backward(ctx, g):
        return mg.ones_like(ctx.saved_tensors[0]) * 4, None


class Detaches(Square):
    @staticmethod
    def backward(ctx, g):
        (side,) = ctx.saved_tensors
        return g * 2 * side.detach() * ctx.times, None


class SecondOutput(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2, x * x

    @staticmethod
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        return g * 2 + h * 3 * x


def applied(function):
    def func(x):
        shifted = x + 1
        return function.apply(shifted, 4)

    return func


def test_functions():
    x = double([1.0, 2.0])
    assert gradcheck(applied(Square), x)
    assert gradgradcheck(applied(Square), x)
    shifted = r"its input side \(your shifted\)"
    with pytest.raises(
        GradcheckError,
        match=f"Forgets: the derivative for {shifted} is wrong: at .0. it gives 8.0, differences "
        "give 16.0 .line: return function.apply",
    ):
        gradcheck(applied(Forgets), x)
    with pytest.raises(
        GradcheckError, match=f"{shifted} is wrong.* it gives 4.0 when the gradient 0 arrives"
    ):
        gradcheck(applied(IgnoresGradient), x)
    with pytest.raises(GradcheckError, match=r"SecondOutput: .* it gives 3.0, differences give 2"):
        gradcheck(SecondOutput.apply, x)


def test_second_derivatives(plant):
    x = double([1.0, 2.0])
    assert gradcheck(applied(Detaches), x)
    with pytest.raises(
        GradcheckError,
        match=r"Detaches: the derivative of its backward pass for its input side \(your shifted\) "
        r"is wrong: at \[0\] it gives 0.0",
    ):
        gradgradcheck(applied(Detaches), x)
    assert not gradgradcheck(applied(Detaches), x, raise_exception=False)
    plant("cos", "x", lambda x: 2 * np.sin(x))  # sin's way back runs it
    assert gradcheck(mg.sin, x)
    with pytest.raises(GradcheckError, match=r"^cos: the derivative for its input x is wrong"):
        gradgradcheck(mg.sin, x)


def test_where_no_op_is_at_fault_the_input_is_named():
    first, second = double([1.0, 2.0]), double([3.0, 4.0])
    with pytest.raises(
        GradcheckError,
        match=r"output 0 for input 1 \(second\) is wrong: at \[0\] it gives 0.0, differences give "
        r"1.0. Each op alone is right",
    ):
        gradcheck(lambda a, b: a * b.detach(), (first, second))
    with pytest.raises(GradcheckError, match=r"gives 0\.0, differences give 2\.0\. Each op"):
        gradcheck(lambda a: a.detach() * 2, first)
    with pytest.raises(GradcheckError, match=r"In the backward pass: .* input 0 \(first\)"):
        gradgradcheck(lambda a: a * a.detach(), first)


def test_a_kink_is_no_wrong_rule(plant):
    x = double([1.0, 0.0, -2.0])
    with pytest.raises(
        GradcheckError,
        match=r"relu: .* cannot be checked here: at \[1\] it gives 0.0, differences give 0.0 on "
        r"the left and 1.0 on the right. Here is a kink",
    ):
        gradcheck(lambda x: x.relu(), x)
    with pytest.raises(GradcheckError, match=r"pow: .* cannot be checked here: .* nan on the left"):
        gradcheck(lambda x: x**0.5, double([4.0, 0.0]))
    # A wrong slope elsewhere is not hidden behind it.
    plant("relu", "x", lambda y: 2 * ~(y <= 0))
    with pytest.raises(GradcheckError, match=r"relu: .* is wrong: at \[2\] it gives 2.0"):
        gradcheck(lambda x: x.relu(), double([0.0, -2.0, 1.0]))


def test_a_backward_pass_that_changes():
    draws = iter(range(1000))

    class Wanders(Square):
        @staticmethod
        def backward(ctx, g):
            return Square.backward(ctx, g)[0] + 1e-8 * next(draws) * g, None

    x = double([1.0, 2.0])
    with pytest.raises(GradcheckError, match=r"Wanders: .* and the next time .*e-08 more"):
        gradcheck(applied(Wanders), x)
    assert gradcheck(applied(Wanders), x, nondet_tol=1e-4)


def test_what_cannot_be_checked_is_refused():
    plain = mg.tensor([1.0])
    with pytest.raises(ValueError, match="None of the inputs requires a gradient"):
        gradcheck(lambda x: x * 2, plain)
    stretched = double([1.0]).expand(3)
    with pytest.raises(RuntimeError, match=r"Input 0 \(stretched\) was expanded"):
        gradcheck(lambda x: x * 2, stretched)
    with pytest.raises(TypeError, match="func must return Tensors, and it returned a float"):
        gradcheck(lambda x: x.sum().item(), double([1.0]))


def test_single_precision_warns():
    coarse = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(UserWarning, match=r"Input 0 \(coarse\) is float32.*\.to\(mg.float64\)"):
        gradcheck(lambda x: x * 2, coarse)
    with pytest.raises(GradcheckError, match=r"give [\d.]+\. Each .* computed in float32"):
        gradcheck(lambda x: x.to(mg.float32).exp(), double([1.0, 2.0]))
