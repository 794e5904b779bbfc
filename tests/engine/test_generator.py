"""Programs as text: what the generator writes, and the numbers of what it writes."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.compiling import memory, text
from minigrad.kernels.fuse import Fused, Nest
from minigrad.kernels.lazy import Extent, Lazy, Pool, Unreadable, result

F = nn.functional


TARGET = mg.tensor([0, 4, 2, 1])


def compiled_twice(fn, *inputs):
    """Compile a function, run it (the first call records) and return it and its result."""
    compiled = mg.compile(fn)
    compiled(*inputs)
    return compiled, compiled(*inputs)


def ramp(*shape, kind=mg.float32, requires_grad=False):
    """Numbers of both signs, none of them special."""
    numbers = np.sin(np.arange(1, np.prod(shape) + 1)).reshape(shape)
    return mg.tensor(numbers, dtype=kind, requires_grad=requires_grad)


def lines_of(source):
    """The statements, without the comments that name lines of this file."""
    return [line for line in source.splitlines() if not line.strip().startswith("#")]


def agrees(fn, *shapes, kind=mg.float64, rounds=2):
    """Hold a compiled function and its way back against eager."""
    compiled = mg.compile(fn)
    for _ in range(rounds):
        results = []
        for each in (fn, compiled):
            inputs = [ramp(*shape, kind=kind, requires_grad=True) for shape in shapes]
            output = each(*inputs)
            (output * ramp(*output.shape, kind=kind)).sum().backward()
            found = [output.detach(), *(x.grad for x in inputs)]
            results.append([None if x is None else x.numpy() for x in found])
        close = (
            {"rtol": 1e-11, "atol": 1e-13} if kind is mg.float64 else {"rtol": 2e-5, "atol": 2e-6}
        )
        for a, b in zip(*results, strict=True):
            assert (a is None) == (b is None)
            if a is None:
                continue
            np.testing.assert_allclose(b, a, **close)
    return compiled


# The text -------------------------------------------------------------------------------


def test_a_chain_is_one_loop():
    compiled, _ = compiled_twice(lambda x: ((x * 2 + 1).tanh() * x).sum(), ramp(5))
    assert lines_of(compiled.source) == [
        "def forward(x, y):",
        "    sum1 = 0.0",
        "    for i in range(x.shape[0]):",
        "        sum1 = plus(sum1, float64(tanh(x[i] * float32(2) + float32(1)) * x[i]))",
        "    y[()] = float32(sum1)",
    ]


def test_a_layer_is_a_product_and_a_loop():
    layer = nn.Linear(3, 4)
    compiled, _ = compiled_twice(mg.no_grad(lambda x: layer(x).relu()), ramp(5, 3))
    joined = "\n".join(lines_of(compiled.source))
    assert joined.count("gemm(") == 1
    assert ".T\n" in joined  # the transpose is a flag, never a copy
    assert joined.count("for i in") == 1
    assert "larger(" in joined


def test_another_batch_size_gives_the_same_text():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    compiled = mg.compile(lambda x, t: F.cross_entropy(model(x), t))
    texts = set()
    for many in (5, 9, 33):
        target = mg.arange(many) % 2
        for _ in range(2):
            compiled(ramp(many, 3), target)
        texts.update(lines_of(compiled.source)[:2])
    assert len(texts) == 2  # the first two lines, the same each time


def test_a_step_updates_behind_everything_else():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = mg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = mg.compile(lambda x, t: F.mse_loss(model(x), t), optimizer)
    for _ in range(2):
        step(ramp(6, 3), ramp(6, 1))
    phases = [step.source.index(f"# {each} ---") for each in ("forward", "backward", "update")]
    assert phases == sorted(phases)
    assert "# SGD: " in step.source


# The numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 1023, 1024, 1025, 3_000_000])
def test_a_long_sum_keeps_its_digits(many):
    x = mg.full((many,), 0.1)
    _, total = compiled_twice(lambda x: (x * 3).sum(), x)
    wanted = many * float(np.float32(0.1) * np.float32(3))
    assert total.item() == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize("kind", [mg.float32, mg.float64])
@pytest.mark.parametrize(
    ("fn", "shapes"),
    [
        (lambda x: x.softmax(-1), [(4, 7)]),
        (lambda x: x.log_softmax(0), [(4, 7)]),
        (lambda x: x.logsumexp(1), [(4, 7)]),
        (lambda x: F.layer_norm(x, (7,)) * x, [(4, 7)]),
        (lambda x, b: (x + b).sigmoid() * b, [(4, 7), (7,)]),
        (lambda x, b: x * b, [(4, 7), (4, 1)]),
        (lambda x, b: x * b, [(2, 3, 4), (3, 1)]),
        (lambda x, s: x * s + s, [(4, 7), ()]),
        (lambda x, w: (x @ w).relu().sum(0), [(4, 7), (7, 3)]),
        (lambda x, w: x @ w.T, [(4, 7), (3, 7)]),
        (lambda x, w: x.T @ w, [(7, 4), (7, 3)]),
        (lambda x, w: x @ w, [(2, 4, 7), (7, 3)]),
        (lambda x, w: x @ w, [(7,), (7, 3)]),
        (lambda x, w: x @ w, [(4, 7), (7,)]),
        (lambda x, w: x @ w, [(7,), (7,)]),
        (lambda x: x @ x.T, [(4, 7)]),
        (lambda x: x @ x, [(4, 4)]),
        (lambda x: (x - x.mean(0)) / x.std(0), [(6, 3)]),
        (lambda x: x.reshape(2, -1).tanh() @ ramp(14, 2, kind=x.dtype), [(4, 7)]),
        (lambda x: x.T.exp() * 2, [(4, 7)]),
        (lambda x: x.sum() / x, [(4, 7)]),
        (lambda x: x.cumsum(0) * x, [(4, 7)]),
        (lambda x: mg.cat([x, x * 2]) * 3, [(4, 7)]),
        (lambda x: x[1:, 0] * 2, [(4, 7)]),
        (lambda x: x.flip(1) * x, [(4, 7)]),
        (lambda x: x.max(1).values.exp(), [(4, 7)]),
        (lambda x: F.nll_loss(x.T.log_softmax(1).T.T, TARGET), [(5, 4)]),
        (lambda x: x * 3, [(1, 1)]),
        (lambda x: x * x.sum(), [()]),
        (lambda x: x.exp().sum(0), [(0, 3)]),
        (lambda x, w: (x @ w).sum(0), [(0, 3), (3, 2)]),
        (lambda x, w: x @ w + 1, [(2, 0), (0, 3)]),
        (lambda x: x.softmax(1), [(0, 3)]),
    ],
)  # fmt: skip
def test_numbers_are_those_of_eager(fn, shapes, kind):
    agrees(fn, *shapes, kind=kind)


class Swapped(mg.optim.Optimizer):
    """Remembers two numbers that each become what the other was."""

    @staticmethod
    def update(param, grad, a=1.0, b=2.0, *, lr):
        return param - lr * (a + b * grad), {"a": b + 0 * grad, "b": a + 0 * grad}


def test_an_update_reads_everything_before_it_writes():
    def trained(step_of):
        w = mg.tensor([1.0, -2.0, 3.0], requires_grad=True)
        step = step_of(lambda x: (w * x).sum(), Swapped([w], {"lr": 0.1}))
        for _ in range(4):
            step(mg.tensor([1.0, 2.0, 3.0]))
        return w.detach().numpy()

    def eager(loss, optimizer):
        def step(x):
            optimizer.zero_grad()
            loss(x).backward()
            optimizer.step()

        return step

    np.testing.assert_allclose(trained(mg.compile), trained(eager), rtol=1e-6)


def random_program(seed):
    """Make a function of cells, rows and products, by chance."""
    choose = np.random.default_rng(seed)

    def program(x, w, b):
        values = [x, x * b]
        for kind in choices:
            a, c = values[kind[1] % len(values)], values[kind[2] % len(values)]
            values.append(
                [
                    lambda a, c: a * c + 1, lambda a, c: (a - c).tanh(), lambda a, c: a.softmax(-1),
                    lambda a, c: (a @ w).relu(), lambda a, c: a / (1 + c * c),
                    lambda a, c: a * c.sum(-1, keepdim=True),
                    lambda a, c: mg.where(a > c, a, c * b),
                    lambda a, c: (a + b).sigmoid() - c.mean(0),
                    lambda a, c: F.layer_norm(a, (4,)) + c,
                    lambda a, c: a @ (c.T @ c) / 9,
                ][kind[0]](a, c)
            )  # fmt: skip
        return values[-1] + values[-2]

    choices = choose.integers(0, [10, 8, 8], (7, 3)).tolist()
    return program


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed):
    agrees(random_program(seed), (5, 4), (4, 4), (4,))


def test_without_a_blas_numpy_multiplies(monkeypatch):
    monkeypatch.setattr(text, "_has_blas", lambda: False)
    compiled = agrees(lambda x, w: (x @ w.T).relu() * 2, (4, 7), (3, 7))
    assert "np.matmul(x, " in compiled.source
    assert "gemm" not in compiled.source


# The parts ------------------------------------------------------------------------------


def test_shapes_and_dtypes_are_numpys():
    for a, b in (((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2,)), ((2, 1, 3), (5, 1))):
        for kinds in (("f4", "f4"), ("f4", "f8"), ("i8", "f4"), ("?", "i4")):
            pool = Pool()
            arrays = [np.ones(s, k) for s, k in zip((a, b), kinds, strict=True)]
            lazies = [pool.array("ab"[i], x.shape, x.dtype) for i, x in enumerate(arrays)]
            for work in (np.add, np.less, np.multiply):
                expected, found = work(*arrays), work(*lazies)
                assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    pool = Pool()
    x = pool.array("x", (3, 4), "f4")
    assert (x * 0.1).dtype == (x * np.float32(1)).dtype == np.float32
    assert (x * pool.number("lr")).dtype == np.float32
    assert (x * np.float64(1)).dtype == np.float64


def test_the_same_is_computed_once():
    pool = Pool()
    x = pool.array("x", (3,), "f4")
    assert np.exp(x) + 1 is np.exp(x) + 1
    assert np.expand_dims(np.expand_dims(x, 0), 0).operands == (x,)
    assert np.swapaxes(np.swapaxes(np.expand_dims(x, 0), 0, 1), 0, 1) is np.expand_dims(x, 0)


def test_what_has_no_loop_says_so():
    x = Pool().array("x", (3,), "f4")
    for work in (np.cumsum, np.sort, bool, float, list, np.asarray, lambda x: x[0]):
        with pytest.raises(Unreadable):
            work(x)


def test_sizes_keep_where_they_come_from():
    x = Pool().array("x", (3, 1, 4), "f4")
    assert isinstance(x.size, Extent)
    assert (int(x.size), x.size.text) == (12, "x.shape[0] * x.shape[2]")


def test_memory_is_used_again_and_never_too_early():
    pool = Pool()
    x = pool.array("x", (4, 4), "f4")
    value: Lazy = x
    for _ in range(4):
        value = value @ x
    out = result(value + 1)
    fused = Fused(pool, [out])
    inner = {node: f"a{i}" for i, node in enumerate(fused.stored) if node is not out}
    arrays = list(memory.planned(fused, inner).values())
    starts = [each.ctypes.data for each in arrays]
    assert len(arrays) == 4
    assert len(set(starts)) == 2  # each product is read by the next alone
    assert all(a != b for a, b in itertools.pairwise(starts))
    assert all(start % 64 == 0 for start in starts)


def test_a_row_is_gone_through_in_one_nest():
    pool = Pool()
    x = pool.array("x", (3, 4), "f4")
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    fused = Fused(pool, [e / np.sum(e, axis=1, keepdims=True)])
    assert [type(each) for each in fused.statements] == [Nest]


def test_truth_values_are_those_of_numpy():
    x, w = mg.tensor([0.0, 2.0, -1.0, float("nan")]), mg.tensor([3.0, 4.0, 0.0, 0.0])
    for word in (mg.logical_and, mg.logical_or, mg.logical_xor):
        compiled, found = compiled_twice(lambda x, w, word=word: word(x, w), x, w)
        assert found.tolist() == compiled.fn(x, w).tolist()
