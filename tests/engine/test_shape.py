"""Views share memory and its version; copies do not. What does not fit is refused in words."""

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf
from minigrad.nn.functional import pad
from minigrad.rules import shape

X = np.arange(24.0).reshape(2, 3, 4)

VIEWS = [
    "x.reshape(6, 4)", "x.view(4, 6)", "x.view_as(mg.zeros(24))", "x.reshape_as(mg.zeros(3, 8))",
    "x.flatten(1)", "x.ravel()", "x.unflatten(2, (2, 2))", "x[:1].squeeze()", "x[:1].squeeze(0)",
    "x.unsqueeze(1)", "x.expand(5, 2, 3, 4)", "x.permute(2, 0, 1)", "x.movedim(0, 2)", "x[0].T",
    "x[0].t()", "x.mT", "x.transpose(0, 2)", "x.swapaxes(0, 1)", "x.diagonal()", "x.select(1, 2)",
    "x.narrow(2, 1, 2)", "x.split(2, 1)[1]", "x.split([1, 2], 1)[1]", "x.chunk(2, 2)[0]",
    "x.unbind(1)[2]", "mg.broadcast_tensors(x, mg.zeros(5, 1, 1, 1))[0]",
    "mg.meshgrid(x[0, 0], x[1, 0])[1]", "x[0]", "x[..., 1:]", "x[0, 0, 0]", "x[None]", "x[()]",
]  # fmt: skip
COPIES = [
    "x.flip(0)", "x.flip(())", "x.roll(1)", "x.roll(0, 0)", "x.repeat(1, 1, 1)", "x.tile(1)",
    "mg.cat([x])", "mg.stack([x])", "x.repeat_interleave(1, 0)", "pad(x, (0, 0))", "x[0].diag()",
    "x.tril()", "x.transpose(0, 1).reshape(-1)", "x[[0, 1]]", "x[x > -1]", "x[True]",
    "x.gather(0, mg.zeros(2, 3, 4).long())", "x.index_select(0, mg.tensor([0, 1]))",
    "x.masked_select(x > -1)", "x.masked_fill(x > 99, 0)", "x.scatter_add(0, x.long()[:0], x)",
]  # fmt: skip


def made(code):
    x = mg.tensor(X)
    return x, eval(code, {"mg": mg, "pad": pad, "x": x})


@pytest.mark.parametrize("code", VIEWS)
def test_a_view_shares_memory_and_version(code):
    x, y = made(code)
    x.zero_()
    assert not y.numpy().any()
    assert y._writes is x._writes


@pytest.mark.parametrize("code", COPIES)
def test_a_copy_shares_neither(code):
    x, y = made(code)
    before = y.tolist()
    x.fill_(-1)
    assert y.tolist() == before
    assert y._writes is not x._writes


@pytest.mark.parametrize(
    "code", ["x.permute(2, 0, 1)", "x.diagonal()", "x.mT", "x.unbind(1)[2]", "x.chunk(2, 2)[0]"]
)
def test_what_is_written_to_a_view_is_seen_in_its_base(code):
    x, y = made(code)
    y.fill_(100)
    assert (x.numpy() == 100).sum() == y.numel()


def test_a_view_that_memory_does_not_allow_is_refused():
    x = mg.tensor(X)
    assert x[:, ::2].view(2, 2, 2, 2).shape == (2, 2, 2, 2)
    with pytest.raises(RuntimeError, match=r"\(2, 4, 3\), do not lie in memory .* Use .reshape"):
        x.mT.view(-1)


def test_the_gradient_of_a_join_is_cut_into_its_parts():
    parts = [leaf([float(i)] * (i + 1)) for i in range(40)]
    joined = mg.cat(parts)
    (joined * mg.arange(len(joined))).sum().backward()
    whole = np.concatenate([each.grad.numpy() for each in parts])
    assert whole.tolist() == list(range(len(joined)))
    assert shape.cat(40) is shape.cat(40)  # one rule for each number, not for each call


def test_a_joined_tensor_may_stand_there_twice():
    x = leaf([1.0, 2.0])
    (mg.stack([x, x, x], 1) * mg.tensor([[1.0, 10.0, 100.0]])).sum().backward()
    assert x.grad.tolist() == [111.0, 111.0]


A = mg.zeros(2, 3)
V = mg.zeros(3)


@pytest.mark.parametrize(
    ("mistake", "kind", "said"),
    [
        (
            lambda: A.reshape(5, 5),
            RuntimeError,
            r"A has shape \(2, 3\), 6 .* does not make \(5, 5\)",
        ),
        (lambda: A.reshape(-1, -1), RuntimeError, r"one of them may be -1"),
        (lambda: mg.zeros(0, 3).reshape(-1, 0), RuntimeError, r"does not make \(-1, 0\)"),
        (lambda: A.flatten(1, 0), RuntimeError, "start_dim 1 comes after end_dim 0"),
        (lambda: A.squeeze(3), IndexError, r"A \(2, 3\) has no dim 3; dim is from -2 to 1"),
        (lambda: A.unsqueeze(4), IndexError, "from -3 to 2"),
        (lambda: V.expand(2, 4), RuntimeError, r"V has shape \(3,\), .* stretch to \(2, 4\)"),
        (lambda: V.expand(-1, 3), RuntimeError, "does not stretch"),
        (lambda: A.permute(0), RuntimeError, "A has 2 dims, and 1 are named"),
        (lambda: A.permute(0, 0), RuntimeError, "named twice"),
        (lambda: A.movedim((0, 1), 0), RuntimeError, "2 dims cannot go to 1 places"),
        (lambda: V.mT, RuntimeError, r"\.mT turns a matrix, but V has shape \(3,\)"),
        (A[None].t, RuntimeError, r"transpose\(dim0, dim1\)"),
        (lambda: A.flip(True), TypeError, "integers, not True"),
        (lambda: mg.cat([A, A], True), TypeError, "dim must be int, not True"),
        (lambda: A.flip(0, -2), RuntimeError, "named twice"),
        (lambda: A.roll((1, 1)), RuntimeError, "2 shifts, but 0 dims"),
        (lambda: A.repeat(2), RuntimeError, "a number, 0 or more, for each of its 2 dims"),
        (lambda: A.repeat_interleave(mg.tensor([1, 2, 3]), 0), RuntimeError, "the 2 parts along"),
        (lambda: mg.cat([]), ValueError, "needs at least one tensor"),
        (lambda: mg.stack([]), RuntimeError, "needs at least one tensor"),
        (lambda: mg.cat(A), TypeError, "joins the tensors of a list"),
        (lambda: mg.cat([A, V]), RuntimeError, r"A has shape \(2, 3\) and V \(3,\)"),
        (lambda: mg.cat([A, mg.zeros(2, 1)]), RuntimeError, "but that of dim 0"),
        (lambda: mg.cat([V.sum()]), RuntimeError, r"stack\(\) joins single numbers"),
        (lambda: mg.stack([A, V]), RuntimeError, "All shapes must be equal"),
        (lambda: A.split([1, 1], 1), RuntimeError, "add up to 2, but dim 1 of A has size 3"),
        (lambda: A.split(0), RuntimeError, "Give 1 or more"),
        (lambda: A.chunk(0), RuntimeError, "Give 1 or more"),
        (lambda: V.sum().unbind(), IndexError, "single number and has no dims"),
        (lambda: A.narrow(1, 2, 2), RuntimeError, "do not fit into dim 1 of A, which has size 3"),
        (lambda: mg.meshgrid(V, A), RuntimeError, r"takes rows of one dtype, but A has shape"),
        (lambda: mg.meshgrid(V, indexing="yx"), RuntimeError, "'yx'"),
        (lambda: mg.broadcast_tensors(A, mg.zeros(2)), RuntimeError, "do not broadcast"),
        (lambda: pad(A, (1,)), RuntimeError, "pairs of numbers for at most 2 dims"),
        (lambda: pad(A, (-2, -2)), RuntimeError, "takes away more than A"),
        (lambda: pad(A, (3, 0), "reflect"), RuntimeError, "no 3 places to take from dim 1"),
        (lambda: pad(A, (4, 0), "circular"), RuntimeError, "no 4 places to take"),
        (lambda: pad(A, (1, 1), "mirror"), NotImplementedError, "replicate, circular"),
        (lambda: pad(A, (1, 1), "reflect", 2.0), RuntimeError, "a value is for the mode constant"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(mistake, kind, said):
    with pytest.raises(kind, match=said):
        mistake()


def test_t_of_no_matrix_reverses_the_dims_and_says_so_at_the_readers_line():
    for each in (V.sum(), V, A[None]):
        with pytest.warns(UserWarning, match=r"\.T turns a matrix, but .* only reverses") as caught:
            turned = each.T
        assert turned.shape == each.shape[::-1]
        assert turned.tolist() == np.transpose(each.numpy()).tolist()
        assert caught[0].filename == __file__


@pytest.mark.parametrize("dims", [0, -1, (0,), ()])
def test_a_single_number_flips_to_itself(dims):
    assert V.sum().flip(dims).item() == V.sum().item()


@pytest.mark.parametrize(
    ("code", "written", "back"),
    [
        ("mg.cat([a, a], 1)", "cat(a, a)", "G[:, 0:3]"),
        ("mg.stack([a, a])", "stack(a, a)", "G[0]"),
        ("a.T", "aᵀ", "Gᵀ"),
        ("a[None].transpose(0, 2)", "a[None] with dims −3, −1 swapped",
         "G with dims −3, −1 swapped"),
        ("a[None].permute(2, 0, 1)", "a[None] with dims in order 2, 0, 1",
         "G with dims in order 1, 2, 0"),
        ("a.expand(4, 2, 3)", "a spread to 4×2×3", "sum(G)"),
        ("a.flip(0)", "flip(a)", "flip(G)"),
        ("a.roll(1, 0)", "a rolled by 1", "G rolled by −1"),
        ("a.to(mg.float64)", "a as float64", "G as float32"),
        ("pad(a, (1, 1))", "pad(a)", "G[0:2, 1:4]"),
    ],
)  # fmt: skip
def test_how_it_is_written(code, written, back):
    a = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    loss = eval(code, {"mg": mg, "pad": pad, "a": a}).sum()
    trace = mg.trace(loss)
    text = str(trace)
    assert written in text
    assert f"= {back}, where G" in text
