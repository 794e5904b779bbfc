import { afterEach, beforeEach, vi } from "vitest";
import type { Frame, Reply, State } from "./model";
import stepper from "./stepper";
import { FakeModel, frames as chipped, state } from "./testing";

/** Without chips: this document has no canvas on which their texts could be measured. */
export const frames: Frame[] = chipped.map(({ chip, ...frame }) => frame);

/** Also a kernel's message reaches those who listen. */
class TalkingModel extends FakeModel {
  private readonly hearers: ((reply: Reply) => void)[] = [];

  override on(event: string, callback: (...args: never[]) => void): void {
    super.on(event, callback);
    if (event === "msg:custom") this.hearers.push(callback as (reply: Reply) => void);
  }

  tell(reply: Reply): void {
    for (const hear of this.hearers) hear(reply);
  }
}

/** A stepper in the page with a state of one's own, its panels to be used as a reader uses them. */
export class Bench {
  readonly model: TalkingModel;
  readonly el = document.body.appendChild(document.createElement("div"));
  readonly close: () => void;

  constructor(some: Partial<State>) {
    this.model = new TalkingModel(state({ frames, ...some }));
    this.close = stepper.render({ model: this.model, el: this.el });
  }

  get root(): HTMLElement {
    return this.el.querySelector(".mg-stepper")!;
  }

  get<Part extends Element = HTMLElement>(selector: string): Part {
    const found = this.el.querySelector<Part>(selector);
    if (!found) throw new Error(`no ${selector}`);
    return found;
  }

  button(name: string): HTMLButtonElement {
    const found = [...this.el.querySelectorAll("button")].find((each) => (each.getAttribute("aria-label") ?? each.textContent) === name);
    if (!found) throw new Error(`no button ${name}`);
    return found;
  }

  /** Whether a part stands in the page where a reader could see it. */
  shows(selector: string): boolean {
    const part = this.el.querySelector(selector);
    return part !== null && part.closest("[hidden]") === null;
  }

  type(input: HTMLInputElement, text: string): void {
    input.focus();
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Press a key on `target`; tell whether something took it. */
  press(key: string, target: Element): boolean {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    target.dispatchEvent(event);
    return event.defaultPrevented;
  }

  /** The kernel takes in a change: first what it has come to, then its number. */
  answer(edit: number, changed: Partial<State>): void {
    for (const [key, value] of Object.entries(changed)) this.model.set(key as keyof State, value as never);
    this.model.set("edit", edit);
  }
}

/** Opens benches with clocks that stand still, and clears them away after each test. */
export function benches(): (some?: Partial<State>) => Bench {
  const open: Bench[] = [];
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    for (const bench of open.splice(0)) bench.close();
    document.body.replaceChildren();
    vi.useRealTimers();
  });
  return (some = {}) => {
    open.push(new Bench(some));
    return open[open.length - 1]!;
  };
}

export const OFFLINE = "This page was saved: there is no kernel.";
export const HOSTILE = `<img src=x onerror="boom()"><script>boom()</script>`;
