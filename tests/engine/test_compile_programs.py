"""Random programs give the same compiled: all values, and the gradients of all inputs."""

import re
from itertools import takewhile

from hypothesis import assume

import minigrad as mg
from compiling import assert_equal, close, function_of, notices
from programs import check, derivatives, waves

PROGRAMS = 30
LINES = 8  # so many are compiled of each: what is met together, and not how much
# These read numbers, to pick by them.
READING = re.compile(r"> 0\]|masked_select|topk|sort")


def gradients(values, inputs):
    """Differentiate all values, each weighted by its waves."""
    return derivatives(values, [waves(each.shape) for each in values], inputs)


def test_random_programs():
    def judge(program):
        # Writes in place are not compiled, and no line after one that reads numbers.
        lines = [each for each in program.lines if each not in program.written]
        lines = list(takewhile(lambda line: not READING.search(line), lines))[:LINES]
        assume(lines)
        names = [line.partition(" = ")[0] for line in lines]
        code = "; ".join([*lines, f"({', '.join(names)},)"])
        fn = function_of(code, program.inputs)
        inputs = [mg.tensor(x, requires_grad=True) for x in program.inputs.values()]
        compiled = mg.compile(fn)
        with notices() as said:
            compiled(*inputs)
            ours, theirs = compiled(*inputs), fn(*inputs)
        assert not said, said
        assert_equal(ours, theirs)
        for a, b in zip(gradients(ours, inputs), gradients(theirs, inputs), strict=True):
            assert (a is None) == (b is None)
            if b is not None:
                close(a.numpy(), b.numpy())

    check(PROGRAMS, judge)
