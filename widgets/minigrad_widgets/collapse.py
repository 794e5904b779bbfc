"""Large graphs made small: some nodes of a Trace are shown as one, which gives another Trace.

What is shown as one is a *group*: all that a module computes, or, in a large graph without
modules, a cone: a value with all that serves nothing but it, as a neuron does. A group hands on
one value, that of its last node, and is called by that node's name.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad import sentences
from minigrad.printing import brief
from minigrad.traces import (
    Deposit,
    Edge,
    EdgeStep,
    Forward,
    Inside,
    Meet,
    Move,
    Seed,
    Step,
    Trace,
    Unbroadcast,
)
from minigrad.wording import sum_text

# A picture of more nodes opens collapsed: nobody takes in more boxes than these at once.
MANY = 150
_BOXES = 6  # a large graph without modules closes to so many at least, most to many more
ALL = "all"  # open
OPENS_COLLAPSED = (
    "This graph has {many:,} nodes, so it opens with its parts closed. Open one to see inside."
)
COMPUTED = "{name} is {value}, computed in {ops}."
FILLED = "Inside of {name}, the .grad of {leaves} is filled."
THROUGH = "What arrived at {target} goes back through {ops}, and {source} gets {contribution}."


@dataclass(frozen=True)
class Group:
    """Nodes of a trace that can be shown as one. `output` is the one that others use."""

    path: str
    label: str
    members: frozenset[int]
    output: int


@dataclass(frozen=True)
class Collapsed:
    """A trace with its closed groups as single nodes; `origin` tells which node each stands for."""

    trace: Trace
    origin: tuple[int, ...]


def find_groups(trace: Trace) -> list[Group]:
    """List the groups of `trace`: its modules, outer ones first, or the cones of a large one."""
    consumers = _neighbours(trace, forward=True)
    groups = list(_modules(trace, consumers))
    if not groups and len(trace.nodes) > MANY:
        groups = list(_cones(trace, consumers))
    return groups


def collapse(trace: Trace, groups: Sequence[Group], open: str) -> Collapsed:
    """Show each group as one node, but for the one at the path `open` and those around it."""
    kept = [] if open == ALL else [each for each in groups if not _inside(open, each.path)]
    # An outer group that is closed hides what is in it.
    closed = [
        each for each in kept
        if not any(other.members > each.members for other in kept)
    ]  # fmt: skip
    if not closed:
        return Collapsed(trace, tuple(range(len(trace.nodes))))
    return _Collapser(trace, closed).result()


def _inside(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def _neighbours(trace: Trace, forward: bool) -> dict[int, list[int]]:
    near: dict[int, list[int]] = defaultdict(list)
    for edge in trace.edges:
        near[edge.source if forward else edge.target].append(
            edge.target if forward else edge.source
        )
    return near


def _modules(trace: Trace, consumers: dict[int, list[int]]) -> Iterable[Group]:
    """The modules that hand on one value. A module that is called twice is two groups."""
    inputs = _neighbours(trace, forward=False)
    paths: dict[str, set[int]] = defaultdict(set)
    for node in trace.nodes:
        parts = node.layer.split(".") if node.layer else []
        for depth in range(1, len(parts) + 1):
            paths[".".join(parts[:depth])].add(node.id)
    for path, members in sorted(paths.items(), key=lambda item: (item[0].count("."), item[0])):
        # What lies between its nodes belongs to it too, such as an activation without weights.
        hull = _reach(members, consumers) & _reach(members, inputs)
        hull |= {
            each.id for each in trace.nodes
            if not each.op and consumers[each.id] and hull.issuperset(consumers[each.id])
            and each.layer and _inside(each.layer, path)
        }  # fmt: skip
        group = _as_group(trace, path, path, hull, consumers)
        if group and len(hull) < len(trace.nodes):
            yield group


def _reach(start: Iterable[int], near: dict[int, list[int]]) -> set[int]:
    reached, waiting = set(start), list(start)
    while waiting:
        for each in near[waiting.pop()]:
            if each not in reached:
                reached.add(each)
                waiting.append(each)
    return reached


def _as_group(
    trace: Trace, path: str, label: str, members: set[int], consumers: dict[int, list[int]]
) -> Group | None:
    """Make a group, if it has more than an op and its input, and hands on just one value."""
    outputs = [
        each for each in members
        if each == trace.root or not members.issuperset(consumers[each])
    ]  # fmt: skip
    if len(members) < 3 or len(outputs) != 1 or not trace.nodes[outputs[0]].op:
        return None
    return Group(path, label, frozenset(members), outputs[0])


def _cones(trace: Trace, consumers: dict[int, list[int]]) -> Iterable[Group]:
    """Cut the graph into cones, none much larger than others."""
    inputs = _neighbours(trace, forward=False)
    most = max(8, len(trace.nodes) // _BOXES)
    cone: dict[int, set[int]] = {}  # by the node at its tip
    for node in trace.nodes:
        members = cone[node.id] = {node.id}
        waiting = inputs[node.id][::-1]
        while waiting:
            each = waiting.pop()
            alone = each in cone and members.issuperset(consumers[each])
            if alone and len(members) + len(cone[each]) <= most:
                joined = cone.pop(each)
                members |= joined
                # What serves several nodes is alone once the last of them has joined.
                near = (tip for member in joined for tip in inputs[member])
                waiting += dict.fromkeys(tip for tip in near if tip in cone)
    for tip, members in cone.items():
        label = trace.nodes[tip].name
        if group := _as_group(trace, f"#{tip}", label, members, consumers):
            yield group


class _Collapser:
    """Writes the nodes, edges and steps anew. Ids of the result are those of its own places."""

    def __init__(self, trace: Trace, closed: Sequence[Group]) -> None:
        self.trace = trace
        self.group_of = {member: group for group in closed for member in group.members}
        self.hidden = {m for group in closed for m in group.members if m != group.output}
        tips = self._in_order()
        self.origin = tuple(tips)
        place = {tip: new for new, tip in enumerate(tips)}
        self.place = {
            node.id: place[group.output if (group := self.group_of.get(node.id)) else node.id]
            for node in trace.nodes
        }
        self.gradient = self._gradients()
        self.edges: list[Edge] = []
        self.edge_of: dict[int, int] = {}  # an old edge's id: the new one that stands for it
        self._write_edges()

    def _in_order(self) -> list[int]:
        """The nodes that stay, inputs before users: a group stands where its last node did."""
        return [node.id for node in self.trace.nodes if node.id not in self.hidden]

    def _gradients(self) -> dict[int, Any]:
        """What has arrived at each node when it goes on."""
        arriving: dict[int, Any] = {}
        for step in self.trace.steps:
            for move in step.moves if isinstance(step, EdgeStep) else ():
                arriving[self.trace.edges[move.edge].target] = move.arriving
        return arriving

    def _write_edges(self) -> None:
        joined: dict[tuple[int, int], int] = {}
        for edge in self.trace.edges:
            source, target = self.place[edge.source], self.place[edge.target]
            if source == target:
                continue
            grouped = edge.target in self.group_of
            if grouped and (source, target) in joined:
                new = joined[source, target]
                if not edge.cut:
                    self.edges[new] = replace(self.edges[new], cut="")
            else:
                new = joined[source, target] = len(self.edges)
                position = 0 if grouped else edge.position
                self.edges.append(Edge(new, source, target, position, edge.cut))
            self.edge_of[edge.id] = new

    def result(self) -> Collapsed:
        """Put the parts together."""
        nodes = []
        for new, old in enumerate(self.origin):
            node = replace(self.trace.nodes[old], id=new)
            if group := self.group_of.get(old):
                node = replace(node, badge=self._ops(group), group=group.path)
            nodes.append(node)
        steps = tuple(self._steps())
        grads = {
            self.place[leaf]: held
            for leaf, held in self.trace.grads.items()
            if leaf not in self.group_of
        }
        root = self.place[self.trace.root]
        trace = replace(
            self.trace, nodes=tuple(nodes), edges=tuple(self.edges), steps=steps, root=root,
            grads=grads,
        )  # fmt: skip
        return Collapsed(trace, self.origin)

    def _ops(self, group: Group) -> str:
        return _many(sum(bool(self.trace.nodes[each].op) for each in group.members), "op")

    def _steps(self) -> Iterable[Step]:
        """Keep the steps outside of groups; say what comes through each group in one."""
        roads: dict[int, set[int]] = defaultdict(set)  # the new edges that bring a node gradients
        for step in self.trace.steps:
            for move in step.moves if isinstance(step, EdgeStep) else ():
                if move.edge in self.edge_of:
                    new = self.edge_of[move.edge]
                    roads[self.edges[new].source].add(new)
        self.roads = {node: sorted(edges) for node, edges in roads.items()}
        for step in self.trace.steps:
            match step:
                case Seed():
                    self._begin_pass()
                    yield replace(step, node=self.place[step.node])
                case Forward() if step.node in self.group_of:
                    if step.node not in self.hidden:
                        yield self._computed(step)
                case EdgeStep():
                    yield from self._moved(step)
                case Unbroadcast():
                    if self.trace.edges[step.edge].target not in self.group_of:
                        yield replace(step, edge=self.edge_of[step.edge])
                case Meet():
                    if step.node not in self.hidden:
                        yield from self._met(step)
                case Deposit() if step.node in self.group_of:
                    yield from self._filled(step)
                case Forward() | Deposit():
                    yield replace(step, node=self.place[step.node])
                case _:
                    yield step

    def _begin_pass(self) -> None:
        self.arrived: dict[int, list[Any]] = defaultdict(list)  # by new edge
        self.left: dict[int, int] = defaultdict(int)  # old edges that are still to come
        self.summed: dict[int, Any] = {}
        self.filled: dict[str, list[str]] = defaultdict(list)
        moves = [m.edge for s in self.trace.steps if isinstance(s, EdgeStep) for m in s.moves]
        for old in set(moves) & set(self.edge_of):
            self.left[self.edge_of[old]] += 1
        for step in self.trace.steps:
            if isinstance(step, Unbroadcast):
                self.summed[step.edge] = step.after

    def _computed(self, step: Forward) -> Step:
        group, node = self.group_of[step.node], self.trace.nodes[step.node]
        said = COMPUTED.format(name=node.name, value=brief(node.value), ops=self._ops(group))
        if step.node == self.trace.root:
            said = step.sentence  # it ends with the question that opens the way back
        return Forward(said, "", self.place[step.node])

    def _moved(self, step: EdgeStep) -> Iterable[Step]:
        outside = []
        for move in step.moves:
            if move.edge not in self.edge_of:
                continue
            new = self.edge_of[move.edge]
            self.arrived[new].append(self.summed.get(move.edge, move.contribution))
            self.left[new] -= 1
            if self.trace.edges[move.edge].target not in self.group_of:
                outside.append(replace(move, edge=new))
            elif not self.left[new]:
                yield self._through(new)
        if outside:
            said = step.sentence.removesuffix(step.waits)
            waits = "".join(dict.fromkeys(self._waits(move.edge) for move in outside))
            yield replace(step, sentence=said + waits, waits=waits, moves=tuple(outside))

    def _through(self, new: int) -> Step:
        """Say what one group hands back to one of its inputs."""
        edge = self.edges[new]
        old_source, old_target = self.origin[edge.source], self.origin[edge.target]
        source, target = self.trace.nodes[old_source].name, self.trace.nodes[old_target].name
        contribution = _total(self.arrived[new])
        ops = self._ops(self.group_of[old_target])
        text = f"{ops} back: {brief(contribution)}"
        said = THROUGH.format(
            source=source, target=target, ops=ops, contribution=brief(contribution)
        )
        waits = self._waits(new)
        arriving = self.gradient[old_target]
        return EdgeStep(said + waits, "", (Move(new, arriving, None, contribution, text),), waits)

    def _waits(self, new: int) -> str:
        source = self.edges[new].source
        roads = self.roads[source]
        arrived = sum(not self.left[road] for road in roads)
        return sentences.waits(self.trace.nodes[self.origin[source]].name, arrived, len(roads))

    def _met(self, step: Meet) -> Iterable[Step]:
        node = self.place[step.node]
        parts = [_total(self.arrived[road]) for road in self.roads[node]]
        if len(parts) == len(step.parts):
            yield replace(step, node=node)
        elif len(parts) > 1:
            text = sum_text(parts, step.total)
            formula = f"{step.formula.partition(' = ')[0]} = {text}"
            said = sentences.MEET.format(sum=text)
            yield Meet(said, formula, node, tuple(parts), step.total, text)

    def _filled(self, step: Deposit) -> Iterable[Step]:
        """Say once, when the last leaf of a group got its gradient, which leaves have one now."""
        group = self.group_of[step.node]
        self.filled[group.path].append(self.trace.nodes[step.node].name)
        leaves = [each for each in sorted(group.members) if each in self.trace.grads]
        if len(self.filled[group.path]) == len(leaves):
            names = [self.trace.nodes[each].name for each in leaves]
            listed = " and ".join(names) if len(names) < 3 else _many(len(names), "leaf", "leaves")
            name = self.trace.nodes[group.output].name
            yield Inside(FILLED.format(name=name, leaves=listed), "", self.place[group.output])


def _total(parts: Sequence[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return np.asarray(total)


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
