"""Layers, losses, clipping, and a model as a whole."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F

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


def test_numbers_that_are_looked_up_must_not_change_before_backward():
    table, numbers = mg.zeros(3, 1, requires_grad=True), mg.tensor([0, 1])
    looked_up = F.embedding(numbers, table).sum()
    numbers.fill_(2)
    with pytest.raises(RuntimeError, match="needs the numbers that numbers held"):
        looked_up.backward()
    logits, classes = mg.zeros(2, 3, requires_grad=True), mg.tensor([0, 1])
    loss = F.nll_loss(logits, classes)
    classes.fill_(2)
    with pytest.raises(RuntimeError, match="needs the numbers that classes held"):
        loss.backward()


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
    ("F.linear(X, mg.zeros(3), mg.zeros(1))", RuntimeError, "one row .* where there is no bias"),
    ("F.linear(X, mg.zeros(4))", RuntimeError, r"\(4,\) does not fit X \(2, 3\)"),
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
    ("F.batch_norm(X, X[0], None, training=True)", ValueError, "both running_mean and running_var"),
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


def test_a_window_of_one_cell_gives_a_tensor_of_its_own():
    x = mg.ones(1, 1, 4, 4)
    y = mg.nn.functional.max_pool2d(x, 1, stride=2)
    assert y.view(-1).tolist() == [1.0] * 4
    assert y._data.base is None


def test_batch_norm_without_channels():
    mean, var = mg.zeros(0), mg.ones(0)
    y = mg.nn.functional.batch_norm(mg.ones(4, 0), mean, var, training=True)
    assert (y.shape, mean.shape) == ((4, 0), (0,))
