import type { Frame, Model, State } from "./model";

/** z = a·a at a = 3, as Python would send it, shortened to what the tests look at. */
export const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="mg-picture" width="280" font-size="14" aria-label="Computation graph of z">
  <g class="edge" data-id="e0"><path class="line" d="M80,40C90,40 100,40 110,40"/></g>
  <g class="node" data-id="n0" data-label="n0:label" tabindex="0"><text data-slot="v0"/><text data-slot="g0"/></g>
  <g class="node" data-id="n1" data-label="n1:label" tabindex="0"><text data-slot="v1"/><text data-slot="g1"/></g>
</svg>`;

function frame(phase: Frame["phase"], sentence: string, rest: Partial<Frame>): Frame {
  return { phase, sentence, formula: "", pause: false, writes: {}, marks: [], lit: [], ...rest };
}

export const frames: Frame[] = [
  frame("forward", "Only a has a number.", {
    writes: { v0: "3", g0: "–", v1: "–", g1: "–", "n0:label": "a, value 3, gradient none", "n1:label": "z, value none, gradient none" },
  }),
  frame("forward", "z is 9.", { writes: { v1: "9", "n1:label": "z, value 9, gradient none" }, lit: ["n1", "e0"] }),
  frame("backward", "z against itself.", {
    formula: "∂z/∂z = 1",
    pause: true,
    writes: { g1: "∂ 1", "n1:label": "z, value 9, gradient 1" },
    marks: ["n1"],
    lit: ["n1"],
  }),
  frame("backward", "The slope is 6.", {
    writes: { g0: "∂ 6", "n0:label": "a, value 3, gradient 6" },
    marks: ["e0", "n0"],
    lit: ["e0"],
  }),
  frame("backward", "That is all.", { pause: true, lit: ["n0"] }),
];

/** Stands in for anywidget's model; tells how many callbacks it still holds. */
export class FakeModel implements Model {
  private readonly callbacks = new Map<string, Set<() => void>>();

  constructor(private readonly state: State) {}

  get<Key extends keyof State>(key: Key): State[Key] {
    return this.state[key];
  }

  set<Key extends keyof State>(key: Key, value: State[Key]): void {
    this.state[key] = value;
    for (const callback of this.callbacks.get(`change:${key}`) ?? []) callback();
  }

  on(event: string, callback: () => void): void {
    this.callbacks.set(event, (this.callbacks.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: () => void): void {
    this.callbacks.get(event)?.delete(callback);
  }

  get listeners(): number {
    return [...this.callbacks.values()].reduce((sum, each) => sum + each.size, 0);
  }
}
