"""TrainingMonitor without a browser: its loop, its buttons from other threads, its clock."""

import doctest
import math
import re
import threading
import time
from html.parser import HTMLParser
from types import SimpleNamespace

import ipywidgets
import matplotlib as mpl
import pytest

import minigrad as mg
from minigrad import nn
from minigrad_widgets import kernel
from minigrad_widgets import monitor as module
from minigrad_widgets.monitor import SHARE, TrainingMonitor

STEPS = 5000


@pytest.fixture
def small():
    """A monitor of a model with one input, for which there is little to draw."""
    return TrainingMonitor(nn.Linear(1, 1))


def press(monitor, name):
    """Press a button as the page does, in this thread."""
    buttons = monitor.children[0].children
    next(each for each in buttons if each.description == name).click()


def elsewhere(do, *args):
    """Do something in another thread, as the callbacks of a subshell are."""
    thread = threading.Thread(target=do, args=args)
    thread.start()
    thread.join()


def says(monitor):
    return monitor.children[1].text


def wait_for(monitor, start):
    end = time.monotonic() + 20
    while not says(monitor).startswith(start):
        assert time.monotonic() < end, f"it says {says(monitor)!r}"
        time.sleep(0.002)
    return says(monitor)


def words(monitor):
    """The words of the numbers in the page."""
    found = []
    parser = HTMLParser()
    parser.handle_data = found.append
    parser.feed(monitor.children[2].value)
    return found


def picture(monitor):
    return monitor.children[3].value


def test_the_example_in_its_docstring():
    assert doctest.testmod(module).failed == 0


def test_page_and_text_say_the_same():
    mg.manual_seed(0)
    X, y = mg.data.moons(20)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    monitor = TrainingMonitor(model, X, y)
    for _ in monitor(range(3)):
        out = model(X).squeeze(1)
        loss = nn.functional.binary_cross_entropy_with_logits(out, y.float())
        model.zero_grad()
        loss.backward()
        monitor.log(loss, accuracy=0.75)
    norm = math.hypot(*(each.grad.norm().item() for each in model[2].parameters()))
    lines = repr(monitor).split("\n")
    assert lines == [says(monitor), *words(monitor)]
    assert lines[0] == "Finished: 3 steps."
    assert lines[1] == f"loss {loss.item():.4g}, lowest {loss.item():.4g}"
    assert lines[2] == "accuracy 0.75"
    assert lines[3].endswith(f", 2: {norm:.4g}")
    assert monitor.losses == [loss.item()] * 3
    alt = re.search('alt="([^"]*)"', picture(monitor))[1]
    for panel in ("loss", "accuracy", "gradient", "boundary with the line of each hidden unit"):
        assert panel in alt
    data = monitor._repr_mimebundle_()
    assert data["text/plain"] == repr(monitor)
    assert "application/vnd.jupyter.widget-view+json" in data


def test_vanishing_and_exploding_gradients_are_marked_in_words():
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    monitor = TrainingMonitor(model)
    for _ in monitor(range(1)):
        model[0].weight.grad = mg.tensor([[1e-9]])
        model[1].weight.grad = mg.tensor([[1e9]])
        monitor.log(1.0)
    assert "layer 0: 1e−9 ▼ vanishing, 1: 1e9 ▲ exploding" in repr(monitor)


def test_divergence_is_said():
    monitor = TrainingMonitor(nn.Linear(1, 1))
    for loss in monitor([2.0, 1.0, math.inf, math.nan]):
        monitor.log(loss)
    assert "loss nan, lowest 1" in repr(monitor)
    assert "The loss is ∞ in step 3: the training diverged." in repr(monitor)
    assert picture(monitor).endswith('alt="Pictures of loss by step">')


def test_buttons_from_other_threads_pause_walk_and_stop(small):
    seen = []

    def use():
        wait_for(small, "Running")
        press(small, "Pause")
        paused = wait_for(small, "Paused")
        taken = len(seen)
        assert paused == f"Paused after {taken:,} of {STEPS:,} steps: Resume, One step or Stop."
        time.sleep(0.05)
        assert len(seen) == taken
        press(small, "One step")
        wait_for(small, f"Paused after {taken + 1:,} of")
        assert len(seen) == taken + 1
        press(small, "Resume")
        wait_for(small, "Running")
        press(small, "Stop")
        finished.set()

    finished = threading.Event()
    thread = threading.Thread(target=use)
    thread.start()
    for step in small(range(STEPS)):
        seen.append(step)
        small.log(1.0)
        time.sleep(0.001)
    thread.join()
    assert finished.is_set()
    assert (
        says(small)
        == f"Stopped after {len(seen):,} of 5,000 steps. The next run starts a new loop."
    )
    assert seen == list(range(len(seen)))
    assert next(small(range(STEPS))) == 0


def test_many_presses_from_many_threads_do_not_break_the_loop(small):
    over = threading.Event()

    def hammer(names):
        while not over.is_set():
            for name in names:
                press(small, name)
                time.sleep(0.001)

    plans = [["Pause", "Resume"], ["One step", "Resume"], ["Pause", "One step", "Resume"]]
    threads = [threading.Thread(target=hammer, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    seen = []
    for step in small(range(200)):
        small.log(step)
        seen.append(step)
    over.set()
    for thread in threads:
        thread.join()
    assert seen == [*range(200)]
    assert small.losses == seen


def test_where_the_kernel_is_deaf_buttons_act_between_cells(small):
    """There the callbacks come in the main thread, when no cell runs."""
    press(small, "One step")
    assert says(small) == "No loop is running. The next run of the cell takes one step."
    assert [*small(range(5))] == [0]
    assert says(small) == "Paused after 1 of 5 steps. Run the cell again to go on."
    press(small, "Pause")
    assert [*small(range(5))] == []
    press(small, "Resume")
    assert says(small) == "No loop is running. The next run of the cell goes on."
    press(small, "Stop")
    assert says(small) == "No loop is running. The next run of the cell starts a new loop."
    assert [*small(range(5))] == [0, 1, 2, 3, 4]


@pytest.fixture
def clock(monkeypatch):
    """A clock that only goes on when it is told to; a picture takes `cost`, and is noted."""
    clock = SimpleNamespace(now=0.0, cost=0.0, drawn_at=[])

    def paint(self):
        clock.drawn_at.append(clock.now)
        clock.now += clock.cost
        return "a picture"

    monkeypatch.setattr(module, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(TrainingMonitor, "_paint", paint)
    return clock


def test_a_loop_that_hears_nothing_says_so(small, clock):
    for step in small(range(20)):
        clock.now += 1
        if step == 1:
            assert says(small) == "Running: 0 of 20 steps."
    for step in small(range(20)):
        clock.now += 1
        if step == 10:
            assert "hears no button while a cell runs" in says(small)
    for step in small(range(20)):
        elsewhere(small._words._handle_custom_msg, "on screen", [])
        clock.now += 1
        if step > 0:
            assert "hears no button" not in says(small)


@pytest.mark.parametrize("cost", [0.02, 0.5, 4.0])
def test_drawing_takes_at_most_its_share(clock, cost):
    clock.cost = cost
    monitor = TrainingMonitor(nn.Linear(1, 1))
    clock.drawn_at.clear()
    trained = 0.0
    for _ in monitor(range(10_000)):
        trained += 0.01
        clock.now += 0.01
        monitor.log(1.0)
        assert len(clock.drawn_at) * cost <= SHARE * trained + 1e-9
    *while_training, last = clock.drawn_at
    # It uses the time that it may use, and shows the last state.
    assert len(while_training) == pytest.approx(SHARE * 100 / cost, abs=1.01)
    assert monitor.drawing_share == pytest.approx(len(while_training) * cost / 100)
    assert last == clock.now - cost


def test_time_left(small, clock):
    for step in small(range(200)):
        clock.now += 1
        small.log(1.0)
        if step == 100:
            assert words(small)[0] == "100 of 200 steps, about 1 min 40 s left"


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_loop_that_was_left_goes_on_where_it_stood(small, error):
    def train(fail_at):
        for step in small(range(5)):
            if step == fail_at:
                raise error
            seen.append(step)

    seen = []
    with pytest.raises(error):
        train(fail_at=2)
    assert says(small) == "Step 3 of 5 was left. Run the cell again to repeat it and go on."
    assert "no loss yet" in repr(small)
    train(fail_at=None)
    assert seen == [0, 1, 2, 3, 4]
    assert says(small) == "Finished: 5 steps."


def test_the_cells_error_is_named(small, monkeypatch):
    calls = {}
    events = SimpleNamespace(
        register=calls.__setitem__, unregister=lambda name, call: calls.pop(name)
    )
    monkeypatch.setattr(kernel, "get_ipython", lambda: SimpleNamespace(events=events))
    monkeypatch.setattr(module, "display", lambda shown: None)
    next(iter(small(range(5))))
    calls["post_run_cell"](SimpleNamespace(error_in_exec=ValueError("no such shape.")))
    assert calls == {}
    assert says(small) == (
        "Step 1 of 5 ended with ValueError: no such shape. Run the cell again to repeat it and "
        "go on."
    )


def test_an_interruption_while_it_waits_leaves_it_usable(small, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    elsewhere(press, small, "Pause")
    with monkeypatch.context() as patch:
        patch.setattr(small._lock, "wait", interrupt)
        with pytest.raises(KeyboardInterrupt):
            next(small(range(5)))
    assert says(small).startswith("Step 1 of 5 was interrupted.")
    assert [*small(range(5))] == [0, 1, 2, 3, 4]


def test_a_picture_that_fails_is_a_sentence_and_the_loop_goes_on():
    monitor = TrainingMonitor(nn.Linear(3, 1), mg.zeros(4, 2), mg.zeros(4))
    assert [*monitor(range(3))] == [0, 1, 2]
    assert re.fullmatch(r'.*<p role="alert">No picture: [^<]+</p>', picture(monitor), re.DOTALL)


def test_it_touches_no_global_state_of_matplotlib(small):
    before = dict(mpl.rcParams)
    assert [*small(range(3))] == [0, 1, 2]
    assert dict(mpl.rcParams) == before
    assert "pyplot" not in vars(module)
    assert isinstance(small, ipywidgets.VBox)


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda: TrainingMonitor(5), "watches an nn.Module, not 5"),
        (lambda: TrainingMonitor(nn.Linear(1, 1))(iter([1])), "how many steps there are"),
        (lambda: TrainingMonitor(nn.Linear(1, 1)).log(mg.ones(3)), "one number, not 3 numbers"),
        (lambda: TrainingMonitor(nn.Linear(1, 1)).log(1, accuracy=[0, 1]), "The accuracy of a"),
    ],
)
def test_misuse_is_said_in_a_sentence(use, said):
    with pytest.raises((TypeError, ValueError), match=said) as error:
        use()
    assert str(error.value).endswith(".")
