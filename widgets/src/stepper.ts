import { cells } from "./cells";
import { Changes } from "./changes";
import { Chip } from "./chip";
import { Code } from "./code";
import { Controls, type Player } from "./controls";
import { html } from "./dom";
import { Drawer } from "./drawer";
import { edit } from "./edit";
import { expression } from "./expression";
import { Film, saying } from "./film";
import { formula } from "./formula";
import { groups, note } from "./groups";
import type { Frame, Model, State } from "./model";
import type { Host, MakePanel, Panel } from "./panel";
import { Picture } from "./picture";
import { practice } from "./practice";
import { save } from "./save";
import { search } from "./search";
import { Walk } from "./walk";
import { Zoom } from "./zoom";

const PANELS: MakePanel[] = [expression, note, practice, cells, edit, groups, save];
const TRAITS: (keyof State)[] = [
  "svg", "frames", "error", "step", "grain", "groups", "opened", "note", "code", "leaves", "sliders", "cells",
  "practice", "questions", "expression", "edit", "offline",
];
const NOTHING: Frame = { phase: "forward", sentence: "" };

/** Plays the frames of one model in `el` until it is closed. */
class Stepper implements Player, Host {
  step = -1;
  readonly view = html("div", { class: "view" });
  readonly picture = new Picture(this.view);
  readonly root: HTMLElement;
  private film = new Film([]);
  private drawn = "";
  private frames: State["frames"] = [];
  private grain: State["grain"] = "edge";
  private width = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly changes: Changes;
  private readonly zoom = new Zoom(this.view, this.picture);
  private readonly walk = new Walk(this.view, this.picture);
  private readonly chip = new Chip(this.picture);
  private readonly code = new Code(this.view, this.picture);
  private readonly panels: Panel[];
  private readonly drawer: Drawer;
  private readonly controls: Controls;
  private readonly alert = html("p", { class: "error", role: "alert" });
  private readonly sentence = html("p", { class: "sentence", "aria-live": "polite" });
  private readonly formula = html("p", { class: "formula" });
  private readonly aside = html("p", { class: "aside", role: "status" });
  private readonly said = html("div", {}, this.sentence, this.formula, this.aside);
  private readonly words = html("div", { class: "words" }, this.said);
  /** All that needs a picture. */
  private readonly shown: HTMLElement[];
  private readonly resized = new ResizeObserver(() => this.onResize());
  private readonly follow = () => this.take();

  constructor(
    readonly model: Model,
    private readonly el: HTMLElement,
  ) {
    this.changes = Changes.of(model);
    this.root = html("div", { class: "mg-stepper", tabindex: -1, "data-lm-suppress-shortcuts": "true" });
    this.panels = PANELS.map((make) => make(this));
    const at = (place: Panel["place"]) => this.panels.filter((panel) => panel.place === place).map((panel) => panel.root);
    const find = search({ picture: this.picture, say: (sentence) => this.say(sentence) });
    this.drawer = new Drawer(this.zoom, find, at("drawer"), (grain) => this.changes.keep("grain", grain));
    this.controls = new Controls(this, this.drawer);
    const stage = html("div", { class: "stage" }, this.view, this.code.root);
    this.shown = [this.controls.bar, stage, this.words];
    this.root.append(...at("above"), this.alert, ...this.shown, ...at("below"), this.drawer.root);
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.el.replaceChildren(this.root);
    this.take();
    for (const part of [this.view, this.said]) this.resized.observe(part);
    for (const trait of TRAITS) model.on(`change:${trait}`, this.follow);
  }

  close(): void {
    clearTimeout(this.timer);
    this.changes.tell();
    this.resized.disconnect();
    for (const trait of TRAITS) this.model.off(`change:${trait}`, this.follow);
    for (const panel of this.panels) panel.close();
    this.root.remove();
  }

  get frame(): Frame {
    return this.film.seen[this.step] ?? NOTHING;
  }

  get playing(): boolean {
    return this.timer !== undefined;
  }

  go(to: number): void {
    this.pause();
    this.move(to);
  }

  back(): void {
    this.go(this.film.previous(this.step, this.grain));
  }

  forward(): void {
    this.go(this.film.next(this.step, this.grain));
  }

  togglePlay(): void {
    if (this.playing) return this.pause();
    if (this.step === this.film.last) this.move(0);
    this.advance();
  }

  say(sentence: string): void {
    this.aside.textContent = sentence;
  }

  private pause(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.controls.update();
  }

  /** One step of playing; the next follows by itself unless there is something here to think about. */
  private advance(): void {
    this.timer = setTimeout(() => this.advance(), this.drawer.pace);
    this.move(this.film.next(this.step, this.grain));
    const paused = this.film.together(this.step, this.grain).some((frame) => frame.pause);
    if (paused || this.step === this.film.gate) this.pause();
  }

  private move(to: number): void {
    this.changes.keep("step", this.film.clamp(to));
    // The panel that asks the question hears that the reader wants to go on
    if (to > this.film.gate && this.film.gate < this.film.last) this.root.dispatchEvent(new Event("withheld"));
  }

  /** Show what the model says now, changing only what is different. */
  private take(): void {
    this.changes.hold();
    const [source, frames, grain] = [this.model.get("svg"), this.model.get("frames"), this.model.get("grain")];
    const anew = source !== this.drawn || frames !== this.frames;
    if (source !== this.drawn) this.draw(source);
    if (frames !== this.frames) this.load(frames);
    this.explain();
    this.code.load(this.model.get("code"));
    const to = this.film.clamp(this.model.get("step"));
    this.drawer.update(to, grain);
    if (anew || to !== this.step || grain !== this.grain) this.show(to, anew, grain);
    this.controls.update();
    for (const panel of this.panels) panel.update();
    // A field that was refused says so itself. Not by :has, which costs a large graph more than the step
    const refused = this.alert.hidden ? [] : [...this.root.querySelectorAll('[aria-invalid="true"]')];
    this.alert.classList.toggle("elsewhere", refused.some((field) => !field.closest("[hidden]")));
  }

  private draw(source: string): void {
    this.drawn = source;
    this.step = -1; // nothing of it is filled in or scrolled to
    this.walk.keep(() => this.picture.draw(source));
    this.zoom.apply();
  }

  private load(frames: State["frames"]): void {
    this.frames = frames;
    this.film = new Film(frames, this.model.get("images"));
    this.controls.load(this.film);
    this.drawer.load(this.film);
  }

  /** An error stands above the last picture, or alone where there never was one. */
  private explain(): void {
    const error = this.model.get("error");
    this.alert.hidden = error === "";
    if (this.alert.textContent !== error) this.alert.textContent = error;
    for (const part of this.shown) part.hidden = this.drawn === "";
    const idle = this.drawn === "" && this.model.get("expression") === null;
    for (const [name, value] of [["role", "group"], ["aria-label", "Stepper"]] as const) {
      if (idle) this.root.removeAttribute(name);
      else this.root.setAttribute(name, value);
    }
  }

  private show(step: number, anew: boolean, grain: State["grain"]): void {
    const together = this.film.together(step, grain);
    const moves = step !== this.step;
    const from = this.step;
    this.step = step;
    this.grain = grain;
    if (anew) this.picture.fill(this.film, step);
    // What measures comes before what changes, or a large picture would be laid out twice for each step
    if (moves) this.picture.reveal(this.picture.spokenOf(together)); // not when only numbers change: the reader may look elsewhere
    this.code.show(this.frame.line);
    this.chip.show(this.frame.chip);
    if (!anew) this.picture.move(this.film, from, step);
    this.picture.light(together);
    this.root.classList.toggle("moving", !anew && together.includes(this.film.seen[from + 1]!));
    this.root.dataset.phase = this.frame.phase;
    const { sentence, formulas } = saying(together);
    if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
    this.formula.replaceChildren(...formulas.map(formula));
    if (moves) this.aside.textContent = "";
  }

  private onResize(): void {
    this.picture.reveal();
    this.chip.place();
    // Room that was needed once is kept, so that nothing below jumps; it is known only from what was seen
    const { words, said } = this;
    if (words.clientWidth !== this.width) said.style.minHeight = "";
    this.width = words.clientWidth;
    said.style.minHeight = `${said.offsetHeight}px`;
    words.tabIndex = words.scrollHeight > words.clientHeight ? 0 : -1;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation();
    const target = event.target as Element;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.back(),
      ArrowRight: () => this.forward(),
      Home: () => this.go(0),
      End: () => this.go(this.film.last),
      " ": () => this.togglePlay(),
      "+": () => this.zoom.in(),
      "-": () => this.zoom.out(),
      "−": () => this.zoom.out(),
      "0": () => this.zoom.fit(),
    };
    const act = keys[event.key];
    const own = target.closest("select, textarea, input:not(.step)");
    const pressed = event.key === " " && target.closest("button, [role=button]");
    if (!act || own || pressed || event.defaultPrevented) return;
    event.preventDefault();
    act();
  }
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const stepper = new Stepper(model, el);
  return () => stepper.close();
}

export default { render };
