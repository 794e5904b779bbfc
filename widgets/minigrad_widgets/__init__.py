"""Widgets that show what minigrad computes."""

from minigrad_widgets.dot import to_graphviz
from minigrad_widgets.stepper import GraphStepper

__all__ = ["GraphStepper", "to_graphviz"]
