"""The stepper of an expression that is typed."""

from typing import Any

from minigrad.errors import TraceError
from minigrad.tracing import Computation
from minigrad_widgets.expression import Expression
from minigrad_widgets.kernel import locked
from minigrad_widgets.stepper import GraphStepper


class ExpressionStepper(GraphStepper):
    """Step through an expression that is typed, such as `sin(a*b) + c`; the graph follows.

    Names are numbers: those given, such as `ExpressionStepper("a*b", a=2, b=-3)`, else some that
    hide no mistake. There are + − * / **, brackets and the functions of `expression.FUNCTIONS`.

    >>> from minigrad_widgets import ExpressionStepper
    >>> print(str(ExpressionStepper("a*b", a=2, b=-3)).splitlines()[0])
    a·b = −6: 3 nodes, 2 edges, 6 steps
    """

    def __init__(self, expression: str, /, *, sliders: bool = False, **numbers: float) -> None:
        self._numbers, self._typed = numbers, expression
        super().__init__(None, sliders=sliders)
        self.step = max(0, len(self.frames) - 1)  # gradients as one types

    @locked
    def _begin(self, computation: Any, args: tuple[Any, ...]) -> None:
        self.expression = self._typed
        try:
            self._take(self._read(self._typed))
        except TraceError as error:
            self._refuse(str(error))

    def _read(self, text: str) -> Computation:
        expression = Expression(text)
        return Computation(expression, tuple(expression.leaves(self._numbers)), passes=1)

    def _answer(self, request: dict[str, Any]) -> None:
        match request:
            case {"kind": "expression", "text": text}:
                for node in self._view.trace.nodes if self.svg else ():
                    if not node.op:
                        self._numbers[node.name] = float(node.value)
                self._take(self._read(text))
                self.expression = self._typed = text
            case _:
                super()._answer(request)
