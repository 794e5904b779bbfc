import { expect, test } from "vitest";
import { parse, writtenOut } from "./numbers";

test("texts of a picture are read as numbers, and nothing else is", () => {
  expect(["3", "−0.5", "−1.2e−05"].map(parse)).toEqual([3, -0.5, -1.2e-5]);
  for (const text of ["", " ", "1/4", "…", "nan", "None"]) expect(parse(text)).toBeNaN();
});

test("a cell of a product is written out, negative numbers in brackets", () => {
  expect(writtenOut([["1", "2"], ["3", "−4"]], [], "−5")).toBe("1×3 + 2×(−4) = −5");
  expect(writtenOut([["1", "2"], ["3", "4"]], ["−1"], "10")).toBe("1×3 + 2×4 + (−1) = 10");
  expect(writtenOut([["0.5", "0.25", "−1"]], [], "−0.25")).toBe("0.5 + 0.25 + (−1) = −0.25");
});

test("what was rounded is said to be about that", () => {
  expect(writtenOut([["0.3333", "0.3333", "0.3333"]], [], "1")).toBe("0.3333 + 0.3333 + 0.3333 ≈ 1");
});

test("no sum is claimed that is none", () => {
  expect(writtenOut([["1", "2"]], [], "1.5")).toBe(""); // a mean
  expect(writtenOut([["1", "2"], ["3"]], [], "3")).toBe("");
  expect(writtenOut([["1", "nan"]], [], "nan")).toBe("");
  expect(writtenOut([], [], "3")).toBe("");
});
