import { describe, expect, test } from "vitest";
import { Film, saying } from "./film";
import type { Frame } from "./model";
import { frames } from "./testing";

describe("Film", () => {
  test("knows what stands at any step, in any order", () => {
    const film = new Film(frames);
    expect([4, 0, 3, 2].map((step) => film.text("g0", step))).toEqual(["∂ 6", "–", "∂ 6", "–"]);
    expect([1, 2, 3].map((step) => film.marked("n1", step))).toEqual([false, true, false]); // marked, then unmarked
    expect([film.text("no such slot", 3), film.marked("no such part", 3)]).toEqual(["", false]);
  });

  test("tells what may differ between two steps, both ways", () => {
    const film = new Film(frames);
    expect(film.between(1, 3)).toEqual(film.between(3, 1));
    expect([...film.between(2, 3).slots]).toEqual(["g0", "n0:label"]);
    expect([...film.between(2, 3).marks]).toEqual(["e0", "n0", "n1"]);
    expect([...film.between(2, 2).slots]).toEqual([]);
  });

  test("ends before the first withheld frame, and holds nothing of what comes after it", () => {
    const film = new Film([...frames.slice(0, 3), null, frames[4]!]);
    expect([film.gate, film.last, film.seen.length]).toEqual([2, 4, 3]);
    expect([film.clamp(9), film.clamp(-9)]).toEqual([2, 0]);
    expect(film.text("g0", 4)).toBe("–");
  });

  test("stops where the grain says, at both ends, and nowhere else", () => {
    const film = new Film(frames);
    const walk = (grain: "edge" | "op" | "layer") => {
      const steps = [0];
      while (steps.at(-1)! < film.last) steps.push(film.next(steps.at(-1)!, grain));
      return steps;
    };
    expect(walk("edge")).toEqual([0, 1, 2, 3, 4]);
    expect(walk("op")).toEqual([0, 1, 4]);
    expect(walk("layer")).toEqual([0, 4]);
    expect([film.previous(4, "op"), film.previous(1, "op"), film.previous(3, "layer")]).toEqual([1, 0, 0]);
    expect(film.grains).toEqual(["edge", "op", "layer"]);
    expect(new Film(frames.slice(2, 4)).grains).toEqual(["edge"]);
  });

  test("shows together what a coarse step passes over", () => {
    const film = new Film(frames);
    expect(film.together(4, "op")).toEqual(frames.slice(2, 5));
    expect(film.together(4, "edge")).toEqual([frames[4]]);
    expect(film.together(0, "layer")).toEqual([frames[0]]);
  });
});

describe("saying", () => {
  const step = (sentence: string, formula = ""): Frame => ({ phase: "backward", sentence, formula });

  test("three sentences are said, of more only the last and how many there are", () => {
    const said = ["One.", "Two.", "Three.", "Four."].map((each) => step(each));
    expect(saying(said.slice(0, 3)).sentence).toBe("One. Two. Three.");
    expect(saying(said).sentence).toBe("4 steps at once. Four.");
  });

  test("formulas go with their sentences", () => {
    expect(saying([step("One.", "a"), step("Two.")]).formulas).toEqual(["a"]);
  });
});
