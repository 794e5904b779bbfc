import type { Frame, Model, Request, State } from "./model";

/** z = a·a at a = 3, as Python would send it, shortened to what the tests look at. */
export const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="mg-picture" width="280" height="134" viewBox="0 -34 280 134" font-size="14" aria-label="Computation graph of z">
  <g class="edge" data-id="e0"><path class="line" d="M80,40C90,40 100,40 110,40"/></g>
  <g class="node" data-id="n0" data-label="n0:label" tabindex="0"><rect class="box" x="10" y="20" width="70" height="60"/><text data-slot="v0"/><text data-slot="g0"/></g>
  <g class="node" data-id="n1" data-label="n1:label" tabindex="0"><rect class="box" x="110" y="20" width="70" height="60"/><text data-slot="v1"/><text data-slot="g1"/><image data-slot="v1:heat"/></g>
</svg>`;


export const frames: Frame[] = [
  {
    phase: "forward",
    sentence: "Only a has a number.",
    writes: { v0: "3", g0: "–", v1: "–", g1: "–", "n0:label": "a, value 3, gradient none", "n1:label": "z, value none, gradient none" },
    ends: "layer",
  },
  {
    phase: "forward",
    sentence: "z is 9.",
    writes: { v1: "9", "v1:heat": "data:image/png;base64,AA", "n1:label": "z, value 9, gradient none" },
    lit: ["n1", "e0"],
    line: 1,
    ends: "op",
  },
  {
    phase: "backward",
    sentence: "z against itself.",
    formula: "∂z/∂z = 1",
    pause: true,
    writes: { g1: "∂ 1", "n1:label": "z, value 9, gradient 1" },
    marks: ["n1"],
    lit: ["n1"],
  },
  {
    phase: "backward",
    sentence: "The slope is 6.",
    formula: "1 × 6 = 6",
    writes: { g0: "∂ 6", "n0:label": "a, value 3, gradient 6" },
    marks: ["e0", "n0"],
    unmarks: ["n1"],
    lit: ["e0"],
    chip: { text: "1 × 6 = 6", beside: "e0" },
    line: 2,
  },
  { phase: "backward", sentence: "That is all.", pause: true, lit: ["n0"], ends: "op" },
];

// happy-dom measures nothing. Here a letter is eight wide, and a part is as large as the rectangle in it says.
HTMLCanvasElement.prototype.getContext = (() => ({ measureText: (text: string) => ({ width: 8 * text.length }) })) as never;
SVGGraphicsElement.prototype.getBBox = function (): DOMRect {
  const box = this.matches("rect") ? this : this.querySelector("rect");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(box?.getAttribute(name)));
  return new DOMRect(x, y, width, height);
};

/** Everything that Python sends, with nothing switched on. */
export function state(some: Partial<State> = {}): State {
  return {
    svg, frames, images: [], error: "", step: 1, grain: "edge", groups: [], opened: "", note: "", code: [], leaves: [], sliders: false,
    cells: false, practice: false, questions: [], expression: null, edit: 0, offline: "", ...some,
  };
}

/** Stands in for anywidget's model; tells what the kernel was told, and how many callbacks it still holds. */
export class FakeModel implements Model {
  saves = 0;
  readonly requests: Request[] = [];
  private readonly callbacks = new Map<string, Set<(...args: never[]) => void>>();

  constructor(private readonly state: State) {}

  get<Key extends keyof State>(key: Key): State[Key] {
    return this.state[key];
  }

  set<Key extends keyof State>(key: Key, value: State[Key]): void {
    if (this.state[key] === value) return;
    this.state[key] = value;
    for (const callback of this.callbacks.get(`change:${key}`) ?? []) callback();
  }

  save_changes(): void {
    this.saves++;
  }

  send(request: Request): void {
    this.requests.push(request);
  }

  on(event: string, callback: (...args: never[]) => void): void {
    this.callbacks.set(event, (this.callbacks.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: (...args: never[]) => void): void {
    this.callbacks.get(event)?.delete(callback);
  }

  get listeners(): number {
    return [...this.callbacks.values()].reduce((sum, each) => sum + each.size, 0);
  }
}
