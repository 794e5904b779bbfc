"""A text that screen readers say when it changes.

ipywidgets' own texts replace their element on each change, and a live region that is itself new
is not read out; this one stays and only its text changes.
"""

import anywidget
import traitlets

_ESM = """
export default {
  render({ model, el }) {
    const said = document.createElement("div");
    said.setAttribute("role", "status");
    said.setAttribute("aria-live", "polite");
    said.style.whiteSpace = "pre-wrap";
    el.append(said);
    const write = () => { said.textContent = model.get("text"); };
    write();
    model.on("change:text", write);
    model.send("on screen");  // for who wants to know whether the kernel hears the page
    return () => model.off("change:text", write);
  },
};
"""


class LiveText(anywidget.AnyWidget):
    """Plain text of several lines, shown, and read out politely when `text` changes."""

    _esm = _ESM
    text = traitlets.Unicode().tag(sync=True)
