/** What Python sends: see screenplay.py for the meaning of ids, slots and marks. */
export interface Frame {
  phase: "forward" | "backward";
  sentence: string;
  formula: string;
  pause: boolean;
  writes: Record<string, string>;
  marks: string[];
  lit: string[];
}

export interface State {
  svg: string;
  frames: Frame[];
  error: string;
  step: number;
}

/** The part of anywidget's model that is used, so that a page without a kernel can stand in for it. */
export interface Model {
  get<Key extends keyof State>(key: Key): State[Key];
  set<Key extends keyof State>(key: Key, value: State[Key]): void;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}
