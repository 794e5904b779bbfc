import { describe, expect, test, vi } from "vitest";
import type { Leaf } from "./model";
import { type Bench, benches, HOSTILE, OFFLINE } from "./panels_testing";
import { svg } from "./testing";

const bench = benches();
const picture = svg.replace(`class="node" data-id="n0"`, `class="node editable" role="button" data-id="n0"`);
const leaf = (text: string, node = 0, name = "a"): Leaf => ({ node, name, text, low: -10, high: 10 });
const open = (some = {}): Bench => bench({ svg: picture, leaves: [leaf("3"), leaf("−0.5", 1, "b")], sliders: true, ...some });
const range = (at: Bench, name = "a") => at.get<HTMLInputElement>(`input[type=range][aria-label="${name}"]`);
const exact = (at: Bench, name = "a") => at.get<HTMLInputElement>(`input[aria-label="${name}, typed"]`);
const refusal = (input: HTMLInputElement): string => document.getElementById(input.getAttribute("aria-describedby")!)!.textContent!;
const drag = (input: HTMLInputElement, to: string): void => {
  input.value = to;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

describe("sliders", () => {
  test("show each number, a minus of the picture included, in steps of a power of ten", () => {
    const at = open();
    expect([range(at).value, range(at).step, exact(at).value]).toEqual(["3", "0.1", "3"]);
    expect([range(at, "b").value, range(at, "b").getAttribute("aria-valuetext")]).toEqual(["-0.5", "−0.5"]);
  });

  test("stand below the words by a keyword, else behind ⋯", () => {
    expect(open().shows(".sliders")).toBe(true);
    const at = open({ sliders: false });
    expect(at.shows(".sliders")).toBe(false);
    at.button("More").click();
    expect(at.shows(".drawer .sliders")).toBe(true);
    expect(bench({ leaves: [{ node: 0, name: "W", text: "[1, 2]" }], sliders: true }).shows(".sliders")).toBe(false);
  });

  test("keep their element when the kernel gives them other ends", () => {
    const at = open();
    const before = range(at);
    at.model.set("leaves", [{ ...leaf("50"), low: -100, high: 200 }, leaf("−0.5", 1, "b")]);
    expect(range(at)).toBe(before);
    expect([before.min, before.max, before.step, before.value]).toEqual(["-100", "200", "1", "50"]);
    before.focus();
    at.model.set("leaves", [leaf("1", 7, "c")]);
    expect(document.activeElement).toBe(at.root); // the focus is not lost with a slider that goes
  });

  test("of a fast drag only the first and the last are sent, and the last wins", () => {
    const at = open();
    for (const to of ["4", "5", "6", "7"]) drag(range(at), to);
    expect(at.model.requests).toEqual([{ kind: "edit", leaf: 0, name: "a", text: "4", edit: 1 }]);
    at.answer(1, { leaves: [leaf("4"), leaf("−0.5", 1, "b")] });
    expect(at.model.requests[1]).toEqual({ kind: "edit", leaf: 0, name: "a", text: "7", edit: 2 });
    expect([range(at).value, exact(at).value, exact(at).getAttribute("aria-busy")]).toEqual(["7", "7", "true"]);
    at.answer(2, { leaves: [leaf("7"), leaf("−0.5", 1, "b")] });
    expect([range(at).value, exact(at).value, exact(at).getAttribute("aria-busy")]).toEqual(["7", "7", "false"]);
    expect(at.model.requests.length).toBe(2);
  });

  test("a late answer to an older change is not taken for the newest", () => {
    const at = open({ edit: 4 });
    drag(range(at), "5");
    drag(range(at), "9");
    at.answer(4, { leaves: [leaf("1"), leaf("−0.5", 1, "b")] }); // of another view, before ours
    expect([at.model.requests.length, range(at).value]).toEqual([1, "9"]);
    at.answer(5, {});
    expect(at.model.requests[1]).toMatchObject({ text: "9", edit: 6 });
  });

  test("changes of two leaves are both sent", () => {
    const at = open();
    drag(range(at), "4");
    drag(range(at), "5");
    drag(range(at, "b"), "1");
    at.answer(1, {});
    at.answer(2, {});
    expect(at.model.requests.map((request) => "leaf" in request && [request.leaf, request.text])).toEqual([[0, "4"], [0, "5"], [1, "1"]]);
  });

  test("what is typed goes out as it is typed, after a rest, and is not written over while typing", () => {
    const at = open();
    at.type(exact(at), "1/");
    vi.advanceTimersByTime(149);
    at.type(exact(at), "1/4");
    expect(exact(at).getAttribute("aria-busy")).toBe("true");
    vi.advanceTimersByTime(149);
    expect(at.model.requests).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(at.model.requests).toEqual([{ kind: "edit", leaf: 0, name: "a", text: "1/4", edit: 1 }]);
    expect(range(at).value).toBe("3"); // a slider cannot show what only the kernel understands
    at.answer(1, { leaves: [leaf("0.25"), leaf("−0.5", 1, "b")] });
    expect([exact(at).value, Number(range(at).value)]).toEqual(["1/4", 0.25]);
    at.press("Enter", exact(at));
    expect([exact(at).value, at.model.requests.length]).toEqual(["0.25", 1]);
  });

  test("the slider goes with what is typed before the kernel has answered", () => {
    const at = open();
    at.type(exact(at), "7");
    expect([range(at).value, range(at).getAttribute("aria-valuetext")]).toEqual(["7", "7"]);
    at.press("Enter", exact(at));
    expect([at.model.requests.length, range(at).value]).toEqual([1, "7"]);
    at.answer(1, { error: "7 is too much." });
    expect(range(at).value).toBe("3");
  });

  test("Escape takes back what was typed, and what was said against it", () => {
    const at = open();
    at.type(exact(at), "x");
    at.press("Escape", exact(at));
    vi.runAllTimers();
    expect([exact(at).value, at.model.requests]).toEqual(["3", []]);
    at.type(exact(at), "x");
    at.press("Enter", exact(at));
    at.answer(1, { error: "x is no number" });
    at.press("Escape", exact(at));
    expect([exact(at).value, exact(at).getAttribute("aria-invalid"), refusal(exact(at))]).toEqual(["3", "false", ""]);
    expect([at.model.get("error"), at.shows(".error"), at.model.saves]).toEqual(["", false, 1]);
    at.model.set("error", "Something else is wrong.");
    at.press("Escape", range(at));
    expect(at.model.get("error")).toBe("Something else is wrong.");
  });

  test("Enter and leaving do not wait for the rest", () => {
    const at = open();
    at.type(exact(at), "2");
    at.press("Enter", exact(at));
    at.answer(1, {});
    at.type(exact(at), "5");
    exact(at).blur();
    expect(at.model.requests.map((request) => "text" in request && request.text)).toEqual(["2", "5"]);
  });

  test("a refusal stands at the field that it is about, with what was typed, as text", () => {
    const at = open();
    at.type(exact(at), "x");
    at.press("Enter", exact(at));
    at.answer(1, { error: HOSTILE });
    expect([refusal(exact(at)), refusal(exact(at, "b")), exact(at).value]).toEqual([HOSTILE, "", "x"]);
    expect(exact(at).getAttribute("aria-invalid")).toBe("true");
    expect(at.el.querySelector("script, img")).toBeNull();
    at.answer(1, { error: "", leaves: [leaf("2"), leaf("1", 1, "b")] });
    expect([refusal(exact(at)), exact(at).value]).toEqual(["", "2"]);
  });

  test("keys typed there do not step", () => {
    const at = open();
    for (const key of ["ArrowRight", "Home", " "]) {
      expect(at.press(key, exact(at))).toBe(false);
      expect(at.press(key, range(at))).toBe(false);
    }
    expect(at.model.get("step")).toBe(1);
  });

  test("without a kernel they are disabled, and say why", () => {
    const at = open({ offline: OFFLINE });
    drag(range(at), "7");
    expect([range(at).value, at.model.requests]).toEqual(["3", []]);
    expect([exact(at).readOnly, exact(at).getAttribute("aria-disabled"), range(at).getAttribute("aria-disabled")]).toEqual([true, "true", "true"]);
    expect(at.get(".sliders .offline").textContent).toBe(OFFLINE);
  });
});

describe("in the picture", () => {
  const node = (at: Bench) => at.get<SVGElement>("[data-id=n0]");
  const field = (at: Bench) => at.get<HTMLInputElement>(".node-editor input");

  test("Enter, F2, a double click and a screen reader's click open a field over the number", () => {
    const at = open();
    const ways = [
      () => at.press("Enter", node(at)),
      () => at.press("F2", node(at)),
      () => node(at).dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 })),
      () => node(at).dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 0 })),
    ];
    for (const way of ways) {
      way();
      expect([field(at).value, field(at).getAttribute("aria-label"), document.activeElement]).toEqual(["3", "New value of a", field(at)]);
      at.press("Escape", field(at));
      expect([at.shows(".node-editor"), document.activeElement]).toEqual([false, node(at)]);
    }
    node(at).dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    expect([at.shows(".node-editor"), at.model.requests]).toEqual([false, []]);
  });

  test("Enter sends, and the field stays until the number is in the picture", () => {
    const at = open();
    at.press("Enter", node(at));
    at.type(field(at), "−4");
    vi.advanceTimersByTime(1000);
    expect(at.model.requests).toEqual([]);
    at.press("Enter", field(at));
    expect(at.model.requests).toEqual([{ kind: "edit", leaf: 0, name: "a", text: "−4", edit: 1 }]);
    expect([field(at).value, field(at).getAttribute("aria-busy")]).toEqual(["−4", "true"]);
    at.answer(1, { svg: picture.replace("graph of z", "graph of w"), leaves: [leaf("−4")] });
    expect([at.shows(".node-editor"), document.activeElement]).toEqual([false, node(at)]);
  });

  test("leaving the field sends, Escape does not", () => {
    const at = open();
    at.press("Enter", node(at));
    at.type(field(at), "8");
    at.press("Escape", field(at));
    expect(at.model.requests).toEqual([]);
    at.press("Enter", node(at));
    expect(field(at).value).toBe("3");
    at.type(field(at), "9");
    at.button("Play").focus();
    expect(at.model.requests).toMatchObject([{ text: "9" }]);
    at.answer(1, {});
    expect([at.shows(".node-editor"), document.activeElement]).toEqual([false, at.button("Play")]);
  });

  test("a refusal keeps the field open with what was typed, and can be mended", () => {
    const at = open();
    at.press("Enter", node(at));
    at.type(field(at), "four");
    at.press("Enter", field(at));
    at.answer(1, { error: "four is not a number" });
    expect([field(at).value, refusal(field(at))]).toEqual(["four", "four is not a number"]);
    expect([exact(at).value, refusal(exact(at))]).toEqual(["3", ""]); // nothing is wrong with what stands there
    at.type(field(at), "4");
    expect(refusal(field(at))).toBe("");
    at.press("Escape", field(at));
    expect([at.shows(".node-editor"), document.activeElement, at.shows(".error")]).toEqual([false, node(at), false]);
    at.press("Enter", node(at));
    at.type(field(at), "4");
    at.press("Enter", field(at));
    at.answer(2, { error: "", leaves: [leaf("4")] });
    expect(at.shows(".node-editor")).toBe(false);
  });

  test("without a kernel no field opens, and the node says that it is disabled", () => {
    const at = open({ offline: OFFLINE });
    at.press("Enter", node(at));
    expect([at.shows(".node-editor"), node(at).getAttribute("aria-disabled")]).toEqual([false, "true"]);
    expect(at.get("[role=status]").textContent).toBe(OFFLINE);
  });

  test("closing leaves nothing behind", () => {
    const at = open();
    at.press("Enter", node(at));
    at.type(exact(at), "5");
    at.close();
    expect([vi.getTimerCount(), at.model.listeners, at.model.requests]).toEqual([0, 0, []]);
  });
});
