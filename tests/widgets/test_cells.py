"""The tables of a step: their numbers, and which cells make which."""

import numpy as np
import pytest

import minigrad as mg
from example_graphs import (
    EXAMPLES,
    along_an_axis,
    composite,
    heat,
    leaf,
    linear_layer,
    many_dims,
    network,
    second_pass_of_tensors,
    vectors_and_matrices,
)
from minigrad_widgets.cells import cells_of
from minigrad_widgets.screenplay import Screenplay


def tables(trace):
    """The cells of each step that has some, with the step."""
    return [(step, cells) for step in trace.steps if (cells := cells_of(trace, step))]


def words(cells):
    """The parts, tables by their names."""
    return [part if isinstance(part, str) else part["name"] for part in cells["parts"]]


def numbers(table):
    return np.array([[float(cell.replace("−", "-")) for cell in row] for row in table["rows"]])


def line(table, which, i, j):
    """The numbers that `reads` names: a row or a column."""
    place = i if "i" in which else j
    return table[:, place] if which.startswith(":") else table[place]


@pytest.mark.parametrize("make", [linear_layer, network, vectors_and_matrices])
def test_each_cell_of_a_product_comes_from_the_row_and_the_column_that_it_names(make):
    products = 0
    for step, cells in tables(make()):
        if "@" not in words(cells):
            continue
        products += 1
        shown = {i: numbers(part) for i, part in enumerate(cells["parts"]) if "rows" in part}
        left, right, *bias = cells["reads"]
        for (i, j), cell in np.ndenumerate(shown[cells["result"]]):
            row, column = (line(shown[at], cells["reads"][at], i, j) for at in (left, right))
            assert cells["says"].startswith(f"{len(row)} products")
            total = row @ column + sum(float(line(shown[at], ":j", i, j)[0]) for at in bias)
            assert total == pytest.approx(cell, rel=5e-3, abs=5e-3), step
    assert products >= 2


def test_the_products_of_the_lesson_say_how_many_and_of_what():
    said = [
        (words(cells), cells["says"]) for _, cells in tables(linear_layer()) if "@" in words(cells)
    ]
    assert said[0] == (["X", "@", "W", "=", "X @ W"], "4 products, summed")
    assert said[1] == (["Xᵀ", "@", "G", "=", "for W"], "3 products, one per example")
    said = [words(cells) for _, cells in tables(network()) if "@" in words(cells)]
    assert said[0][1:2] + said[0][3:4] == ["@", "+"]
    assert said[0][2].endswith("ᵀ")


def test_a_stretched_bias_is_summed_back_and_not_averaged():
    cells = next(cells for step, cells in tables(linear_layer()) if step.kind == "unbroadcast")
    before, signs, after, warning, mean = cells["parts"]
    assert (signs, warning) == ("+ + + over axis 0 =", "and not the mean")
    assert numbers(before).sum(axis=0) == pytest.approx(numbers(after)[0], rel=1e-3)
    assert numbers(mean) == pytest.approx(numbers(after) / 3, rel=1e-3)
    assert (cells["result"], cells["reads"], cells["says"]) == (2, {0: ":j"}, "3 numbers, added")


def test_an_elementwise_edge_multiplies_cell_by_cell():
    x = leaf([[1.0, 2.0], [3.0, 4.0]], "x")
    found = [cells for step, cells in tables(mg.trace((x**2).sum())) if step.kind == "edge"]
    arriving, times, slope, equals, brought = found[-1]["parts"]
    assert (times, equals, slope["name"]) == ("×", "=", "∂(x²)/∂x")
    assert (numbers(arriving) * numbers(slope) == numbers(brought)).all()


def test_sums_of_roads_and_of_passes():
    trace = second_pass_of_tensors()
    found = {step.kind: words(cells) for step, cells in tables(trace)}
    assert found["meet"] == ["one road", "+", "another", "+", "another", "=", "together"]
    assert found["deposit"] == [".grad", "+", "this pass", "=", ".grad"]


def test_a_row_op_has_its_jacobian():
    step, cells = next(pair for pair in tables(along_an_axis()) if "jacobian" in pair[1])
    assert numbers(cells["jacobian"]) == pytest.approx(step.moves[0].jacobian, rel=1e-3)


def test_single_numbers_have_no_tables_and_many_are_an_image():
    assert not tables(composite())
    for make in (heat, many_dims):
        parts = [part for _, cells in tables(make()) for part in cells["parts"]]
        images = [part for part in parts if "image" in part]
        assert images
        assert all(part["about"].startswith("min ") for part in images)
        assert not [part for part in images if "rows" in part]


@pytest.mark.parametrize("make", EXAMPLES)
def test_no_table_has_more_than_16_rows_or_columns(make):
    for _, cells in tables(make()):
        for part in cells["parts"]:
            if not isinstance(part, str) and "rows" in part:
                assert max(np.shape(part["rows"])) <= 16


def test_large_graphs_go_without():
    total = leaf([1.0, 2.0], "x")
    for _ in range(60):
        total = total + 1
    assert not any(frame.cells for frame in Screenplay(mg.trace(total.sum())).frames)
    assert any(frame.cells for frame in Screenplay(linear_layer()).frames)
