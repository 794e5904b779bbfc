"""Descents against closed forms and against minigrad.optim by hand; the widget around them."""

import threading

import numpy as np
import pytest
from matplotlib import pyplot

import minigrad as mg
from minigrad_widgets.descent import DescentExplorer, LineFit
from minigrad_widgets.landscapes import (
    LANDSCAPES,
    FunctionError,
    as_landscape,
    noisy,
    value_and_slope,
)
from minigrad_widgets.racing import RACERS, Descent, behaviours, descend

BOWL, RAVINE, SADDLE = (LANDSCAPES[name] for name in ("bowl", "ravine", "saddle"))
SQUARE = ((-1, 1), (-1, 1))


# Landscapes ------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", LANDSCAPES.values(), ids=LANDSCAPES)
def test_a_landscape_is_flat_at_its_minima_and_steep_at_its_start(ground):
    for spot in ground.minima:
        value, slope = value_and_slope(ground.height, *spot)
        assert slope == pytest.approx([0] * len(spot), abs=1e-4)
        for move in np.eye(len(spot)) * 0.01:
            assert value_and_slope(ground.height, *(np.array(spot) + move))[0] > value
    assert np.linalg.norm(value_and_slope(ground.height, *ground.start)[1]) > 0.5
    for each, (low, high) in zip(ground.start, ground.window, strict=True):
        assert low < each < high


def test_noise_is_the_seeds():
    at = (0.3, -1.0)
    assert noisy(1).height(*at) == noisy(1).height(*at) != noisy(2).height(*at)


def test_a_function_of_one_number_two_or_a_vector():
    assert as_landscape(lambda x: x**2).inputs == ("x",)
    assert as_landscape(lambda w, b: w * b).inputs == ("w", "b")
    vector = as_landscape(lambda p: p[0] ** 2 + 3 * p[1])
    assert vector.inputs == ("p[0]", "p[1]")
    value, slope = value_and_slope(vector.height, 2.0, 5.0)
    assert (value, slope.tolist()) == (19, [4, 3])
    assert as_landscape(lambda p: (p**2).sum(), start=(1, 8)).window == ((-3, 3), (-12, 12))


# Descents --------------------------------------------------------------------------------


def test_plain_descent_is_the_closed_form():
    way = descend(RAVINE.height, "SGD", (-4.0, 1.5), 0.02, 30)
    steps = np.arange(31)
    closed = np.stack([-4 * (1 - 0.02) ** steps, 1.5 * (1 - 0.02 * 20) ** steps], axis=1)
    np.testing.assert_allclose(way.points, closed, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(way.heights, (closed**2) @ [0.5, 10], rtol=1e-12)
    np.testing.assert_allclose(way.slopes, closed * [1, 20], rtol=1e-12, atol=1e-15)


BY_HAND = {
    "SGD": lambda p: mg.optim.SGD(p, 0.0005),
    "momentum": lambda p: mg.optim.SGD(p, 0.0005, momentum=0.9),
    "Nesterov": lambda p: mg.optim.SGD(p, 0.0005, momentum=0.9, nesterov=True),
    "RMSprop": lambda p: mg.optim.RMSprop(p, 0.0005),
    "Adam": lambda p: mg.optim.Adam(p, 0.0005),
}


@pytest.mark.parametrize("racer", BY_HAND)
def test_racers_are_minigrads_optimizers(racer):
    point = mg.tensor([-0.5, 0.7], dtype=mg.float64, requires_grad=True)
    optimizer = BY_HAND[racer]([point])
    for _ in range(20):
        optimizer.zero_grad()
        ((1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2).backward()
        optimizer.step()
    way = descend(LANDSCAPES["Rosenbrock"].height, racer, (-0.5, 0.7), 0.0005, 20)
    np.testing.assert_allclose(way.points[-1], point.detach().numpy(), rtol=1e-9)


def test_newton_is_there_at_once_on_a_parabola_and_by_its_formula_elsewhere():
    assert descend(RAVINE.height, "Newton", (-4.0, 1.5), 1.0, 1).points[-1] == pytest.approx([0, 0])
    way = descend(lambda x: x**4, "Newton", (3.0,), 1.0, 3)
    assert way.points[:, 0] == pytest.approx(3 * (2 / 3) ** np.arange(4))
    assert way.notes == ()


def test_newton_says_where_it_is_lost():
    (note,) = descend(SADDLE.height, "Newton", (1.0, 1.0), 1.0, 3).notes
    assert note == (1, "H is not positive definite at step 1: it aims at a saddle or top")
    flat = descend(lambda x, y: x**2 + y, "Newton", (1.0, 1.0), 1.0, 3)
    assert len(flat.points) == 1
    assert "no inverse" in flat.notes[0][1]


def walk(points, height, slope):
    points = np.array(points, float).reshape(len(points), -1)
    slopes = np.array([slope(*each) for each in points], float).reshape(points.shape)
    return Descent("planted", points, np.array([height(*each) for each in points]), slopes)


def on_bowl(points):
    return walk(points, lambda x, y: x * x + y * y, lambda x, y: (2 * x, 2 * y))


def on_saddle(points):
    return walk(points, lambda x, y: x * x - y * y, lambda x, y: (2 * x, -2 * y))


STAND = [(0.001 * (k % 2), 0.0) for k in range(30)]
PLANTED = {
    "nothing": (on_bowl([(0.5 * 0.8**k, 0) for k in range(30)]), set()),
    "creep": (on_bowl([(0.9 - 0.001 * k, 0) for k in range(30)]), {"creep"}),
    "arrive": (on_bowl([(0.02 * 0.7**k, 0) for k in range(40)]), set()),
    "zigzag": (on_bowl([(0.9 - 0.05 * k, 0.3 * (-0.9) ** k) for k in range(9)]), {"zigzag"}),
    "jump far": (on_bowl([(0.9, 0), (0.1, 0)]), {"jump"}),
    "jump a valley": (on_bowl([(0.3, 0.5), (0.3, 0), (-0.2, 0), (0.35, 0)]), {"jump"}),
    "escape": (on_saddle([(0.9 * 0.7**k, 0.005 * 1.4**k) for k in range(15)]), {"escape"}),
    "stuck": (on_saddle([(0.9 * 0.7**k, 0) for k in range(15)]), set()),
    "leave": (on_saddle([(0, 0.7), (0, 0.8), (0, 1.2)]), {"leave"}),
    "stray": (on_bowl([(0.9, 0), (1.1, 0), (0.5, 0)]), {"stray"}),
    "diverge": (on_bowl([(0.7, 0), (0.8, 0), (1.1, 0)]), {"diverge"}),
    "overflow": (on_bowl([(0.7, 0), (0.8, 0), (np.inf, 0)]), {"diverge"}),
}


@pytest.mark.parametrize(("way", "names"), PLANTED.values(), ids=PLANTED)
def test_behaviours_of_planted_ways(way, names):
    assert set(behaviours(way, SQUARE)) == names


def test_a_hill_is_escaped_over():
    valleys = LANDSCAPES["two valleys"]
    way = descend(valleys.height, "momentum", (2.0,), 0.05, 100)
    over = {x > 0 for x in way.points[:, 0]} == {True, False}
    assert over == ("escape" in behaviours(way, valleys.window))
    stays = descend(valleys.height, "SGD", (2.0,), 0.05, 100)
    assert "escape" not in behaviours(stays, valleys.window)


# The widget ------------------------------------------------------------------------------


def test_the_summary_has_the_numbers_of_the_picture():
    explorer = DescentExplorer("bowl", start=(4, -2), rate=0.5, racers=["SGD", "Newton"])
    explorer.step.value = 2
    assert explorer.summary.splitlines() == [
        "bowl, rate 0.5, step 2 of 100, from (4, −2).",
        "SGD: after 2 steps at (1, −0.5), height 0.625, slope 1.118.",
        "Newton: after 2 steps at (0, 0), height 0, slope 0; jumps far, over a quarter of the "
        "picture, first at step 1.",
    ]
    drawn = {line.get_label(): line for line in explorer._axes.get_lines()}
    assert drawn["SGD"].get_xdata()[-1] == 1
    assert "SGD to 0.625, Newton to 0" in explorer._losses.value
    data = explorer._repr_mimebundle_()
    assert data["text/plain"] == explorer.summary == repr(explorer)
    assert data["image/png"]


def test_every_control_moves_the_picture():
    explorer = DescentExplorer("bowl", racers=["SGD"], rate=0.1)
    explorer.step.value = 1
    explorer.start[0].value = 2.0
    assert "at (1.8, 2.7)" in explorer.summary
    explorer.rate.value = 0.5
    assert "at (1, 1.5)" in explorer.summary
    explorer.racers["Adam"].value = True
    explorer.racers["SGD"].value = False
    assert list(explorer.descents) == ["Adam"]
    explorer.racers["Adam"].value = False
    assert explorer.summary.endswith("Choose an optimizer.")
    explorer.racers["SGD"].value = True
    explorer.landscape.value = "ravine"
    assert explorer.summary.startswith("ravine, rate 0.5, step 1 of 100, from (−4, 1.5).")
    assert explorer._surface.layout.display == "none"
    explorer.space.value = True
    assert explorer._surface.layout.display is None
    explorer.rate.value = 0.05
    before = explorer._surface.value
    assert "as a surface" in before
    explorer.step.value = 50
    assert explorer._surface.value != before
    explorer.step.value = 1
    explorer.landscape.value = "parabola"
    assert explorer._surface.layout.display == "none"
    assert explorer.start[1].layout.display == "none"
    assert "at (−3.8)" in explorer.summary


@pytest.mark.parametrize("ground", [each for each in LANDSCAPES.values() if len(each.window) == 2])
def test_the_arrow_stands_square_on_the_contours(ground):
    """In pixels, because that is where an angle is seen."""
    explorer = DescentExplorer(ground, racers=["SGD"])
    explorer.step.value = 0
    (arrow,) = explorer._axes.texts
    tip, here = explorer._axes.transData.transform([arrow.xy, arrow.xyann])
    here_x, here_y = value_and_slope(ground.height, *ground.start)[1]
    along = np.array([[0, 0], [-1e-3 * here_y, 1e-3 * here_x]]) + ground.start
    contour = np.diff(explorer._axes.transData.transform(along), axis=0)[0]
    length = np.linalg.norm(tip - here) * np.linalg.norm(contour)
    assert abs((tip - here) @ contour) / length < 1e-6
    window = explorer._axes.get_xlim(), explorer._axes.get_ylim()
    for (low, high), (shown_low, shown_high) in zip(ground.window, window, strict=True):
        assert shown_low <= low < high <= shown_high


def test_a_step_draws_the_marks_alone_as_a_new_explorer_would():
    def pixels(each):
        each._picture.canvas.draw()
        return [np.array(c.canvas.buffer_rgba()) for c in (each._picture, each._losses)]

    moved = DescentExplorer("ravine", steps=9)
    pixels(moved)
    moved.step.value, moved.rate.value = 4, 0.1
    fresh = DescentExplorer("ravine", steps=9, rate=0.1)
    fresh.step.value = 4
    assert all(map(np.array_equal, pixels(moved), pixels(fresh)))


def test_a_window_of_two_scales_is_said():
    explorer = DescentExplorer(lambda x, y: x + y, window=((0, 1), (0, 50)))
    assert explorer._axes.get_title().endswith("two scales")
    assert explorer._axes.get_ylim() == (0, 50)


def labels(explorer):
    return [line.get_label() for line in explorer._axes.get_lines()]


def click(explorer, x, y):
    with explorer._lock:
        explorer._picture.canvas.draw()
        px, py = explorer._axes.transData.transform((x, y))
        height = explorer._picture.canvas.figure.bbox.height
    for kind in ("button_press", "button_release"):
        content = {"type": kind, "x": px, "y": height - py, "button": 0, "buttons": 1}
        explorer._picture.canvas._handle_message(None, content | {"modifiers": []}, [])


def test_a_click_sets_the_start():
    explorer = DescentExplorer("bowl", racers=["SGD"])
    click(explorer, 2.0, -3.0)
    x, y = (field.value for field in explorer.start)
    assert (x, y) == pytest.approx((2, -3), abs=0.05)
    assert explorer.descents["SGD"].points[0].tolist() == [x, y]


def test_divergence_is_said_and_stays_in_the_picture():
    explorer = DescentExplorer("ravine", rate=0.5, racers=["SGD"])
    assert "diverges" in explorer.summary
    xy = np.concatenate([line.get_xydata() for line in explorer._axes.get_lines()])
    assert np.nanmax(np.abs(xy)) <= 5 + 1e-9
    assert "SGD leaves at step 1" in labels(explorer)
    assert "leaves the picture at step 1" in explorer.summary


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x, y: x.item() * y.item(), "returned a float"),
        (lambda x, y: mg.stack([x, y]), "shape (2,)"),
        (lambda x, y, z: x, "3 inputs (x, y, z)"),
        (lambda x, y: x / 0 + nothing, "NameError"),  # noqa: F821
        (lambda x, y: mg.tensor(1.0), "does not depend"),
        ("bowls", "There is no 'bowls'"),
    ],
)
def test_what_is_wrong_is_said_in_place_and_the_picture_stays(function, said):
    explorer = DescentExplorer("ravine", racers=["SGD"])
    before, drawn = explorer.summary, len(explorer._axes.get_lines())
    explorer.use(function)
    assert said in explorer.summary
    assert explorer.summary.endswith("The picture still shows: ravine.")
    assert len(explorer._axes.get_lines()) == drawn
    explorer.step.value -= 1
    explorer.step.value += 1
    assert explorer.summary == before


def test_the_readers_function_stays_in_the_list():
    explorer = DescentExplorer(lambda w, b: w**2 + b**2, start=(1, 2), racers=["SGD"], rate=0.25)
    explorer.step.value = 1
    assert "at (0.5, 1)" in explorer.summary
    assert explorer.start[0].description == "start w"
    explorer.use(lambda w, b: 2 * w**2 + b**2, start=(1, 2))  # another one from the same start
    assert "at (0, 1)" in explorer.summary
    explorer.landscape.value = "bowl"
    explorer.landscape.value = "your function"
    assert "from (1, 2)" in explorer.summary


def test_a_line_is_fitted_in_both_views():
    x = np.arange(6.0)
    fit = LineFit(x, 3 * x - 1, rate=0.05, steps=400, racers=["SGD"])
    assert fit.descents["SGD"].points[-1] == pytest.approx([3, -1], abs=0.02)
    fit.step.value = 7
    w, b = fit.descents["SGD"].points[-1]
    value, slope = value_and_slope(fit._line.height, 1.0, 2.0)
    off = 1.0 * x + 2 - (3 * x - 1)
    assert (value, *slope) == pytest.approx((np.mean(off**2), *(2 * np.mean(off * [x, x**0], 1))))
    (line,) = fit._over_data.axes.get_lines()
    assert line.get_ydata() == pytest.approx([b, 5 * w + b])
    assert mg.printing.number(w) in fit._over_data.value
    dot = fit._axes.get_lines()[-1]
    assert dot.get_xydata().tolist() == [[w, b]]
    fit.landscape.value = "bowl"
    assert fit._over_data.layout.display == "none"
    fit.landscape.value = "mean squared error"
    assert fit._over_data.layout.display is None
    with pytest.raises(ValueError, match=r"shape \(3,\) and y \(2,\)"):
        LineFit([1, 2, 3], [1, 2])


def test_edits_from_many_threads_end_where_the_controls_stand():
    explorer = DescentExplorer("bowl", racers=["SGD"], steps=20)
    failed = []

    def turn(number):
        try:
            draw = np.random.Generator(np.random.PCG64(number))
            for _ in range(3):
                explorer.rate.value = float(draw.choice([0.01, 0.1, 0.5, 1]))
                explorer.step.value = int(draw.integers(0, 20))
                click(explorer, *draw.uniform(-3, 3, 2))
                explorer.landscape.value = str(draw.choice(["bowl", "ravine", "saddle"]))
                explorer._picture.canvas._handle_message(None, {"type": "draw"}, [])
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=turn, args=(n,), name=f"edit {n}") for n in range(3)]
    for each in threads:
        each.start()
    explorer.racers["Adam"].value = True  # a cell runs meanwhile
    for each in threads:
        each.join()
    assert failed == []
    fresh = DescentExplorer(
        explorer.landscape.value, start=[field.value for field in explorer.start],
        rate=explorer.rate.value, steps=20, racers=["SGD", "Adam"],
    )  # fmt: skip
    fresh.step.value = explorer.step.value
    assert explorer.summary == fresh.summary
    shown = [
        [line.get_xydata().tolist() for line in each._axes.get_lines() if line.get_xydata().size]
        for each in (explorer, fresh)
    ]
    assert np.array_equal(str(shown[0]), str(shown[1]))
    assert pyplot.get_fignums() == []


def test_all_racers_have_a_checkbox_and_unknown_names_are_refused():
    explorer = DescentExplorer("bowl", racers=list(RACERS))
    assert list(explorer.descents) == list(RACERS)
    with pytest.raises(FunctionError, match="Himmelblau"):
        as_landscape("himmel")
