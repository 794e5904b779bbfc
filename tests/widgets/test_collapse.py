"""A graph with closed groups shows the same numbers as the whole one."""

import random
import re
from collections import Counter

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.traces import EdgeStep
from minigrad_widgets.collapse import ALL, MANY, Group, collapse, find_groups
from minigrad_widgets.screenplay import Screenplay, fold


def leaf(value, name=None):
    return mg.tensor(value, requires_grad=True, name=name)


def mlp(*, passes=1):
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    loss = ((model(mg.randn(5, 2)) - mg.randn(5, 1)) ** 2).mean()
    return mg.trace(loss, passes=passes)


def one_layer_twice():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    return mg.trace(model(model(mg.randn(2, 3))).sum())


def neurons():
    draw = random.Random(1)
    values = [mg.tensor(1.0), mg.tensor(-2.0)]
    for width in (8, 8, 1):
        layer = []
        for _ in range(width):
            total = leaf(draw.gauss(0, 1))
            for value in values:
                total = total + leaf(draw.gauss(0, 1)) * value
            layer.append(total.tanh())
        values = layer
    return mg.trace((values[0] - 1) ** 2)


def chain():
    value = leaf(1.0, "x")
    for _ in range(400):
        value = value.sin()
    return mg.trace(value)


def steps_of_an_iteration():
    """Every value of it is used twice, and it hands on one."""
    x, rate = leaf(0.3, "x"), leaf(3.7, "rate")
    for _ in range(60):
        x = rate * x * (1 - x)
    return mg.trace(x)


def used_twice():
    """Hardly a part of it hands on a single value."""
    draw = random.Random(0)
    values = 2 * [leaf(1.0, f"x{place}") for place in range(8)]
    for _ in range(200):
        draw.shuffle(values)
        values += 2 * [values.pop() * values.pop()]
    return mg.trace(sum(values))


GRAPHS = {
    "modules": mlp,
    "two passes": lambda: mlp(passes=2),
    "a layer called twice": one_layer_twice,
    "neurons": neurons,
    "a chain": chain,
    "an iteration": steps_of_an_iteration,
    "used twice": used_twice,
}


def views(trace):
    groups = find_groups(trace)
    for opened in ("", *(group.path for group in groups[:6]), ALL):
        yield opened, collapse(trace, groups, opened)


def gradients(trace):
    """What stands for each node's gradient at the end: its number, its cells or its heat."""
    texts, _ = fold(Screenplay(trace).frames)
    shown = {}
    for node in trace.nodes:
        slots = [slot for slot in texts if re.fullmatch(rf"g{node.id}([.:].+)", slot)]
        shown[node.id] = [texts[slot] for slot in slots or [f"g{node.id}"] if slot in texts]
    return shown, texts


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)
def test_what_stays_has_the_numbers_of_the_whole_graph(make):
    trace = make()
    whole, texts = gradients(trace)
    for opened, view in views(trace):
        seen, shown = gradients(view.trace)
        for new, old in enumerate(view.origin):
            assert seen[new] == whole[old], (opened, trace.nodes[old].name)
            assert shown.get(f"b{new}") == texts.get(f"b{old}") or new not in view.trace.grads
        for edge in view.trace.edges:
            assert edge.source < edge.target


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)
def test_opening_all_is_the_trace_itself(make):
    trace = make()
    assert collapse(trace, find_groups(trace), ALL).trace is trace


def test_modules_are_groups_within_groups():
    groups = {group.path: group for group in find_groups(mlp())}
    assert list(groups) == ["model", "model.0", "model.2", "model.4"]
    assert groups["model"].members > groups["model.2"].members
    closed = collapse(mlp(), list(groups.values()), "")
    assert [node.group for node in closed.trace.nodes if node.group] == ["model"]
    inside = collapse(mlp(), list(groups.values()), "model.2")
    assert [node.group for node in inside.trace.nodes if node.group] == ["model.0", "model.4"]


def test_a_layer_that_is_called_twice_stays_as_it_is():
    """Its two calls are no group that hands on one value and takes none back from outside."""
    trace = one_layer_twice()
    for group in find_groups(trace):
        consumers = {e.target for e in trace.edges if e.source in group.members}
        outside = consumers - group.members
        assert all(target > max(group.members) for target in outside)


def test_a_large_graph_without_modules_closes_to_its_neurons():
    trace = neurons()
    assert len(trace.nodes) > MANY
    view = collapse(trace, find_groups(trace), "")
    assert len(view.trace.nodes) < len(trace.nodes) / 4
    groups = [(node.op, node.badge) for node in view.trace.nodes if node.group]
    # A neuron of the second layer serves one product alone, which hands on its value.
    assert groups == [("tanh", "5 ops")] * 8 + [("mul", "18 ops")] * 7 + [("pow", "29 ops")]


def test_what_is_used_twice_closes_with_both_its_uses():
    """Not step by step, which would leave as many boxes as there are steps."""
    view = collapse(trace := steps_of_an_iteration(), find_groups(trace), "")
    assert len(trace.nodes) > MANY
    assert len(view.trace.nodes) < 12


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)
def test_that_a_value_must_wait_is_said_once(make):
    for opened, view in views(make()):
        sockets, arrived = Screenplay(view.trace).sockets, Counter()
        for step in view.trace.steps:
            if isinstance(step, EdgeStep):
                sources = {view.trace.edges[move.edge].source for move in step.moves}
                arrived.update(view.trace.edges[move.edge].source for move in step.moves)
                waiting = [each for each in sources if arrived[each] % len(sockets.get(each, "1"))]
                assert step.sentence.count("must wait") == len(waiting), (opened, step.sentence)
                assert step.waits.count("must wait") == len(waiting)
                assert step.sentence.endswith(step.waits)


def test_what_happened_inside_is_said():
    groups = find_groups(trace := mlp())
    text = str(collapse(trace, groups, "model").trace)
    assert "computed in 1 op." in text
    assert "Inside of linear1, the .grad of model.0.weight and model.0.bias is filled." in text
    assert "goes back through 1 op, and tanh(linear1) gets 5×4." in text


def test_many_roads_into_a_group_are_one_and_are_counted_so():
    x = leaf(2.0, "x")
    values = [x * float(k) for k in range(1, 4)]
    trace = mg.trace(values[0] + values[1] + values[2])
    others = frozenset(node.id for node in trace.nodes if node.name != "x")
    view = collapse(trace, [Group("#", "sum", others, trace.root)], "")
    (place,) = (node.id for node in view.trace.nodes if node.name == "x")
    assert [edge.source for edge in view.trace.edges].count(place) == 1
    assert "roads" not in str(view.trace)
    texts, _ = fold(Screenplay(view.trace).frames)
    assert [texts[f"g{place}"]] == gradients(trace)[0][0]
    assert np.isfinite(float(texts[f"g{place}"].removeprefix("∂ ").replace("−", "-")))
