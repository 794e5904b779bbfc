"""W6: how long the import takes, the first gradient after it, and the memory both need."""

from benchmarks.harness import Fresh, InKernel

start = Fresh("w6", "import in a new Python; the first gradient of a number after it", rounds=15)
memory = InKernel("w6 memory", "a new Jupyter kernel after the import and a gradient", rounds=3)
WORKLOADS = [start, memory]


@start.case("minigrad", given=("minigrad",))
@start.case("torch", "torch", given=("torch",))
def first_gradient(framework):
    import importlib
    import time

    began = time.perf_counter()
    framework = importlib.import_module(framework)
    imported = time.perf_counter()
    x = framework.tensor(2.0, requires_grad=True)
    (x * x).backward()
    return {"time": imported - began, "first gradient": time.perf_counter() - imported}


@start.case("numpy")
def numpy():
    import time

    began = time.perf_counter()
    import numpy  # noqa: F401

    return {"time": time.perf_counter() - began}


@memory.case("minigrad", "ipykernel", given=("minigrad",))
@memory.case("torch", "ipykernel", "torch", given=("torch",))
def resident(framework):
    import importlib

    import psutil

    framework = importlib.import_module(framework)
    x = framework.tensor(2.0, requires_grad=True)
    (x * x).backward()
    return {"bytes": psutil.Process().memory_info().rss}
