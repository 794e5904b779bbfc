"""Einstein's sums: products of tensors whose dims are named by letters."""

from __future__ import annotations

import re
import string
from collections import Counter
from typing import Any

import numpy as np

from minigrad import errors
from minigrad.functions.attach import checked, instead_of
from minigrad.functions.linalg import diagonal
from minigrad.functions.views import permute
from minigrad.rules import linalg
from minigrad.tensor import Tensor, apply

__all__ = ["einsum"]


@instead_of(np.einsum)
@checked
def einsum(equation: str, *operands: Any) -> Tensor:
    """Einstein's sums: name each dim by a letter, and say which letters the result keeps.

    Dims of one letter are multiplied cell by cell, and summed where the result does not keep
    it. `...` stands for any dims, which broadcast. Without `->` the result keeps the letters
    that stand once, in alphabetical order. RuntimeError, with letter and sizes, where the
    equation and the operands do not fit; ValueError for no operands. As `torch.einsum`.

    >>> import minigrad as mg
    >>> a = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> mg.einsum("ij,jk->ik", a, a)
    tensor([[ 7., 10.],
            [15., 22.]])
    """
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        (operands,) = operands
    if not operands:
        raise ValueError(f"einsum: {equation!r} needs at least one tensor to work on.")
    for each in operands:
        if not isinstance(each, Tensor):
            raise errors.no_operand(each)
    errors.check_one_dtype("einsum", operands)
    terms, result = _read(equation, operands)
    sizes = _sizes(equation, terms, operands)
    parts = [_once(*each, sizes) for each in zip(terms, operands, strict=True)]
    term, total = _summed(*parts[0], [result, *(each for each, _ in parts[1:])])
    for i in range(1, len(parts)):
        others = [result, *(each for each, _ in parts[i + 1 :])]
        other, operand = _summed(*parts[i], [term, *others])
        kept = [each for each in dict.fromkeys(term + other) if any(each in o for o in others)]
        joined = result if i == len(parts) - 1 else "".join(kept)
        total = apply(linalg.einsum, total, operand, equation=f"{term},{other}->{joined}")
        term = joined
    return total if term == result else permute(total, [term.index(each) for each in result])


def _read(equation: str, operands: tuple[Tensor, ...]) -> tuple[list[str], str]:
    """Read the letters of each operand and of the result, with letters in place of `...`."""
    compact = equation.replace(" ", "")
    given, arrow, wanted = compact.partition("->")
    for part in (*given.split(","), wanted):
        if not re.fullmatch(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*", part):
            raise RuntimeError(
                f"einsum: {part!r} in {equation!r} is not made of letters and at most one '...'."
            )
    terms = given.split(",")
    if len(terms) != len(operands):
        raise RuntimeError(
            f"einsum: {equation!r} speaks of {len(terms)} operands, but {len(operands)} are given."
        )
    free = [each for each in string.ascii_letters if each not in compact]
    dotted = []  # how many dims the dots of each operand stand for
    for term, each in zip(terms, operands, strict=True):
        named = len(term.replace("...", ""))
        dotted.append(each.ndim - named)
        if dotted[-1] < 0 or (dotted[-1] and "..." not in term):
            raise RuntimeError(
                f"einsum: {term!r} names {named} dims, but {errors.called(each)} has shape "
                f"{tuple(each.shape)}."
            )
    dots = "".join(free[: max(dotted)])
    terms = [
        term.replace("...", dots[len(dots) - many :])
        for term, many in zip(terms, dotted, strict=True)
    ]
    if not arrow:
        once = Counter("".join(terms))
        letters = sorted(each for each in once if once[each] == 1 and each not in dots)
        return terms, dots + "".join(letters)
    result = wanted.replace("...", dots)
    for letter in result:
        if result.count(letter) > 1 or not any(letter in term for term in terms):
            raise RuntimeError(
                f"einsum: the result's {letter!r} in {equation!r} must stand there once, and in an "
                "operand."
            )
    return terms, result


def _sizes(equation: str, terms: list[str], operands: tuple[Tensor, ...]) -> dict[str, int]:
    """Find the size of each letter; between operands, a dim of size 1 is stretched."""
    found: dict[str, int] = {}
    for term, operand in zip(terms, operands, strict=True):
        own: dict[str, int] = {}
        for letter, size in zip(term, operand.shape, strict=True):
            others = found.get(letter, 1)
            known = own.setdefault(letter, size)
            if known != size or (1 not in (size, others) and size != others):
                named = letter if letter in equation else "..."  # else the letter is our own
                raise RuntimeError(
                    f"einsum: {named!r} has size {others if known == size else known}, but size "
                    f"{size} in {errors.called(operand)}, {tuple(operand.shape)}. One letter has "
                    "one size."
                )
        found.update({letter: size for letter, size in own.items() if found.get(letter, 1) == 1})
    return found


def _once(term: str, operand: Tensor, sizes: dict[str, int]) -> tuple[str, Tensor]:
    """Leave out the dims that would be stretched; of a letter that repeats, take the diagonal."""
    short = tuple(i for i, each in enumerate(term) if operand.shape[i] < sizes[each])
    if short:
        operand = operand.squeeze(short)
        term = "".join(each for i, each in enumerate(term) if i not in short)
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first, last = term.index(letter), term.rindex(letter)
            operand = diagonal(operand, 0, first, last)
            term = term[:first] + term[first + 1 : last] + term[last + 1 :] + letter
    return term, operand


def _summed(term: str, operand: Tensor, others: list[str]) -> tuple[str, Tensor]:
    """Sum over the letters that stand nowhere else."""
    alone = tuple(i for i, each in enumerate(term) if not any(each in other for other in others))
    if alone:
        operand = operand.sum(alone, dtype=operand.dtype)
        term = "".join(each for i, each in enumerate(term) if i not in alone)
    return term, operand
