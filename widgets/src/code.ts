import { html } from "./dom";
import type { State } from "./model";
import type { Picture } from "./picture";

/** The reader's own lines: which of them speaks now, and which nodes each has made. */
export class Code {
  readonly root = html("section", { class: "code", "aria-label": "Code", hidden: "" });
  private readonly list = this.root.appendChild(html("ol"));
  private lines: State["code"] = [];
  private number: number | undefined;
  private current: Element | undefined;
  private pointed: Element | undefined;

  constructor(
    view: HTMLElement,
    private readonly picture: Picture,
  ) {
    view.addEventListener("focusin", (event) => {
      const id = (event.target as Element).closest(".node")?.getAttribute("data-id");
      this.point(this.lines.findIndex(({ nodes }) => nodes.some((node) => `n${node}` === id)));
    });
  }

  load(lines: State["code"]): void {
    if (JSON.stringify(lines) === JSON.stringify(this.lines)) return;
    this.lines = lines;
    this.root.hidden = lines.length === 0;
    this.current = this.pointed = undefined;
    this.list.replaceChildren(...lines.map((line) => html("li", {}, this.line(line))));
    this.show(this.number);
  }

  /** Light line `number`, counted from 1; none where there is no such line. */
  show(number: number | undefined): void {
    this.number = number;
    const line = this.list.children[(number ?? 0) - 1];
    if (line === this.current) return;
    if (line) this.reveal(line as HTMLElement);
    this.current?.removeAttribute("aria-current");
    line?.setAttribute("aria-current", "true");
    this.current = line;
  }

  private line({ text, nodes }: State["code"][number]): HTMLElement {
    if (nodes.length === 0) return html("code", {}, text);
    const button = html("button", { type: "button" }, html("code", {}, text));
    button.addEventListener("click", () => {
      const ids = nodes.map((node) => `n${node}`);
      this.picture.part(ids[0]!)?.focus({ preventScroll: true });
      this.picture.point(ids);
      this.picture.reveal(ids.flatMap((id) => this.picture.part(id) ?? []));
    });
    return button;
  }

  private point(place: number): void {
    this.pointed?.classList.remove("pointed");
    this.pointed = this.list.children[place];
    this.pointed?.classList.add("pointed");
    if (this.pointed) this.reveal(this.pointed as HTMLElement);
  }

  private reveal(line: HTMLElement): void {
    const { list } = this;
    const [top, bottom] = [line.offsetTop, line.offsetTop + line.offsetHeight];
    if (top < list.scrollTop) list.scrollTop = top;
    if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  }
}
