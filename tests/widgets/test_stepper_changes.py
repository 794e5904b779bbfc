"""What a reader changes in a stepper, what a cell or a loop feeds it, and what is saved of it."""

import gzip
import json
import random
import re
import threading
from base64 import b64decode

import numpy as np
import pytest

import minigrad as mg
from example_graphs import leaf
from minigrad_widgets import GraphStepper
from minigrad_widgets import kernel as notebook
from minigrad_widgets.screenplay import Frame


def ask(stepper, **request):
    stepper._on_request(stepper, request, [])


def shown(stepper, slot):
    """The text that a slot holds at the last step."""
    return [frame["writes"][slot] for frame in stepper.frames if slot in frame.get("writes", {})][
        -1
    ]


def z(x, a, b):
    y = a * x**2 + b * x + 1
    return y**2 + 2 * y


@pytest.fixture
def leaves():
    return leaf(3.0, "x"), leaf(-3.0, "a"), leaf(5.0, "b")


def test_a_changed_leaf_changes_the_numbers_and_nothing_else(leaves):
    stepper = GraphStepper(z(*leaves))
    stepper.step = 12
    picture = stepper.svg
    ask(stepper, kind="edit", leaf=0, name="x", text="−2", edit=1)
    assert (stepper.edit, stepper.error, stepper.step) == (1, "", 12)
    assert stepper.svg == picture  # so nothing on the page moves
    assert shown(stepper, "b0") == ".grad −680"  # (2y + 2)(2ax + b) with y = −21
    assert leaves[0].item() == 3  # the reader's own tensor


def test_numbers_that_need_more_room_get_it(leaves):
    stepper = GraphStepper(z(*leaves))
    picture = stepper.svg
    ask(stepper, kind="edit", leaf=0, name="x", text="-1.234e-12", edit=1)
    assert stepper.svg != picture
    assert stepper.leaves[0]["text"] == "-1.234e-12"


def test_a_function_is_run_again_so_its_branches_are_right():
    def absolute(x):
        return -x if x < 0 else x * x

    stepper = GraphStepper(absolute, leaf(-2.0, "x"))
    ask(stepper, kind="edit", leaf=0, name="x", text="3", edit=1)
    assert shown(stepper, "b0") == ".grad 6"


def test_a_mistake_is_said_and_the_graph_is_kept(leaves):
    stepper = GraphStepper(z(*leaves))
    frames, picture = stepper.frames, stepper.svg
    ask(stepper, kind="edit", leaf=0, name="x", text="three", edit=7)
    assert (stepper.edit, stepper.error) == (
        7,
        "“three” is not a number. Type one, such as −1.5 or 1/4.",
    )
    assert (stepper.frames, stepper.svg) == (frames, picture)
    ask(stepper, kind="edit", leaf=0, name="x", text="3", edit=8)
    assert (stepper.edit, stepper.error) == (8, "")


def test_a_function_that_fails_on_a_change_is_said_in_place():
    def root(x):
        if x < 0:
            raise ValueError("no roots below 0")
        return x.sqrt()

    stepper = GraphStepper(root, leaf(4.0, "x"))
    ask(stepper, kind="edit", leaf=0, name="x", text="-1", edit=1)
    assert "no roots below 0" in stepper.error
    assert shown(stepper, "b0") == ".grad 0.25"


def test_a_slider_stays_under_the_hand_that_drags_it(leaves):
    stepper = GraphStepper(z(*leaves), sliders=True)
    before = [stepper.leaves[0][end] for end in ("low", "high")]
    ask(stepper, kind="edit", leaf=0, name="x", text="5.5", edit=1)
    assert [stepper.leaves[0][end] for end in ("low", "high")] == before == [-3, 9]
    ask(stepper, kind="edit", leaf=0, name="x", text="100", edit=2)
    assert stepper.leaves[0]["low"] < 100 < stepper.leaves[0]["high"]


def test_edits_from_many_threads_while_a_cell_runs(leaves):
    """Whatever comes in between, all that is shown belongs to one and the same edit."""
    stepper = GraphStepper(z, *leaves)
    barrier = threading.Barrier(5)

    def drag(first):
        barrier.wait()
        for place in range(8):
            number = first + place
            ask(stepper, kind="edit", leaf=0, name="x", text=str(number), edit=number)

    threads = [threading.Thread(target=drag, args=(100 * k,)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    barrier.wait()
    for _ in range(50):  # the cell
        z(*leaves).backward()
    for thread in threads:
        thread.join()
    x = stepper.edit
    assert stepper.error == ""
    assert stepper.leaves[0]["text"] == str(x)
    assert shown(stepper, "v0") == str(x)
    again = GraphStepper(z, leaf(float(x), "x"), *leaves[1:])
    assert [f["sentence"] for f in stepper.frames[:9]] == [f["sentence"] for f in again.frames[:9]]


# Live ------------------------------------------------------------------------------------


class Kernel:
    """Stands in for ipykernel and its shell: it knows which cell runs, and tells when it ends."""

    def __init__(self):
        self.runs = 0
        self.waiting = []

    def register(self, event, act):
        assert event == "post_run_cell"
        self.waiting.append(act)

    def unregister(self, event, act):
        self.waiting.remove(act)

    def end(self):
        for act in [*self.waiting]:
            act(None)

    def run(self, name):
        self.runs += 1
        self.message = {"metadata": {"cellId": name}, "header": {"msg_id": str(self.runs)}}

    def get_parent(self, channel):
        return self.message


@pytest.fixture
def kernel(monkeypatch):
    kernel = Kernel()
    shell = type("Shell", (), {"kernel": kernel, "events": kernel})
    monkeypatch.setattr(notebook, "get_ipython", shell)
    monkeypatch.setattr(notebook, "_made", {})
    return kernel


def test_a_cell_that_runs_again_goes_on_where_the_reader_was(kernel, leaves):
    kernel.run("one")
    first, other = GraphStepper(z(*leaves)), GraphStepper(leaves[0] * 2)
    first.step = 13
    kernel.run("one")
    again, after = GraphStepper(z(leaf(1.0, "x"), *leaves[1:])), GraphStepper(leaves[0] * 3)
    assert (again.step, after.step) == (13, other.step)
    # Where the first is still on screen, it shows the new numbers too.
    assert first.frames == again.frames
    assert other.frames == after.frames
    kernel.run("two")
    assert GraphStepper(z(*leaves)).step == 8


def test_a_loop_feeds_it_and_ends_on_its_last_number(kernel, monkeypatch, leaves):
    now = {"time": 100.0}
    monkeypatch.setattr("minigrad_widgets.stepper.time.perf_counter", lambda: now["time"])
    x, a, b = leaves
    kernel.run("loop")
    stepper = GraphStepper(z(x, a, b))
    texts = []
    for _ in range(11):
        now["time"] += 0.03
        stepper.update(z(x, a, b))
        texts.append(stepper.leaves[0]["text"])
        with mg.no_grad():
            x += 1  # what was shown, or is to be, stays as it was
    # Ten pictures a second at most; what comes in between waits, and the newest is drawn.
    assert texts == ["3", "3", "3", "3", "7", "7", "7", "7", "11", "11", "11"]
    kernel.end()
    assert (stepper.leaves[0]["text"], stepper.error) == ("13", "")
    kernel.end()
    assert kernel.waiting == []


def test_an_update_that_cannot_be_stepped_is_said_and_the_picture_stays(leaves):
    stepper = GraphStepper(z(*leaves))
    picture = stepper.svg
    stepper.update(5)
    assert (stepper.error.startswith("Give a tensor"), stepper.svg) == (True, picture)


# Saving ----------------------------------------------------------------------------------


def unpacked(page):
    """The data of a page, put together as its script does."""
    found = re.findall('<script type="text/plain" id=".*?">(.*?)</script>', page)
    pieces, places = (gzip.decompress(b64decode(packed)) for packed in found)
    low_first = np.frombuffer(places, np.uint8).reshape(4, -1)
    known = pieces.decode().split("\0")
    return json.loads("".join(known[place] for place in low_first.T.copy().view("<u4").ravel()))


def test_a_saved_page_holds_every_view_and_no_address(tmp_path):
    mg.manual_seed(0)
    model = mg.nn.Sequential(mg.nn.Linear(2, 3), mg.nn.Tanh(), mg.nn.Linear(3, 1))
    stepper = GraphStepper((model(mg.randn(4, 2)) ** 2).mean())
    stepper.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    data = unpacked(page)
    assert list(data["scenes"]) == ["", *(group["path"] for group in stepper.groups), "all"]
    assert data["state"]["frames"] == json.loads(json.dumps(stepper.frames))
    assert data["state"]["offline"].endswith(".")
    addresses = re.findall(r"https?://[^\"'\s\\<]+", page + json.dumps(data))
    assert {address.split("/")[2] for address in addresses} == {"www.w3.org"}  # namespaces
    stepper.save(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_no_name_can_break_out_of_a_page(tmp_path):
    stepper = GraphStepper(leaf(2.0, "</script></title><script>alert(1)//") * 3)
    stepper.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script>") == 3


def test_a_saved_picture_stands_alone(tmp_path, leaves):
    GraphStepper(z(*leaves)).save(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8").startswith("<svg")


def test_what_cannot_be_saved_says_why(tmp_path, leaves):
    with pytest.raises(ValueError, match="Save PNG"):
        GraphStepper(z(*leaves)).save(tmp_path / "picture.png")
    with pytest.raises(ValueError, match="no recorded history"):
        GraphStepper(leaf(1.0)).save(tmp_path / "picture.svg")


# Practice --------------------------------------------------------------------------------


def test_practice_stops_at_a_question_and_goes_on_when_it_is_answered(leaves):
    stepper = GraphStepper(z(*leaves), practice=True)
    question = stepper.questions[0]
    assert stepper.step == question["step"] - 1
    assert stepper.frames[question["step"]] is None
    assert len(stepper.frames) == 25
    assert stepper.leaves == []
    ask(stepper, kind="attempt", text="98")
    assert not stepper.questions[0]["solved"]
    ask(stepper, kind="attempt", text="99")
    assert stepper.questions[0]["solved"]
    assert stepper.frames[question["step"]] is not None
    assert [attempt.first for attempt in stepper.attempts][:2] == ["98", ""]
    while None in stepper.frames:
        ask(stepper, kind="hint")
        ask(stepper, kind="reveal")
    assert all(attempt.solved for attempt in stepper.attempts)
    assert str(stepper).endswith(mg.trace(z(*leaves)).steps[-1].formula + "]")


def test_what_was_answered_stays_when_the_cell_runs_again(kernel, leaves):
    kernel.run("one")
    first = GraphStepper(z(*leaves), practice=True)
    ask(first, kind="attempt", text="98")
    ask(first, kind="attempt", text="99")
    kernel.run("one")
    again = GraphStepper(z(*leaves), practice=True)
    assert [attempt.first for attempt in again.attempts][:2] == ["98", ""]
    assert again.questions[0]["solved"]
    assert again.frames == first.frames
    again.update(z(*leaves))
    assert again.attempts[0].tries == 2


def test_what_is_too_large_to_be_drawn_says_what_can_be_done():
    draw, values = random.Random(1), [leaf(0.5, "x") for _ in range(40)]
    for _ in range(1700):  # each is used again and again, so hardly a part hands on one value
        one, other = draw.choice(values[-300:]), draw.choice(values[-300:])
        values.append((one * other).sin() if draw.random() < 0.5 else one + other)
    stepper = GraphStepper(sum(values[-300:], values[0] * 0))
    assert stepper.error.endswith("step through a smaller computation.")
    assert stepper.svg == ""
    chain = values[0]
    for _ in range(1100):
        chain = chain.sin()
    stepper = GraphStepper(chain)
    ask(stepper, kind="open", path="all", edit=1)
    assert stepper.error.endswith("Open one part of it instead.")
    assert stepper.svg


def test_frames_leave_out_what_they_do_not_hold():
    assert set(GraphStepper(leaf(2.0, "x") * 3).frames[1]) < set(Frame.__dataclass_fields__)


def test_while_practice_asks_nothing_that_tells_can_be_saved(tmp_path, leaves):
    stepper = GraphStepper(z(*leaves), practice=True)
    for name in ("page.html", "picture.svg"):
        with pytest.raises(ValueError, match="give the answers away"):
            stepper.save(tmp_path / name)
    ask(stepper, kind="page", edit=1)
    assert (stepper.edit, "give the answers away" in stepper.error) == (1, True)
    while None in stepper.frames:
        ask(stepper, kind="reveal")
    stepper.save(tmp_path / "page.html")
    state = unpacked((tmp_path / "page.html").read_text(encoding="utf-8"))["state"]
    assert (state["practice"], state["questions"], None in state["frames"]) == (False, [], False)


def test_a_number_typed_into_a_graph_that_is_gone_reaches_no_other_leaf(leaves):
    stepper = GraphStepper(z(*leaves))
    w = leaf(2.0, "w")
    stepper.update(w * 3)
    for place in (0, 4):
        ask(stepper, kind="edit", leaf=place, name="x", text="9", edit=1)
        assert stepper.error.startswith("The graph has changed since x was typed.")
    assert stepper.leaves[0] == {"node": 0, "name": "w", "text": "2", "low": -2.0, "high": 6.0}


def test_an_image_that_many_frames_show_is_sent_once():
    mg.manual_seed(0)
    model = mg.nn.Sequential(mg.nn.Linear(4, 16), mg.nn.Tanh(), mg.nn.Linear(16, 1))
    stepper = GraphStepper((model(mg.randn(32, 4)) ** 2).mean(), cells=True)
    assert len(set(stepper.images)) == len(stepper.images) > 5
    sent = json.dumps(stepper.frames)
    assert "data:image" not in sent
    texts = [text for frame in stepper.frames for text in frame.get("writes", {}).items()]
    heats = [number for slot, number in texts if slot.endswith(":heat")]
    assert {stepper.images[int(number)][:22] for number in heats if number} == {
        "data:image/png;base64,"
    }
