import { beforeEach, expect, test } from "vitest";
import { Code } from "./code";
import { Picture } from "./picture";
import { svg } from "./testing";

const LINES = [
  { text: "a = mg.tensor(3.0)", nodes: [0] },
  { text: "# squared", nodes: [] },
  { text: "    z = a * a", nodes: [1, 0] },
];
let view: HTMLElement;
let code: Code;

beforeEach(() => {
  document.body.replaceChildren();
  view = document.body.appendChild(document.createElement("div"));
  const picture = new Picture(view);
  picture.draw(svg);
  code = new Code(view, picture);
  document.body.append(code.root);
});

const having = (selector: string): (string | null)[] => [...code.root.querySelectorAll(selector)].map((each) => each.textContent);

test("without code there is no panel; with it each line stands as it was written", () => {
  code.load([]);
  expect(code.root.hidden).toBe(true);
  code.load(LINES);
  expect([code.root.hidden, having("li")]).toEqual([false, LINES.map((line) => line.text)]);
  expect(having("button")).toEqual([LINES[0]!.text, LINES[2]!.text]); // a comment made nothing
});

test("one line is the current one, or none", () => {
  code.load(LINES);
  for (const [number, lit] of [[3, [LINES[2]!.text]], [1, [LINES[0]!.text]], [undefined, []]] as const) {
    code.show(number);
    expect(having("[aria-current=true]")).toEqual(lit);
  }
});

test("a click points at the nodes of the line, and the first has the focus", () => {
  code.load(LINES);
  code.root.querySelectorAll("button")[1]!.click();
  expect([...view.querySelectorAll(".pointed")].map((each) => each.getAttribute("data-id")).sort()).toEqual(["n0", "n1"]);
  expect(document.activeElement!.getAttribute("data-id")).toBe("n1");
});

test("a node that has the focus shows its line", () => {
  code.load(LINES);
  view.querySelector<SVGElement>('[data-id="n1"]')!.focus();
  expect(having(".pointed")).toEqual([LINES[2]!.text]);
  view.querySelector<SVGElement>('[data-id="n0"]')!.focus();
  expect(having(".pointed")).toEqual([LINES[0]!.text]);
});

test("the same lines keep their buttons, and so the focus", () => {
  code.load(LINES);
  const button = code.root.querySelector("button")!;
  button.focus();
  code.load(structuredClone(LINES));
  expect(document.activeElement).toBe(button);
});
