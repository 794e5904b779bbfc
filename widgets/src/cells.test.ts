import { expect, test, vi } from "vitest";
import type { Cells, Frame, Table } from "./model";
import { type Bench, benches, frames, HOSTILE } from "./panels_testing";

const bench = benches();
const table = (name: string, rows: string[][]): Table => ({ name, shape: `(${rows.length}×${rows[0]!.length})`, rows });
const product: Cells = {
  parts: [table("X", [["1", "2"], ["3", "4"]]), "@", table("W", [["1", "3"], ["2", "−1"]]), "=", table("XW", [["5", "1"], ["11", "5"]])],
  result: 4,
  reads: { 0: "i:", 2: ":j" },
  says: "2 products, summed",
};
const folded: Cells = {
  parts: [table("before", [["1", "2"], ["3", "4"], ["5", "6"]]), "+ + + over axis 0 =", table("sum", [["9", "12"]])],
  result: 2,
  reads: { 0: ":j" },
  says: "3 numbers, added",
};
const film = (cells: Cells): Frame[] => frames.map((frame, step) => (step === 1 ? { ...frame, cells } : frame));
const open = (cells: Cells, some = {}): Bench => bench({ frames: film(cells), cells: true, ...some });
const told = (at: Bench): string => at.get(".told").textContent!;
const cell = (at: Bench, row: number, column: number): HTMLElement =>
  at.get("[role=grid] tbody").querySelectorAll("tr")[row]!.querySelectorAll("td")[column]!;
const read = (at: Bench): string[] => [...at.el.querySelectorAll("td.read")].map((each) => each.textContent!);

test("the numbers of a step stand as tables with captions and headers, signs between", () => {
  const at = open(product);
  expect([...at.el.querySelectorAll(".parts > *")].map((part) => part.querySelector("caption")?.textContent ?? part.textContent)).toEqual([
    "X (2×2)", "@", "W (2×2)", "=", "XW (2×2)",
  ]);
  expect([...at.get("table").querySelectorAll("th")].map((head) => [head.scope, head.textContent])).toEqual([
    ["col", "0"], ["col", "1"], ["row", "0"], ["row", "1"],
  ]);
  expect(told(at)).toBe("Choose a cell of XW to see where it comes from.");
});

test("they go with the step, and stand behind ⋯ without the keyword", () => {
  const at = open(product, { step: 0 });
  expect(at.shows(".cells")).toBe(false);
  at.button("Step forward").click();
  expect(at.shows(".cells")).toBe(true);
  at.button("Step forward").click();
  expect(at.shows(".cells")).toBe(false);
  const other = open(product, { cells: false });
  expect(other.shows(".cells")).toBe(false);
  other.button("More").click();
  expect(other.shows(".drawer .cells")).toBe(true);
});

test("a cell in focus marks its row and its column, and is written out", () => {
  const at = open(product);
  cell(at, 1, 1).focus();
  expect(read(at)).toEqual(["3", "4", "3", "−1"]);
  expect(told(at)).toBe("Row 1, column 1 of XW is 5: 3×3 + 4×(−1) = 5. 2 products, summed.");
  cell(at, 0, 0).dispatchEvent(new PointerEvent("pointerenter"));
  expect([read(at), told(at)]).toEqual([["1", "2", "1", "2"], "Row 0, column 0 of XW is 5: 1×1 + 2×2 = 5. 2 products, summed."]);
});

test("arrows go from cell to cell, one stop for Tab, and do not step", () => {
  const at = open(product);
  cell(at, 0, 0).focus();
  for (const [key, row, column] of [["ArrowRight", 0, 1], ["ArrowDown", 1, 1], ["ArrowDown", 1, 1], ["Home", 1, 0], ["End", 1, 1], ["ArrowUp", 0, 1], ["ArrowLeft", 0, 0]] as const) {
    expect(at.press(key, document.activeElement!)).toBe(true);
    expect(document.activeElement).toBe(cell(at, row, column));
    expect(at.el.querySelectorAll("[role=grid] td[tabindex='0']").length).toBe(1);
  }
  expect(at.model.get("step")).toBe(1);
});

test("a bias is added, and rows that fold into one are summed", () => {
  const biased: Cells = {
    ...product,
    parts: [...product.parts.slice(0, 3), "+", table("b", [["10", "20"]]), "=", table("y", [["15", "21"], ["21", "25"]])],
    result: 6,
    reads: { 0: "i:", 2: ":j", 4: ":j" },
  };
  const at = open(biased);
  cell(at, 0, 1).focus();
  expect(told(at)).toContain("is 21: 1×3 + 2×(−1) + 20 = 21.");
  const other = open(folded);
  cell(other, 0, 1).focus();
  expect([read(other), told(other)]).toEqual([["2", "4", "6"], "Row 0, column 1 of sum is 12: 2 + 4 + 6 = 12. 3 numbers, added."]);
  expect([...other.el.querySelectorAll<HTMLElement>(".folding tbody tr")].map((row) => row.style.getPropertyValue("--below"))).toEqual(["2", "1", "0"]);
  expect(at.el.querySelector(".folding")).toBeNull();
});

test("an edit keeps the cell that was asked, with its new numbers", () => {
  const at = open(product);
  cell(at, 1, 0).focus();
  const parts = [table("X", [["1", "2"], ["3", "0"]]), ...product.parts.slice(1, 4), table("XW", [["5", "1"], ["3", "9"]])];
  at.model.set("frames", film({ ...product, parts }));
  expect([document.activeElement, told(at)]).toEqual([cell(at, 1, 0), "Row 1, column 0 of XW is 3: 3×1 + 0×2 = 3. 2 products, summed."]);
});

test("the focus is not lost when the tables go", () => {
  const at = open(product);
  cell(at, 0, 0).focus();
  at.model.set("step", 2);
  expect(document.activeElement).toBe(at.root);
});

test("large ones are images with words, larger on demand; a result among them has no cells to ask", () => {
  const image: Table = { name: "G", shape: "(64×64)", image: "data:image/png;base64,AA", about: "min −1.2, max 3, 2 NaN" };
  const at = open({ parts: [image], result: 0, says: "64 products, summed" });
  expect([at.get("img").getAttribute("alt"), told(at), at.el.querySelector("[role=grid]")]).toEqual(["G: min −1.2, max 3, 2 NaN", "64 products, summed", null]);
  const larger = at.button("Larger");
  larger.click();
  expect([larger.getAttribute("aria-pressed"), at.get(".cells").classList.contains("larger")]).toEqual(["true", true]);
});

test("the Jacobian waits behind its name, and stays open from step to step", () => {
  const at = open({ parts: ["softmax →"], jacobian: table("∂y/∂x", [["1"]]) });
  const details = at.get<HTMLDetailsElement>("details");
  expect([details.open, details.querySelector("caption")!.textContent]).toEqual([false, "∂y/∂x (1×1)"]);
  at.press(" ", details.querySelector("summary")!);
  expect(at.shows("[aria-label=Play]")).toBe(true); // Space opens it, and does not play
  details.open = true;
  at.model.set("frames", film({ parts: ["softmax →"], jacobian: table("∂y/∂x", [["2"]]) }));
  expect([details.open, details.querySelector("td + td, tbody td")!.textContent]).toEqual([true, "2"]);
});

test("hostile names and numbers are text", () => {
  vi.stubGlobal("boom", vi.fn());
  const at = open({ parts: [HOSTILE, { name: HOSTILE, shape: HOSTILE, rows: [[HOSTILE]] }], result: 1, says: HOSTILE });
  cell(at, 0, 0).focus();
  expect(at.el.querySelector("img, script")).toBeNull();
  expect(told(at)).toContain(HOSTILE);
  vi.unstubAllGlobals();
});
