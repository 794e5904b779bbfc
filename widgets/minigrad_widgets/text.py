"""What a text must survive before it is drawn: no room, and a font that nobody knows."""

import unicodedata
from functools import cache
from math import fsum


def width(text: str, bold: bool = False) -> float:
    """Return at least the width of `text` in ems, whatever usual sans-serif font it is set in.

    DejaVu Sans is the widest of them.
    """
    # fsum: Python 3.12 began to sum floats more exactly, and a picture is the same on each.
    return fsum(_advance(character) for character in text) * (1.1 if bold else 1)


def shorten(text: str, most: float) -> str:
    """Return `text`, or as much of its beginning as fits into `most` ems together with "…"."""
    if width(text) <= most:
        return text
    room = most - width("…")
    for length, character in enumerate(text):
        room -= _advance(character)
        if room < 0:
            return text[:length] + "…"
    return text


@cache
def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.3
    if character in "ijlrtf.,:;'|!()[]·- ⁰¹²³⁴⁵⁶⁷⁸⁹":
        return 0.42
    if character in "mMW@%…":
        return 1
    if character.isupper() or character in "w−+=×<>~":
        return 0.84
    return 0.65 if character < "ɐ" or character in "∂–" else 0.9
