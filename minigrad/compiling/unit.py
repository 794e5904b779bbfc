"""One compiled function of a program, bound to the memory that it works in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.compiling import memory
from minigrad.compiling.legend import Legend, kinds
from minigrad.compiling.plan import Reading
from minigrad.compiling.text import written
from minigrad.kernels.fuse import Fused
from minigrad.kernels.lazy import Lazy
from minigrad.modes import state
from minigrad.tensor import Tensor

Array = npt.NDArray[Any]


class Changed(Exception):
    """What was captured no longer has the shape or dtype that the program was built for."""


class Unit:
    """One compiled function and the memory that it works in."""

    def __init__(
        self, reading: Reading, name: str, fused: Fused, names: Mapping[Lazy, str],
        come: Sequence[Lazy], stay: Mapping[str, Array], rates: Sequence[str] = (),
        overwritten: Sequence[str] = (), checked: bool = False,
    ) -> None:  # fmt: skip
        """`names` has the results' names; the arrays in `come` are brought by each call.

        `stay` has those that are there already. `rates` are numbers that the function takes.
        If it is `checked` whether numbers are right, and some are not, `wrong` counts them and
        nothing else is done.
        """
        self.reading = reading
        self.overwritten = {*overwritten}
        self.wrong = np.zeros((), np.int64)
        wrong = {each: reading.name("wrong") for each in reading.wrong if checked}
        names, stay = {**names, **wrong}, {**stay, **dict.fromkeys(wrong.values(), self.wrong)}
        given = [*reading.arguments, *(lazy for lazy, _ in reading.arrays.values())]
        every = {**{each: each.extra for each in given}, **names}
        inner = {
            each: reading.name(reading.hint(each)) for each in fused.stored if each not in every
        }
        every |= inner
        left = [each for each in every if each not in {*come} and every[each] not in overwritten]
        left += [each for each in given if each.extra in overwritten]
        fixed = [lazy for lazy, _ in reading.arrays.values()]
        legend = Legend(reading.pool, reading.arguments, fixed)
        text = written(name, fused, every, come, left, rates, legend, [*wrong])
        shown = {each: x for each, x in every.items() if re.search(rf"\b{x}\b", text.source)}
        said = legend.lines(kinds(reading, shown, fused.given, inner))
        self.source = "\n".join([*said, text.source])
        self.entry, self.whole = text.entry, text.whole
        order = {every[each]: i for i, each in enumerate(come)}
        places = [order[name] for name in text.come]
        self.pick = None if places == [*range(len(come))] else places
        self.stay = [every[each] for each in text.stay]
        self.arrays = {**memory.planned(fused, inner), **stay}
        self.names: list[str] = []  # of the tensors among what stays
        for each in self.stay:
            if each in reading.arrays:
                source = reading.arrays[each][1]
                if isinstance(source, Tensor):
                    self.names.append(each)
                else:
                    self.arrays[each] = memory.contiguous(source)
        self.tensors = [reading.arrays[each][1] for each in self.names]
        self.held: list[Any] = [None] * len(self.tensors)
        self.numbers = np.zeros(len(rates))
        self.table: Array = np.zeros(0, np.int64)
        if not self.names:  # then nothing would ever be seen to have changed
            self._bind([])

    def run(self, come: Sequence[Array], data: Sequence[Any] | None = None) -> None:
        """Run it on what a call brings, and on the data of its tensors, else on what is in them."""
        if self.tensors:
            if data is None:
                data = self.data()
            if not all(map(is_, data, self.held)):
                self._bind(data)
        if self.pick is not None:
            come = [come[i] for i in self.pick]
        if self.whole:
            self.entry(*come, self.table)
        else:
            arrays = [self.arrays[each] for each in self.stay]
            state.silently(self.entry, self.reading.calls, *come, *arrays, *self.numbers)

    def data(self) -> list[Any]:
        """What its tensors hold now."""
        return [tensor._data for tensor in self.tensors]

    def _bind(self, data: Sequence[Any]) -> None:
        """Note where the tensors' numbers are."""
        found = list(data)
        for i, (name, each) in enumerate(zip(self.names, data, strict=True)):
            like = self.reading.arrays[name][0]
            if each.shape != like.shape or each.dtype != like.dtype:
                raise Changed
            if name in self.overwritten:
                found[i] = self.tensors[i]._array()
                if not found[i].flags.carray:
                    raise Changed
        for i, (name, each) in enumerate(zip(self.names, found, strict=True)):
            array = self.arrays[name] = memory.contiguous(each)
            # Where that is a copy of an array, it is made anew for each call.
            self.held[i] = each if array is each or not isinstance(each, np.ndarray) else None
        table: list[int] = []
        for name in self.stay:
            table += [self.arrays[name].ctypes.data, *self.arrays[name].shape]
        self.table = np.array([*table, self.numbers.ctypes.data], np.int64)
