"""An expression that is typed, read safely: arithmetic, names, known functions, nothing else."""

import ast
import operator
from collections.abc import Callable
from typing import Any

import minigrad as mg
from minigrad import Tensor
from minigrad.errors import TraceError

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        mg.abs, mg.atan, mg.cos, mg.cosh, mg.erf, mg.exp, mg.log, mg.maximum, mg.minimum,
        mg.relu, mg.sigmoid, mg.sin, mg.sinh, mg.sqrt, mg.tan, mg.tanh,
    )
}  # fmt: skip
_LONGEST = 200  # characters: what is longer has more boxes than a screen
# What names hold that were given no number. Not 1: with it several wrong rules give right numbers.
_DEFAULTS = (2.5, 1.5, 3.5, 0.5, 4.5, 0.75)

EMPTY = "Type an expression, such as sin(a*b) + c."
TOO_LONG = f"That is longer than {_LONGEST} characters. Take a part of it."
BROKEN = "“{text}” cannot be read. Is a sign or a bracket missing? Write 2*x, not 2x."
NO_NAMES = "Use at least one name, such as x: without one there is nothing to take a slope for."
UNKNOWN_FUNCTION = "There is no function {name} here. There are {known}."
NOT_CALLED = "{name} is a function: write {name}(x)."
NOT_ALLOWED = "“{part}” is not arithmetic. Use numbers, names, + − * / **, brackets and {known}."
NO_CARET = "For a power write **: x**2, not x^2."
ARGUMENTS = "{name} was given {given}, which is not what it takes."
TOO_LARGE = "The numbers in it grow beyond what a computer holds. Use smaller ones."
DIVIDED_BY_ZERO = "A number is divided by 0 in it."


class Expression:
    """A typed expression: its `names`, and what it computes from their tensors.

    Raises TraceError, with a sentence for the one who types, if it is anything but arithmetic.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        if not self.text:
            raise TraceError(EMPTY)
        if len(self.text) > _LONGEST:
            raise TraceError(TOO_LONG)
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise TraceError(BROKEN.format(text=self.text)) from None
        self.names: list[str] = []
        self._check(self._tree)
        if not self.names:
            raise TraceError(NO_NAMES)

    def leaves(self, known: dict[str, float]) -> list[Tensor]:
        """Make a tensor for each name: of its number in `known`, else of a default one."""
        return [
            mg.tensor(
                known.get(name, _DEFAULTS[place % len(_DEFAULTS)]),
                dtype=mg.float64,
                requires_grad=True,
                name=name,
            )
            for place, name in enumerate(self.names)
        ]

    def __call__(self, *leaves: Tensor) -> Tensor:
        """Compute it from one tensor a name, in the order of `names`."""
        try:
            result = self._value(self._tree, dict(zip(self.names, leaves, strict=True)))
        except OverflowError:
            raise TraceError(TOO_LARGE) from None
        except ZeroDivisionError:
            raise TraceError(DIVIDED_BY_ZERO) from None
        # A name alone is its own leaf: there is no step in it yet
        return result * 1 if any(result is leaf for leaf in leaves) else result

    def _check(self, part: ast.AST) -> None:
        """Collect the names, in the order in which they are written; refuse all but arithmetic."""
        match part:
            case ast.BinOp(left, op, right) if type(op) in _OPERATORS:
                self._check(left)
                self._check(right)
            case ast.BinOp(op=ast.BitXor()):
                raise TraceError(NO_CARET)
            case ast.UnaryOp(op, operand) if type(op) in _OPERATORS:
                self._check(operand)
            case ast.Constant(value) if type(value) in (int, float):
                pass
            case ast.Name(name) if name in FUNCTIONS:
                raise TraceError(NOT_CALLED.format(name=name))
            case ast.Name(name):
                if name not in self.names:
                    self.names.append(name)
            case ast.Call(ast.Name(name), arguments, []) if name in FUNCTIONS:
                for argument in arguments:
                    self._check(argument)
            case ast.Call(ast.Name(name)) if name not in FUNCTIONS:
                known = ", ".join(FUNCTIONS)
                raise TraceError(UNKNOWN_FUNCTION.format(name=name, known=known))
            case _:
                source = ast.get_source_segment(self.text, part) or self.text
                raise TraceError(NOT_ALLOWED.format(part=source, known=", ".join(FUNCTIONS)))

    def _value(self, part: ast.AST, given: dict[str, Tensor]) -> Any:
        match part:
            case ast.BinOp(left, op, right):
                return _OPERATORS[type(op)](self._value(left, given), self._value(right, given))
            case ast.UnaryOp(op, operand):
                return _OPERATORS[type(op)](self._value(operand, given))
            case ast.Constant(value):
                assert isinstance(value, int | float)
                return float(value)
            case ast.Name(name):
                return given[name]
            case ast.Call(ast.Name(name), arguments):
                values = [_tensor(self._value(each, given)) for each in arguments]
                try:
                    return FUNCTIONS[name](*values)
                except TypeError:
                    count = f"{len(values)} number{'' if len(values) == 1 else 's'}"
                    raise TraceError(ARGUMENTS.format(name=name, given=count)) from None
        raise AssertionError(part)  # _check let it pass


def _tensor(value: Tensor | float) -> Tensor:
    return value if isinstance(value, Tensor) else mg.tensor(value, dtype=mg.float64)
