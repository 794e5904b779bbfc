"""What is compared with PyTorch: code that means the same in both libraries, and its inputs.

Each module here is an area. It holds

    SAMPLES = [
        ("x @ w", {"x": [[1.0, 2.0]], "w": [3.0, 4.0]}),
        ("t.gather(x, 1, t.tensor([[0, 0]]))", {"x": [[1.0, 2.0]]}),
        ("y = x * 1; y[0] = w; y.relu_(); y", {"x": [-1.0, 2.0], "w": 3.0}),
    ]

How to write one:

* `t` is torch or minigrad. Nothing else is imported; write `float('inf')` for an infinity.
* Every input is a float leaf that requires a gradient; make integers and masks in the code.
* Statements may come first, divided by semicolons; the last part is the result: a tensor, a tuple
  or list of them (named tuples too), or anything else, which is compared by its `repr`.
* Numbers are rounded to float32 first, so that float32 and float64 see the same ones.
* A sample without inputs is run once; one with inputs in float32 and float64, each from four memory
  layouts: contiguous, strided, with negative strides, and as a view of a larger tensor.
* Compared are dtype, shape, value, grad_fn's name, and the first and second derivatives, each from
  a cotangent in which every cell differs. Keep the numbers few and telling.

Then write PyTorch's answers, where torch 2.13.0 is installed, into golden/torch/AREA.json:

    python tests/engine/torch_values.py AREA

A sample that has no such answer fails its test. `python kit.py conformance AREA` compares live.
"""

import importlib
from pathlib import Path

AREAS = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def samples_of(area):
    """Return the samples of an area."""
    return importlib.import_module(f"samples.{area}").SAMPLES
