"""The stream is PyTorch's bit for bit, can be kept and put back, and fills obey in-place rules."""

import json
import platform

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from engine_helpers import leaf
from random_values import GOLDEN, PROGRAMS, SEEDS, drawn, restored

STORED = json.loads(GOLDEN.read_text(encoding="utf-8"))
# Some normal numbers go through the C library's sine and logarithm. PyTorch's came from glibc's;
# others may differ in the last bit.
ULPS = 0 if platform.libc_ver()[0] == "glibc" else 4


def test_every_program_is_stored_and_no_other():
    assert list(STORED) == PROGRAMS


@pytest.mark.parametrize("seed", range(len(SEEDS)), ids=[str(each) for each in SEEDS])
@pytest.mark.parametrize("program", PROGRAMS)
def test_draws_are_pytorchs(program, seed):
    ours = drawn(mg, program, SEEDS[seed])
    theirs = [restored(each) for each in STORED[program][seed]]
    assert [each.dtype for each in ours] == [each.dtype for each in theirs]
    for mine, yours in zip(ours, theirs, strict=True):
        bound = ULPS * np.finfo(mine.dtype).eps if mine.dtype.kind == "f" else 0
        np.testing.assert_allclose(mine, yours, rtol=bound, atol=bound)


DRAWS = [
    lambda g: mg.rand(3, generator=g),
    lambda g: mg.randn(1, generator=g),  # leaves the second of a pair for later
    lambda g: mg.randn(17, generator=g),
    lambda g: mg.randn(700, generator=g, dtype=mg.float64),  # more than one state of the twister
    lambda g: mg.randint(9, (5,), generator=g),
    lambda g: mg.randperm(6, generator=g),
    lambda g: mg.zeros(2).bernoulli_(generator=g),
]
some_draws = st.lists(st.sampled_from(DRAWS), max_size=5)


@given(some_draws, some_draws, st.integers(-(2**63), 2**64 - 1))
def test_a_state_brings_back_the_same_draws(before, after, seed):
    generator = mg.Generator().manual_seed(seed)
    for draw in before:
        draw(generator)
    state = generator.get_state()
    expected = [draw(generator).tolist() for draw in after]
    other = mg.Generator()
    for each in (generator, other):
        assert each.set_state(state) is each
        assert [draw(each).tolist() for draw in after] == expected
        assert each.initial_seed() == seed % 2**64


def test_the_default_stream_has_a_state_too():
    mg.manual_seed(1)
    mg.randn(1)
    state = mg.get_rng_state()
    expected = mg.randn(3).tolist()
    mg.set_rng_state(state)
    assert mg.randn(3).tolist() == expected


def test_a_state_is_a_copy():
    state = mg.get_rng_state()
    kept = state.tolist()
    mg.rand(3)
    assert state.tolist() == kept


def test_a_fresh_generator_is_pytorchs_and_seed_is_never_the_same():
    assert mg.Generator().initial_seed() == 67280421310721
    assert mg.seed() == mg.initial_seed() != mg.seed()


def test_seeding_ourselves_leaves_numpys_generator_alone():
    before = str(np.random.get_state())  # noqa: NPY002  # the one that is not to change
    mg.manual_seed(0)
    mg.randn(100)
    assert str(np.random.get_state()) == before  # noqa: NPY002


WRONG = [
    (lambda: mg.manual_seed(2**64), ValueError, "2⁶⁴"),
    (lambda: mg.manual_seed(-(2**63) - 1), ValueError, "2⁶³"),
    (lambda: mg.Generator("cuda"), RuntimeError, "no device 'cuda'"),
    (lambda: mg.set_rng_state(mg.zeros(3)), TypeError, r"get_state\(\)"),
    (lambda: mg.set_rng_state([1]), TypeError, r"get_state\(\)"),
    (lambda: mg.set_rng_state(mg.arange(3)), RuntimeError, "no state"),
    (lambda: mg.set_rng_state(mg.arange(628) + 700), RuntimeError, "no state"),
    (mg.rand, TypeError, "at least one size"),
    (lambda: mg.rand(2, dtype=mg.int64), NotImplementedError, "int64"),
    (lambda: mg.randn(2, dtype=mg.bool), NotImplementedError, "bool"),
    (lambda: mg.rand(2, generator=3), TypeError, "mg.Generator"),
    (lambda: mg.rand(-1), RuntimeError, "below zero"),
    (lambda: mg.rand(2, device="cuda"), RuntimeError, "no device 'cuda'"),
    (lambda: mg.randint(5, 3), TypeError, "A size is a tuple"),
    (lambda: mg.randint(5, 5, (2,)), RuntimeError, "5 is not below 5"),
    (lambda: mg.randint(2.5, (2,)), TypeError, "float"),
    (lambda: mg.randint(5, (2,), dtype=mg.bool), RuntimeError, "bool does not hold"),
    (lambda: mg.randint(2**33, (2,), dtype=mg.int32), RuntimeError, "int32 does not hold"),
    (lambda: mg.randint(2**25, (2,), dtype=mg.float32), RuntimeError, "float32 does not hold"),
    (lambda: mg.randint(5, (2,), requires_grad=True), RuntimeError, "int64"),
    (lambda: mg.randperm(-1), RuntimeError, "below zero"),
    (lambda: mg.bernoulli(mg.tensor([1.5])), RuntimeError, "between 0 and 1"),
    (lambda: mg.bernoulli(mg.tensor([float("nan")])), RuntimeError, "between 0 and 1"),
    (lambda: mg.bernoulli(mg.tensor([1])), NotImplementedError, "int64"),
    (lambda: mg.zeros(2).bernoulli_(-0.1), RuntimeError, "between 0 and 1"),
    (lambda: mg.zeros(2).normal_(0, -1), RuntimeError, "std is -1"),
    (lambda: mg.zeros(2).normal_(0, float("nan")), RuntimeError, "std is nan"),
    (lambda: mg.zeros(2).uniform_(2, 1), RuntimeError, "2 to 1"),
    (lambda: mg.zeros(2).uniform_(0, float("inf")), RuntimeError, "finite"),
    (lambda: mg.zeros(2).uniform_(-3e38, 3e38), RuntimeError, "finite"),
    (lambda: mg.zeros(2).random_(0), RuntimeError, "0 is not below 0"),
    (lambda: mg.normal(0.0, 1.0), TypeError, "and a size"),
    (lambda: mg.normal(mg.zeros(2), 1.0, (2,)), TypeError, "no size"),
    (lambda: mg.normal(0.0, mg.tensor([-1.0])), RuntimeError, "at least 0"),
    (lambda: mg.normal(mg.zeros(2), mg.ones(3)), RuntimeError, r"\(2,\) and \(3,\)"),
    (lambda: mg.rand_like([1.0]), TypeError, "not a list"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_misuse_is_refused_and_the_stream_stays(wrong, error, message):
    before = mg.get_rng_state().tolist()
    with pytest.raises(error, match=message):
        wrong()
    assert mg.get_rng_state().tolist() == before


FILLS = ["uniform_", "normal_", "bernoulli_", "random_"]


@pytest.mark.parametrize("fill", FILLS)
def test_a_leaf_that_requires_a_gradient_is_not_filled(fill):
    x = leaf([1.0, 2.0])
    before = mg.get_rng_state().tolist()
    with pytest.raises(RuntimeError, match="x is a leaf"):
        getattr(x, fill)()
    assert (x.tolist(), mg.get_rng_state().tolist()) == ([1.0, 2.0], before)
    with mg.no_grad():
        assert getattr(x, fill)() is x
    assert x.is_leaf
    assert x.tolist() != [1.0, 2.0] or fill == "bernoulli_"


@pytest.mark.parametrize("fill", FILLS)
def test_no_gradient_passes_a_fill(fill):
    x = leaf([1.0, 2.0])
    y = x * 3
    getattr(y, fill)()
    (y.sum() + x[0]).backward()
    assert x.grad.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("fill", FILLS)
def test_a_fill_counts_as_a_write(fill):
    x, w = leaf([1.0, 2.0]), mg.tensor([3.0, 4.0])
    y = (x * w).sum()
    getattr(w, fill)()
    with pytest.raises(RuntimeError, match="w"):
        y.backward()


def test_a_view_is_filled_in_its_base():
    x = mg.zeros(2, 3)
    x[1].normal_()
    assert x[0].tolist() == [0, 0, 0]
    assert 0 not in x[1].tolist()


def test_a_trace_keeps_the_draw_and_the_stream():
    with mg.record() as recording:
        y = mg.rand(2) * 3
    before = mg.get_rng_state().tolist()
    assert mg.trace(recording).nodes[-1].value.tolist() == y.tolist()
    assert mg.get_rng_state().tolist() == before


@given(st.integers(0, 300), st.integers(0, 2**32))
def test_a_permutation_has_each_number_once(n, seed):
    order = mg.randperm(n, generator=mg.Generator().manual_seed(seed))
    assert sorted(order.tolist()) == list(range(n))


def test_options_of_the_new_tensors():
    assert mg.rand(2, requires_grad=True).requires_grad
    assert mg.randn_like(leaf([1.0])).requires_grad is False
    assert mg.randint(5, (2,)).dtype is mg.int64
    assert mg.Generator().device == mg.device("cpu")
