import { beforeEach, describe, expect, test } from "vitest";
import { Picture } from "./picture";
import { svg } from "./testing";
import { Zoom } from "./zoom";

let view: HTMLElement;
let picture: Picture;
let zoom: Zoom;

/** A picture 280 × 134 in a view 140 wide; it stands where its style and the scroll bars put it. */
beforeEach(() => {
  view = document.body.appendChild(document.createElement("div"));
  view.style.maxHeight = "40px";
  picture = new Picture(view);
  zoom = new Zoom(view, picture);
  redraw();
  view.getBoundingClientRect = () => new DOMRect(0, 0, 140, 40);
  Object.defineProperty(view, "clientWidth", { value: 140 });
  view.setPointerCapture = () => {};
});

function redraw(): void {
  picture.draw(svg);
  picture.svg.getBoundingClientRect = () => {
    const width = parseFloat(picture.svg.style.width) || 280;
    return new DOMRect(-view.scrollLeft, -view.scrollTop, width, (width * 134) / 280);
  };
}

const width = (): number => parseFloat(picture.svg.style.width);
const drag = (type: string, x: number, y: number, more: PointerEventInit = {}): boolean =>
  view.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, pointerType: "mouse", button: 0, bubbles: true, ...more }));

describe("zoom", () => {
  test("goes nearer and farther about the middle of the view", () => {
    view.scrollLeft = 70;
    zoom.in();
    expect(width()).toBe(350);
    expect(view.scrollLeft).toBeCloseTo(105); // 140 × 1.25 is in the middle, 70 from the left
    zoom.out();
    expect(width()).toBe(280);
    expect(view.scrollLeft).toBeCloseTo(70);
  });

  test("stays within limits", () => {
    for (let i = 0; i < 30; i++) zoom.in();
    expect(width()).toBe(4 * 280);
    for (let i = 0; i < 60; i++) zoom.out();
    expect(width()).toBeCloseTo(2.8);
  });

  test("fits the whole picture into what can be seen", () => {
    zoom.fit();
    expect(width()).toBeCloseTo((40 / 134) * 280);
  });

  test("the wheel zooms about the mouse with Ctrl only, and then the page does not", () => {
    const wheel = (ctrlKey: boolean) => {
      const event = Object.assign(new Event("wheel", { cancelable: true }), { deltaY: -100, ctrlKey, clientX: 28, clientY: 0 });
      view.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect([wheel(false), picture.svg.style.width]).toEqual([false, ""]);
    expect([wheel(true), width()]).toEqual([true, 350]);
    expect(view.scrollLeft).toBeCloseTo(7); // 28 became 35, and is still under the mouse
  });

  test("a new drawing keeps the size that was chosen, and its own where none was", () => {
    redraw();
    zoom.apply();
    expect(picture.svg.style.maxWidth).toBe("280px");
    zoom.in();
    redraw();
    zoom.apply();
    expect([width(), picture.svg.style.maxWidth]).toEqual([350, "none"]);
  });
});

describe("dragging", () => {
  test("moves the picture, and ends with the button", () => {
    view.scrollLeft = 50;
    drag("pointerdown", 100, 10);
    drag("pointermove", 80, 5);
    expect([view.scrollLeft, view.scrollTop]).toEqual([70, 5]);
    expect(view.classList.contains("dragged")).toBe(true);
    drag("pointerup", 80, 5);
    drag("pointermove", 0, 0);
    expect([view.scrollLeft, view.classList.contains("dragged")]).toEqual([70, false]);
  });

  test("a click that trembles is no drag, a finger scrolls by itself", () => {
    drag("pointerdown", 100, 10);
    drag("pointermove", 98, 10);
    drag("pointerup", 98, 10);
    drag("pointerdown", 100, 10, { pointerType: "touch" });
    drag("pointermove", 50, 10, { pointerType: "touch" });
    expect(view.scrollLeft).toBe(0);
  });
});
