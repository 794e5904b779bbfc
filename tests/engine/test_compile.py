"""mg.compile: when it compiles, when it runs the function as it is, and that nobody can tell."""

import functools
import gc
import itertools
import random
import sys
import threading
import time
import warnings
import weakref

import numpy as np
import pytest

import minigrad as mg
from compiling import assert_equal, close, notices
from minigrad import nn

F = nn.functional
SCALE = 2.0
STREAM, OURS, NUMBERS = np.random.default_rng(), mg.Generator(), itertools.repeat(2.0)


def ramp(*shape, **options):
    """Numbers that differ, around 0."""
    size = int(np.prod(shape))
    cells = np.sin(1.0 + np.arange(size)).reshape(shape)
    return mg.tensor(cells, **{"dtype": mg.float32, **options})


def is_compiled(compiled, *args):
    """Tell whether a call runs generated code: then nothing of the function itself is run."""
    calls = []

    def profile(frame, event, argument):
        if event == "call" and frame.f_code is getattr(compiled.fn, "__code__", None):
            calls.append(frame)

    sys.setprofile(profile)
    try:
        compiled(*args)
    finally:
        sys.setprofile(None)
    return not calls


def assert_compiled(fn, *args, said=()):
    """Call a function and its compiled form several times; return the compiled form."""
    compiled = mg.compile(fn)
    with notices() as found:
        for _ in range(3):
            assert_equal(compiled(*args), fn(*args))
    assert len(found) == len(said), found
    for text, notice in zip(said, found, strict=True):
        assert text in notice
    assert is_compiled(compiled, *args) == (not said)
    return compiled


# What is compiled ------------------------------------------------------------------------


def wave(x):
    return (x * x + 1).sqrt().sum()


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


# The graph ------------------------------------------------------------------------------


def test_gradients_reach_everything_that_is_watched():
    w = ramp(2, requires_grad=True)
    before = ramp(3, 2, requires_grad=True)

    def fn(x, y):
        return (x * w + x.detach() * y).tanh(), (x * y).sum()

    def run(function):
        for each in (w, before):
            each.grad = None
        seen = []
        handles = [w.register_hook(lambda g: seen.append(g.tolist()) or g * 2)]
        x = before * 3
        x.retain_grad()
        y = ramp(3, 2)
        first, second = function(x, y)
        handles.append(first.register_hook(lambda g: seen.append(g.tolist())))
        (first.sum() * second).backward()
        for each in handles:
            each.remove()
        return seen, [w.grad, before.grad, x.grad]

    compiled = mg.compile(fn)
    run(compiled)
    for (seen, ours), (expected, theirs) in ((run(compiled), run(fn)),):
        np.testing.assert_allclose(np.concatenate([*map(np.ravel, seen)]),
                                   np.concatenate([*map(np.ravel, expected)]), 1e-5)  # fmt: skip
        for a, b in zip(ours, theirs, strict=True):
            close(a.numpy(), b.numpy())


def test_only_one_of_several_results_is_walked_back_from():
    x = ramp(3, requires_grad=True)
    compiled = mg.compile(lambda x: (x * 2, x * 3, (x * 5).detach()))
    for _ in range(2):
        x.grad = None
        compiled(x)[1].sum().backward()
        assert x.grad.tolist() == [3, 3, 3]


def test_a_graph_is_freed_and_can_be_kept():
    x = ramp(3, requires_grad=True)
    compiled = mg.compile(wave)
    compiled(x)
    y = compiled(x)
    y.backward(retain_graph=True)
    y.backward()
    ours, x.grad = x.grad, None
    (2 * wave(x)).backward()
    close(ours.numpy(), x.grad.numpy())
    with pytest.raises(RuntimeError, match="freed by an earlier backward pass"):
        y.backward()


def test_a_change_in_place_before_the_way_back_is_noticed():
    compiled = mg.compile(lambda x: (x * x).sum())
    x = ramp(3)
    x.requires_grad_()
    compiled(x)
    y = compiled(x)
    with mg.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    plain = mg.compile(lambda x: (x + 1).sum())
    plain(x)
    y = plain(x)
    with mg.no_grad():
        x += 1
    y.backward()  # whose way back needs no numbers
    assert x.grad.tolist() == [1, 1, 1]


def test_two_calls_may_wait_for_their_way_back():
    compiled = mg.compile(lambda x: x.exp().sum())
    a, b = ramp(3, requires_grad=True), ramp(3, requires_grad=True)
    compiled(a)
    y, z = compiled(a), compiled(b * 2)
    (y * z).backward()
    ours = a.grad, b.grad
    a.grad = b.grad = None
    (a.exp().sum() * (b * 2).exp().sum()).backward()
    close(ours[0].numpy(), a.grad.numpy())
    close(ours[1].numpy(), b.grad.numpy())


def test_second_derivatives():
    x = ramp(3, requires_grad=True, dtype=mg.float64)
    compiled = mg.compile(lambda x: (x**3 * x.sum()).sum())
    compiled(x)
    assert mg.autograd.gradcheck(compiled, [x])
    assert mg.autograd.gradgradcheck(compiled, [x])


def test_a_compiled_op_can_be_stepped():
    x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")
    compiled = mg.compile(wave)
    compiled(x)
    loss = compiled(x) * 3
    text = str(mg.trace(loss))
    assert "wave.backward(G)" in text
    recorded = mg.trace(lambda x: compiled(x) * 3, x)
    assert [node.op for node in recorded.nodes if node.op] == ["mul", "add", "sqrt", "sum", "mul"]


# What the function sees ------------------------------------------------------------------


def test_a_number_of_the_function_s_surroundings(monkeypatch):
    factor = 2.0
    holder = Shifted()
    numbers = {"a": [1.0, 2.0]}
    array = np.array([1.0, 2.0], np.float32)

    def fn(x, power=2):
        return (x * factor * SCALE + holder.by + numbers["a"][1]) * mg.tensor(array) ** power

    compiled = assert_compiled(fn, ramp(2))
    x = ramp(2)
    before = compiled(x).tolist()
    factor = 3.0
    for change in ("factor", "SCALE", "by", "numbers", "array", "new"):
        if change == "SCALE":
            monkeypatch.setattr(sys.modules[__name__], "SCALE", 5.0)
        elif change == "by":
            holder.by = -1.0
        elif change == "numbers":
            numbers["a"][1] = 7.0
        elif change == "array":
            array[:] = 4
        elif change == "new":
            holder = Shifted()
        assert_equal(compiled(x), fn(x))
        assert compiled(x).tolist() != before
        before = compiled(x).tolist()


def test_a_captured_tensor_may_change_and_may_be_replaced():
    w = ramp(2, requires_grad=True)
    compiled = mg.compile(lambda x: x * w)
    x = mg.ones(2)
    for _ in range(2):
        assert compiled(x).tolist() == w.tolist()
        with mg.no_grad():
            w += 1
    w.data = mg.tensor([7.0, 8.0])
    assert compiled(x).tolist() == [7, 8]
    w.data = mg.tensor([[7.0, 8.0], [9.0, 1.0]])
    assert compiled(x).tolist() == w.tolist()
    w.requires_grad_(False)
    assert not compiled(x).requires_grad
    w = ramp(2, dtype=mg.float64)
    assert compiled(x).tolist() == w.tolist()
    w = 5
    assert compiled(x).tolist() == [5, 5]


def test_modules():
    model = nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.1), nn.Dropout(0.0))
    compiled = mg.compile(lambda x: model(x).sum())
    x = ramp(4, 2, requires_grad=True)

    def same():
        for _ in range(2):
            assert_equal(compiled(x), compiled.fn(x))

    same()
    model.eval()
    same()
    model[1].negative_slope = 0.7
    same()
    model[0].weight = nn.Parameter(ramp(3, 2))
    same()
    model[1] = nn.Tanh()
    same()
    handle = model[1].register_forward_hook(lambda module, args, output: output * 2)
    same()
    handle.remove()
    same()
    model.double()
    x = ramp(4, 2, dtype=mg.float64)
    same()
    model.requires_grad_(False)
    same()


def test_modes_that_come_again_are_not_recorded_again():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    compiled = mg.compile(model)
    with notices() as said:
        for _ in range(20):
            for mode in (True, False):
                model.train(mode)
                compiled(ramp(4, 2))
    assert said == []
    assert is_compiled(compiled, ramp(4, 2))


def test_what_is_different_each_time():
    number = 0

    def fn(x):
        return x * number

    compiled = mg.compile(fn)
    with notices() as said:
        for number in range(20):  # noqa: B007
            assert_equal(compiled(ramp(2)), fn(ramp(2)))
    assert len(said) == 1
    assert "it has been compiled often enough" in said[0]


# What is not compiled ---------------------------------------------------------------------


def by_value(x):
    return x * 2 if x.sum() > 0 else -x


def loop(x):
    while x.abs().max() > 0.1:
        x = x / 2
    return x


def draws(x):
    return x + mg.rand(3)


def writes(x):
    y = x * 2
    y[0] = 1
    return y


@pytest.mark.parametrize(
    ("fn", "why"),
    [
        (by_value, "Line"),
        (loop, "while x.abs().max() > 0.1:"),
        (draws, "draws random numbers"),
        (writes, "writes to a tensor in place"),
        (lambda x: x * float(x[0]), "reads the numbers"),
        (lambda x: x * x.tolist()[0], "reads the numbers"),
        (lambda x: x + mg.tensor(np.asarray(x)), "reads the numbers"),
        (lambda x: x[x > 0], "reads the numbers"),
        (lambda x: mg.tensor(x.numpy() + 1), "reads the numbers"),
        (lambda x: x * f"{x}".count("0"), "reads the numbers"),
        (lambda x: x * random.random(), "draws random numbers"),
        (lambda x: x * STREAM.random(), "draws random numbers"),
        (lambda x: x * mg.rand(3, generator=OURS), "draws random numbers"),
        (lambda x: F.dropout(x, 0.5), "draws random numbers"),
        (lambda x: x + (time.perf_counter() < 0), "a clock"),
        (lambda x: x * next(NUMBERS), "gives something else each time"),
        (lambda x: x if (x == x).all() else -x, "reads the numbers"),
        (lambda x: x * int(x.argmax()), "reads the numbers"),
        (lambda x: x.relu_() if False else x.clone().relu_(), "in place"),
    ],
)
def test_python_that_depends_on_numbers_runs_as_it_is(fn, why):
    compiled = mg.compile(fn)
    with notices() as said:
        for sign in (1, -1, 1, -1):
            x = sign * ramp(3)
            mg.manual_seed(0)
            random.seed(0)
            states = STREAM.bit_generator.state, OURS.get_state()
            expected = fn(x)
            mg.manual_seed(0)
            random.seed(0)
            STREAM.bit_generator.state = states[0]
            OURS.set_state(states[1])
            assert_equal(compiled(x), expected)
    assert len(said) == 1, said
    assert why in said[0]
    assert "runs as it is, not compiled" in said[0]


def test_effects_happen_each_time():
    runs = []

    def fn(x):
        runs.append(len(runs))
        return x * 2

    compiled = mg.compile(fn)
    with notices() as said:
        for _ in range(3):
            compiled(ramp(2))
    assert runs == [0, 1, 2]
    assert len(said) == 1
    assert "it changes runs" in said[0]


def test_batch_norm_keeps_its_averages():
    layer, twin = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    compiled = mg.compile(layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mg.CompileWarning)
        for _ in range(3):
            x = ramp(4, 2)
            assert_equal(compiled(x), twin(x))
    assert layer.running_mean.tolist() == twin.running_mean.tolist()
    assert layer.num_batches_tracked.item() == 3
    layer.eval(), twin.eval()
    with notices() as said:
        for _ in range(2):
            assert_equal(compiled(ramp(4, 2)), twin(ramp(4, 2)))
    assert said == []


def test_hooks_inside_and_functions_of_one_s_own():
    class Twice(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 100

    def hooked(x):
        y = x * 2
        y.register_hook(lambda g: g * 100)
        return y

    for fn in (Twice.apply, hooked):
        compiled = mg.compile(fn)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", mg.CompileWarning)
            for _ in range(2):
                x = ramp(2, requires_grad=True)
                compiled(x).sum().backward()
                assert x.grad.tolist() in ([100, 100], [200, 200])


def test_class_numbers_are_checked_each_time():
    compiled = mg.compile(F.cross_entropy)
    logits = ramp(2, 3, requires_grad=True)
    with notices() as said:
        for classes in ([0, 1], [2, 2], [0, -100]):
            target = mg.tensor(classes)
            assert_equal(compiled(logits, target), F.cross_entropy(logits, target))
            with pytest.raises(IndexError, match="the numbers go from 0 to 2"):
                compiled(logits, mg.tensor([0, 3]))
    assert said == []
    assert is_compiled(compiled, logits, mg.tensor([0, 1]))


def test_probabilities_are_checked_each_time():
    def loss(p, target):
        return F.binary_cross_entropy(p * w, target)

    w, target = mg.tensor(0.5, requires_grad=True), mg.tensor([1.0, 0.0])
    compiled = mg.compile(loss)
    assert_compiled(loss, mg.tensor([0.5, 1.0], requires_grad=True), target)
    compiled(mg.tensor([0.5, 1.0]), target)
    with pytest.raises(RuntimeError, match="outside of 0 to 1"):
        compiled(mg.tensor([0.5, 3.0]), target)
    step = mg.compile(loss, mg.optim.SGD([w], 0.1))
    with pytest.warns(mg.CompileWarning, match="checks numbers that it has computed"):
        step(mg.tensor([0.5, 1.0]), target)
    before = w.item()
    with pytest.raises(RuntimeError, match="outside of 0 to 1"):
        step(mg.tensor([0.5, 4.0]), target)
    assert w.item() == before
    # Places are checked before anybody goes there.
    with pytest.warns(mg.CompileWarning, match="reads the numbers"):
        mg.compile(lambda x: F.cross_entropy(x, x.argmax(1)))(ramp(3, 2))


def test_places_outside_are_seen():
    places = mg.tensor([0, 2])

    def chosen(x):
        return x[places] * 2

    compiled = mg.compile(chosen)

    def same():
        for _ in range(2):
            assert_equal(compiled(ramp(4)), chosen(ramp(4)))

    with notices() as said:
        same()
        places[0] = 3
        same()
        places.data = mg.tensor([1, 1])
        same()
        places = mg.tensor([True, False, True, True])
        same()
    assert said == []


def test_errors_are_those_of_the_function():
    def fn(x, w):
        return x @ w

    compiled = mg.compile(fn)
    for _ in range(2):
        with pytest.raises(RuntimeError) as ours:
            compiled(ramp(2, 3), ramp(2, 3))
        with pytest.raises(RuntimeError) as theirs:
            fn(ramp(2, 3), ramp(2, 3))
        assert str(ours.value) == str(theirs.value)
    assert_equal(compiled(ramp(2, 3), ramp(3, 2)), fn(ramp(2, 3), ramp(3, 2)))
    assert mg.Tensor.__dict__["_data"].__class__.__name__ == "member_descriptor"


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
