"""What the values of a computation are called, and how they stand in its formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minigrad import formula
from minigrad.names import short
from minigrad.printing import brief, number
from minigrad.recorder import Draft, Input, evaluated
from minigrad.rules.rule import Elementwise
from minigrad.tensor import Tensor
from minigrad.wording import as_shown, chain

LONGEST_NAME = 16  # characters; a longer expression is called by its op and a number


def given_names(drafts: list[Draft], variables: Mapping[int, str]) -> list[str]:
    """Return what the reader calls each value, or "": its own name, or a variable's, by id."""
    own = (each.place.name if isinstance(each.place, Tensor) else None for each in drafts)
    return [
        short(name or variables.get(id(draft.place), ""))
        for draft, name in zip(drafts, own, strict=True)
    ]


class _Numbers(NamedTuple):
    """A formula with numbers for names, and what those come to, rounded as they are shown."""

    written: Any
    come_to: Any


class Naming:
    """Names for `drafts`, in their order; `given` are the reader's, "" where there is none.

    `name` is what a value is called, `defined` the expression behind that name, and `written`
    how it stands in the formula of another value.
    """

    def __init__(self, drafts: list[Draft], given: list[str]) -> None:
        self.drafts = drafts
        self.name: list[str] = []
        self.defined: list[str] = []
        self.written: list[Any] = []
        # How it is defined and how it is written, with numbers. None for what is not one number.
        self._defined: list[_Numbers | None] = []
        self._written: list[_Numbers | None] = []
        self._many: dict[str, int] = {}
        for draft, name in zip(drafts, given, strict=True):
            self._add(draft, name)

    def _add(self, draft: Draft, name: str) -> None:
        value = draft.value
        named = formula.symbol(name) if name else None
        if draft.rule is None:
            defined = named = named or formula.symbol(self._anonymous(value))
        else:
            defined = _read(draft, self.written.__getitem__)
            if not name and len(str(defined)) > LONGEST_NAME:
                named = formula.symbol(self._numbered(draft.rule.word))
        written = named or defined
        written.sizes = value.shape
        numbers = self._in_numbers(draft)
        self._defined.append(numbers)
        if named is not None:
            one = not value.ndim and value.dtype.kind != "b"
            numbers = _Numbers(formula.constant(value.item()), as_shown(value[()])) if one else None
        self._written.append(numbers)
        self.name.append(str(written))
        self.defined.append(str(defined))
        self.written.append(written)

    def _numbered(self, word: str) -> str:
        self._many[word] = self._many.get(word, 0) + 1
        return f"{word}{self._many[word]}"

    def _anonymous(self, value: Any) -> str:
        return self._numbered("tensor") if value.ndim else number(value.item())

    def _in_numbers(self, draft: Draft) -> _Numbers | None:
        """Write an op on single numbers with these."""
        places = [each.draft for each in draft.inputs if isinstance(each, Input)]
        used = {i: each for i in places if (each := self._written[i]) is not None}
        known = isinstance(draft.rule, Elementwise) and len(used) == len({*places})
        if not known or draft.value.ndim or draft.value.dtype.kind == "b":
            return None
        assert draft.rule is not None
        written = _read(draft, lambda i: used[i].written)
        inputs = tuple(as_shown(each) for each in draft.inputs)
        parameters = {key: as_shown(each) for key, each in (draft.parameters or {}).items()}
        values = {i: each.come_to for i, each in used.items()}
        return _Numbers(written, evaluated(draft.rule, inputs, parameters, values)[()])

    def computed(self, i: int) -> str:
        """Return how an op's value was computed, as in y = a·x + 1 = 2·3 + 1 = 7.

        A tensor without a name, and a truth value, say all in their sentence: then "".
        """
        name, defined, value = self.name[i], self.defined[i], self.drafts[i].value
        numbers = self._defined[i]
        if numbers is not None:
            said = chain(defined, formula.text(numbers.written), numbers.come_to, value.item())
        elif name != defined:
            said = f"{defined} = {brief(value)}"
        else:
            return ""
        return said if name == defined else f"{name} = {said}"


def _read(draft: Draft, operand: Callable[[int], Any]) -> Any:
    """Write the op of `draft`; `operand` says how to write its inputs, by their place."""
    assert draft.rule is not None
    written = [operand(each.draft) if isinstance(each, Input) else each for each in draft.inputs]
    return formula.read(draft.rule, written, draft.parameters or {})
