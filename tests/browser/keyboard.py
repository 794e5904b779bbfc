"""Walks through a widget with the Tab key, and looks where the focus is and whether it shows."""

# The part of the widget that has the focus, told apart by its place; null when it is outside.
FOCUS = """root => {
  const at = document.activeElement;
  if (at === root || !root.contains(at)) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const rest = {outline: style.outlineStyle, width: style.outlineWidth, shadow: style.boxShadow};
  return {
    place: [...root.querySelectorAll("*")].indexOf(at),
    name: at.getAttribute("aria-label") ?? at.textContent.trim().slice(0, 40),
    visible: (rest.outline !== "none" && parseFloat(rest.width) >= 1) || rest.shadow !== "none",
    inSight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
# Everything that Tab should come to: a radio button is reached through the one of its group.
STOPS = """root => {
  const parts = [...root.querySelectorAll("*")];
  return parts.flatMap((part, place) =>
    part.matches("button, input, select, textarea, summary, a[href], [tabindex='0']") &&
    part.tabIndex >= 0 && !part.disabled && !part.matches("[type=radio]:not(:checked)") &&
    part.checkVisibility({visibilityProperty: true}) ? [place] : []);
}"""


def stops(root) -> list[int]:
    """The places of everything that Tab should come to, in the order of the page."""
    return root.evaluate(STOPS)


def tab_through(root, key: str = "Tab") -> list[dict]:
    """Press Tab until the focus has left the widget; return every part that had it."""
    seen = []
    root.page.keyboard.press(key)
    while focus := root.evaluate(FOCUS):
        seen.append(focus)
        assert len(seen) < 200, f"trapped: {[part['name'] for part in seen[-5:]]}"
        root.page.keyboard.press(key)
    return seen
