import { Controls, type Player } from "./controls";
import { html } from "./dom";
import type { Frame, Model } from "./model";
import { Picture } from "./picture";

/** Plays the frames of one model in `host` until it is closed. */
class Stepper implements Player {
  step = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly frames: Frame[];
  private readonly picture: Picture;
  private readonly controls: Controls;
  private readonly view: HTMLElement;
  private readonly sentence = html("p", { class: "sentence", "aria-live": "polite" });
  private readonly formula = html("p", { class: "formula" });
  private readonly root: HTMLElement;
  private readonly resized = new ResizeObserver(() => this.picture.reveal(this.view));
  private readonly followModel = () => this.show(this.model.get("step"));

  constructor(
    private readonly model: Model,
    host: HTMLElement,
  ) {
    this.frames = model.get("frames");
    this.picture = new Picture(model.get("svg"));
    this.controls = new Controls(this.frames, this);
    this.view = html("div", { class: "view" }, this.picture.svg);
    // The style keeps room for the longest, so that nothing below ever jumps
    const longest = (part: "sentence" | "formula"): string =>
      this.frames.map((frame) => frame[part]).reduce((most, text) => (text.length > most.length ? text : most));
    const said = html("div", {}, this.sentence, this.formula);
    const words = html("div", { class: "words", "data-longest": `${longest("sentence")}\n${longest("formula")}` }, said);
    this.root = html(
      "div",
      // JupyterLab's shortcuts would else take the keys, and edit the notebook
      { class: "mg-stepper", role: "group", "aria-label": "Stepper", tabindex: -1, "data-lm-suppress-shortcuts": "true" },
      this.controls.bar,
      this.view,
      words,
      this.controls.drawer,
    );
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.show(model.get("step"));
    host.replaceChildren(this.root);
    this.resized.observe(this.view);
    model.on("change:step", this.followModel);
  }

  close(): void {
    clearTimeout(this.timer);
    this.resized.disconnect();
    this.model.off("change:step", this.followModel);
    this.root.remove();
  }

  get playing(): boolean {
    return this.timer !== undefined;
  }

  go(to: number): void {
    this.pause();
    this.move(to);
  }

  togglePlay(): void {
    if (this.playing) return this.pause();
    if (this.step === this.frames.length - 1) this.move(0);
    this.advance();
  }

  private pause(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.controls.update();
  }

  /** One step of playing; the next follows by itself unless there is something here to think about. */
  private advance(): void {
    this.timer = setTimeout(() => this.advance(), this.controls.pace);
    this.move(this.step + 1);
    if (this.frames[this.step]!.pause) this.pause();
  }

  private move(to: number): void {
    this.show(to);
    // Other views of this model follow; the kernel is not told, so nothing ever waits for it
    this.model.set("step", this.step);
  }

  private show(to: number): void {
    const step = Math.max(0, Math.min(to, this.frames.length - 1));
    const frame = this.frames[step]!;
    if (step !== this.step) {
      this.root.classList.toggle("moving", this.step >= 0 && step === this.step + 1);
      this.root.dataset.phase = frame.phase;
      this.step = step;
      this.sentence.textContent = frame.sentence;
      this.formula.textContent = frame.formula;
      this.picture.show(this.frames.slice(0, step + 1));
      this.picture.reveal(this.view);
    }
    this.controls.update();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation();
    const target = event.target as Element;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.go(this.step - 1),
      ArrowRight: () => this.go(this.step + 1),
      Home: () => this.go(0),
      End: () => this.go(this.frames.length - 1),
      " ": () => this.togglePlay(),
    };
    const act = keys[event.key];
    if (!act || target.closest("select") || (event.key === " " && target.closest("button"))) return;
    event.preventDefault();
    act();
  }
}

function open(model: Model, host: HTMLElement): () => void {
  const error = model.get("error");
  if (error) {
    host.replaceChildren(html("p", { class: "mg-stepper error", role: "alert" }, error));
    return () => host.replaceChildren();
  }
  const stepper = new Stepper(model, host);
  return () => stepper.close();
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  let close = open(model, el);
  const reopen = () => {
    close();
    close = open(model, el);
  };
  const sources = ["change:svg", "change:frames", "change:error"];
  for (const source of sources) model.on(source, reopen);
  return () => {
    for (const source of sources) model.off(source, reopen);
    close();
  };
}

export default { render };
