"""What optimizers do besides their numbers, which samples/optim.py compares with PyTorch's."""

import copy
import inspect
import warnings
import weakref

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf
from minigrad.formula import symbol
from minigrad.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, StepLR

OPTIONS = {
    "SGD": {"momentum": 0.5, "dampening": 0.1, "weight_decay": 0.1, "nesterov": False},
    "Adagrad": {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.1},
    "RMSprop": {"alpha": 0.9, "momentum": 0.5, "centered": True, "weight_decay": 0.1},
    "Adam": {"betas": (0.5, 0.9), "amsgrad": True, "weight_decay": 0.1},
    "AdamW": {"betas": (0.5, 0.9), "weight_decay": 0.1},
}
optimizers = pytest.mark.parametrize("name", OPTIONS)


def with_gradient(value, gradient, **options):
    tensor = leaf(value, **options)
    tensor.grad = mg.tensor(gradient, dtype=tensor.dtype)
    return tensor


def walked(optimizer, params, steps):
    for i in range(steps):
        for each in params:
            each.grad = each.detach() * 0.5 + (i % 3 - 1)
        optimizer.step()
    return [each.tolist() for each in params]


def made(name, params, **options):
    return getattr(mg.optim, name)(params, **options)


@optimizers
def test_the_defaults_are_the_options_of_the_formula(name):
    optimizer = made(name, [leaf(1.0)])
    wanted = set(inspect.getfullargspec(optimizer.update).kwonlyargs)
    assert wanted
    assert wanted <= set(optimizer.defaults)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("SGD", "param − lr·grad"),
        ("Adagrad", "param − lr/(1 + step·lr_decay)·grad/(√(sum + grad·grad) + eps)"),
    ],
)
def test_the_formula_can_be_read_on_symbols(name, formula):
    update = getattr(mg.optim, name).update
    spec = inspect.getfullargspec(update)
    remembered = [each for each in spec.args if each != "momentum_buffer"]
    chosen = {"momentum", "dampening", "weight_decay", "nesterov", "maximize"}
    options = {each: 0 if each in chosen else symbol(each) for each in spec.kwonlyargs}
    new, _ = update(*map(symbol, remembered), **options)
    assert str(new) == formula


@optimizers
@pytest.mark.parametrize("value", [1.5, [1.0, -2.0]])
def test_a_step_is_in_place_and_unrecorded(name, value):
    w = with_gradient(value, value)
    alias, version = w.detach(), w._writes[0]
    made(name, [w], lr=0.1).step()
    assert w.tolist() != value
    assert alias.tolist() == w.tolist()
    assert (w.is_leaf, w.requires_grad, w.grad_fn) == (True, True, None)
    assert w._writes[0] > version


def test_a_step_of_a_single_number_that_nobody_shares():
    w = with_gradient(1.5, 2.0)
    mg.optim.SGD([w], lr=0.5).step()
    assert (w.item(), w.dtype, w.shape) == (0.5, mg.float32, ())


def test_a_step_does_not_change_the_gradient_or_share_memory_with_it():
    w = with_gradient([1.0, 2.0], [3.0, 4.0])
    optimizer = mg.optim.SGD([w], lr=0.1, momentum=0.9)
    optimizer.step()
    w.grad.zero_()
    assert optimizer.state[w]["momentum_buffer"].tolist() == [3.0, 4.0]


def test_a_step_between_forward_and_backward_is_noticed():
    w = with_gradient([1.0, 2.0], [1.0, 1.0])
    y = (w * w).sum()
    mg.optim.SGD([w], lr=0.1).step()
    with pytest.raises(RuntimeError, match="w"):
        y.backward()


def test_a_recording_sees_what_a_step_did():
    w = with_gradient(1.0, 1.0)
    optimizer = mg.optim.SGD([w], lr=0.25)
    with mg.record() as recording:
        w * 2
        optimizer.step()
        y = w * 2
    assert y.item() == 1.5
    assert mg.trace(recording).nodes[-1].value == 1.5


def test_a_step_is_silent_about_infinities():
    w = with_gradient([1e38, 0.0], [-3e38, float("inf")])
    mg.optim.SGD([w], lr=10.0).step()
    assert w.tolist() == [float("inf"), float("-inf")]


def test_parameters_without_gradients_are_left_alone():
    w, idle = with_gradient(1.0, 1.0), leaf(2.0)
    optimizer = mg.optim.Adam([w, idle], lr=0.1)
    optimizer.step()
    assert (idle.item(), list(optimizer.state)) == (2.0, [w])


def test_a_closure_computes_the_loss_with_recording_on():
    w = leaf(3.0)
    optimizer = mg.optim.SGD([w], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = w * w
        loss.backward()
        return loss

    with mg.no_grad():
        assert optimizer.step(closure).item() == 9.0
        assert not mg.is_grad_enabled()
    assert (w.item(), optimizer.step()) == (0.0, None)


def test_zero_grad():
    w = with_gradient([1.0], [2.0])
    optimizer = mg.optim.SGD([w])
    held = w.grad
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is held
    assert held.tolist() == [0.0]
    optimizer.zero_grad()
    assert w.grad is None


def test_groups_have_their_own_options():
    a, b = with_gradient(1.0, 1.0), with_gradient(1.0, 1.0)
    optimizer = mg.optim.SGD([{"params": a}], lr=0.5)
    optimizer.add_param_group({"params": (each for each in [b]), "lr": 0.25})
    optimizer.step()
    assert (a.item(), b.item()) == (0.5, 0.75)
    optimizer.param_groups[0]["lr"] = mg.tensor(0.5)  # PyTorch allows a tensor
    optimizer.step()
    assert (a.item(), b.item()) == (0.0, 0.5)


def test_an_optimizer_written_as_pytorch_would_have_it():
    class Descent(mg.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @mg.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for w in group["params"]:
                    w -= group["lr"] * w.grad
                    self.state[w]["steps"] = self.state[w].get("steps", 0) + 1

    w = with_gradient([1.0, 2.0], [1.0, 1.0])
    optimizer = Descent([w], lr=0.5)
    scheduler = StepLR(optimizer, 1)
    optimizer.step()
    scheduler.step()
    optimizer.step()
    assert w.tolist() == pytest.approx([0.45, 1.45])
    assert optimizer.state[w] == {"steps": 2}


@optimizers
@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=20, deadline=None)
def test_a_loaded_state_goes_on_exactly(name, data):
    options = {
        key: value for key, value in OPTIONS[name].items() if data.draw(st.booleans(), label=key)
    }
    kind = data.draw(st.sampled_from([mg.float32, mg.float64]))
    before, after = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 4))
    params = [leaf([0.5, -2.0], dtype=kind), leaf(1.25, dtype=kind)]
    optimizer = made(name, params, lr=0.1, **options)
    walked(optimizer, params, before)
    saved = optimizer.state_dict()
    others = [leaf(each.tolist(), dtype=kind) for each in params]
    loaded = made(name, others, lr=7.0)
    loaded.load_state_dict(saved)
    wanted = walked(optimizer, params, after)
    assert walked(loaded, others, after) == wanted
    assert loaded.state_dict()["param_groups"] == optimizer.state_dict()["param_groups"]


def test_a_loaded_state_is_a_copy_in_the_parameters_dtype():
    w, other = with_gradient([1.0, 2.0], [1.0, 1.0]), leaf([1.0, 2.0], dtype=mg.float64)
    first, second = mg.optim.Adam([w]), mg.optim.Adam([other])
    first.step()
    second.load_state_dict(first.state_dict())
    held = second.state[other]
    assert (held["exp_avg"].dtype, held["step"].dtype) == (mg.float64, mg.float32)
    first.step()
    assert (held["step"].item(), first.state[w]["step"].item()) == (1.0, 2.0)


def test_a_state_that_does_not_fit_changes_nothing():
    w, other = with_gradient([1.0, 2.0], [1.0, 1.0]), leaf([[1.0, 2.0]])
    first, second = mg.optim.Adam([w], lr=0.1), mg.optim.Adam([other], lr=0.5)
    first.step()
    with pytest.raises(ValueError, match=r"exp_avg .*\(2,\), but other has \(1, 2\)"):
        second.load_state_dict(first.state_dict())
    two = mg.optim.Adam([leaf(1.0), leaf(2.0)])
    with pytest.raises(ValueError, match=r"\[2\] parameters, those of this optimizer \[1\]"):
        second.load_state_dict(two.state_dict())
    groups = mg.optim.Adam([{"params": leaf(1.0)}, {"params": leaf(2.0)}])
    with pytest.raises(ValueError, match=r"\[1, 1\] parameters, those of this optimizer \[1\]"):
        second.load_state_dict(groups.state_dict())
    assert (dict(second.state), second.param_groups[0]["lr"]) == ({}, 0.5)


def test_a_copied_optimizer_moves_its_own_parameters():
    w = with_gradient([1.0], [1.0])
    optimizer = mg.optim.Adam([w], lr=0.5)
    optimizer.step()
    twin = copy.deepcopy(optimizer)
    (other,) = twin.param_groups[0]["params"]
    other.grad = mg.tensor([1.0])
    before = w.tolist()
    twin.step()
    assert other.tolist() != before == w.tolist()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *[("SGD", {name: -0.1}) for name in ("lr", "momentum", "weight_decay")],
        *[("Adagrad", {name: -0.1}) for name in ("lr_decay", "initial_accumulator_value", "eps")],
        *[("RMSprop", {name: -0.1}) for name in ("alpha", "eps", "momentum")],
        *[("Adam", {"betas": betas}) for betas in ((1.0, 0.9), (0.9, -0.1))],
        ("AdamW", {"lr": float("nan")}),
        ("SGD", {"nesterov": True}),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
        ("Adam", {"differentiable": True}),
        ("Adam", {"capturable": True}),
    ],
)
def test_options_out_of_range(name, options):
    with pytest.raises(ValueError, match=r"Invalid \w+|Nesterov momentum|not supported"):
        made(name, [leaf(1.0)], **options)


@pytest.mark.parametrize(("own", "default"), [(-1.0, 1.0), (1.0, -1.0)])
def test_a_groups_own_option_and_the_default_are_both_checked(own, default):
    with pytest.raises(ValueError, match="Invalid lr value: -1"):
        mg.optim.SGD([{"params": leaf(1.0), "lr": own}], lr=default)


w = leaf(1.0, name="w")


@pytest.mark.parametrize(
    ("params", "error", "says"),
    [
        ([], ValueError, "optimizer got an empty parameter list"),
        (w, TypeError, "list of tensors, but w is a single one"),
        ([1.0], TypeError, "can only optimize Tensors, not a float"),
        (["w"], TypeError, "can only optimize Tensors, not a str"),
        ([w * 2], ValueError, "can't optimize a non-leaf Tensor"),
        ([{"params": {w}}], TypeError, "A set has no order"),
        ([{"params": w}, w], TypeError, "not a Tensor"),
        ([{"params": w}, {"params": [leaf(2.0), w]}], ValueError, "more than one parameter group"),
    ],
)
def test_parameters_that_cannot_be_optimized(params, error, says):
    with pytest.raises(error, match=says):
        mg.optim.SGD(params)


def test_a_tensor_twice_in_a_group_warns_and_moves_twice():
    w = with_gradient(1.0, 1.0)
    with pytest.warns(UserWarning, match="more than once") as warned:
        optimizer = mg.optim.SGD([w, w], lr=0.25)
    assert warned[0].filename == __file__
    optimizer.step()
    assert w.item() == 0.5


def test_a_computed_tensor_that_retains_its_gradient_can_be_optimized():
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    (y * y).backward()
    mg.optim.SGD([y], lr=0.5).step()
    assert (y.item(), x.item()) == (0.0, 2.0)


def test_an_optimizer_without_a_formula():
    w = with_gradient(1.0, 1.0)
    with pytest.raises(NotImplementedError, match="update"):
        mg.optim.Optimizer([w], {}).step()


def schedule(make, lr=0.5):
    optimizer = mg.optim.SGD([leaf(1.0)], lr=lr)
    return optimizer, make(optimizer)


def test_a_schedule_before_the_optimizers_first_step_warns():
    optimizer, scheduler = schedule(lambda it: StepLR(it, 2))
    with pytest.warns(UserWarning, match=r"before optimizer.step\(\)") as warned:
        scheduler.step()
    assert warned[0].filename == __file__
    optimizer, scheduler = schedule(lambda it: StepLR(it, 2))
    with warnings.catch_warnings(action="error"):
        optimizer.step()
        scheduler.step()
        scheduler.step()


class Halving:
    """A factor that is saved, since it is an object and no function."""

    def __init__(self, start):
        self.factor = start

    def __call__(self, epoch):
        return self.factor * 0.5**epoch


@pytest.mark.parametrize(
    "make",
    [
        lambda it: StepLR(it, 2, gamma=0.5),
        lambda it: CosineAnnealingLR(it, 5, eta_min=0.1),
        lambda it: LambdaLR(it, lambda epoch: 0.5**epoch),
        lambda it: LambdaLR(it, [Halving(2.0)]),
    ],
)
@pytest.mark.parametrize("epochs", [0, 1, 4])
def test_a_loaded_schedule_goes_on_exactly(make, epochs):
    optimizer, scheduler = schedule(make)
    optimizer.step()
    for _ in range(epochs):
        scheduler.step()
    other, loaded = schedule(make, lr=3.0)
    other.load_state_dict(optimizer.state_dict())
    loaded.load_state_dict(scheduler.state_dict())
    other.step()
    for _ in range(4):
        scheduler.step()
        loaded.step()
        assert loaded.get_last_lr() == scheduler.get_last_lr() == [other.param_groups[0]["lr"]]


def test_a_loaded_factor_is_the_saved_one():
    _, scheduler = schedule(lambda it: LambdaLR(it, [Halving(2.0)]))
    _, loaded = schedule(lambda it: LambdaLR(it, [Halving(3.0)]))
    saved = scheduler.state_dict()
    assert saved["lr_lambdas"] == [{"factor": 2.0}]
    loaded.load_state_dict(saved)
    assert loaded.get_lr() == scheduler.get_lr() == [1.0]


def test_schedules_that_cannot_be():
    optimizer = mg.optim.SGD([leaf(1.0)])
    with pytest.raises(TypeError, match="int is not an Optimizer"):
        StepLR(3, 2)
    with pytest.raises(ValueError, match="step_size"):
        StepLR(optimizer, 0)
    with pytest.raises(ValueError, match="T_max"):
        CosineAnnealingLR(optimizer, 0)
    with pytest.raises(ValueError, match="Expected 1 lr_lambdas, but got 2"):
        LambdaLR(optimizer, [Halving(1.0)] * 2)
    with pytest.raises(KeyError, match="initial_lr"):
        StepLR(optimizer, 2, last_epoch=3)
    with pytest.raises(NotImplementedError, match="get_lr"):
        LRScheduler(optimizer)


@optimizers
def test_training_reaches_the_least_squares_line(name):
    x = np.linspace(-1, 1, 9)
    X, y = mg.tensor(x), mg.tensor(2 * x + 1)
    w, b = leaf(0.0, dtype=mg.float64), leaf(0.0, dtype=mg.float64)
    optimizer = made(name, [w, b], lr=0.5)
    scheduler = CosineAnnealingLR(optimizer, 200)
    for _ in range(200):
        optimizer.zero_grad()
        ((X * w + b - y) ** 2).mean().backward()
        optimizer.step()
        scheduler.step()
    assert [w.item(), b.item()] == pytest.approx([2.0, 1.0], abs=0.02)


@pytest.mark.parametrize("what", ["param", "momentum_buffer"])
def test_arrays_of_different_shapes_are_refused(what):
    w = mg.zeros(10_000, requires_grad=True)
    optimizer = mg.optim.SGD([w], lr=1.0, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        (w * 1.0).sum().backward()
        optimizer.step()
    if what == "param":
        w.data = mg.zeros(20_000)
    else:
        optimizer.state[w][what] = mg.ones(7)
    with pytest.raises(ValueError, match="shape"):
        optimizer.step()


def test_a_parameter_that_was_taken_out_dies():
    w, v = (mg.zeros(10_000, requires_grad=True) for _ in "wv")
    optimizer = mg.optim.SGD([w, v], lr=1.0)
    (w + v).sum().backward()
    optimizer.step()
    optimizer.param_groups[0]["params"] = [v]
    gone = weakref.ref(w)
    del w
    optimizer.step()
    assert gone() is None


@pytest.mark.parametrize("many", [3, 5000])
def test_the_count_of_steps_may_be_in_a_list(many):
    w = with_gradient([0.0] * many, [1.0] * many)
    optimizer = mg.optim.Adam([w], betas=np.array([0.5, 0.9]))
    optimizer.step()
    optimizer.state[w]["step"] = mg.tensor([5.0])
    optimizer.step()
    assert optimizer.state[w]["step"].tolist() == [6.0]


class Halting(mg.optim.Optimizer):
    """Moves by the gradient, and stops at a parameter that is not finite."""

    @staticmethod
    def update(param, grad, seen=None, *, lr):
        if not np.all(np.isfinite(param)):
            raise ArithmeticError("not finite")
        return param - lr * grad, {"seen": grad if seen is None else seen + grad}


def test_each_write_of_a_step_is_counted_also_if_it_stops_half_way():
    params = [leaf([1.0, 2.0]), leaf([3.0]), leaf([np.inf])]
    for each in params:
        each.grad = mg.ones(len(each))
    optimizer = Halting(params, {"lr": 0.5})
    for times in (1, 2):
        stale = (params[0] * params[1]).sum()
        with pytest.raises(ArithmeticError):
            optimizer.step()
        assert [each._version for each in params] == [times, times, 0]
        with pytest.raises(RuntimeError, match="version"):
            stale.backward()
    seen = optimizer.state[params[0]]["seen"]
    assert seen._version == 1  # made by the first step, written to by the second
    assert seen.tolist() == [2, 2]
