import { Changes } from "./changes";
import { html } from "./dom";
import type { MakePanel } from "./panel";

/** Why a large graph opens collapsed, where the reader sees it first. */
export const note: MakePanel = ({ model }) => {
  const root = html("p", { class: "panel note" });
  return {
    place: "above",
    root,
    update() {
      root.textContent = model.get("note");
      root.hidden = !root.textContent;
    },
    close() {},
  };
};

/** Chooses how much of the graph is shown as boxes; a box in the picture opens itself. */
export const groups: MakePanel = (host) => {
  const { model, view } = host;
  const choice = html("select");
  const root = html("div", { class: "panel groups" }, html("label", {}, "Show ", choice));
  let asked: string | undefined; // by a box in the picture
  let options = "";

  choice.addEventListener("change", () => Changes.of(model).ask({ kind: "open", path: choice.value }));
  const open = (event: Event) => {
    const box = (event.target as Element).closest("[data-group]");
    if (!box || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    asked = box.getAttribute("data-group")!;
    Changes.of(model).ask({ kind: "open", path: asked });
  };
  const onKey = (event: KeyboardEvent) => event.key === "Enter" && open(event);
  // The second click of two, or the one click of a screen reader, which has no count
  const onClick = (event: MouseEvent) => event.detail !== 1 && open(event);
  view.addEventListener("keydown", onKey);
  view.addEventListener("click", onClick);

  return {
    place: "drawer",
    root,
    update() {
      const parts = model.get("groups");
      root.hidden = parts.length === 0;
      const offered = [{ path: "", label: "all closed" }, ...parts, { path: "all", label: "everything" }];
      const wanted = JSON.stringify(offered);
      if (wanted !== options) choice.replaceChildren(...offered.map(({ path, label }) => html("option", { value: path }, label)));
      options = wanted;
      choice.value = model.get("opened");
      if (asked === undefined || asked !== model.get("opened")) return;
      host.say(`${offered.find(({ path }) => path === asked)?.label ?? asked} is open.`);
      asked = undefined;
    },
    close() {
      view.removeEventListener("keydown", onKey);
      view.removeEventListener("click", onClick);
    },
  };
};
