import { html, svg } from "./dom";
import type { Film } from "./film";

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M10.5 2.5 12 4 8 8l4 4-1.5 1.5L5 8z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5.5 2.5 4 4l4 4-4 4 1.5 1.5L11 8z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
  more: "M2 7h2.5v2H2zM6.75 7h2.5v2h-2.5zM11.5 7H14v2h-2.5z",
  nearer: "M7 3h2v4h4v2H9v4H7V9H3V7h4z",
  farther: "M3 7h10v2H3z",
  whole: "M2 2h5v1.5H3.5V7H2zM9 2h5v5h-1.5V3.5H9zM2 9h1.5v3.5H7V14H2zM12.5 9H14v5H9v-1.5h3.5z",
};

/** What the controls ask for; `to` may lie beyond the first or last step. */
export interface Player {
  readonly step: number;
  readonly playing: boolean;
  go(to: number): void;
  back(): void;
  forward(): void;
  togglePlay(): void;
}

export function button(name: string, icon: keyof typeof ICONS, press: () => void): HTMLButtonElement {
  const picture = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[icon] }));
  const made = html("button", { type: "button", "aria-label": name, title: name, class: "icon" }, picture);
  made.addEventListener("click", press);
  return made;
}

/** The tool bar: step, play, scrub, and "⋯", which opens `drawer`. */
export class Controls {
  readonly bar: HTMLElement;
  private readonly backward: HTMLButtonElement[];
  private readonly forward: HTMLButtonElement[];
  private readonly play: HTMLButtonElement;
  private readonly slider = html("input", { type: "range", class: "step", "aria-label": "Step", min: 0 });
  private readonly scrubber: HTMLElement;
  private readonly turned = html("span", {}, "backward");
  private readonly counter = html("span", { class: "counter" });
  private last = 0;

  constructor(
    private readonly player: Player,
    private readonly drawer: { readonly root: HTMLElement; open(open: boolean): void },
  ) {
    this.backward = [button("First step", "first", () => player.go(0)), button("Step back", "back", () => player.back())];
    this.play = button("Play", "play", () => player.togglePlay());
    this.forward = [
      button("Step forward", "forward", () => player.forward()),
      button("Last step", "last", () => player.go(this.last)),
    ];
    this.slider.addEventListener("input", () => player.go(this.slider.valueAsNumber));
    const more = button("More", "more", () => this.open(more, drawer.root.hasAttribute("hidden")));
    const halves = html("div", { class: "halves" }, html("span", {}, "forward"), this.turned);
    this.scrubber = html("div", { class: "scrubber" }, this.slider, halves);
    const buttons = html("div", { class: "buttons" }, ...this.backward, this.play, ...this.forward);
    this.bar = html("div", { class: "bar" }, buttons, this.scrubber, this.counter, more);
    this.open(more, false);
  }

  load({ last, turn }: Film): void {
    this.last = last;
    this.slider.max = String(last);
    this.counter.style.minWidth = `${`${last} of ${last}`.length}ch`;
    this.turned.hidden = turn > last;
    this.scrubber.style.setProperty("--turn", String((turn - 0.5) / Math.max(1, last)));
  }

  /** Show where the player is. */
  update(): void {
    const { step, playing } = this.player;
    for (const each of this.backward) each.setAttribute("aria-disabled", String(step === 0));
    for (const each of this.forward) each.setAttribute("aria-disabled", String(step === this.last));
    const name = playing ? "Pause" : "Play";
    if (this.play.title !== name) {
      this.play.setAttribute("aria-label", name);
      this.play.title = name;
      this.play.querySelector("path")!.setAttribute("d", playing ? ICONS.pause : ICONS.play);
    }
    const place = `${step} of ${this.last}`;
    if (this.counter.textContent === place && this.slider.value === String(step)) return;
    this.counter.textContent = place;
    this.slider.value = String(step);
    this.slider.setAttribute("aria-valuetext", place);
  }

  private open(more: HTMLButtonElement, open: boolean): void {
    more.setAttribute("aria-expanded", String(open));
    this.drawer.open(open);
  }
}
