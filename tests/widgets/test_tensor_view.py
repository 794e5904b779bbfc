"""TensorView: its page, its text, and that they say the same."""

import doctest
from html.parser import HTMLParser

import numpy as np
import pytest

import minigrad as mg
from minigrad_widgets import tensor_view
from minigrad_widgets.tensor_view import TensorView


class Page(HTMLParser):
    """What a page says: its words without style, its cells, its pictures' alternatives."""

    def __init__(self, html):
        super().__init__()
        self.words, self.cells, self.alts, self.open, self.tags = [], [], [], [], set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "img":
            self.alts.append(dict(attributes)["alt"])
        else:
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, text):
        tag, attributes = self.open[-1]
        if tag == "td":
            self.cells.append((text, attributes.get("class")))
        if tag != "style":
            self.words.append(text)


def page(view):
    page = Page(view._repr_html_())
    assert page.open == []
    return page


def test_the_example_in_its_docstring():
    assert doctest.testmod(tensor_view).failed == 0


def test_page_and_text_say_the_same():
    W = mg.tensor([[1.5, -2.0, 0.25], [0.0, 1.0, 3.0]], requires_grad=True)
    (W**2).sum().backward()
    view = TensorView(W)
    assert repr(view) == (
        "W: shape (2, 3), float32, requires_grad=True\n"
        "value of W: min −2, max 3; full colour at ±3\n"
        "     0   1     2\n"
        "0  1.5  −2  0.25\n"
        "1    0   1     3\n"
        "gradient of W: min −4, max 6; full colour at ±6\n"
        "   0   1    2\n"
        "0  3  −4  0.5\n"
        "1  0   2    6"
    )
    assert "\n".join(page(view).words).split() == repr(view).split()


def test_it_stays_as_it_was():
    w = mg.tensor([1.0])
    view = TensorView(w)
    w.add_(5)
    assert "min 1, max 1" in repr(view)


def test_odd_numbers_are_marked_and_counted():
    odd = mg.tensor([1.0, float("nan"), -2.0, float("-inf"), 900.0])
    view = TensorView(odd)
    assert "min −2, max 900, 1 NaN, 1 −∞, 1 beyond ±2; full colour at ±2" in repr(view)
    assert page(view).cells == [
        ("1", None), ("nan", "odd"), ("−2", None), ("−∞", "odd"), ("900", "odd"),
    ]  # fmt: skip


def test_many_numbers_are_pictures_with_words():
    W = mg.tensor(np.arange(-10, 15.0).reshape(5, 5), requires_grad=True)
    (W * W).sum().backward()
    shown = page(TensorView(W))
    value, gradient = shown.alts
    assert shown.cells == []
    assert value == (
        "Heatmap, value of W: min −10, max 14; full colour at ±14; a picture of 25 numbers, blue "
        "above 0, green with a dash below"
    )
    assert "min −20, max 28" in gradient
    assert "orange above 0, violet with a dash below" in gradient
    assert all(alt.removeprefix("Heatmap, ") in repr(TensorView(W)) for alt in shown.alts)
    W.data[0, 0] = float("inf")
    assert "▲ ▼ infinite" in page(TensorView(W)).alts[0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: mg.tensor(3.5), "value of tensor: min 3.5, max 3.5; full colour at ±3.5\n  3.5\n"),
        (lambda: mg.zeros(0, 3), "value of tensor: no numbers\n"),
        (lambda: mg.zeros(2, 0, 3), "value of tensor: no numbers\n"),
        (lambda: mg.tensor([True, False]), "\n     0      1\n  True  False\n"),
        (lambda: mg.tensor([3, -4]), "shape (2,), int64, requires_grad=False\n"),
        (lambda: mg.ones(2), "gradient: none will come, since requires_grad is False"),
        (lambda: mg.ones(2, requires_grad=True), "gradient: None, until a backward pass fills it"),
        (lambda: mg.ones(2, requires_grad=True) * 2, "gradient: used and let go"),
    ],
)
def test_every_kind_of_tensor_is_told(make, said):
    view = TensorView(make())
    assert said in repr(view) + "\n"
    assert "\n".join(page(view).words).split() == repr(view).split()


def test_of_more_dims_one_slice_is_shown_and_named():
    stack = mg.tensor(np.arange(24.0).reshape(2, 3, 2, 2))
    first = "value of stack: min 0, max 3; full colour at ±23; slice [0, 0] of 2×3, in all"
    assert f"{first} min 0, max 23\n   0  1\n0  0  1\n1  2  3" in repr(TensorView(stack))
    assert "slice [1, 2] of 2×3" in repr(TensorView(stack, at=(1, 2)))
    assert [text for text, _ in page(TensorView(stack, at=(1, 2))).cells] == [
        "20",
        "21",
        "22",
        "23",
    ]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: TensorView([1, 2]), "shows a Tensor, not [1, 2]"),
        (lambda: TensorView(None), "shows a Tensor, not None"),
        (lambda: TensorView(mg.zeros(2, 2, 2), at=(2,)), "at=(2,) names no slice"),
        (lambda: TensorView(mg.zeros(2, 2, 2), at=0), "at=0 names no slice"),
        (lambda: TensorView(mg.zeros(2, 2), at=(0,)), "at=(0,) names no slice"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(make, said):
    view = make()
    assert said in repr(view)
    assert repr(view).endswith(".")
    assert page(view).words == [repr(view)]
    assert 'role="alert"' in view._repr_html_()


def test_a_hostile_name_is_text():
    name = "<script>alert(1)</script>\u202e\n"
    view = TensorView(mg.tensor([1.0], name=name))
    assert "script" not in page(view).tags
    assert "<script>alert(1)</script>" in "".join(page(view).words)
