"""Compares minigrad with PyTorch's answers, stored or live.

python tests/engine/conformance.py [AREA ...]    live, where torch is installed: prints tables

Without an area, float32 is swept too (see sweep.py).
The error is a part of the cell (at most 1e-9), the ratio a part of what closeness.py allows (1).
"""

import sys

import minigrad as mg
from closeness import Comparison
from measuring import arrays, contiguous, kinds, measured, reversed_, strided, view
from samples import AREAS, samples_of
from sweep import sweeps
from torch_values import answer, key, stored

# How the inputs lie in memory. PyTorch refuses some ops on what is not contiguous.
LAYOUTS = {
    "contiguous": lambda array: contiguous(mg, array),
    "strided": lambda array: mg.Tensor(strided(array), True),
    "reversed": lambda array: mg.Tensor(reversed_(array), True),
    "view": lambda array: view(mg, array),
}
SCATTERED = ["strided", "reversed"]


def compare(code, inputs, theirs):
    """Compare minigrad with PyTorch's answer to one sample, in both dtypes and all layouts."""
    comparison = Comparison()
    for kind in kinds(inputs):
        exact = theirs[kinds(inputs)[-1]]
        for layout in LAYOUTS if inputs else ["contiguous"]:
            what = f"{kind} {layout}"
            leaves = {name: LAYOUTS[layout](each) for name, each in arrays(inputs, kind).items()}
            refused = theirs["refused"] if layout in SCATTERED else None
            try:
                ours = measured(mg, code, leaves)
            except Exception as error:
                if not (refused and isinstance(error, RuntimeError)):
                    comparison.misses.append(f"{what}: {type(error).__name__}: {error}")
                continue
            if refused:
                comparison.misses.append(f"{what}: PyTorch refuses this: {refused}")
                continue
            comparison.add(what, kind, ours, theirs[kind], exact)
            if layout == "contiguous":
                comparison.names(what, ours["outputs"], theirs[kind]["outputs"])
    return comparison


def compare_stored(inputs, written, theirs):
    """Compare PyTorch's stored answer to one sample with what it answers now."""
    comparison = Comparison()
    if written is None:
        comparison.misses.append("no answer is stored")
        return comparison
    for kind in kinds(inputs):
        exact = theirs[kinds(inputs)[-1]]
        comparison.add(f"stored {kind}", kind, written[kind], theirs[kind], exact)
    return comparison


def live(torch, area):
    """Compare an area with what PyTorch gives now, and so the stored answers; print one line."""
    answers = stored(area)
    worst = {"float64": 0.0, "float32": 0.0}
    misses = []
    for sample in samples_of(area):
        theirs = answer(torch, *sample)
        ours = compare(*sample, theirs)
        worst = {kind: max(worst[kind], ours.worst[kind]) for kind in worst}
        found = ours.misses + compare_stored(sample[1], answers.get(key(sample)), theirs).misses
        if found:
            misses.append(f"{area}: {sample}: {found[0]} (and {len(found) - 1} more)")
    print(
        f"{area:12}  {len(samples_of(area)):7}   {worst['float64']:19.2g}   "
        f"{worst['float32']:19.2g}   {len(misses):6}"
    )
    return misses


if __name__ == "__main__":
    import torch

    areas = sys.argv[1:] or AREAS
    if unknown := set(areas).difference(AREAS):
        sys.exit(f"There is no area {unknown.pop()}; the areas are {', '.join(AREAS)}.")
    print(f"minigrad and PyTorch {torch.__version__}")
    print("area          samples   worst float64 error   worst float32 ratio   misses")
    misses = [miss for area in areas for miss in live(torch, area)]
    if not sys.argv[1:]:
        misses += sweeps(torch)
    print(*misses, sep="\n")
    sys.exit(1 if misses else 0)
