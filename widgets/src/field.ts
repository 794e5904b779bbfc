import { Changes, type Source } from "./changes";
import { html } from "./dom";
import type { Host } from "./panel";

/** Said while an answer is owed; the style shows it only after a moment, so that quick answers do not flash. */
export function waitingSign(): HTMLElement {
  return html("span", { class: "waiting", hidden: "" }, "waiting for the kernel");
}

/** A text that the kernel takes in. It shows what was typed until the answer comes, and beneath it a refusal. */
export class Field {
  readonly input = html("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  readonly refusal = html("span", { class: "refusal" });
  readonly waiting = waitingSign();
  private readonly changes: Changes;
  private current = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private typing = false; // then the text is not written over under the reader's fingers
  private unsent = false;

  /** What is typed goes out after `rest` milliseconds of quiet; without `rest` only by Enter or on leaving. */
  constructor(
    private readonly host: Host,
    private readonly source: Source,
    private readonly rest?: number,
  ) {
    this.changes = Changes.of(host.model);
    // Not a counter: every widget on the page loads this module anew
    this.refusal.id = `mg-${Math.random().toString(36).slice(2)}`;
    this.input.setAttribute("aria-describedby", this.refusal.id);
    this.input.addEventListener("input", () => this.type());
    this.input.addEventListener("blur", () => this.commit());
    this.input.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") this.commit();
      if (key === "Escape") this.giveUp();
    });
  }

  /** Whether an answer of the kernel is owed, or will be in a moment. */
  get busy(): boolean {
    return (this.unsent && this.rest !== undefined) || this.changes.pending(this.source) !== undefined;
  }

  get refused(): boolean {
    return !this.unsent && this.changes.refusal(this) !== "";
  }

  /** Show `current`, unless the reader's own text is on its way, was refused, or is being typed. */
  update(current: string): void {
    this.current = current;
    const offline = this.host.model.get("offline") !== "";
    const refusal = this.refused ? this.changes.refusal(this) : "";
    if (!this.typing && !this.refused) this.input.value = this.changes.pending(this.source) ?? current;
    this.input.readOnly = offline;
    this.input.setAttribute("aria-disabled", String(offline));
    this.input.setAttribute("aria-busy", String(this.busy));
    this.input.setAttribute("aria-invalid", String(this.refused));
    this.refusal.textContent = refusal;
    this.waiting.hidden = !this.busy;
  }

  /** Take nothing more from the reader; what was typed and not sent is dropped. */
  close(): void {
    clearTimeout(this.timer);
    this.unsent = false;
  }

  private type(): void {
    this.typing = this.unsent = true;
    clearTimeout(this.timer);
    if (this.rest !== undefined) this.timer = setTimeout(() => this.send(), this.rest);
    this.update(this.current);
  }

  private commit(): void {
    this.typing = false;
    this.send();
  }

  /** Show what holds, with nothing said against what was typed. */
  private giveUp(): void {
    this.close();
    this.typing = false;
    if (this.changes.refusal(this)) this.changes.dismiss();
    this.update(this.current);
  }

  private send(): void {
    clearTimeout(this.timer);
    if (this.unsent) this.changes.change(this.source, this.input.value, this);
    this.unsent = false;
    this.update(this.current);
  }
}
