import { beforeEach, expect, test } from "vitest";
import { Film } from "./film";
import { Picture } from "./picture";
import { search } from "./search";
import { frames, svg } from "./testing";

let view: HTMLElement;
let field: HTMLInputElement;
let said: string[];

beforeEach(() => {
  document.body.replaceChildren();
  view = document.body.appendChild(document.createElement("div"));
  const picture = new Picture(view);
  picture.draw(svg);
  picture.fill(new Film(frames), 2);
  said = [];
  const found = search({ picture, say: (sentence) => said.push(sentence) });
  document.body.append(found);
  field = found.querySelector("input")!;
});

function find(name: string): string | null {
  field.focus();
  field.value = name;
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  return document.activeElement!.getAttribute("data-id");
}

test("Enter goes to the node, marks it and says how many there are", () => {
  expect(find(" Z ")).toBe("n1");
  expect([...view.querySelectorAll(".pointed")].map((each) => each.getAttribute("data-id"))).toEqual(["n1"]);
  expect(said).toEqual(["z: 1 of 1."]);
});

test("Enter again goes to the next one, and round", () => {
  for (const node of view.querySelectorAll(".node")) node.setAttribute("aria-label", "w, value 1, gradient none");
  expect([find("w"), find("w"), find("w")]).toEqual(["n0", "n1", "n0"]);
  expect(said.at(-1)).toBe("w: 1 of 2.");
});

test("only names are searched, and what is not there is said", () => {
  expect(find("value")).toBeNull();
  expect(said).toEqual(["No node is called “value”."]);
  expect(document.activeElement).toBe(field);
});
