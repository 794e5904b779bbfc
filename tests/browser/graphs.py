"""Thirty graphs of many kinds, as a reader would write them in a cell; each ends with a stepper."""

IMPORTS = """import numpy as np
import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F
from minigrad_widgets import GraphStepper

mg.manual_seed(0)


def leaf(*values, grad=True):
    return mg.tensor(values[0] if len(values) == 1 else list(values), requires_grad=grad)
"""

GRAPHS = {
    "composite": """
x, a, b = leaf(1.0), leaf(2.0), leaf(3.0)
y = a * x**2 + b * x + 1
z = y**2 + 2 * y""",
    "two roads": "a, b = leaf(3.0), leaf(4.0)\nz = a * b + a",
    "squared": "a = leaf(3.0)\nz = a * a",
    "several outputs": """
v, weights = leaf(3.0, 1.0, 2.0), leaf(1.0, 10.0, 100.0)
values, places = v.sort()
z = (values * weights).sum()""",
    "eight roads": "a = leaf(2.0)\nz = sum(k * a for k in range(1, 9))",
    "chain of thirty": "z = leaf(0.5)\nfor _ in range(30):\n    z = z.sin()",
    "wide": "w = [leaf(k + 0.5) for k in range(12)]\nz = sum(v.exp() for v in w)",
    "neuron": """
x1, x2 = leaf(2.0, grad=False), leaf(0.0, grad=False)
w1, w2, b = leaf(-3.0), leaf(1.0), leaf(6.8813735870195432)
o = (x1 * w1 + x2 * w2 + b).tanh()""",
    "sigmoid": "x = leaf(1.0)\ny = x.sigmoid()\nloss = -y.log()",
    "long names": """
the_rate_of_learning, another_name_that_never_ends = leaf(-0.0001234), leaf(1.5)
result_of_all_this = the_rate_of_learning * another_name_that_never_ends + the_rate_of_learning""",
    "letters of the world": """
β, größe, 重み = leaf(1.0), leaf(2.0), leaf(3.0)
з = β * größe + 重み""",
    "great and small numbers": "a, b = leaf(1.234e-30), leaf(-98765432.0)\nz = a * b * b + b",
    "infinity": "a = leaf(0.0)\nz = 1 / a + a",
    "not a number": "a = leaf(-1.0)\nz = a.sqrt() * a",
    "frozen leaf": "a, c = leaf(2.0), leaf(5.0, grad=False)\nz = a * c + c",
    "detach": "a = leaf(2.0)\nb = a * a\nz = b * b.detach()",
    "no_grad": "a = leaf(2.0)\nwith mg.no_grad():\n    c = a * 3\nz = a * c",
    "vector": "v = leaf(1.0, -2.0, 3.0)\nloss = (v * v).sum()",
    "broadcast": """
row, table = leaf(1.0, 2.0, 3.0), leaf([1.0, 1.0, 1.0], [0.5, 2.0, -1.0])
loss = (row * table + row).sum()""",
    "column and row": """
column, row = leaf([1.0], [2.0], [3.0]), leaf(10.0, 20.0)
loss = (column + row).mean()""",
    "linear layer": """
X, W = mg.linspace(-2, 2, 12).reshape(3, 4), mg.linspace(0, 1, 8).reshape(4, 2)
W.requires_grad_()
bias = leaf(0.5, -1.0)
loss = ((X @ W + bias) ** 2).sum()""",
    "matrix of heat": """
X, W = mg.randn(16, 20), mg.randn(20, 12, requires_grad=True)
loss = (X @ W).relu().mean()""",
    "outlier": """
v = mg.linspace(-1, 1, 64).reshape(8, 8).requires_grad_()
loss = (v**31 * 1e6).sum()""",
    "softmax": """
logits = leaf([2.0, 1.0, -1.0], [0.5, 0.0, 3.0])
loss = F.cross_entropy(logits, mg.tensor([0, 2])) - F.log_softmax(logits, 1).mean()""",
    "layer norm": """
x = leaf([1.0, 2.0, 4.0], [0.0, -1.0, 1.0])
loss = (F.layer_norm(x, (3,)) ** 3).sum()""",
    "indexing": "v = leaf(1.0, 2.0, 3.0, 4.0)\nz = v[0] * v[1] + v[2:].sum()",
    "choice": "a, b = leaf(2.0, -3.0), leaf(1.0, 5.0)\nz = mg.where(a > 0, a, b).max()",
    "small network": """
model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
loss = F.mse_loss(model(mg.tensor([[1.0, 2.0], [-1.0, 0.5]])), mg.tensor([[1.0], [0.0]]))""",
    "through time": """
w, u, h = leaf(0.5), leaf(-0.8), mg.tensor(0.0)
for x in (1.0, -2.0, 0.5):
    h = (w * x + u * h).tanh()
loss = (h - 1) ** 2""",
    "gradient of a gradient": """
x = leaf(2.0)
y = x**3
(slope,) = mg.autograd.grad(y, x, create_graph=True)
penalty = slope**2""",
}


def cell(code: str) -> str:
    """A cell that shows a stepper for the last name that `code` binds."""
    name = code.strip().splitlines()[-1].split("=")[0].strip()
    return f"{code.strip()}\nGraphStepper({name})"
