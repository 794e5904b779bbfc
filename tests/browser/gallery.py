"""Makes one page of all the pictures that the browser tests took, light beside dark."""

import html
import re
from collections import defaultdict
from pathlib import Path

THEME = re.compile(r"-(Light|Dark)\b")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The widgets, as the browser tests saw them</title>
<style>
  :root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
  section {{ display: grid; gap: 12px; }}
  section {{ grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); }}
  h2 {{ grid-column: 1 / -1; font-size: 1rem; margin: 2rem 0 0; }}
  figure {{ margin: 0; }}
  img {{ max-width: 100%; }}
</style>
<h1>The widgets, as the browser tests saw them</h1>
{sections}
</html>
"""


def write(folder: Path) -> None:
    """Write gallery.html into the folder of the pictures (PNG files)."""
    pictures = defaultdict(list)
    for path in sorted(folder.glob("*.png"), reverse=True):  # the light one first
        pictures[THEME.sub("", path.stem)].append(path.stem)
    sections = [
        f"<section><h2>{html.escape(name)}</h2>{''.join(map(_figure, stems))}</section>"
        for name, stems in sorted(pictures.items())
    ]
    text = PAGE.format(sections="\n".join(sections))
    (folder / "gallery.html").write_text(text, encoding="utf-8")


def _figure(stem: str) -> str:
    name, theme = THEME.sub("", stem), THEME.search(stem)
    said = html.escape(f"{name}, {theme[1].lower()} theme" if theme else f"The page after {name}")
    return (
        f'<figure><a href="{stem}.png"><img src="{stem}.png" alt="{said}" loading="lazy"></a>'
        f"<figcaption>{said}</figcaption></figure>"
    )
