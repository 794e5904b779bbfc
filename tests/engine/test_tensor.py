"""Making tensors, reading them, and being told what went wrong."""

import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf

# Making tensors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.5, mg.float32),
        ([1, 2.5], mg.float32),
        ([], mg.float32),
        (2, mg.int64),
        ([[1], [2]], mg.int64),
        (True, mg.bool),
        ([True, False], mg.bool),
        (np.float32(1), mg.float32),
        (np.float64(1), mg.float64),
        (np.array([1.0]), mg.float64),
        (np.array([1], "int32"), mg.int32),
    ],
)
def test_dtype_is_chosen_as_pytorch_chooses(value, kind):
    assert mg.tensor(value).dtype is kind


def test_dtype_can_be_asked_for():
    assert mg.tensor([1, 2], dtype=mg.float64).dtype is mg.float64
    assert mg.tensor(1.9, dtype=mg.int64).item() == 1


def test_numbers_are_copied():
    array = np.array([1.0, 2.0])
    x = mg.tensor(array)
    array[0] = 5
    assert x.tolist() == [1.0, 2.0]


def test_requires_grad_follows_the_inputs():
    x, w = leaf(2.0), mg.tensor(3.0)
    assert x.requires_grad
    assert x.is_leaf
    assert x.grad_fn is None
    y = x * w
    assert y.requires_grad
    assert not y.is_leaf
    assert repr(y.grad_fn) == "<MulBackward0>"
    assert not (w * w).requires_grad
    assert not (x > w).requires_grad


def test_only_floats_can_require_gradients():
    with pytest.raises(RuntimeError, match=r"floating-point .* int64"):
        leaf([1, 2])
    assert not leaf([1.7]).to(mg.int64).requires_grad


def test_requires_grad_can_be_set_on_a_leaf_only():
    x = mg.tensor(2.0)
    x.requires_grad = True
    y = x * 3
    y.backward()
    assert x.grad.item() == 3
    with pytest.raises(RuntimeError, match="y was computed"):
        y.requires_grad = False


def test_numbers_stand_on_either_side():
    x = leaf(4.0)
    results = [2 + x, 2 - x, 2 * x, 2 / x, 2**x, x + 2, x - 2, x * 2, x / 2, x**2, -x]
    assert [y.item() for y in results] == [6, -2, 8, 0.5, 16, 6, 2, 8, 2, 16, -4]
    for y, slope in zip(
        results, [1, -1, 2, -1 / 8, 16 * np.log(2), 1, 1, 2, 0.5, 8, -1], strict=True
    ):
        (g,) = mg.autograd.grad(y, x)
        assert g.dtype is mg.float32
        assert g.item() == pytest.approx(slope, rel=1e-6)


def test_numpy_arrays_mix_with_tensors():
    x = leaf([1.0, 2.0])
    y = (np.array([3.0, 4.0]) * x + np.float64(1)) @ np.array([1.0, 1.0])
    assert isinstance(y, mg.Tensor)
    y.backward()
    assert x.grad.tolist() == [3.0, 4.0]
    assert x.grad.dtype is mg.float32
    np.exp(x).sum().backward()
    with pytest.raises(RuntimeError, match=r"does not know how to record .* x requires a gradient"):
        np.sort(x)


@pytest.mark.parametrize("op", ["sum", "mean", "max"])
def test_numpys_words_for_dims_are_understood(op):
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    ours = getattr(x, op)(1, keepdim=True)
    numpys = getattr(x, op)(axis=1, keepdims=True)
    if op == "max":
        ours, numpys = ours.values, numpys.values
    assert ours.shape == (2, 1)
    assert ours.tolist() == numpys.tolist()
    with pytest.raises(TypeError, match="axes"):
        getattr(x, op)(axes=1)


# Numbers out ----------------------------------------------------------------------------


def test_item_and_tolist():
    assert mg.tensor(2.5).item() == 2.5
    assert type(mg.tensor([[3]]).item()) is int
    assert mg.tensor([[1, 2]]).tolist() == [[1, 2]]
    pair = mg.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"pair has 2 \(shape \(2,\)\)"):
        pair.item()


def test_numpy_shares_memory_and_refuses_tracked_tensors():
    x = mg.tensor([1.0, 2.0])
    x.numpy()[0] = 5
    assert x.tolist() == [5.0, 2.0]
    tracked = leaf(1.0)
    with pytest.raises(RuntimeError, match=r"tracked .*detach\(\).numpy\(\)"):
        tracked.numpy()


def test_detach_and_data_share_memory():
    for start in (leaf([1.0, 2.0]), leaf(1.0) * 2):
        for outside in (start.detach(), start.data):
            assert not outside.requires_grad
            assert outside.is_leaf
            outside += 1
            assert start.tolist() == outside.tolist()


def test_new_data_keeps_to_the_rules():
    w = leaf([1.0, 2.0])
    w.data = mg.tensor([3.0, 4.0])
    assert repr(w) == "tensor([3., 4.], requires_grad=True)"
    with pytest.raises(RuntimeError, match="floating-point"):
        w.data = mg.tensor([1, 2])
    with pytest.raises(TypeError, match=r"list|[Tt]ensor"):
        w.data = [1.0, 2.0]


def test_data_can_be_changed_with_an_operator():
    w = leaf([1.0, 2.0])
    w.data -= 0.5
    assert w.tolist() == [0.5, 1.5]
    assert w.requires_grad


# Manners --------------------------------------------------------------------------------


def test_importing_is_light():
    code = (
        "import sys, minigrad\n"
        "heavy = {'numba', 'llvmlite', 'minigrad_widgets', 'ipywidgets', 'anywidget', 'IPython'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_errors_name_shapes_and_variables():
    a, b, n = mg.tensor([1.0, 2.0]), mg.tensor([1.0, 2.0, 3.0]), mg.tensor([1, 2])
    named = mg.tensor([[1.0, 2.0]], name="weights")
    with pytest.raises(RuntimeError, match=r"a \(2,\) and b \(3,\) do not broadcast"):
        a + b
    with pytest.raises(RuntimeError, match=r"weights \(1, 2\) @ b \(3,\)"):
        named @ b
    with pytest.raises(RuntimeError, match=r"a \(2,\) @ \w.* \(\)"):
        a @ mg.tensor(1.0)
    with pytest.raises(RuntimeError, match="a is float32 and n is int64"):
        a @ n
    with pytest.raises(IndexError, match=r"a \(2,\) has no dim 1"):
        a.sum(1)
    with pytest.raises(IndexError, match=r"a \(2,\)"):
        a[5]
    with pytest.raises(IndexError, match="single number"):
        mg.tensor(1.0)[0]
    with pytest.raises(RuntimeError, match=r"n is int64. Use n.to\(mg.float32\)"):
        n.mean()
    with pytest.raises(RuntimeError, match="a has 2 numbers"):
        bool(a)
    with pytest.raises(RuntimeError, match=r"b has shape \(3,\)"):
        b.mT  # noqa: B018
    with pytest.raises(TypeError, match="float16"):
        mg.tensor([1.0], dtype="float16")
    with pytest.raises(ValueError, match="rectangle"):
        mg.tensor([[1.0], [1.0, 2.0]])


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x.reshape(3),
        lambda x: x.sum((0, 0)),
        lambda x: -(x > 0),
        lambda x: x.to(mg.int64) ** -1,
        lambda x: x[:0].max(),
    ],
    ids=["reshape", "dims twice", "minus bool", "negative power", "max of nothing"],
)
def test_mistakes_are_runtime_errors_as_in_pytorch(mistake):
    x = mg.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError):
        mistake(x)


def test_new_data_of_a_computed_tensor_keeps_its_shape():
    y = leaf([1.0, 2.0]) * 2
    with pytest.raises(RuntimeError, match=r"y was computed with shape \(2,\)"):
        y.data = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
