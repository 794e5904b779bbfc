"""Modules: what they hold, how they are saved and called, and what they refuse."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.BatchNorm1d(4)])
        self.scale = nn.Parameter(mg.tensor(2.0))
        self.register_buffer("seen", mg.tensor([0.0]), persistent=False)
        self.fc2 = self.fc1

    def forward(self, x):
        return self.blocks[1](self.blocks[0](self.fc1(x).relu())) * self.scale


def names(pairs):
    return [name for name, _ in pairs]


# What it holds -------------------------------------------------------------------------------


def test_parameters_are_found_in_order_and_shared_ones_once():
    net = Net()
    held = ["scale", "fc1.weight", "fc1.bias", "blocks.0.weight", "blocks.0.bias"]
    held += ["blocks.1.weight", "blocks.1.bias"]
    assert names(net.named_parameters()) == held
    assert names(net.named_parameters("net", recurse=False)) == ["net.scale"]
    twice = ["fc2.weight", "fc2.bias"]
    assert names(net.named_parameters(remove_duplicate=False)) == held + twice
    assert [id(each) for each in net.parameters()] == [id(p) for _, p in net.named_parameters()]


def test_tied_weights_are_one_parameter():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    assert names(model.named_parameters()) == ["0.weight", "0.bias"]
    assert len(list(model.named_parameters(remove_duplicate=False))) == 3
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight"]


def test_modules_and_buffers_are_found():
    net = Net()
    assert names(net.named_children()) == ["fc1", "blocks"]
    assert names(net.named_modules()) == ["", "fc1", "blocks", "blocks.0", "blocks.1"]
    assert list(net.modules())[1] is net.fc1
    kept = [f"blocks.1.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")]
    assert names(net.named_buffers()) == ["seen", *kept]
    assert len(list(net.buffers(recurse=False))) == 1


def test_an_attribute_changes_its_kind():
    net = Net()
    net.scale = None
    assert "scale" not in names(net.named_parameters())
    net.scale = nn.Parameter(mg.tensor(3.0))
    assert names(net.named_parameters())[0] == "scale"
    net.thing = 5
    net.thing = nn.ReLU()
    assert names(net.named_children())[-1] == "thing"
    net.seen = nn.Parameter(mg.tensor([1.0]))
    assert names(net.named_parameters(recurse=False)) == ["scale", "seen"]
    assert "seen" in net.state_dict()
    del net.thing, net.seen
    assert names(net.named_children())[-1] == "blocks"
    assert "seen" not in names(net.named_buffers())
    assert not hasattr(net, "thing")


def test_what_cannot_be_assigned():
    net = Net()
    with pytest.raises(TypeError, match=r"Net\.scale takes a Parameter, not a Tensor.*copy_"):
        net.scale = mg.tensor(1.0)
    with pytest.raises(TypeError, match=r"Net\.fc1 takes a Module"):
        net.fc1 = 3
    with pytest.raises(TypeError, match=r"Net\.seen takes a Tensor"):
        net.seen = 3
    with pytest.raises(KeyError, match="has an attribute 'forward' already"):
        net.register_parameter("forward", None)
    with pytest.raises(KeyError, match="dot"):
        net.add_module("a.b", nn.ReLU())
    with pytest.raises(TypeError, match="string"):
        net.add_module(0, nn.ReLU())
    with pytest.raises(TypeError, match="takes a Module"):
        nn.Sequential(F.relu)


def test_super_init_must_come_first():
    class Early(nn.Module):
        def __init__(self):
            self.layer = nn.ReLU()

    with pytest.raises(AttributeError, match=r"super\(\)\.__init__\(\).*Early\.__init__"):
        Early()


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no forward"):
        nn.Module()(1)


def test_a_parameter_shares_memory_and_remembers_its_class():
    data = mg.tensor([1.0, 2.0])
    weight = nn.Parameter(data)
    with mg.no_grad():
        weight += 1
    assert data.tolist() == [2.0, 3.0]
    assert type(weight * 1) is mg.Tensor
    assert type(copy.deepcopy(weight)) is nn.Parameter
    assert not nn.Parameter(data, requires_grad=False).requires_grad
    with pytest.raises(RuntimeError, match="floating"):
        nn.Parameter(mg.tensor([1]))


# Its state -----------------------------------------------------------------------------------


def test_state_dict_shows_the_models_own_memory():
    net = Net()
    state = net.state_dict()
    assert list(state)[:3] == ["scale", "fc1.weight", "fc1.bias"]
    assert list(state)[-2:] == ["fc2.weight", "fc2.bias"]
    assert "seen" not in state
    assert "blocks.1.num_batches_tracked" in state
    state["scale"].fill_(7)
    assert net.scale.item() == 7
    assert not state["scale"].requires_grad
    assert net.state_dict(keep_vars=True)["scale"] is net.scale
    assert list(nn.Linear(1, 1).state_dict(prefix="a.")) == ["a.weight", "a.bias"]


def test_state_goes_from_one_model_to_another():
    one, two = Net(), Net()
    x = mg.arange(6.0).reshape(2, 3)
    one(x)
    keys = two.load_state_dict(one.state_dict())
    assert repr(keys) == "<All keys matched successfully>"
    assert keys == ([], [])
    assert one.eval()(x).tolist() == two.eval()(x).tolist()
    assert two.fc1.weight.requires_grad
    assert two.fc1.weight is two.fc2.weight


def test_a_state_that_does_not_fit_changes_nothing_and_names_everything():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    state = model.state_dict()
    before = model[0].bias.tolist()
    wrong = {"0.bias": mg.zeros(2), "1.weight": mg.zeros(3, 3), "2.bias": mg.zeros(1)}
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(wrong)
    assert str(caught.value) == (
        "The state_dict does not fit Sequential:\n"
        "  0.weight is missing\n"
        "  1.bias is missing\n"
        "  2.bias is not in the model\n"
        "  1.weight has shape (3, 3), but the model's has (1, 2)\n"
        "Make the model as it was when its state was saved. To leave out names that are missing "
        "or not in the model, give strict=False."
    )
    assert model[0].bias.tolist() == before
    with pytest.raises(RuntimeError, match=r"1\.weight has shape"):
        model.load_state_dict(wrong, strict=False)
    del wrong["1.weight"]
    keys = model.load_state_dict(wrong, strict=False)
    assert keys.missing_keys == ["0.weight", "1.weight", "1.bias"]
    assert keys.unexpected_keys == ["2.bias"]
    assert model[0].bias.tolist() == [0, 0]
    assert state["0.bias"].tolist() == [0, 0]
    with pytest.raises(TypeError, match="list"):
        model.load_state_dict([])


def test_copies_and_pickles_are_models_of_their_own():
    net = Net()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert names(twin.named_parameters()) == names(net.named_parameters())
        assert twin.fc1 is twin.fc2
        assert twin.scale.tolist() == net.scale.tolist()
        with mg.no_grad():
            twin.scale += 1
        assert twin.scale.item() == 3
        assert net.scale.item() == 2
        assert twin.scale.requires_grad


# What is done to all of it -------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    net = Net()
    assert net.training
    assert net.eval() is net
    assert not any(each.training for each in net.modules())
    assert all(each.training for each in net.train().modules())
    with pytest.raises(ValueError, match="True or False"):
        net.train("yes")


def test_freezing_and_forgetting_gradients():
    net = Net()
    net(mg.arange(6.0).reshape(2, 3)).sum().backward()
    assert all(each.grad is not None for each in net.parameters())
    net.zero_grad(set_to_none=False)
    assert all(np.all(each.grad.numpy() == 0) for each in net.parameters())
    net.zero_grad()
    assert all(each.grad is None for each in net.parameters())
    net.requires_grad_(False)
    assert not any(each.requires_grad for each in net.parameters())


def test_apply_reaches_children_first():
    order = []
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    assert model.apply(lambda module: order.append(type(module).__name__)) is model
    assert order == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_dtypes():
    net = Net()
    net(mg.zeros(2, 3)).sum().backward()
    assert net.double() is net
    assert {each.dtype for each in net.parameters()} == {mg.float64}
    assert net.scale.grad.dtype is mg.float64
    assert net.blocks[1].running_mean.dtype is mg.float64
    assert net.blocks[1].num_batches_tracked.dtype is mg.int64
    assert net(mg.zeros(2, 3, dtype=mg.float64)).dtype is mg.float64
    assert net.to("cpu").float().scale.dtype is mg.float32
    assert net.scale.requires_grad
    assert net.scale.is_leaf


def test_modules_die_without_the_garbage_collector():
    gc.disable()
    try:
        net = Net()
        net.register_full_backward_hook(lambda module, *grads: None)
        net(mg.zeros(2, 3)).sum().backward()
        gone = weakref.ref(net)
        weight = weakref.ref(net.fc1.weight)
        del net
        assert gone() is None
        assert weight() is None
    finally:
        gc.enable()


# Containers ----------------------------------------------------------------------------------


def test_sequential_is_a_sequence():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(model) == 3
    assert model[-1] is model[2]
    assert [type(each) for each in model] == [nn.Linear, nn.ReLU, nn.Linear]
    part = model[:2]
    assert isinstance(part, nn.Sequential)
    assert part[0] is model[0]
    assert model.append(nn.Tanh()) is model
    model[1] = nn.Sigmoid()
    assert names(model.named_children()) == ["0", "1", "2", "3"]
    assert isinstance(model[1], nn.Sigmoid)
    with pytest.raises(IndexError, match="has 4 modules, so there is none at 4"):
        model[4]
    assert nn.Sequential(*model[1:])(mg.tensor([[0.0, 0.0, 0.0]])).shape == (1, 1)


def test_sequential_keeps_the_names_it_is_given():
    model = nn.Sequential({"first": nn.Linear(2, 3), "second": nn.ReLU()})
    assert model.first is model[0]
    assert names(model[1:].named_children()) == ["second"]


def test_module_lists_change():
    layers = nn.ModuleList(nn.Linear(1, i) for i in (1, 2, 3))
    assert [each.out_features for each in layers[1:]] == [2, 3]
    del layers[0]
    assert names(layers.named_children()) == ["0", "1"]
    assert [each.out_features for each in layers] == [2, 3]
    layers.extend([nn.Linear(1, 4)])
    del layers[:2]
    assert [each.out_features for each in layers] == [4]


def test_a_repeated_module_runs_as_often_as_it_stands_there():
    layer = nn.Linear(1, 1)
    model = nn.Sequential(layer, layer)
    assert len(list(model.parameters())) == 2
    assert len(list(model.modules())) == 2
    x = mg.tensor([[1.0]])
    assert model(x).tolist() == layer(layer(x)).tolist()


# Hooks ---------------------------------------------------------------------------------------


def test_forward_hooks_see_and_change():
    layer, seen = nn.ReLU(), []
    before = layer.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    after = layer.register_forward_hook(lambda module, args, out: seen.append(args) or out * 10)
    assert layer(mg.tensor([-3.0, 2.0])).tolist() == [0, 30]
    assert seen[0][0].tolist() == [-2, 3]
    before.remove()
    assert layer(mg.tensor([-3.0, 2.0])).tolist() == [0, 20]
    after.remove()
    after.remove()
    assert layer(mg.tensor([-3.0, 2.0])).tolist() == [0, 2]


def test_hooks_that_return_nothing_change_nothing():
    layer = nn.ReLU()
    layer.register_forward_pre_hook(lambda module, args: None)
    layer.register_forward_hook(lambda module, args, out: None)
    layer.register_full_backward_pre_hook(lambda module, grads: None)
    layer.register_full_backward_hook(lambda module, ins, outs: None)
    x = mg.tensor([-3.0, 2.0], requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [0, 1]


def test_forward_hooks_with_keywords():
    class Scaled(nn.Module):
        def forward(self, x, *, by=1):
            return x * by

    layer, seen = Scaled(), []
    layer.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"by": kwargs["by"] + 1}), with_kwargs=True
    )
    layer.register_forward_hook(
        lambda module, args, kwargs, out: seen.append(kwargs), with_kwargs=True
    )
    assert layer(mg.tensor(2.0), by=2).item() == 6
    assert seen == [{"by": 3}]


def test_backward_hooks_see_both_ends():
    class Product(nn.Module):
        def forward(self, x, y, times):
            return x * y * times

    layer, seen = Product(), []
    layer.register_full_backward_pre_hook(lambda module, outs: (outs[0] * 2,))
    layer.register_full_backward_hook(
        lambda module, ins, outs: seen.append((module, ins, outs)) or (ins[0] + 100, *ins[1:])
    )
    x, y = mg.tensor(3.0, requires_grad=True), mg.tensor(5.0)
    (layer(x, y, 7) * x).backward()
    assert len(seen) == 1
    module, ins, outs = seen[0]
    assert module is layer
    assert [None if g is None else g.item() for g in ins] == [210, None, None]
    assert [g.item() for g in outs] == [6]
    assert x.grad.item() == 210 + 100 + 105


def test_backward_hooks_without_tracked_inputs():
    layer, seen = nn.Linear(1, 1), []
    handle = layer.register_full_backward_hook(lambda module, ins, outs: seen.append((ins, outs)))
    layer(mg.tensor([[2.0]])).sum().backward()
    ((ins, outs),) = seen
    assert ins == (None,)
    assert outs[0].tolist() == [[1]]
    handle.remove()
    layer.register_full_backward_hook(lambda module, ins, outs: outs)
    with pytest.raises(RuntimeError, match="Linear returned a gradient"):
        layer(mg.tensor([[2.0]])).sum().backward()


def test_backward_hooks_leave_second_derivatives_alone():
    layer = nn.Tanh()
    x = mg.tensor([0.5, -1.0], dtype=mg.float64, requires_grad=True)
    plain = mg.autograd.functional.hessian(lambda x: layer(x).sum(), x)
    layer.register_full_backward_hook(lambda module, ins, outs: None)
    assert mg.autograd.functional.hessian(lambda x: layer(x).sum(), x).tolist() == plain.tolist()
