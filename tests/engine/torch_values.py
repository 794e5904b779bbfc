"""PyTorch's answers to the samples. Writes golden/torch where torch 2.13.0 is installed:

python tests/engine/torch_values.py [AREA ...]
"""

import json
import sys
from pathlib import Path

from measuring import arrays, contiguous, kinds, measured, strided
from samples import AREAS, samples_of

GOLDEN = Path(__file__).with_name("golden") / "torch"


def golden(area):
    """Return the file with PyTorch's answers for an area."""
    return GOLDEN / f"{area}.json"


def answer(torch, code, inputs):
    """Ask PyTorch: measurements by dtype, and why it refuses strided inputs, if it does."""
    runs = {}
    for kind in kinds(inputs):
        cells = arrays(inputs, kind)
        leaves = {name: contiguous(torch, each) for name, each in cells.items()}
        runs[kind] = measured(torch, code, leaves)
    scattered = {name: torch.from_numpy(strided(each)) for name, each in cells.items()}
    try:
        measured(torch, code, {name: each.requires_grad_() for name, each in scattered.items()})
        refused = None
    except RuntimeError as error:
        refused = str(error).partition(".")[0]
    return {"sample": [code, inputs], **runs, "refused": refused}


def key(sample):
    """Return a sample as text, in which NaN equals NaN."""
    return json.dumps(sample)


def stored(area):
    """Return the stored answers for an area, by the sample's key."""
    if not golden(area).exists():
        return {}
    answers = json.loads(golden(area).read_text(encoding="utf-8"))
    return {key(each["sample"]): each for each in answers}


def write(torch, area):
    """Store PyTorch's answers, one line for each sample."""
    answers = []
    for sample in samples_of(area):
        try:
            answers.append(answer(torch, *sample))
        except Exception as error:
            error.add_note(f"in the sample {sample}")
            raise
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in answers)
    golden(area).write_text(f"[\n{lines}\n]\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    import torch

    for area in sys.argv[1:] or AREAS:
        write(torch, area)
