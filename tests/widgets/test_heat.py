"""Heatmaps: read back as an image library reads them, pixel by pixel."""

import io
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from minigrad_widgets.heat import GRADIENTS, PIXELS, VALUES, about, heat_png, scale_of, strongest

INF, NAN = np.inf, np.nan


def cells(values, scale, ramp=VALUES):
    """The red, green, blue and opacity of each number's pixels: (rows, columns, 5, 5, 4)."""
    kind, _, data = heat_png(np.array(values), scale, ramp).partition(";base64,")
    assert kind == "data:image/png"
    picture = np.asarray(Image.open(io.BytesIO(b64decode(data))).convert("RGBA"))
    height, width, _ = picture.shape
    split = picture.reshape(height // PIXELS, PIXELS, width // PIXELS, PIXELS, 4)
    return split.swapaxes(1, 2)


def hues(cell):
    return {tuple(pixel[:3]) for pixel in cell.reshape(-1, 4).tolist() if pixel[3]}


@pytest.mark.parametrize("ramp", [VALUES, GRADIENTS])
def test_colour_is_the_sign_and_opacity_the_size(ramp):
    ((full, half, zero, minus),) = cells([2.0, 1.0, 0.0, -2.0], 2, ramp)
    assert hues(full) == hues(half) == {ramp.positive}
    assert (full[..., 3] == 255).all()
    assert (abs(half[..., 3].astype(int) - 128) <= 1).all()
    assert not zero[..., 3].any()
    assert hues(minus) == {ramp.negative}


@pytest.mark.parametrize("size", [0.001, 0.3, 0.5, 0.51, 1.0])
def test_a_negative_number_shows_a_dash_however_small(size):
    ((plus, minus),) = cells([size, -size], 1)
    plus, minus = plus[..., 3].astype(int), minus[..., 3].astype(int)
    assert len(np.unique(plus)) == 1
    dash = minus[2, 1:4]
    around = np.delete(minus.ravel(), [11, 12, 13])
    assert (around == plus[0, 0]).all()
    assert (abs(dash - plus[0, 0]) >= 120).all()


def test_every_kind_of_number_has_a_shape_of_its_own():
    kinds = [1.0, -1.0, 0.0, 9.0, -9.0, INF, -INF, NAN]
    shapes = [tuple(cell[..., 3].ravel()) for cell in cells(kinds, 1)[0]]
    assert len(set(shapes)) == len(kinds)


def test_downsampling_keeps_what_stands_out():
    values = np.random.default_rng(0).normal(size=(200, 1000))
    values[130, 777], values[3, 3], values[199, 999] = NAN, -50, INF
    shown = strongest(values)
    assert shown.shape == (50, 63)
    assert np.isnan(shown).sum() == 1
    assert np.nanmin(shown) == -50
    assert shown[-1, -1] == INF
    assert np.isin(shown[np.isfinite(shown)], values).all()
    assert cells(values, 4).shape[:2] == (50, 63)
    small = values[:64, :64]
    assert strongest(small) is small


def test_a_picture_is_small_and_the_same_each_time():
    values = np.random.default_rng(0).normal(size=(64, 64))
    assert heat_png(values, 3) == heat_png(values, 3)
    assert len(heat_png(values, 3)) < 20_000


def test_the_scale_is_the_largest_number_that_is_no_outlier():
    assert scale_of([np.array([1, -2.0]), np.array([[3.0]])]) == 3
    assert scale_of([np.array([1, 2, -3, 10_000, INF, NAN, 0, 0, 0, 0])]) == 3
    assert scale_of([np.array([True, False])]) == 1
    for nothing in ([], [np.zeros(3)], [np.array([NAN, INF])], [np.zeros((0, 2))]):
        assert scale_of(nothing) == 1


def test_what_a_picture_may_hide_is_said():
    values = np.array([-1.2, 3, NAN, NAN, INF, -INF, -INF, 0])
    assert about(values) == "min −1.2, max 3, 2 NaN, 1 ∞, 2 −∞"
    assert about(values, 2) == "min −1.2, max 3, 2 NaN, 1 ∞, 2 −∞, 1 beyond ±2"
    assert about(np.array([NAN])) == "1 NaN"
    assert about(np.zeros((2, 0))) == "no numbers"
    assert about(np.ones((128, 3))).endswith("each cell is the one of 2×1 numbers farthest from 0")
