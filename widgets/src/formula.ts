const MATHML = "http://www.w3.org/1998/Math/MathML";
const RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ";
const LEVEL = "−0123456789T";
const CLOSING: Record<string, string> = { "(": ")", "[": "]", "|": "|" };
const TOKEN = new RegExp(
  [
    "(?<space>\\s+)",
    "(?<number>[0-9]+(?:,[0-9]{3})*(?:\\.[0-9]+)?(?:e[−+-]?[0-9]+)?)",
    `(?<raised>[${RAISED}]+)`,
    `(?<word>(?:(?![${RAISED}])[\\p{L}\\p{N}\\p{M}_])+(?:\\.[\\p{L}\\p{N}_]+)*)`,
    "(?<sign>.)",
  ].join("|"),
  "gsu",
);
/** Words of the notation that are no names: they keep the spaces around them. */
const SPOKEN = new Set(
  "if else where with and or not mod as at class to over sum axis dims in order swapped spread plus added rolled by xor gradients of".split(" "),
);

type Token = readonly [kind: string, text: string];

/** A formula in the trace's plain notation as MathML: fractions, powers and roots are drawn, all else stays as it is written. */
export function formula(text: string): Element {
  const math = part("math", ...new Reader(text).row(""));
  math.setAttribute("alttext", text);
  return math;
}

/** Reads the tokens of a formula from left to right, once. Whatever is not understood stays a sign. */
class Reader {
  private readonly tokens: Token[];
  private place = 0;

  constructor(text: string) {
    this.tokens = [...text.matchAll(TOKEN)].map(({ groups }) => Object.entries(groups!).find(([, found]) => found !== undefined)! as Token);
  }

  /** What comes, up to the bracket `closing`, which is left, or to the end. */
  row(closing: string): Element[] {
    const parts: Element[] = [];
    let afterSign = true;
    for (let [kind, text] = this.next; kind && !(closing && text === closing); [kind, text] = this.next) {
      if (kind === "space") {
        this.place += 1;
      } else if (kind === "word" && SPOKEN.has(text)) {
        this.place += 1;
        const before = parts.at(-1);
        if (before?.localName === "mtext") before.textContent += `${text}\u00a0`;
        else parts.push(leaf("mtext", `\u00a0${text}\u00a0`));
        afterSign = true;
      } else if (kind === "sign" && !"(∂√|[".includes(text)) {
        this.place += 1;
        const sign = leaf("mo", text);
        // After a bracket or a sign a minus belongs to its number: it stands close to it
        if (afterSign && text === "−") sign.setAttribute("form", "prefix");
        parts.push(sign);
        afterSign = !")]|!".includes(text);
      } else {
        parts.push(this.fraction());
        afterSign = false;
      }
    }
    return parts;
  }

  private get next(): Token {
    return this.tokens[this.place] ?? ["", ""];
  }

  private fraction(): Element {
    const above = this.power();
    if (this.next[1] !== "/") return above;
    this.place += 1;
    return this.next[0] ? part("mfrac", bare(above), bare(this.power())) : part("mrow", above, leaf("mo", "/"));
  }

  private power(): Element {
    let base = this.atom();
    for (;;) {
      const [kind, text] = this.next;
      const raised = this.tokens[this.place + 1]?.[0] ?? "";
      if (kind !== "raised" && (text !== "^" || ["", "space"].includes(raised))) return base;
      this.place += 1;
      const exponent = kind === "raised" ? leaf("mn", [...text].map((each) => LEVEL[RAISED.indexOf(each)]).join("")) : this.atom();
      base = part("msup", base, exponent);
    }
  }

  private atom(): Element {
    const [kind, text] = this.next;
    this.place += 1;
    const followed = !["", "space"].includes(this.next[0]);
    if (text in CLOSING) return this.group(text);
    if (text === "√" && followed) return part("msqrt", bare(this.atom()));
    if (text === "∂" && followed) return part("mrow", leaf("mo", "∂"), this.atom());
    if (kind !== "word") return leaf(kind === "number" ? "mn" : "mo", text);
    let atom = leaf("mi", text);
    while ("([".includes(this.next[1]) && this.next[1]) {
      this.place += 1; // a call, or an index
      atom = part("mrow", atom, this.group(this.tokens[this.place - 1]![1]));
    }
    return atom;
  }

  private group(opening: string): Element {
    const inside = this.row(CLOSING[opening]!);
    const closed = this.next[1] === CLOSING[opening];
    if (closed) this.place += 1;
    return part("mrow", leaf("mo", opening), ...inside, ...(closed ? [leaf("mo", CLOSING[opening]!)] : []));
  }
}

function part(tag: string, ...children: Element[]): Element {
  const made = document.createElementNS(MATHML, tag);
  made.append(...children);
  return made;
}

function leaf(tag: string, text: string): Element {
  const made = document.createElementNS(MATHML, tag);
  made.textContent = text;
  return made;
}

/** Leave out brackets that a fraction's line or a root's roof makes needless. */
function bare(group: Element): Element {
  const [first, last] = [group.firstElementChild, group.lastElementChild];
  if (group.localName === "mrow" && first?.textContent === "(" && last?.textContent === ")" && first.localName === "mo" && last.localName === "mo") {
    first.remove();
    last.remove();
  }
  return group;
}
