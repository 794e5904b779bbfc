"""Whatever was computed, the stepped numbers are those of `backward()`, to the bit."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from engine_helpers import leaf, steps
from minigrad.kernels import dispatch
from minigrad.rules import RULES, Elementwise

UNARY = {
    "neg": lambda x: -x,
    "sin": lambda x: x.sin(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "exp": lambda x: (x * 0.1).exp(),
    "log": lambda x: (x * x + 1).log(),
    "square": lambda x: x**2,
    "affine": lambda x: 2 * x - 1,
    "divide": lambda x: x / 3,
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(),
    "max": lambda x: x.max(),
    "softmax": lambda x: x.softmax(-1) if x.ndim else x,
    "flat": lambda x: x.reshape(-1),
    "row": lambda x: x.reshape(1, -1).transpose(0, 1),
    "first": lambda x: x[0] if x.ndim else x,
    "totals": lambda x: x.sum(-1, keepdim=True) if x.ndim else x,
    "product": lambda x: x.reshape(1, -1) @ x.reshape(-1, 1),
}
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 1),
    "where": lambda a, b: np.where(a > b, a, b),
    "power": lambda a, b: (a * a + 1) ** b.tanh(),
}
LINE = st.tuples(
    st.sampled_from([*UNARY, *BINARY, *BINARY]), st.integers(0, 40), st.integers(0, 40)
)
NUMBER = st.floats(-2, 2, width=16)


def fits(a, b):
    pairs = zip(reversed(a.shape), reversed(b.shape), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs) and max(a.ndim, b.ndim) < 4


def run(program, values):
    """Run a random program in which anything may be used again."""
    for op, i, j in program:
        a, b = values[-1 - i % len(values)], values[j % len(values)]
        if op in UNARY:
            values.append(UNARY[op](a))
        elif fits(a, b):
            values.append(BINARY[op](a, b))
    return sum(value.sum() for value in values[-3:])


@st.composite
def programs(draw):
    kind = draw(st.sampled_from([mg.float32, mg.float64]))
    shapes = draw(st.lists(st.sampled_from([(), (), (3,), (2, 3), (2, 1)]), min_size=2, max_size=3))
    leaves = []
    for shape in shapes:
        size = int(np.prod(shape))
        cells = draw(st.lists(NUMBER, min_size=size, max_size=size))
        leaves.append(leaf(np.reshape(cells, shape), dtype=kind, name=f"p{len(leaves)}"))
    return leaves, draw(st.lists(LINE, min_size=5, max_size=25))


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(programs(), st.booleans(), st.booleans())
def test_stepped_gradients_are_backwards_to_the_bit(program, twice, recorded):
    leaves, lines = program
    root = run(lines, list(leaves))
    if twice:  # what a leaf held before must be added to, not lost
        root.backward(retain_graph=True)
    before = [None if each.grad is None else each.grad.tolist() for each in leaves]
    if recorded:
        trace = mg.trace(lambda *given: run(lines, list(given)), *leaves)
    else:
        trace = mg.trace(root)
    assert [None if each.grad is None else each.grad.tolist() for each in leaves] == before
    assert trace.nodes[trace.root].value.tobytes() == root.detach().numpy().tobytes()
    root.backward()
    stepped = {trace.nodes[step.node].name: step.after for step in steps(trace, "deposit")}
    walked = {each.name: each.grad.numpy() for each in leaves if each.grad is not None}
    assert stepped.keys() == walked.keys()
    for name, gradient in walked.items():
        assert stepped[name].dtype == gradient.dtype
        assert stepped[name].tobytes() == gradient.tobytes()
    check_steps(trace)


def check_steps(trace):
    """Play the steps and hold every number against the ones before it."""
    arrived, total = {}, {}
    roads = Counter(
        trace.edges[move.edge].source for step in steps(trace, "edge") for move in step.moves
    )
    for step in trace.steps:
        if step.kind == "seed":
            total[step.node] = step.gradient
            assert np.all(step.gradient == 1)
        elif step.kind == "edge":
            for move in step.moves:
                edge = trace.edges[move.edge]
                rule = RULES[trace.nodes[edge.target].op]
                assert np.array_equal(move.arriving, total[edge.target])
                assert (move.local is not None) == isinstance(rule, Elementwise)
                if move.local is not None:
                    product = move.arriving * move.local
                    # A compiled loop multiplies in another order; NumPy's way is the same.
                    factor = 4 if dispatch.AT_LEAST == 1 else 0
                    near = {"rtol": factor * np.finfo(product.dtype).eps, "equal_nan": True}
                    assert np.allclose(move.contribution, product, atol=0, **near)
                arrived.setdefault(edge.source, []).append(move.contribution)
        elif step.kind == "unbroadcast":
            source = trace.edges[step.edge].source
            assert any(each is step.before for each in arrived[source])
            shape = trace.nodes[source].shape
            assert step.after.shape == shape
            summed = step.before.sum(step.axes, dtype=np.float64).astype(step.before.dtype)
            assert np.array_equal(summed.reshape(shape), step.after)
            arrived[source] = [step.after if e is step.before else e for e in arrived[source]]
        elif step.kind == "meet":
            assert len(step.parts) == len(arrived[step.node]) > 1
            for part, came in zip(step.parts, arrived[step.node], strict=True):
                assert np.array_equal(part, came)
            assert np.array_equal(sum(step.parts[1:], step.parts[0]), step.total)
            total[step.node] = step.total
        elif step.kind == "deposit":
            before = 0 if step.before is None else step.before
            assert np.array_equal(step.added, total[step.node])
            assert np.array_equal(before + step.added, step.after)
        for node, parts in arrived.items():
            alone = len(parts) == roads[node] == 1 and parts[0].shape == trace.nodes[node].shape
            if alone and node not in total:
                total[node] = parts[0]
    assert total.keys() >= arrived.keys()


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.log() * x,
        lambda x: x / 0,
        lambda x: x**-1,
        lambda x: (x + 1000).exp(),
        lambda x: x * float("nan"),
        lambda x: x * 1e-30 * 1e-30,
        lambda x: (x + 1e30) * 1e8,
    ],
    ids=["log 0", "/0", "1/0", "overflow", "nan", "underflow", "inf"],
)
def test_nan_and_infinity_are_stepped_too(make):
    x = leaf(0.0)
    y = make(x)
    trace = mg.trace(y)
    y.backward()
    np.testing.assert_array_equal(steps(trace, "deposit")[0].after, x.grad.numpy())
    assert "forward" in str(trace)
