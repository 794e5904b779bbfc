"""What the tests of the engine and of the trace share."""

import minigrad as mg


def leaf(value, **options):
    return mg.tensor(value, requires_grad=True, **options)


def steps(trace, kind):
    return [step for step in trace.steps if step.kind == kind]


def named(trace):
    return {node.name: node for node in trace.nodes}
