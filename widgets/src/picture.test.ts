import { beforeEach, describe, expect, test } from "vitest";
import { Film } from "./film";
import type { Frame } from "./model";
import { Picture } from "./picture";
import { frames, svg } from "./testing";

let picture: Picture;
let view: HTMLElement;

beforeEach(() => {
  view = document.createElement("div");
  picture = new Picture(view);
  picture.draw(svg);
});

const film = new Film(frames);
const part = (id: string): Element => view.querySelector(`[data-id="${id}"]`)!;
const slot = (name: string): Element => view.querySelector(`[data-slot="${name}"]`)!;

/** Everything that can be seen; dots are there from the first time on that their edge was lit. */
function look(picture: Picture): string {
  const copy = picture.svg.cloneNode(true) as Element;
  for (const dot of copy.querySelectorAll(".dot")) dot.remove();
  for (const each of copy.querySelectorAll("[class]")) each.setAttribute("class", [...each.classList].sort().join(" "));
  return copy.outerHTML.replaceAll(' class=""', "");
}

describe("Picture", () => {
  test("shows texts, images, accessible names and marks of one step", () => {
    picture.fill(film, 2);
    expect(part("n1").getAttribute("aria-label")).toBe("z, value 9, gradient 1");
    expect(slot("g1").textContent).toBe("∂ 1");
    expect(slot("v1:heat").getAttribute("href")).toBe("data:image/png;base64,AA");
    expect([part("n1"), part("n0")].map((each) => each.classList.contains("marked"))).toEqual([true, false]);
  });

  test("after moving on and back, near and far, every step looks as if it was opened there", () => {
    const opened = frames.map((_, step) => {
      const fresh = new Picture(document.createElement("div"));
      fresh.draw(svg);
      fresh.fill(film, step);
      fresh.light([frames[step]!]);
      return look(fresh);
    });
    picture.fill(film, 0);
    let at = 0;
    for (const step of [0, 1, 2, 3, 4, 3, 2, 1, 0, 4, 1, 3, 0]) {
      picture.move(film, at, step);
      picture.light([frames[step]!]);
      at = step;
      expect(look(picture)).toBe(opened[step]);
    }
    expect(new Set(opened).size).toBe(frames.length);
  });

  test("lights everything that several frames speak of, and a dot for each edge once", () => {
    picture.light(frames.slice(1, 5));
    picture.light(frames.slice(1, 4));
    expect([...view.querySelectorAll(".lit")].map((each) => each.getAttribute("data-id"))).toEqual(["e0", "n1"]);
    expect([...view.querySelectorAll(".landed")].map((each) => each.getAttribute("data-slot"))).toEqual(["g0", "v1", "g1", "v1:heat"]);
    expect(view.querySelectorAll(".dot").length).toBe(1);
  });

  test("an edge points the way that its last frame goes", () => {
    picture.light([frames[1]!, frames[3]!]);
    expect(part("e0").classList.contains("returning")).toBe(true);
    picture.light([frames[1]!]);
    expect(view.querySelector(".returning")).toBeNull();
  });

  test("a new film is written over all of the old one", () => {
    picture.fill(film, 3);
    const other: Frame[] = [{ phase: "forward", sentence: "", writes: { v0: "7" } }];
    picture.fill(new Film(other), 0);
    expect([slot("v0").textContent, slot("g0").textContent, part("n0").classList.contains("marked")]).toEqual(["7", "", false]);
  });

  test("hostile text is text", () => {
    const label = `<script>alert("1")</script>`;
    picture.fill(new Film([{ ...frames[0]!, writes: { v0: label, "n0:label": label } }]), 0);
    expect(view.querySelector("script")).toBeNull();
    expect(slot("v0").textContent).toBe(label);
  });

  test("its text never becomes smaller than eleven pixels", () => {
    expect(picture.svg.style.maxWidth).toBe("280px");
    expect(picture.svg.style.minWidth).toBe("220px"); // 280 × 11 ÷ 14
  });

  test("what is pointed at stays so until something else is", () => {
    picture.point(["n0", "e0"]);
    picture.point(["n1"]);
    expect([...view.querySelectorAll(".pointed")]).toEqual([part("n1")]);
    picture.light([]);
    expect(view.querySelector(".pointed")).toBeNull();
  });

  test("scrolls its view, as far as needed, to all of what is lit, or else to the last of it", () => {
    const at = (left: number, top: number, width: number, height: number) => () => new DOMRect(left, top, width, height);
    view.getBoundingClientRect = at(0, 0, 100, 100);
    const [node, edge] = [part("n1"), part("e0")];
    picture.light([frames[2]!]);
    node.getBoundingClientRect = at(150, 20, 40, 30);
    picture.reveal();
    expect([view.scrollLeft, view.scrollTop]).toEqual([102, 0]); // its right side and 12 pixels more
    node.getBoundingClientRect = at(-10, 20, 40, 30);
    picture.reveal();
    expect([view.scrollLeft, view.scrollTop]).toEqual([80, 0]);
    edge.getBoundingClientRect = at(-300, 20, 40, 30);
    view.scrollLeft = 400;
    picture.reveal([node, edge]); // too far apart
    expect(view.scrollLeft).toBe(100);
  });
});
