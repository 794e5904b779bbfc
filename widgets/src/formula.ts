const MATHML = "http://www.w3.org/1998/Math/MathML";
const PARTS = new Set(["math", "mrow", "mi", "mn", "mo", "mtext", "mfrac", "msup", "msub", "msubsup", "msqrt", "mover", "munder", "mtable", "mtr", "mtd"]);

/** The formula in `source` as an element; rebuilt part by part, so it holds nothing but a formula. */
export function formula(source: string): Element {
  return rebuild(new DOMParser().parseFromString(source, "application/xml").documentElement);
}

function rebuild(part: Element): Element {
  const made = document.createElementNS(MATHML, PARTS.has(part.localName) ? part.localName : "mtext");
  for (const name of ["alttext", "form"]) {
    const value = part.getAttribute(name);
    if (value !== null) made.setAttribute(name, value);
  }
  if (part.childElementCount === 0) made.textContent = part.textContent;
  else made.append(...[...part.children].map(rebuild));
  return made;
}
