"""Builds a `Trace` from drafts: names first, then the way forward, then the way back."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad import lines, nudge, sentences
from minigrad.errors import TraceError, called
from minigrad.generator import Generator, stream
from minigrad.layers import layers
from minigrad.lines import Source
from minigrad.modes import set_grad_enabled, state
from minigrad.names import legible, named, reader_frames
from minigrad.naming import Naming, given_names
from minigrad.printing import brief, number
from minigrad.printing import shape as words
from minigrad.recorder import Draft, Input, check_size, recomputed, record, replay
from minigrad.rules import Elementwise
from minigrad.rules.shape import detach
from minigrad.tensor import Tensor
from minigrad.traces import Array, Deposit, Edge, Forward, Node, Start, Trace
from minigrad.way_back import WayBack


class Computation:
    """A computation whose leaves can be changed: its `trace`, and that of other numbers.

    `source`, `inputs`, `max_nodes` and `passes` are those of `minigrad.trace`, and so are the
    errors. `editable` lists the ids of the leaves that can be changed: those of a tensor's history
    or of a recording, or the tensor arguments of a function. All that is needed is copied at once,
    and later changes of the reader's tensors do not reach it. minigrad's own.

    >>> import minigrad as mg
    >>> from minigrad.tracing import Computation
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> squared = Computation(x * x)
    >>> squared.changed({0: 4.0}).trace.nodes[-1].value
    array(16., dtype=float32)
    >>> x
    tensor(3., requires_grad=True)
    """

    editable: tuple[int, ...]

    @np.errstate(all="ignore")  # rules compute as silently as the engine runs them
    def __init__(
        self,
        source: Any,
        inputs: tuple[Any, ...] = (),
        max_nodes: int | None = None,
        passes: int = 1,
    ) -> None:
        if passes < 1:
            raise TraceError(sentences.NO_PASS.format(passes=passes))
        self._max_nodes, self._passes = max_nodes, passes
        self._function: Callable[..., Any] | None = None
        names = named(reader_frames())
        if isinstance(source, Tensor):
            if inputs:
                raise TraceError(sentences.NO_INPUTS)
            _check_root(source)
            drafts = replay(source, max_nodes)
            frame = next(reader_frames())
            self._source = lines.source_of(frame.f_code)
            self._lines = lines.replayed_lines(self._source, frame, drafts, {*names})
            self._keep(drafts, len(drafts) - 1, names)
        elif isinstance(source, record):
            if not any(draft.rule for draft in source.drafts):
                raise TraceError(sentences.NOTHING_RECORDED)
            check_size(len(source.drafts), max_nodes)
            self._source = lines.source_of(source.code) if source.code else Source()
            self._lines = lines.recorded_lines(self._source, source.drafts)
            root = max(i for i, draft in enumerate(source.drafts) if draft.rule)
            self._keep(list(source.drafts), root, _merged(source.names, names))
        elif callable(source):
            self._function, self._source = source, lines.source_of_function(source)
            self._grad_enabled, self._random = state.grad_enabled, stream().get_state()
            self._argument_names = [names.get(id(each)) for each in inputs]
            self._outside = names
            self._run(inputs)
            # It may be run again in a thread where the reader's variables cannot be seen, so their
            # names are kept; and what they name as well, so that no id is used twice.
            self._named = [each for draft in self._drafts for each in (draft.place, draft.module)]
            kept = {id(each) for each in self._named}
            self._outside = {each: name for each, name in names.items() if each in kept}
        else:
            raise TraceError(sentences.NOT_A_TENSOR.format(what=type(source).__name__))

    @functools.cached_property
    @np.errstate(all="ignore")
    def trace(self) -> Trace:
        """The steps, built when they are first asked for.

        TraceError where a leaf was changed between the ops, so that a pass back would be wrong.
        """
        builder = _Builder(self._drafts, self._root, self._names, self._layers, self._grads)
        return builder.trace(self._passes, self._source, self._lines)

    @np.errstate(all="ignore")
    def changed(self, values: Mapping[int, Any]) -> Computation:
        """Return the computation with other numbers in some leaves; the reader's tensors stay.

        `values` are arrays of the leaves' shapes, or what makes such arrays, by the leaf's id. A
        function is run again on copies of its arguments, so another branch of it may be taken;
        what else it uses is as it is now. TraceError, with one sentence, for a value that does
        not fit and for what goes wrong in the function. minigrad's own.

        >>> import minigrad as mg
        >>> from minigrad.tracing import Computation
        >>> absolute = Computation(lambda x: -x if x < 0 else x * 1, (mg.tensor(-2.0),))
        >>> absolute.changed({0: 5.0}).trace.nodes[-1].name
        'x·1'
        """
        arrays = {leaf: self._fitting(leaf, value) for leaf, value in values.items()}
        other = copy.copy(self)
        vars(other).pop("trace", None)  # that of the old numbers
        try:
            if self._function is None:
                other._drafts = recomputed(self._drafts, arrays)
            else:
                new = {id(self._inputs[self._position[leaf]]): arrays[leaf] for leaf in arrays}
                with set_grad_enabled(self._grad_enabled):
                    other._run(_twins(self._inputs, new))
        except TraceError:
            raise
        except Exception as error:  # the reader's function may do anything
            reason = legible(str(error)) or "it gave no reason"
            sentence = sentences.STOPPED.format(error=type(error).__name__, reason=reason)
            raise TraceError(sentence) from error
        return other

    def _fitting(self, leaf: int, value: Any) -> Array:
        if leaf not in self.editable:
            raise TraceError(sentences.NOT_EDITABLE.format(node=leaf))
        held = self._drafts[leaf].value
        try:
            given = np.asarray(value)
        except ValueError:  # lists of unequal lengths
            given = np.asarray(None)
        if given.dtype.kind not in "biuf":
            raise self._refusal(leaf, sentences.NO_NUMBERS)
        if given.shape != held.shape:
            shapes = {"shape": words(held.shape), "given": words(given.shape)}
            raise self._refusal(leaf, sentences.NO_FIT, **shapes)
        fitting = given.astype(held.dtype)
        if fitting.dtype.kind != "f" and not np.array_equal(fitting, given):
            raise self._refusal(leaf, sentences.OTHER_KIND, dtype=held.dtype.name)
        return fitting

    def _refusal(self, leaf: int, sentence: str, **about: str) -> TraceError:
        return TraceError(sentence.format(leaf=self.trace.nodes[leaf].name, **about))

    def _run(self, inputs: tuple[Any, ...]) -> None:
        """Call the function on `inputs`, and remember what they held before."""
        assert self._function is not None
        self._inputs = _twins(inputs, {})
        # It draws the same random numbers every time, and leaves the reader's where they are.
        outer, state.generator = state.generator, Generator().set_state(self._random)
        try:
            with record() as recording:
                result = self._function(*inputs)
        finally:
            state.generator = outer
        if not isinstance(result, Tensor):
            raise TraceError(sentences.NO_RESULT.format(what=type(result).__name__))
        root = recording.draft_of(result)
        check_size(len(recording.drafts), self._max_nodes)
        given = zip(inputs, self._argument_names, strict=True)
        arguments = {id(each): name for each, name in given if name}
        self._position: dict[int, int] = {}
        for i, draft in enumerate(recording.drafts):
            for position, each in enumerate(inputs):
                if draft.rule is None and draft.place is each:
                    self._position.setdefault(i, position)
        self._lines = lines.recorded_lines(self._source, recording.drafts)
        self._keep(recording.drafts, root, _merged(recording.names, self._outside | arguments))

    def _keep(self, drafts: list[Draft], root: int, names: Mapping[int, str]) -> None:
        """Copy all that the trace is made of: what the reader's things hold and are called now."""
        self._drafts, self._root = drafts, root
        self._names, self._layers = given_names(drafts, names), layers(drafts, names)
        self._grads = _grads(drafts)
        self.editable = tuple(
            i
            for i, draft in enumerate(drafts)
            if draft.rule is None and (self._function is None or i in self._position)
        )


def _merged(inside: Mapping[int, str], outside: Mapping[int, str]) -> dict[int, str]:
    """Prefer a function's own names, but not a model's "self" where the reader calls it "model"."""
    own = {each: name for each, name in inside.items() if name.partition(".")[0] != "self"}
    return {**inside, **outside, **own}


def _twins(things: tuple[Any, ...], values: Mapping[int, Array]) -> tuple[Any, ...]:
    """Copy the tensors among `things`; `values` are new numbers, by the id of the tensor."""
    made: dict[int, Tensor] = {}
    for each in things:
        if isinstance(each, Tensor) and id(each) not in made:
            held = values.get(id(each), each._data)
            twin = Tensor(np.array(held)[()], each._requires_grad, each.name)
            twin._node = each.grad_fn
            if each.grad is not None:
                twin._grad = Tensor(np.array(each.grad._data)[()])
            made[id(each)] = twin
    return tuple(made.get(id(each), each) for each in things)


def _check_root(root: Tensor) -> None:
    if root.grad_fn is None:
        raise TraceError(_started(sentences.NO_HISTORY.format(root=called(root))))
    if math.prod(root.shape) != 1:
        shape = tuple(root.shape)
        raise TraceError(_started(sentences.NOT_SCALAR.format(root=called(root), shape=shape)))


def _started(sentence: str) -> str:
    """Begin with a capital, unless the sentence begins with a variable's name."""
    return f"T{sentence[1:]}" if sentence.startswith("this tensor ") else sentence


class _Builder:
    """Writes the steps forward, and has the way back written."""

    def __init__(
        self,
        drafts: list[Draft],
        root: int,
        names: list[str],
        layers: list[str],
        grads: dict[int, Array | None],
    ) -> None:
        self.drafts = drafts
        self.root = root
        self.grads = grads
        self.naming = Naming(drafts, names)
        self.name = self.naming.name
        self.layers = layers
        pairs = [
            (each.draft, target, position)
            for target, draft in enumerate(drafts)
            for position, each in enumerate(draft.inputs)
            if isinstance(each, Input)
        ]
        graph = any(draft.requires_grad for draft in drafts)
        self.edges = [Edge(i, *pair, _cut(drafts, graph, *pair)) for i, pair in enumerate(pairs)]
        self.back = WayBack(drafts, self.edges, root, self.naming, grads)

    def trace(self, passes: int, source: Source, numbers: list[int | None]) -> Trace:
        """Put the parts together."""
        walked = self.drafts[self.root].requires_grad and self.drafts[self.root].value.size == 1
        if walked:
            self._check_leaves()
            for _ in range(passes):
                self.back.walk()
        forward = [
            Forward(self._forward(i), self.naming.computed(i), i)
            for i, draft in enumerate(self.drafts)
            if draft.rule
        ]
        closing = self._closing(walked)
        if forward:
            own = "" if forward[-1].node == self.root else f"{forward[-1].sentence} "
            forward[-1] = replace(forward[-1], sentence=own + closing)
        start = sentences.START.format(root=self.name[self.root]) if forward else closing
        return Trace(
            tuple(self._node(i, source, number) for i, number in enumerate(numbers)),
            tuple(self.edges),
            (Start(start, ""), *forward, *self.back.steps),
            self.root,
            self.grads,
            source.code if any(numbers) else (),
        )

    def _check_leaves(self) -> None:
        """A leaf that is there twice was written to in between: backward() would be wrong."""
        seen = set()
        for i, draft in enumerate(self.drafts):
            if i in self.grads and i in self.back.roads:
                if id(draft.place) in seen:
                    about = {"who": self.name[i], "root": self.name[self.root]}
                    raise TraceError(sentences.CHANGED_INSIDE.format(**about))
                seen.add(id(draft.place))

    def _node(self, i: int, source: Source, line_number: int | None) -> Node:
        draft = self.drafts[i]
        named = draft.rule is not None and self.name[i] != self.naming.defined[i]
        line = source.code[line_number - 1].strip() if line_number else None
        return Node(
            i,
            self.name[i],
            draft.rule.name if draft.rule else "",
            _badge(draft) if named else "",
            draft.value.shape,
            draft.value.dtype.name,
            draft.value,
            draft.requires_grad,
            draft.line or line,
            line_number,
            self.layers[i],
        )

    def _forward(self, i: int) -> str:
        name, definition = self.name[i], self.naming.defined[i]
        value = brief(self.drafts[i].value)
        if name == definition:
            said = sentences.FORWARD.format(name=name, value=value)
        else:
            said = sentences.FORWARD_NAMED.format(name=name, expression=definition, value=value)
        cuts = dict.fromkeys(edge.cut for edge in self.edges if edge.target == i)
        told = [sentences.CUTS[cut].format(name=name) for cut in cuts if cut in sentences.CUTS]
        return " ".join([said, *told])

    def _closing(self, walked: bool) -> str:
        """The last sentence of the forward pass: what the way back will explain."""
        root = {"root": self.name[self.root], "value": brief(self.drafts[self.root].value)}
        if not walked:
            many = self.drafts[self.root].requires_grad
            template = sentences.NOT_ONE_NUMBER if many else sentences.FORWARD_ONLY
            return template.format(**root)
        leaf = self._nudged_leaf()
        if leaf is None:
            return sentences.FORWARD_DONE.format(**root)
        slope = float(self.back.gradient[leaf])
        seen = nudge.shown(self.drafts, self.root, leaf, slope)
        if seen is None:
            return sentences.FORWARD_DONE.format(**root)
        self._close_the_circle(leaf, seen["slope"])
        return sentences.NUDGE.format(**{**root, **seen}, leaf=self.name[leaf])

    def _close_the_circle(self, leaf: int, slope: str) -> None:
        """Let the first step that finds the nudged leaf's gradient say so."""
        steps = self.back.steps
        for i, step in enumerate(steps):
            if isinstance(step, Deposit) and step.node == leaf:
                said = f"{step.sentence} {sentences.AS_NUDGED.format(slope=slope)}"
                steps[i] = replace(step, sentence=said)
                return

    def _nudged_leaf(self) -> int | None:
        """Choose the single number with the most roads from it: its gradient surprises most."""
        roads = self.back.roads
        leaves = [i for i in self.grads if not self.drafts[i].value.ndim and roads.get(i)]
        return max(leaves, key=lambda i: roads[i], default=None)


def _cut(drafts: list[Draft], graph: bool, source: int, target: int, position: int) -> str:
    """Why no gradient comes back to `source`, although its numbers could have one.

    `graph` says whether anything requires a gradient: else nothing is cut off.
    """
    before, after = drafts[source], drafts[target]
    if before.value.dtype.kind != "f" or after.mask >> position & 1:
        return ""
    if not before.requires_grad:
        return "frozen" if graph and before.rule is None else ""
    if after.rule is detach:
        return "detach"
    return "no_grad" if after.no_grad and after.value.dtype.kind == "f" else ""


def _grads(drafts: list[Draft]) -> dict[int, Array | None]:
    """What the buckets hold before: only a leaf that requires a gradient has one."""
    return {
        i: None if draft.place.grad is None else np.array(draft.place.grad._data)
        for i, draft in enumerate(drafts)
        if draft.rule is None and isinstance(draft.place, Tensor) and draft.place._requires_grad
    }


def _badge(draft: Draft) -> str:
    """What a named node does, in a word: "plus", "+ 1", "times 2"."""
    rule = draft.rule
    assert rule is not None
    numbers = [each for each in draft.inputs if not isinstance(each, Input)]
    if not numbers or not isinstance(rule, Elementwise):  # such as a weight of 1, or no bias
        return rule.word
    commutes = rule.sign == rule.word or rule.sign == "+"
    if isinstance(draft.inputs[0], Input) or commutes:
        return f"{rule.sign} {number(numbers[0])}"
    return f"{number(numbers[0])} {rule.sign}"
