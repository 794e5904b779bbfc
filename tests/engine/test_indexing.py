"""Keys as PyTorch reads them; writing where reading would read; what is not there is refused."""

import itertools
import random

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf

PARTS = [
    0, -1, slice(None), slice(1, None), slice(None, None, 2), slice(5, 2), None, Ellipsis, True,
    False, [0, 1], [1, 1], [[0], [1]], mg.tensor([1, 0]), mg.tensor(1), mg.tensor([True, False]),
    np.array([0, 0]), range(2),
]  # fmt: skip


NUMBERS = mg.arange(16.0).reshape(2, 2, 2, 2)


def random_key(seed):
    """Draw a key until it is one that NUMBERS has."""
    choose = random.Random(seed)
    while True:
        key = tuple(choose.choices(PARTS, k=choose.randint(1, 4)))
        try:
            NUMBERS[key]
        except IndexError:
            continue
        return key


@pytest.mark.parametrize("seed", range(200))
def test_reading_and_writing_agree_and_the_gradient_comes_back_to_what_was_read(seed):
    key = random_key(seed)
    read = NUMBERS[key]
    # Each cell's number is its place, so what was read says from where.
    counts = np.bincount(read.flatten().long().numpy(), minlength=16)
    x = leaf(NUMBERS.numpy())
    x[key].sum().backward()
    assert x.grad.flatten().tolist() == counts.tolist()
    written = mg.zeros(2, 2, 2, 2)
    written[key] = 1
    assert written.flatten().tolist() == (counts > 0).tolist()
    copied = mg.full((2, 2, 2, 2), -1.0)
    copied[key] = read
    assert copied.flatten().tolist() == np.where(counts, np.arange(16), -1).tolist()


def test_whole_numbers_are_taken_out_first_unlike_numpys():
    x = mg.arange(24.0).reshape(2, 3, 4)
    assert x[0, :, [0, 1]].shape == (3, 2)
    assert x.numpy()[0, :, [0, 1]].shape == (2, 3)
    assert x[0, :, [0, 1]].tolist() == x[0][:, [0, 1]].tolist()
    x[0, :, [0, 1]] = mg.tensor([[1.0], [2.0], [3.0]])
    assert x[0, :, 1].tolist() == [1.0, 2.0, 3.0]


def test_the_key_is_a_copy():
    x, i, j = leaf([1.0, 2.0, 3.0]), mg.tensor([0, 0]), np.array([2])
    y = x[i].sum() + x[j].sum() * 10 + x.gather(0, i).sum() * 100
    i.fill_(1)
    j[0] = 1
    y.backward()
    assert x.grad.tolist() == [202.0, 0.0, 10.0]


def test_a_write_through_a_choice_of_a_view_reaches_the_base():
    x, v = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), leaf(10.0)
    y = x * 1
    y[1, [0, 2]] = v * v
    assert y.tolist() == [[1.0, 2.0, 3.0], [100.0, 5.0, 100.0]]
    y.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]
    assert v.grad.item() == 2 * 20


def test_scatter_may_take_a_part_of_its_source():
    # PyTorch computes the value too, but not the gradient of the source.
    for op, grad in (("scatter", [[0, 1, 1], [1, 1, 1]]), ("scatter_add", [[1, 1, 1], [1, 1, 1]])):
        x, w = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), leaf([[7.0, 8.0], [9.0, 10.0]])
        getattr(x, op)(1, mg.tensor([[0]]), w).sum().backward()
        assert x.grad.tolist() == grad
        assert w.grad.tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_gather_and_scatter_add_are_each_others_derivative():
    index = mg.tensor([[0, 0, 1], [2, 1, 1]])
    x, w = leaf(np.ones((2, 3))), leaf(np.arange(6.0).reshape(2, 3))
    (g,) = mg.autograd.grad(x.gather(1, index), x, w, create_graph=True)
    assert g.tolist() == mg.zeros(2, 3).double().scatter_add(1, index, w).tolist()
    (h,) = mg.autograd.grad(g, w, x * mg.tensor([[1.0, 10.0, 100.0]]))
    assert h.tolist() == [[1.0, 1.0, 10.0], [100.0, 10.0, 10.0]]


def test_cells_that_are_read_often_add_up_exactly():
    x = leaf(np.zeros((3, 2)))
    places = list(itertools.chain([0] * 1000, [2]))
    x[places].sum().backward()
    assert x.grad.tolist() == [[1000.0, 1000.0], [0.0, 0.0], [1.0, 1.0]]


def test_integers_are_scattered_exactly():
    large = 2**60 + 1
    added = mg.zeros(2).long().scatter_add(0, mg.tensor([1, 1]), mg.tensor([large, 1]))
    assert added.tolist() == [0, large + 1]


def test_scattering_into_memory_in_another_order():
    x = mg.tensor(np.zeros((3, 2)).T)  # its memory runs down the columns
    assert x.scatter_add(1, mg.tensor([[0, 0], [1, 2]]), mg.ones(2, 2).double()).tolist() == [
        [2.0, 0.0, 0.0],
        [0.0, 1.0, 1.0],
    ]


A, V, S = mg.zeros(2, 3), mg.zeros(3), mg.tensor(1.0)
J = mg.tensor([[0, 1]])


def write(key, value):
    A.clone()[key] = value


@pytest.mark.parametrize(
    ("mistake", "kind", "said"),
    [
        (lambda: A[5], IndexError, r"Index 5 is out of range: A \(2, 3\) has size 2 along dim 0"),
        (lambda: A[:, -4], IndexError, "has size 3 along dim 1"),
        (lambda: A[[0, 7]], IndexError, "Index 7 is out of range"),
        (lambda: A[0, 0, 0], IndexError, r"A has shape \(2, 3\), so it has no 3 dims"),
        (lambda: S[0], IndexError, r"a single number. Use \.item\(\)"),
        (lambda: A[::-1], ValueError, r"goes forward.*flip\(\)"),
        (lambda: A[::0], ValueError, "a step of 1 or more, not 0"),
        (lambda: A[1.0], IndexError, "not of float"),
        (lambda: A["a"], IndexError, "not of str"),
        (lambda: A[mg.tensor([0.0])], IndexError, "not float32"),
        (lambda: A[mg.tensor(0.5)], IndexError, "not float32"),
        (lambda: A[V > 0], IndexError, r"A mask of shape \(3,\) .* from 0 on of A.* sizes \(2,\)"),
        (lambda: A[[0, 1], [0, 1, 2]], IndexError, "lists of indices do not broadcast"),
        (lambda: A[[[0, 1], [1, 0]]], IndexError, "could mean one index of several dims"),
        (lambda: A[J:], TypeError, "only one integer"),
        (lambda: write(5, 1), IndexError, "Index 5 is out of range"),
        (lambda: write([0, 7], 1), IndexError, "Index 7 is out of range"),
        (lambda: write(0, mg.zeros(2)), RuntimeError, r"\(2,\)"),
        (lambda: write([0], mg.zeros(2)), RuntimeError, r"\(2,\)"),
        (lambda: A.gather(1, mg.tensor([[3]])), RuntimeError, r"index 3 .* A \(2, 3\) has size 3"),
        (lambda: A.gather(1, mg.tensor([[-1]])), RuntimeError, "index -1 is out of range"),
        (lambda: A.gather(1, J[0]), RuntimeError, r"shape \(2,\), which does not fit into A"),
        (lambda: A.gather(1, mg.zeros(3, 1).long()), RuntimeError, "but that of dim 1"),
        (lambda: A.gather(2, J), IndexError, "A .* has no dim 2"),
        (lambda: A.gather(1, V[None]), RuntimeError, "an index is of integers"),
        (lambda: A.take_along_dim(J[0], 1), RuntimeError, "They must be as many"),
        (lambda: A.scatter(1, J, mg.zeros(1, 1)), RuntimeError, "no size may be larger"),
        (
            lambda: A.scatter(1, J, mg.zeros(1, 2).double()),
            RuntimeError,
            "A is float32 and .* float64",
        ),
        (lambda: A.scatter(1, mg.tensor([[5]]), 1.0), RuntimeError, "index 5 is out of range"),
        (lambda: A.scatter_add(1, J, 1.0), TypeError, "src must be Tensor, not"),
        (lambda: A.index_select(1, J), IndexError, r"a row, but has shape \(1, 2\)"),
        (lambda: A.index_select(0, mg.tensor([2])), IndexError, "has size 2 along dim 0"),
        (lambda: A.masked_select(A), RuntimeError, "A is float32. Make one by comparing"),
        (lambda: A.masked_select(mg.tensor([True, False])), RuntimeError, "do not broadcast"),
        (lambda: A.masked_fill(V > 0, V), RuntimeError, r"V has shape \(3,\)\. where\(\)"),
        (lambda: V.clone().masked_fill_(A == 0, 1), RuntimeError, "keeps the shape"),
        (lambda: A.index_put((0,), S), IndexError, "tensors of one dim or more"),
        (lambda: A.index_put((J[0],), S.double()), RuntimeError, "A is float32 and .* float64"),
        (lambda: mg.nn.functional.one_hot(V), RuntimeError, r"not float32. Use \.long\(\)"),
        (lambda: mg.nn.functional.one_hot(J, 1), RuntimeError, "numbers from 0 to 1, .* 0 to 0"),
        (lambda: mg.nn.functional.one_hot(J[:0]), RuntimeError, "Give num_classes"),
    ],
)
def test_what_is_not_there_is_refused_in_words(mistake, kind, said):
    with pytest.raises(kind, match=said):
        mistake()


@pytest.mark.parametrize(
    ("code", "written", "back"),
    [
        ("a[0]", "a[0]", "G at [0], else 0"),
        ("a[:, 1:]", "a[:, 1:]", "G at [:, 1:], else 0"),
        ("a[[0, 0]]", "a[[0, 0]]", "G added at [[0, 0]], else 0"),
        ("a[[0, 1] * 9]", "a[…]", "G added at […], else 0"),
        ("a.masked_fill(a > 1, 0)", "0 if", "G × (not tensor1)"),
        ("a.scatter(0, mg.tensor([[1, 1]]), 2.0)", "a with 2 at", "G with 0 at"),
        ("a.scatter_add(0, mg.tensor([[1], [1]]), b)", "a plus b at", "where G"),
    ],
)
def test_how_it_is_written(code, written, back):
    a, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[5.0], [6.0]])
    text = str(mg.trace(eval(code, {"mg": mg, "a": a, "b": b}).sum()))
    assert written in text
    assert back in text
