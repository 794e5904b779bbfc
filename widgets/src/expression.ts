import { Changes } from "./changes";
import { html } from "./dom";
import { Field } from "./field";
import type { MakePanel } from "./panel";

const REST = 200; // milliseconds without a key, after which the graph follows

/** The line of an ExpressionStepper: what is typed becomes the graph; while it cannot, the last graph stays. */
export const expression: MakePanel = (host) => {
  const { model } = host;
  const field = new Field(host, "expression", REST);
  const offline = html("p", { class: "offline" });
  const label = html("label", {}, html("span", {}, "Expression"), field.input);
  const root = html("div", { class: "panel expression" }, label, field.waiting, field.refusal, offline);

  return {
    place: "above",
    root,
    update() {
      const typed = model.get("expression");
      root.hidden = typed === null;
      Changes.of(model).update();
      field.update(typed ?? "");
      offline.textContent = model.get("offline");
    },
    close: () => field.close(),
  };
};
