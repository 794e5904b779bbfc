import { svg } from "./dom";
import type { Frame } from "./model";

const SMALLEST_TEXT = 11; // CSS pixels; a picture that would need less scrolls

/** What stands after `frames` were played, whatever was shown before: so stepping back restores it exactly. */
export function fold(frames: Frame[]): { texts: Map<string, string>; marks: Set<string> } {
  const texts = new Map<string, string>();
  const marks = new Set<string>();
  for (const frame of frames) {
    for (const [slot, text] of Object.entries(frame.writes)) texts.set(slot, text);
    for (const mark of frame.marks) marks.add(mark);
  }
  return { texts, marks };
}

/** The drawing that Python sent, and the parts of it that change. */
export class Picture {
  readonly svg: Element;
  private readonly parts: Element[];
  private readonly slots: Element[];
  private readonly labels: Element[];

  constructor(source: string) {
    const parsed = new DOMParser().parseFromString(source, "image/svg+xml");
    this.svg = document.importNode(parsed.documentElement, true);
    this.parts = [...this.svg.querySelectorAll("[data-id]")];
    this.slots = [...this.svg.querySelectorAll("[data-slot]")];
    this.labels = [...this.svg.querySelectorAll("[data-label]")];
    const width = Number(this.svg.getAttribute("width"));
    const smallest = (width * SMALLEST_TEXT) / Number(this.svg.getAttribute("font-size"));
    this.svg.setAttribute("style", `max-width:${width}px;min-width:${smallest}px`);
    for (const line of this.svg.querySelectorAll(".edge .line")) {
      const dot = svg("circle", { class: "dot", r: 5 });
      dot.style.setProperty("offset-path", `path("${line.getAttribute("d")}")`);
      line.after(dot);
    }
  }

  /** Show the last of `frames`, which are all from the first one on. */
  show(frames: Frame[]): void {
    const { texts, marks } = fold(frames);
    const { lit, writes } = frames[frames.length - 1]!;
    for (const part of this.parts) {
      const id = part.getAttribute("data-id")!;
      part.classList.remove("marked", "lit");
      if (marks.has(id)) part.classList.add("marked");
      if (lit.includes(id)) part.classList.add("lit");
    }
    for (const slot of this.slots) {
      const name = slot.getAttribute("data-slot")!;
      slot.textContent = texts.get(name) ?? "";
      slot.classList.toggle("landed", name in writes);
    }
    for (const part of this.labels) part.setAttribute("aria-label", texts.get(part.getAttribute("data-label")!) ?? "");
  }

  /** Scroll `view`, and nothing around it, until what is lit can be seen. */
  reveal(view: Element): void {
    for (const part of this.svg.querySelectorAll(".lit")) {
      const [inner, outer] = [part.getBoundingClientRect(), view.getBoundingClientRect()];
      const past = (over: number) => (over > 0 ? over + 12 : 0);
      view.scrollLeft += past(inner.right - outer.right) - past(outer.left - inner.left);
      view.scrollTop += past(inner.bottom - outer.bottom) - past(outer.top - inner.top);
    }
  }
}
