import { beforeEach, describe, expect, test } from "vitest";
import { type Box, Chip, type Point, findPlace } from "./chip";
import { Picture } from "./picture";
import { svg } from "./testing";

const HEIGHT = 24;
const meet = (one: Box, other: Box): boolean =>
  one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
const inside = (one: Box, canvas: Box): boolean =>
  one.x >= canvas.x && one.y >= canvas.y && one.x + one.width <= canvas.x + canvas.width && one.y + one.height <= canvas.y + canvas.height;

/** Numbers between 0 and 1, the same in every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) yield (state = (state * 16807) % 2147483647) / 2147483647;
}

describe("findPlace", () => {
  test("is close to what it speaks of, beside the line", () => {
    const line: Point[] = Array.from({ length: 9 }, (_, i) => [100 + 10 * i, 100] as const);
    const [x, y] = findPlace(60, line, [], line, { x: 0, y: 0, width: 300, height: 200 });
    expect(x + 30).toBe(140);
    expect(Math.min(Math.abs(y - 100), Math.abs(y + HEIGHT - 100))).toBeLessThan(8);
  });

  test("where a box is in the way it goes along the line, not away from it", () => {
    const line: Point[] = Array.from({ length: 21 }, (_, i) => [150 + 10 * i, 350 - 15 * i] as const);
    const box = { x: 200, y: 150, width: 100, height: 100 };
    const [x, y] = findPlace(40, line, [box], [], { x: 0, y: 0, width: 500, height: 400 });
    const apart = line.map(([px, py]) => Math.hypot(Math.max(0, Math.abs(x + 20 - px) - 20), Math.max(0, Math.abs(y + 12 - py) - 12)));
    expect(Math.min(...apart)).toBe(0);
    expect(meet(box, { x, y, width: 40, height: HEIGHT })).toBe(false);
  });

  test("among many boxes it stands on none, and inside the canvas", () => {
    const next = numbers(7);
    const random = (most: number): number => next.next().value! * most;
    for (let picture = 0; picture < 60; picture++) {
      const canvas = { x: -50, y: -34, width: 400, height: 334 }; // with the band that every drawing keeps free
      const boxes = Array.from({ length: 25 }, () => ({ x: random(300), y: random(250), width: 20 + random(60), height: 20 + random(30) }));
      const middle: Point = [random(300), random(300)];
      const width = 40 + random(120);
      const [x, y] = findPlace(width, [middle], boxes, [], canvas);
      const place = { x, y, width, height: HEIGHT };
      expect(boxes.some((box) => meet(box, place))).toBe(false);
      expect(inside(place, canvas)).toBe(true);
    }
  });

  test("where nothing near is free it goes to the band above", () => {
    const canvas = { x: 0, y: -34, width: 2000, height: 1034 };
    const [x, y] = findPlace(80, [[1000, 900]], [{ x: 0, y: 0, width: 2000, height: 1000 }], [], canvas);
    expect(y + HEIGHT).toBeLessThanOrEqual(0);
    expect(inside({ x, y, width: 80, height: HEIGHT }, canvas)).toBe(true);
  });
});

describe("Chip", () => {
  let view: HTMLElement;
  let chip: Chip;

  beforeEach(() => {
    view = document.body.appendChild(document.createElement("div"));
    const picture = new Picture(view);
    picture.draw(svg);
    chip = new Chip(picture);
  });

  test("is one element, as wide as its text, on no box", () => {
    chip.show({ text: "1 × 6 = 6", beside: "e0" });
    chip.show({ text: "2 × 6 = 12", beside: "n1" });
    const [only, ...others] = view.querySelectorAll(".chip");
    expect([only!.textContent, others.length]).toEqual(["2 × 6 = 12", 0]);
    const pill = (only!.querySelector(".pill") as SVGGraphicsElement).getBBox();
    expect(pill.width).toBe(96); // ten letters of eight, and eight to each side
    for (const box of view.querySelectorAll<SVGGraphicsElement>(".node")) expect(meet(box.getBBox(), pill)).toBe(false);
  });

  test("goes with its frame, and where what it speaks of is not in the picture", () => {
    chip.show({ text: "1", beside: "e0" });
    chip.show(undefined);
    expect(view.querySelector(".chip")).toBeNull();
    chip.show({ text: "1", beside: "e0" });
    chip.show({ text: "1", beside: "e99" });
    expect(view.querySelector(".chip")).toBeNull();
  });
});
