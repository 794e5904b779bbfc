import { expect, test } from "vitest";
import type { Frame, Question } from "./model";
import { type Bench, benches, frames, HOSTILE, OFFLINE } from "./panels_testing";

const bench = benches();
const question = (some: Partial<Question> = {}): Question => ({
  step: 3, about: "e0", asks: "What does this road bring to a?", says: "", hints: [], moreHints: true, solved: false, ...some,
});
const withheld = frames.map((frame, step): Frame | null => (step < 3 ? frame : null));
const open = (some = {}): Bench => bench({ practice: true, frames: withheld, step: 2, questions: [question()], ...some });
const input = (at: Bench) => at.get<HTMLInputElement>(".practice input");
const says = (at: Bench): string => at.get(".practice .says").textContent!;
const solve = (at: Bench): void => at.answer(1, { frames, questions: [question({ says: "Yes: 1 × 6 = 6.", solved: true })] });

test("a question stands only before the step that it withholds", () => {
  const at = open({ step: 1 });
  expect(at.shows(".practice")).toBe(false);
  at.button("Step forward").click();
  expect(at.shows(".practice form")).toBe(true);
  expect(input(at).labels![0]!.textContent).toBe("What does this road bring to a?");
  expect(at.get(".practice").textContent).toContain("Practice, not grading: nothing is scored.");
  expect(at.get("[data-id=e0]").classList.contains("asked")).toBe(true);
  at.button("Step back").click();
  expect([at.shows(".practice"), at.get("[data-id=e0]").classList.contains("asked")]).toEqual([false, false]);
  expect(bench({ step: 2 }).shows(".practice")).toBe(false);
});

test("pressing on at the gate goes to the answer", () => {
  const at = open();
  at.button("Step forward").click();
  expect([at.model.get("step"), document.activeElement]).toEqual([2, input(at)]);
});

test("the kernel's echo of the step before does not carry the reader off from the gate", () => {
  const at = open({ step: 1 });
  at.button("Step forward").click();
  at.model.set("step", 1);
  at.button("Step forward").click();
  expect([at.model.get("step"), document.activeElement]).toEqual([2, input(at)]);
});

test("Enter sends the text as it was typed, empty too, and waits for the kernel", () => {
  const at = open();
  input(at).value = "1/4";
  at.get<HTMLFormElement>(".practice form").requestSubmit();
  expect([at.shows(".practice .waiting"), input(at).getAttribute("aria-busy")]).toEqual([true, "true"]);
  at.answer(1, { questions: [question({ says: "That came by the other road." })] });
  expect([says(at), at.shows(".practice .waiting"), input(at).value]).toEqual(["That came by the other road.", false, "1/4"]);
  input(at).value = "";
  at.button("Answer").click();
  expect(at.model.requests).toEqual([{ kind: "attempt", text: "1/4", edit: 1 }, { kind: "attempt", text: "", edit: 2 }]);
});

test("the same words to another answer are said again", () => {
  const at = open({ questions: [question({ says: "Not a slip I know." })] });
  at.button("Answer").click();
  expect([says(at), at.shows(".practice .waiting")]).toEqual(["", true]);
  at.answer(1, {});
  expect([says(at), at.shows(".practice .waiting")]).toEqual(["Not a slip I know.", false]);
});

test("keys typed into the answer do not step", () => {
  const at = open({ step: 2 });
  for (const key of ["ArrowLeft", "Home", " ", "-", "0"]) expect(at.press(key, input(at))).toBe(false);
  expect(at.model.get("step")).toBe(2);
});

test("hints grow one by one, what is said already stays, and after the last none is asked for", () => {
  const at = open();
  at.button("Hint").click();
  at.answer(0, { questions: [question({ hints: ["The kind."] })] });
  const first = at.get(".hints li");
  at.answer(0, { questions: [question({ hints: ["The kind.", "The edge."], moreHints: false })] });
  expect([...at.el.querySelectorAll(".hints li")].map((hint) => hint.textContent)).toEqual(["The kind.", "The edge."]);
  expect(at.get(".hints li")).toBe(first);
  at.button("Hint").click();
  expect([at.button("Hint").getAttribute("aria-disabled"), at.model.requests]).toEqual(["true", [{ kind: "hint", edit: 1 }]]);
});

test("once solved it says why, and goes on from there, the focus never lost", () => {
  const at = open();
  input(at).focus();
  at.button("Show me").click();
  expect(at.model.requests).toEqual([{ kind: "reveal", edit: 1 }]);
  solve(at);
  expect([says(at), at.shows(".practice form"), document.activeElement]).toEqual(["Yes: 1 × 6 = 6.", false, at.button("Go on")]);
  expect(at.get("[data-id=e0]").classList.contains("asked")).toBe(false);
  at.button("Go on").click();
  expect([at.model.get("step"), says(at), at.shows(".practice p.asks")]).toEqual([3, "Yes: 1 × 6 = 6.", true]);
  expect(document.activeElement).toBe(at.root);
  at.button("Step forward").click();
  expect(at.shows(".practice")).toBe(false);
});

test("the next question starts afresh, and has the focus", () => {
  const at = open();
  at.type(input(at), "5");
  at.answer(0, { questions: [question({ hints: ["The kind."] })] });
  const next = question({ step: 4, about: "n0", asks: "And a's total?" });
  at.answer(0, { frames: [...frames.slice(0, 4), null], questions: [question({ solved: true }), next] });
  at.button("Go on").click();
  expect([input(at).labels![0]!.textContent, input(at).value, document.activeElement]).toEqual(["And a's total?", "", input(at)]);
  expect(at.el.querySelectorAll(".hints li").length).toBe(0);
  expect(at.get("[data-id=n0]").classList.contains("asked")).toBe(true);
});

test("without a kernel there is a sentence instead of an answer", () => {
  const at = open({ offline: OFFLINE });
  expect([at.shows(".practice form"), at.get(".practice .offline").textContent]).toEqual([false, OFFLINE]);
  at.button("Step forward").click();
  expect([at.model.get("step"), at.model.requests]).toEqual([2, []]);
});

test("hostile words are text", () => {
  const at = open({ questions: [question({ asks: HOSTILE, says: HOSTILE, hints: [HOSTILE] })] });
  expect(at.el.querySelector(".practice :is(script, img)")).toBeNull();
  expect([says(at), at.get(".hints").textContent]).toEqual([HOSTILE, HOSTILE]);
});
