"""The benchmarks: every case does its work, and what is told of a run is what was stored."""

import importlib
import json
import os
import subprocess
import sys

import pytest

import kit
import minigrad as mg
from benchmarks import harness, picture, report
from benchmarks.__main__ import chosen
from benchmarks.claims import CLAIMS, RIVALS, Claim, beyond, times, worst_doubling
from benchmarks.harness import Fresh, Timed
from benchmarks.w6_growth import ELEMENTS, LAYERS, OPS

RESULTS = kit.ROOT / "benchmarks" / "results"
STORED = json.loads((RESULTS / "results.json").read_text(encoding="utf-8"))

WORKLOADS = {workload.name: workload for workload in chosen([])}

SIZES = {str(size) for size in (*OPS, *LAYERS, *ELEMENTS)} - {"1", "64", "4096"}


def ours(cases):
    """Return the cases that are minigrad's own; those of growth are named by a size."""
    return [case for case in cases if case.startswith("minigrad") or case.isdigit()]


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_case_runs_and_all_that_are_installed_agree(name, monkeypatch):
    workload = WORKLOADS[name]
    monkeypatch.setattr(workload, "least", 0)
    if name.startswith("growth"):  # few sizes are enough, one of them large enough for a kernel
        few = {case: workload.cases[case] for case in workload.cases if case not in SIZES}
        monkeypatch.setattr(workload, "cases", few)
    measured = workload.measure(rounds=2, tiny=True)
    for samples in measured.samples.values():
        for values in samples.values():
            assert len(values) == 2
    assert measured.code.keys() | measured.left_out.keys() == workload.cases.keys()
    assert not ours(measured.left_out)


def test_the_expression_has_the_values_of_micrograds_readme():
    workload = WORKLOADS["w1"]
    workload.measure(rounds=1)
    value, by_a, by_b = workload.expected[:3]
    assert (round(float(value), 4), round(float(by_a), 4)) == (24.7041, 138.8338)
    assert round(float(by_b), 3) == 645.577


def two_cases(first, second, *needs):
    """Return a workload of two cases whose steps return these."""
    workload = Timed("two", "two cases", rounds=1)

    @workload.case("first")
    def one():
        return lambda: first

    @workload.case("second", *needs)
    def other():
        return lambda: second

    return workload


def test_a_case_that_computes_something_else_is_not_timed():
    with pytest.raises(AssertionError, match="Not equal"):
        two_cases(1.0, (1.01)).measure(rounds=1)
    with pytest.raises(ValueError, match="zip"):
        two_cases(1.0, (1.0, 1.0)).measure(rounds=1)


@pytest.mark.parametrize("need", ["no_such_module", "torch"])
def test_what_is_not_here_is_left_out_with_the_reason(need, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    measured = vars(two_cases(1.0, 1.0, need).measure(rounds=3))
    assert measured["samples"]["time"].keys() == {"first"}
    assert need in measured["left_out"]["second"]
    assert "second (two)" in report.left_out({"workloads": {"two": measured}})


def test_torch_compile_is_left_out_where_there_is_no_compiler(monkeypatch):
    monkeypatch.setattr(harness.shutil, "which", lambda name: None)
    workload = two_cases(1.0, 1.0)
    workload.case("torch.compile", "json")(harness.require_compiler)
    assert workload.measure(rounds=1).left_out == {"torch.compile": "no C++ compiler is here"}


def test_eager_code_does_not_pass_for_compiled():
    def refused():
        compiled = mg.compile(lambda x: x * float(x))
        return lambda: compiled(mg.tensor(3.0))

    workload = Timed("refused", "refused", rounds=1)
    workload.case("minigrad compiled")(refused)
    measured = workload.measure(rounds=1)
    assert "it reads the numbers" in measured.left_out["minigrad compiled"]
    assert not measured.samples


def test_a_failure_of_our_own_case_is_no_reason_to_leave_it_out():
    workload = Timed("own", "own", rounds=1)
    workload.case("minigrad")(lambda: importlib.import_module("no_such_module"))
    with pytest.raises(ImportError):
        workload.measure(rounds=1)


def test_the_number_of_a_comparison_is_the_median_of_the_rounds_ratios():
    samples = {"ours": [1.0, 2.0, 90.0], "theirs": [2.0, 8.0, 100.0], "best": [2.0, 4.0, 90.0]}
    assert times(samples, "ours", "theirs") == 0.5
    assert times(samples, "ours", "theirs", "best") == 0.5
    assert times(samples, "theirs", "ours", "best") == 2
    assert beyond(samples, "theirs", "ours") == 6


def test_growth_names_the_worst_doubling_and_the_cliffs():
    samples = {"1": [1.0], "2": [1.5], "4": [6.0], "100": [50.0], "101": [70.0], "110": [75.0]}
    assert worst_doubling(samples, "1") == 4
    (cliff,) = report.cliffs(samples)
    assert cliff.startswith("from 100 to 101 × 1.39")


def test_a_claim_is_judged_by_its_limits_and_only_where_it_was_measured():
    claim = Claim("work", "w", "minigrad", ("torch", "jax.jit"), must=0.5, aim=0.25, best=True)
    assert claim.value({"w": {"samples": {"time": {"minigrad": [1.0]}}}}) is None
    assert claim.value({"w": {"samples": {"time": {"minigrad": [1.0], "torch": [2.0]}}}}) == 0.5
    assert claim.value({}) is None
    assert [claim.verdict(value) for value in (0.25, 0.5, 0.51)] == [
        "aim met",
        "met",
        "**not met**",
    ]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.work} {claim.detail}")
def test_a_claim_speaks_of_cases_that_exist(claim):
    cases = WORKLOADS[claim.workload].cases.keys()
    assert claim.case in cases
    assert cases >= set(claim.others) or (claim.others == RIVALS and cases & set(RIVALS))


@pytest.mark.parametrize(("loop", "said"), [([1.0, 1.0, 1.01], "calm"), ([1.0, 1.5, 2.0], "busy")])
def test_a_busy_machine_is_admitted(loop, said):
    assert said in report.calmness({"workloads": {"w": {"calm": loop}}})


def test_the_stored_run_is_complete():
    assert STORED["workloads"].keys() == WORKLOADS.keys()
    for name, measured in STORED["workloads"].items():
        assert measured["code"].keys() | measured["left_out"].keys() == WORKLOADS[name].cases.keys()
        assert not ours(measured["left_out"])


def test_the_report_and_the_readme_say_what_was_stored():
    assert (RESULTS / "report.md").read_text(encoding="utf-8") == report.report(STORED)
    readme = (kit.ROOT / "README.md").read_text(encoding="utf-8")
    assert report.quote(STORED) in readme
    assert report.quoted(readme, STORED) == readme
    another = STORED | {"date": "another day"}
    assert report.quote(another) in report.quoted(readme, another)


@pytest.mark.parametrize("theme", picture.THEMES)
def test_the_picture_is_drawn_from_what_was_stored(theme, tmp_path):
    picture.draw(STORED["workloads"], theme, tmp_path / "speed.png")
    assert (tmp_path / "speed.png").stat().st_size > 10_000


def test_the_picture_leaves_a_gap_for_what_was_left_out(tmp_path):
    nothing = {**STORED["workloads"]["w6 memory"], "samples": {}}
    picture.draw({**STORED["workloads"], "w6 memory": nothing}, "Light", tmp_path / "speed.png")
    assert (tmp_path / "speed.png").stat().st_size > 10_000


def test_the_lines_that_run_alone_need_nothing_else():
    for workload in WORKLOADS.values():
        if isinstance(workload, Fresh):
            for case in workload.cases.values():
                compile(harness.program(case, ()), "case", "exec")


def test_an_unknown_workload_gets_a_sentence():
    command = [sys.executable, "-m", "benchmarks", "w7"]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    run = subprocess.run(command, cwd=kit.ROOT, capture_output=True, env=environment)
    assert run.returncode == 1
    said = run.stderr.decode().splitlines()
    assert said == ["There is no workload w7: the workloads are w1 … w6 and growth."]
