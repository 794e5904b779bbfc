import type { Model, Request } from "./model";

/** What can be changed: a leaf, by its node's number, or the expression. */
export type Source = number | "expression";

type Uncounted<Each> = Each extends Request ? Omit<Each, "edit"> : never;

const all = new WeakMap<Model, Changes>();

/** What the reader asks of the kernel. Of changes one at a time is there, and of each source only the newest waits. */
export class Changes {
  private readonly waiting = new Map<Source, { text: string; by: object }>();
  private sent: { source: Source; text: string; by: object; edit: number } | undefined;
  private last = 0;

  /** The same for all panels of a view, since they share the model's count. */
  static of(model: Model): Changes {
    const found = all.get(model) ?? new Changes(model);
    all.set(model, found);
    return found;
  }

  private constructor(private readonly model: Model) {}

  /** Send a request with a number of its own, by which its answer is known, and return that. */
  ask(request: Uncounted<Request>): number {
    this.last = Math.max(this.model.get("edit"), this.last) + 1;
    this.model.send({ ...request, edit: this.last });
    return this.last;
  }

  answered(edit: number): boolean {
    return this.model.get("edit") >= edit;
  }

  /** Let `source` be `text`; `by` is where it was typed. */
  change(source: Source, text: string, by: object): void {
    this.waiting.set(source, { text, by });
    this.update();
  }

  /** Send what waits, if the kernel has taken in what was sent before. */
  update(): void {
    const [next] = this.waiting;
    if (!next || (this.sent && !this.answered(this.sent.edit))) return;
    const [source, { text, by }] = next;
    this.waiting.delete(source);
    const edit = this.ask(source === "expression" ? { kind: source, text } : { kind: "edit", leaf: source, text });
    this.sent = { source, text, by, edit };
  }

  /** What was last typed for `source`, until the kernel has taken it in. */
  pending(source: Source): string | undefined {
    const { sent } = this;
    const asked = sent?.source === source && !this.answered(sent.edit) ? sent.text : undefined;
    return this.waiting.get(source)?.text ?? asked;
  }

  /** What the kernel said against the last change, if that was typed at `by`. */
  refusal(by: object): string {
    return this.sent?.by === by && this.pending(this.sent.source) === undefined ? this.model.get("error") : "";
  }
}
