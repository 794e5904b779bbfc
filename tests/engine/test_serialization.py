"""What is saved comes back the same, nothing is dropped in silence, and a bad file is an error."""

import io
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import minigrad as mg
from engine_helpers import leaf
from minigrad import nn, optim

KINDS = [np.float32, np.float64, np.int32, np.int64, np.bool_]
tensors = arrays.arrays(st.sampled_from(KINDS), arrays.array_shapes(min_dims=0, min_side=0)).map(
    mg.tensor
)
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
nested = st.recursive(
    plain | tensors,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(plain, inner, max_size=4)
    ),
)


def kept(value):
    """Save and load again."""
    file = io.BytesIO()
    mg.save(value, file)
    file.seek(0)
    return mg.load(file)


def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, mg.Tensor):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    elif isinstance(a, dict):
        same(list(a.items()), list(b.items()))
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for each, other in zip(a, b, strict=True):
            same(each, other)
    else:
        assert repr(a) == repr(b)  # NaN equals NaN here, and -0.0 is not 0.0


@given(nested)
def test_it_comes_back_the_same(value):
    same(kept(value), value)


def test_a_training_that_is_saved_goes_on_as_if_nothing_had_happened(tmp_path):
    def training():
        mg.manual_seed(0)
        model = nn.Linear(3, 2)
        return model, optim.Adam(model.parameters(), lr=0.1)

    def train(model, optimizer):
        for _ in range(3):
            optimizer.zero_grad()
            (model(mg.ones(4, 3)) ** 2).mean().backward()
            optimizer.step()
        return model.weight.tolist()

    model, optimizer = training()
    train(model, optimizer)
    path = tmp_path / "état.pt"
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    mg.save(state, path)
    expected = train(model, optimizer)

    model, optimizer = training()
    loaded = mg.load(str(path))
    model.load_state_dict(loaded["model"])
    optimizer.load_state_dict(loaded["optimizer"])
    assert loaded["epoch"] == 3
    assert train(model, optimizer) == expected


def test_a_tensor_comes_back_without_its_history():
    x = leaf([1.0, 2.0])
    assert kept([x * 2, x])[0].requires_grad is False
    assert kept(nn.Parameter(x)).__class__ is mg.Tensor


def test_views_and_stretched_tensors_are_kept_as_they_look():
    x = mg.arange(6).reshape(2, 3)
    for each in (x.T, x[:, 1], mg.ones(3).expand(2, 3)):
        same(kept(each), each)


def test_the_file_is_named_as_asked_and_numpy_can_read_it(tmp_path):
    path = tmp_path / "weights"
    mg.save({"w": mg.tensor([1.0, 2.0])}, path)
    assert [each.name for each in tmp_path.iterdir()] == ["weights"]
    with np.load(path, allow_pickle=False) as archive:
        assert archive["0"].tolist() == [1.0, 2.0]


NOT_KEPT = [
    (lambda: 1j, r"obj is of type complex"),
    (lambda: {"a": [1, {2: np.zeros(2)}]}, r"obj\['a'\]\[1\]\[2\] is of type ndarray"),
    (lambda: [np.float64(3)], r"obj\[0\] is of type float64"),
    (lambda: {"a": {1, 2}}, r"obj\['a'\] is of type set"),
    (lambda: {"a": {(1, 2): 3}}, r"A key of obj\['a'\], \(1, 2\), is of type tuple"),
    (lambda: OrderedDict(a=1), "obj is of type OrderedDict"),
    (lambda: mg.zeros(2).shape, "obj is of type Size"),
    (lambda: nn.Linear(1, 1), r"of type Linear.* state_dict\(\)"),
]


@pytest.mark.parametrize(("value", "message"), NOT_KEPT)
def test_anything_else_is_refused_by_place_and_type(value, message, tmp_path):
    path = tmp_path / "file"
    with pytest.raises(TypeError, match=message):
        mg.save(value(), path)
    assert not path.exists()


def archive(**entries):
    file = io.BytesIO()
    np.savez(file, **entries)
    return file.getvalue()


FOREIGN = [
    b"",
    b"hello",
    b"PK\x03\x04",
    b"\x93NUMPY",
    archive(a=np.zeros(2)),
    archive(structure=np.array(b"{}")),
    archive(structure=np.array(b'["tensor", "0"]')),
    archive(structure=np.array(b'["module", 1]')),
    archive(structure=np.array(b"[")),
    archive(structure=np.zeros(2)),
    archive(structure=np.array(b'["tensor", "0"]'), **{"0": np.zeros(2, np.float16)}),
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_foreign_file_is_an_error(content, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match=r"file is no file that mg\.save wrote"):
        mg.load(path)


class Code:
    def __reduce__(self):
        return print, ("code from the file was run",)


def test_no_code_in_a_file_is_run(capsys):
    file = archive(structure=np.array(b'["tensor", "0"]'), **{"0": np.array([Code()])})
    with pytest.raises(RuntimeError, match=r"mg\.save"):
        mg.load(io.BytesIO(file))
    assert capsys.readouterr().out == ""


WHOLE = io.BytesIO()
mg.save({"weight": mg.ones(3, 2), "epoch": 7}, WHOLE)


@given(st.data())
def test_a_damaged_file_is_never_read_wrongly(data):
    content = bytearray(WHOLE.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content)) | st.just(len(content))) :]
    try:
        loaded = mg.load(io.BytesIO(bytes(content)))
    except RuntimeError:
        return
    # Some bytes of a zip file, such as those of dates, mean nothing to us.
    same(loaded, {"weight": mg.ones(3, 2), "epoch": 7})


def test_no_such_file():
    with pytest.raises(FileNotFoundError):
        mg.load("there is no such file")
