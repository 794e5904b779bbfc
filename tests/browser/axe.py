"""axe-core's checks of WCAG 2.2, levels A and AA, on one widget in a page."""

import shutil
import subprocess

import kit

WIDGETS = kit.ROOT / "widgets"
AXE = WIDGETS / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# JupyterLab's body has no height and hides what flows over: axe would take everything for hidden.
RUN = """async (root, tags) => {
  document.body.style.height = "100vh";
  const {violations} = await axe.run(root, {runOnly: tags, resultTypes: ["violations"]});
  document.body.style.removeProperty("height");
  return violations.flatMap(({id, nodes}) =>
    nodes.map(({html, failureSummary}) => `${id}: ${html.slice(0, 160)}\\n${failureSummary}`));
}"""


def install() -> None:
    """Install axe-core, as the lock has it, unless it is there."""
    if not AXE.exists():
        npm = shutil.which("npm")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=WIDGETS, check=True)


def violations(root) -> list[str]:
    """What axe-core has against the element at a locator, and how it could be mended."""
    if root.page.evaluate("typeof axe") == "undefined":
        root.page.evaluate(AXE.read_text(encoding="utf-8"))
    return root.evaluate(RUN, TAGS)
