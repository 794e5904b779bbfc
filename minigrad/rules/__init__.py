"""Every op of the engine, each written once. `RULES` finds a rule by its name."""

from minigrad.rules import (
    activations,
    elementwise,
    indexing,
    linalg,
    reductions,
    rows,
    running,
    shape,
    sorting,
    transcendental,
    writing,
)  # fmt: skip
from minigrad.rules.plan import Plan
from minigrad.rules.rule import NUMBERS, RULES, Elementwise, Row, Rule, Structured

__all__ = [
    "NUMBERS", "RULES", "Elementwise", "Plan", "Row", "Rule", "Structured",
    "activations", "elementwise", "indexing", "linalg", "reductions", "rows", "running", "shape",
    "sorting", "transcendental", "writing",
]  # fmt: skip
