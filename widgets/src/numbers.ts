/** The number that a text of the picture says; NaN if it says none. */
export function parse(text: string): number {
  return text.trim() === "" ? NaN : Number(text.replaceAll("−", "-"));
}

/** Inside a product or a sum a negative number stands in brackets. */
function bracketed(text: string): string {
  return parse(text) < 0 ? `(${text})` : text;
}

/**
 * How `total` comes from what it reads: "1×2 + 3×4 + 1 = 15" from two lists of factors and an addend.
 *
 * All texts are rounded: "≈" stands where they do not give the total to the last digit, and
 * nothing is returned where they do not give it at all, for then it is no such sum.
 */
export function writtenOut(factors: string[][], addends: string[], total: string): string {
  if (new Set(factors.map((list) => list.length)).size > 1) return "";
  const products = (factors[0] ?? []).map((_, at) => factors.map((list) => list[at]!));
  const terms = [...products, ...addends.map((addend) => [addend])];
  const numbers = terms.map((term) => term.map(parse).reduce((product, factor) => product * factor));
  const miss = Math.abs(numbers.reduce((sum, each) => sum + each, 0) - parse(total));
  const size = numbers.reduce((sum, each) => sum + Math.abs(each), 0);
  if (!(miss <= 2e-3 * size)) return "";
  const sum = terms.map((term) => term.map(bracketed).join("×")).join(" + ");
  return `${sum} ${miss <= 1e-9 * size ? "=" : "≈"} ${total}`;
}
