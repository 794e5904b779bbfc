"""Every op of the engine, each written once. `RULES` finds a rule by its name."""

from minigrad.rules import elementwise, indexing, linalg, reductions, rows, shape
from minigrad.rules.rule import NUMBERS, RULES, Elementwise, Row, Rule, Structured

__all__ = [
    "NUMBERS", "RULES", "Elementwise", "Row", "Rule", "Structured",
    "elementwise", "indexing", "linalg", "reductions", "rows", "shape",
]  # fmt: skip
