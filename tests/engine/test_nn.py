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


# Layers --------------------------------------------------------------------------------------


def test_dropout_keeps_the_mean_and_can_be_in_place():
    mg.manual_seed(0)
    x = mg.ones(10_000)
    dropped = nn.Dropout(0.25)(x)
    assert set(dropped.tolist()) == {0.0, float(np.float32(1 / 0.75))}
    assert abs(dropped.mean().item() - 1) < 0.02
    assert nn.Dropout(0.25).eval()(x) is x
    assert F.dropout(x, 0.5, inplace=True) is x
    assert set(x.tolist()) == {0.0, 2.0}
    before = mg.get_rng_state()
    assert nn.Dropout(1.0)(x).tolist() == [0.0] * 10_000
    assert mg.equal(before, mg.get_rng_state())  # as in PyTorch, nothing was drawn


def test_a_padding_row_is_not_trained():
    table = nn.Embedding(4, 2, padding_idx=1)
    assert table.weight[1].tolist() == [0, 0]
    table(mg.tensor([1, 1, 2, 2])).sum().backward()
    assert table.weight.grad.tolist() == [[0, 0], [0, 0], [2, 2], [0, 0]]


def test_numbers_that_are_looked_up_may_change_before_backward():
    table, numbers = mg.zeros(3, 1, requires_grad=True), mg.tensor([0, 1])
    looked_up = F.embedding(numbers, table).sum()
    logits, classes, weight = mg.zeros(2, 3, requires_grad=True), mg.tensor([0, 1]), mg.ones(3)
    loss = F.nll_loss(logits, classes, weight, reduction="sum")
    for each in (numbers, classes, weight):
        each.fill_(2)
    (looked_up + loss).backward()
    assert table.grad.tolist() == [[1], [1], [0]]
    assert logits.grad.tolist() == [[-1, 0, 0], [0, -1, 0]]


@pytest.mark.parametrize(
    "layer",
    [nn.ReLU(True), nn.LeakyReLU(0.5, True), nn.ELU(1.0, True), nn.SELU(True), nn.SiLU(True)],
    ids=repr,
)
def test_activations_in_place(layer):
    leaf = mg.tensor([-1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        layer(leaf)
    x = leaf * 1
    assert layer(x) is x
    layer.inplace = False
    assert layer(leaf).tolist() == x.tolist()
    assert "inplace" not in repr(layer)


def shape_of(trace):
    """A trace without names and numbers."""
    edges = [(each.source, each.target, each.position) for each in trace.edges]
    return [node.op for node in trace.nodes], edges


def test_a_dropped_out_input_is_multiplied_by_a_constant():
    x = mg.ones(4, 4, requires_grad=True)
    mg.manual_seed(3)
    everything = mg.trace(lambda x: F.dropout(x, 0.5).sum(), x)
    mg.manual_seed(3)
    assert shape_of(everything) == shape_of(mg.trace(F.dropout(x, 0.5).sum()))
    assert [node.op for node in everything.nodes if node.op] == ["mul", "sum"]
    mg.manual_seed(3)
    (constant,) = (each for each in everything.nodes if not each.op and not each.requires_grad)
    assert constant.value.tolist() == F.dropout(mg.ones(4, 4), 0.5).tolist()


@pytest.mark.parametrize("momentum", [0.1, None])
def test_what_batch_norm_remembers_is_no_part_of_the_graph(momentum):
    layer, x = nn.BatchNorm1d(3, momentum=momentum), mg.randn(4, 3, requires_grad=True)
    mean, var = layer.running_mean * mg.ones(3, requires_grad=True), layer.running_var.detach()
    everything = mg.trace(lambda x: layer(x).sum(), x)
    assert shape_of(everything) == shape_of(mg.trace(layer(x).sum()))
    assert layer.num_batches_tracked.item() == 2
    assert var._version == layer.running_var._version == 2
    with pytest.raises(RuntimeError, match="changed in place"):
        mean.sum().backward()


def test_batch_norm_forgets_nothing_in_evaluation():
    layer = nn.BatchNorm1d(2)
    x = mg.tensor([[1.0, 2.0], [3.0, 6.0]])
    layer(x)
    assert layer.running_mean.tolist() == pytest.approx([0.2, 0.4])
    assert layer.running_var.tolist() == pytest.approx([1.1, 1.7])
    layer.eval()(x)
    assert layer.num_batches_tracked.item() == 1
    assert layer.running_mean.tolist() == pytest.approx([0.2, 0.4])


# Losses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_shapes_that_differ_are_warned_of_by_name(name):
    prediction, target = mg.zeros(3, 1), mg.zeros(3)
    with pytest.warns(UserWarning, match=r"\(3, 3\).*target\.reshape\(3, 1\)") as seen:
        getattr(F, name)(prediction, target)
    said = f"{name}: the prediction prediction (3, 1) and the target target (3,) have"
    assert said in str(seen[0].message)
    assert seen[0].filename == __file__


def test_shapes_that_differ_are_warned_of_once(recwarn):
    prediction, target = mg.zeros(3, 1, requires_grad=True), mg.zeros(3)
    for loss in (nn.L1Loss(), nn.MSELoss(), nn.SmoothL1Loss(), nn.HuberLoss()):
        recwarn.clear()
        loss(prediction, target)
        assert [each.filename for each in recwarn] == [__file__]


def test_the_warning_comes_from_the_readers_line_through_a_module_too():
    y, t = mg.zeros(2, 1), mg.zeros(3)
    with pytest.warns(UserWarning, match="the prediction y .*Give both one shape") as seen:
        nn.MSELoss()(y, t)
    assert seen[0].filename == __file__


def test_kl_div_warns_of_the_mean():
    with pytest.warns(UserWarning, match="batchmean"):
        F.kl_div(mg.zeros(2), mg.zeros(2))


X, W = mg.zeros(2, 3), mg.zeros(4, 5)
LOGITS, CLASSES = mg.zeros(2, 3), mg.tensor([0, 5])
IMAGE = mg.zeros(1, 2, 4, 4)
REFUSED = [
    ("nn.Linear(5, 4)(X)", RuntimeError, r"X \(2, 3\) has 3 .*4 × 5.*in_features=3"),
    ("nn.Linear(5, 4)(mg.tensor(1.0))", RuntimeError, "is a single number"),
    ("nn.Linear(3, 4)(X.double())", RuntimeError, "float64 and the other is float32"),
    ("F.linear(X, mg.zeros(3))", RuntimeError, "matrix"),
    ("nn.Embedding(3, 2)(X)", RuntimeError, "X is float32"),
    ("nn.Embedding(3, 2)(CLASSES)", IndexError, "CLASSES holds 5.*0 to 2"),
    ("nn.Embedding(3, 2, padding_idx=3)", AssertionError, "none of the 3 rows"),
    ("F.embedding(CLASSES, mg.zeros(9, 2), padding_idx=-10)", AssertionError, "none of the 9 rows"),
    ("nn.Dropout(1.5)", ValueError, "from 0 to 1, but it is 1.5"),
    ("F.dropout(X, -0.5)", ValueError, "probability"),
    ("nn.LayerNorm(4)(X)", RuntimeError, r"X \(2, 3\) must end in normalized_shape=\(4,\)"),
    ("nn.BatchNorm1d(4)(X)", RuntimeError, r"has 3 channels \(dim 1\), but running_mean"),
    ("nn.BatchNorm1d(3)(X[:1])", ValueError, "one number per channel"),
    ("nn.BatchNorm1d(3)(X[0])", ValueError, r"not \(3,\)"),
    ("F.batch_norm(X, None, None)", RuntimeError, "training=True"),
    ("nn.Conv2d(3, 4, 2)(IMAGE)", RuntimeError, r"IMAGE \(1, 2, 4, 4\) has 2 channels.* takes 3"),
    ("nn.Conv2d(2, 4, 5)(IMAGE)", RuntimeError, "does not fit"),
    ("nn.Conv2d(2, 4, 2)(IMAGE.double())", RuntimeError, "float64"),
    ("F.conv2d(IMAGE, mg.zeros(4, 2, 2, 2), mg.zeros(1))", RuntimeError, r"needs shape \(4,\)"),
    ("F.conv2d(IMAGE, X)", RuntimeError, "needs 4 dims"),
    ("F.linear(X, mg.zeros(2, 3), mg.zeros(5))", RuntimeError, r"\(5,\)"),
    ("F.layer_norm(X, (3,), mg.zeros(1))", RuntimeError, r"weight has shape \(1,\)"),
    ("F.embedding(CLASSES, mg.zeros(9))", RuntimeError, "is a matrix, not"),
    ("nn.Conv2d(2, 4, 2)(X)", RuntimeError, r"channels, height, width.*unsqueeze"),
    ("nn.Conv1d(2, 4, 2)(IMAGE)", RuntimeError, r"channels, length"),
    ("nn.Conv2d(2, 4, 2, groups=3)", ValueError, "3 groups"),
    ("F.conv2d(IMAGE, mg.zeros(4, 1, 2, 2), groups=3)", RuntimeError, "3 groups"),
    ("nn.Conv2d(2, 4, 2, padding_mode='reflect')", NotImplementedError, "zeros"),
    ("nn.Conv2d(2, 4, (1, 2, 3))", RuntimeError, "one whole number or 2"),
    ("nn.Conv2d(2, 4, 2, padding='same', stride=2)", ValueError, "stride must be 1"),
    ("F.conv1d(X, mg.zeros(1, 2, 1), padding='same', stride=2)", RuntimeError, "stride must be 1"),
    ("nn.Conv2d(2, 4, 2, padding='half')(IMAGE)", ValueError, "'half'"),
    ("nn.Conv2d(2, 4, 2, padding=-1)(IMAGE)", RuntimeError, "negative"),
    ("nn.Conv2d(2, 4, 2, stride=0)(IMAGE)", RuntimeError, "at least 1"),
    ("nn.MaxPool2d(2, padding=2)(IMAGE)", RuntimeError, "at most half"),
    ("nn.MaxPool2d(0)(IMAGE)", RuntimeError, "at least 1"),
    ("nn.MaxPool2d(6)(IMAGE)", RuntimeError, "does not fit"),
    ("nn.MaxPool2d(2, 1, 1, dilation=2)(IMAGE[..., :1, :])", RuntimeError, "in the padding"),
    ("nn.AvgPool2d(2, divisor_override=0)(IMAGE)", RuntimeError, "divisor_override"),
    ("nn.Softmax()", TypeError, "Softmax: missing .*'dim'"),
    ("nn.ReLU(foo=1)", TypeError, "ReLU: .*'foo'. Its options: inplace"),
    ("nn.Sigmoid(inplace=True)", TypeError, "Its options: none"),
    ("nn.MSELoss('sum')", TypeError, "MSELoss: too many positional"),
    ("F.l1_loss(CLASSES, CLASSES)", NotImplementedError, "CLASSES is int64"),
    ("nn.CrossEntropyLoss()(LOGITS, CLASSES)", IndexError, "CLASSES holds 5.*0 to 2"),
    ("nn.CrossEntropyLoss()(LOGITS, mg.zeros(2))", RuntimeError, "float32.*int64"),
    ("nn.CrossEntropyLoss()(LOGITS, mg.zeros(3).long())", ValueError, r"LOGITS \(2, 3\).*\(2,\)"),
    ("nn.CrossEntropyLoss()(LOGITS, mg.zeros(2, 3).long())", RuntimeError, "probabilities"),
    ("nn.CrossEntropyLoss()(mg.tensor(1.0), mg.tensor(0))", RuntimeError, "single number"),
    ("nn.CrossEntropyLoss(mg.ones(2))(LOGITS, CLASSES * 0)", RuntimeError, r"needs shape \(3,\)"),
    ("nn.CrossEntropyLoss(label_smoothing=2)(LOGITS, CLASSES)", RuntimeError, "from 0 to 1"),
    ("nn.NLLLoss()(IMAGE, CLASSES)", ValueError, r"\(1, 4, 4\)"),
    ("nn.NLLLoss()(IMAGE, mg.zeros(1, 4).long())", RuntimeError, r"\(1, 4, 4\)"),
    ("nn.BCELoss()(X, mg.zeros(2))", ValueError, r"X \(2, 3\).*same shape"),
    ("nn.BCELoss()(X - 1, X)", RuntimeError, "outside of 0 to 1"),
    ("nn.BCELoss()(X, X + 2)", RuntimeError, "outside of 0 to 1"),
    ("nn.BCEWithLogitsLoss()(X, mg.zeros(6))", ValueError, r"reshape\(2, 3\)"),
    ("nn.MSELoss(reduction='avg')(X, X)", ValueError, "'mean', 'sum', 'none', not 'avg'"),
    ("nn.MSELoss()(X, mg.zeros(2))", RuntimeError, "do not broadcast"),
    ("nn.HuberLoss(delta=0)(X, X)", RuntimeError, "delta"),
    ("nn.SmoothL1Loss(beta=-1)(X, X)", RuntimeError, "beta"),
    ("nn.init.kaiming_uniform_(mg.zeros(3))", ValueError, "fan-in"),
    ("nn.init.kaiming_uniform_(W, mode='both')", ValueError, "'both'"),
    ("nn.init.calculate_gain('relu6')", ValueError, "'relu6'"),
    ("nn.init.eye_(mg.zeros(3))", ValueError, "matrix"),
]


@pytest.mark.parametrize(("code", "kind", "says"), REFUSED, ids=[code for code, *_ in REFUSED])
def test_refused(code, kind, says):
    with pytest.raises(kind, match=says):
        eval(code, globals())


# Starting and clipping -----------------------------------------------------------------------


def test_an_empty_weight_has_nothing_to_draw():
    assert nn.init.kaiming_uniform_(mg.zeros(0, 3)).shape == (0, 3)
    assert nn.Linear(0, 2).weight.shape == (2, 0)


def test_clipping_takes_all_gradients_as_one():
    one, two = (mg.tensor([x], requires_grad=True) for x in (3.0, 4.0))
    unused = mg.tensor(1.0, requires_grad=True)
    ((one**2 + two**2) / 2).sum().backward()
    assert nn.utils.clip_grad_norm_([one, two, unused], 1).item() == 5
    assert [one.grad.item(), two.grad.item()] == pytest.approx([0.6, 0.8], rel=1e-6)
    assert nn.utils.clip_grad_norm_(iter([one, two]), 100).item() == pytest.approx(1)
    assert one.grad.item() == pytest.approx(0.6, rel=1e-6)
    one.grad.fill_(float("inf"))
    with pytest.raises(RuntimeError, match=r"inf.*cannot be scaled"):
        nn.utils.clip_grad_norm_([one], 1, error_if_nonfinite=True)


# A model as a whole --------------------------------------------------------------------------


def test_a_model_learns():
    mg.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    x = mg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = mg.tensor([[0.0], [1.0], [1.0], [0.0]])
    losses = []
    for _ in range(600):
        loss = nn.BCEWithLogitsLoss()(model(x), y)
        model.zero_grad()
        loss.backward()
        with mg.no_grad():
            for parameter in model.parameters():
                parameter -= parameter.grad
        losses.append(loss.item())
    assert losses[-1] < 0.02 < 0.6 < losses[0]


def test_every_layer_passes_the_gradient_check():
    mg.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 2, 2, padding=1), nn.Softplus(), nn.AvgPool2d(2), nn.Flatten(),
        nn.LayerNorm(8), nn.Linear(8, 3), nn.BatchNorm1d(3, track_running_stats=False),
    ).double()  # fmt: skip
    x = mg.randn(2, 1, 3, 3, dtype=mg.float64, requires_grad=True)
    target = mg.tensor([2, 0])
    assert mg.autograd.gradcheck(lambda x: F.cross_entropy(model(x), target), (x,))
    assert mg.autograd.gradgradcheck(lambda x: F.cross_entropy(model(x), target), (x,))


def test_a_traced_model_names_its_parameters():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x, y = mg.tensor([[1.0, 2.0], [3.0, -1.0]]), mg.tensor([[1.0], [0.0]])
    text = str(mg.trace(F.mse_loss(model(x), y)))
    assert "linear1 is x @ model.0.weightᵀ + model.0.bias" in text
    assert "G @ model.2.weight" in text
    assert "G/2·2·(linear2 − y)" in text
    with pytest.raises(RuntimeError, match=r"model\.0\.bias is a leaf"):
        model[0].bias += 1
