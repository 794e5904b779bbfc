"""Numbers as a graph shows them, and print options; test_torch.py compares how tensors print."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.printing import brief, full, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (48.0, "48"),
        (-3, "−3"),
        (0.0, "0"),
        (-0.0, "0"),
        (1 / 3, "0.3333"),
        (-1 / 3, "−0.3333"),
        (0.1 + 0.2, "0.3"),
        (2.0004, "2"),
        (9.9996, "10"),
        (48.098, "48.1"),
        (1234.4, "1234"),
        (12346.0, "12350"),
        (-24726.7, "−24730"),
        (12_345_678.0, "1.235e7"),
        (1e9, "1e9"),
        (1.5e100, "1.5e100"),
        (0.0001234, "0.0001234"),
        (1.5e-5, "1.5e−5"),
        (-1e-30, "−1e−30"),
        (1e-100, "1e−100"),
        (float("nan"), "nan"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (True, "True"),
        (np.float32(0.1), "0.1"),
        (np.False_, "False"),
    ],
)
def test_a_number_has_four_significant_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.5, "2.5"),
        ([1, 2, 3], "[1, 2, 3]"),
        ([-0.5, np.nan], "[−0.5, nan]"),
        ([1, 2, 3, 4], "4 numbers"),
        ([[1, 2]], "1×2"),
        (np.zeros((3, 4, 5)), "3×4×5"),
        ([], "[]"),
        ([True, False], "[True, False]"),
    ],
)
def test_brief_is_three_numbers_or_the_shape(value, text):
    assert brief(np.array(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.5, "2.5"),
        ([[1, -2], [3, 4]], "[[1, −2], [3, 4]]"),
        (range(12), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"),
        (range(13), "13 numbers: 0, 1, 2, 3, 4, 5, …"),
        (np.zeros((4, 4)), "4×4: 0, 0, 0, 0, 0, 0, …"),
        ([], "[]"),
    ],
)
def test_full_is_up_to_twelve_numbers(value, text):
    assert full(np.array(value)) == text


@pytest.mark.parametrize(
    ("make", "sign"),
    [
        (lambda x: x * 3, "0.3333 × 3 ≈ 1"),
        (lambda x: x * -3, "0.3333 × (−3) ≈ −1"),
        (lambda x: x * 6, "0.3333 × 6 = 2"),
        (lambda x: x * 0.5, "0.3333 × 0.5 ≈ 0.1667"),
    ],
)
def test_about_is_said_where_the_shown_factors_do_not_give_the_product(make, sign):
    x = mg.tensor(1.0, dtype=mg.float64, requires_grad=True)
    trace = mg.trace(make(x) / 3)
    texts = [move.text for step in trace.steps if step.kind == "edge" for move in step.moves]
    assert texts[-1] == sign


def test_about_is_said_of_sums_too():
    x = mg.tensor(1.0, dtype=mg.float64, requires_grad=True)
    (meet,) = [step for step in mg.trace(x / 3 + x * 2 / 3).steps if step.kind == "meet"]
    assert meet.text == "0.6667 + 0.3333 = 1"
    (meet,) = [step for step in mg.trace(x / 3 + x / 3).steps if step.kind == "meet"]
    assert meet.text == "0.3333 + 0.3333 ≈ 0.6667"


def test_a_profile_undoes_all_options():
    before = repr(mg.tensor([0.123456789] * 40))
    mg.set_printoptions(precision=1, threshold=3, edgeitems=1, linewidth=20, sci_mode=True)
    assert (
        repr(mg.tensor([0.123456789] * 40)) == "tensor([1.2e-01,\n         ...,\n        1.2e-01])"
    )
    mg.set_printoptions(profile="default")
    assert repr(mg.tensor([0.123456789] * 40)) == before


def test_an_unknown_profile_is_refused_and_changes_nothing():
    with pytest.raises(ValueError, match="default, short, full, not 'long'"):
        mg.set_printoptions(precision=2, profile="long")
    assert repr(mg.tensor(0.123456789)) == "tensor(0.1235)"
