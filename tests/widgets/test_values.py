"""Numbers are read as people type them, and anything else is refused with a sentence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minigrad.errors import TraceError
from minigrad_widgets.values import read_number, read_values, write_values


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2), ("−0.5", -0.5), ("0,5", 0.5), (" 1e-3 ", 1e-3), ("1/4", 0.25), ("-3 / 4", -0.75),
     (".5", 0.5), ("5.", 5), ("+7", 7), ("−inf", -math.inf), ("1,5E−3", 0.0015), ("1 000", 1000),
     ("–3÷4", -0.75)],
)  # fmt: skip
def test_numbers(text, value):
    assert read_number(text) == value


def test_nan():
    assert math.isnan(read_number("nan"))


@pytest.mark.parametrize(
    "text", ["", "two", "1/0", "1/2/3", "1 + 1", "0x10", "1_000", "½", "2**3", "__import__"]
)
def test_what_is_no_number(text):
    with pytest.raises(TraceError, match="Type "):
        read_number(text)


@given(arrays(st.sampled_from([np.float32, np.float64]), array_shapes(max_dims=3, max_side=3),
              elements=st.floats(-1e6, 1e6, width=32)))  # fmt: skip
def test_what_is_written_is_read_again(values):
    again = read_values(write_values(values), values.shape)
    assert np.array_equal(again.astype(values.dtype), values)


@pytest.mark.parametrize("text", ["[1, 2]", "[[1, 2], [3]]", "5", "[[1, 2], [3, x]]", "[" * 3000])
def test_a_list_of_another_shape_is_refused_with_an_example(text):
    with pytest.raises(TraceError, match=r"Type 2×2 numbers .* such as \[\[0, 0\], \[0, 0\]\]"):
        read_values(text, (2, 2))
