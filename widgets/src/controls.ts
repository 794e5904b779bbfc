import { html, svg } from "./dom";
import type { Frame } from "./model";

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M10.5 2.5 12 4 8 8l4 4-1.5 1.5L5 8z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5.5 2.5 4 4l4 4-4 4 1.5 1.5L11 8z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
  more: "M2 7h2.5v2H2zM6.75 7h2.5v2h-2.5zM11.5 7H14v2h-2.5z",
};
const SPEEDS = { slow: 2600, normal: 1400, fast: 700 }; // milliseconds a step

/** What the controls ask for; `to` may lie beyond the first or last step. */
export interface Player {
  readonly step: number;
  readonly playing: boolean;
  go(to: number): void;
  togglePlay(): void;
}

function button(name: string, icon: keyof typeof ICONS, press: () => void): HTMLButtonElement {
  const picture = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[icon] }));
  const made = html("button", { type: "button", "aria-label": name, title: name }, picture);
  made.addEventListener("click", press);
  return made;
}

/** The tool bar, and the drawer behind its "⋯" with the speed and all sentences. */
export class Controls {
  readonly bar: HTMLElement;
  readonly drawer: HTMLElement;
  private readonly backward: HTMLButtonElement[];
  private readonly forward: HTMLButtonElement[];
  private readonly play: HTMLButtonElement;
  private readonly slider: HTMLInputElement;
  private readonly counter = html("span", { class: "counter" });
  private readonly more: HTMLButtonElement;
  private readonly speed: HTMLSelectElement;
  private readonly transcript = html("ol", { start: 0 });

  constructor(
    private readonly frames: Frame[],
    private readonly player: Player,
  ) {
    const last = frames.length - 1;
    this.backward = [
      button("First step", "first", () => player.go(0)),
      button("Step back", "back", () => player.go(player.step - 1)),
    ];
    this.play = button("Play", "play", () => player.togglePlay());
    this.forward = [
      button("Step forward", "forward", () => player.go(player.step + 1)),
      button("Last step", "last", () => player.go(last)),
    ];
    this.slider = html("input", { type: "range", "aria-label": "Step", min: 0, max: last });
    this.slider.addEventListener("input", () => player.go(this.slider.valueAsNumber));
    this.more = button("More", "more", () => this.open(this.drawer.hidden === true));
    const names = Object.keys(SPEEDS).map((name) => html("option", {}, name));
    this.speed = html("select", {}, ...names);
    this.speed.value = "normal";

    this.counter.style.minWidth = `${`${last} of ${last}`.length}ch`;
    const turn = frames.filter((frame) => frame.phase === "forward").length;
    const scrubber = html("div", { class: "scrubber" }, this.slider, html("span", {}, "forward"));
    if (turn <= last) scrubber.append(html("span", {}, "backward"));
    scrubber.style.setProperty("--turn", String(Math.min(1, (turn - 0.5) / Math.max(1, last))));
    const buttons = html("div", { class: "buttons" }, ...this.backward, this.play, ...this.forward);
    this.bar = html("div", { class: "bar" }, buttons, scrubber, this.counter, this.more);
    this.drawer = html("div", { class: "drawer" }, html("label", {}, "Speed ", this.speed), this.transcript);
    this.open(false);
  }

  /** How long a step stands while playing, in milliseconds. */
  get pace(): number {
    return SPEEDS[this.speed.value as keyof typeof SPEEDS];
  }

  /** Show where the player is. */
  update(): void {
    const { step, playing } = this.player;
    const last = this.frames.length - 1;
    for (const each of this.backward) each.setAttribute("aria-disabled", String(step === 0));
    for (const each of this.forward) each.setAttribute("aria-disabled", String(step === last));
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.play.title = playing ? "Pause" : "Play";
    this.play.querySelector("path")!.setAttribute("d", playing ? ICONS.pause : ICONS.play);
    this.counter.textContent = `${step} of ${last}`;
    this.slider.value = String(step);
    this.slider.setAttribute("aria-valuetext", this.counter.textContent);
    [...this.transcript.children].forEach((line, number) => {
      if (number !== step) return line.removeAttribute("aria-current");
      line.setAttribute("aria-current", "step");
      this.transcript.scrollTop = (line as HTMLElement).offsetTop - this.transcript.clientHeight / 2;
    });
  }

  private open(open: boolean): void {
    this.drawer.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
    this.transcript.replaceChildren(...(open ? this.frames : []).map((frame) => html("li", {}, frame.sentence)));
    if (open) this.update();
  }
}
