import { svg } from "./dom";
import type { Frame } from "./model";
import type { Picture } from "./picture";

const HEIGHT = 24;
const BASELINE = 17; // from its top down to the foot of its letters
const PADDING = 8; // left and right of its text
const GAP = 3; // kept free around it
const MARGIN = 4; // kept free inside the canvas
const REACH = 120; // how far from its middle a place is looked for at first
const STEPS = 30; // places to each side

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Point = readonly [number, number];

/** The one small sum that stands in the picture, beside the edge, node or bucket that it speaks of. */
export class Chip {
  private readonly pill = svg("rect", { class: "pill", rx: 8, height: HEIGHT });
  private readonly text = svg("text", { class: "sum" });
  private readonly group = svg("g", { class: "chip", "data-id": "chip" }, this.pill, this.text);
  private chip: Frame["chip"];
  /** What it must not stand on, and the lines that it would rather not hide; measured once for each drawing. */
  private around: { drawing: Element; boxes: Box[]; lines: Point[]; pen: CanvasRenderingContext2D } | undefined;

  constructor(private readonly picture: Picture) {}

  show(chip: Frame["chip"]): void {
    this.chip = chip;
    this.place();
  }

  /** Find its place; again when the picture comes into sight, since only then anything can be measured. */
  place(): void {
    const { picture, group, chip } = this;
    const part = chip && picture.part(chip.beside);
    if (!part) return group.remove();
    // All measuring comes before the first change, or the whole picture would be laid out twice
    if (picture.svg.getClientRects().length === 0) return;
    const near = about(part);
    if (group.parentNode !== picture.svg) picture.svg.append(group);
    if (this.around?.drawing !== picture.svg) this.around = { drawing: picture.svg, ...this.survey() };
    const { boxes, lines, pen } = this.around;
    const { x, y, width, height } = picture.svg.viewBox.baseVal;
    const size = Math.ceil(pen.measureText(chip.text).width) + 2 * PADDING;
    const [left, top] = findPlace(size, near, boxes, lines, { x, y, width, height });
    for (const [name, value] of Object.entries({ x: left, y: top, width: size })) this.pill.setAttribute(name, String(value));
    this.text.textContent = chip.text;
    this.text.setAttribute("x", String(left + size / 2));
    this.text.setAttribute("y", String(top + BASELINE));
  }

  private survey(): { boxes: Box[]; lines: Point[]; pen: CanvasRenderingContext2D } {
    const { svg: drawing } = this.picture;
    const solid = drawing.querySelectorAll<SVGGraphicsElement>(".node, .bucket");
    const texts = [...drawing.querySelectorAll<SVGGraphicsElement>("text")].filter(
      (text) => !text.closest(".node, .bucket, .chip"),
    );
    // A canvas measures a text without a new layout of the whole picture
    const pen = document.createElement("canvas").getContext("2d")!;
    const { fontWeight, fontSize, fontFamily } = getComputedStyle(this.text);
    pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    return {
      boxes: [...solid, ...texts].map((part) => part.getBBox()),
      lines: [...drawing.querySelectorAll(".edge > .line")].flatMap(points),
      pen,
    };
  }
}

/** The points that it may stand near to. */
function about(part: SVGGElement): Point[] {
  const line = part.querySelector(".line");
  if (line) return points(line);
  const { x, y, width, height } = part.getBBox();
  return [[x + width / 2, y + height / 2]];
}

/** Points along a path "M x,y C x,y x,y x,y x,y …". */
function points(line: Element): Point[] {
  const numbers = line.getAttribute("d")!.match(/-?[\d.]+/g)!.map(Number);
  const found: Point[] = [];
  for (let at = 0; at + 7 < numbers.length; at += 6) {
    for (let t = 0; t <= 1; t += 1 / 8) {
      const weights = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
      const sum = (axis: number) => weights.reduce((total, weight, i) => total + weight * numbers[at + 2 * i + axis]!, 0);
      found.push([sum(0), sum(1)]);
    }
  }
  return found;
}

/** The best place for a chip `size` wide: near to `about`, hiding few lines, inside the canvas and on no box; its upper left corner. */
export function findPlace(size: number, about: Point[], boxes: Box[], lines: Point[], canvas: Box): Point {
  const middle = about[about.length >> 1]!;
  const half = [size / 2, HEIGHT / 2] as const;
  const low = [canvas.x + MARGIN + half[0], canvas.y + MARGIN + half[1]] as const;
  const high = [canvas.x + canvas.width - MARGIN - half[0], canvas.y + canvas.height - MARGIN - half[1]] as const;
  // The reach grows until it finds a place, at the latest in the band that the drawing keeps free
  for (let reach = REACH; ; reach *= 2) {
    const along = (axis: 0 | 1) => {
      const places = Array.from({ length: 2 * STEPS + 1 }, (_, i) => middle[axis] + reach * (i / STEPS - 1));
      return [...new Set(places.map((place) => Math.max(low[axis], Math.min(place, high[axis]))))];
    };
    const near = (x: number, y: number) =>
      Math.abs(x - middle[0]) < reach + half[0] + GAP && Math.abs(y - middle[1]) < reach + half[1] + GAP;
    const nearBoxes = boxes.filter(({ x, y, width, height }) =>
      near(clampTo(middle[0], x, x + width), clampTo(middle[1], y, y + height)),
    );
    const nearLines = lines.filter(([x, y]) => near(x, y));
    const rows = along(1);
    let best: Point | undefined;
    let least = Infinity;
    for (const x of along(0)) {
      for (const y of rows) {
        let cost = 0.2 * Math.hypot(x - middle[0], y - middle[1]);
        if (cost >= least) continue;
        const covers = (box: Box) =>
          x + half[0] + GAP > box.x && box.x + box.width > x - half[0] - GAP &&
          y + half[1] + GAP > box.y && box.y + box.height > y - half[1] - GAP;
        if (nearBoxes.some(covers)) continue;
        const apart = ([px, py]: Point) =>
          Math.hypot(Math.max(0, Math.abs(x - px) - half[0]), Math.max(0, Math.abs(y - py) - half[1]));
        cost += Math.min(...about.map(apart));
        if (cost >= least) continue;
        for (const [px, py] of nearLines) if (Math.abs(x - px) < half[0] && Math.abs(y - py) < half[1]) cost += 3;
        if (cost >= least) continue;
        least = cost;
        best = [Math.round(x - half[0]), Math.round(y - half[1])];
      }
    }
    if (best) return best;
    if (reach > canvas.width + canvas.height) return [Math.round(low[0] - half[0]), Math.round(low[1] - half[1])];
  }
}

function clampTo(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
