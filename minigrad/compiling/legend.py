"""What a generated text says of its arrays: what each is, and its shape.

It is added to the text that is shown only. What is compiled knows no sizes, so that other sizes
need no other code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from minigrad.compiling.plan import Reading
from minigrad.kernels.fuse import Whole
from minigrad.kernels.lazy import Extent, Lazy, Pool, size_text
from minigrad.tensor import Tensor

_LETTERS = "nmpqrstuvw"  # loops go along i, j, k, l
_WIDTH = 96


class Legend:
    """Shapes as a reader writes them: sizes that arguments alone have are letters."""

    def __init__(self, pool: Pool, given: Iterable[Lazy], fixed: Iterable[Lazy]) -> None:
        """The arguments are `given`; `fixed` are arrays whose sizes stay as they are."""
        self._pool = pool
        sizes = (size for each in fixed for size in each.shape)
        self._known = {size_text(pool.size(size)): str(int(size)) for size in sizes}
        self._letters = iter([*_LETTERS, *(f"n{i}" for i in range(1, 1000))])
        self.letters: list[str] = []
        for each in given:
            self.shape(each)

    def shape(self, node: Lazy) -> str:
        """A shape, such as (n, 16)."""
        sizes = [re.sub(r"\w+\.shape\[\d+\]", self._size, size_text(each)) for each in node.shape]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

    def _size(self, found: re.Match[str]) -> str:
        text = size_text(self._pool.size(Extent(0, found[0])))
        if text not in self._known:
            self._known[text] = next(self._letters)
            self.letters.append(self._known[text])
        return self._known[text]

    def product(self, statement: Whole) -> str:
        """The shapes in a matrix product."""
        a, b = map(self.shape, statement.operands)
        return f"# {self.shape(statement.node)} = {a} @ {b}"

    def lines(self, kinds: Mapping[str, Sequence[tuple[str, Lazy]]]) -> list[str]:
        """Say what arrays there are, by kinds."""
        dtypes = [str(node.dtype) for each in kinds.values() for _, node in each]
        usual = max(sorted({*dtypes}), key=dtypes.count, default="")
        rows = []
        for kind, arrays in kinds.items():
            start, row = kind, ""
            for name, node in arrays:
                said = "" if node.dtype == usual else f" {node.dtype}"
                text = f"{name} {self.shape(node)}{said}, "
                if len(row) + len(text) > _WIDTH - 16:
                    rows.append(f"#   {start:<12}{row.rstrip()}")
                    start, row = "", ""
                row += text
            if row:
                rows.append(f"#   {start:<12}{row.rstrip(', ')}")
        letters = ", ".join(self.letters)
        change = f"; {letters} may differ from call to call" if letters else ""
        return [f"# Arrays, {usual} where nothing else is said{change}:", *rows] if rows else []


def kinds(
    reading: Reading, names: Mapping[Lazy, str], kept: Collection[Lazy], inner: Collection[Lazy]
) -> dict[str, list[tuple[str, Lazy]]]:
    """Sort arrays by what they are to a program."""
    found: dict[str, list[tuple[str, Lazy]]] = {
        each: []
        for each in ("given", "outside", "constants", "optimizer", "kept", "results", "on the way")
    }
    for node, name in names.items():
        if node.head == "array":
            source = reading.arrays[name][1] if name in reading.arrays else None
            kind = "outside" if isinstance(source, Tensor) else "constants"
            kind = "given" if source is None else kind
            found["optimizer" if name in reading.remembered else kind].append((name, node))
        elif name not in reading.arrays:  # else it is the same memory, later
            kind = "kept" if node in kept else "on the way" if node in inner else "results"
            found[kind].append((name, node))
    return found
