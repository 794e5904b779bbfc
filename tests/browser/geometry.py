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
    texts.push({said: text.textContent, size, owner, box});
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
    for (const node of nodes) {
      const inside = root.querySelector(`[data-id="${node.id}"] [data-id="${text.owner}"]`);
      if (text.owner === node.id || inside) {
        const out = Math.max(text.box.right - node.whole.right, node.whole.left - text.box.left);
        const hidden = text.box.right <= text.box.left;
        if (out > 0.5 && !hidden) faults.push(`${text.said} sticks out of its box`);
      } else if (cover(text.box, clip(node.whole))) {
        faults.push(`${text.said} over the box ${node.id}`);
      }
    }
  });
  return faults;
}"""

# A box that holds one number has no cells (v3.0) and no image (v3:heat).
CROWDS = """root => {
  const seen = part => part.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const faults = [];
  for (const node of root.querySelectorAll('svg [data-id^="n"]')) {
    if (node.querySelector('[data-slot*="."], [data-slot*=":heat"]')) continue;
    const texts = [...node.querySelectorAll('[data-slot^="v"], [data-slot^="g"]')].filter(seen);
    const number = /\\d[\\d.]*(e[−+-]?\\d+)?/g;
    const numbers = texts.flatMap(text => text.textContent.match(number) ?? []);
    if (numbers.length > 2) faults.push(`${node.getAttribute("aria-label")} shows ${numbers}`);
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
