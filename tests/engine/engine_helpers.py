"""What the tests of the engine and of the trace share."""

import gc
import threading
import weakref

import minigrad as mg


def leaf(value, **options):
    return mg.tensor(value, requires_grad=True, **options)


def steps(trace, kind):
    return [step for step in trace.steps if step.kind == kind]


def named(trace):
    return {node.name: node for node in trace.nodes}


def in_another_thread(function):
    """Call it where none of the reader's frames is on the stack."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def dies_at_once(make):
    """Whether what `make` returns is gone when it is let go, without the garbage collector."""
    gc.disable()
    try:
        return weakref.ref(make())() is None
    finally:
        gc.enable()
