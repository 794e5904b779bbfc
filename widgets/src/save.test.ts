import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { benches, OFFLINE } from "./panels_testing";
import { standalone } from "./standalone";

const bench = benches();
let saved: { name: string; type: string; text: Promise<string> }[];

beforeEach(() => {
  saved = [];
  let content: Blob;
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    content = blob as Blob;
    return "blob:one";
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ name: this.download, type: content.type, text: content.text() });
  });
});
afterEach(() => vi.restoreAllMocks());

test("the picture is saved as it stands, for itself", async () => {
  const at = bench();
  at.button("Save SVG").click();
  expect(saved).toMatchObject([{ name: "graph.svg", type: "image/svg+xml" }]);
  const parsed = new DOMParser().parseFromString(await saved[0]!.text, "image/svg+xml").documentElement;
  expect(parsed.getAttribute("viewBox")).toBe(at.get(".mg-picture").getAttribute("viewBox"));
  expect(parsed.querySelector("title")!.textContent).toBe("Computation graph of z");
  expect([...parsed.querySelectorAll("text")].map((text) => text.textContent)).toEqual(["3", "–", "9", "–"]);
  expect(parsed.querySelector("[class], [style], [tabindex], [data-id], style, script")).toBeNull();
  expect(parsed.querySelector("path")!.getAttribute("d")).toBe("M80,40C90,40 100,40 110,40");
});

test("its colours are those that are shown, and what is hidden is left out", () => {
  const style = document.head.appendChild(document.createElement("style"));
  style.textContent = ".box { fill: rgb(1, 2, 3); } .node[data-id=n1] { display: none; }";
  const drawing = new DOMParser().parseFromString(standalone(bench().get(".mg-picture")), "image/svg+xml");
  style.remove();
  expect([...drawing.querySelectorAll("rect")].map((box) => box.getAttribute("fill"))).toEqual(["rgb(1, 2, 3)"]);
});

test("the page comes from the kernel, only to the view that asked", async () => {
  const [at, other] = [bench(), bench()];
  const page = at.button("Save page");
  page.click();
  expect(at.model.requests).toEqual([{ kind: "page", edit: 1 }]);
  expect(at.el.querySelector<HTMLElement>(".save .waiting")!.hidden).toBe(false);
  for (const { model } of [at, other]) model.tell({ kind: "page", html: "<p>kept</p>" });
  expect(saved).toMatchObject([{ name: "graph.html", type: "text/html" }]);
  expect(await saved[0]!.text).toBe("<p>kept</p>");
  at.answer(1, {});
  expect(at.el.querySelector<HTMLElement>(".save .waiting")!.hidden).toBe(true);
  at.close();
  expect(at.model.listeners).toBe(0);
});

test("without a kernel a page cannot be saved, and that is said; the picture can", () => {
  const at = bench({ offline: OFFLINE });
  at.button("Save page").click();
  expect([at.button("Save page").getAttribute("aria-disabled"), at.model.requests]).toEqual(["true", []]);
  expect(at.get(".save .offline").textContent).toBe(OFFLINE);
  at.button("Save SVG").click();
  expect(saved.length).toBe(1);
});
