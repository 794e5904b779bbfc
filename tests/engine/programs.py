"""Random programs, and the finite differences that their gradients are held against.

A program is written line by line from pairs of numbers, so that hypothesis can shrink it: which
template a line comes from, and what its gaps are filled with. The lines are Python, in which `t` is
minigrad, so that a failing program can be read, and run as it is printed.

A program runs in five lanes at once. The middle one has the inputs; the others have them moved
along one direction, by −h, −h/2, h/2 and h. A line stays if all lanes can run it and what it
computes is smooth: the five numbers of each cell lie close to a cubic. So there is something to
differentiate whatever the line was made of, and no op needs a list of where it is smooth.
"""

import inspect
import os
import re
from functools import cache

import numpy as np
from hypothesis import HealthCheck, assume, given, note, seed, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.autograd.walk import reachable

PROGRAMS = 2000
TOLERANCE = 1e-7  # of a derivative, beside its largest number or 1
STEP = 1e-3
SIDES = [-1.0, -0.5, 0.0, 0.5, 1.0]
BEND = 1e-9  # how far off a cubic the five numbers of a cell may lie
LARGEST = 50.0  # how large a cell may be, and its slope along the direction
CELLS = 48  # how many cells a tensor may have
SHAPES = [(2, 3), (3,), (3, 3), (), (2, 1), (1, 3), (2, 3, 3)]  # of the inputs
SHORTEST, LONGEST = 5, 40  # lines
REFUSALS = (RuntimeError, IndexError, TypeError, ValueError, UserWarning)
TRIES = 4  # how many templates are tried for one line

# What a gap may be filled with, besides the names of tensors.
GAPS = {
    "dim": ["0", "-1", "1"],
    "flag": ["False", "True"],
    "number": ["2", "0.5", "-1.5", "3", "-1"],
    "order": ["1, 0", "1, 2, 0", "2, 0, 1"],
    "key": ["0", "-1", "1:", ":-1", "::2", "..., 0", "None", ":, 1:", "[1, 0, 1]", "[0, 0]"],
    # A part to write to. Where a cell is written twice it is not defined which number stays.
    "part": ["[0]", "[-1]", "[1:]", "[::2]", "[..., 0]", "[None]", "[:, 1:]", "[[1, 0]]", "[...]"],
    "view": ["", "[0]", "[1:]", "[..., 0]", ".T", ".reshape(-1)", "[0][1:]"],
}
# What is given for an argument of that name. Where it is optional, others are left out.
ARGUMENTS = {
    "input": "{x}",
    **dict.fromkeys(["other", "mat2", "vec", "vec2", "end", "target", "tensor"], "{y}"),
    **dict.fromkeys(["dim", "dim1", "destination"], "{dim}"),
    **dict.fromkeys(["dim0", "source", "start"], "0"),
    **dict.fromkeys(["length", "k", "shifts"], "1"),
    **dict.fromkeys(["chunks", "split_size_or_sections"], "2"),
    **dict.fromkeys(["keepdim", "descending", "largest"], "{flag}"),
    **dict.fromkeys(["condition", "mask"], "({y} > 0)"),
    "dims": "(0,)",
    "tensors": "[{x}, {y}]",
    "exponent": "{number}",
    "min": "-0.9",
    "value": "0.5",
}
LINES = [
    *("{x} + {y}", "{x} - {y}", "{x} * {y}", "{x} / {y}", "{x} @ {y}", "{x} @ {x}", "-{x}"),
    *("{number} - {x}", "{number} / {x}", "{x} ** {number}", "2 ** {x}", "{x} * {x} + 0.5"),
    # An exponent of 0 has no mixed second derivative here, as in PyTorch.
    "({x} * {x} + 0.5) ** ({y} * {y} + 0.1)",
    *("{x}.T", "{x}[{key}]", "{x}[{key}]", "{x}[{x} > 0]"),
    *("{x}.permute({order})", "{x}.reshape(-1)", "{x}.view(1, -1)", "{x}.expand(2, *{x}.shape)"),
    *("t.cat([{x}, {y}], {dim})", "t.stack([{x}, {y}], {dim})", "t.einsum('ij,kj->ki', {x}, {y})"),
    *("{x}.repeat(2, 1)", "{x}.roll(1, {dim})", "{x}.flip(0)", "{x}.split([1, 1], {dim})"),
    *("{x}.clamp(-0.9, 0.9)", "{x}.clamp(max=0.9)", "t.where({x} > 0, {y}, {x})"),
    *("t.gather({x}, 0, t.tensor([[1, 0, 1]]))", "t.index_select({x}, {dim}, t.tensor([1, 0]))"),
    *("{x}.scatter(0, t.tensor([[0, 1]]), {y})", "{x}.scatter_add(0, t.tensor([[0, 0]]), {y})"),
    *("{x}.trace()", "t.addmm({x}, {y}, {z})", "t.lerp({x}, {y}, 0.25)"),
    *("t.remainder({x}, {y} * {y} + 0.5)", "t.fmod({x}, {y} * {y} + 0.5)"),
]
LINES += [
    f"t.nn.functional.{call}"
    for call in (
        *("linear({x}, {y}, {z})", "gelu({x}, approximate='tanh')", "pad({x}, (1, 0))"),
        *("layer_norm({x}, {x}.shape[-1:])", "layer_norm({x}, {x}.shape[-1:], {y}, {z})"),
        *("conv1d({x}, {y})", "conv2d({x}[None], {y}[None], padding=1)", "max_pool2d({x}, 2, 1)"),
        *("avg_pool2d({x}, 2, 1)", "batch_norm({x}, None, None, training=True)"),
        *(
            "binary_cross_entropy(0.5 + 0.4 * t.sin({x}), {x}.sigmoid())",
            "embedding(t.tensor([0]), {x})",
        ),
        *(
            "binary_cross_entropy_with_logits({x}, {y})",
            "kl_div({x}, {y} * {y} + 0.1, reduction='sum')",
        ),
        *(
            "cross_entropy({x}, t.tensor([0] * len({x})))",
            "nll_loss({x}, t.tensor([1] * len({x})))",
        ),
        "normalize({x} * {x} + 0.5, dim=-1)",
    )
]
WRITES = [
    *("{x} += {y}", "{x} -= {y}", "{x} *= {y}", "{x} /= {y}"),
    *("{x}{part} = {y}", "{x}{part} += {y}", "{x}{part} *= {y}", "{x}{view}.mul_({y})"),
]
# Lanes would not agree on what the first give; the others divide by what may be next to nothing.
LEFT_OUT = {"dropout", "bernoulli", "empty_like", "rand_like", "randn_like", "randint_like"}
LEFT_OUT |= {"remainder", "fmod", "normalize"}


def calls():
    """Write a call of every public function with gaps to fill, and of its twin in place."""
    found = {}
    for path, namespace in (("t", mg), ("t.nn.functional", mg.nn.functional)):
        for name, function in inspect.getmembers(namespace, inspect.isfunction):
            given = arguments(function)
            if given and name not in LEFT_OUT:
                call = f"{path}.{name}({', '.join(given)})"
                twin = f"{{x}}{{view}}.{name}_({', '.join(given[1:])})"
                found[call] = twin if hasattr(mg.Tensor, f"{name}_") else None
    return found


def arguments(function):
    """Return what a function of a tensor is given; None if it wants what there is no gap for."""
    given = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in ARGUMENTS:
            given.append(f"{name}={ARGUMENTS[name]}")
        elif parameter.default is parameter.empty:
            return None
    return given if "input={x}" in given[:1] else None


CALLS = calls()


@cache
def waves(shape):
    """Make numbers of a shape, all different: a direction, or a cotangent."""
    return np.cos(1.0 + 2.0 * np.arange(np.prod(shape, dtype=int))).reshape(shape)


@cache
def compiled(lines):
    """Compile lines of a program."""
    return compile(lines, "a random program", "exec")


def is_value(result):
    """Tell whether a line gave a tensor of floats, not too large."""
    return (
        isinstance(result, mg.Tensor)
        and result.dtype is mg.float64
        and 0 < np.prod(result.shape) <= CELLS
    )


def bend(lanes):
    """Return how far off a cubic the five numbers of any cell lie."""
    return np.max(np.abs(lanes[0] - 4 * lanes[1] + 6 * lanes[2] - 4 * lanes[3] + lanes[4]))


def is_smooth(lanes):
    """Tell whether a value, given for every lane, moves, and is one to go on with."""
    if len({each.shape for each in lanes}) > 1 or not np.all(np.isfinite(lanes)):
        return False
    values = np.array(lanes)
    change = values[4] - values[0]
    return (
        np.any(change)
        and np.all(np.abs(values[2]) <= LARGEST)
        and np.all(np.abs(change) <= LARGEST * 2 * STEP)
        and bend(values) <= BEND
    )


def differentiated(lanes):
    """Differentiate by central differences with two steps, extrapolated (Richardson)."""
    wide = (lanes[4] - lanes[0]) / (2 * STEP)
    narrow = (lanes[3] - lanes[1]) / STEP
    return (4 * narrow - wide) / 3


def derivatives(values, weights, inputs, **options):
    """Return the derivatives of weighted values for the inputs; None where there is none."""
    pairs = [
        (value, mg.tensor(weight))
        for value, weight in zip(values, weights, strict=True)
        if value is not None and value.requires_grad
    ]
    if not pairs:
        return [None] * len(inputs)
    roots, seeds = zip(*pairs, strict=True)
    return mg.autograd.grad(roots, inputs, seeds, retain_graph=True, allow_unused=True, **options)


def joined(gradients, shapes):
    """Join gradients to one vector."""
    return np.concatenate(
        [
            np.zeros(shape.size) if gradient is None else gradient.detach().numpy().ravel()
            for gradient, shape in zip(gradients, shapes, strict=True)
        ]
    )


class Program:
    """A program, its lines so far, and the five lanes in which it runs."""

    def __init__(self, shapes):
        self.inputs = {
            f"x{i}": 1.5 * np.sin(i + np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape))
            for i, shape in enumerate(shapes)
        }
        self.lines = []
        self.written = []  # those of them that write in place
        self.start()

    def start(self):
        """Run the lines from the beginning, in every lane."""
        self.lanes = []
        code = compiled("\n".join(self.lines))
        for side in SIDES:
            moved = {name: x + side * STEP * waves(x.shape) for name, x in self.inputs.items()}
            leaves = {name: mg.tensor(x, requires_grad=True) for name, x in moved.items()}
            self.lanes.append({"t": mg, **leaves})
            exec(code, self.lanes[-1])

    @property
    def names(self):
        """The names of all tensors, the newest first."""
        return [name for name in reversed(self.lanes[2]) if name[0] in "xy"]

    def add(self, number, choices):
        """Add a line from the first template that works, from that number on."""
        for template in (TEMPLATES * 2)[number % len(TEMPLATES) :][:TRIES]:
            line = self.filled(template, choices)
            if self.writes(line) if template in WRITING else self.computes(line, choices):
                break

    def filled(self, template, choices):
        """Fill a template's gaps."""
        filled = {}
        for gap in dict.fromkeys(re.findall(r"{(\w+)}", template)):
            options = GAPS.get(gap, self.names)
            choices, which = divmod(choices, len(options))
            filled[gap] = options[which]
        return template.format(**filled)

    def runs(self, line):
        """Run a line in every lane; tell whether they could. What the first refuses, all do."""
        code = compiled(line)
        try:
            exec(code, self.lanes[0])
        except REFUSALS:
            return False
        for lane in self.lanes[1:]:
            exec(code, lane)
        return True

    def smooth(self, name):
        """Tell whether a tensor is one to go on with."""
        return is_smooth([lane[name].detach().numpy() for lane in self.lanes])

    def computes(self, expression, choices):
        """Keep what an expression gives, if that can be gone on with; of a tuple, one part."""
        name = f"y{len(self.lines)}"
        line = f"{name} = {expression}"
        if not self.runs(line):
            return False
        if isinstance(self.lanes[2][name], tuple | list):
            line += f"[{choices % len(self.lanes[2][name])}]"
            self.runs(line)
        if all(is_value(lane[name]) for lane in self.lanes) and self.smooth(name):
            self.lines.append(line)
            return True
        for lane in self.lanes:
            del lane[name]
        return False

    def writes(self, line):
        """Keep a write in place, if all it changes is smooth and a backward pass is possible."""
        if not self.runs(line):
            return False
        try:
            if all(map(self.smooth, self.names)):
                self.gradients(self.lanes[2])
                self.lines.append(line)
                self.written.append(line)
                return True
        except RuntimeError:  # what is written over was saved for the way back
            pass
        self.start()
        return False

    def total(self, lane):
        """Return the sum of all tensors, each weighted by its waves."""
        values = [lane[name].detach().numpy() for name in self.names]
        return sum(np.sum(each * waves(each.shape)) for each in values)

    def gradients(self, lane, **options):
        """Return the derivatives of that sum for the inputs."""
        values = [lane[name] for name in self.names]
        return derivatives(
            values, [waves(each.shape) for each in values], self.leaves(lane), **options
        )

    def leaves(self, lane):
        """Return the inputs."""
        return [lane[name] for name in self.inputs]

    def errors(self):
        """Return for both orders how far off the engine is, as a part of the largest number.

        First order: the slope along the direction. Second: the gradient of that slope. None where
        there is nothing to compare: √(x − x) has no slope, and atan2(0.001, x) turns too sharply.
        """
        along = [waves(x.shape) for x in self.inputs.values()]
        totals = np.array([self.total(lane) for lane in self.lanes])
        slopes = np.array([joined(self.gradients(lane), along) for lane in self.lanes])
        recorded = self.gradients(self.lanes[2], create_graph=True)
        places = [each.grad_fn for each in recorded if each is not None and each.grad_fn]
        self.rules = {node.rule.name for node in reachable(places)}
        second = joined(derivatives(recorded, along, self.leaves(self.lanes[2])), along)
        first = slopes[2] @ np.concatenate([each.ravel() for each in along])
        errors = {}
        for order, ours, lanes in (("first", first, totals), ("second", second, slopes)):
            theirs = differentiated(lanes)
            largest = 1 + max(np.max(np.abs(theirs)), np.max(np.abs(lanes)))
            if not (np.all(np.isfinite(ours)) and bend(lanes) <= BEND * largest):
                return None
            errors[order] = np.max(np.abs(ours - theirs)) / largest
        return errors


def check(count, judge, turn=0, **options):
    """Write `count` random programs and give each to `judge`; the first in which it raises ends it.

    Each `turn` has others; and the environment variable PROGRAMS_SEED chooses others.
    """
    chosen = int(os.environ.get("PROGRAMS_SEED", "0"))
    print(f"the seed of the random programs: PROGRAMS_SEED={chosen}")
    shapes = st.lists(st.sampled_from(SHAPES), min_size=2, max_size=3)
    line = st.tuples(st.integers(0, 9999), st.integers(0, 10**6))
    # Lists of any length would mostly be short ones.
    lines = st.integers(5, 50).flatmap(lambda many: st.lists(line, min_size=many, max_size=many))

    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]  # a program takes 40 ms to write

    @seed(chosen + 10**6 * turn)
    @settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=slow, **options
    )
    @given(shapes, lines)
    def write_and_judge(shapes, lines):
        program = Program(shapes)
        for line in lines:
            program.add(*line)
        assume(SHORTEST <= len(program.lines) <= LONGEST)
        note("\n".join(program.lines))
        judge(program)

    write_and_judge()


def useful(template):
    """Tell whether a template can give something to differentiate, by trying it."""
    program = Program(SHAPES)
    program.computes("x0 * x0 + 1.1", 0)
    program.computes("x1 * 0.6", 0)
    for choices in range(0, 4000, 37):
        if program.computes(program.filled(template, choices), choices):
            return program.lanes[2]["y2"].requires_grad
    return False


COMPUTING = [each for each in LINES + list(CALLS) if useful(each)]
WRITING = WRITES + [twin for call, twin in CALLS.items() if twin and call in COMPUTING]
TEMPLATES = 2 * COMPUTING + WRITING + 2 * WRITES
