import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import stepper from "./stepper";
import { FakeModel, frames, svg } from "./testing";

let model: FakeModel;
let host: HTMLElement;
let close: () => void;

function open(state = {}): void {
  model = new FakeModel({ svg, frames, error: "", step: 1, ...state });
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
    const shown = [...host.querySelectorAll("button, input, select")].filter((each) => !each.closest("[hidden]"));
    expect(shown.map((each) => each.getAttribute("aria-label"))).toEqual([
      "First step", "Step back", "Play", "Step forward", "Last step", "Step", "More",
    ]);
  });

  test("buttons step both ways, and the model hears of it", () => {
    named("Step forward").click();
    expect([counter(), sentence()]).toEqual(["2 of 4", "z against itself."]);
    expect(host.querySelector(".formula")!.textContent).toBe("∂z/∂z = 1");
    expect(root().classList.contains("moving")).toBe(true);
    named("Step back").click();
    expect([counter(), sentence()]).toEqual(["1 of 4", "z is 9."]);
    expect(root().classList.contains("moving")).toBe(false);
    named("Last step").click();
    expect(counter()).toBe("4 of 4");
    named("First step").click();
    expect(counter()).toBe("0 of 4");
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

  test("⋯ opens all sentences, the present one marked", () => {
    named("More").click();
    expect(named("More").getAttribute("aria-expanded")).toBe("true");
    expect([...host.querySelectorAll("li")].map((line) => line.textContent)).toEqual(frames.map((each) => each.sentence));
    named("Step forward").click();
    expect([...host.querySelectorAll("[aria-current=step]")].map((line) => line.textContent)).toEqual([sentence()]);
    named("More").click();
    expect(host.querySelector("li")).toBeNull();
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

  test("the choice of speed keeps its arrows", () => {
    expect(press("ArrowRight", host.querySelector("select")!)).toEqual({ prevented: false, escaped: false });
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
      named("First step").click();
      speed.value = name;
      named("Play").click();
      const before = Date.now();
      vi.advanceTimersToNextTimer();
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

describe("life", () => {
  test("closing leaves no timer, no listener, no element and no observer", () => {
    const disconnect = vi.spyOn(ResizeObserver.prototype, "disconnect");
    named("First step").click();
    named("Play").click();
    expect([vi.getTimerCount(), model.listeners > 0]).toEqual([1, true]);
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

  test("an error is said where the picture would be", () => {
    close();
    open({ svg: "", frames: [], error: "There is nothing to step." });
    const alert = host.querySelector("[role=alert]")!;
    expect(alert.textContent).toBe("There is nothing to step.");
    expect(host.querySelector("button")).toBeNull();
    close();
    expect([model.listeners, host.childElementCount]).toEqual([0, 0]);
  });

  test("two steppers do not touch each other", () => {
    const first = host;
    open();
    named("Step forward").click();
    expect(first.querySelector(".counter")!.textContent).toBe("1 of 4");
  });
});
