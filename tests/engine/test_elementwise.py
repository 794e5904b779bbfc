"""Elementwise ops: stable code against the textbook's, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.nn import functional as F
from minigrad.rules import RULES
from minigrad.rules.activations import SELU_ALPHA, SELU_SCALE

BEND = math.sqrt(2 / math.pi)
TEXTBOOK = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "logsigmoid": lambda x: -math.log(1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * (math.exp(x) - 1)),
    "leaky_relu": lambda x: max(x, 0.01 * x),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + math.tanh(BEND * (x + 0.044715 * x**3))) / 2,
    "erf": math.erf,
    "ndtr": lambda x: math.erfc(-x * math.sqrt(0.5)) / 2,
}


@pytest.mark.parametrize("name", TEXTBOOK)
@given(x=st.floats(-15, 15))
@settings(deadline=None)
def test_the_stable_value_is_the_textbooks(name, x):
    assert RULES[name].value(np.float64(x), **RULES[name].defaults) == pytest.approx(
        TEXTBOOK[name](x), rel=1e-9, abs=1e-14
    )


@given(*[st.floats(-1e3, 1e3)] * 2, st.floats(-2, 2))
def test_lerp_is_the_textbooks_and_meets_both_ends(start, end, weight):
    value = RULES["lerp"].value
    expected = start + weight * (end - start)
    assert value(start, end, weight) == pytest.approx(expected, rel=1e-12, abs=1e-10)
    assert (value(start, end, 0.0), value(start, end, 1.0)) == (start, end)


@pytest.mark.parametrize(("kind", "bound"), [("float64", 1e-15), ("float32", 2.5e-7)])
def test_erf_and_ndtr_have_the_digits_of_their_dtype(kind, bound):
    x = np.linspace(-8, 8, 20001).astype(kind)
    for name, exact in (("erf", math.erf), ("ndtr", TEXTBOOK["ndtr"])):
        y = RULES[name].value(x)
        expected = np.array([exact(each) for each in x.tolist()])
        assert y.dtype == kind
        assert np.abs(y - expected).max() <= bound
        far = x < -1
        if name == "ndtr" and kind == "float64":  # also where it is tiny
            np.testing.assert_allclose(y[far], expected[far], rtol=2e-14)


def test_numbers_far_below_0_keep_their_digits():
    x = mg.tensor(-6.0, dtype=mg.float64)
    assert F.gelu(x).item() == pytest.approx(-6 * math.erfc(6 / math.sqrt(2)) / 2, rel=1e-13)
    assert F.logsigmoid(mg.tensor(-1000.0)).item() == -1000
    assert F.softplus(mg.tensor(-100.0, dtype=mg.float64)).item() == pytest.approx(math.exp(-100))


INTEGERS, TRUTHS, FLOATS = mg.tensor([1, 2]), mg.tensor([True, False]), mg.tensor([1.0, 2.0])
REFUSED = [
    (lambda: INTEGERS // 0, RuntimeError, "ZeroDivisionError"),
    (lambda: 1 % mg.tensor([1, 0]), RuntimeError, "ZeroDivisionError"),
    (lambda: mg.fmod(INTEGERS, TRUTHS), RuntimeError, "ZeroDivisionError"),
    (lambda: INTEGERS.div(0, rounding_mode="trunc"), RuntimeError, "ZeroDivisionError"),
    (lambda: INTEGERS.div(2, rounding_mode="up"), RuntimeError, "rounding_mode is None"),
    (lambda: INTEGERS**-1, RuntimeError, "negative integer powers"),
    (lambda: INTEGERS.add(1, alpha=0.5), RuntimeError, "alpha=0.5 has a fraction"),
    (lambda: -TRUTHS, RuntimeError, "neg works on integers and floating-point numbers"),
    (lambda: +TRUTHS, RuntimeError, "which have no sign"),
    (lambda: TRUTHS - TRUTHS, RuntimeError, "sub works on"),
    (lambda: TRUTHS**TRUTHS, RuntimeError, "pow_tensor works on"),
    (lambda: TRUTHS // mg.tensor(True), RuntimeError, "floor_divide works on"),
    (lambda: abs(TRUTHS), RuntimeError, "abs works on"),
    (TRUTHS.relu, RuntimeError, "relu works on"),
    (lambda: FLOATS & FLOATS, RuntimeError, "truth values and integers, not on floating-point"),
    (lambda: ~FLOATS, RuntimeError, "bitwise_not works on"),
    (lambda: F.gelu(INTEGERS), RuntimeError, "gelu works on floating-point numbers, not"),
    (lambda: mg.lerp(INTEGERS, INTEGERS, 1), RuntimeError, "lerp works on floating-point"),
    (lambda: F.gelu(FLOATS, approximate="sinh"), RuntimeError, "approximate is"),
    (FLOATS.clamp, RuntimeError, "clamp needs a bound"),
    (lambda: mg.where(INTEGERS, 1, 2), RuntimeError, "where chooses by truth values"),
    (lambda: INTEGERS.int() + 2**40, OverflowError, "add of .* 1099511627776 .* a wider dtype"),
    (lambda: mg.where(TRUTHS, INTEGERS.int(), 2**40), OverflowError, "where of .*1099511627776"),
    (lambda: mg.where(TRUTHS, -(2**40), INTEGERS.int()), OverflowError, "where of .*1099511627776"),
    (lambda: FLOATS + 10**400, OverflowError, r"add of .*int too large"),
    (lambda: mg.where(True, 1, 2), TypeError, "where takes a tensor of truth values"),
    (lambda: mg.sin(2.0), TypeError, r"sin: input must be Tensor, not 2\.0"),
    (lambda: mg.add(1, 2), TypeError, "add needs a tensor, not numbers alone"),
    (lambda: FLOATS + "1", TypeError, "An op takes Tensors, numbers and NumPy arrays, not '1'"),
    (lambda: FLOATS % None, TypeError, "None is no number"),
    (lambda: mg.isclose(FLOATS, INTEGERS), RuntimeError, "isclose compares numbers of one dtype"),
    (lambda: mg.isclose(FLOATS, FLOATS, rtol=-1), RuntimeError, "A tolerance is at least 0"),
    (INTEGERS.exp_, RuntimeError, "cannot be kept"),
    (lambda: mg.maximum(FLOATS, mg.tensor([1.0, 2.0, 3.0])), RuntimeError, "do not broadcast"),
]


@pytest.mark.parametrize(("misuse", "error", "words"), REFUSED, ids=[each[2] for each in REFUSED])
def test_misuse_is_a_sentence(misuse, error, words):
    with pytest.raises(error, match=words):
        misuse()


def test_floor_divide_is_flat():
    x = mg.tensor([3.0, -3.0], requires_grad=True)
    (slope,) = mg.autograd.grad((x // 2 * x).sum(), x)
    assert slope.tolist() == [1.0, -2.0]


@pytest.mark.parametrize("many", [2, 5000])
def test_where_selects_a_gradient_even_if_it_is_infinite(many):
    x = mg.tensor([1.0, 0.0] * (many // 2), requires_grad=True)
    mg.where(x > 0, x, mg.zeros(many)).sqrt().sum().backward()
    assert x.grad[:2].tolist() == [0.5, 0.0]
