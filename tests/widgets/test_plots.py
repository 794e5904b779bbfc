"""The plain Matplotlib functions: what they draw, what they say, and that they leave no trace."""

import io

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn
from minigrad_widgets import plots

SQUARE = {"xlim": (-1, 1), "ylim": (-1, 1)}


@pytest.fixture
def model():
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 1))


def texts(ax):
    return [each.get_text() for each in ax.texts]


@pytest.mark.parametrize(
    "draw",
    [
        lambda model, ax: plots.tangent(lambda x: x**2, 1.0, ax=ax),
        lambda model, ax: plots.contour_path(lambda x, y: x * y, [[0, 0], [1, 1]], **SQUARE, ax=ax),
        lambda model, ax: plots.loss_curve([3.0, 2.0], ax=ax),
        lambda model, ax: plots.decision_boundary(model, mg.randn(6, 2), mg.arange(6) % 2, ax=ax),
        lambda model, ax: plots.gradient_flow(model, ax=ax),
        lambda model, ax: plots.weight_histogram(model, ax=ax),
        lambda model, ax: plots.activations(model, mg.randn(5, 2), ax=ax),
    ],
)
def test_axes_in_axes_out_and_nothing_else_changed(model, draw):
    model(mg.ones(1, 2)).sum().backward()
    before = [parameter.grad.numpy().copy() for parameter in model.parameters()]
    ax = Figure().add_subplot()
    assert draw(model, ax) is ax
    own = draw(model, None)
    assert own.figure is not ax.figure
    own.figure.savefig(io.BytesIO())
    assert all(each.training for each in model.modules())
    after = [parameter.grad.numpy() for parameter in model.parameters()]
    assert all(map(np.array_equal, before, after))
    assert pyplot.get_fignums() == []


def test_the_tangent_touches_with_the_slope_that_backward_gives():
    ax = plots.tangent(lambda x: x**3, 2.0)
    curve, line, point = ax.get_lines()
    (x0, x1), (y0, y1) = line.get_data()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(12)
    assert point.get_data() == ([2.0], [8.0])
    assert ax.get_title() == "at 2 the slope is 12"
    np.testing.assert_allclose(curve.get_ydata(), curve.get_xdata() ** 3)


def test_a_path_is_cut_at_the_window_and_marked():
    line, left_at, exit_point = plots.clip(
        np.array([[0, 0], [0.5, 0], [2.5, 2], [9, 9], [0, 0.0]]), [(-1, 1), (-1, 1)]
    )
    assert left_at == 2
    np.testing.assert_allclose(exit_point, [1, 0.5])
    inside = line[np.isfinite(line).all(axis=1)]
    assert np.abs(inside).max() <= 1
    np.testing.assert_allclose(inside[-2:], [[1, 1], [0, 0]])  # where it comes back
    ax = plots.contour_path(lambda x, y: x, {"SGD": [[0, 0], [1e200, 1e-300]]}, **SQUARE)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "SGD",
        "SGD leaves at step 1",
    ]
    ax.figure.savefig(io.BytesIO())


@pytest.mark.parametrize("last", [np.nan, np.inf])
def test_a_path_that_overflows_leaves_from_where_it_was(last):
    _, left_at, exit_point = plots.clip(np.array([[0, 0.5], [last, 0]]), [(-1, 1), (-1, 1)])
    assert (left_at, exit_point.tolist()) == (1, [0, 0.5])


def test_contours_where_a_function_branches_sums_a_vector_or_is_flat():
    def ridge(x, y):
        return x if x > y else 2 * y

    for fn in (ridge, lambda p: (p**2).sum(), lambda x, y: mg.tensor(1.0)):
        plots.contour_path(fn, {}, **SQUARE)
    heights = plots.surface(lambda p: (p**2).sum(), **SQUARE)
    low, high = heights.get_zlim()
    assert low < 0.1
    assert high > 1.9


def test_losses_that_are_no_numbers_are_marked_and_counted():
    ax = plots.loss_curve([mg.tensor(2.0), 1.0, float("nan"), float("inf"), 0.5], label="SGD")
    curve, marks = ax.get_lines()
    assert curve.get_label() == "SGD"
    assert marks.get_xdata().tolist() == [2, 3]
    assert marks.get_label() == "NaN or infinite: 2 steps"
    log = plots.loss_curve([1.0, 0.0], log=True)
    assert log.get_lines()[1].get_label() == "NaN, infinite or not above 0: 1 step"


def test_the_boundary_and_the_line_of_each_hidden_unit():
    layer = nn.Linear(2, 1)
    layer.weight.data = mg.tensor([[2.0, 0.0]])
    layer.bias.data = mg.tensor([-1.0])  # 2·x − 1 = 0: the line x = 0.5
    X, y = mg.tensor([[0.0, -5.0], [1.0, 20.0]]), mg.tensor([0, 1])
    ax = plots.decision_boundary(nn.Sequential(layer), X, y)
    assert ax.get_lines()[0].get_xdata() == pytest.approx([0.5, 0.5])
    border = np.concatenate([p.vertices for c in ax.collections[1:2] for p in c.get_paths()])
    assert border[:, 0] == pytest.approx(0.5, abs=1e-6)
    assert (border[:, 1].min(), border[:, 1].max()) == pytest.approx((-7.5, 22.5))
    half = plots.decision_boundary(nn.Sequential(layer, nn.Sigmoid()), X, y)
    border = np.concatenate([p.vertices for c in half.collections[1:2] for p in c.get_paths()])
    assert border[:, 0] == pytest.approx(0.5, abs=1e-2)


def test_a_long_path_is_thinned_and_its_end_stands_out():
    points = np.linspace([-0.9, 0], [0.9, 0.5], 101)
    line, few, end = plots.contour_path(lambda x, y: x, points, **SQUARE).get_lines()
    assert len(few.get_xdata()) <= 25
    assert end.get_xydata().tolist() == [points[-1].tolist()]
    assert end.get_markersize() > 2 * few.get_markersize()
    assert len(line.get_xdata()) == 3 * 100 - 1  # the line itself has every step


def test_the_legend_of_a_boundary_covers_no_point():
    X = mg.randn(60, 2)
    ax = plots.decision_boundary(nn.Linear(2, 1), X, mg.arange(60) % 2)
    ax.figure.savefig(io.BytesIO())
    legend = ax.get_legend().get_window_extent()
    assert legend.y1 < ax.xaxis.label.get_window_extent().y0
    assert ax.figure.bbox.y0 <= legend.y0


def test_a_model_that_returns_nan_is_said():
    ax = plots.decision_boundary(lambda X: X[:, 0] * float("nan"), mg.randn(4, 2), mg.zeros(4))
    assert "NaN" in ax.get_title()


def test_vanishing_and_exploding_gradients_have_a_sign_and_a_word(model):
    model(mg.ones(4, 2)).sum().backward()
    model[0].weight.grad = mg.full((3, 2), 1e-8)
    model[0].bias.grad = mg.zeros(3)
    model[3].weight.grad = mg.tensor([[3e4, 4e4, 0.0]])
    model[3].bias.grad = None
    assert plots.gradient_norms(model) == pytest.approx({"0": 6**0.5 * 1e-8, "3": 5e4})
    ax = plots.gradient_flow(model)
    *beside, low, high = texts(ax)
    assert [text.split(" ", 2)[2] for text in beside] == ["▼ vanishing", "▲ exploding"]
    assert (low, high) == ("vanishing", "exploding")  # what the dashed lines are
    assert ax.get_xscale() == "log"
    ax.figure.savefig(io.BytesIO())


def test_weights_are_counted_and_what_is_no_number_said(model):
    model[3].bias.data = mg.tensor([float("nan")])
    ax = plots.weight_histogram(model)
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "3.bias"
    assert texts(ax)[-1] == "▲ 1 NaN or infinite"


def test_dead_and_saturated_units_are_counted():
    first = nn.Linear(1, 3)
    first.weight.data = mg.tensor([[1.0], [-1.0], [1.0]])
    first.bias.data = mg.tensor([0.0, 0.0, -5.0])  # the last one is 0 for half of the examples
    X = mg.tensor([[1.0], [2.0], [10.0], [20.0]])
    assert texts(plots.activations(nn.Sequential(first, nn.ReLU()), X)) == ["▼ 1 of 3 dead"]
    assert texts(plots.activations(nn.Sequential(nn.Tanh()), X)) == ["50% saturated"]
    # 1 − tanh(2)² is 0.07; at 10 and 20 it is 0.


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: plots.tangent(lambda x: 3.0, 1.0), "float, not a tensor"),
        (lambda: plots.tangent(lambda x: mg.stack([x, x]), 1.0), r"shape \(2,\)"),
        (lambda: plots.contour_path(lambda x, y: x, [1, 2], **SQUARE), r"shape \(2,\)"),
        (lambda: plots.contour_path(lambda x, y, z: x, {}, **SQUARE), "3 inputs"),
        (lambda: plots.surface(lambda x, y: x, **SQUARE, ax=Figure().add_subplot()), "3d"),
        (lambda: plots.loss_curve([[1, 2]]), r"shape \(1, 2\)"),
        (lambda: plots.decision_boundary(abs, mg.randn(4, 3), mg.zeros(4)), r"\(4, 3\)"),
        (lambda: plots.decision_boundary(lambda X: X[:3], mg.randn(4, 2), mg.zeros(4)), "10000"),
        (lambda: plots.gradient_flow(nn.Linear(1, 1)), "backward"),
        (lambda: plots.weight_histogram(nn.ReLU()), "no parameters"),
    ],
)
def test_errors_say_the_shape_and_a_way_out(draw, said):
    with pytest.raises(ValueError, match=said):
        draw()


def test_a_log_axis_that_showed_negative_numbers_before_takes_others():
    ax = plots.loss_curve([-1.0, -2.0])
    ax.clear()
    assert plots.loss_curve([4.0, 2.0], log=True, ax=ax).get_yscale() == "log"
    ax.clear()
    assert plots.loss_curve([0.0, 0.0], log=True, ax=ax).get_yscale() == "linear"  # nothing above 0
