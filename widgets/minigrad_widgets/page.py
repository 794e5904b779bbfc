"""A page that steps by itself: one HTML file without a kernel, a network or anything to install."""

import json
from pathlib import Path
from string import Template
from typing import Any

_PAGE = Path(__file__).with_name("page.html")
OFFLINE = "This page was saved, so there is no kernel that could compute: nothing can be changed."


def write(title: str, state: dict[str, Any], scenes: dict[str, dict[str, Any]]) -> str:
    """Return the page of a stepper in `state`, with a scene for each way to collapse its graph.

    `state` includes the bundle, `_esm` and `_css`. A script cannot be ended from inside, whatever
    a name holds.
    """
    data = json.dumps({"state": state, "scenes": scenes}, ensure_ascii=False)
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        title=title.replace("&", "&amp;").replace("<", "&lt;"), data=data.replace("<", "\\u003c")
    )
