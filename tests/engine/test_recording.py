"""What a recording makes of code that does more than compute one result."""

import minigrad as mg
from engine_helpers import leaf


def test_backward_inside_a_recording_is_not_its_result():
    x = leaf(2.0)
    with mg.record() as recording:
        for _ in range(2):
            y = x * x
            y.backward()
    trace = mg.trace(recording)
    assert trace.nodes[trace.root].name == "y"
    assert [step.after for step in trace.steps if step.kind == "deposit"] == [12.0]


def test_gradients_that_grew_while_recording_are_new_values():
    w = leaf(1.0)
    with mg.record() as recording:
        for _ in range(2):
            (w * 3).backward()
            with mg.no_grad():
                w -= 0.5 * w.grad
    assert w.item() == 1 - 0.5 * 3 - 0.5 * 6
    trace = mg.trace(recording)
    assert trace.nodes[trace.root].value == w.item()
    products = [node.value for node in trace.nodes if node.op == "mul" and not node.requires_grad]
    assert products == [1.5, 3.0]


def test_a_function_may_go_on_after_its_result():
    def function(x):
        y = x * x
        w = y + 1
        assert w.item() == 5
        return y

    trace = mg.trace(function, leaf(2.0))
    assert trace.nodes[trace.root].name == "y"
    last = trace.steps[trace.opens_at]
    assert last.sentence.startswith("w is y + 1, which is 5. y is 4. Nudge x from 2")


def test_a_nudge_is_told_only_where_its_numbers_show_the_slope():
    def told(value, function):
        trace = mg.trace(function, leaf(value))
        return trace.steps[trace.opens_at].sentence

    assert "from 2 to 2.001 and x·x becomes 4.004: about 4 times" in told(2.0, lambda x: x * x)
    for value, function in [
        (1e6, lambda x: x * x),
        (1e-8, lambda x: x * 3),
        (1234567.0, lambda x: x * 2),
        (0.0, lambda x: x.relu()),
        (0.0, lambda x: x * x),
    ]:
        assert "Nudge" not in told(value, function)
    assert "is 123456. Nudge" not in told(1.0, lambda x: x * 1000 + 123456.5)


def test_a_name_is_one_legible_line():
    odd = mg.tensor(1.0, requires_grad=True, name="a\ud800\x1b[31m\n b" + "c" * 10_000)
    text = str(mg.trace(odd * 2))
    text.encode("utf-8")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 1000
    assert "a��[31m bccc" in text
