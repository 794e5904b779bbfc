"""Graphs of about the size of a lesson's largest, to see how much room they take."""

IMPORTS = (
    "import minigrad as mg\nfrom minigrad import nn\nfrom minigrad_widgets import GraphStepper\n"
)
# Each ends with a stepper's tensor, `loss`.
SIZES = {
    "20 numbers in a row": """
loss = mg.tensor(1.0, requires_grad=True)
for _ in range(19):
    loss = loss.sin()""",
    "200 numbers in a row": """
loss = mg.tensor(1.0, requires_grad=True)
for _ in range(199):
    loss = loss.sin()""",
    "MLP 4-16-16-1, 32 rows": """
mg.manual_seed(0)
layers = [nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)]
loss = (nn.Sequential(*layers)(mg.randn(32, 4)) ** 2).mean()""",
    "40 layers, 163 tensors": """
mg.manual_seed(0)
layers = [layer for _ in range(40) for layer in (nn.Linear(3, 3), nn.Tanh())]
loss = (nn.Sequential(*layers)(mg.randn(2, 3)) ** 2).mean()""",
}
