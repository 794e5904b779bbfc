import { Changes } from "./changes";
import { html } from "./dom";
import { Field } from "./field";
import { focusIn } from "./focus";
import type { Leaf } from "./model";
import { NodeEditor } from "./node_editor";
import { parse } from "./numbers";
import type { Host, MakePanel } from "./panel";

const REST = 150; // milliseconds without a key, after which what is typed goes out

/** The finest power of ten that leaves about a hundred places on the slider. */
function stride(low: number, high: number): number {
  return 10 ** Math.floor(Math.log10((high - low) / 100));
}

type Ranged = Leaf & { low: number; high: number };
const isRanged = (leaf: Leaf): leaf is Ranged => leaf.low !== undefined && leaf.high !== undefined;

/** One leaf's slider and, for an exact number, its field. */
class Row {
  readonly root: HTMLElement;
  private readonly range: HTMLInputElement;
  private readonly field: Field;

  constructor(
    private readonly host: Host,
    private leaf: Ranged,
  ) {
    const { node, name } = leaf;
    this.range = html("input", { type: "range", "aria-label": name });
    this.range.addEventListener("input", () => {
      if (!host.model.get("offline")) Changes.of(host.model).change(node, this.range.value, this.field);
      this.update(this.leaf);
    });
    this.range.addEventListener("change", () => this.update(this.leaf));
    this.field = new Field(host, node, REST);
    for (const event of ["input", "keydown"]) this.field.input.addEventListener(event, () => this.update(this.leaf));
    this.field.input.setAttribute("aria-label", `${name}, typed`);
    const shown = html("span", { class: "name", "aria-hidden": "true" }, name);
    this.root = html("div", { class: "row" }, shown, this.range, this.field.input, this.field.waiting, this.field.refusal);
  }

  update(leaf: Ranged): void {
    this.leaf = leaf;
    this.field.update(leaf.text);
    const now = this.field.busy ? this.field.input.value : leaf.text;
    const number = parse(now); // none for 1/4, which only the kernel understands
    // A slider that is being dragged does not change its ends under the hand
    if (!this.range.matches(":active")) {
      const ends = { min: leaf.low, max: leaf.high, step: stride(leaf.low, leaf.high) };
      for (const [name, end] of Object.entries(ends)) this.range.setAttribute(name, String(end));
    }
    this.range.value = String(Number.isNaN(number) ? parse(leaf.text) : number);
    this.range.setAttribute("aria-valuetext", now);
    this.range.setAttribute("aria-disabled", String(this.host.model.get("offline") !== ""));
  }

  close(): void {
    this.field.close();
  }
}

/** Leaves are changed in the picture, and those that are one number by a slider too. */
export const edit: MakePanel = (host) => {
  const { model } = host;
  const offline = html("p", { class: "offline" });
  const list = html("div", { class: "rows" });
  const root = html("div", { class: "panel sliders", role: "group", "aria-label": "Change a number" }, list, offline);
  const editor = new NodeEditor(host);
  let rows: Row[] = [];
  let shape = "";
  let seen: unknown[] = [];

  return {
    place: model.get("sliders") ? "below" : "drawer",
    root,
    update() {
      Changes.of(model).update();
      editor.update();
      const state = [model.get("leaves"), model.get("edit"), model.get("error"), model.get("offline")];
      if (state.every((each, at) => each === seen[at])) return; // only a step: there may be hundreds of rows
      seen = state;
      const leaves = model.get("leaves").filter(isRanged);
      // Rows stay while they are about the same leaves, so that a hand on a slider keeps it
      const wanted = JSON.stringify(leaves.map(({ node, name }) => [node, name]));
      if (wanted !== shape) {
        const held = focusIn(list);
        for (const row of rows) row.close();
        rows = leaves.map((leaf) => new Row(host, leaf));
        list.replaceChildren(...rows.map((row) => row.root));
        if (held) host.root.focus();
      }
      shape = wanted;
      root.hidden = rows.length === 0;
      rows.forEach((row, at) => row.update(leaves[at]!));
      offline.textContent = model.get("offline");
    },
    close() {
      for (const row of rows) row.close();
      editor.close();
    },
  };
};
