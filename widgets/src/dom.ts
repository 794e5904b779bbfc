const SVG = "http://www.w3.org/2000/svg";

type Attributes = Record<string, string | number>;

function dress<Part extends Element>(part: Part, attributes: Attributes, children: (Node | string)[]): Part {
  for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, String(value));
  part.append(...children);
  return part;
}

export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  return dress(document.createElement(tag), attributes, children);
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Node[]
): SVGElementTagNameMap[Tag] {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}
