"""A page that steps by itself: one HTML file without a kernel, a network or anything to install."""

import gzip
import json
from base64 import b64encode
from html import escape
from pathlib import Path
from string import Template
from typing import Any

_PAGE = Path(__file__).with_name("page.html")
OFFLINE = "This page was saved, so there is no kernel that could compute: nothing can be changed."


def write(title: str, state: dict[str, Any], scenes: dict[str, dict[str, Any]]) -> str:
    """Return the page of a stepper in `state`, with a scene for each way to collapse its graph.

    `state` includes the bundle, `_esm` and `_css`. All of it is packed, so the page is small, the
    same each time, and no name can break out of it.
    """
    data = json.dumps({"state": state, "scenes": scenes}, ensure_ascii=False).encode()
    packed = b64encode(gzip.compress(data, mtime=0)).decode()
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(title=escape(title), data=packed)
