"""The SVG: well formed whatever the labels, complete, the same every time."""

import re
from xml.etree import ElementTree

import pytest

from example_graphs import (
    EXAMPLES,
    HOSTILE,
    composite,
    detached,
    frozen,
    heat,
    hostile,
    linear_layer,
    without_gradients_in_the_middle,
)
from minigrad_widgets.drawing import CHANGES, draw
from minigrad_widgets.layout import lay_out
from minigrad_widgets.screenplay import Screenplay, fold

each_graph = pytest.mark.parametrize("make", EXAMPLES)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(make):
    trace = make()
    play = Screenplay(trace)
    drawing = draw(trace, play)
    return play, ElementTree.fromstring(drawing.first), ElementTree.fromstring(drawing.final)


def having(picture, attribute):
    return {part.get(attribute): part for part in picture.iter() if attribute in part.attrib}


@each_graph
def test_all_that_frames_write_light_and_mark_is_in_the_picture(make):
    play, first, _ = drawn(make)
    parts = having(first, "data-id")
    texts = having(first, "data-slot") | having(first, "data-label")
    assert set().union(*(frame.writes for frame in play.frames)) == set(texts)
    named = [[*frame.lit, *frame.marks, *frame.unmarks] for frame in play.frames]
    chips = [[frame.chip["beside"]] for frame in play.frames if frame.chip]
    assert {id for ids in [*named, *chips] for id in ids} <= set(parts)


@each_graph
def test_the_first_picture_holds_no_number_and_the_final_one_the_last_of_each(make):
    play, first, final = drawn(make)
    assert not any(part.text or part.get("href") for part in having(first, "data-slot").values())
    assert not [part for part in first.iter() if "marked" in part.get("class", "")]
    texts, marks = fold(play.frames)
    for slot, part in having(final, "data-slot").items():
        assert (part.get("href") if slot.endswith(":heat") else part.text or "") == texts[slot]
    for label, part in having(final, "data-label").items():
        assert part.get("aria-label") == texts[label]
    marked = {id for id, part in having(final, "data-id").items() if "marked" in part.get("class")}
    assert marked == marks


def test_the_final_picture_needs_no_page_around_it():
    _, first, final = drawn(composite)
    assert "prefers" not in ElementTree.tostring(first, "unicode")
    assert first.find(f"{SVG}style") is None
    assert "color-scheme" in final.find(f"{SVG}style").text


def test_pictures_of_other_numbers_are_the_same_as_long_as_they_fit():
    one, other = composite(), composite((-1.0, 3.0, 1.0))
    before = draw(one, Screenplay(one))
    after = draw(other, Screenplay(other), before.arrangement)
    assert after.first == before.first
    assert after.final != before.final


def test_what_can_be_changed_says_so():
    trace = composite()
    picture = ElementTree.fromstring(draw(trace, Screenplay(trace), editable={0}).first)
    nodes = [part for id, part in having(picture, "data-id").items() if id[0] == "n"]
    assert [part.get("aria-roledescription") for part in nodes] == [CHANGES] + [None] * 10
    assert [part.get("class") for part in nodes] == ["node editable"] + ["node"] * 10


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (frozen, "does not require a gradient"),
        (without_gradients_in_the_middle, "computed under no_grad"),
        (detached, "detached"),
    ],
)
def test_where_no_gradient_comes_back_the_edge_is_cut_and_says_why(make, why):
    trace = make()
    play, first, _ = drawn(make)
    edges = [having(first, "data-id")[f"e{edge.id}"] for edge in trace.edges]
    cut = [part for part in edges if part.get("class") == "edge cut"]
    assert cut
    assert len(cut) == sum(part.find(f"{SVG}path[@class='slash']") is not None for part in edges)
    assert {part.get("aria-label") for part in cut} == {f"cut: no gradient goes back here ({why})"}
    boxes = [box for id, box in lay_out(trace, play).boxes.items() if id[0] in "nb"]
    for part in cut:
        strokes = part.find(f"{SVG}path[@class='slash']").get("d")
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", strokes):
            assert not [
                box
                for box in boxes
                if box.x < float(x) < box.right and box.y < float(y) < box.bottom
            ]
    walked = {mark for frame in play.frames for mark in frame.marks}
    assert not walked & {part.get("data-id") for part in cut}


def test_a_tensor_has_a_cell_or_a_picture_for_its_value_and_its_gradient():
    _, _, final = drawn(linear_layer)
    texts = {slot: part.text for slot, part in having(final, "data-slot").items()}
    assert (texts["v0"], texts["v1"]) == ("batch 3 · in 4", "in 4 · out 2")
    assert [texts[f"v0.{cell}"] for cell in range(3)] == ["−2", "−1.64", "−1.27"]
    assert "g0" not in texts
    assert len([slot for slot in texts if slot.startswith("g1.")]) == 8
    _, _, final = drawn(heat)
    images = {part.get("data-slot"): part.get("href") for part in final.iter(f"{SVG}image")}
    assert {"v0:heat", "v1:heat", "g1:heat"} <= set(images)
    assert all(image.startswith("data:image/png;base64,") for image in images.values())


@each_graph
def test_nodes_can_be_focused_and_have_a_name(make):
    _, first, _ = drawn(make)
    nodes = [part for part in first.iter(f"{SVG}g") if part.get("class") == "node"]
    assert nodes
    for node in nodes:
        assert (node.get("tabindex"), node.get("role")) == ("0", "img")
        assert node.get("data-label") in Screenplay(make()).frames[0].writes


def test_hostile_labels_are_text():
    _, first, final = drawn(hostile)
    for picture in (first, final):
        assert {part.tag.removeprefix(SVG) for part in picture.iter()} <= {
            "svg", "g", "rect", "path", "text", "title", "style",
        }  # fmt: skip
        titles = [part.text for part in picture.iter(f"{SVG}title")]
        assert any(title.startswith(HOSTILE[0]) for title in titles)
        assert any(title.startswith(HOSTILE[1]) for title in titles)
        assert any(title.startswith("two lines and a tab") for title in titles)
        assert any(
            title.startswith("nul � escape � surrogate � turned � round �") for title in titles
        )
        assert any("👩‍🚀 漢字" in title for title in titles)
        names = [part.text for part in picture.iter(f"{SVG}text") if part.get("class") == "name"]
        assert max(map(len, names)) < 40
        assert len(picture.get("aria-label")) < 60


@each_graph
def test_pictures_can_share_a_page_and_are_the_same_each_time(make):
    trace = make()
    once, again = (draw(trace, Screenplay(trace)) for _ in range(2))
    assert (once.first, once.final) == (again.first, again.final)
    for svg in (once.first, once.final):
        assert not re.search(r"""\s(id|href|onload)="(?!data:image/png)|url\(""", svg)
        assert re.fullmatch(
            r"-?\d+(\.5)?", re.search(r' d="M(-?[\d.]+),', svg + ' d="M0,').group(1)
        )
