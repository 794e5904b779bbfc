"""Which line of the reader's source computed a value; None wherever that is not certain."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import linecache
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from minigrad.names import is_ours
from minigrad.recorder import Draft, Input
from minigrad.tensor import Tensor


class Source(NamedTuple):
    """Some lines of a file or of a notebook's cell; `first` is where they begin there."""

    code: tuple[str, ...] = ()
    file: str = ""
    first: int = 1

    def number(self, file: str, line: int) -> int | None:
        """Return the number here of a line of a file, counted from 1."""
        number = line - self.first + 1
        return number if file == self.file and 1 <= number <= len(self.code) else None


def source_of(code: CodeType) -> Source:
    """Find the source of a function, or of the cell or file whose code it is."""
    if code.co_name == "<module>":
        lines, first = linecache.getlines(code.co_filename), 1
    else:
        try:
            lines, first = _function_lines(code, code.co_filename)
        except (OSError, TypeError, IndexError, SyntaxError):  # it was not written in a file
            return Source()
    return Source(tuple(textwrap.dedent("".join(lines)).splitlines()), code.co_filename, first)


@functools.lru_cache(maxsize=32)
def _function_lines(code: CodeType, file: str) -> tuple[list[str], int]:
    """Find where a function ends: slow, and the same in every round of a training loop.

    `file` tells apart what two cells define alike but for a comment: such codes are equal.
    """
    return inspect.getsourcelines(code)


def source_of_function(function: Callable[..., Any]) -> Source:
    """Find the source of what the reader gave to be run: a function, a model, a method."""
    while isinstance(function, functools.partial):
        function = function.func
    if not hasattr(inspect.unwrap(function), "__code__"):
        function = getattr(type(function), "forward", type(function).__call__)
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    return Source() if code is None or is_ours(inner.__module__ or "") else source_of(code)


def recorded_lines(source: Source, drafts: list[Draft]) -> list[int | None]:
    """Number the lines on which recorded ops ran, or called what ran them."""
    numbers = ((source.number(*place) for place in draft.where) for draft in drafts)
    return [next((each for each in found if each is not None), None) for found in numbers]


def replayed_lines(
    source: Source, frame: FrameType, drafts: list[Draft], known: set[int]
) -> list[int | None]:
    """Number the lines of a tensor's history, of which no lines were kept: read the source.

    A value that a variable holds belongs to the statement that sets this variable, if no
    other does and it has run. Any other value belongs to the one statement that uses it, if all
    that this uses can be named; else it may have been kept somewhere by an earlier one.
    `known` holds the ids of all that has a name.
    """
    statements = _read(source.code, frame.f_code, frame.f_lineno - source.first + 1)
    if statements is None:
        return [None] * len(drafts)
    scope = _Scope(statements, frame)
    names_all = functools.cache(scope.names_all)  # a long statement makes many values
    users: list[set[ast.stmt | None]] = [set() for _ in drafts]
    users[-1] = {statements.current}
    numbers: list[int | None] = [None] * len(drafts)
    for i in reversed(range(len(drafts))):
        draft = drafts[i]
        statement = scope.setter(draft.place)
        if draft.rule is not None and id(draft.place) not in known and len(users[i]) == 1:
            (user,) = users[i]
            statement = user if user is not None and names_all(user) else None
        for each in draft.inputs:
            if isinstance(each, Input):
                users[each.draft].add(statement)
        numbers[i] = None if statement is None else statement.lineno
    return numbers


class _Statements:
    """The statements of a cell or a function, as far as they ran, and what names these set."""

    def __init__(self, body: list[ast.stmt], code: CodeType, line: int) -> None:
        self.ran: list[ast.stmt] = []
        self.current: ast.stmt | None = None
        self._run(body, line)
        arguments = inspect.getargs(code)
        self.arguments = arguments.args
        given = [*arguments.args, arguments.varargs, arguments.varkw]
        self.many = Counter(each for each in given if each)
        for statement in body:
            self.many.update(_bound(statement))
        self.setters = {
            name: statement
            for statement in self.ran
            for name in _set_by(statement)
            if self.many[name] == 1
        }

    def _run(self, body: list[ast.stmt], line: int) -> None:
        """Gather the statements that have surely run when `line` does."""
        for statement in body:
            if statement.lineno <= line <= (statement.end_lineno or line):
                self.current = statement
                for block in _blocks(statement):
                    if block[0].lineno <= line <= (block[-1].end_lineno or line):
                        self._run(block, line)
                return
            self.ran.append(statement)
            if isinstance(statement, ast.With):
                self._run(statement.body, line)


@functools.lru_cache(maxsize=32)  # a training loop asks for the same each time
def _read(lines: tuple[str, ...], code: CodeType, line: int) -> _Statements | None:
    """Read the source of `code`, of which `line` is being run; None if that is not Python alone."""
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return None
    body = tree.body
    if code.co_name != "<module>":
        function = body[0] if body else None
        if not isinstance(function, ast.FunctionDef):
            return None
        body = function.body
    return _Statements(body, code, line)


class _Scope:
    """What the names that some statements use hold, where they are being run."""

    def __init__(self, statements: _Statements, frame: FrameType) -> None:
        self.statements = statements
        self.spaces = (frame.f_locals, frame.f_globals, vars(builtins))
        self.holders: dict[int, list[str]] = {}
        for name, value in [*self.spaces[0].items()]:
            if isinstance(value, Tensor) and not name.startswith("_"):
                self.holders.setdefault(id(value.grad_fn or value), []).append(name)

    def setter(self, place: Any) -> ast.stmt | None:
        """Return the statement that gave a value its name: the first, where it has several."""
        found = [self.statements.setters.get(name) for name in self.holders.get(id(place), ())]
        known = [each for each in found if each is not None]
        return min(known, key=lambda each: each.lineno) if known and known == found else None

    def names_all(self, statement: ast.stmt) -> bool:
        """Whether nothing that a statement uses can hold a tensor without a name."""
        names = {
            each.id
            for each in ast.walk(statement)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
        }
        return all(self._is_plain(name, statement) for name in names)

    def _is_plain(self, name: str, statement: ast.stmt) -> bool:
        setter, many = self.statements.setters.get(name), self.statements.many[name]
        before = setter is not None and setter.lineno < statement.lineno
        if many and not before and not (many == 1 and name in self.statements.arguments):
            return False
        value = next((space[name] for space in self.spaces if name in space), None)
        plain = (Tensor, int, float, str, ModuleType, np.ndarray, np.generic, type)
        return (
            isinstance(value, plain)
            or inspect.isroutine(value)
            or hasattr(type(value), "named_parameters")
        )


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        if block := getattr(statement, field, None):
            yield block
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _set_by(statement: ast.stmt) -> Iterator[str]:
    """List the names that a plain assignment sets."""
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
            yield from (each.id for each in parts if isinstance(each, ast.Name))


def _bound(statement: ast.AST) -> Iterator[str]:
    """List the names that a statement may give another value, once for each time."""
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.partition(".")[0]
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names
            # x.add_(1), x[0] = 1, x.data = y: a name may then stand for what another line made.
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                if method.endswith("_") and method != "requires_grad_":
                    yield name
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                while isinstance(node, ast.Subscript | ast.Attribute):
                    node = node.value
                if isinstance(node, ast.Name):
                    yield node.id
