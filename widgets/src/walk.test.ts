import { beforeEach, describe, expect, test } from "vitest";
import { Picture } from "./picture";
import { svg } from "./testing";
import { Walk } from "./walk";

let view: HTMLElement;
let picture: Picture;
let walk: Walk;

beforeEach(() => {
  document.body.replaceChildren();
  view = document.body.appendChild(document.createElement("div"));
  picture = new Picture(view);
  walk = new Walk(view, picture);
  walk.keep(() => picture.draw(svg));
});

const stops = (): (string | null)[] => [...view.querySelectorAll("[tabindex='0']")].map((each) => each.getAttribute("data-id"));
const focused = (): string | null => document.activeElement!.getAttribute("data-id");
const press = (key: string): void => {
  document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};

describe("Walk", () => {
  test("the graph is one stop; arrows go from node to node and no further", () => {
    expect(stops()).toEqual(["n0"]);
    picture.part("n0")!.focus();
    press("ArrowUp");
    expect(focused()).toBe("n0");
    press("ArrowDown");
    press("ArrowDown");
    expect([focused(), stops()]).toEqual(["n1", ["n1"]]);
    press("ArrowUp");
    expect([focused(), stops()]).toEqual(["n0", ["n0"]]);
  });

  test("a new drawing keeps the focus on the same node", () => {
    picture.part("n1")!.focus();
    const before = picture.part("n1");
    walk.keep(() => picture.draw(svg));
    expect([focused(), stops(), picture.part("n1") === before]).toEqual(["n1", ["n1"], false]);
  });

  test("where that node is gone the first has the focus", () => {
    picture.part("n1")!.focus();
    walk.keep(() => picture.draw(svg.replace('data-id="n1"', 'data-id="n7"')));
    expect([focused(), stops()]).toEqual(["n0", ["n0"]]);
  });

  test("a new drawing takes the focus from nowhere else", () => {
    const elsewhere = document.body.appendChild(document.createElement("button"));
    elsewhere.focus();
    walk.keep(() => picture.draw(svg));
    expect(document.activeElement).toBe(elsewhere);
  });
});
