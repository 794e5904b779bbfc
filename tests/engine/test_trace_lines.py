"""Which line of the reader's code belongs to which node: the right one or none."""

import linecache
import textwrap

import pytest

import minigrad as mg
from engine_helpers import leaf

CELLS = []


def run(source, names=None):
    """Run a cell as a notebook does, which keeps its source; return its variables."""
    source = textwrap.dedent(source).strip("\n")
    file = f"/cells/{len(CELLS)}.py"
    CELLS.append(file)
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    names = {"mg": mg, "__name__": "__main__"} if names is None else names
    exec(compile(source, file, "exec"), names)
    return names


def numbered(trace):
    return {node.name: node.line_number for node in trace.nodes if node.op}


LEAVES = "x, w = (mg.tensor(v, requires_grad=True) for v in (2.0, 3.0))"


def test_a_cell_shows_which_statement_computed_what():
    cell = run("""
        x = mg.tensor(1.0, requires_grad=True)
        a, b = mg.tensor(2.0, requires_grad=True), mg.tensor(3.0, requires_grad=True)

        y = (
            a * x**2 + b * x + 1
        )
        z = y**2 + 2 * y
        trace = mg.trace(z)
    """)
    trace = cell["trace"]
    assert trace.code[0] == "x = mg.tensor(1.0, requires_grad=True)"
    lines = {node.name: node.line_number for node in trace.nodes}
    assert lines == {
        "x": 1, "a": 2, "b": 2, "x²": 4, "a·x²": 4, "b·x": 4, "a·x² + b·x": 4, "y": 4,
        "y²": 7, "2·y": 7, "z": 7,
    }  # fmt: skip
    assert trace.nodes[-1].line == "z = y**2 + 2 * y"


def test_a_function_that_traces_shows_its_own_lines():
    def lesson(x):
        u = x * 3
        v = (u + 1) * u
        return mg.trace(v)

    trace = lesson(leaf(2.0))
    assert trace.code[0] == "def lesson(x):"
    assert numbered(trace) == {"u": 2, "u + 1": 3, "v": 3}


def test_an_expression_in_the_call_belongs_to_that_line():
    cell = run(LEAVES)
    run("trace = mg.trace((x * w).sin())", cell)
    assert numbered(cell["trace"]) == {"x·w": 1, "sin(x·w)": 1}


@pytest.mark.parametrize(
    ("source", "sure"),
    [
        ("trace = mg.trace(earlier)", {}),
        ("held = [x * w]\ny = held[0] + 1\ntrace = mg.trace(y)", {"y": 2}),
        ("t = x * w\ny = t + 1\nt = 0\ntrace = mg.trace(y)", {"y": 2}),
        ("y = x * w\ny = y + 1\ntrace = mg.trace(y)", {}),
        ("y = x * w\ny += 1\ntrace = mg.trace(y)", {}),
        ("y = x * w\ny.mul_(2)\ntrace = mg.trace(y)", {}),
        ("trace = mg.trace(earlier)\nearlier = x * w", {}),
        ("if x < 0:\n    earlier = x * w\ntrace = mg.trace(earlier)", {}),
        ("alias = earlier\ntrace = mg.trace(alias)", {}),
        ("def f():\n    global earlier\nearlier = x * 5\ntrace = mg.trace(earlier)", {}),
        ("y = earlier + x\nz = y * y\ntrace = mg.trace(z)", {"y": 1, "z": 2}),
        ("with mg.enable_grad():\n    y = x + w\ntrace = mg.trace(y)", {"y": 2}),
        ("for k in (1, 2):\n    y = x * k\n    trace = mg.trace(y * w)", {"y": 2, "y·w": 3}),
        ("y = sum(v * w for v in [x])\ntrace = mg.trace(y)", {"y": 1}),
        ("y = model(x * mg.ones(1, 1)).sum()\ntrace = mg.trace(y)",
         {"x·tensor1": 1, "linear1": 1, "y": 1}),
    ],
)  # fmt: skip
def test_where_it_is_not_certain_there_is_no_line(source, sure):
    cell = run(f"{LEAVES}\nearlier = x * w\nearlier = earlier * x\nmodel = mg.nn.Linear(1, 2)")
    run(source, cell)
    found = numbered(cell["trace"])
    assert {name: line for name, line in found.items() if line is not None} == sure
    assert bool(cell["trace"].code) == bool(sure)


def test_a_recorded_function_shows_the_lines_that_ran():
    def helper(t):
        return t * 2

    def lesson(u):
        v = helper(u)
        for _ in range(2):
            v = v + u
        return v

    trace = mg.trace(lesson, leaf(1.0))
    assert trace.code[1].strip() == "v = helper(u)"
    assert [node.line_number for node in trace.nodes] == [None, 2, 4, 4]
    assert [node.line for node in trace.nodes][1:] == ["return t * 2", "v = v + u", "v = v + u"]


def test_a_recorded_block_shows_its_cells_lines():
    cell = run("""
        def double(t):
            return t * 2
        x = mg.tensor(1.0)
        with mg.record() as recording:
            y = double(x)
            z = y + x
    """)
    assert numbered(run("trace = mg.trace(recording)", cell)["trace"]) == {"y": 2, "z": 6}


def test_functions_that_differ_by_a_comment_show_each_its_own():
    for comment in ("# one", "# two"):
        cell = run(f"""
            def double(x):
                return x * 2  {comment}
            trace = mg.trace(double, mg.tensor(2.0))
        """)
        assert cell["trace"].code[1].endswith(comment)
        assert numbered(cell["trace"]) == {"x·2": 2}


def test_each_line_of_a_cell_is_read_as_far_as_it_ran():
    cell = run(f"""
        {LEAVES}
        def look():
            y = x * w
            early = mg.trace(y)
            z = y * y
            return early, mg.trace(z)
        early, late = look()
    """)
    assert (numbered(cell["early"]), numbered(cell["late"])) == ({"y": 2}, {"y": 2, "z": 4})


def test_what_has_no_source_has_no_lines():
    names = {"mg": mg, "x": leaf(2.0)}
    for source in ("x * 2", "lambda x: x * 2, x"):
        exec(f"trace = mg.trace({source})", names)
        assert names["trace"].code == ()
    trace = mg.trace(mg.nn.functional.relu, leaf(2.0))
    assert (trace.code, trace.nodes[-1].line_number) == ((), None)
