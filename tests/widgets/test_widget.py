"""GraphStepper and to_graphviz as a notebook uses them."""

import json

import graphviz
import ipywidgets
import pygraphviz
import pytest

import minigrad as mg
from example_graphs import HOSTILE, leaf
from minigrad_widgets import GraphStepper, to_graphviz


@pytest.fixture
def z():
    x, a, b = leaf(1.0), leaf(2.0), leaf(3.0)
    y = a * x**2 + b * x + 1
    return y**2 + 2 * y


def test_names_come_from_the_readers_variables():
    rate = leaf(3.0)
    loss = rate * rate
    stepper = GraphStepper(loss)
    assert stepper.error == ""
    assert stepper.frames[0]["writes"]["n0:label"] == "rate, value 3, gradient none"
    assert stepper.frames[1]["writes"]["n1:label"] == "loss, value 9, gradient none"


def test_a_function_is_traced_with_its_inputs():
    stepper = GraphStepper(lambda p, q: p * q, leaf(2.0, "p"), leaf(5.0, "q"))
    assert stepper.frames[-1]["sentence"] == "q.grad was None and is now 2."


def test_it_opens_where_the_way_back_begins(z):
    trace = mg.trace(z)
    stepper = GraphStepper(z)
    assert stepper.step == trace.opens_at == 8
    assert len(stepper.frames) == len(trace.steps) == 25


def test_its_text_is_the_trace_and_the_same_each_time(z):
    assert repr(GraphStepper(z)) == str(mg.trace(z)) == repr(GraphStepper(z))
    assert GraphStepper(z).svg == GraphStepper(z).svg


def test_it_carries_a_picture_and_text_for_places_without_widgets(z):
    data, _ = GraphStepper(z)._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "image/svg+xml", "text/plain"}
    assert data["text/plain"] == str(mg.trace(z))
    assert data["image/svg+xml"].startswith("<svg")


def test_all_crosses_to_the_browser_at_once_and_stands_in_no_ones_way(z):
    stepper = GraphStepper(z)
    state = stepper.get_state()
    sent = {key: state[key] for key in ("svg", "frames", "error", "step")}
    json.dumps(sent, ensure_ascii=False).encode("utf-8")
    assert isinstance(stepper.layout, ipywidgets.Layout)
    assert "render" in state["_esm"]
    assert ".mg-stepper" in state["_css"]
    assert len(state["_esm"]) < 60_000


def too_many():
    total = leaf(1.0)
    for _ in range(100_000):
        total = total + 1
    return total


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: 5, "a tensor"),
        (lambda: None, "a tensor"),
        (lambda: leaf(1.0), "no recorded history"),
        (lambda: leaf([1.0, 2.0]) * 2, "one number"),
        (lambda: lambda: 5, "one tensor"),
        (too_many, "100,001 nodes"),
    ],
)
def test_what_cannot_be_stepped_is_said_in_a_sentence(make, said):
    stepper = GraphStepper(make())
    assert said in stepper.error
    assert stepper.error.endswith(".")
    assert "\n" not in stepper.error
    assert repr(stepper) == stepper.error
    assert (stepper.svg, stepper.frames) == ("", [])
    data, _ = stepper._repr_mimebundle_()
    assert data["text/plain"] == stepper.error
    assert "image/svg+xml" not in data


def test_a_mistake_in_the_readers_own_function_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        GraphStepper(lambda: 1 / 0)


def test_to_graphviz(z):
    graph = to_graphviz(z)
    assert isinstance(graph, graphviz.Digraph)
    parsed = pygraphviz.AGraph(graph.source)
    assert (len(parsed.nodes()), len(parsed.edges())) == (11, 12)
    assert parsed.get_node("n10").attr["label"] == r"z\nplus\n48"


def test_dot_of_hostile_labels_is_text():
    total = leaf(1.0, r"back\slash\N\G")
    for name in HOSTILE:
        total = total * leaf(2.0, name)
    parsed = pygraphviz.AGraph(to_graphviz(total).source)
    labels = [node.attr["label"] for node in parsed.nodes()]
    assert r"back\\slash\\N\\G\n1" in labels
    assert r"<script>alert(1)</script>\n2" in labels
    assert len(labels) == 2 * len(HOSTILE) + 1
    assert not any(label.startswith("<") and label.endswith(">") for label in labels)


def test_dot_says_what_it_cannot_draw():
    with pytest.raises(mg.errors.TraceError):
        to_graphviz(5)
