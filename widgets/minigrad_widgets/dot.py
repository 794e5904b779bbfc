"""The graph in DOT, for those who want to draw it with Graphviz themselves."""

from typing import Any

import graphviz

import minigrad
from minigrad.names import legible
from minigrad.printing import brief


def to_graphviz(computation: Any, /, *args: Any) -> graphviz.Digraph:
    """The graph of a loss, or of a function called with `args`: names, ops and values, inputs left.

    Raises TraceError when there is no graph. Source: `torchviz.make_dot` draws one like it.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> print(to_graphviz(x * x).source.splitlines()[3].strip())
    n0 [label="x\\n3"]
    """
    trace = minigrad.trace(computation, *args)
    graph = graphviz.Digraph(graph_attr={"rankdir": "LR"}, node_attr={"shape": "box"})
    for node in trace.nodes:
        lines = (node.name, node.badge, brief(node.value))
        label = r"\n".join(graphviz.escape(legible(line)) for line in lines if line)
        graph.node(f"n{node.id}", graphviz.nohtml(label))
    for edge in trace.edges:
        graph.edge(f"n{edge.source}", f"n{edge.target}")
    return graph
