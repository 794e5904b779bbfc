"""The machine and the libraries: one core is chosen, and what is there is written down."""

import datetime
import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path

import psutil

PACKAGES = ["numpy", "numba", "torch", "jax", "autograd", "micrograd"]


def pin():
    """Stay on the idlest core, where the system can be asked for that (macOS cannot)."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):
        busy = psutil.cpu_percent(0.5, percpu=True)
        process.cpu_affinity([min(process.cpu_affinity(), key=busy.__getitem__)])


def described():
    """Return the day, the machine, the versions, and the BLAS that each library brought."""
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        for found in importlib.metadata.distributions(name=name):
            versions[name] = found.version
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{processor()} ({psutil.cpu_count()} cores, {platform.system()})",
        "versions": versions,
        "blas": list(blas()),
    }


def processor():
    """Return the name of the processor."""
    listed = Path("/proc/cpuinfo")  # elsewhere than on Linux Python knows the name
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def blas():
    """Say which BLAS NumPy and PyTorch compute with, and which kernels NumPy's chose."""
    import numpy  # noqa: F401  # so that its BLAS is loaded
    import threadpoolctl

    for each in threadpoolctl.threadpool_info():
        if each["user_api"] == "blas":
            package = Path(each["filepath"]).parent.name.removesuffix(".libs")
            yield f"{package}: {each['internal_api']} {each['version']}, {each.get('architecture')}"
    if importlib.util.find_spec("torch"):
        import torch

        built_with = [line.strip(" -") for line in torch.__config__.show().splitlines()]
        told = [line for line in built_with if "Kernel Library" in line or "CPU cap" in line]
        yield f"torch: {'; '.join(told)}"
    yield f"OPENBLAS_CORETYPE: {os.environ.get('OPENBLAS_CORETYPE', 'not set')}"
