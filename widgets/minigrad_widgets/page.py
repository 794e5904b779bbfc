"""A page that steps by itself: one HTML file without a kernel, a network or anything to install."""

import gzip
import json
import re
from base64 import b64encode
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

_PAGE = Path(__file__).with_name("page.html")
OFFLINE = "This page was saved, so there is no kernel that could compute: nothing can be changed."


def write(title: str, state: dict[str, Any], scenes: dict[str, dict[str, Any]]) -> str:
    """Return the page of a stepper in `state`, with a scene for each way to collapse its graph.

    `state` includes the bundle, `_esm` and `_css`. All of it is packed, so the page is small, the
    same each time, and no name can break out of it.
    """
    data = json.dumps({"state": state, "scenes": scenes}, ensure_ascii=False)
    # Scenes have most in common, and more apart than gzip looks back: each piece is stored once.
    # In order, alike stands beside alike; so it does in the places' bytes, the low ones first.
    pieces = re.findall(r"[^]>}]*[]>}]?", data)
    known = sorted(set(pieces))
    place = {piece: number for number, piece in enumerate(known)}
    places = np.array([place[piece] for piece in pieces], dtype="<u4")
    low_first = places.view(np.uint8).reshape(-1, 4).T
    packed = [_packed("\0".join(known).encode()), _packed(low_first.tobytes())]
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(title), pieces=packed[0], places=packed[1]
    )


def _packed(data: bytes) -> str:
    return b64encode(gzip.compress(data, mtime=0)).decode()
