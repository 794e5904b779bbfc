"""W5: a chain of 10⁶ adds, forward and backward, and what its graph takes of memory."""

from benchmarks.harness import Fresh


def data(tiny):
    """Say how many adds."""
    return (1000 if tiny else 10**6,)


long_chain = Fresh("w5", "chain of 10⁶ adds, forward and backward, per add", rounds=3, data=data)
WORKLOADS = [long_chain]


@long_chain.case("minigrad", given=("minigrad",))
@long_chain.case("torch", "torch", given=("torch",))
def chain(adds, framework):
    import importlib
    import time

    import psutil

    framework = importlib.import_module(framework)
    x = framework.tensor(0.5, requires_grad=True)
    (x + 1.0).backward()
    resident = psutil.Process().memory_info
    before, began = resident().rss, time.perf_counter()
    y = x
    for _ in range(adds):
        y = y + 1.0
    took = time.perf_counter() - began
    after, began = resident().rss, time.perf_counter()
    y.backward()
    del y
    took += time.perf_counter() - began
    return {"time": took / adds, "bytes": (after - before) / adds}
