import type { Picture } from "./picture";

const FACTOR = 1.25;
const LIMITS = [0.01, 4] as const; // of the picture's natural size; a long chain fits at a twentieth
const DRAG = 4; // pixels before a press becomes a drag, and no longer a click

/** Lets the reader come nearer to the picture and move it about. */
export class Zoom {
  /** How large the picture is shown; undefined until the reader chose: then it fits the width where that is legible. */
  private scale: number | undefined;

  constructor(
    private readonly view: HTMLElement,
    private readonly picture: Picture,
  ) {
    view.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    view.addEventListener("pointerdown", (event) => this.onPress(event));
  }

  in(): void {
    this.to(this.now() * FACTOR);
  }

  out(): void {
    this.to(this.now() / FACTOR);
  }

  /** Show the whole picture at once. */
  fit(): void {
    const { width, height } = this.picture.svg.viewBox.baseVal;
    const tallest = parseFloat(getComputedStyle(this.view).maxHeight);
    this.to(Math.min(this.view.clientWidth / width, tallest / height, 1));
  }

  /** A new drawing keeps the size that the reader chose. */
  apply(): void {
    if (this.scale === undefined) return;
    const { style } = this.picture.svg;
    style.setProperty("max-width", "none");
    style.setProperty("min-width", "0");
    style.setProperty("width", `${this.scale * this.picture.width}px`);
  }

  private now(): number {
    return this.picture.svg.getBoundingClientRect().width / this.picture.width;
  }

  /** Take the scale `scale`; the point of the picture at `x`, `y` of the window stays there. */
  private to(scale: number, x?: number, y?: number): void {
    const view = this.view.getBoundingClientRect();
    x ??= view.left + view.width / 2;
    y ??= view.top + view.height / 2;
    const before = this.picture.svg.getBoundingClientRect();
    this.scale = Math.max(LIMITS[0], Math.min(scale, LIMITS[1]));
    this.apply();
    const after = this.picture.svg.getBoundingClientRect();
    const grown = before.width > 0 ? after.width / before.width : 1;
    this.view.scrollLeft += after.left + (x - before.left) * grown - x;
    this.view.scrollTop += after.top + (y - before.top) * grown - y;
  }

  private onWheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault(); // the browser would zoom the whole page
    this.to(this.now() * FACTOR ** (-event.deltaY / 100), event.clientX, event.clientY);
  }

  private onPress(press: PointerEvent): void {
    // Fingers scroll by themselves; a field in the picture needs its own drags
    if (press.pointerType !== "mouse" || press.button !== 0 || (press.target as Element).closest("input")) return;
    const { view } = this;
    const [left, top] = [view.scrollLeft, view.scrollTop];
    let dragged = false;
    const move = (event: PointerEvent): void => {
      const [x, y] = [event.clientX - press.clientX, event.clientY - press.clientY];
      if (!dragged && Math.hypot(x, y) < DRAG) return;
      if (!dragged) view.setPointerCapture(press.pointerId);
      dragged = true;
      view.classList.add("dragged");
      view.scrollLeft = left - x;
      view.scrollTop = top - y;
    };
    const end = (): void => {
      view.removeEventListener("pointermove", move);
      view.removeEventListener("pointerup", end);
      view.removeEventListener("pointercancel", end);
      view.classList.remove("dragged");
    };
    view.addEventListener("pointermove", move);
    view.addEventListener("pointerup", end);
    view.addEventListener("pointercancel", end);
  }
}
