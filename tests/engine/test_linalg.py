"""einsum on random equations, by hand; products and diagonals; what does not fit is refused."""

import itertools
import random

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf

SIZES = {"a": 2, "b": 3, "c": 2, "d": 1}


def random_einsum(seed):
    """Make an equation, in which letters repeat, and operands, some of them to be stretched."""
    choose = random.Random(seed)
    draw = np.random.default_rng(seed)
    terms = ["".join(choose.choices("abcd", k=choose.randint(0, 3))) for _ in range(seed % 3 + 1)]
    letters = sorted(set("".join(terms)))
    result = "".join(choose.sample(letters, choose.randint(0, len(letters))))
    operands = []
    for term in terms:
        ones = {each for each in term if choose.random() < 0.2}
        operands.append(draw.standard_normal([1 if each in ones else SIZES[each] for each in term]))
    return terms, result, operands


def by_hand(terms, result, operands):
    """Add up all products, one by one."""
    sizes = {}
    for term, operand in zip(terms, operands, strict=True):
        for letter, size in zip(term, operand.shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    total = np.zeros([sizes[each] for each in result])
    for cells in itertools.product(*map(range, sizes.values())):
        at = dict(zip(sizes, cells, strict=True))
        product = 1.0
        for term, operand in zip(terms, operands, strict=True):
            places = zip(term, operand.shape, strict=True)
            product *= operand[tuple(at[each] if size > 1 else 0 for each, size in places)]
        total[tuple(at[each] for each in result)] += product
    return total


@pytest.mark.parametrize("seed", range(150))
def test_einsum_and_its_derivatives(seed):
    terms, result, operands = random_einsum(seed)
    leaves = [mg.tensor(each, requires_grad=True) for each in operands]
    y = mg.einsum(f"{','.join(terms)}->{result}", *leaves)
    np.testing.assert_allclose(y.detach().numpy(), by_hand(terms, result, operands), atol=1e-12)
    # It is linear in each operand: a step along one gives the sum with the step in its place.
    draw = np.random.default_rng(seed + 1)
    steps = [draw.standard_normal(each.shape) for each in operands]
    up = draw.standard_normal(y.shape)
    first = mg.autograd.grad(y, leaves, mg.tensor(up), create_graph=True)
    for i, g in enumerate(first):
        moved = [*operands[:i], steps[i], *operands[i + 1 :]]
        along = (g * mg.tensor(steps[i])).sum()
        assert along.item() == pytest.approx((up * by_hand(terms, result, moved)).sum(), abs=1e-11)
        others = [each for j, each in enumerate(leaves) if j != i]
        if others:
            second = mg.autograd.grad(along, others, retain_graph=True)
            for j, h in zip([j for j in range(len(leaves)) if j != i], second, strict=True):
                twice = [*moved[:j], steps[j], *moved[j + 1 :]]
                expected = (up * by_hand(terms, result, twice)).sum()
                assert (h.numpy() * steps[j]).sum() == pytest.approx(expected, abs=1e-11)


def test_einsum_without_an_arrow_keeps_what_stands_once_in_alphabetical_order():
    a = mg.arange(6.0).reshape(2, 3)
    assert mg.einsum("bA", a).tolist() == a.T.tolist()  # capitals first, as in PyTorch
    assert mg.einsum("ij,ij", a, a).item() == (a * a).sum().item()
    assert mg.einsum("i...j", a[None]).shape == (2, 1, 3)  # dots first


def test_einsum_of_one_tensor_is_a_view_where_it_only_turns():
    a = mg.zeros(2, 3)
    turned = mg.einsum("ij->ji", a)
    a.fill_(7)
    assert (turned == 7).all()


def test_the_gradient_of_a_stack_that_was_stretched_is_summed():
    a, b = leaf(np.ones((4, 1, 2, 3))), leaf(np.ones((5, 3, 2)))
    (a @ b).sum().backward()
    assert (a.grad == 5 * 2).all()
    assert (b.grad == 4 * 2).all()


def test_integers_multiply_as_integers():
    a = mg.tensor([[1, 2], [3, 4]])
    large = 2**53 + 1  # no float64 holds it
    assert (a @ mg.tensor([1, 0])).dtype is mg.int64
    assert (mg.tensor([[1]]) @ mg.tensor([[large]])).item() == large
    assert a.trace().item() == 5


def test_a_diagonal_can_be_written_to():
    x = mg.zeros(2, 3)
    x.diagonal(1).fill_(5)
    assert x.tolist() == [[0.0, 5.0, 0.0], [0.0, 0.0, 5.0]]
    y = leaf(np.ones((3, 3)))
    z = y * 1
    z.diagonal().mul_(mg.tensor([2.0, 3.0, 4.0]))
    z.sum().backward()
    assert y.grad.tolist() == [[2.0, 1.0, 1.0], [1.0, 3.0, 1.0], [1.0, 1.0, 4.0]]


def test_a_diagonal_of_what_cannot_be_written_to_cannot_either():
    with pytest.raises(RuntimeError, match="stretched by expand"):
        mg.zeros(1, 3).expand(3, 3).diagonal().fill_(1)


A, B, V = mg.zeros(2, 3), mg.zeros(4, 2, 3), mg.zeros(3)
D = mg.zeros(3, dtype=mg.float64)


@pytest.mark.parametrize(
    ("mistake", "kind", "said"),
    [
        (lambda: A @ A, RuntimeError, r"A \(2, 3\) @ A \(2, 3\).*must equal.*transpose"),
        (lambda: A @ V[:2], RuntimeError, "the only size of the right, 2"),
        (lambda: B @ mg.zeros(5, 3, 2), RuntimeError, r"stacks of \(4,\) and \(5,\) matrices"),
        (lambda: A @ D, RuntimeError, "A is float32 and D is float64"),
        (lambda: V.sum() @ V, RuntimeError, r"Use \* for single numbers"),
        (lambda: (A > 0) @ (V > 0), NotImplementedError, "holds truth values"),
        (lambda: A.mm(B), RuntimeError, r"mm: tensor 2 needs 2 dims, but B has shape \(4, 2, 3\)"),
        (lambda: A.mv(A), RuntimeError, "mv: tensor 2 needs 1 dims"),
        (lambda: V.dot(A), RuntimeError, "dot: tensor 2 needs 1 dims"),
        (lambda: V.dot(D), RuntimeError, "float32 and D is float64"),
        (lambda: B.bmm(A), RuntimeError, "bmm: tensor 2 needs 3 dims"),
        (lambda: B.bmm(B[:1].mT), RuntimeError, "B holds 4 matrices .* stretches a stack of one"),
        (lambda: A.outer(V), RuntimeError, r"outer: tensor 1 .* Use \.flatten\(\) first"),
        (lambda: mg.addmm(A, A, A.T), RuntimeError, r"A \(2, 3\) cannot be stretched"),
        (lambda: mg.addmm(D[:2], A, A.T), RuntimeError, "addmm needs one dtype, but .* float64"),
        (lambda: mg.addmm(*[A.long() @ A.long().T] * 3, beta=0.5), RuntimeError, "not 0.5 and 1"),
        (V.trace, RuntimeError, r"Use \.diagonal\(\)\.sum\(-1\)"),
        (B.diag, RuntimeError, r"B has shape \(4, 2, 3\)"),
        (lambda: A.diagonal(0, 0, 2), IndexError, "no dim 2"),
        (lambda: A.diagonal(0, 1, -1), RuntimeError, "named twice"),
        (V.tril, RuntimeError, "tril takes matrices, but V"),
        (lambda: mg.einsum("ij,kj", A, A.T), RuntimeError, "'j' has size 3, but size 2 in this"),
        (lambda: mg.einsum("ii", A), RuntimeError, r"'i' has size 2, but size 3 in A, \(2, 3\)"),
        (lambda: mg.einsum("ii", A[:1]), RuntimeError, "'i' has size 1, but size 3"),
        (lambda: mg.einsum("...i,...i", A, B[:3, 0]), RuntimeError, r"'\.\.\.' has size 2"),
        (lambda: mg.einsum("ij->k", A), RuntimeError, "the result's 'k'"),
        (lambda: mg.einsum("ij->ii", A), RuntimeError, "must stand there once"),
        (lambda: mg.einsum("ij", B), RuntimeError, r"'ij' names 2 dims, but B has shape"),
        (lambda: mg.einsum("...ijk", A), RuntimeError, "names 3 dims, but A"),
        (lambda: mg.einsum("ij,jk", A), RuntimeError, "speaks of 2 operands, but 1 are given"),
        (lambda: mg.einsum("i.j", A), RuntimeError, r"'i\.j' .* at most one '\.\.\.'"),
        (lambda: mg.einsum("i->->", V), RuntimeError, "not made of letters"),
        (lambda: mg.einsum("i,i", V, D), RuntimeError, "V is float32 and D is float64"),
        (lambda: mg.einsum("i"), ValueError, "at least one tensor"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(mistake, kind, said):
    with pytest.raises(kind, match=said):
        mistake()


@pytest.mark.parametrize(
    ("code", "written", "back"),
    [
        ("mg.einsum('ij,kj->ik', a, a)", 'einsum("ij,kj->ik", a, a)', 'einsum("ik,kj->ij", G, a)'),
        ("mg.addmm(a, a, a, alpha=2)", "a + 2·a @ a", "2·G @ aᵀ"),
        ("a.diag()", "diag(a)", "G added at [[0, 1], [0, 1]], else 0"),
        ("a[0].diag()", "diag_embed(a[0])", "diag(G)"),
        ("a.triu(1)", "triu(a, 1)", "triu(G, 1)"),
        ("a.tril()", "tril(a)", "tril(G)"),
    ],
)
def test_how_it_is_written(code, written, back):
    a = leaf([[1.0, 2.0], [3.0, 4.0]])
    text = str(mg.trace(eval(code, {"mg": mg, "a": a}).sum()))
    assert written in text
    assert f"= {back}, where G" in text
