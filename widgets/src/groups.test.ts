import { expect, test } from "vitest";
import { type Bench, benches, HOSTILE, OFFLINE } from "./panels_testing";
import { svg } from "./testing";

const bench = benches();
const picture = svg.replace(`data-id="n0"`, `data-group="model.0" role="button" data-id="n0"`);
const parts = [
  { path: "model", label: "model" },
  { path: "model.0", label: "0 (Linear)" },
];
const open = (some = {}): Bench => bench({ svg: picture, groups: parts, ...some });
const choice = (at: Bench) => at.get<HTMLSelectElement>(".groups select");

test("there is no choice where there is nothing to open", () => {
  const at = bench();
  at.button("More").click();
  expect([at.shows(".groups"), at.shows(".note")]).toEqual([false, false]);
});

test("offers all closed, each group, everything, and asks for it", () => {
  const at = open({ opened: "model" });
  expect([...choice(at).options].map((option) => option.textContent)).toEqual(["all closed", "model", "0 (Linear)", "everything"]);
  expect(choice(at).value).toBe("model");
  choice(at).value = "all";
  choice(at).dispatchEvent(new Event("change"));
  expect(at.model.requests).toEqual([{ kind: "open", path: "all", edit: 1 }]);
  at.model.set("opened", "");
  expect(choice(at).value).toBe("");
});

test("Enter or a double click on a box opens it, and it is said; a click does not", () => {
  const at = open();
  const box = at.get("[data-group]");
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
  expect(at.model.requests).toEqual([]);
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 }));
  expect(at.press("Enter", box)).toBe(true);
  expect(at.model.requests).toEqual([{ kind: "open", path: "model.0", edit: 1 }, { kind: "open", path: "model.0", edit: 2 }]);
  at.model.set("opened", "model.0");
  expect(at.get("[role=status]").textContent).toBe("0 (Linear) is open.");
});

test("works without a kernel, since a saved page answers by itself", () => {
  const at = open({ offline: OFFLINE });
  at.press("Enter", at.get("[data-group]"));
  expect(at.model.requests).toEqual([{ kind: "open", path: "model.0", edit: 1 }]);
});

test("a note is said above the picture, as text", () => {
  const at = open({ note: HOSTILE });
  expect(at.get(".note").textContent).toBe(HOSTILE);
  expect(at.shows(".note")).toBe(true);
});
