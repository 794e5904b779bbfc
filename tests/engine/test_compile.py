"""mg.compile: what it compiles, and that nobody can tell."""

import functools
import gc
import threading
import weakref

import numpy as np
import pytest

import minigrad as mg
from compiling import assert_compiled, assert_equal, close, notices, ramp, wave
from minigrad import nn

F = nn.functional


def test_values_and_gradients():
    x = ramp(3, requires_grad=True)
    compiled = assert_compiled(wave, x)
    compiled(x).backward()
    ours, x.grad = x.grad, None
    wave(x).backward()
    close(ours.numpy(), x.grad.numpy())


def test_results_in_containers():
    def fn(x, y):
        return {"sum": x + y, "parts": [x * 2, (y.exp(), 3)], "shape": x.shape}

    assert_compiled(fn, ramp(2), ramp(2, requires_grad=True))


def test_what_comes_in_can_go_out():
    x, w = ramp(3, 2, requires_grad=True), ramp(2, requires_grad=True)

    def fn(x):
        y = x * w
        return x, x.T, x[0], w, y, y.T, y[1:].detach(), x.detach()

    compiled = assert_compiled(fn, x)
    same, turned, first, kept, y, y_turned, cut, twin = compiled(x)
    assert same is x
    assert kept is w
    for part, whole in ((turned, x), (first, x), (y_turned, y), (cut, y), (twin, x)):
        assert np.shares_memory(part.detach().numpy(), whole.detach().numpy())
    assert type(first.grad_fn) is type(x[0].grad_fn)
    (y.sum() + y_turned.sum() + turned.sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.tile(1 + 2 * w.detach().numpy(), (3, 1)), 1e-6)


def test_constants_made_inside_are_new_each_time():
    compiled = assert_compiled(lambda x: (mg.zeros(2), x + mg.tensor([1.0, 2.0])), ramp(2))
    first, _ = compiled(ramp(2))
    first += 1
    assert compiled(ramp(2))[0].tolist() == [0, 0]


def test_sizes_are_numbers():
    def fn(x):
        return x.sum() / x.shape[0] + (x[-1] if len(x) > 2 else x[0]).sum()

    compiled = mg.compile(fn)
    with notices() as said:
        for many in [*range(1, 131), 3, 1]:
            x = ramp(many, 2, requires_grad=True)
            assert_equal(compiled(x), fn(x))
    assert said == []


def test_dtypes_and_gradients_wanted_are_part_of_the_signature():
    compiled = mg.compile(wave)
    for _ in range(2):
        for x in (ramp(3), ramp(3, requires_grad=True), ramp(3, dtype=mg.float64), ramp(3) * 1):
            assert_equal(compiled(x), wave(x))
        with mg.no_grad():
            assert not compiled(ramp(3, requires_grad=True)).requires_grad
    computed = ramp(3, requires_grad=True) * 2
    assert compiled(computed).requires_grad


@pytest.mark.parametrize(
    "args", [(ramp(2), 3, "sum"), (ramp(2), [ramp(2), 1.5], "mean"), (ramp(2), True, "sum")]
)
def test_other_arguments_count_by_value(args):
    def fn(x, factor, how):
        if isinstance(factor, list):
            factor = factor[0] * factor[1]
        return getattr(x * factor, how)()

    compiled = mg.compile(fn)
    for _ in range(3):
        assert_equal(compiled(*args), fn(*args))
    assert_equal(compiled(ramp(2), factor=-0.0, how="sum"), fn(ramp(2), -0.0, "sum"))
    assert_equal(compiled(ramp(2), factor=0.0, how="sum"), fn(ramp(2), 0.0, "sum"))


def test_arrays_as_arguments_count_by_their_numbers():
    compiled = mg.compile(lambda x, a: x * mg.tensor(a))
    a = np.array([1.0, 2.0], np.float32)
    for _ in range(2):
        assert compiled(mg.ones(2), a).tolist() == a.tolist()
        a += 1


class Shifted:
    def __init__(self):
        self.w = ramp(2, requires_grad=True)
        self.by = 1.0

    def method(self, x):
        return (x * self.w + self.by).sum()

    def __call__(self, x):
        return self.method(x)

    @staticmethod
    def of(x):
        return x + 1


def doubled(fn):
    @functools.wraps(fn)
    def wrapper(*args):
        return 2 * fn(*args)

    return wrapper


@pytest.mark.parametrize(
    "fn",
    [
        Shifted().method,
        Shifted(),
        Shifted.of,
        lambda x: x.exp(),
        functools.partial(lambda a, x: a * x, 3.0),
        functools.partial(mg.sum, dim=0),
        doubled(wave),
        nn.Linear(2, 3),
        nn.Sequential(nn.Linear(2, 3), nn.Tanh()),
        mg.sigmoid,
    ],
)
def test_whatever_can_be_called(fn):
    compiled = assert_compiled(fn, ramp(4, 2, requires_grad=True))
    assert "compiled" in repr(compiled)


def test_a_compiled_function_inside_of_another():
    inner = mg.compile(lambda x: x.tanh())
    assert_compiled(lambda x: inner(x) * 2, ramp(3, requires_grad=True))


def test_source():
    compiled = mg.compile(wave)
    with pytest.raises(RuntimeError, match="wave is not compiled yet: call it once"):
        _ = compiled.source
    compiled(ramp(3, requires_grad=True))
    assert compiled.source


def test_the_source_says_what_its_arrays_are():
    model, shift = nn.Linear(2, 16), mg.tensor(1.0)
    compiled = mg.compile(lambda x: (model(x) + shift).tanh())
    texts = set()
    for many in (5, 7, 16):  # sizes that are anybody's are no numbers in it
        compiled(ramp(many, 2))
        texts.add(compiled.source)
    (text,) = texts
    expected = """
        # Arrays, float32 where nothing else is said; n may differ from call to call:
        #   given       x (n, 2)
        #   outside     model_weight (16, 2), model_bias (16,), shift ()
        #   kept        tanh1 (n, 16)
        #   on the way  d_tanh (n, 16)
        # (n, 16) = (n, 2) @ (2, 16)
        # (16, 2) = (16, n) @ (n, 2)
    """
    lines = [line.strip() for line in text.splitlines()]
    for line in expected.strip().splitlines():
        assert line.strip() in lines, text


def test_what_cannot_be_compiled_at_all():
    with pytest.raises(TypeError, match="a function or a module, not a int"):
        mg.compile(3)
    with pytest.raises(TypeError, match="list is not an Optimizer"):
        mg.compile(wave, [])


def test_arguments_are_let_go():
    compiled = mg.compile(wave)
    x = ramp(3, requires_grad=True)
    for _ in range(2):
        compiled(x).backward()
    there = weakref.ref(x)
    del x
    gc.collect()
    assert there() is None


def test_threads():
    compiled = mg.compile(lambda x: (x * x).sum())
    wrong = []

    def work(number):
        for many in range(1, 20):
            x = mg.full((many,), float(number), requires_grad=True)
            compiled(x).backward()
            if x.grad.tolist() != [2.0 * number] * many:
                wrong.append((number, many))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []


def test_ops_of_one_name_with_more_or_fewer_inputs():
    x = ramp(3)
    for many in (2, 3, 2):
        compiled = mg.compile(lambda x, many=many: mg.cat([x] * many) * 2)
        for _ in range(2):
            assert compiled(x).shape == (3 * many,)


@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (3, 1), (2, 3, 4)])
def test_what_rows_were_reduced_to_is_added_once_a_row(shape):
    x = mg.tensor(np.sin(np.arange(1.0, 1 + np.prod(shape))).reshape(shape), requires_grad=True)

    def loss(x):
        y = x + x
        return F.cross_entropy(y, y)

    compiled = mg.compile(loss)
    compiled(x)
    close(compiled(x).detach().numpy(), loss(x).detach().numpy())
    (ours,), (theirs,) = (mg.autograd.grad(each(x), x) for each in (compiled, loss))
    close(ours.numpy(), theirs.numpy())
