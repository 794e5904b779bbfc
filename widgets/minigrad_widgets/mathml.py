"""A formula in the trace's plain notation, as MathML: fractions, powers and roots are drawn.

The notation is what formula.py prints. Whatever is not understood stays as it is written, so a
formula may hold any name.
"""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

_SUPERSCRIPTS = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ", "−0123456789T", strict=True))
_CLOSING = {"(": ")", "[": "]"}
_TOKEN = re.compile(
    r"(?P<space> +)"
    r"|(?P<number>[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:e[−+-]?[0-9]+)?)"
    r"|(?P<raised>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|ᵀ)"
    r"|(?P<word>∂?(?:(?![⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ])\w)+(?:\.\w+)*)"
    r"|(?P<sign>.)",
    re.DOTALL,
)
# Words of the notation that are no names: they keep the spaces around them.
_SPOKEN = {"if", "else", "where", "with", "and", "or", "not", "mod", "as", "at", "to", "over"}
_SPOKEN |= {"sum", "axis", "dims", "in", "order", "swapped", "spread", "plus", "added", "rolled"}
_SPOKEN |= {"by", "xor", "gradients", "of", "summed", "was", "None"}


def mathml(formula: str) -> str:
    """Return `formula` as a <math> element, with its plain text as `alttext`; "" for ""."""
    if not formula:
        return ""
    math = Element("math", {"xmlns": "http://www.w3.org/1998/Math/MathML", "alttext": formula})
    _Reader(formula).fill(math, "")
    return tostring(math, encoding="unicode")


class _Reader:
    """Reads the tokens of a formula from left to right, once."""

    def __init__(self, formula: str) -> None:
        found = _TOKEN.finditer(formula)
        self._tokens = [(str(each.lastgroup), each.group()) for each in found]
        self._place = 0

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else ("", "")

    def fill(self, row: Element, closing: str) -> bool:
        """Put what comes into `row`, up to the bracket `closing`; whether that was found."""
        while (token := self._peek())[0]:
            if closing and token[1] == closing:
                return True
            kind, text = token
            if kind == "space":
                self._place += 1
            elif kind == "word" and text in _SPOKEN:
                self._place += 1
                SubElement(row, "mtext").text = f"\u00a0{text}\u00a0"
            elif kind == "sign" and text not in "(∂√|[":
                self._place += 1
                # After a bracket or a sign a minus belongs to its number: it stands close to it.
                first = len(row) == 0 or (row[-1].tag == "mo" and str(row[-1].text) not in ")]|!")
                sign = SubElement(row, "mo", {"form": "prefix"} if first and text == "−" else {})
                sign.text = text
            else:
                row.append(self._fraction())
        return not closing

    def _fraction(self) -> Element:
        above = self._power()
        if self._peek()[1] != "/":
            return above
        self._place += 1
        if not self._peek()[0]:
            return _row(above, _leaf("mo", "/"))
        fraction = Element("mfrac")
        fraction.extend([_bare(above), _bare(self._power())])
        return fraction

    def _power(self) -> Element:
        base = self._atom()
        while True:
            kind, text = self._peek()
            if kind == "raised":
                self._place += 1
                exponent = _leaf("mn", "".join(_SUPERSCRIPTS[each] for each in text))
            elif text == "^" and self._peek(1)[0] not in ("", "space"):
                self._place += 1
                exponent = self._atom()
            else:
                return base
            power = Element("msup")
            power.extend([base, exponent])
            base = power

    def _atom(self) -> Element:
        kind, text = self._peek()
        self._place += 1
        if text == "√" or text == "∂":
            if self._peek()[0] in ("", "space"):
                return _leaf("mo", text)
            inner = self._atom()
            if text == "∂":
                return _row(_leaf("mo", "∂"), inner)
            root = Element("msqrt")
            root.append(_bare(inner))
            return root
        if text in _CLOSING or text == "|":
            return self._group(text)
        if kind == "word":
            atom = _leaf("mi", text.removeprefix("∂"))
            if text[0] == "∂":
                atom = _row(_leaf("mo", "∂"), atom)
        else:
            atom = _leaf("mn" if kind == "number" else "mo", text)
        while kind == "word" and (bracket := self._peek()[1]) in _CLOSING:  # a call, or an index
            self._place += 1
            atom = _row(atom, self._group(bracket))
        return atom

    def _group(self, opening: str) -> Element:
        group = _row(_leaf("mo", opening))
        if self.fill(group, closing := _CLOSING.get(opening, "|")):
            self._place += 1
            group.append(_leaf("mo", closing))
        return group


def _leaf(tag: str, text: str) -> Element:
    leaf = Element(tag)
    leaf.text = text
    return leaf


def _row(*parts: Element) -> Element:
    row = Element("mrow")
    row.extend(parts)
    return row


def _bare(part: Element) -> Element:
    """Leave out brackets that a fraction's line or a root's roof makes needless."""
    if part.tag == "mrow" and len(part) > 2 and (part[0].text, part[-1].text) == ("(", ")"):
        part.remove(part[0])
        part.remove(part[-1])
    return part
