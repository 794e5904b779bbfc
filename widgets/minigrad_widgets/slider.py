"""A slider over a list of numbers, with a name and the number itself for screen readers.

ipywidgets' sliders have neither: their handles are nameless, and those over a list say the
position in it.
"""

import anywidget
import traitlets

_ESM = """
export default {
  render({ model, el }) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const shown = document.createElement("span");
    el.dataset.lmSuppressShortcuts = "true";  // else JupyterLab takes the arrow keys
    el.addEventListener("keydown", event => event.stopPropagation());
    label.style.cssText = "display: inline-flex; gap: 8px; align-items: center; min-height: 28px; "
      + "margin: 2px 6px 2px 0; color: var(--jp-ui-font-color1, inherit)";
    input.type = "range";
    input.min = 0;
    input.style.cssText = "height: 24px; width: 88px";
    shown.style.minWidth = "4ch";
    label.append(model.get("name"), input, shown);
    el.append(label);
    const write = () => {
      const [choices, value] = [model.get("choices"), model.get("value")];
      const off = choices.map(each => Math.abs(each - value));
      input.max = choices.length - 1;
      input.value = off.indexOf(Math.min(...off));
      shown.textContent = Number(value.toPrecision(4));
      input.setAttribute("aria-label", model.get("name"));
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    input.addEventListener("input", () => {
      model.set("value", model.get("choices")[input.valueAsNumber]);
      model.save_changes();
    });
    write();
    model.on("change", write);
    return () => model.off("change", write);
  },
};
"""


class Slider(anywidget.AnyWidget):
    """A native slider with a `name`, over `choices` in rising order.

    A program can set `value` to any number; the handle then stands at the nearest choice.
    """

    _esm = _ESM
    name = traitlets.Unicode().tag(sync=True)
    choices: traitlets.List[float] = traitlets.List(traitlets.Float()).tag(sync=True)
    value = traitlets.Float().tag(sync=True)
