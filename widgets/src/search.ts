import { html } from "./dom";
import type { Host } from "./panel";

/** A field that finds nodes by their names; Enter goes from one to the next. */
export function search({ picture, say }: Pick<Host, "picture" | "say">): HTMLElement {
  const field = html("input", { type: "search" });
  let last = "";
  field.addEventListener("keydown", (event) => {
    const wanted = field.value.trim().toLowerCase();
    if (event.key !== "Enter" || !wanted) return;
    const found = picture.nodes.filter((node) => nameOf(node).toLowerCase().includes(wanted));
    // The one after the last that was found, else the first
    const place = (found.findIndex((node) => node.getAttribute("data-id") === last) + 1) % found.length;
    const node = found[place];
    if (!node) return say(`No node is called “${field.value.trim()}”.`);
    last = node.getAttribute("data-id")!;
    picture.point([last]);
    picture.reveal([node]);
    node.focus({ preventScroll: true });
    say(`${nameOf(node)}: ${place + 1} of ${found.length}.`);
  });
  return html("label", {}, "Find a node ", field);
}

/** A node's accessible name goes on with its numbers. */
function nameOf(node: Element): string {
  return node.getAttribute("aria-label")!.split(", value ")[0]!;
}
