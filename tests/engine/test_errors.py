"""What PyTorch refuses is refused, with its class and in a sentence, and leaves nothing behind."""

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf
from minigrad.modes import state
from misuse import REFUSED, run

# What says how the engine is built, or what NumPy and Python would have said.
INTERNALS = [
    "<lambda>", "<rule", "_data", "has no attribute", "object of type", "operands could not",
    "ufunc", "unexpected keyword", "unsupported operand",
]  # fmt: skip


@pytest.mark.parametrize(("snippet", "kind", "said"), REFUSED, ids=[each[0] for each in REFUSED])
def test_misuse_is_refused_in_words(snippet, kind, said):
    with pytest.raises(kind) as refusal:
        run(mg, snippet, mg.data)
    message = str(refusal.value)
    assert said in message
    assert not [each for each in INTERNALS if each in message]


# What is refused here, though PyTorch does it and may be silently wrong ------------------


@pytest.mark.parametrize(
    ("snippet", "said"),
    [
        (
            "a = v * 1; y = a * a; a.data.add_(1); y.sum().backward()",
            "its input a held when mul ran",
        ),
        (
            "y = square(twice).apply(v); v.data.add_(1); y.sum().backward()",
            "v was saved for backward",
        ),
        ("square(twice)(v)", "Use Square by Square.apply"),
        ("t.autograd.grad(v * 2, v, [t.ones(3), t.ones(3)])", "1 outputs need as many gradients"),
        ('t.zeros(2, device="cuda")', "minigrad computes on the CPU"),
        ("np.dot(p, p.T)", "dot: tensor 1 needs 1 dims, but p has shape (2, 3)"),
    ],
)
def test_what_could_be_wrong_in_silence_is_refused(snippet, said):
    with pytest.raises(RuntimeError) as refusal:
        run(mg, snippet, mg.data)
    assert said in str(refusal.value)


# An exception leaves nothing behind ------------------------------------------------------


def fail(*_, **__):
    raise ZeroDivisionError


class Failing(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        fail()


def hooked(register, **options):
    x = leaf([1.0, 2.0])
    layer = mg.nn.Linear(2, 2)
    getattr(x if register == "register_hook" else layer, register)(fail)
    layer(x).sum().backward(**options)


def inside(context):
    with context:
        fail()


def generated():
    fail()
    yield


ACCIDENTS = {
    "a tensor's hook": lambda: hooked("register_hook"),
    "a tensor's hook, recorded": lambda: hooked("register_hook", create_graph=True),
    "before forward": lambda: hooked("register_forward_pre_hook"),
    "after forward": lambda: hooked("register_forward_hook"),
    "before backward": lambda: hooked("register_full_backward_pre_hook"),
    "after backward": lambda: hooked("register_full_backward_hook"),
    "a Function": lambda: Failing.apply(leaf(1.0)).backward(),
    "no_grad": lambda: inside(mg.no_grad()),
    "set_grad_enabled": lambda: inside(mg.set_grad_enabled(False)),
    "a decorated function": mg.no_grad()(fail),
    "a decorated generator": lambda: list(mg.no_grad()(generated)()),
    "anomaly mode": lambda: inside(mg.autograd.detect_anomaly()),
    "recording": lambda: inside(mg.record()),
    "a trace": lambda: mg.trace(fail, 1.0),
    "an optimizer's closure": lambda: mg.optim.SGD([leaf(1.0)], lr=0.1).step(fail),
    "a Jacobian": lambda: mg.autograd.functional.jacobian(fail, leaf(1.0)),
    "a gradient check": lambda: mg.autograd.gradcheck(fail, leaf(1.0, dtype=mg.float64)),
    "a batch": lambda: list(mg.data.DataLoader([1, 2], collate_fn=fail)),
}


@pytest.mark.parametrize("accident", ACCIDENTS.values(), ids=ACCIDENTS)
def test_an_exception_leaves_no_state_behind(accident):
    def now():
        modes = state.grad_enabled, state.recorder, state.anomaly
        return *modes, mg.get_default_dtype(), np.geterr()

    with np.errstate(all="raise"):
        before = now()
        with pytest.raises(ZeroDivisionError):
            accident()
        assert now() == before


def test_a_function_that_fails_goes_on_being_recorded():
    failing = type("Failing", (mg.autograd.Function,), {"forward": staticmethod(fail)})
    with mg.record():
        recorder = state.recorder
        with pytest.raises(ZeroDivisionError):
            failing.apply(leaf(1.0))
        assert state.recorder is recorder
        assert mg.is_grad_enabled()


@pytest.mark.parametrize(
    "bad", ["t.rand(-1)", "w.normal_(0, -1)", "v.uniform_()", "t.randperm(-1)"]
)
def test_a_draw_that_is_refused_draws_nothing(bad):
    before = mg.get_rng_state()
    with pytest.raises(RuntimeError):
        run(mg, bad, mg.data)
    assert mg.equal(mg.get_rng_state(), before)


def test_a_write_that_is_refused_writes_nothing():
    x = mg.tensor([1, 2])
    used = x * leaf([1.0, 1.0])
    for write in (
        lambda: x.add_(1.5),
        lambda: x.copy_(mg.ones(3)),
        lambda: x.masked_fill_(x > 0, 1j),
    ):
        with pytest.raises((RuntimeError, TypeError)):
            write()
    assert x.tolist() == [1, 2]
    used.sum().backward()  # no version was counted up
