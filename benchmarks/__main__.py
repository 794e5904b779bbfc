"""The command: measures what it is asked to, prints it, and stores a complete run."""

import argparse
import importlib
import json
import os
import pkgutil
import sys

import benchmarks
from benchmarks import harness, report


def show(text):
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def chosen(names):
    """Return the workloads that the names ask for; all without names."""
    modules = [each.name for each in pkgutil.iter_modules(benchmarks.__path__, "benchmarks.")]
    found = []
    for module in map(importlib.import_module, modules):
        found += getattr(module, "WORKLOADS", [])
    unknown = set(names).difference(each.name.split()[0] for each in found)
    if unknown:
        sys.exit(f"There is no workload {unknown.pop()}: the workloads are w1 … w6 and growth.")
    return [each for each in found if not names or each.name.split()[0] in names]


def store(results):
    """Keep a run: its raw data, the report with its picture, and what the README quotes."""
    from benchmarks import picture

    folder = harness.ROOT / "benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    write(folder / "results.json", json.dumps(results, ensure_ascii=False))
    write(folder / "report.md", report.report(results))
    readme = harness.ROOT / "README.md"
    write(readme, report.quoted(readme.read_text(encoding="utf-8"), results))
    for theme in picture.THEMES:
        picture.draw(results["workloads"], theme, folder / f"speed-{theme}.png")


def write(path, text):
    """Write a text file, the same on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def main():
    """Carry out the command line."""
    parser = argparse.ArgumentParser(
        prog="python kit.py bench",
        description=benchmarks.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", help="w1 … w6, growth")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds")
    words = parser.parse_args()
    os.environ.update(harness.ENVIRONMENT)  # before NumPy is loaded
    from benchmarks import machine

    machine.pin()
    workloads = {}
    for workload in chosen(words.names):
        show(f"\n## {workload.name}: {workload.title}\n")
        rounds = max(2, workload.rounds // 10) if words.quick else workload.rounds
        measured = vars(workload.measure(rounds))
        workloads[workload.name] = measured
        show(report.details(measured))
    results = {**machine.described(), "workloads": workloads}
    show(report.setting(results))
    show(report.table(results) + "\n" + report.growth(results))
    if not words.names and not words.quick:
        store(results)


if __name__ == "__main__":
    main()
