"""Text of a loop has brackets where Python needs them: all pairs of operators, nested both ways."""

import itertools
import operator

import pytest

import minigrad as mg
from compiling import notices

BITS = [operator.and_, operator.or_, operator.xor]
NUMBERS = [operator.add, operator.sub, operator.mul]
QUOTIENTS = [*NUMBERS, operator.truediv]
TESTS = [operator.lt, operator.ge, operator.eq, operator.ne]
VALUES = {
    mg.bool: list(itertools.product([False, True], repeat=3)),
    mg.int64: list(itertools.product([-3, 2, 5], repeat=3)),
    mg.float32: list(itertools.product([-1.5, 2.0, 0.5], repeat=3)),
}


@pytest.mark.parametrize(
    ("dtype", "signs"),
    [
        (mg.bool, BITS + TESTS),
        (mg.int64, BITS + NUMBERS),
        (mg.float32, QUOTIENTS),
    ],
)
def test_operators_in_operators(dtype, signs):
    def fn(a, b, c):
        def operands(k):  # others each time: what is needed twice would get a name of its own
            return (a > k / 1000, b > 0, c > 0) if dtype is mg.bool else (a + k, b, c)

        results = []
        for outer, inner in itertools.product(signs, signs):
            x, y, z = operands(len(results))
            results.append(outer(inner(x, y), z))
            x, y, z = operands(len(results))
            results.append(outer(z, inner(x, y)))
        return results

    given = mg.float32 if dtype is mg.bool else dtype
    inputs = mg.tensor(VALUES[dtype], dtype=given).T.unbind()
    compiled = mg.compile(fn)
    with notices() as said:
        compiled(*inputs)
        for ours, theirs in zip(compiled(*inputs), fn(*inputs), strict=True):
            assert ours.tolist() == theirs.tolist()
    assert said == []


def test_tests_of_tests():
    def fn(a, b, c):
        either = (a < b) | (b < c)
        return (
            either & (a < c), ~(a < b) & (b < c), ~((a < b) & (b < c)), either == (a < c),
            mg.where((a < b) & either, -(a + b), a * (b + c)) - c,
        )  # fmt: skip

    inputs = mg.tensor(VALUES[mg.float32]).T.unbind()
    compiled = mg.compile(fn)
    compiled(*inputs)
    for ours, theirs in zip(compiled(*inputs), fn(*inputs), strict=True):
        assert ours.tolist() == theirs.tolist()
