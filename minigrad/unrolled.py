"""An op written out: what `apply` does with tensors of one floating dtype, as straight code.

What a small op costs is Python's work, not arithmetic: loops over inputs, calls, and lists that
are put together. So each op gets a function of its own, whose text has a part for each input. What
the text leaves out `tensor.apply_any` does, with a loop where there are parts here, and it is the
place to read first.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable
from functools import cache
from textwrap import indent
from typing import Any

import numpy as np

import minigrad.tensor as tensors
from minigrad import errors, graph
from minigrad.graph import Node, next_number
from minigrad.kernels import dispatch
from minigrad.modes import state
from minigrad.rules import NUMBERS, Rule

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_written = itertools.count(1)
# What the text names.
_NAMES: dict[str, Any] = {
    "__name__": __name__,
    "tensors": tensors,  # not yet all there
    "errors": errors,
    "dispatch": dispatch,
    "state": state,
    "next_number": next_number,
    "of_large": graph.large,
    "Node": Node,
    "new": object.__new__,
    "ndarray": np.ndarray,
    "NUMBERS": NUMBERS,
    "NOTHING": {},
    # What is computed with here: the class of a single number, or the dtype of an array.
    "float32": np.float32,
    "float64": np.float64,
    "FLOAT32": _FLOAT32,
    "FLOAT64": _FLOAT64,
    "DTYPES": {np.float32: _FLOAT32, np.float64: _FLOAT64},
}

# One of the inputs, x: `raw` is its array or number, `place` where its gradient goes.
_INPUT = """
    if x{i}.__class__ is tensors.Tensor or isinstance(x{i}, tensors.Tensor):
        raw{i} = x{i}._data
        its = raw{i}.__class__
        if its is ndarray:
            its = raw{i}.dtype
            large = {or_large}raw{i}.size >= dispatch.AT_LEAST
            # A view that is to follow its base's history first gets nodes before this one.
            if x{i}._view is not None and x{i}._view.version != x{i}._version:
                return tensors.apply_any(rule, ({inputs}), {parameters})
        {kind}
        place{i} = x{i}._node
        if place{i} is not None:
            mask |= {bit}
        else:
            place{i} = x{i}
            if x{i}._requires_grad:
                mask |= {bit}
    elif x{i}.__class__ in NUMBERS:
        raw{i} = place{i} = x{i}
    else:
        return tensors.apply_any(rule, ({inputs}), {parameters})
"""
_FIRST = "kind = its"
_LATER = """if its is not kind:
            if kind is None:
                kind = its
            elif DTYPES.get(its, its) is not DTYPES.get(kind, kind):
                return tensors.apply_any(rule, ({inputs}), {parameters})"""
_OP = """
def op({arguments}):
    run = state.plainly
    if run is None:
        return tensors.apply_any(rule, ({inputs}), {parameters})
    number = next_number()  # before any memory is read
    kind = None
    large = None  # of single numbers
    mask = 0
{parts}
    if kind is not FLOAT32 and kind is not float32 and kind is not FLOAT64 and kind is not float64:
        return tensors.apply_any(rule, ({inputs}), {parameters})
    {defaults}
    try:
        if large:
            data = dispatch.value(rule, ({raws}), {parameters})
        else:
            data = run(rule.value, {raws}{keywords})
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        raise errors.explained(rule, ({inputs}), error) from None
    if data.__class__ is ndarray and not data.ndim:
        data = data[()]
    output = new(tensors.Tensor)
    output._data = data
    output._requires_grad = False
    output._grad = output._hooks = output._view = output._writes = output.name = None
    mask &= rule.differentiable
    if not mask:
        output._node = None
        return output
    try:
        plan = rule.plans[mask]
    except KeyError:
        plan = rule.plan(mask)
    shapes = {shapes}
    if large:
        plan = of_large(plan, shapes)
    node = output._node = Node()
    node.plan = plan
    node.inputs = ({places})
    node.parameters = {parameters}
    node.number = number
    node.shapes = shapes
    node.hooks = node.retaining = node.where = None
    if plan.keep is None:
        node.saved = node.watched = ()
    else:
        plan.keep(node, {inputs}{raws}data, output)
    return output
"""


@cache
def source(many: int, parameters: bool, defaults: bool, mixed: bool, broadcasts: bool) -> str:
    """Write the function of an op with so many inputs; the rest is as in its `Rule`."""
    inputs = "".join(f"x{i}, " for i in range(many))
    raws = "".join(f"raw{i}, " for i in range(many))
    shapes = "".join(f"() if x{i}.__class__ in NUMBERS else raw{i}.shape, " for i in range(many))
    words = {"inputs": inputs, "parameters": "parameters" if parameters else "NOTHING"}
    later = "" if mixed else _LATER.format(**words)
    return _OP.format(
        arguments=inputs + "**parameters" * parameters,
        parts="".join(
            _INPUT.format(
                i=i,
                bit=1 << i,
                kind=later if i else _FIRST,
                or_large="large or " if i else "",
                **words,
            )
            for i in range(many)
        ),
        defaults="parameters = {**rule.defaults, **parameters}" if defaults else "",
        raws=raws,
        keywords="**parameters" * parameters,
        places="".join(f"place{i}, " for i in range(many)),
        shapes=f"None if large is None else ({shapes})" if broadcasts and many > 1 else "None",
        **words,
    )


@cache
def _maker(text: str) -> Any:
    """Compile what makes the function from the rule: ops that differ in nothing else share it."""
    file = f"<op {next(_written)} of minigrad>"
    text = f"def make(rule):{indent(text, '    ')}    return op\n"
    linecache.cache[file] = len(text), None, text.splitlines(True), file  # for tracebacks
    made: dict[str, Any] = {}
    exec(compile(text, file, "exec"), _NAMES, made)
    return made["make"]


def unrolled(rule: Rule) -> Callable[..., Any]:
    """Make an op's function."""
    if rule.plain:
        text = source(
            len(rule.inputs), bool(rule.parameters), bool(rule.defaults), rule.mixed,
            rule.broadcasts,
        )  # fmt: skip
        rule.run = _maker(text)(rule)
    else:
        rule.run = lambda *inputs, **parameters: tensors.apply_any(rule, inputs, parameters)
    return rule.run
