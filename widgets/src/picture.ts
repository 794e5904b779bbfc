import { svg } from "./dom";
import type { Film } from "./film";
import type { Frame } from "./model";

const SMALLEST_TEXT = 11; // CSS pixels; a picture that would need less scrolls
const AIR = 12; // kept around what is scrolled into sight

/** The drawing that Python sent, and the parts of it that change. */
export class Picture {
  svg: SVGSVGElement = svg("svg");
  private parts = new Map<string, SVGGElement>();
  private slots = new Map<string, Element>();
  private labels = new Map<string, Element>();
  private lit = new Set<Element>();
  private returning = new Set<Element>();
  private landed = new Set<Element>();
  private pointed: Element[] = [];

  constructor(private readonly view: HTMLElement) {
    view.append(this.svg);
  }

  /** Its width in CSS pixels at its natural size. */
  get width(): number {
    return Number(this.svg.getAttribute("width"));
  }

  get nodes(): SVGGElement[] {
    return [...this.parts.values()].filter((part) => part.classList.contains("node"));
  }

  part(id: string): SVGGElement | undefined {
    return this.parts.get(id);
  }

  /** Put another drawing into the view; nothing of it is filled in yet. */
  draw(source: string): void {
    const parsed = new DOMParser().parseFromString(source, "image/svg+xml");
    const drawing = document.importNode(parsed.documentElement, true) as unknown as SVGSVGElement;
    this.svg.replaceWith(drawing);
    this.svg = drawing;
    const by = (name: string) =>
      new Map([...this.svg.querySelectorAll<SVGGElement>(`[${name}]`)].map((part) => [part.getAttribute(name)!, part]));
    this.parts = by("data-id");
    this.slots = by("data-slot");
    this.labels = by("data-label");
    this.lit.clear();
    this.returning.clear();
    this.landed.clear();
    this.pointed = [];
    const smallest = (this.width * SMALLEST_TEXT) / Number(this.svg.getAttribute("font-size"));
    this.svg.style.setProperty("max-width", `${this.width}px`);
    this.svg.style.setProperty("min-width", `${smallest}px`);
    this.view.style.setProperty("--legible", `${smallest}px`);
  }

  /** Write everything as it stands at `step`, whatever was shown before. */
  fill(film: Film, step: number): void {
    this.change(film, step, this.slots.keys(), this.parts.keys());
    for (const label of this.labels.keys()) this.write(label, film.text(label, step));
  }

  /** Change what differs from the step shown before. */
  move(film: Film, from: number, to: number): void {
    const { slots, marks } = film.between(from, to);
    this.change(film, to, slots, marks);
  }

  /** The parts that these frames speak of. */
  spokenOf(together: readonly Frame[]): Element[] {
    return together.flatMap((frame) => frame.lit ?? []).flatMap((id) => this.parts.get(id) ?? []);
  }

  /** Light what these frames speak of. */
  light(together: readonly Frame[]): void {
    const lit = new Set(this.spokenOf(together));
    // Not by the whole widget's phase: where that turns, every edge would be styled anew
    const returning = together.at(-1)?.phase === "backward" ? lit : new Set<Element>();
    const landed = new Set(together.flatMap((frame) => Object.keys(frame.writes ?? {})).flatMap((slot) => this.slots.get(slot) ?? []));
    dress("lit", this.lit, lit);
    dress("returning", this.returning, returning);
    dress("landed", this.landed, landed);
    this.lit = lit;
    this.returning = returning;
    this.landed = landed;
    for (const part of lit) {
      const line = part.querySelector(":scope > .line");
      if (!line || line.nextElementSibling?.classList.contains("dot")) continue;
      const dot = svg("circle", { class: "dot", r: 5 });
      dot.style.setProperty("offset-path", `path("${line.getAttribute("d")}")`);
      line.after(dot);
    }
    this.point([]);
  }

  /** Mark what the reader asked for, until something else is shown. */
  point(ids: string[]): void {
    for (const part of this.pointed) part.classList.remove("pointed");
    this.pointed = ids.flatMap((id) => this.parts.get(id) ?? []);
    for (const part of this.pointed) part.classList.add("pointed");
  }

  /** Scroll the view, and nothing around it, until `parts` can be seen: all, or where that is too much the last. */
  reveal(parts: Element[] = [...this.lit]): void {
    if (parts.length === 0) return;
    const outer = this.view.getBoundingClientRect();
    const boxes = parts.map((part) => part.getBoundingClientRect());
    const all = {
      left: Math.min(...boxes.map((box) => box.left)) - AIR,
      right: Math.max(...boxes.map((box) => box.right)) + AIR,
      top: Math.min(...boxes.map((box) => box.top)) - AIR,
      bottom: Math.max(...boxes.map((box) => box.bottom)) + AIR,
    };
    const fits = all.right - all.left <= outer.width && all.bottom - all.top <= outer.height;
    const inner = fits ? all : boxes.at(-1)!;
    const left = Math.max(0, inner.right - outer.right) - Math.max(0, outer.left - inner.left);
    const top = Math.max(0, inner.bottom - outer.bottom) - Math.max(0, outer.top - inner.top);
    if (left !== 0) this.view.scrollLeft += left;
    if (top !== 0) this.view.scrollTop += top;
  }

  private change(film: Film, step: number, slots: Iterable<string>, marks: Iterable<string>): void {
    for (const slot of slots) this.write(slot, film.text(slot, step));
    for (const id of marks) this.parts.get(id)?.classList.toggle("marked", film.marked(id, step));
  }

  private write(slot: string, text: string): void {
    const label = this.labels.get(slot);
    if (label && label.getAttribute("aria-label") !== text) label.setAttribute("aria-label", text);
    const place = this.slots.get(slot);
    if (!place) return;
    if (place.localName === "image") {
      if (place.getAttribute("href") !== text) place.setAttribute("href", text);
    } else if (place.textContent !== text) {
      if (place.firstChild) (place.firstChild as Text).data = text; // far cheaper than a new text
      else place.textContent = text;
    }
  }
}

function dress(name: string, before: Set<Element>, now: Set<Element>): void {
  for (const part of before) if (!now.has(part)) part.classList.remove(name);
  for (const part of now) if (!before.has(part)) part.classList.add(name);
}
