import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Changes } from "./changes";
import stepper from "./stepper";
import type { Frame, State } from "./model";
import { FakeModel, frames, state, svg } from "./testing";

let model: FakeModel;
let host: HTMLElement;
let close: () => void;

function open(some: Partial<State> = {}): void {
  model = new FakeModel(state(some));
  host = document.body.appendChild(document.createElement("div"));
  close = stepper.render({ model, el: host });
}

beforeEach(() => {
  vi.useFakeTimers();
  open();
});

afterEach(() => {
  close();
  document.body.replaceChildren();
  vi.useRealTimers();
});

const named = (name: string): HTMLElement => host.querySelector(`[aria-label="${name}"]`)!;
const root = (): HTMLElement => host.querySelector(".mg-stepper")!;
const counter = (): string => host.querySelector(".counter")!.textContent!;
const shown = (): Element[] => [...host.querySelectorAll("button, input, select")].filter((each) => !each.closest("[hidden]"));
const alerts = (): (string | null)[] => [...host.querySelectorAll(".error:not([hidden])")].map((each) => each.textContent);
const sentence = (): string => host.querySelector("[aria-live=polite]")!.textContent!;

/** Press a key on `target`; tell whether its default was prevented and whether it got out of the widget. */
function press(key: string, target: Element = root(), more: KeyboardEventInit = {}): { prevented: boolean; escaped: boolean } {
  let escaped = false;
  const notice = () => (escaped = true);
  document.body.addEventListener("keydown", notice);
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  document.body.removeEventListener("keydown", notice);
  return { prevented: event.defaultPrevented, escaped };
}

describe("controls", () => {
  test("open where the model says, standing still", () => {
    expect(counter()).toBe("1 of 4");
    expect(sentence()).toBe("z is 9.");
    expect(root().dataset.phase).toBe("forward");
    expect(root().classList.contains("moving")).toBe(false);
  });

  test("seven are in sight", () => {
    expect(shown().map((each) => each.getAttribute("aria-label"))).toEqual([
      "First step", "Step back", "Play", "Step forward", "Last step", "Step", "More",
    ]);
  });

  test("buttons step both ways, and the model hears of it", () => {
    named("Step forward").click();
    expect([counter(), sentence()]).toEqual(["2 of 4", "z against itself."]);
    expect(host.querySelector(".formula math")!.getAttribute("alttext")).toBe("∂z/∂z = 1");
    expect(root().classList.contains("moving")).toBe(true);
    named("Step back").click();
    expect([counter(), sentence()]).toEqual(["1 of 4", "z is 9."]);
    expect(root().classList.contains("moving")).toBe(false);
    named("Last step").click();
    expect(counter()).toBe("4 of 4");
    named("First step").click();
    expect(counter()).toBe("0 of 4");
    expect(host.querySelector(".formula")!.childElementCount).toBe(0);
    expect(model.get("step")).toBe(0);
  });

  test("at the ends buttons say that they do nothing, and keep the focus", () => {
    const back = named("Step back") as HTMLButtonElement;
    back.focus();
    back.click();
    back.click();
    expect(counter()).toBe("0 of 4");
    expect(back.getAttribute("aria-disabled")).toBe("true");
    expect([back.disabled, document.activeElement]).toEqual([false, back]);
    expect(named("Step forward").getAttribute("aria-disabled")).toBe("false");
  });

  test("the slider scrubs without moving pictures", () => {
    const slider = named("Step") as HTMLInputElement;
    expect([slider.min, slider.max, slider.value]).toEqual(["0", "4", "1"]);
    slider.value = "3";
    slider.dispatchEvent(new Event("input"));
    expect(counter()).toBe("3 of 4");
    expect(slider.getAttribute("aria-valuetext")).toBe("3 of 4");
    expect(root().classList.contains("moving")).toBe(false);
  });

  test("the line of code that speaks is the current one", () => {
    model.set("code", [{ text: "a = 3", nodes: [0] }, { text: "z = a * a", nodes: [1] }]);
    const current = () => [...host.querySelectorAll(".code [aria-current]")].map((each) => each.textContent);
    expect(current()).toEqual(["a = 3"]);
    model.set("step", 3);
    expect(current()).toEqual(["z = a * a"]);
    model.set("step", 4);
    expect(current()).toEqual([]);
  });

  test("⋯ opens all sentences, the present one marked", () => {
    named("More").click();
    expect(named("More").getAttribute("aria-expanded")).toBe("true");
    expect([...host.querySelectorAll("li")].map((line) => line.textContent)).toEqual(frames.map((each) => each.sentence));
    named("Step forward").click();
    expect([...host.querySelectorAll("[aria-current=step]")].map((line) => line.textContent)).toEqual([sentence()]);
    named("More").click();
    expect(host.querySelector("li")).toBeNull();
    named("More").click();
    expect([...host.querySelectorAll("[aria-current=step]")].map((line) => line.textContent)).toEqual([sentence()]);
  });

  test("the model's step is followed, and kept within the steps there are", () => {
    model.set("step", 3);
    expect(counter()).toBe("3 of 4");
    model.set("step", 99);
    expect(counter()).toBe("4 of 4");
  });
});

describe("keys", () => {
  test("arrows, Home and End step, and nothing outside hears them", () => {
    const node = host.querySelector(".node")!;
    for (const [key, shown] of [["ArrowRight", "2 of 4"], ["ArrowLeft", "1 of 4"], ["End", "4 of 4"], ["Home", "0 of 4"]]) {
      expect(press(key!, node)).toEqual({ prevented: true, escaped: false });
      expect(counter()).toBe(shown);
    }
  });

  test("on the slider an arrow is one step, not also the slider's own", () => {
    expect(press("ArrowRight", named("Step")).prevented).toBe(true);
    expect(counter()).toBe("2 of 4");
  });

  test("Space plays and pauses, but on a button presses only the button", () => {
    named("First step").click();
    press(" ");
    expect(named("Pause")).not.toBeNull();
    press(" ");
    expect(named("Play")).not.toBeNull();
    expect(press(" ", named("Step forward"))).toEqual({ prevented: false, escaped: false });
    expect([counter(), named("Pause")]).toEqual(["1 of 4", null]);
  });

  test("letters that would edit a notebook stay inside; shortcuts of the browser and Tab do not", () => {
    for (const key of ["a", "b", "d", "Enter", "Escape"]) expect(press(key)).toEqual({ prevented: false, escaped: false });
    expect(press("Tab").escaped).toBe(true);
    expect(press("ArrowRight", root(), { altKey: true })).toEqual({ prevented: false, escaped: true });
    expect(counter()).toBe("1 of 4");
    expect(root().dataset.lmSuppressShortcuts).toBe("true");
  });

  test("the choice of speed keeps its arrows, a field its text", () => {
    for (const [key, part] of [["ArrowRight", "select"], ["Home", "input[type=search]"], ["0", "input[type=search]"]] as const) {
      expect(press(key, host.querySelector(part)!)).toEqual({ prevented: false, escaped: false });
    }
    expect(counter()).toBe("1 of 4");
  });

  test("plus, minus and 0 change the size, and Ctrl with them is the browser's", () => {
    const picture = host.querySelector<SVGElement>("svg.mg-picture")!;
    picture.getBoundingClientRect = () => new DOMRect(0, 0, parseFloat(picture.style.width) || 280, 100);
    const widths = ["+", "+", "-", "0"].map((key) => (press(key), parseFloat(picture.style.width)));
    expect(widths.slice(0, 3)).toEqual([350, 437.5, 350]);
    expect(press("+", root(), { ctrlKey: true })).toEqual({ prevented: false, escaped: true });
  });

  test("Space on a node that can be changed is not also Play", () => {
    const node = host.querySelector(".node")!;
    node.setAttribute("role", "button");
    expect(press(" ", node).prevented).toBe(false);
    expect(named("Pause")).toBeNull();
  });

  test("a key that a panel has used does nothing more", () => {
    host.querySelector(".view")!.addEventListener("keydown", (event) => event.preventDefault());
    press("ArrowRight", host.querySelector(".node")!);
    expect(counter()).toBe("1 of 4");
  });
});

describe("playing", () => {
  test("pauses where there is something to think about, and at the end", () => {
    named("First step").click();
    named("Play").click();
    expect(counter()).toBe("1 of 4");
    vi.runAllTimers();
    expect([counter(), named("Play") !== null]).toEqual(["2 of 4", true]);
    named("Play").click();
    vi.runAllTimers();
    expect([counter(), named("Play") !== null]).toEqual(["4 of 4", true]);
  });

  test("starts again from the end", () => {
    named("Last step").click();
    named("Play").click();
    expect(counter()).toBe("1 of 4");
  });

  test("goes at the chosen speed", () => {
    named("First step").click();
    const speed = host.querySelector("select")!;
    const pauses = ["slow", "normal", "fast"].map((name) => {
      model.set("frames", frames.map((frame) => ({ ...frame, pause: false })));
      named("First step").click();
      speed.value = name;
      named("Play").click();
      const before = Date.now();
      while (counter() === "1 of 4") vi.advanceTimersToNextTimer();
      return Date.now() - before;
    });
    expect(pauses).toEqual([2600, 1400, 700]);
  });

  test("stops when the reader steps", () => {
    named("First step").click();
    named("Play").click();
    named("Step back").click();
    vi.runAllTimers();
    expect(counter()).toBe("0 of 4");
  });
});

describe("the kernel", () => {
  test("hears of the step once the reader rests", () => {
    for (const name of ["Step forward", "Step forward", "Step back"]) named(name).click();
    vi.advanceTimersByTime(299);
    expect(model.saves).toBe(0);
    vi.advanceTimersByTime(1);
    expect([model.saves, model.get("step")]).toEqual([1, 2]);
    vi.runAllTimers();
    expect(model.saves).toBe(1);
  });

  test("hears of it before anything is asked of it", () => {
    named("Step forward").click();
    let saves = 0;
    model.send = () => (saves = model.saves);
    Changes.of(model).ask({ kind: "open", path: "all" });
    vi.runAllTimers();
    expect([saves, model.saves]).toEqual([1, 1]);
  });

  test("does not undo a step, of which it has not heard, with its echo of one before", () => {
    named("Step forward").click();
    vi.advanceTimersByTime(300);
    named("Step forward").click();
    model.set("step", 2);
    expect([counter(), model.get("step")]).toEqual(["3 of 4", 3]);
    vi.advanceTimersByTime(300);
    model.set("step", 0); // it has heard: now this is its own
    expect(counter()).toBe("0 of 4");
  });

  test("is told nothing that it said itself", () => {
    model.set("step", 3);
    vi.runAllTimers();
    expect(model.saves).toBe(0);
  });
});

describe("a withheld step", () => {
  const withheld = [...frames.slice(0, 2), null, ...frames.slice(3)];
  let asked: number;

  beforeEach(() => {
    close();
    open({ frames: withheld, practice: true });
    asked = 0;
    root().addEventListener("withheld", () => asked++);
  });

  test("is not reached in any way, and each attempt asks for its question", () => {
    const slider = named("Step") as HTMLInputElement;
    expect(slider.max).toBe("4");
    named("Step forward").click();
    named("Last step").click();
    press("End");
    slider.value = "3";
    slider.dispatchEvent(new Event("input"));
    expect([counter(), slider.value, asked]).toEqual(["1 of 4", "1", 4]);
    model.set("step", 3);
    expect(counter()).toBe("1 of 4");
  });

  test("stops Play", () => {
    named("First step").click();
    named("Play").click();
    vi.runAllTimers();
    expect([counter(), named("Play") !== null]).toEqual(["1 of 4", true]);
  });

  test("and all that comes after it stand nowhere in the page", () => {
    named("More").click();
    named("Step forward").click();
    for (const later of [frames[3]!.sentence, "∂ 6", "1 × 6", frames[4]!.sentence]) expect(host.outerHTML).not.toContain(later);
    expect(host.outerHTML).toContain(frames[1]!.sentence);
  });

  test("comes once it is solved, with no step of the reader's lost", () => {
    model.set("frames", frames);
    expect(counter()).toBe("1 of 4");
    named("Step forward").click();
    expect([counter(), asked]).toEqual(["2 of 4", 0]);
  });
});

describe("grain", () => {
  const choose = (name: string): void => {
    const choice = [...host.querySelectorAll("select")].find((each) => each.textContent!.includes("one operation"))!;
    choice.value = name;
    choice.dispatchEvent(new Event("change"));
  };

  test("opens as the model says; steps go from stop to stop, and show all between together", () => {
    close();
    open({ grain: "op" });
    named("Step forward").click();
    expect(counter()).toBe("4 of 4");
    expect(sentence()).toBe("z against itself. The slope is 6. That is all.");
    expect(host.querySelectorAll(".formula math").length).toBe(2);
    expect([...host.querySelectorAll(".lit")].map((each) => each.getAttribute("data-id"))).toEqual(["e0", "n0", "n1"]);
    named("Step back").click();
    expect([counter(), sentence()]).toEqual(["1 of 4", "z is 9."]);
  });

  test("Play stops where one of the frames shown together has something to think about", () => {
    close();
    const [start, forward, seed, edge, end] = frames as [Frame, Frame, Frame, Frame, Frame];
    open({ grain: "op", frames: [start, forward, seed, { ...edge, ends: "op" }, end] }); // the seed is passed over
    named("Play").click();
    vi.runAllTimers();
    expect(counter()).toBe("3 of 4");
  });

  test("is chosen behind ⋯, at the step where the reader is, and the kernel hears of it", () => {
    choose("layer");
    expect([counter(), sentence()]).toEqual(["1 of 4", "z is 9."]);
    named("Step forward").click();
    expect([counter(), sentence()]).toEqual(["4 of 4", "4 steps at once. That is all."]);
    vi.runAllTimers();
    expect([model.get("grain"), model.saves]).toEqual(["layer", 1]);
  });
});

describe("life", () => {
  test("closing leaves no timer, no listener, no element and no observer", () => {
    const disconnect = vi.spyOn(ResizeObserver.prototype, "disconnect");
    named("First step").click();
    named("Play").click();
    expect([vi.getTimerCount(), model.listeners > 0]).toEqual([2, true]); // the next step, and telling the kernel
    const forward = named("Step forward");
    close();
    expect([vi.getTimerCount(), model.listeners, host.childElementCount]).toEqual([0, 0, 0]);
    expect(disconnect).toHaveBeenCalledOnce();
    expect(document.contains(forward)).toBe(false);
  });

  test("a new picture is drawn at the same step", () => {
    model.set("step", 3);
    model.set("svg", svg.replace("Computation graph of z", "Computation graph of w"));
    expect(named("Computation graph of w")).not.toBeNull();
    expect(host.querySelectorAll(".mg-stepper").length).toBe(1);
    expect(counter()).toBe("3 of 4");
  });

  test("an error is said where the picture would be, and nothing else", () => {
    close();
    open({ svg: "", frames: [], error: "There is nothing to step." });
    expect(alerts()).toEqual(["There is nothing to step."]);
    expect([shown(), root().getAttribute("role")]).toEqual([[], null]);
    close();
    expect([model.listeners, host.childElementCount]).toEqual([0, 0]);
  });

  test("an error after a picture stands above it, and goes again", () => {
    const drawing = named("Computation graph of z");
    model.set("error", "a is no number.");
    expect(alerts()).toEqual(["a is no number."]);
    expect(named("Computation graph of z")).toBe(drawing);
    expect([counter(), shown().length]).toEqual(["1 of 4", 7]);
    model.set("error", "");
    expect(alerts()).toEqual([]);
  });

  test("an error that a field in sight shows itself stands not also above the picture", () => {
    const field = host.querySelector<HTMLInputElement>("input[type=search]")!;
    field.setAttribute("aria-invalid", "true");
    model.set("error", "a is no number.");
    expect(host.querySelector(".error")!.classList.contains("elsewhere")).toBe(false); // it is behind ⋯
    named("More").click();
    model.set("error", "a is no number either.");
    expect(host.querySelector(".error")!.classList.contains("elsewhere")).toBe(true);
  });

  test("new numbers in the same picture keep its elements, the step, the focus and the open drawer", () => {
    named("More").click();
    const [drawing, node] = [named("Computation graph of z"), host.querySelector<SVGElement>('[data-id="n1"]')!];
    node.focus();
    model.set("frames", frames.map((frame, step) => (step === 1 ? { ...frame, sentence: "z is 16.", writes: { v1: "16" } } : frame)));
    expect([counter(), sentence(), host.querySelector('[data-slot="v1"]')!.textContent]).toEqual(["1 of 4", "z is 16.", "16"]);
    expect([named("Computation graph of z"), document.activeElement]).toEqual([drawing, node]);
    expect(host.querySelectorAll("ol li")[1]!.textContent).toBe("z is 16.");
  });

  test("new numbers do not scroll the picture away from where the reader looks", () => {
    const view = host.querySelector<HTMLElement>(".view")!;
    view.getBoundingClientRect = () => new DOMRect(0, 0, 100, 100);
    for (const part of host.querySelectorAll<SVGElement>("[data-id]")) part.getBoundingClientRect = () => new DOMRect(500, 0, 50, 50);
    model.set("frames", structuredClone(frames));
    expect(view.scrollLeft).toBe(0);
    model.set("step", 2);
    expect(view.scrollLeft).toBe(462);
  });

  test("a step measures the picture before it changes it, so that it is laid out once", () => {
    const [node, slot] = [host.querySelector('[data-id="n1"]')!, host.querySelector('[data-slot="g1"]')!];
    const measured: (string | null)[] = [];
    node.getBoundingClientRect = () => {
      measured.push(slot.textContent, sentence());
      return new DOMRect();
    };
    model.set("step", 2);
    expect(measured).toEqual(["–", "z is 9."]);
    expect(slot.textContent).toBe("∂ 1");
  });

  test("another picture keeps the size that the reader chose, and the focus on the same node", () => {
    press("+");
    const { width } = host.querySelector<SVGElement>("svg.mg-picture")!.style;
    host.querySelector<SVGElement>('[data-id="n1"]')!.focus();
    model.set("svg", svg.replace("Computation graph of z", "Computation graph of w"));
    expect(host.querySelector<SVGElement>("svg.mg-picture")!.style.width).toBe(width);
    expect(document.activeElement).toBe(host.querySelector('[data-id="n1"]'));
  });

  test("fewer frames than before show the last of them", () => {
    model.set("step", 4);
    model.set("frames", frames.slice(0, 3));
    expect([counter(), sentence()]).toEqual(["2 of 2", "z against itself."]);
  });

  test("two steppers do not touch each other", () => {
    const first = host;
    open();
    named("Step forward").click();
    expect(first.querySelector(".counter")!.textContent).toBe("1 of 4");
  });
});
