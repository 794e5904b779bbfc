import { focusIn } from "./focus";
import type { Picture } from "./picture";

/** Makes the graph one stop of the Tab key; the up and down arrows go from node to node. */
export class Walk {
  private at = "";

  constructor(
    private readonly view: HTMLElement,
    private readonly picture: Picture,
  ) {
    view.addEventListener("focusin", (event) => {
      const node = (event.target as Element).closest(".node");
      if (node) this.stopAt(node.getAttribute("data-id")!);
    });
    view.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** Draw anew by `draw`; a node that had the focus has it again, or the first does where it is gone. */
  keep(draw: () => void): void {
    const focused = focusIn(this.view);
    draw();
    this.stopAt(this.picture.part(this.at) ? this.at : (this.picture.nodes[0]?.getAttribute("data-id") ?? ""));
    if (focused && !focusIn(this.view)) this.picture.part(this.at)?.focus();
  }

  private stopAt(id: string): void {
    this.at = id;
    for (const node of this.picture.nodes) node.setAttribute("tabindex", node.getAttribute("data-id") === id ? "0" : "-1");
  }

  private onKey(event: KeyboardEvent): void {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const node = (event.target as Element).closest<SVGGElement>(".node");
    if (!by || !node || event.target !== node || event.defaultPrevented) return;
    event.preventDefault();
    const { nodes } = this.picture;
    nodes[nodes.indexOf(node) + by]?.focus();
  }
}
