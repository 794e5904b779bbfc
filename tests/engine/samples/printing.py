"""How tensors print, under all options."""

TENSORS = (
    "t.tensor(3.14159)",
    "t.tensor([1.0, 20.0, -3.0])",
    "t.tensor([0.5, -1234.5])",
    "t.tensor([1e-7, 1.0])",
    "t.tensor([float('nan'), float('inf'), 1.5])",
    "t.tensor([True, False])",
    "t.zeros(30)",
    "t.arange(1001)",
    "t.arange(60).reshape(20, 3)",
    "t.arange(240).reshape(2, 12, 10) * 1.5",
    "t.zeros(0, 3)",
    "t.ones(3, dtype=t.float64, requires_grad=True)",
    "t.ones(3, 3, requires_grad=True) * 0.1",
)
OPTIONS = (
    "",
    "precision=2",
    "precision=8, linewidth=40",
    "threshold=5",
    "threshold=50, edgeitems=1",
    "edgeitems=0, threshold=10",
    "linewidth=30",
    "profile='short'",
    "profile='short', precision=6",
    "profile='full', linewidth=1000",
    "sci_mode=True",
    "sci_mode=False",
)

PRINTED = "t.set_printoptions({}); text = repr({}); t.set_printoptions(profile='default'); text"

SAMPLES = [(PRINTED.format(options, code), {}) for options in OPTIONS for code in TENSORS]
