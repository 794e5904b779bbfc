import { html } from "./dom";

/** All of them pass on to what is inside, where they need not be written again. */
const INHERITED = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "font-family", "font-size",
  "font-style", "font-weight", "font-variant-numeric", "text-anchor", "image-rendering",
];
const KEPT = /^(xmlns|viewBox|width|height|href|d|x|y|x1|x2|y1|y2|cx|cy|r|rx|ry|points|transform|preserveAspectRatio)$/;
const SHARPNESS = 2; // pixels of the PNG for one of the picture
const MOST = 16384; // pixels a side, beyond which browsers give an empty canvas

/** The picture as it looks now, all of it, as a document of its own: its colours resolved, nothing left to light. */
export function standalone(picture: Element): string {
  const copy = picture.cloneNode(true) as Element;
  const copies = [copy, ...copy.querySelectorAll("*")];
  [picture, ...picture.querySelectorAll("*")].forEach((original, at) => {
    const style = getComputedStyle(original);
    const twin = copies[at]!;
    if (style.visibility === "hidden" || style.display === "none") return twin.remove();
    for (const name of twin.getAttributeNames()) if (!KEPT.test(name)) twin.removeAttribute(name);
    const outer = original === picture ? undefined : getComputedStyle(original.parentElement!);
    for (const name of INHERITED) {
      const value = style.getPropertyValue(name);
      if (value && value !== outer?.getPropertyValue(name)) twin.setAttribute(name, value);
    }
    if (style.opacity && style.opacity !== "1") twin.setAttribute("opacity", style.opacity);
  });
  const title = document.createElementNS(copy.namespaceURI, "title");
  title.textContent = picture.getAttribute("aria-label");
  copy.prepend(title);
  return new XMLSerializer().serializeToString(copy);
}

/** The same as pixels. */
export async function photograph(drawing: string): Promise<Blob> {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
  try {
    await image.decode();
    const scale = Math.min(SHARPNESS, MOST / image.width, MOST / image.height);
    const canvas = html("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no image")))));
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
