import type { Frame, Model } from "./model";
import type { Picture } from "./picture";

/** What a panel may see and ask of the stepper that it belongs to. */
export interface Host {
  readonly model: Model;
  readonly picture: Picture;
  /** The whole widget. */
  readonly root: HTMLElement;
  /** The part of it that holds the picture, and scrolls. */
  readonly view: HTMLElement;
  readonly step: number;
  readonly frame: Frame;
  go(to: number): void;
  /** Say something aloud, and show it where the reader is looking. */
  say(sentence: string): void;
}

/** One feature beside the picture. `update` is called after every step and every change of the state. */
export interface Panel {
  /** Where it stands: "above" the picture, "below" the words, in the "drawer" behind ⋯, or nowhere of its own. */
  readonly place: "above" | "below" | "drawer" | "none";
  readonly root: HTMLElement;
  update(): void;
  close(): void;
}

export type MakePanel = (host: Host) => Panel;
