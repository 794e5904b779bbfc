import { button } from "./controls";
import { html } from "./dom";
import type { Film } from "./film";
import type { Grain } from "./model";
import type { Zoom } from "./zoom";

const SPEEDS = { slow: 2600, normal: 1400, fast: 700 }; // milliseconds a step
const GRAINS: Record<Grain, string> = { edge: "one edge", op: "one operation", layer: "one layer" };

/** What stands behind "⋯": settings, whatever panels were put there, and all sentences. */
export class Drawer {
  readonly root: HTMLElement;
  private readonly speed = html("select", {}, ...Object.keys(SPEEDS).map((name) => html("option", {}, name)));
  private readonly grain = html("select");
  private readonly transcript = html("ol", { start: 0, tabindex: 0, "aria-label": "All steps" });
  private film: Film | undefined;
  private step = 0;
  private current: Element | undefined;

  constructor(zoom: Zoom, find: HTMLElement, panels: HTMLElement[], changeGrain: (grain: Grain) => void) {
    this.speed.value = "normal";
    this.grain.addEventListener("change", () => changeGrain(this.grain.value as Grain));
    this.root = html(
      "div",
      { class: "drawer" },
      html(
        "div",
        { class: "settings" },
        html("label", {}, "Speed ", this.speed),
        html("label", {}, "A step is ", this.grain),
        html(
          "div",
          { class: "buttons" },
          button("Zoom out", "farther", () => zoom.out()),
          button("Zoom in", "nearer", () => zoom.in()),
          button("Fit the whole graph", "whole", () => zoom.fit()),
        ),
        find,
      ),
      ...panels,
      this.transcript,
    );
  }

  /** How long a step stands while playing, in milliseconds. */
  get pace(): number {
    return SPEEDS[this.speed.value as keyof typeof SPEEDS];
  }

  load(film: Film): void {
    this.film = film;
    this.grain.replaceChildren(...film.grains.map((grain) => html("option", { value: grain }, GRAINS[grain])));
    this.list();
  }

  open(open: boolean): void {
    this.root.hidden = !open;
    this.list();
  }

  /** Show which grain is chosen, and which sentence is the present one. */
  update(step: number, grain: Grain): void {
    this.grain.value = grain;
    this.step = step;
    this.mark();
  }

  private mark(): void {
    const line = this.transcript.children[this.step] as HTMLElement | undefined;
    if (line === this.current) return;
    // Scrolled before it is marked: what is measured after a change has to be laid out for that
    if (line) this.transcript.scrollTop = line.offsetTop - this.transcript.clientHeight / 2;
    this.current?.removeAttribute("aria-current");
    line?.setAttribute("aria-current", "step");
    this.current = line;
  }

  /** Only what may be seen is written down, and only while it can be read. */
  private list(): void {
    const frames = this.root.hidden ? [] : (this.film?.seen ?? []);
    this.transcript.replaceChildren(...frames.map((frame) => html("li", {}, frame.sentence)));
    this.mark();
  }
}
