"""What the nodes of a trace are called."""

import pytest

import minigrad as mg
from engine_helpers import leaf, named, steps

far_away = mg.tensor(7.0)


def test_names():
    x = leaf(2.0)
    given = leaf(3.0, name="θ")
    here = x * given
    total = here + far_away + leaf(5.0)
    trace = mg.trace(total)
    assert [n.name for n in trace.nodes if not n.op] == ["x", "θ", "far_away", "5"]
    assert [n.name for n in trace.nodes if n.op] == ["here", "here + far_away", "total"]
    assert named(trace)["here"].badge == "times"


def test_names_outside_the_cell_are_not_the_readers():
    ours = leaf(2.0)
    cell = {"mg": mg, "box": [ours]}
    exec("trace = mg.trace(box[0] * 2)", cell)
    assert cell["trace"].nodes[0].name == "2"


def test_a_given_name_wins_over_a_variable():
    x = leaf(2.0, name="weight")
    assert mg.trace(x * 2).nodes[0].name == "weight"


def test_one_tensor_with_two_names_is_one_node():
    a = leaf(2.0)
    b = a
    trace = mg.trace(a * b)
    assert [node.name for node in trace.nodes] == ["a", "a·a"]


def test_two_tensors_with_one_name_are_two_nodes():
    trace = mg.trace(leaf(2.0, name="w") * leaf(3.0, name="w"))
    assert len(trace.nodes) == 3
    assert [step.after.item() for step in steps(trace, "deposit")] == [3, 2]


def test_an_expression_too_long_for_a_box_is_called_by_its_op():
    alpha, beta = leaf(2.0), leaf(3.0)
    z = (alpha * beta + alpha * alpha).sin() * 1
    trace = mg.trace(z)
    names = [node.name for node in trace.nodes]
    assert names == ["alpha", "beta", "alpha·beta", "alpha·alpha", "plus1", "sin(plus1)", "z"]
    assert named(trace)["plus1"].badge == "plus"


def test_the_nearest_name_wins():
    def inner(q):
        return mg.trace(q * 2)

    p = leaf(1.0)
    assert inner(p).nodes[0].name == "q"
    assert mg.trace(p * 2).nodes[0].name == "p"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\nb", "🎉{x}%s\\", "x" * 10_000])
def test_hostile_names_are_text_in_one_line(name):
    text = str(mg.trace(leaf(1.0, name=name) * 2))
    assert len(text) < 3000
    assert name.split("\n")[0][:20] in text
    assert len(text.splitlines()) == 8


def test_a_name_is_one_legible_line():
    odd = mg.tensor(1.0, requires_grad=True, name="a\ud800\x1b[31m\n b" + "c" * 10_000)
    text = str(mg.trace(odd * 2))
    text.encode("utf-8")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 1000
    assert "a��[31m bccc" in text
