"""The gradient of an input that was stretched is added up in the loop that computes it."""

import itertools
import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.kernels import dispatch, generate
from minigrad.kernels.layout import Stretch, stretches
from minigrad.rules import RULES

FLOAT = np.dtype(np.float32)
MEETINGS = [
    ((6, 5), (5,)),
    ((6, 5), (6, 1)),
    ((6, 5), (1, 5)),
    ((6, 5), ()),
    ((6, 5), (1,)),
    ((6, 5), (1, 1)),
    ((6, 1), (1, 5)),
    ((2, 3, 4), (3, 4)),
    ((2, 3, 4), (4,)),
    ((2, 3, 4), (3, 1)),
    ((2, 3, 4), (2, 1, 1)),
    ((2, 3, 4), (2, 1, 4)),
    ((2, 3, 4), (1, 3, 1)),
    ((2, 1, 4), (2, 1, 1)),
    ((1, 4), (4,)),
    ((5,), (1,)),
]
OPS = {
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "maximum": mg.maximum,
    "lerp": lambda a, b: mg.lerp(a, b, b),
    "where": lambda a, b: mg.where(a > 1, a, b),
}
READ = {
    "weighted": lambda y: (y * mg.arange(1.0, 1 + y.numel()).reshape(y.shape)).sum(),
    "added up": lambda y: y.sum(),  # what arrives is one number in each cell
}


def gradients(op, read, arrays):
    leaves = [mg.tensor(each, requires_grad=True) for each in arrays]
    read(op(*leaves)).backward()
    return [each.grad.numpy() for each in leaves]


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("shapes", MEETINGS, ids=str)
def test_a_loop_adds_up_as_numpy_does(shapes, name, read, monkeypatch):
    random = np.random.default_rng(0)
    for order in itertools.permutations(shapes):
        arrays = [0.5 + random.random(shape) for shape in order]
        found = {}
        for least in (1, math.inf):
            monkeypatch.setattr(dispatch, "AT_LEAST", least)
            found[least] = gradients(OPS[name], READ[read], arrays)
        for ours, numpys, array in zip(*found.values(), arrays, strict=True):
            assert ours.shape == numpys.shape == array.shape
            np.testing.assert_allclose(ours, numpys, rtol=1e-12)


def test_an_operand_that_was_expanded_itself(monkeypatch):
    monkeypatch.setattr(dispatch, "AT_LEAST", 1)
    column, row = (mg.ones(size, requires_grad=True) for size in ((6, 1), (1, 5)))
    (column.expand(6, 5) * row).sum().backward()
    assert row.grad.tolist() == [[6.0] * 5]
    assert column.grad.tolist() == [[5.0]] * 6


@pytest.mark.parametrize(
    ("shape", "full", "stretch"),
    [
        ((5,), (6, 5), Stretch("row", 1, 0)),
        ((1, 1, 5), (6, 7, 5), Stretch("row", 1, 2)),
        ((7, 5), (6, 7, 5), Stretch("row", 2, 0)),
        ((6, 1), (6, 5), Stretch("column", 1, 0)),
        ((6, 1, 1), (6, 7, 5), Stretch("column", 2, 0)),
        ((), (6, 5), Stretch("scalar", 0, 0)),
        ((1, 1), (6, 5), Stretch("scalar", 0, 2)),
        ((6, 1, 5), (6, 7, 5), None),
        ((7, 1), (6, 7, 5), None),
    ],
)
def test_how_an_input_was_stretched(shape, full, stretch):
    assert stretches((full, shape)) == (None, stretch)
    assert stretches((shape, full)) == (stretch, None)


def test_sizes_that_do_not_broadcast_are_no_stretch():
    assert stretches(((8, 3), (4, 3), (4,))) == (None, None, None)


@pytest.mark.parametrize("to", ["row", "column", "scalar"])
def test_the_product_is_kept_nowhere(to):
    text = generate.backward(RULES["mul"], 1, [(FLOAT, "full"), (FLOAT, "full")], {}, to=to)
    assert text.count("g[i, j] * a[i, j]" if to != "scalar" else "g[i] * a[i]") == 1
    assert f'OUT = "{to}"' in text
    assert "float64(" in text  # many float32 numbers are added up in float64
    assert "np.empty" not in text


def test_many_rows_are_added_up_without_loss(monkeypatch):
    monkeypatch.setattr(dispatch, "AT_LEAST", 1)
    random = np.random.default_rng(1)
    x = mg.from_numpy(random.normal(size=(20_000, 8)).astype(np.float32))
    layer = mg.nn.LayerNorm(8)
    scale = mg.ones(8, requires_grad=True)
    (layer(x) * x * scale).sum().backward()
    wide = layer.double()(x.double()).numpy(force=True) * x.numpy()
    np.testing.assert_allclose(scale.grad.numpy(), wide.sum(axis=0), rtol=2e-6)
    np.testing.assert_allclose(layer.weight.grad.numpy(), wide.sum(axis=0), rtol=2e-6)
