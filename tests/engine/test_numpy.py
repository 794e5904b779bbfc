"""Tensors as NumPy, copy, pickle and Python itself see them."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf

ROW = [1.0, 2.0, 3.0]
MATRIX = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

# NumPy's functions -----------------------------------------------------------------------


# Each is NumPy's on an array, and must be the same, and recorded, on a tracked tensor.
@pytest.mark.parametrize(
    "function",
    [
        np.exp, np.sqrt, np.abs, np.negative, np.tanh,
        lambda m: np.add(m, np.ones(3)),
        lambda m: np.float64(2) * m,
        lambda m: np.float32(2) ** m,
        lambda m: np.ones((2, 3)) - m,
        lambda m: m / np.array([1.0, 2.0, 4.0]),
        lambda m: np.ones(2) @ m,
        lambda m: m @ np.ones(3),
        lambda m: np.maximum(m, 2.5),
        np.sum, np.mean, np.max, np.prod,
        lambda m: np.sum(m, 0),
        lambda m: np.sum(m, axis=1, keepdims=True),
        lambda m: np.max(m, axis=0),
        lambda m: np.mean(m, axis=(0, 1)),
        lambda m: np.where(m > 2.5, m, 0),
        lambda m: np.concatenate([m, m], axis=1),
        lambda m: np.stack((m, m), axis=1),
        lambda m: np.vstack([m, m]),
        lambda m: np.hstack([m, m]),
        lambda m: np.reshape(m, (3, -1)),
        lambda m: np.transpose(m, (1, 0)),
        lambda m: np.swapaxes(m, 0, 1),
        lambda m: np.expand_dims(m, 0),
        lambda m: np.squeeze(m[:1]),
        np.ravel,
        lambda m: np.broadcast_to(m, (2, 2, 3)),
        lambda m: np.clip(m, 1.5, 4.5),
        lambda m: np.cumsum(m, axis=1),
        lambda m: np.matmul(m, m.T),
        lambda m: np.dot(m[0], m[1]),
        lambda m: np.outer(m[0], m[1]),
        np.trace,
        lambda m: np.einsum("ij,kj->ik", m, m),
    ],
)  # fmt: skip
def test_numpys_functions_are_recorded(function):
    x = leaf(MATRIX, dtype=mg.float64)
    y = function(x)
    assert isinstance(y, mg.Tensor)
    np.testing.assert_allclose(y.detach().numpy(), function(np.array(MATRIX)), rtol=1e-12)
    assert mg.autograd.gradcheck(function, x)


@pytest.mark.parametrize(
    "function",
    [
        np.sort, np.median, np.std, np.linalg.norm, np.cumsum, np.transpose, np.unique,
        lambda m: np.concatenate([np.sort(m), np.sort(m)]),
        lambda m: np.sum(m, dtype=np.float64),
        lambda m: np.quantile(m, 0.5),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_numpys_own_unless_tracked(function):
    np.testing.assert_array_equal(function(mg.tensor(MATRIX)), function(np.float32(MATRIX)))
    tracked = leaf(MATRIX)
    with mg.no_grad():
        np.testing.assert_array_equal(function(tracked), function(np.float32(MATRIX)))
    with pytest.raises(RuntimeError, match=r"np\.\w+.* record a Tensor.* requires a gradient"):
        function(tracked)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (np.add.reduce, r"np\.add\.reduce is not for Tensors"),
        (lambda x: np.exp(x, out=np.zeros(3)), r"np\.exp with out is not for Tensors"),
        (lambda x: np.add(x, 1, dtype=np.float64), r"np\.add with dtype is not for Tensors"),
        (lambda x: operator.iadd(np.zeros(3), x), r"np\.add with out is not for Tensors"),
        (lambda x: np.matmul(x, 2.0), r"matmul: other must be Tensor, not 2\.0"),
    ],
)
def test_other_uses_of_numpys_functions_are_refused(call, said):
    with pytest.raises(TypeError, match=said):
        call(mg.tensor(ROW))


def test_numpy_measures_tracked_tensors_too():
    x = leaf(MATRIX)
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)


def test_matrices_under_np_dot_are_refused():
    # The rule of dot is about rows: a gradient of matrices would be wrong.
    with pytest.raises(RuntimeError, match="matmul, or @, takes any number of dims"):
        np.dot(leaf(MATRIX), leaf(MATRIX).T)


# Memory and arrays -----------------------------------------------------------------------


def test_numpy_and_asarray_share_memory_and_array_copies():
    x = mg.tensor(ROW)
    x.numpy()[0] = 5
    np.asarray(x)[1] = 6
    np.array(x)[2] = 7
    assert x.tolist() == [5.0, 6.0, 3.0]
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="copy"):
        np.asarray(x, dtype=np.float64, copy=False)
    single = mg.tensor(1.0)
    single.numpy()[...] = 4
    assert single.item() == 4


def test_numpy_can_be_forced():
    x = leaf(ROW)
    assert np.shares_memory(x.numpy(force=True), x.detach().numpy())
    with mg.no_grad():
        assert np.asarray(x).tolist() == ROW
    with pytest.raises(RuntimeError, match="x requires a gradient"):
        np.asarray(x)


def test_a_read_only_array_gives_a_tensor_that_cannot_be_written_to():
    array = np.array(ROW)
    array.flags.writeable = False
    x = mg.from_numpy(array)
    with pytest.raises(RuntimeError, match="memory that cannot be written to"):
        x += 1
    assert (x + 1).tolist() == [2.0, 3.0, 4.0]


def test_lists_of_tensors():
    numbers = [mg.tensor(1), mg.tensor([2.5])]
    assert mg.tensor(numbers).tolist() == [1.0, 2.5]
    assert mg.tensor([mg.tensor(1.0, dtype=mg.float64)]).dtype is mg.float64
    assert np.asarray([mg.tensor(ROW), mg.tensor(ROW)]).shape == (2, 3)


# Copies and pickles ----------------------------------------------------------------------


def test_copy_shares_memory_and_deepcopy_does_not():
    x = leaf(ROW)
    (x * x).sum().backward()
    shallow, deep = copy.copy(x), copy.deepcopy(x)
    for twin in (shallow, deep):
        assert twin is not x
        assert twin.requires_grad
        assert twin.is_leaf
    assert shallow.grad is None
    assert deep.grad.tolist() == x.grad.tolist()
    deep.grad.zero_()
    with mg.no_grad():
        deep += 10
        shallow += 1
    assert x.tolist() == [2.0, 3.0, 4.0]
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_a_write_to_a_copy_is_noticed():
    x = mg.tensor(ROW)
    y = x * leaf(ROW)
    twin = copy.copy(x)
    twin += 1
    with pytest.raises(RuntimeError, match="that x held when mul ran"):
        y.sum().backward()


def test_computed_tensors_are_not_deep_copied():
    y = leaf(ROW) * 2
    with pytest.raises(RuntimeError, match="y was computed"):
        copy.deepcopy({"nested": [y]})


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_what_is_shared_stays_shared(copied):
    layer = mg.nn.Linear(2, 2)
    twin, weights = copied((layer, [layer.weight, layer.weight]))
    assert twin.weight is weights[0] is weights[1]
    assert twin.weight is not layer.weight
    assert isinstance(twin.weight, mg.nn.Parameter)
    assert twin.weight.requires_grad
    assert mg.equal(twin(mg.ones(2)), layer(mg.ones(2)))
    assert copied(mg.float32) is mg.float32
    assert copied(mg.ones(2, 3).shape) == mg.Size((2, 3))


def test_pickles_keep_names_and_whether_a_gradient_is_required():
    x = pickle.loads(pickle.dumps(leaf(ROW, name="x")))
    assert (x.tolist(), x.requires_grad, x.name, x.grad) == (ROW, True, "x", None)
    assert pickle.loads(pickle.dumps(mg.tensor(2))).item() == 2


# As Python sees it -----------------------------------------------------------------------


def test_python_reads_single_numbers():
    x = mg.tensor(2.25)
    assert (float(x), int(x), bool(x), complex(x)) == (2.25, 2, True, 2.25)
    assert (math.sqrt(x), math.floor(x), f"{x:.1f}", f"{leaf(2.25):.1f}") == (1.5, 2, "2.2", "2.2")
    three = mg.tensor(3)
    assert [*range(three)] == [0, 1, 2]
    assert "abcd"[three] == "d"
    assert (hex(three), operator.index(three)) == ("0x3", 3)
    assert np.zeros((three, 2)).shape == (3, 2)


@pytest.mark.parametrize(
    ("use", "error", "said"),
    [
        (float, ValueError, "row has 3"),
        (int, ValueError, "row has 3"),
        (math.sqrt, ValueError, "row has 3"),
        (range, TypeError, "row is float32 of shape"),
        (lambda row: f"{row:.2f}", TypeError, "'.2f' formats one number, but row has shape"),
        (sorted, None, ""),
        (bool, RuntimeError, "row has 3 numbers"),
        (lambda row: row and 1, RuntimeError, "row has 3 numbers"),
        (lambda row: len(row[0]), TypeError, "single number"),
        (lambda row: [*row[0]], TypeError, "single number"),
        (round, TypeError, "__round__"),
        (lambda row: divmod(row, 2), TypeError, "divmod"),
        (lambda row: None in row, RuntimeError, "never None"),
        (lambda row: row + None, TypeError, "None is no number"),
        (lambda row: operator.add([*ROW], row), TypeError, r"not \[1.0, 2.0, 3.0\]. Use mg.tensor"),
    ],
)
def test_python_is_told_what_a_row_cannot_do(use, error, said):
    row = mg.tensor(ROW)
    if error is None:
        assert [each.item() for each in use(row)] == ROW
        return
    with pytest.raises(error, match=said):
        use(row)


def test_rows_in_pythons_containers():
    row = mg.tensor(ROW)
    assert [each.item() for each in row] == ROW
    assert sum(row).item() == 6
    assert max(row).item() == 3
    assert (2.0 in row, 9.0 in row, row[1] in row) == (True, False, True)
    assert row in mg.tensor([ROW, ROW])
    assert {row: 1}[row] == 1
    assert len({row, row, mg.tensor(ROW)}) == 2
    assert abs(-row).tolist() == ROW
    assert "sum" in dir(row)


def test_a_tensor_equals_nothing_but_numbers():
    row = mg.tensor(ROW)
    for other in (None, "a", ROW, {}, object()):
        assert (row == other) is False
        assert (other == row) is False
        assert (row != other) is True
    assert (row == np.array(ROW)).tolist() == [True] * 3


def test_a_size_stays_a_size():
    size = mg.zeros(2, 3, 4).shape
    assert repr(size[1:]) == "torch.Size([3, 4])"
    assert repr(operator.add(size, (5,))) == "torch.Size([2, 3, 4, 5])"
    assert (size[0], size[-1], size.numel(), len(size)) == (2, 4, 24, 3)
