"""Random programs give the same compiled: all values, and the gradients of all inputs."""

import minigrad as mg
from compiling import assert_equal, close, function_of, notices
from programs import check, derivatives, waves

PROGRAMS = 30
LINES = 8  # so many are compiled of each: what is met together, and not how much


def gradients(values, inputs):
    """Differentiate all values, each weighted by its waves."""
    return derivatives(values, [waves(each.shape) for each in values], inputs)


def test_random_programs():
    refused = []

    def judge(program):
        # Writes in place are not compiled.
        lines = [each for each in program.lines if each not in program.written][:LINES]
        names = [line.partition(" = ")[0] for line in lines]
        code = "; ".join([*lines, f"({', '.join(names)},)"])
        fn = function_of(code, program.inputs)
        inputs = [mg.tensor(x, requires_grad=True) for x in program.inputs.values()]
        compiled = mg.compile(fn)
        with notices() as said:
            compiled(*inputs)
            ours, theirs = compiled(*inputs), fn(*inputs)
        refused.extend(said)
        assert_equal(ours, theirs)
        for a, b in zip(gradients(ours, inputs), gradients(theirs, inputs), strict=True):
            assert (a is None) == (b is None)
            if b is not None:
                close(a.numpy(), b.numpy())

    check(PROGRAMS, judge)
    assert len(refused) < PROGRAMS / 2, refused
