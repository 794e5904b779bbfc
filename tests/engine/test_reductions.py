"""Reductions and order: what the comparison with PyTorch's answers does not reach."""

import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import formula
from minigrad.rules import RULES, reductions, rows, running, sorting

inf = float("inf")

# Misuse ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("x.sum(2)", IndexError, "x (2, 2) has no dim 2"),
        ("x.sum((0, 0))", RuntimeError, "sum: a dim is named twice in (0, 0)"),
        ("x.sum(1.0)", TypeError, "not 1.0"),
        ("x.sum(True)", TypeError, "not True"),
        ("x.sum(dim=0, axis=0)", TypeError, "dim and axis"),
        ("x.mean(-3)", IndexError, "no dim -3"),
        ("i.mean()", RuntimeError, "i is int64"),
        ("x.mean(dtype=mg.int64)", RuntimeError, "floating-point"),
        ("i.var()", RuntimeError, "i is int64"),
        ("i.norm()", RuntimeError, "i is int64"),
        ("i.softmax(0)", RuntimeError, "i is int64"),
        ("i.log_softmax(0)", RuntimeError, "i is int64"),
        ("x.softmax()", TypeError, "dim"),
        ("x.softmax(2)", IndexError, "no dim 2"),
        ("x.softmax((0, 1))", TypeError, "(0, 1)"),
        ("x.prod((0, 1))", TypeError, "(0, 1)"),
        ("x.max((0, 1))", TypeError, "(0, 1)"),
        ("x.argmin(3)", IndexError, "no dim 3"),
        ("x.cumsum(None)", TypeError, "None"),
        ("x.cumprod(2)", IndexError, "no dim 2"),
        ("x.sort(2)", IndexError, "no dim 2"),
        ("x.topk(3)", RuntimeError, "x has shape (2, 2), so k along dim -1 is from 0 to 2"),
        ("x.topk(-1)", RuntimeError, "not -1"),
        ("x.norm('nuc')", RuntimeError, "nuc"),
        ("x.var(unbiased=True, correction=0)", TypeError, "unbiased and correction"),
        ("empty.max()", RuntimeError, "empty has shape (0,)"),
        ("empty.amin()", RuntimeError, "empty has shape (0,)"),
        ("empty.argmax()", IndexError, "empty has shape (0,)"),
        ("empty.norm(float('inf'))", RuntimeError, "empty has shape (0,)"),
        ("no_rows.min(0)", IndexError, "no_rows has shape (0, 2)"),
        ("no_rows.amax(-2)", IndexError, "no_rows has shape (0, 2)"),
        ("no_rows.norm(-1, 0)", RuntimeError, "no_rows has shape (0, 2)"),
        ("one.sum(1)", IndexError, "dim is from -1 to 0"),
        ("one.sort(1)", IndexError, "dim is from -1 to 0"),
        ("one.topk(2)", RuntimeError, "from 0 to 1"),
    ],
)
def test_misuse(code, error, words):
    known = {
        "x": mg.tensor([[1.0, 2.0], [3.0, 4.0]]), "i": mg.tensor([1, 2]), "empty": mg.tensor([]),
        "no_rows": mg.tensor([[1.0, 2.0]])[:0], "one": mg.tensor(2.0), "mg": mg,
    }  # fmt: skip
    with pytest.raises(error) as caught:
        eval(code, known)
    assert words in str(caught.value)


@pytest.mark.parametrize("code", ["x.var()", "x.std(0)", "x.reshape(()).var()", "x[:0].std()"])
def test_too_few_numbers_for_a_variance(code):
    x = mg.tensor([1.0])
    with pytest.warns(UserWarning, match="few for a correction of 1") as caught:
        assert np.isnan(eval(code, {"x": x}).item())
    assert caught[0].filename == "<string>"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert x.var(correction=0).item() == 0


# The silent mistake ----------------------------------------------------------------------

N = 4
COLUMN = mg.tensor(np.arange(float(N)).reshape(N, 1), requires_grad=True)
ROW = mg.tensor(np.ones(N))
PAIRS = [
    "((pred - y) ** 2).mean()",
    "((y - pred) ** 2).sum()",
    "(pred - y).abs().mean()",
    "mg.mean((pred - y).square())",
    "(difference * difference).mean()",
    "((pred - y) * (pred - y)).mean()",
    "((pred - y) ** 2).sum(1).mean()",
    "((pred - y) ** 2).sum((0, 1))",
    "(pred - y).norm()",
    "np.mean((pred - y) ** 2)",
]


def everything(pred, y):
    return {"mg": mg, "np": np, "pred": pred, "y": y, "difference": pred - y}


@pytest.mark.parametrize("code", PAIRS)
def test_a_column_minus_a_row_warns_by_name(code):
    pred, y = COLUMN * 1, ROW
    with pytest.warns(UserWarning, match="4 × 4 differences") as caught:
        eval(code, everything(pred, y), {"pred": pred, "y": y})
    (warning,) = caught
    sides = ["pred (4, 1)", "y (4,)"]
    a, b = sides if "pred - y" in code or "difference" in code else reversed(sides)
    assert f"{a} − {b}" in str(warning.message)
    assert warning.filename == "<string>"


def test_a_tracked_row_minus_a_column_warns_too():
    guess, target = mg.tensor(np.ones(N), requires_grad=True), COLUMN.detach()
    with pytest.warns(UserWarning, match=r"guess \(4,\) − target \(4, 1\)"):
        ((guess - target) ** 2).mean()


@pytest.mark.parametrize(
    "code",
    [
        "((pred - y[:, None]) ** 2).mean()",
        "((pred.reshape(-1) - y) ** 2).mean()",
        "((pred - y) ** 2).mean(0)",  # over one dim is meant
        "(pred - y).mean()",
        "((pred + y) ** 2).mean()",
        "((pred - 1) ** 2).mean()",
        "((pred - y) * 2).sum()",
        "((pred - y) * pred).sum()",
        "((pred - y) * (y - pred)).sum()",
        "((pred - y) ** 2).sum(1).sum(0, keepdim=True)",
        "(pred - y).norm(dim=1)",
        "((pred - pred.reshape(-1)) ** 2).mean()",  # one tensor with itself: every pair is meant
        "((pred - mg.tensor([1.0, 2.0])) ** 2).mean()",
        "((pred[:1] - y[:1]) ** 2).mean()",
        "((pred.reshape(-1)[:1] - y[:1, None]) ** 2).mean()",
        "((pred.detach() - y) ** 2).mean()",
        "pred.mean()",
    ],
)
def test_nothing_else_warns(code):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        eval(code, everything(COLUMN * 1, ROW))


# Digits ----------------------------------------------------------------------------------


def ulps(result, exact):
    return np.max(np.abs(result.numpy() - exact) / np.spacing(np.abs(exact).astype(np.float32)))


@pytest.mark.parametrize("dim", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("turned", [False, True])
def test_long_float32_sums_keep_their_digits(dim, turned):
    x = np.random.default_rng(0).random((4, 20_000), np.float32)
    x = x if turned else np.ascontiguousarray(x.T)
    exact = x.astype(np.float64)
    assert ulps(mg.tensor(x).sum(dim), exact.sum(dim)) < 2
    assert ulps(mg.tensor(x).mean(dim), exact.mean(dim)) < 2
    assert ulps(mg.tensor(x).norm(dim=dim), np.sqrt((exact**2).sum(dim))) < 2


def test_running_sums_and_variances_keep_their_digits():
    x = np.random.default_rng(0).random(20_000, np.float32)
    assert ulps(mg.tensor(x).cumsum(0), np.cumsum(x.astype(np.float64))) <= 0.5
    far = x + np.float32(10_000)
    assert ulps(mg.tensor(far).var(), far.astype(np.float64).var(ddof=1)) <= 0.5


# Products never divide -------------------------------------------------------------------


def derivative(function, x, order):
    """Differentiate `order` times, adding up over the cells of x in between."""
    y = function(x).sum()
    for _ in range(order):
        (y,) = mg.autograd.grad(y, x, create_graph=True)
        result, y = y, y.sum()
    return result.tolist()


@pytest.mark.parametrize("cells", [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 0.0]])
def test_third_derivatives_of_products(cells):
    x = mg.tensor(cells, dtype=mg.float64, requires_grad=True)
    # d³(abc)/da db dc = 1: each cell's row of the third derivative adds up to 2.
    assert derivative(lambda x: x.prod(), x, 3) == [2.0, 2.0, 2.0]
    # Of a + ab + abc only the last part is left.
    assert derivative(lambda x: x.cumprod(0), x, 3) == [2.0, 2.0, 2.0]


def test_a_product_of_many_numbers_takes_linear_room():
    x = mg.tensor(np.ones(200_000), requires_grad=True)
    (g,) = mg.autograd.grad(x.prod(), x)
    assert g.numpy().min() == g.numpy().max() == 1
    (g,) = mg.autograd.grad(x.cumprod(0).sum(), x)
    assert g.numpy()[[0, -1]].tolist() == [200_000, 1]


# Results and readings --------------------------------------------------------------------


def test_named_tuples_print_as_pytorchs():
    found = mg.tensor([[1.0, 2.0]]).max(1)
    text = "torch.return_types.max(\nvalues=tensor([2.]),\nindices=tensor([1]))"
    assert repr(found) == text
    values, indices = mg.tensor([2.0, 1.0]).sort()
    assert values.tolist(), indices.tolist() == ([1.0, 2.0], [1, 0])
    assert repr(mg.tensor([2.0, 1.0]).topk(1)).startswith("torch.return_types.topk(")


@pytest.mark.parametrize(
    "name",
    ["sum", "mean", "prod", "max", "min", "argmax", "argmin", "all", "any", "cumsum", "cumprod"],
)
def test_numpy_knows_them(name):
    cells = np.array([[1.0, 4.0, 0.0], [3.0, 2.0, 5.0]])
    function = getattr(np, name)
    ours = function(mg.tensor(cells), axis=1)
    assert isinstance(ours, mg.Tensor)
    assert ours.tolist() == function(cells, axis=1).tolist()


def test_in_place():
    x = mg.tensor([1.0, 2.0, 3.0])
    assert x.cumsum_(0) is x
    assert x.tolist() == [1.0, 3.0, 6.0]
    assert x.cumprod_(0).tolist() == [1.0, 3.0, 18.0]


FORMULAS = {
    "sum": ({"axis": 1}, "sum(x)", "G spread to 2×3"),
    "mean": ({"axis": 1}, "mean(x)", "G/3 spread to 2×3"),
    "var": ({"axis": 1, "correction": 1}, "var(x)", "2·G·(x − mean(x))/2"),
    "std": ({"axis": 1, "correction": 1}, "std(x)", "G·(x − mean(x))/(2·y)"),
    "amax": ({"axis": 1}, "max(x)", "G if x = y else 0"),
    "min": ({"axis": 1}, "min(x)", "G if x = y else 0"),
    "norm": ({"axis": 1, "p": 2}, "norm(x)", "G·x/y"),
    "prod": ({"axis": 1}, "prod(x)", "G·y/x"),
    "cumsum": ({"axis": 1, "reverse": False}, "cumsum(x)", "flip(cumsum(flip(G)))"),
    "cumprod": ({"axis": 1}, "cumprod(x)", "flip(cumsum(flip(G·y)))/x"),
    "softmax": ({"axis": 1}, "softmax(x)", "y·(G − sum(G·y))"),
    "log_softmax": ({"axis": 1}, "log_softmax(x)", "G − exp(y)·sum(G)"),
    "logsumexp": ({"axis": 1}, "logsumexp(x)", "G·exp(x − y)"),
    "layer_norm": (
        {"axis": 1, "eps": 1e-5},
        "layer_norm(x)",
        "(G − mean(G) − y·mean(G·y))/√(var(x) + 1e−5)",
    ),
}
X = np.array([[0.7, -1.9, 2.3], [1.1, 0.4, 3.1]])


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(name):
    rule = RULES[name]
    parameters, forward, back = FORMULAS[name]
    if "keepdims" in rule.parameters:
        parameters = {**parameters, "keepdims": False}
    symbols = {each: formula.symbol(each) for each in "xy"}
    symbols |= {**parameters, "g": formula.symbol("G"), "x_shape": X.shape}
    assert formula.text(formula.read(rule, [symbols["x"]], parameters)) == forward
    assert formula.text(formula.simplified(rule.shown(0, symbols))) == back


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, inf, -inf])
def test_the_textbooks_norm_is_the_codes(p):
    rule, one_row = RULES["norm"], X[:1]
    y = rule.value(one_row, p=p)
    known = {"g": 3.0, "x": one_row, "y": y, "p": p, "axis": None, "keepdims": False}
    np.testing.assert_allclose(rule.textbook["x"](known), rule.pull_back(0, known, 3.0))


ALL_OF_ONE_ROW = {"axis": 1, "keepdims": True, "correction": 1, "eps": 0.1, "reverse": False}


@pytest.mark.parametrize("name", ["std", "prod", "cumsum", "cumprod", "layer_norm"])
def test_the_textbooks_form_is_the_codes(name):
    rule = RULES[name]
    x = X[:1]
    parameters = {key: ALL_OF_ONE_ROW[key] for key in rule.parameters}
    known = {**parameters, "x": x, "y": rule.value(x, **parameters), "x_shape": x.shape}
    g = np.full_like(known["y"], 2.0) * np.arange(1, known["y"].size + 1)
    np.testing.assert_allclose(rule.textbook["x"]({**known, "g": g}), rule.pull_back(0, known, g))


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, rule in RULES.items()
        if any(rule in vars(area).values() for area in (reductions, rows, running, sorting))
    ],
)
def test_every_rule_reads_on_symbols(name):
    rule = RULES[name]
    inputs = [formula.symbol(each) for each in rule.inputs]
    parameters = {
        "axis": 1, "keepdims": False, "correction": 1, "p": 3, "reverse": False, "back": True,
        "eps": 0.1, "key": (0,), "shape": (2, 3), "descending": False,
    }  # fmt: skip
    parameters = {key: parameters[key] for key in rule.parameters}
    shapes = {f"{each}_shape": (2, 3) for each in rule.inputs}
    known = {**dict(zip(rule.inputs, inputs, strict=True)), **parameters, **shapes}
    known |= {"y": formula.symbol("y"), "g": formula.symbol("G")}
    assert rule.inputs[0] in formula.text(formula.read(rule, inputs, parameters))
    for place, each in enumerate(rule.derivatives):
        if each is not None:
            assert "G" in formula.text(formula.simplified(rule.shown(place, known)))
