import { describe, expect, test } from "vitest";
import { formula } from "./formula";

/** An element as nested lists: its tag, and its text or its parts. */
type Shape = [tag: string, ...(string | Shape)[]];
const shape = (part: Element): Shape => [part.localName, ...(part.childElementCount ? [...part.children].map(shape) : [part.textContent!])];
const parts = (text: string): Shape[] => [...formula(text).children].map(shape);

const slope = (name: string): Shape => ["mrow", ["mo", "∂"], ["mi", name]];
const bracketed = (...inside: Shape[]): Shape => ["mrow", ["mo", "("], ...inside, ["mo", ")"]];

describe("formula", () => {
  test("a slope is a fraction", () => {
    expect(parts("∂y/∂x = 2")).toEqual([["mfrac", slope("y"), slope("x")], ["mo", "="], ["mn", "2"]]);
    const square: Shape = ["msup", ["mi", "y"], ["mn", "2"]];
    expect(parts("∂(y²)/∂y")).toEqual([["mfrac", ["mrow", ["mo", "∂"], bracketed(square)], slope("y")]]);
  });

  test("powers, roots and transposes", () => {
    expect(parts("x²")).toEqual([["msup", ["mi", "x"], ["mn", "2"]]]);
    expect(parts("x⁻¹·y")).toEqual([["msup", ["mi", "x"], ["mn", "−1"]], ["mo", "·"], ["mi", "y"]]);
    expect(parts("2^x")).toEqual([["msup", ["mn", "2"], ["mi", "x"]]]);
    expect(parts("√2")).toEqual([["msqrt", ["mn", "2"]]]);
    expect(parts("Xᵀ @ G")).toEqual([["msup", ["mi", "X"], ["mn", "T"]], ["mo", "@"], ["mi", "G"]]);
  });

  test("a fraction needs no brackets", () => {
    const size: Shape = ["mrow", ["mo", "|"], ["mi", "x"], ["mo", "|"]];
    expect(parts("1/(1 + |x|)")).toEqual([["mfrac", ["mn", "1"], ["mrow", ["mn", "1"], ["mo", "+"], size]]]);
  });

  test("a call is one factor, and a name has dots and an index", () => {
    expect(parts("exp(x)/2")).toEqual([["mfrac", ["mrow", ["mi", "exp"], bracketed(["mi", "x"])], ["mn", "2"]]]);
    expect(parts("model.0.bias[1]")).toEqual([
      ["mrow", ["mi", "model.0.bias"], ["mrow", ["mo", "["], ["mn", "1"], ["mo", "]"]]],
    ]);
  });

  test("a minus after a bracket or a sign stands close to its number, another does not", () => {
    const forms = [...formula("2·(−11) = −22 − x").querySelectorAll("mo")]
      .filter((sign) => sign.textContent === "−")
      .map((sign) => sign.getAttribute("form"));
    expect(forms).toEqual(["prefix", "prefix", null]);
  });

  test("words keep the spaces around them", () => {
    expect(formula("y if x > 0 else 0").textContent).toBe("y\u00a0if\u00a0x>0\u00a0else\u00a00");
    expect(formula("x at class t").textContent).toBe("x\u00a0at\u00a0class\u00a0t");
  });

  test("nothing is lost, whatever is written", () => {
    const characters = [..."xyé12.⁻²ᵀ()[]|√∂/^·+−= <&'\"🧠", " if ", " else "];
    let state = 1;
    const draw = (below: number) => (state = (state * 48271) % 2147483647) % below;
    const plain = (text: string) =>
      [...text.replace(/[⁻⁰¹²³⁴-⁹]/g, (each) => (each === "⁻" ? "−" : each.normalize("NFKC"))).replace(/ᵀ/g, "T")]
        .filter((each) => !/[/^()√\s]/.test(each))
        .sort();
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: draw(30) }, () => characters[draw(characters.length)]).join("");
      const made = formula(text);
      expect(made.getAttribute("alttext")).toBe(text);
      expect(plain(made.textContent!), text).toEqual(plain(text));
    }
  });

  test("hostile text is text", () => {
    const made = formula("<script>alert(1)</script> & <img src=x>");
    expect(made.querySelector("script, img")).toBeNull();
  });
});
