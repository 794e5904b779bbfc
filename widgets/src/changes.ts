import type { Model, Request, State } from "./model";

/** What can be changed: a leaf, by its node's number, or the expression. */
export type Source = number | "expression";

const REST = 300; // milliseconds without a choice before the kernel is told of it

type Uncounted<Each> = Each extends Request ? Omit<Each, "edit"> : never;

const all = new WeakMap<Model, Changes>();

/** What the reader chooses, and asks of the kernel. Of changes one at a time is there, and of each source only the newest waits. */
export class Changes {
  private readonly waiting = new Map<Source, { name: string; text: string; by: object }>();
  private sent: { source: Source; text: string; by: object; edit: number } | undefined;
  private last = 0;
  private readonly untold = new Map<"step" | "grain", State["step" | "grain"]>();
  private telling: ReturnType<typeof setTimeout> | undefined;

  /** The same for all panels of a view, since they share the model's count. */
  static of(model: Model): Changes {
    const found = all.get(model) ?? new Changes(model);
    all.set(model, found);
    return found;
  }

  private constructor(private readonly model: Model) {}

  /** Set what the reader chose: all views follow at once, the kernel is told later and never waited for. */
  keep<Key extends "step" | "grain">(key: Key, value: State[Key]): void {
    this.untold.set(key, value);
    this.model.set(key, value);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(), REST);
  }

  /** Let the kernel's echo of an older choice not undo a newer one, of which it has not heard. */
  hold(): void {
    for (const [key, value] of this.untold) if (this.model.get(key) !== value) this.model.set(key, value);
  }

  /** Tell the kernel now what the reader chose. */
  tell(): void {
    clearTimeout(this.telling);
    if (this.untold.size === 0) return;
    this.untold.clear();
    this.model.save_changes();
  }

  /** Send a request with a number of its own, by which its answer is known, and return that. */
  ask(request: Uncounted<Request>): number {
    this.tell(); // what is asked for may depend on it
    this.last = Math.max(this.model.get("edit"), this.last) + 1;
    this.model.send({ ...request, edit: this.last });
    return this.last;
  }

  answered(edit: number): boolean {
    return this.model.get("edit") >= edit;
  }

  /** Let `source` be `text`; `by` is where it was typed. */
  change(source: Source, text: string, by: object): void {
    // The name goes with it: another graph, with another leaf at its number, may be there by then
    const name = this.model.get("leaves").find((leaf) => leaf.node === source)?.name ?? "";
    this.waiting.set(source, { name, text, by });
    this.update();
  }

  /** Send what waits, if the kernel has taken in what was sent before. */
  update(): void {
    const [next] = this.waiting;
    if (!next || (this.sent && !this.answered(this.sent.edit))) return;
    const [source, { name, text, by }] = next;
    this.waiting.delete(source);
    const edit = this.ask(source === "expression" ? { kind: source, text } : { kind: "edit", leaf: source, name, text });
    this.sent = { source, text, by, edit };
  }

  /** What was last typed for `source`, until the kernel has taken it in. */
  pending(source: Source): string | undefined {
    const { sent } = this;
    const asked = sent?.source === source && !this.answered(sent.edit) ? sent.text : undefined;
    return this.waiting.get(source)?.text ?? asked;
  }

  /** Take back what the kernel said against the last change; the kernel too, or it would not say the same again. */
  dismiss(): void {
    this.model.set("error", "");
    this.model.save_changes();
  }

  /** What the kernel said against the last change, if that was typed at `by`. */
  refusal(by: object): string {
    return this.sent?.by === by && this.pending(this.sent.source) === undefined ? this.model.get("error") : "";
  }
}
