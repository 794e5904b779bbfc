"""Turns the results of a run, as they are stored, into the text of the report and of the README."""

from __future__ import annotations

import re
import statistics
from itertools import pairwise
from typing import Any

from benchmarks.claims import CLAIMS, Claim, Samples, alone, beyond, doublings, times

UNITS = {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
CALM = 0.1  # on a calm machine the middle half of the loop's times lies this close together
CLIFF = 1.25  # a step is a cliff if it costs this much more than the work it adds
PICTURE = """
<picture>
  <source media="(prefers-color-scheme: dark)" srcset="{folder}speed-Dark.png">
  <img src="{folder}speed-Light.png" alt="The times of all cases, side by side" width="860">
</picture>

"""


def quantity(value: float, what: str) -> str:
    """Write a number with its unit."""
    if what == "bytes":
        return f"{value:.0f} B" if value < 1e5 else f"{value / 2**20:.0f} MiB"
    unit = next((unit for unit, size in UNITS.items() if abs(value) >= size), "ns")
    return f"{value / UNITS[unit]:.3g} {unit}"


def row(*cells: str) -> str:
    """Write a line of a table."""
    return f"| {' | '.join(cells)} |\n"


def head(*cells: str) -> str:
    """Write the first lines of a table."""
    return row(*cells) + "|---" * len(cells) + "|\n"


def claim_row(claim: Claim, value: float, work: str) -> str:
    """Write what a claim comes to."""
    numbers = (value, claim.must, claim.aim)
    if claim.rule in (alone, beyond):
        told = [quantity(number, claim.what) for number in numbers]
    else:
        told = [f"{number:.3g} ×" for number in numbers]
    against = "the best of the others" if claim.best else ", ".join(claim.others)
    return row(work, against, *told, claim.verdict(value))


def reached(results: dict[str, Any]) -> list[tuple[Claim, float]]:
    """Return the claims of which this run has the numbers, with what they come to."""
    values = [(claim, claim.value(results["workloads"])) for claim in CLAIMS]
    return [(claim, value) for claim, value in values if value is not None]


def table(results: dict[str, Any]) -> str:
    """Write every claim that this run can judge."""
    text = head("work", "against", "measured", "must be at most", "aim", "")
    for claim, value in reached(results):
        work = f"{claim.work}: {claim.detail}" if claim.detail else claim.work
        text += claim_row(claim, value, work)
    return text + left_out(results)


def short_table(results: dict[str, Any]) -> str:
    """Write the claims, of those of one kind the worst."""
    kinds: dict[tuple[str, ...], list[tuple[Claim, float]]] = {}
    for claim, value in reached(results):
        kinds.setdefault((claim.work, *claim.others), []).append((claim, value))
    text = head("work", "against", "measured", "must be at most", "aim", "")
    for claims in kinds.values():
        claim, value = max(claims, key=lambda each: each[1] / each[0].must)
        met = sum(each.must >= reached for each, reached in claims)
        note = f"; the worst of {len(claims)}, of which {met} meet it: {claim.detail}"
        text += claim_row(claim, value, claim.work + note * (len(claims) > 1))
    return text


def setting(results: dict[str, Any]) -> str:
    """Say when and where it was measured, with what, and how calm the machine was."""
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return (
        f"Measured on {results['date']} on one core of {results['machine']}; {versions}. "
        f"{calmness(results)}"
    )


def calmness(results: dict[str, Any]) -> str:
    """Say how much a loop that always does the same varied during the run."""
    loop = [seconds for each in results["workloads"].values() for seconds in each["calm"]]
    low, middle, high = statistics.quantiles(loop, n=4)
    spread = (high - low) / middle
    told = f"A loop that does the same all the time varied by {spread:.0%} (its middle half)"
    if spread <= CALM:
        return f"{told}: the machine was calm.\n"
    return f"**{told}: the machine was busy with other work, so the ratios are less sure.**\n"


def details(measured: dict[str, Any]) -> str:
    """Write what each case of a workload took, and which were left out."""
    text = head("case", "median", "middle half")
    for what, samples in measured["samples"].items():
        for case in measured["code"]:
            if case in samples:
                low, middle, high = (
                    quantity(number, what) for number in statistics.quantiles(samples[case], n=4)
                )
                name = case if what in ("time", "bytes") else f"{case}: {what}"
                text += row(name, middle, f"{low} – {high}")
    return text


def left_out(results: dict[str, Any]) -> str:
    """Write a line for each reason why cases were left out."""
    reasons: dict[str, list[str]] = {}
    for name, measured in results["workloads"].items():
        for case, reason in measured["left_out"].items():
            reasons.setdefault(reason, []).append(f"{case} ({name})")
    return "".join(
        f"\nLeft out: {reason}: {', '.join(each)}.\n" for reason, each in reasons.items()
    )


def cliffs(samples: Samples) -> list[str]:
    """Name the steps between close sizes that cost more than the work they add."""
    found = []
    for a, b in pairwise(sorted(samples, key=int)):
        more_work = int(b) / int(a)
        factor = times(samples, b, a) / more_work
        if more_work < CLIFF and factor > CLIFF:
            found.append(f"from {int(a):,} to {int(b):,} × {factor:.2f}")
    return found


def growth(results: dict[str, Any]) -> str:
    """Say where more work costs much more than it should, and what source lines cost."""
    text = ""
    for name, measured in results["workloads"].items():
        samples = measured["samples"].get("time", {})
        if name.startswith("growth") and samples and all(map(str.isdigit, samples)):
            twice = doublings(samples)
            size = max(twice, key=twice.__getitem__)
            steps = ", ".join(cliffs(samples)) or "none"
            text += (
                f"- {measured['title']}: twice the work costs at most {twice[size]:.3g} × "
                f"(up to {int(size):,}); cliffs: {steps}\n"
            )
        elif name == "growth lines":
            adds = int(measured["title"].split()[0])
            cost = beyond(samples, "mg.record()", "minigrad") / adds
            text += f"- source lines: `mg.record()` adds {quantity(cost, 'time')} to an op\n"
    return text


def code(measured: dict[str, Any]) -> str:
    """Write the lines of each case; cases that share their lines stand together."""
    texts: dict[str, list[str]] = {}
    for case, text in measured["code"].items():
        texts.setdefault(text, []).append(case)
    shown = "".join(f"\n{', '.join(c)}:\n```python\n{t}```\n" for t, c in texts.items())
    return f"\n<details><summary>the lines</summary>\n{shown}\n</details>\n"


def report(results: dict[str, Any]) -> str:
    """Write the whole report."""
    text = f"# Speed\n\n{setting(results)}\n{table(results)}{PICTURE.format(folder='')}"
    libraries = "\n".join(f"- {line}" for line in results["blas"])
    text += f"Libraries for linear algebra, with the kernels that they chose:\n\n{libraries}\n\n"
    text += f"How cost grows:\n\n{growth(results)}"
    for name, measured in results["workloads"].items():
        text += f"\n## {name}: {measured['title']}\n\n{details(measured)}{code(measured)}"
    return text


def quote(results: dict[str, Any]) -> str:
    """Write what the README says of a run."""
    picture = PICTURE.format(folder="benchmarks/results/")
    return f"{setting(results)}\n{short_table(results)}{picture}"


def quoted(readme: str, results: dict[str, Any]) -> str:
    """Return the README's text with the results of a run in place of the last one's."""
    begin, end = "<!-- speed -->\n", "<!-- /speed -->\n"
    return re.sub(
        f"{begin}.*?{end}", lambda _: begin + quote(results) + end, readme, flags=re.DOTALL
    )
