import { expect, test } from "vitest";
import { formula } from "./formula";

const MATHML = "http://www.w3.org/1998/Math/MathML";

test("a formula keeps its structure, its text and its plain form", () => {
  const made = formula(`<math xmlns="${MATHML}" alttext="∂z/∂y = 2"><mfrac><mi>z</mi><mi>y</mi></mfrac><mo form="infix">=</mo><mn>2</mn></math>`);
  expect([...made.querySelectorAll("*")].map((part) => part.localName)).toEqual(["mfrac", "mi", "mi", "mo", "mn"]);
  expect(made.querySelector("mo")!.getAttribute("form")).toBe("infix");
  expect([made.namespaceURI, made.textContent, made.getAttribute("alttext")]).toEqual([MATHML, "zy=2", "∂z/∂y = 2"]);
});

test("whatever is no formula becomes plain text", () => {
  const made = formula(
    `<math xmlns="${MATHML}"><mi onclick="hacked()" href="x">a</mi><script>b</script><img xmlns="http://www.w3.org/1999/xhtml" src="x"/></math>`,
  );
  expect([...made.querySelectorAll("*")].map((part) => part.localName)).toEqual(["mi", "mtext", "mtext"]);
  expect([...made.querySelectorAll("*")].flatMap((part) => part.getAttributeNames())).toEqual([]);
  expect(made.textContent).toBe("ab");
});
