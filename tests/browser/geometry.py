"""Measures a stepper in the browser: what covers what, how small the text is, how many controls."""

# Text is compared where it can be seen: inside the part of the picture that is scrolled into view.
FAULTS = """root => {
  const seen = part => part.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const view = root.querySelector("svg.mg-picture").parentElement.getBoundingClientRect();
  const clip = ({left, right, top, bottom}) => ({
    left: Math.max(left, view.left), right: Math.min(right, view.right),
    top: Math.max(top, view.top), bottom: Math.min(bottom, view.bottom)});
  const cover = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 0.5 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 0.5;
  const faults = [];
  const texts = [];
  for (const text of root.querySelectorAll("svg.mg-picture text")) {
    if (!seen(text) || !text.textContent.trim()) continue;
    const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
    // The chip covers what its frame covers, not only what its letters do.
    const chip = text.closest(".chip");
    const owner = chip ? "chip" : text.closest("[data-id]").dataset.id;
    const box = clip((chip ?? text).getBoundingClientRect());
    // A cell stands in its grid, a sum in its socket or bucket, all else in the box.
    const frame = text.parentElement.querySelector(":scope > :is(.box, .pail, .pill, .outline)");
    texts.push({said: text.textContent, size, owner, box, frame: frame.getBoundingClientRect()});
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest("svg, option") || !seen(parent) || !walker.currentNode.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    // How the signs of one formula stand is for the browser's typesetting to say.
    const owner = parent.closest("math") ? "formula" : "";
    for (const box of range.getClientRects()) {
      const size = parseFloat(getComputedStyle(parent).fontSize);
      texts.push({said: walker.currentNode.data, size, owner, box});
    }
  }
  const nodes = [...root.querySelectorAll('svg [data-id^="n"]')].map(node => ({
    id: node.dataset.id, whole: node.querySelector(".box").getBoundingClientRect()}));
  texts.forEach((text, i) => {
    if (text.size < 10.99) faults.push(`${text.said} is ${text.size} px`);
    for (const other of texts.slice(i + 1)) {
      if (text.owner === other.owner && ["chip", "formula"].includes(text.owner)) continue;
      if (cover(text.box, other.box)) faults.push(`${text.said} over ${other.said}`);
    }
    if (["", "formula"].includes(text.owner)) return;
    const out = Math.max(text.box.right - text.frame.right, text.frame.left - text.box.left);
    const hidden = text.box.right <= text.box.left;
    if (out > 0.5 && !hidden) faults.push(`${text.said} sticks out of its frame`);
    for (const node of nodes) {
      const inside = root.querySelector(`[data-id="${node.id}"] [data-id="${text.owner}"]`);
      if (text.owner !== node.id && !inside && cover(text.box, clip(node.whole)))
        faults.push(`${text.said} over the box ${node.id}`);
    }
  });
  return faults;
}"""

# A box shows a value and a gradient: two numbers, or two grids of up to 24 cells (v3.0, v3.1, …).
CROWDS = """root => {
  const seen = part => part.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const faults = [];
  for (const node of root.querySelectorAll('svg [data-id^="n"]')) {
    const grids = [...node.querySelectorAll(".outline")].filter(seen);
    const name = node.getAttribute("aria-label");
    for (const grid of grids) {
      const cells = grid.parentElement.querySelectorAll(".cell").length;
      if (cells > 24) faults.push(`${name} has a grid of ${cells} numbers`);
    }
    const number = /\\d[\\d.]*(e[−+-]?\\d+)?/g;
    // What stands above a grid is its shape.
    const single = node.querySelectorAll(":scope > text:is(.value, .gradient):not(.axes)");
    const numbers = [...single].filter(seen).flatMap(text => text.textContent.match(number) ?? []);
    if (numbers.length + grids.length > 2) faults.push(`${name} shows ${numbers} and more`);
  }
  const chips = [...root.querySelectorAll(".chip")].filter(seen);
  if (chips.length > 1) faults.push(`${chips.length} chips`);
  return faults;
}"""

CONTROLS = """root =>
  [...root.querySelectorAll("button, input, select, textarea, summary, a[href]")]
    .filter(control => control.checkVisibility({visibilityProperty: true}))
    .map(control => control.getAttribute("aria-label") ?? control.outerHTML)"""

AT_EVERY_STEP = f"""async root => {{
  const looks = [{FAULTS}, {CROWDS}];
  const slider = root.querySelector("input[type=range]");
  const press = key => root.dispatchEvent(new KeyboardEvent("keydown", {{key, bubbles: true}}));
  const found = new Set();
  press("Home");
  for (let step = 0; ; step++) {{
    for (const look of looks)
      for (const fault of look(root)) found.add(`step ${{step}}: ${{fault}}`);
    if (slider.value === slider.max) return {{faults: [...found], steps: step + 1}};
    press("ArrowRight");
    if (Number(slider.value) !== step + 1) throw new Error(`no step after ${{step}}`);
  }}
}}"""


def faults(stepper) -> list[str]:
    """Texts below 11 px, and texts over texts, over other boxes or out of their own."""
    return stepper.root.evaluate(FAULTS)


def faults_at_every_step(stepper) -> dict:
    """The faults of all steps, and boxes and moments that show too much; and how many steps."""
    return stepper.root.evaluate(AT_EVERY_STEP)


def controls(stepper) -> list[str]:
    """The names of the controls in sight."""
    return stepper.root.evaluate(CONTROLS)
