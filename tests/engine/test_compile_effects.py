"""What layers do besides computing a result is done by compiled code as well, at each call."""

import warnings

import pytest

import minigrad as mg
from compiling import assert_equal, is_compiled, notices, ramp
from minigrad import nn
from minigrad.errors import TraceError

F = nn.functional


def both(compiled, fn, *args, seed=0):
    """Call a compiled function and the function itself with the same random numbers."""
    found = []
    for each in (compiled, fn):
        mg.manual_seed(seed)
        found.append(each(*args))
        found.append(mg.get_rng_state())
    assert found[1].tolist() == found[3].tolist()
    return found[0], found[2]


def test_dropout_draws_anew_and_as_eager():
    def fn(x, y):
        return F.dropout(F.dropout(x, 0.5).sin(), 0.3) * F.dropout(y.T, 0.5)

    compiled = mg.compile(fn)
    x, y = ramp(4, 3, requires_grad=True), ramp(3, 4)
    with notices() as said:
        for seed in range(4):
            ours, theirs = both(compiled, fn, x, y, seed=seed)
            assert_equal(ours, theirs)
            first = [mg.autograd.grad((e * e).sum(), x, create_graph=True) for e in (ours, theirs)]
            assert_equal(*first)
            assert_equal(*(mg.autograd.grad((g * g).sum(), x) for (g,) in first))
    assert said == []
    assert compiled(x, y).tolist() != compiled(x, y).tolist()
    assert is_compiled(compiled, x, y)


def test_the_second_way_back_draws_what_the_call_drew():
    compiled = mg.compile(lambda x: (F.dropout(x, 0.5) ** 3).sum())
    x = ramp(50, requires_grad=True)
    compiled(x)
    mg.manual_seed(1)
    y = compiled(x)
    mg.rand(7)
    before = mg.get_rng_state().tolist()
    (slope,) = mg.autograd.grad(y, x, create_graph=True)
    assert mg.get_rng_state().tolist() == before
    mg.manual_seed(1)
    mask = F.dropout(mg.ones(50), 0.5)
    assert_equal(slope, (3 * mask**3 * x**2).detach().requires_grad_())


def test_batch_norm_keeps_its_averages():
    layer, twin = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    compiled = mg.compile(layer)
    with notices() as said:
        for i in range(4):
            x = ramp(4, 2) * (i + 1)
            assert_equal(compiled(x), twin(x))
            assert_equal([*layer.buffers()], [*twin.buffers()])
            assert [e._version for e in layer.buffers()] == [e._version for e in twin.buffers()]
        assert is_compiled(compiled, x)
        twin(x)
        layer.eval(), twin.eval()
        for _ in range(2):
            assert_equal(compiled(x), twin(x))
    assert said == []


def test_training_with_both():
    def model():
        mg.manual_seed(3)
        return nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 3)
        )

    def loss(model, x, target):
        return F.cross_entropy(model(x), target)

    ours, theirs = model(), model()
    optimizers = [mg.optim.Adam(each.parameters(), 0.01) for each in (ours, theirs)]
    step = mg.compile(lambda x, target: loss(ours, x, target), optimizers[0])

    def by_hand(x, target):
        optimizers[1].zero_grad()
        found = loss(theirs, x, target)
        found.backward()
        optimizers[1].step()
        return found.detach()

    target = mg.tensor([0, 1, 2, 1, 0, 2])
    with notices() as said:
        for seed in range(5):
            assert_equal(*both(step, by_hand, ramp(6, 3), target, seed=seed))
    assert said == []
    # The bias before a batch norm gets rounding errors for a gradient, and Adam steps by them.
    states = [each.state_dict() for each in (ours, theirs)]
    for name in states[0].keys() - {"0.bias", "1.running_mean"}:
        assert_equal(states[0][name], states[1][name])
    before = [each.tolist() for each in ours.buffers()]
    with pytest.raises(IndexError, match="the numbers go from 0 to 2"):
        step(ramp(6, 3), target + 1)
    assert is_compiled(step, ramp(6, 3), target)
    assert [each.tolist() for each in ours.buffers()] != before  # the function itself ran


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(2)

    def forward(self, x):
        return self.norm(self.norm(x) * 2)


@pytest.mark.parametrize("make", [Twice, lambda: nn.BatchNorm1d(2, momentum=None)])
def test_averages_that_are_also_read(make):
    layer, twin = make(), make()
    compiled = mg.compile(layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mg.CompileWarning)
        for _ in range(3):
            assert_equal(compiled(ramp(4, 2)), twin(ramp(4, 2)))
            assert_equal([*layer.buffers()], [*twin.buffers()])


def test_averages_that_are_given_or_used():
    def given(x, mean, var):
        return F.batch_norm(x, mean, var, training=True)

    def used(x, mean, var):
        y = F.batch_norm(x, means[0], means[1], training=True)
        return y + means[0] * mean + var

    for fn in (given, used):
        compiled = mg.compile(fn)
        with notices() as said:
            for _ in range(3):
                buffers = [(mg.zeros(2), mg.ones(2)) for _ in "ab"]
                means = [mg.zeros(2), mg.ones(2)]
                ours = compiled(ramp(4, 2), *buffers[0])
                means = [mg.zeros(2), mg.ones(2)]
                assert_equal(ours, fn(ramp(4, 2), *buffers[1]))
                assert_equal(*buffers)
        assert len(said) == 1
        assert "keeps averages" in said[0]


def test_what_has_effects_is_no_step_of_a_trace():
    norm = nn.BatchNorm1d(2)
    for fn in (lambda x: F.dropout(x, 0.5).sum(), lambda x: norm(x).square().sum()):
        compiled = mg.compile(fn)
        x = ramp(3, 2, requires_grad=True)
        compiled(x)
        with pytest.raises(TraceError, match="Trace the function itself"):
            mg.trace(compiled(x))


@pytest.mark.parametrize(
    "use",
    [
        lambda layer, x: layer(x),
        lambda layer, x: layer(x) + layer.num_batches_tracked.item(),
        lambda layer, x: layer(layer(x)),
    ],
)
def test_what_a_call_has_changed_cannot_be_looked_at_inside(use):
    layer, twin = (nn.BatchNorm1d(2, momentum=None) for _ in range(2))
    compiled = mg.compile(lambda x: use(layer, x))
    with notices() as said:
        for k in range(4):
            x = ramp(3, 2) * (k + 1)
            assert_equal(compiled(x), use(twin, x))
    assert_equal(layer.running_mean, twin.running_mean)
    assert len(said) == 1
    assert "keeps averages" in said[0]


def test_a_wrong_place_is_found_before_anything_is_done():
    layer = nn.BatchNorm1d(2)
    compiled = mg.compile(lambda x, i: F.dropout(layer(x), 0.5)[i])
    x = ramp(3, 2)
    with notices() as said:
        for place in (0, 1, 9, 2, 1):
            mg.manual_seed(0)
            if place == 9:
                with pytest.raises(IndexError, match="9 is out of range"):
                    compiled(x, mg.tensor([place, 0]))
                state = mg.get_rng_state().tolist()
            else:
                compiled(x, mg.tensor([place, 0]))
    assert (said, layer.num_batches_tracked.item()) == ([], 5)  # the function itself fails late
    assert state == mg.get_rng_state().tolist()
    assert is_compiled(compiled, x, mg.tensor([0, 2]))


def test_a_place_that_is_computed_is_looked_up_too_late():
    layer = nn.BatchNorm1d(2)
    compiled = mg.compile(lambda x, i: layer(x)[i + 1])
    with notices() as said:
        compiled(ramp(3, 2), mg.tensor([0, 1]))
    assert len(said) == 1
    assert "places that were computed" in said[0]
