"""Widgets that show what minigrad computes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minigrad_widgets import landscapes, presets
from minigrad_widgets.dot import to_graphviz
from minigrad_widgets.expression_stepper import ExpressionStepper
from minigrad_widgets.stepper import GraphStepper
from minigrad_widgets.tensor_view import TensorView

if TYPE_CHECKING:
    from minigrad_widgets import plots
    from minigrad_widgets.descent import DescentExplorer, LineFit
    from minigrad_widgets.monitor import TrainingMonitor

__all__ = [
    "DescentExplorer",
    "ExpressionStepper",
    "GraphStepper",
    "LineFit",
    "TensorView",
    "TrainingMonitor",
    "landscapes",
    "plots",
    "presets",
    "to_graphviz",
]

# Matplotlib takes longer to import than all the rest, and a stepper does without it.
_WITH_MATPLOTLIB = {
    "DescentExplorer": "descent",
    "LineFit": "descent",
    "TrainingMonitor": "monitor",
    "plots": "plots",
}


def __getattr__(name: str) -> Any:
    if name not in _WITH_MATPLOTLIB:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_WITH_MATPLOTLIB[name]}")
    return getattr(module, name, module)
