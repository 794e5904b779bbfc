"""Measures cases side by side: each once in every round, in another order each time.

A case is a function that gets a workload's data and returns what is measured. Its own text is
printed with the results, so it is written as somebody who knows the framework would write it.
"""

from __future__ import annotations

import importlib
import inspect
import json
import multiprocessing
import random
import shutil
import subprocess
import sys
import textwrap
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# One thread everywhere; read by the libraries when they are loaded. JAX keeps float64 only when
# told to.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}


class LeftOutError(Exception):
    """A case cannot run here; the text says why."""


@dataclass
class Case:
    """One way to do a workload. `needs` are modules that must be installed.

    `given` comes behind the workload's data; `shared` are functions of ours that it calls.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...]
    given: tuple[Any, ...]
    shared: tuple[Callable[..., Any], ...]

    def check_needs(self) -> None:
        """Look for what it needs. LeftOutError where that is missing."""
        try:
            for need in self.needs:
                importlib.import_module(need)
        except ImportError as error:
            raise LeftOutError(str(error)) from error

    def text(self) -> str:
        """Return the lines of its functions, without what registers them."""
        parts = []
        for each in (*self.shared, self.function):
            lines = textwrap.dedent(inspect.getsource(each)).splitlines(keepends=True)
            first = next(i for i, line in enumerate(lines) if line.startswith("def "))
            parts.append("".join(lines[first:]))
        return "\n\n".join(parts)


@dataclass
class Measured:
    """What came of a workload: every sample of every case, by what it measures."""

    title: str
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    calm: list[float] = field(default_factory=list)  # seconds that the same little loop took


@dataclass
class Workload:
    """Cases that do the same work. What `data(tiny)` returns is handed to each of them."""

    name: str
    title: str
    rounds: int
    data: Callable[[bool], tuple[Any, ...]] = lambda tiny: ()
    least: float = 5e-3  # seconds that a sample repeats its work for, so that the clock is cheap
    cases: dict[str, Case] = field(default_factory=dict)

    def case(
        self, name: str, *needs: str, given: tuple[Any, ...] = (), shared: tuple[Any, ...] = ()
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register the function below as the case `name`."""

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self.cases[name] = Case(function, needs, given, shared)
            return function

        return register

    def sampler(self, case: Case, arguments: tuple[Any, ...]) -> Callable[[], dict[str, float]]:
        """Return what takes one sample: numbers by what they measure."""
        raise NotImplementedError

    def measure(self, rounds: int, tiny: bool = False) -> Measured:
        """Run all cases that can run here, in so many rounds."""
        data = self.data(tiny)
        samplers: dict[str, Callable[[], dict[str, float]]] = {}
        measured = Measured(self.title)
        for name, case in self.cases.items():
            try:
                case.check_needs()
                samplers[name] = self.sampler(case, (*data, *case.given))
                measured.code[name] = case.text()
            except LeftOutError as reason:
                measured.left_out[name] = str(reason)
        order = list(samplers)
        chance = random.Random(0)
        for _ in range(rounds):
            measured.calm.append(seconds(lambda: sum(range(50_000)), 1))
            chance.shuffle(order)
            for name in order:
                for what, number in samplers[name]().items():
                    kept = measured.samples.setdefault(what, {}).setdefault(name, [])
                    kept.append(float(f"{number:.6g}"))
        return measured


class Timed(Workload):
    """Cases that run in this process. A case's function returns the step that is timed.

    All steps that return something must return the same numbers, or none is timed. The collector
    stays on, as it is for a user.
    """

    expected: list[Any] | None = None

    def sampler(self, case: Case, arguments: tuple[Any, ...]) -> Callable[[], dict[str, float]]:
        """Warm the step up, and find how often a sample must repeat it."""
        from minigrad import CompileWarning

        with warnings.catch_warnings():
            warnings.simplefilter("error", CompileWarning)  # eager code is not to pass for compiled
            try:
                step = case.function(*arguments)
                found = [*numbers_in(step()), *numbers_in(step())]  # compilers work in these calls
            except CompileWarning as refusal:
                raise LeftOutError(str(refusal)) from refusal
        self.check(found)
        many = 1
        while seconds(step, many) * many < self.least / 2:
            many *= 2
        return lambda: {"time": seconds(step, many)}

    def check(self, found: list[Any]) -> None:
        """Compare with what the first case returned. AssertionError where it differs."""
        from numpy.testing import assert_allclose

        self.expected = self.expected or found
        for a, b in zip(found, self.expected, strict=bool(found)):
            assert_allclose(a, b, rtol=1e-3, atol=1e-5)


class Alone(Timed):
    """Timed cases of minigrad alone, in a new Python that holds no other framework.

    The collector goes through all that is held: with torch and JAX there, one collection takes
    longer than many ops.
    """

    def measure(self, rounds: int, tiny: bool = False) -> Measured:
        """Have a new Python run the cases."""
        module = next(iter(self.cases.values())).function.__module__
        with multiprocessing.get_context("spawn").Pool(1) as new:
            return new.apply(_measured_here, (module, self.name, [*self.cases], rounds, tiny))


def _measured_here(module: str, name: str, cases: list[str], rounds: int, tiny: bool) -> Measured:
    """Run cases of a module's workload in this process."""
    workloads = importlib.import_module(module).WORKLOADS
    (workload,) = [each for each in workloads if each.name == name]
    workload.cases = {each: workload.cases[each] for each in cases}
    return Timed.measure(workload, rounds, tiny)


class Fresh(Workload):
    """Cases that each run in a new Python. A case's function returns the numbers."""

    def sampler(self, case: Case, arguments: tuple[Any, ...]) -> Callable[[], dict[str, float]]:
        """Run it once, so that the files it reads are in memory."""

        def sample() -> dict[str, float]:
            return json.loads(self.printed(program(case, arguments)))

        sample()
        return sample

    def printed(self, program: str) -> str:
        """Run a program and return what it prints."""
        command = [sys.executable, "-c", program]
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout.decode()


class InKernel(Fresh):
    """Cases that each run in a new Jupyter kernel."""

    def printed(self, program: str) -> str:
        """Run a program as a cell and return what it prints."""
        from jupyter_client.manager import run_kernel

        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            said.append(content.get("text", "") + "\n".join(content.get("traceback", ())))

        with run_kernel(cwd=str(ROOT), extra_arguments=["--log-level=ERROR"]) as client:
            client.execute_interactive(program, output_hook=hear, timeout=120)
        return "".join(said)


def program(case: Case, arguments: tuple[Any, ...]) -> str:
    """Return a program that prints, as JSON, what a case returns."""
    call = f"{case.function.__name__}{arguments!r}"
    return f"{case.text()}\n\nimport json\n\nprint(json.dumps({call}))"


def require_compiler() -> None:
    """Leave a case out that needs a C++ compiler, where there is none."""
    if not any(map(shutil.which, ("g++", "clang++", "cl"))):
        raise LeftOutError("no C++ compiler is here")


def seconds(step: Callable[[], Any], many: int) -> float:
    """Return the time that one call takes when `many` are made."""
    began = time.perf_counter()
    for _ in repeat(None, many):
        step()
    return (time.perf_counter() - began) / many


def numbers_in(result: Any) -> list[Any]:
    """Return copies of the numbers and arrays that a step returned, of whatever framework."""
    import numpy as np

    if result is None:
        return []
    if isinstance(result, tuple | list):
        return [each for part in result for each in numbers_in(part)]
    return [np.array(result.detach() if hasattr(result, "detach") else result)]
