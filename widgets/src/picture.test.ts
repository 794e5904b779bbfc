import { describe, expect, test } from "vitest";
import type { Frame } from "./model";
import { Picture, fold } from "./picture";
import { frames, svg } from "./testing";

const upTo = (step: number): Frame[] => frames.slice(0, step + 1);

describe("fold", () => {
  test("the latest text of each slot stands, and marks stay", () => {
    const { texts, marks } = fold(upTo(3));
    expect(texts.get("g0")).toBe("∂ 6");
    expect(texts.get("v0")).toBe("3");
    expect([...marks]).toEqual(["n1", "e0", "n0"]);
  });
});

describe("Picture", () => {
  test("shows texts, accessible names, marks and lights of one step", () => {
    const picture = new Picture(svg);
    picture.show(upTo(2));
    const node = picture.svg.querySelector('[data-id="n1"]')!;
    expect(node.getAttribute("aria-label")).toBe("z, value 9, gradient 1");
    expect(node.querySelector('[data-slot="g1"]')!.textContent).toBe("∂ 1");
    expect(node.classList.contains("marked")).toBe(true);
    expect(node.classList.contains("lit")).toBe(true);
    expect(picture.svg.querySelector('[data-id="n0"]')!.classList.contains("lit")).toBe(false);
  });

  test("after going on and back, every step looks as it did the first time", () => {
    const picture = new Picture(svg);
    const look = (step: number): string => {
      picture.show(upTo(step));
      return picture.svg.outerHTML;
    };
    const onward = frames.map((_, step) => look(step));
    const back = frames.map((_, step) => look(frames.length - 1 - step)).reverse();
    expect(back).toEqual(onward);
    expect(new Set(onward).size).toBe(frames.length);
  });

  test("hostile text is text", () => {
    const label = `<script>alert("1")</script>`;
    const picture = new Picture(svg);
    picture.show([{ ...frames[0]!, writes: { v0: label, "n0:label": label } }]);
    expect(picture.svg.querySelector("script")).toBeNull();
    expect(picture.svg.querySelector('[data-slot="v0"]')!.textContent).toBe(label);
  });

  test("its text never becomes smaller than eleven pixels", () => {
    const style = new Picture(svg).svg.getAttribute("style");
    expect(style).toBe("max-width:280px;min-width:220px"); // 280 × 11 ÷ 14
  });

  test("scrolls its view, as far as needed, to what is lit", () => {
    const picture = new Picture(svg);
    picture.show(upTo(2));
    const view = document.createElement("div");
    const at = (left: number, top: number, width: number, height: number) => () => new DOMRect(left, top, width, height);
    view.getBoundingClientRect = at(0, 0, 100, 100);
    const node = picture.svg.querySelector<SVGElement>('[data-id="n1"]')!;
    node.getBoundingClientRect = at(150, 20, 40, 30);
    picture.reveal(view);
    expect([view.scrollLeft, view.scrollTop]).toEqual([102, 0]); // its right side and 12 pixels more
    node.getBoundingClientRect = at(-10, 20, 40, 30);
    picture.reveal(view);
    expect([view.scrollLeft, view.scrollTop]).toEqual([80, 0]);
  });
});
