/** What Python sends: see screenplay.py for the meaning of ids, slots and marks. */
export interface Frame {
  phase: "forward" | "backward";
  sentence: string;
  /** In the trace's plain notation, such as ∂y/∂x = y·(1 − y). */
  formula?: string;
  /** Playing stops here: there is something to think about. */
  pause?: boolean;
  writes?: Record<string, string>;
  marks?: string[];
  /** Marks that go: a second backward pass empties the sockets. */
  unmarks?: string[];
  lit?: string[];
  chip?: { text: string; beside: string };
  /** The coarsest grain at which this frame is a stop; an "edge" stop if it is not named. */
  ends?: "op" | "layer";
  /** The line of `code` that speaks here, counted from 1. */
  line?: number;
  cells?: Cells;
}

export type Grain = "edge" | "op" | "layer";

/** The numbers of a step as tables, with what stands between them: X @ W = XW. */
export interface Cells {
  parts: (Table | string)[];
  /** The table (its place in `parts`) whose cells can be asked where they come from. */
  result?: number;
  /** Which row or column of each table makes a cell (i, j) of the result: "i:" row i, ":j" column j, "j:" row j … */
  reads?: Record<number, string>;
  /** About one cell: "4 products, summed". */
  says?: string;
  /** The full Jacobian of a structured op, where it is small. */
  jacobian?: Table;
}

/** `rows` where they are few, else an `image` (its number) and what is known of it. */
export interface Table {
  name: string;
  shape: string;
  rows?: string[][];
  image?: string;
  about?: string;
}

/** A leaf that can be changed. A single number has a range for its slider. */
export interface Leaf {
  node: number;
  name: string;
  text: string;
  low?: number;
  high?: number;
}

/** Asked before the frame numbered `step`, which is withheld until it is solved. */
export interface Question {
  step: number;
  /** The part of the picture it is about: "n3" or "e4". */
  about: string;
  asks: string;
  /** What was said to the last attempt. */
  says: string;
  hints: string[];
  moreHints: boolean;
  solved: boolean;
}

/** A part of the graph that can be shown as one box. */
export interface Group {
  path: string;
  label: string;
}

export interface State {
  svg: string;
  /** null: withheld by a question. */
  frames: (Frame | null)[];
  /** Shown above the picture, or instead of it where there is none. */
  /** Data URIs. Frames and tables hold their numbers, since many show the same. */
  images: string[];
  error: string;
  step: number;
  grain: Grain;
  groups: Group[];
  /** The path of the open group; "" if all are closed, "all" if all are open. */
  opened: string;
  /** Said where a large graph opens collapsed, or "". */
  note: string;
  /** The reader's lines; each line's own node ids, so that a click finds them. */
  code: { text: string; nodes: number[] }[];
  leaves: Leaf[];
  sliders: boolean;
  cells: boolean;
  practice: boolean;
  questions: Question[];
  /** What is typed into an ExpressionStepper; null in any other. */
  expression: string | null;
  /** Counts the reader's changes; the kernel answers with the number of the last one it took in. */
  edit: number;
  /** Why nothing can be changed here: the page was saved and has no kernel. "" with a kernel. */
  offline: string;
}

/** What the page asks of the kernel. */
export type Request = { edit: number } & (
  | { kind: "edit"; leaf: number; name: string; text: string }
  | { kind: "expression"; text: string }
  | { kind: "attempt"; text: string }
  | { kind: "hint" }
  | { kind: "reveal" }
  | { kind: "open"; path: string }
  | { kind: "page" }
);

/** What the kernel sends besides its state. */
export type Reply = { kind: "page"; html: string };

/** The part of anywidget's model that is used, so that a page without a kernel can stand in for it. */
export interface Model {
  get<Key extends keyof State>(key: Key): State[Key];
  set<Key extends keyof State>(key: Key, value: State[Key]): void;
  save_changes(): void;
  send(request: Request): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
}
