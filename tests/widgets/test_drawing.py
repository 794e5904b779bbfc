"""The SVG: well formed whatever the labels, complete, the same every time."""

import re
from xml.etree import ElementTree

import pytest

from example_graphs import EXAMPLES, HOSTILE, composite, hostile
from minigrad_widgets.drawing import draw
from minigrad_widgets.screenplay import Screenplay, fold

each_graph = pytest.mark.parametrize("make", EXAMPLES)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(make):
    trace = make()
    play = Screenplay(trace)
    first, final = draw(trace, play)
    return play, ElementTree.fromstring(first), ElementTree.fromstring(final)


def having(picture, attribute):
    return {part.get(attribute): part for part in picture.iter() if attribute in part.attrib}


@each_graph
def test_all_that_frames_write_light_and_mark_is_in_the_picture(make):
    play, first, _ = drawn(make)
    parts = having(first, "data-id")
    texts = having(first, "data-slot") | having(first, "data-label")
    assert set().union(*(frame.writes for frame in play.frames)) == set(texts)
    assert {id for frame in play.frames for id in [*frame.lit, *frame.marks]} <= set(parts)


@each_graph
def test_the_first_picture_shows_the_first_frame_and_the_final_one_the_last(make):
    play, *pictures = drawn(make)
    for picture, frames in zip(pictures, [play.frames[:1], play.frames], strict=True):
        texts, marks = fold(frames)
        for slot, part in having(picture, "data-slot").items():
            assert (part.text or "") == texts[slot]
        for label, part in having(picture, "data-label").items():
            assert part.get("aria-label") == texts[label]
        marked = {
            id for id, part in having(picture, "data-id").items() if "marked" in part.get("class")
        }
        assert marked == marks


def test_the_final_picture_needs_no_page_around_it():
    play, first, final = drawn(composite)
    assert "prefers" not in ElementTree.tostring(first, "unicode")
    assert first.find(f"{SVG}style") is None
    assert "color-scheme" in final.find(f"{SVG}style").text
    assert play.chips
    assert not [id for id in having(final, "data-id") if id[0] == "c"]


@each_graph
def test_nodes_can_be_focused_and_have_a_name(make):
    _, first, _ = drawn(make)
    nodes = [part for part in first.iter(f"{SVG}g") if part.get("class") == "node"]
    assert nodes
    for node in nodes:
        assert (node.get("tabindex"), node.get("role")) == ("0", "img")
        assert re.search(r", value .+, gradient none$", node.get("aria-label"))


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
    assert once == again
    for svg in once:
        assert not re.search(r"""\s(id|href|onload)=|url\(""", svg)
        assert re.fullmatch(
            r"-?\d+(\.5)?", re.search(r' d="M(-?[\d.]+),', svg + ' d="M0,').group(1)
        )
