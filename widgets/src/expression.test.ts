import { expect, test, vi } from "vitest";
import { type Bench, benches, HOSTILE, OFFLINE } from "./panels_testing";

const bench = benches();
const field = (at: Bench) => at.get<HTMLInputElement>(".expression input");

test("stands above the picture of an ExpressionStepper only", () => {
  expect(bench().shows(".expression")).toBe(false);
  const at = bench({ expression: "a*b" });
  expect([field(at).labels![0]!.textContent, field(at).value]).toEqual(["Expression", "a*b"]);
  expect(at.root.firstElementChild!.contains(field(at))).toBe(true);
});

test("is sent after a rest, and keeps its caret when the graph comes", () => {
  const at = bench({ expression: "a*b" });
  at.type(field(at), "a*b + c");
  field(at).setSelectionRange(3, 3);
  vi.advanceTimersByTime(199);
  expect(at.model.requests).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(at.model.requests).toEqual([{ kind: "expression", text: "a*b + c", edit: 1 }]);
  at.answer(1, { expression: "a·b + c" });
  expect([field(at).value, field(at).selectionStart]).toEqual(["a*b + c", 3]);
});

test("while one is with the kernel only the newest waits", () => {
  const at = bench({ expression: "a" });
  for (const text of ["a+b", "a+b+c", "a+b+c+d"]) {
    at.type(field(at), text);
    vi.advanceTimersByTime(200);
  }
  at.answer(1, { expression: "a+b" });
  expect(field(at).value).toBe("a+b+c+d");
  expect(at.model.requests.map((request) => "text" in request && request.text)).toEqual(["a+b", "a+b+c+d"]);
});

test("an error stands beneath it as text, and the last picture stays", () => {
  const at = bench({ expression: "a*b" });
  at.type(field(at), "a*");
  vi.advanceTimersByTime(200);
  at.answer(1, { error: HOSTILE });
  expect([at.get(".expression .refusal").textContent, field(at).value]).toEqual([HOSTILE, "a*"]);
  expect(at.shows("[data-id=n1]")).toBe(true);
  at.type(field(at), "a*b");
  expect(at.get(".expression .refusal").textContent).toBe("");
});

test("without a kernel it is disabled, and says why", () => {
  const at = bench({ expression: "a*b", offline: OFFLINE });
  expect([field(at).readOnly, field(at).getAttribute("aria-disabled")]).toEqual([true, "true"]);
  expect(at.get(".expression .offline").textContent).toBe(OFFLINE);
});
