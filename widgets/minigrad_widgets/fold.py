"""A button that shows and hides a part of a widget.

ipywidgets' Accordion opens by a click alone: its header is no button, and has no state that
screen readers could say.
"""

from collections.abc import Sequence
from typing import Any

import anywidget
import ipywidgets
import traitlets

_ESM = """
export default {
  render({ model, el }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "jupyter-button";
    button.setAttribute("aria-label", model.get("name"));
    button.style.cssText = "width: auto; margin: 2px";
    el.dataset.lmSuppressShortcuts = "true";  // else JupyterLab takes Enter and Space
    el.append(button);
    const write = () => {
      const open = model.get("display") === "";
      button.setAttribute("aria-expanded", open);
      button.textContent = `${model.get("name")} ${open ? "▴" : "▾"}`;
    };
    button.addEventListener("click", () => {
      model.set("display", model.get("display") === "" ? "none" : "");
      model.save_changes();
    });
    write();
    model.on("change:display", write);
    return () => model.off("change:display", write);
  },
};
"""


class _Button(anywidget.AnyWidget):
    _esm = _ESM
    name = traitlets.Unicode().tag(sync=True)
    display = traitlets.Unicode("none").tag(sync=True)


class Fold(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Widgets that `button`, which has a name, shows and hides; hidden at first.

    The button stands wherever its widget is put, without a word of the kernel.
    """

    def __init__(self, name: str, children: Sequence[Any]) -> None:
        super().__init__(children, layout=ipywidgets.Layout(display="none"))
        self.button = _Button(name=name)
        self._link = ipywidgets.jslink((self.button, "display"), (self.layout, "display"))
