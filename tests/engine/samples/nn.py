"""Layers and losses as functions. Where PyTorch's grad_fn has another name, `* 1` follows.

`F` is t.nn.functional, and `kind(…)` makes a constant of the inputs' dtype.
"""

NAN, INF = float("nan"), float("inf")
ROWS = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]
IMAGE = [[[[1.0, 2.0, -1.0, 0.5], [0.0, 3.0, 1.5, -2.0], [2.5, -0.5, 4.0, 1.0]]]]
TWO = [[[0.5, -1.0, 2.0, 1.5, -0.25], [1.0, 0.0, -2.0, 3.0, 0.75]]]
FILTERS = [[[1.0, -0.5], [0.25, 2.0]], [[-1.0, 1.5], [0.5, 0.0]]]
TIES = [[[[1.0, 1.0, 2.0], [1.0, 0.0, 2.0], [NAN, 5.0, NAN]]]]
LOGITS = [[2.0, -1.0, 0.5], [0.0, 1000.0, -1000.0]]
PROBABILITIES = [[0.25, 0.5, 0.25], [0.0, 0.875, 0.125]]
INSIDE = [[0.25, 0.5, 0.75], [0.125, 0.875, 0.625]]
FAR = [[-3.0, 0.5, 1.0], [-1.0, 0.0, 1000.0]]
NEAR = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]

CODES = [
    # Layers.
    (
        "F.linear(x, w, b)",
        {"x": ROWS, "w": [[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]], "b": [0.5, -0.25]},
    ),
    ("F.linear(x, w)", {"x": ROWS, "w": [[1.0, 2.0, 3.0]]}),
    ("F.linear(x, w, b) * 1", {"x": [ROWS], "w": [[1.0, 2.0, 3.0]], "b": [0.5]}),
    ("F.linear(x, w, b) * 1", {"x": ROWS[0], "w": [[1.0, 2.0, 3.0]], "b": [0.5]}),
    ("F.linear(x, w) * 1", {"x": [ROWS], "w": [1.0, 2.0, 3.0]}),
    ("F.linear(x, w) * 1", {"x": ROWS[0], "w": [1.0, 2.0, 3.0]}),
    ("F.linear(x[:0], w, b)", {"x": ROWS, "w": [[1.0, 2.0, 3.0]], "b": [0.5]}),
    ("F.embedding(t.tensor([[1, 0], [1, 2]]), w)", {"w": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
    ("F.embedding(t.tensor(1), w) ** 2", {"w": [[1.0, 2.0], [3.0, 4.0]]}),
    ("F.embedding(t.tensor([1, 0]), w, padding_idx=-1) ** 2", {"w": [[1.0, 2.0], [3.0, 4.0]]}),
    ("F.dropout(x, 0.5, training=False) * 1", {"x": ROWS}),
    ("F.dropout(x, 1.0)", {"x": [1.0, INF]}),
    ("t.manual_seed(3); F.dropout(x, 0.25)", {"x": [float(i) for i in range(1, 21)]}),
    (
        "F.layer_norm(x, (3,), w, b)",
        {
            "x": [[1.5, 0.75, 0.75], [-0.5, 1.5, -1.5]],
            "w": [0.25, 1.0, 1.5],
            "b": [0.0, -0.5, -0.75],
        },
    ),
    ("F.layer_norm(x, (2, 3), eps=0.5)", {"x": [ROWS]}),
    ("F.layer_norm(x, (3,), w)", {"x": [[2.0, 2.0, 2.0]], "w": [1.0, 2.0, 3.0]}),
    (
        "F.batch_norm(x, None, None, w, b, training=True)",
        {
            "x": [[-0.5, -0.25, 0.0], [2.0, -1.25, 0.0]],
            "w": [-2.0, -0.25, 2.0],
            "b": [0.5, -0.75, 2.0],
        },
    ),
    (
        "F.batch_norm(x, None, None, training=True)",
        {"x": [[[-1.25, 1.25, -1.75], [1.0, 0.25, 1.75]]]},
    ),
    (
        "m = t.ones(3, dtype=x.dtype); v = t.ones(3, dtype=x.dtype); "
        "y = F.batch_norm(x, m, v, training=True, momentum=0.25); (y, m, v)",
        {"x": ROWS},
    ),
    (
        "m = t.zeros(3, dtype=x.dtype); v = t.ones(3, dtype=x.dtype); "
        "y = F.batch_norm(x[:0], m, v, w, b, training=True) * 1; (y, m, v)",
        {"x": ROWS, "w": [-2.0, -0.25, 2.0], "b": [0.5, -0.75, 2.0]},
    ),
    ("F.layer_norm(x[:, :0], (0,))", {"x": ROWS}),
    (
        "F.batch_norm(x, m.detach(), m.detach() ** 2, w, b) * 1",
        {"x": ROWS, "m": [1.0, 0.5, 2.0], "w": [1.0, 2.0, -0.5], "b": [0.5, 0.0, -1.0]},
    ),
    ("F.normalize(x)", {"x": [[3.0, 4.0], [0.0, 2.0]]}),
    ("F.normalize(x, p=1.0, dim=0)", {"x": [[1.5, -2.0], [-1.5, 1.5]]}),
    # Activations in place.
    *[
        (f"y = x * 1; z = F.{activation}, inplace=True); (y * 1, z * 1)", {"x": [-1.5, 0.0, 2.0]})
        for activation in ("relu(y", "leaky_relu(y, 0.25", "elu(y, 0.5", "selu(y", "silu(y")
    ],
    # Convolutions.
    ("F.conv1d(x, w, b)", {"x": TWO, "w": FILTERS, "b": [0.5, -1.0]}),
    ("F.conv1d(x, w, stride=2, padding=1, dilation=2)", {"x": TWO, "w": FILTERS}),
    ("F.conv1d(x, w, padding='same')", {"x": TWO, "w": [[[1.0, -0.5, 2.0], [0.25, 2.0, 1.0]]]}),
    ("F.conv1d(x, w[:, :1], groups=2)", {"x": TWO, "w": FILTERS}),
    ("F.conv1d(x, w, padding='valid')[0] * 1", {"x": TWO, "w": FILTERS}),
    ("F.conv1d(x[0], w) * 1", {"x": TWO, "w": FILTERS}),
    ("F.conv2d(x, w, b)", {"x": IMAGE, "w": [[FILTERS[0]], [FILTERS[1]]], "b": [0.5, -1.0]}),
    (
        "F.conv2d(x, w, stride=(2, 1), padding=(1, 0), dilation=(1, 2))",
        {"x": IMAGE, "w": [[FILTERS[0]]]},
    ),
    ("F.conv2d(x, w, padding='same')", {"x": IMAGE, "w": [[[[1.0, 0.5, -1.0]]]]}),
    ("F.conv2d(x[:0], w)", {"x": IMAGE, "w": [[FILTERS[0]]]}),
    # Pooling.
    ("F.max_pool2d(x, 2)", {"x": IMAGE}),
    ("F.max_pool2d(x, (2, 3), stride=1, padding=1)", {"x": IMAGE}),
    ("F.max_pool2d(x, 2, stride=1, dilation=(1, 2))", {"x": IMAGE}),
    ("F.max_pool2d(x, 2, ceil_mode=True)", {"x": IMAGE}),
    ("F.max_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)", {"x": IMAGE}),
    ("F.max_pool2d(x, 2, padding=1, ceil_mode=True)", {"x": IMAGE}),
    ("F.max_pool2d(x, 2, stride=1)", {"x": TIES}),
    ("F.max_pool2d(x, 2, padding=1)", {"x": [[[[-INF, -INF], [-INF, -INF]]]]}),
    ("F.max_pool2d(x[0], 2) * 1", {"x": IMAGE}),
    ("F.avg_pool2d(x, 2)", {"x": IMAGE}),
    ("F.avg_pool2d(x, 2, stride=1, padding=1)", {"x": IMAGE}),
    ("F.avg_pool2d(x, 2, padding=1, count_include_pad=False)", {"x": IMAGE}),
    ("F.avg_pool2d(x, (2, 3), ceil_mode=True)", {"x": IMAGE}),
    (
        "F.avg_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)",
        {"x": IMAGE},
    ),
    (
        "F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)",
        {"x": IMAGE},
    ),
    ("F.avg_pool2d(x, 2, padding=1, ceil_mode=True)", {"x": IMAGE}),
    ("F.avg_pool2d(x, 2, divisor_override=3)", {"x": IMAGE}),
    ("F.avg_pool2d(x[0], 2)", {"x": IMAGE}),
    # Losses that compare numbers.
    *[
        (f"F.{loss}(x, y, reduction='{reduction}')", {"x": FAR, "y": NEAR})
        for loss in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
        for reduction in ("mean", "sum", "none")
    ],
    ("F.mse_loss(x, y)", {"x": [1.0, INF, NAN], "y": [1.0, INF, 0.0]}),
    ("F.mse_loss(x[:0], y[:0])", {"x": FAR, "y": NEAR}),
    ("F.huber_loss(x, y, delta=0.5)", {"x": FAR, "y": NEAR}),
    ("F.smooth_l1_loss(x, y, beta=0.25)", {"x": FAR, "y": NEAR}),
    ("F.smooth_l1_loss(x, y, beta=0.0) * 1", {"x": FAR, "y": NEAR}),
    # Losses of classifiers.
    ("F.nll_loss(x, t.tensor([0, 2]))", {"x": ROWS}),
    ("F.nll_loss(x, t.tensor([0, 2]), reduction='none')", {"x": ROWS}),
    ("F.nll_loss(x, t.tensor([0, 2]), reduction='sum')", {"x": ROWS}),
    ("F.nll_loss(x, t.tensor([0, -100]), kind([0.5, 1.0, 2.0]))", {"x": ROWS}),
    ("F.nll_loss(x, t.tensor([1, 1]), ignore_index=1)", {"x": ROWS}),
    (
        "F.nll_loss(x, t.tensor([1, 1]), ignore_index=1, reduction='none')",
        {"x": [[1.0, NAN], [0.0, INF]]},
    ),
    ("F.nll_loss(x, t.tensor(1))", {"x": [1.0, 2.0]}),
    ("F.nll_loss(x, t.tensor([[0, 1, 1, 0, 1]])) * 1", {"x": TWO}),
    ("F.cross_entropy(x, t.tensor([0, 0]))", {"x": [[-1.75, 2.0, 1.5], [1000.0, 0.0, -1000.0]]}),
    (
        "F.cross_entropy(x, t.tensor([0, 1]), reduction='sum')",
        {"x": [[-1.25, 0.0, -0.75], [-1.25, 1.75, 1.25]]},
    ),
    ("F.cross_entropy(x, t.tensor(2))", {"x": LOGITS[0]}),
    (
        "F.cross_entropy(x, t.tensor([[0, 1, 1, 0, 1]]), reduction='none') * 1",
        {"x": [[[-1.5, 1.75, 2.0, -1.0, -0.25], [0.25, 0.75, -0.25, -1.5, 1.75]]]},
    ),
    (
        "F.cross_entropy(x, t.tensor([0, 2]), kind([0.5, 1.0, 2.0]))",
        {"x": [[0.0, -2.0, 1.75], [1.0, -0.75, -2.0]]},
    ),
    (
        "F.cross_entropy(x, t.tensor([0, 2]), label_smoothing=0.25) * 1",
        {"x": [[0.75, -0.75, -1.25], [-0.25, 1.5, 2.0]]},
    ),
    (
        "F.cross_entropy(x, t.tensor([1, -100]), kind([0.5, 1.0, 2.0]), label_smoothing=0.25) * 1",
        {"x": ROWS},
    ),
    (
        "F.cross_entropy(x, t.tensor([[0, 9, 1, 0, 1]]), ignore_index=9, label_smoothing=0.5) * 1",
        {"x": [[[2.0, -1.5, 1.25, -0.5, -2.0], [1.75, 1.75, -2.0, 0.5, 1.25]]]},
    ),
    ("F.cross_entropy(x, p) * 1", {"x": [[0.0, -1.0, 2.0], [0.75, 0.5, 2.0]], "p": PROBABILITIES}),
    (
        "F.cross_entropy(x, p, reduction='none') * 1",
        {"x": [[1.25, -1.5, -2.0], [1.5, -0.5, -1.75]], "p": PROBABILITIES},
    ),
    (
        "F.cross_entropy(x, p, kind([0.5, 1.0, 2.0]), label_smoothing=0.25) * 1",
        {"x": [[0.0, -0.5, -0.25], [-0.25, -0.75, 0.0]], "p": PROBABILITIES},
    ),
    # Losses of yes and no.
    *[
        (
            f"F.binary_cross_entropy(x, y, reduction='{reduction}')",
            {"x": INSIDE, "y": PROBABILITIES},
        )
        for reduction in ("mean", "sum", "none")
    ],
    (
        "p = x.detach().requires_grad_(); y = kind([0.0, 1.0, 0.0, 1.0]); "
        "l = F.binary_cross_entropy(p, y); l.backward(); (l.detach(), p.grad)",
        {"x": [0.0, 0.0, 1.0, 1.0]},
    ),
    ("F.binary_cross_entropy(x, y, kind([1.0, 2.0, 3.0])) * 1", {"x": INSIDE, "y": PROBABILITIES}),
    *[
        (
            f"F.binary_cross_entropy_with_logits(x, y, reduction='{reduction}')",
            {"x": LOGITS, "y": INSIDE},
        )
        for reduction in ("mean", "sum", "none")
    ],
    (
        "F.binary_cross_entropy_with_logits(x, kind([[0.0, 1.0], [1.0, 0.0]]), reduction='none')",
        {"x": [[-15.0, -15.0], [15.0, 15.0]]},
    ),
    (
        "F.binary_cross_entropy_with_logits(x, y, kind([1.0, 2.0, 3.0]), "
        "pos_weight=kind([3.0, 0.5, 1.0])) * 1",
        {"x": ROWS, "y": INSIDE},
    ),
    *[
        (f"F.kl_div(x, y, reduction='{reduction}') * 1", {"x": ROWS, "y": INSIDE})
        for reduction in ("batchmean", "sum", "none")
    ],
    ("F.kl_div(x, y, reduction='sum', log_target=True) * 1", {"x": ROWS, "y": FAR[:1] * 2}),
    ("F.kl_div(x, kind([0.0, 1.0]), reduction='none') * 1", {"x": [1.0, 2.0]}),
    # Clipping gradients.
    (
        "w = x.detach().requires_grad_(); (w * w).sum().backward(); "
        "n = t.nn.utils.clip_grad_norm_([w], 1.0); (n, w.grad)",
        {"x": [3.0, 4.0]},
    ),
    (
        "w = x.detach().requires_grad_(); (w * w).sum().backward(); "
        "n = t.nn.utils.clip_grad_norm_(w, 100.0, norm_type=1.0); (n, w.grad)",
        {"x": [3.0, -4.0]},
    ),
    (
        "w = x.detach().requires_grad_(); (w * w).sum().backward(); "
        "n = t.nn.utils.clip_grad_norm_(w, 2.0, norm_type=float('inf')); (n, w.grad)",
        {"x": [3.0, -4.0]},
    ),
    (
        "w = x.detach().requires_grad_(); (w * w).sum().backward(); "
        "t.nn.utils.clip_grad_value_([w], 7.0); w.grad",
        {"x": [3.0, -4.0]},
    ),
    ("t.nn.utils.clip_grad_norm_([t.tensor(1.0)], 1.0)", {}),
]
SETUP = "F = t.nn.functional; kind = lambda cells: t.tensor(cells, dtype=x.dtype)"
SAMPLES = [(f"{SETUP}; {code}", inputs) for code, inputs in CODES]
