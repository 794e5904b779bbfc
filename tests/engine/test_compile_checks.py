"""What layers and losses refuse is refused by compiled code as well."""

import pytest

import minigrad as mg
from compiling import assert_compiled, assert_equal, is_compiled, notices, ramp
from minigrad import nn

F = nn.functional


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


@pytest.mark.parametrize("between", [lambda x: x, lambda x: x.cumsum(0)])  # NumPy sums that up
def test_nothing_is_written_where_class_numbers_are_wrong(between):
    w = ramp(4, 3, requires_grad=True)
    target = mg.tensor([2, 0])
    optimizer = mg.optim.Adam([w], 0.1)
    step = mg.compile(lambda x, t: F.cross_entropy(between(x @ w), t), optimizer)
    twin = w.detach().clone().requires_grad_()
    theirs = mg.optim.Adam([twin], 0.1)
    for _ in range(3):
        before = w.tolist()
        for wrong in ([0, 3], [-1, 0]):
            with pytest.raises(IndexError, match="the numbers go from 0 to 2"):
                step(ramp(2, 4), mg.tensor(wrong))
        assert w.tolist() == before
        step(ramp(2, 4), target)
        theirs.zero_grad()
        F.cross_entropy(between(ramp(2, 4) @ twin), target).backward()
        theirs.step()
        assert_equal(w, twin)
        assert_equal(w.grad, twin.grad)
    assert is_compiled(step, ramp(2, 4), target)
    assert "if wrong[()] > 0:" in step.source


def test_several_checks():
    table = ramp(4, 3, requires_grad=True)

    def loss(i, target, more):
        logits = F.embedding(i, table)
        return F.cross_entropy(logits, target) + F.nll_loss(logits * 2, target) + logits[more].sum()

    step = mg.compile(loss, mg.optim.SGD([table], 0.1))
    for fn in (mg.compile(loss), step):
        for place in range(3):
            given = [mg.tensor([3, 1]), mg.tensor([0, 2]), mg.tensor([1, 0])]
            fn(*given)
            expected, before = loss(*given), table.tolist()
            given[place] = given[place] + 3
            with pytest.raises(IndexError):
                fn(*given)
            assert table.tolist() == before
            given[place] = given[place] - 3
            assert_equal(fn(*given).detach(), expected.detach())
        assert is_compiled(fn, mg.tensor([3, 1]), mg.tensor([0, 2]), mg.tensor([1, 0]))


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


INDEXED = [
    (lambda x, i: x[i] * 2, [0, 2]),
    (lambda x, i: x[:, i].sin(), [-1, 0]),
    (lambda x, i: x[mg.arange(2), i] ** 2, [1, 0]),
    (lambda x, i: x[i, i.flip(0)] + x[0, :2], [1, 2]),
    (lambda x, i: x.gather(1, i.unsqueeze(1)).sin(), [1, 2]),
    (lambda x, i: mg.take_along_dim(x[:2], i[:, None], 1) * 3, [0, 2]),
    (lambda x, i: x.index_select(0, i).exp(), [2, 2]),
    (lambda x, i: x.scatter_add(0, i[None], x[:1, :2] ** 2), [1, 0]),
    (lambda x, i: F.one_hot(i, 3).to(x.dtype) @ x, [1, 2]),
]


@pytest.mark.parametrize(("fn", "places"), INDEXED)
def test_an_index_may_be_given(fn, places):
    compiled = mg.compile(fn)
    x, i = ramp(3, 3, requires_grad=True, dtype=mg.float64), mg.tensor(places)
    with notices() as said:
        for each in (i, i, 1 - i.clamp(max=1), i):
            ours, theirs = compiled(x, each), fn(x, each)
            assert_equal(ours, theirs)
            pairs = [mg.autograd.grad((y * y).sum(), x, create_graph=True) for y in (ours, theirs)]
            assert_equal(*pairs)
            if pairs[1][0].requires_grad:
                assert_equal(*(mg.autograd.grad((g * g).sum(), x) for (g,) in pairs))
            for wrong in (each + 3, each - 9):
                with pytest.raises((IndexError, RuntimeError)) as found:
                    compiled(x, wrong)
                with pytest.raises((IndexError, RuntimeError)) as expected:
                    fn(x, wrong)
                assert (str(found.value), found.type) == (str(expected.value), expected.type)
    assert said == []
    assert is_compiled(compiled, x, i)


def test_an_index_is_changed_before_the_way_back():
    compiled = mg.compile(lambda x, i: x[i] * 2)
    x, i = ramp(3, requires_grad=True), mg.tensor([0, 2])
    compiled(x, i)
    y = compiled(x, i)
    i[0] = 1
    with pytest.raises(RuntimeError, match="in place"):
        y.sum().backward()


def test_training_with_an_index():
    table, i = ramp(3, 2, requires_grad=True), mg.tensor([0, 2])
    twin = table.detach().clone().requires_grad_()
    step = mg.compile(lambda i: (table[i] ** 2).sum(), mg.optim.SGD([table], 0.1))
    for each in (i, i, i + 1 - i, i):
        step(each)
        (twin[each] ** 2).sum().backward()
        with mg.no_grad():
            twin -= 0.1 * twin.grad
        twin.grad = None
        assert_equal(table, twin)
    before = table.tolist()
    with pytest.raises(IndexError, match="Index 3 is out of range"):
        step(i + 1)
    assert table.tolist() == before
    assert is_compiled(step, i)


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
