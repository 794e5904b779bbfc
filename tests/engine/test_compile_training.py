"""mg.compile with an optimizer: each call is a whole step, and leaves all as the step by hand."""

import copy

import numpy as np
import pytest

import minigrad as mg
from compiling import close, is_compiled, notices, ramp
from minigrad import nn, optim

F = nn.functional


def network():
    model = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 3))
    with mg.no_grad():
        for each in model.parameters():
            each.copy_(ramp(*each.shape))
    return model


class Pair:
    """The same training twice: by hand, and compiled."""

    def __init__(self, make, loss=None, model=network):
        self.models = [model() for _ in "ab"]
        self.optimizers = [make(each.parameters()) for each in self.models]
        loss = loss or (lambda model, x, t: F.cross_entropy(model(x), t))
        self.losses = [lambda *args, model=model: loss(model, *args) for model in self.models]
        self.compiled = mg.compile(self.losses[1], self.optimizers[1])

    def step(self, *args):
        optimizer = self.optimizers[0]
        optimizer.zero_grad()
        loss = self.losses[0](*args)
        loss.backward()
        optimizer.step()
        found = self.compiled(*args)
        assert not found.requires_grad
        close(found.numpy(), loss.detach().numpy())
        self.compare()

    def compare(self):
        for a, b in zip(*(each.parameters() for each in self.models), strict=True):
            close(b.detach().numpy(), a.detach().numpy())
            assert (a.grad is None) == (b.grad is None)
            assert a._version == b._version
            if a.grad is not None:
                close(b.grad.numpy(), a.grad.numpy())
        states = [each.state_dict() for each in self.optimizers]
        assert states[0]["param_groups"] == states[1]["param_groups"]
        assert states[0]["state"].keys() == states[1]["state"].keys()
        for key, held in states[0]["state"].items():
            assert held.keys() == states[1]["state"][key].keys()
            for name, each in held.items():
                close(states[1]["state"][key][name].numpy(), each.numpy())


def batches(count, many=7):
    for i in range(count):
        yield ramp(many, 2) + i / 10, mg.tensor((np.arange(many) + i) % 3)


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, 0.1),
    "momentum": lambda p: optim.SGD(p, 0.1, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, maximize=True),
    "Adam": lambda p: optim.Adam(p, 0.1),
    "amsgrad": lambda p: optim.Adam(p, 0.1, amsgrad=True, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p, 0.1),
    "RMSprop": lambda p: optim.RMSprop(p, 0.1),
    "centered": lambda p: optim.RMSprop(p, 0.1, centered=True, momentum=0.5),
    "Adagrad": lambda p: optim.Adagrad(p, 0.1, lr_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps(name):
    pair = Pair(OPTIMIZERS[name])
    with notices() as said:
        for batch in batches(5):
            pair.step(*batch)
        for batch in batches(3, many=2):
            pair.step(*batch)
    assert said == []
    assert is_compiled(pair.compiled, *batch)


def test_groups_and_rates_that_change():
    def make(parameters):
        first, *others = parameters
        return optim.Adam([{"params": [first], "lr": 0.5}, {"params": others}], lr=0.1)

    pair = Pair(make)
    schedulers = [optim.lr_scheduler.StepLR(each, 2, 0.5) for each in pair.optimizers]
    for batch in batches(6):
        pair.step(*batch)
        for each in schedulers:
            each.step()
    for each in pair.optimizers:
        each.param_groups[1]["lr"] = mg.tensor(0.25)
    pair.step(*batch)
    for each in pair.optimizers:
        each.param_groups[1]["betas"] = (0.5, 0.5)
    pair.step(*batch)


def test_a_state_that_is_loaded():
    pair = Pair(OPTIMIZERS["Adam"])
    for batch in batches(3):
        pair.step(*batch)
    saved = [copy.deepcopy((a.state_dict(), m.state_dict()))
             for a, m in zip(pair.optimizers, pair.models, strict=True)]  # fmt: skip
    for batch in batches(3):
        pair.step(*batch)
    for optimizer, model, (state, numbers) in zip(pair.optimizers, pair.models, saved, strict=True):
        optimizer.load_state_dict(state)
        model.load_state_dict(numbers)
    for batch in batches(3):
        pair.step(*batch)
    for optimizer in pair.optimizers:
        optimizer.load_state_dict({**optimizer.state_dict(), "state": {}})
    for batch in batches(3):
        pair.step(*batch)


def test_parameters_that_are_frozen_replaced_and_not_reached():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(ramp(2)), nn.Parameter(ramp(2))
            self.use_b = True

        def forward(self, x):
            return (x @ self.a + (x @ self.b if self.use_b else 0)).sum()

    pair = Pair(OPTIMIZERS["momentum"], lambda model, x: model(x), Model)
    x = ramp(3, 2)

    def steps():
        for _ in range(2):
            pair.step(x)

    steps()
    for model in pair.models:
        model.use_b = False
    steps()
    for model in pair.models:
        model.b.grad = mg.ones(2)  # which zero_grad forgets
    steps()
    for model in pair.models:
        model.use_b = True
        model.a.requires_grad_(False)
    steps()
    for model in pair.models:
        model.a.requires_grad_(True)
        model.a.data = mg.ones(2)
    steps()
    for model in pair.models:
        model.b = nn.Parameter(ramp(2) * 2)  # which the optimizer does not have
    with pytest.warns(mg.CompileWarning, match="tensors that the optimizer does not have"):
        steps()


def test_hooks_are_heard():
    pair = Pair(OPTIMIZERS["SGD"])
    batch = next(batches(1))
    pair.step(*batch)
    handles = [model[0].weight.register_hook(lambda g: g * 3) for model in pair.models]
    with notices() as said:
        pair.step(*batch)
        pair.step(*batch)
    assert len(said) == 1
    assert "a parameter has a hook" in said[0]
    for each in handles:
        each.remove()
    pair.step(*batch)


def test_a_step_of_one_s_own():
    class Signed(optim.SGD):
        def step(self, closure=None):
            for group in self.param_groups:
                for each in group["params"]:
                    with mg.no_grad():
                        each -= group["lr"] * each.grad.sign()

    pair = Pair(lambda p: Signed(p, 0.1))
    with notices() as said:
        for batch in batches(3):
            pair.step(*batch)
    assert len(said) == 1
    assert "is compiled, but the optimizer's step runs as it is" in said[0]
    assert "Signed has a step() of its own" in said[0]


def test_a_zero_grad_that_changes_what_the_loss_sees():
    factor = 1.0

    class Own(optim.SGD):
        def zero_grad(self, set_to_none=True):
            nonlocal factor
            factor += 1
            super().zero_grad(set_to_none)

    w = mg.tensor(1.0, requires_grad=True)
    step = mg.compile(lambda x: x * w * factor, Own([w], 0.5))
    with notices():
        losses = [step(mg.tensor(1.0)).item() for _ in range(4)]
    expected, weight = [], 1.0
    for count in (2.0, 3.0, 4.0, 5.0):
        expected.append(weight * count)
        weight -= 0.5 * count
    assert (losses, w.item()) == (expected, weight)


def test_a_formula_of_one_s_own():
    class Descent(optim.Optimizer):
        @staticmethod
        def update(param, grad, *, lr):
            return param - lr * np.tanh(grad), {}

    pair = Pair(lambda p: Descent(p, {"lr": 0.1}))
    with notices() as said:
        for batch in batches(3):
            pair.step(*batch)
    assert said == []


def test_a_loss_that_depends_on_numbers():
    def loss(model, x, t):
        value = F.cross_entropy(model(x), t)
        return value * 2 if value > 1 else value

    pair = Pair(OPTIMIZERS["Adam"], loss)
    with notices() as said:
        for batch in batches(4):
            pair.step(*batch)
    assert len(said) == 1
    assert "if value > 1" in said[0]


def test_what_is_no_loss():
    optimizer = optim.SGD(network().parameters(), 0.1)
    with pytest.raises(RuntimeError, match="A backward pass starts from one number"):
        mg.compile(lambda x: ramp(3, requires_grad=True) * x, optimizer)(ramp(3))
    with pytest.raises(TypeError, match="the loss, one tensor, not a tuple"):
        mg.compile(lambda x: (x.sum(), x), optimizer)(ramp(3, requires_grad=True))


def test_arguments_that_require_a_gradient_get_it():
    pair = Pair(OPTIMIZERS["SGD"])
    (x, t), inputs = next(batches(1)), []
    with notices() as said:
        for function in (pair.losses[0], pair.compiled):
            leaf = x.clone().requires_grad_()
            for _ in range(2):
                loss = function(leaf, t)
                if loss.requires_grad:
                    loss.backward()
                    pair.optimizers[0].step()
                    pair.optimizers[0].zero_grad()
            inputs.append(leaf.grad.numpy())
    assert len(said) == 1
    close(*inputs)


def test_the_step_counts_for_schedulers():
    pair = Pair(OPTIMIZERS["SGD"])
    scheduler = optim.lr_scheduler.StepLR(pair.optimizers[1], 1, 0.5)
    pair.compiled(*next(batches(1)))
    pair.optimizers[1].has_stepped = False
    pair.compiled(*next(batches(1)))
    scheduler.step()
    assert scheduler.get_last_lr() == [0.05]


def test_many_batch_sizes():
    pair = Pair(OPTIMIZERS["Adam"])
    with notices() as said:
        for many in range(1, 131, 3):
            pair.step(ramp(many, 2), mg.tensor(np.arange(many) % 3))
            pair.step(ramp(many, 2), mg.tensor(np.arange(many) % 3))
    assert said == []


def test_a_step_counts_what_it_writes_to_the_optimizers_state():
    p = mg.ones(3).requires_grad_()
    optimizer = mg.optim.Adam([p], lr=0.1)
    step = mg.compile(lambda x: (p * x).sum(), optimizer)
    x = mg.ones(3)
    step(x)
    step(x)
    y = (mg.ones(3).requires_grad_() * optimizer.state[p]["exp_avg"]).sum()
    step(x)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
