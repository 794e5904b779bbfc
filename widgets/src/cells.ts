import { html } from "./dom";
import { focusIn } from "./focus";
import type { Cells } from "./model";
import type { MakePanel } from "./panel";
import { draw, ResultGrid } from "./tables";

/** A gradient whose rows are added into one: the rows can slide together. */
function folds({ reads = {} }: Cells): number | undefined {
  const [only, ...others] = Object.entries(reads);
  return only?.[1] === ":j" && others.length === 0 ? Number(only[0]) : undefined;
}

/** The numbers of the step as tables; a cell of the result tells which numbers it is made of. */
export const cells: MakePanel = (host) => {
  const parts = html("div", { class: "parts" });
  const told = html("p", { class: "told", "aria-live": "polite" });
  const jacobian = html("details");
  const larger = html("button", { type: "button", "aria-pressed": "false" }, "Larger");
  const root = html("div", { class: "panel cells", role: "group", "aria-label": "The numbers of this step", hidden: "" }, parts, told, jacobian, larger);
  let shown: Cells | undefined;
  let grid: ResultGrid | undefined;
  root.addEventListener("keydown", (event) => {
    if (event.key === " ") event.stopPropagation(); // it opens the Jacobian, and does not play
  });
  larger.addEventListener("click", () => {
    larger.setAttribute("aria-pressed", String(root.classList.toggle("larger")));
  });

  /** Draw `numbers`, and make cells of the result answer where they can. */
  function show(numbers: Cells): ResultGrid | undefined {
    const drawn = numbers.parts.map((part) => (typeof part === "string" ? html("span", { class: "sign" }, part) : draw(part)));
    const folding = folds(numbers);
    if (folding !== undefined) drawn[folding]!.classList.add("folding");
    parts.replaceChildren(...drawn);
    const { result } = numbers;
    const table = result === undefined ? undefined : numbers.parts[result];
    const asks = typeof table === "object" && table.rows !== undefined;
    told.textContent = asks ? `Choose a cell of ${table.name} to see where it comes from.` : (numbers.says ?? "");
    jacobian.hidden = !numbers.jacobian;
    if (numbers.jacobian) jacobian.replaceChildren(html("summary", {}, "The full Jacobian"), draw(numbers.jacobian));
    return asks ? new ResultGrid({ ...numbers, result: result! }, drawn, (sentence) => (told.textContent = sentence)) : undefined;
  }

  return {
    place: host.model.get("cells") ? "below" : "drawer",
    root,
    update() {
      const { cells: numbers } = host.frame;
      if (numbers === shown) return;
      shown = numbers;
      const held = focusIn(root);
      const at = grid?.focused;
      root.hidden = !numbers;
      grid = numbers && show(numbers);
      if (at && grid) grid.focus(...at);
      else if (held && (root.hidden || !held.isConnected)) host.root.focus();
    },
    close() {},
  };
};
