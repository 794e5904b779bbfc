"""What PyTorch's modules do. Writes golden/torch_modules.json where torch 2.13.0 is installed:

python tests/engine/torch_modules.py

`t` is torch or minigrad. Each case is a module, and the input that it is called with. A module
starts in float32 and runs in float64, where all errors but those of rounding show; samples/nn.py
has the functions that modules are made of in both.
"""

import json
from pathlib import Path

GOLDEN = Path(__file__).with_name("golden") / "torch_modules.json"

ROWS = "t.arange(12.0).reshape(4, 3) / 8 - 0.5"
IMAGES = "(t.arange(128.0) * 37 % 128 - 64).reshape(2, 4, 4, 4) / 64"
SIGNALS = "(t.arange(48.0) * 37 % 64 - 32).reshape(2, 4, 6) / 32"
NUMBERS = "t.tensor([[1, 0, 2], [2, 2, 3]])"
CASES = [
    ("t.nn.Linear(3, 2)", ROWS),
    ("t.nn.Linear(3, 2, bias=False)", ROWS),
    ("t.nn.Linear(3, 20, dtype=t.float64)", f"({ROWS}).to(t.float64)"),
    ("t.nn.Identity()", ROWS),
    ("t.nn.Sequential(t.nn.Linear(3, 4), t.nn.Tanh(), t.nn.Linear(4, 1))", ROWS),
    (
        "t.nn.Sequential(t.nn.Conv2d(4, 3, 2), t.nn.ReLU(), t.nn.MaxPool2d(2), t.nn.Flatten(), "
        "t.nn.Sequential(t.nn.Linear(3, 5), t.nn.LayerNorm(5)))",
        IMAGES,
    ),
    ("t.nn.Sequential(*[t.nn.ReLU() for _ in range(2)])", ROWS),
    ("t.nn.ReLU()", ROWS),
    ("t.nn.ReLU(inplace=True)", ROWS),
    ("t.nn.Sequential(t.nn.Linear(3, 4), t.nn.ReLU(True), t.nn.Linear(4, 1))", ROWS),
    ("t.nn.LeakyReLU()", ROWS),
    ("t.nn.LeakyReLU(0.25, inplace=True)", ROWS),
    ("t.nn.ELU(2.0, True)", ROWS),
    ("t.nn.SELU(inplace=True)", ROWS),
    ("t.nn.SiLU(inplace=True)", ROWS),
    ("t.nn.Dropout(0.5, inplace=True)", "t.ones(40)"),
    ("t.nn.LeakyReLU(0.25)", ROWS),
    ("t.nn.ELU()", ROWS),
    ("t.nn.SELU()", ROWS),
    ("t.nn.Softplus()", ROWS),
    ("t.nn.Softplus(beta=2, threshold=1)", ROWS),
    ("t.nn.SiLU()", ROWS),
    ("t.nn.GELU()", ROWS),
    ("t.nn.GELU('tanh')", ROWS),
    ("t.nn.Sigmoid()", ROWS),
    ("t.nn.LogSigmoid()", ROWS),
    ("t.nn.Tanh()", ROWS),
    ("t.nn.Softmax(dim=1)", ROWS),
    ("t.nn.LogSoftmax(dim=0)", ROWS),
    ("t.nn.Flatten()", SIGNALS),
    ("t.nn.Flatten(0, 1)", SIGNALS),
    ("t.nn.Dropout(0.25)", "t.ones(40)"),
    ("t.nn.LayerNorm(3)", ROWS),
    ("t.nn.LayerNorm((4, 6), eps=0.01, bias=False)", SIGNALS),
    ("t.nn.LayerNorm([3], elementwise_affine=False)", ROWS),
    ("t.nn.BatchNorm1d(3)", ROWS),
    ("t.nn.BatchNorm1d(4, eps=0.01, momentum=None)", SIGNALS),
    ("t.nn.BatchNorm1d(3, affine=False)", ROWS),
    ("t.nn.BatchNorm1d(3, track_running_stats=False)", ROWS),
    ("t.nn.Embedding(4, 3)", NUMBERS),
    ("t.nn.Embedding(4, 8, padding_idx=-2)", NUMBERS),
    ("t.nn.Conv1d(4, 3, 2)", SIGNALS),
    ("t.nn.Conv1d(4, 2, 3, padding='same', dilation=2, groups=2, bias=False)", SIGNALS),
    ("t.nn.Conv2d(4, 5, 3)", IMAGES),
    ("t.nn.Conv2d(4, 2, (1, 2), stride=(2, 1), padding=(0, 1))", IMAGES),
    ("t.nn.MaxPool2d(2)", IMAGES),
    ("t.nn.MaxPool2d((2, 3), stride=1, padding=1, ceil_mode=True)", IMAGES),
    ("t.nn.AvgPool2d(2)", IMAGES),
    ("t.nn.AvgPool2d(3, stride=2, padding=1)", IMAGES),
]
LOSSES = [
    "t.nn.MSELoss()", "t.nn.L1Loss(reduction='sum')", "t.nn.SmoothL1Loss(beta=0.5)",
    "t.nn.HuberLoss(delta=0.5)", "t.nn.CrossEntropyLoss(label_smoothing=0.1)",
    "t.nn.CrossEntropyLoss(t.tensor([1.0, 2.0, 3.0]))", "t.nn.BCEWithLogitsLoss()",
    "t.nn.BCEWithLogitsLoss(pos_weight=t.tensor([1.0, 2.0, 3.0]))",
    "t.nn.KLDivLoss(reduction='batchmean')", "t.nn.KLDivLoss(reduction='sum', log_target=True)",
    "t.nn.NLLLoss()", "t.nn.BCELoss()",
]  # fmt: skip
TARGETS = {"NLL": "t.tensor([0, 1, 2, 1])", "": "t.arange(12.0).double().reshape(4, 3) / 16"}
STARTS = [
    "uniform_(w)", "uniform_(w, -2, 3)", "normal_(w)", "normal_(w, 1, 0.5)", "constant_(w, 0.5)",
    "ones_(w)", "zeros_(w)", "eye_(w[0])", "xavier_uniform_(w)", "xavier_uniform_(w, gain=2)",
    "xavier_normal_(w)", "kaiming_uniform_(w)", "kaiming_uniform_(w, mode='fan_out')",
    "kaiming_uniform_(w, nonlinearity='relu')", "kaiming_normal_(w, a=0.5)",
    "kaiming_normal_(w, mode='fan_out', nonlinearity='tanh')",
]  # fmt: skip


def cells(tensor):
    """Describe a tensor: dtype, shape, numbers."""
    return [str(tensor.dtype), list(tensor.shape), tensor.detach().reshape(-1).tolist()]


def state(module):
    """Describe a module's state_dict."""
    return {name: cells(each) for name, each in module.state_dict().items()}


def started(t, code):
    """Make a module after manual_seed(7); describe how it starts."""
    t.manual_seed(7)
    module = eval(code, {"t": t})
    found = {"repr": repr(module), "start": state(module)}
    return module.double(), found


def measured(tensors, **others):
    """Describe numbers and gradients."""
    grads = {f"{name}.grad": each.grad for name, each in tensors.items() if each.requires_grad}
    return {name: cells(each) for name, each in (others | grads).items()}


def behaviour(t, code, input):
    """Call a module, then once more in evaluation."""
    module, found = started(t, code)
    x = eval(input, {"t": t})
    if x.dtype.is_floating_point:
        x = x.double().requires_grad_()
    y = module(x * 1)  # not the leaf itself, into which no module may write
    weights = (t.arange(float(y.numel())) * 37 % 64 - 24).reshape(y.shape) / 32
    (y * weights.to(y.dtype)).sum().backward()
    numbers = measured({"input": x, **dict(module.named_parameters())}, output=y)
    numbers |= state(module) | {"evaluated": cells(module.eval()(x * 1))}
    return found | {"numbers": numbers}


def loss(t, code):
    """Compute a loss, with the target that it takes."""
    module, found = started(t, code)
    x = (t.arange(12.0).double().reshape(4, 3) / 16).requires_grad_()
    y = module(x, eval(TARGETS["NLL" if "NLL" in code else ""], {"t": t}))
    y.backward()
    return found | {"numbers": measured({"x": x}, output=y)}


def start(t, code):
    """Fill a weight after manual_seed(7)."""
    t.manual_seed(7)
    w = t.zeros(3, 4, 5)
    result = eval(f"t.nn.init.{code}", {"t": t, "w": w})
    return cells(result)


if __name__ == "__main__":
    import torch

    lines = [
        json.dumps({"code": case, **run(torch, *case)})
        for run, cases in ((behaviour, CASES), (loss, [[code] for code in LOSSES]))
        for case in cases
    ]
    lines += [json.dumps({"code": code, "output": start(torch, code)}) for code in STARTS]
    GOLDEN.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8", newline="\n")
