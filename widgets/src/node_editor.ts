import { html } from "./dom";
import { Field } from "./field";
import { focusIn } from "./focus";
import type { Host } from "./panel";

/** Changes a leaf where it stands in the picture: a field over its value, until the new value has come. */
export class NodeEditor {
  private node: number | undefined;
  private field: Field | undefined;
  private drawn: Element | undefined;
  private done = false; // Enter, or gone elsewhere: the field stays only for the answer
  private readonly root = html("div", { class: "node-editor" });
  private readonly resized = new ResizeObserver(() => this.place());
  private readonly onWheel = () => requestAnimationFrame(() => this.place());
  private readonly onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === "F2") this.start(event);
  };
  // The second click of two, or the one click of a screen reader, which has no count
  private readonly onClick = (event: MouseEvent) => {
    if (event.detail !== 1) this.start(event);
  };

  constructor(private readonly host: Host) {
    host.view.addEventListener("keydown", this.onKey);
    host.view.addEventListener("click", this.onClick);
    host.view.addEventListener("wheel", this.onWheel, { passive: true });
  }

  /** Follow the picture, and go once the kernel has taken the number in. */
  update(): void {
    const { model, picture } = this.host;
    if (picture.svg !== this.drawn) {
      this.drawn = picture.svg;
      const offline = String(model.get("offline") !== "");
      for (const leaf of picture.svg.querySelectorAll(".editable")) leaf.setAttribute("aria-disabled", offline);
    }
    if (!this.field) return;
    const leaf = model.get("leaves").find(({ node }) => node === this.node);
    if (!leaf) return this.leave();
    this.field.update(leaf.text);
    if (this.done && !this.field.busy && !this.field.refused) return this.leave();
    this.place();
  }

  close(): void {
    this.leave();
    this.host.view.removeEventListener("keydown", this.onKey);
    this.host.view.removeEventListener("click", this.onClick);
    this.host.view.removeEventListener("wheel", this.onWheel);
  }

  private start(event: Event): void {
    const { model, picture, view } = this.host;
    const id = (event.target as Element).closest(".editable")?.getAttribute("data-id");
    const leaf = model.get("leaves").find(({ node }) => `n${node}` === id);
    if (!leaf) return;
    event.preventDefault();
    event.stopPropagation();
    if (model.get("offline")) return this.host.say(model.get("offline"));
    this.leave();
    const field = new Field(this.host, leaf.node);
    const finish = (): void => {
      this.done = true;
      this.update();
    };
    field.input.setAttribute("aria-label", `New value of ${leaf.name}`);
    field.input.addEventListener("input", () => (this.done = false));
    field.input.addEventListener("blur", finish);
    field.input.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") finish();
      if (key === "Escape") this.leave();
    });
    [this.node, this.field, this.done] = [leaf.node, field, false];
    this.root.replaceChildren(field.input, field.waiting, field.refusal);
    view.append(this.root);
    this.resized.observe(picture.svg);
    this.update();
    field.input.select();
    field.input.focus();
  }

  /** Take the field away, with what was typed and not sent; the focus goes back to the node. */
  private leave(): void {
    if (!this.field) return;
    const held = focusIn(this.root);
    this.field.close();
    this.field = undefined;
    this.resized.disconnect();
    if (held) this.host.picture.part(`n${this.node}`)?.focus();
    this.root.remove();
  }

  private place(): void {
    const { picture, view } = this.host;
    const node = picture.part(`n${this.node}`);
    const box = node?.querySelector(".box")?.getBoundingClientRect();
    if (!this.field || !box) return;
    const value = node!.querySelector(`[data-slot="v${this.node}"]`)?.getBoundingClientRect() ?? box;
    const outer = view.getBoundingClientRect();
    this.root.style.left = `${box.left - outer.left + view.scrollLeft}px`;
    this.root.style.top = `${value.top - outer.top + view.scrollTop - 4}px`;
    this.field.input.style.width = `${box.width}px`;
  }
}
