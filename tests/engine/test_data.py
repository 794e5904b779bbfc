"""The data sets and their loader; samples/data.py compares its order with PyTorch's."""

import math

import numpy as np
import pytest

import minigrad as mg

PLANAR = {
    "moons": (mg.data.moons, 2),
    "circles": (mg.data.circles, 2),
    "spirals": (mg.data.spirals, 2),
    "blobs": (mg.data.blobs, 3),
}
planar = pytest.mark.parametrize(("draw", "classes"), PLANAR.values(), ids=PLANAR)
drawn = pytest.mark.parametrize("draw", [*(draw for draw, _ in PLANAR.values()), mg.data.line])


def exact(draw, n=60, **options):
    X, y = draw(n, noise=0, generator=mg.Generator().manual_seed(1), **options)
    return *X.numpy().astype(float).T, y.numpy()


@planar
def test_points_and_classes(draw, classes):
    X, y = draw(10)
    assert (X.shape, X.dtype, X.requires_grad) == ((10, 2), mg.float32, False)
    assert (y.shape, y.dtype) == ((10,), mg.int64)
    assert y.tolist() == [i % classes for i in range(10)]


@drawn
def test_the_same_seed_gives_the_same_points(draw):
    def numbers(seed=None):
        generator = None if seed is None else mg.Generator().manual_seed(seed)
        return [each.tolist() for each in draw(7, generator=generator)]

    mg.manual_seed(3)
    first = numbers()
    assert numbers(3) == first
    assert numbers(4) != first
    assert numbers() != first


@planar
def test_noise_is_a_standard_deviation(draw, classes):
    X, _ = draw(4000, noise=0.3, generator=mg.Generator().manual_seed(1))
    clean, _ = draw(4000, noise=0, generator=mg.Generator().manual_seed(1))
    noise = X.numpy() - clean.numpy()
    assert np.allclose(noise.mean(0), 0, atol=0.02)
    assert np.allclose(noise.std(0), 0.3, atol=0.02)


def test_moons_are_half_circles():
    x, y, k = exact(mg.data.moons)
    assert np.allclose(np.hypot(x - k, y - 0.5 * k), 1, atol=1e-6)
    assert np.all(np.where(k, 0.5 - y, y) >= 0)
    assert np.ptp(x[k == 0]) > 1.5


def test_circles_have_their_radius():
    x, y, k = exact(mg.data.circles, factor=0.25)
    assert np.allclose(np.hypot(x, y), np.where(k, 0.25, 1), atol=1e-6)
    assert len(set(zip(x > 0, y > 0, strict=True))) == 4


@pytest.mark.parametrize("classes", [2, 3])
def test_spirals_turn_once_from_the_middle(classes):
    x, y, k = exact(mg.data.spirals, classes=classes)
    radius = np.hypot(x, y)
    turned = (np.arctan2(y, x) / (2 * math.pi) - radius - k / classes) % 1
    assert np.allclose(np.minimum(turned, 1 - turned), 0, atol=1e-5)
    assert radius.min() < 0.1 < 0.9 < radius.max() <= 1


def test_blobs_have_their_middles_on_a_circle():
    x, y, _ = exact(mg.data.blobs, n=4, classes=4)
    assert np.allclose([x, y], [[1, 0, -1, 0], [0, 1, 0, -1]], atol=1e-6)


def test_the_line_is_drawn_as_one_would_write_it():
    mg.manual_seed(42)
    x = mg.randn(100, 1)
    y = x * 3.0 - 0.5 + 0.2 * mg.randn(100, 1)
    drawn = mg.data.line(100, 0.2, 3.0, -0.5, generator=mg.Generator().manual_seed(42))
    assert [each.tolist() for each in drawn] == [x.tolist(), y.tolist()]
    assert [each.dtype for each in drawn] == [mg.float32, mg.float32]


@drawn
@pytest.mark.parametrize(
    ("options", "says"),
    [({"n": 0}, "at least one point"), ({"noise": -0.1}, "noise"), ({"noise": math.nan}, "noise")],
)
def test_data_sets_that_cannot_be(draw, options, says):
    with pytest.raises(ValueError, match=says):
        draw(**options)


def test_a_data_set_without_classes():
    with pytest.raises(ValueError, match="at least one class"):
        mg.data.blobs(classes=0)


def test_digits_are_those_of_the_repository():
    X, y = mg.data.digits()
    assert (X.shape, X.dtype, y.shape, y.dtype) == ((1797, 64), mg.float32, (1797,), mg.int64)
    pixels, labels = X.numpy(), y.numpy()
    assert (pixels.min(), pixels.max(), pixels.sum()) == (0, 16, 561718)
    assert np.array_equal(pixels, pixels.round())
    # How many of each digit, as the repository's page counts them in the test set.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    zero = pixels[labels == 0].mean(0).reshape(8, 8)
    assert zero[3:5, 3:5].max() < 3 < 10 < zero[3:5, 2].min()  # a hole, and a stroke beside it


def test_a_loader_can_be_gone_through_again_and_in_parallel():
    loader = mg.data.DataLoader(range(5), batch_size=2)
    assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3], [4]]
    pairs = zip(loader, loader, strict=True)
    assert [(a.tolist(), b.tolist()) for a, b in pairs] == [
        ([0, 1],) * 2,
        ([2, 3],) * 2,
        ([4],) * 2,
    ]


def test_a_data_set_of_the_readers_own():
    class Squares(mg.data.Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return mg.tensor(float(index)), index**2

    loader = mg.data.DataLoader(Squares(), batch_size=3)
    assert [[each.tolist() for each in batch] for batch in loader] == [[[0.0, 1.0, 2.0], [0, 1, 4]]]


def test_a_tensor_data_set_whose_rows_the_reader_changes():
    class Doubled(mg.data.TensorDataset):
        def __getitem__(self, index):
            assert isinstance(index, int)
            return 2 * self.tensors[0][index]

    loader = mg.data.DataLoader(Doubled(mg.tensor([1.0, 2.0])), batch_size=2)
    assert [batch.tolist() for batch in loader] == [[2.0, 4.0]]


def test_gradients_go_through_batches():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for (rows,) in mg.data.DataLoader(mg.data.TensorDataset(x), batch_size=2):
        (rows * rows).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        *[({"batch_size": size}, "positive integer") for size in (0, -1, 2.0, None)],
        ({"num_workers": 2}, "num_workers=2: batches are made in this process"),
        ({"dataset": [], "shuffle": True}, "data set is empty"),
    ],
)
def test_loaders_that_cannot_be(options, says):
    with pytest.raises(ValueError, match=says):
        mg.data.DataLoader(**{"dataset": range(3), **options})


def test_what_does_not_go_together():
    with pytest.raises(AssertionError, match=r"\[2, 3\] rows"):
        mg.data.TensorDataset(mg.zeros(2), mg.zeros(3))
    with pytest.raises(AssertionError, match=r"\[\] rows"):
        mg.data.TensorDataset()
    with pytest.raises(TypeError, match="not of object"):
        mg.data.default_collate([object()])
    with pytest.raises(RuntimeError, match="different lengths"):
        mg.data.default_collate([(1, 2), (3,)])


@pytest.mark.parametrize("lengths", [[3, 4], [0.5, 0.6], [0.5, 0.4], [-3, 13], [-0.5, 1.5]])
def test_splits_that_do_not_add_up(lengths):
    with pytest.raises(ValueError, match="do not add up to the data set's 10 samples"):
        mg.data.random_split(range(10), lengths)
