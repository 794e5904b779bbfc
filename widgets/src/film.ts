import type { Frame, Grain } from "./model";

const COARSENESS: Record<Grain, number> = { edge: 0, op: 1, layer: 2 };
const MOST_SENTENCES = 3; // of a coarse step: nobody reads more at once

/** What stands from which step on, for one slot or mark; "" is nothing. */
class Track {
  private readonly steps: number[] = [];
  private readonly states: string[] = [];

  add(step: number, state: string): void {
    this.steps.push(step);
    this.states.push(state);
  }

  at(step: number): string {
    let [low, high] = [0, this.steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle]! <= step) low = middle + 1;
      else high = middle;
    }
    return this.states[low - 1] ?? "";
  }
}

/** All frames that may be seen, indexed so that any step can be shown without those before it. */
export class Film {
  readonly last: number;
  /** The last step that may be shown. It is `last`, or what follows it is withheld by a question. */
  readonly gate: number;
  /** How many steps lead forward. */
  readonly turn: number;
  readonly seen: readonly Frame[];
  private readonly texts = new Map<string, Track>();
  private readonly marks = new Map<string, Track>();

  constructor(frames: readonly (Frame | null)[], images: readonly string[] = []) {
    const known = frames.indexOf(null);
    const seen = (known < 0 ? frames : frames.slice(0, known)) as Frame[];
    this.seen = images.length > 0 ? seen.map((frame) => illustrated(frame, images)) : seen;
    this.last = frames.length - 1;
    this.gate = this.seen.length - 1;
    const turn = frames.findIndex((frame) => frame?.phase === "backward");
    this.turn = turn < 0 ? frames.length : turn;
    const track = (tracks: Map<string, Track>, id: string, step: number, state: string): void => {
      if (!tracks.has(id)) tracks.set(id, new Track());
      tracks.get(id)!.add(step, state);
    };
    this.seen.forEach((frame, step) => {
      for (const [slot, text] of Object.entries(frame.writes ?? {})) track(this.texts, slot, step, text);
      for (const id of frame.unmarks ?? []) track(this.marks, id, step, "");
      for (const id of frame.marks ?? []) track(this.marks, id, step, "marked");
    });
  }

  clamp(step: number): number {
    return Math.max(0, Math.min(step, this.gate));
  }

  text(slot: string, step: number): string {
    return this.texts.get(slot)?.at(step) ?? "";
  }

  marked(id: string, step: number): boolean {
    return this.marks.get(id)?.at(step) === "marked";
  }

  /** The slots and the marks that may differ between two steps. */
  between(one: number, other: number): { slots: Set<string>; marks: Set<string> } {
    const slots = new Set<string>();
    const marks = new Set<string>();
    for (const frame of this.seen.slice(Math.min(one, other) + 1, Math.max(one, other) + 1)) {
      for (const slot in frame.writes) slots.add(slot);
      for (const id of frame.marks ?? []) marks.add(id);
      for (const id of frame.unmarks ?? []) marks.add(id);
    }
    return { slots, marks };
  }

  next(step: number, grain: Grain): number {
    let to = step + 1;
    while (to < this.gate && !this.isStop(to, grain)) to++;
    return to;
  }

  previous(step: number, grain: Grain): number {
    let to = step - 1;
    while (to > 0 && !this.isStop(to, grain)) to--;
    return to;
  }

  /** The frames that one step of this grain shows together; the last of them is frame `step`. */
  together(step: number, grain: Grain): readonly Frame[] {
    return this.seen.slice(this.previous(step, grain) + 1, step + 1);
  }

  /** The grains at which this film has stops of its own. */
  get grains(): Grain[] {
    const ends = new Set(this.seen.map((frame) => frame.ends ?? "edge"));
    return (["edge", "op", "layer"] as const).filter((grain) => grain === "edge" || ends.has(grain));
  }

  private isStop(step: number, grain: Grain): boolean {
    return COARSENESS[this.seen[step]!.ends ?? "edge"] >= COARSENESS[grain];
  }
}

/** What is said of frames that are shown together. */
export function saying(together: readonly Frame[]): { sentence: string; formulas: string[] } {
  const few = together.length <= MOST_SENTENCES ? together : together.slice(-1);
  const sentences = few.map((frame) => frame.sentence);
  if (few !== together) sentences.unshift(`${together.length} steps at once.`);
  return { sentence: sentences.join(" "), formulas: few.flatMap((frame) => frame.formula || []) };
}

/** A frame with its images in the places of their numbers. */
function illustrated(frame: Frame, images: readonly string[]): Frame {
  const image = (number: string | undefined) => images[Number(number)] ?? "";
  const made = { ...frame };
  if (frame.writes) {
    const texts = Object.entries(frame.writes);
    made.writes = Object.fromEntries(texts.map(([slot, text]) => [slot, slot.endsWith(":heat") && text ? image(text) : text]));
  }
  if (frame.cells) {
    const parts = frame.cells.parts.map((part) => (typeof part === "string" || !part.image ? part : { ...part, image: image(part.image) }));
    made.cells = { ...frame.cells, parts };
  }
  return made;
}
