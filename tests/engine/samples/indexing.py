"""What stands between brackets, and functions that take cells out or put cells in."""

V = [1.0, -2.0, 3.0]
M = [[1.0, 2.0, -3.0], [0.5, 4.0, 6.0]]
W = [[-1.0, 3.0, 0.25], [2.0, -2.0, 1.5]]
X = [[[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]], [[0.5, 1.5], [2.5, 3.5], [-4.5, 5.5]]]

SAMPLES = [
    # Views, then choices, alone and mixed.
    *[
        (f"x[{key}]", {"x": X})
        for key in (
            "0", "-1", "0, 1:", "1:, 0", "None", "..., None", "...", "()", "::2", "0, ..., 0",
            "1, 2, 0", "0, 0, 0, None", "5:9", "-9:1", "1:0", ":, ::2, -1", "None, 0, None",
            "t.tensor(1)", "t.tensor(0):", "True", "False", "0, True", ":, True", "t.tensor(True)",
            "[1, 0, 1]", "t.tensor([-1, 0])", "t.tensor([[0, 1], [1, 1]])", "range(2)", "[]",
            "[0, 1], [2, 2]", "[0], [0, 1]", "[[0], [1]], [0, 2]", ":, [0, 2, 2]", "..., [1, 1]",
            "0, :, [0, 1]", ":, 0, [0, 1]", "[0, 1], :, [0, 1]", "[0, 1], :, 0", "1, [2]",
            ":, [0, 2], None, [0, 1]", "[0, 1], None", "None, [0, 1]", ":, 1:, [1, 0]",
            "x > 1", "x[:, :, 0] > 1", "[True, False]", "t.tensor([False, False])",
            ":, t.tensor([True, False, True]), [0, 1]", "0, x[0] > 1",
            "[0, 1], [2, 0], [1, 1], None",
        )
    ],
    ("x[()] * x[None] * x[True] * x[x > 0]", {"x": 3.0}),
    ("x[:, 1:] * 2, x[x > 0], x[:, [0, 0]], x[:0]", {"x": [[1.0, 2.0]]}),
    ("t.arange(6).reshape(2, 3)[[1, 0], 1:]", {}),
    # Writing, in all the ways of reading.
    *[
        (f"y = x * 1; y[{key}] = {value}; y", {"x": X, "w": 7.0})
        for key, value in (
            ("0", "w"), ("0, 1:", "w"), (":, 0", "-1"), ("[0, 0], [1, 2]", "w"), ("x > 2", "w"),
            ("0, :, [0, 1]", "x[0, :, :1] * w"), ("..., None, 0", "w"),
            (":, [0, 2]", "x[:, 1:] * w"), ("True", "w"), ("t.tensor([-1])", "x[:1] * w"),
        )
    ],
    # Rows and masks.
    *[
        (code, {"x": M, "w": W})
        for code in (
            "x.index_select(1, t.tensor([0, 0, 2]))", "t.index_select(x, 0, t.tensor(1))",
            "x.index_select(-1, t.tensor([], dtype=t.int64))",
            "x.masked_select(t.tensor([True, False, True]))", "t.masked_select(x, w > 0)",
            "x[0].masked_select(w > 0)", "x.masked_fill(t.tensor([True, False, True]), 2.0)",
            "x[0].masked_fill(w > 0, -1)", "x.masked_fill(w > 0, w.sum())",
            "x.masked_fill(w > 0, float('-inf')).softmax(1)", "y = x * 1; y.masked_fill_(w > 0, 0)",
            "t.index_put(x, (t.tensor([0, 1]), t.tensor([1, 1])), w[0, :2])",
            "t.index_put(x, (t.tensor([1]),), w[0, 0])", "t.index_put(x, (w > 0,), w[0, 0])",
            "y = x * 1; y.index_put_((t.tensor([0]),), w[:1]); y",
            "t.index_put(x, (t.tensor([0, 0]), t.tensor([1, 1])), w[0, :2], True) * 1",
            "t.index_put(x, (t.tensor([0, 0]),), w[1], accumulate=True) * 1",
        )
    ],
    ("t.tensor([1, 2]).masked_fill(t.tensor([True, False]), 7)", {}),
    # One index for each cell.
    *[
        (code, {"x": M, "w": W})
        for code in (
            "x.gather(1, t.tensor([[0, 1]]))",
            "t.gather(x, 1, t.tensor([[0, 2, 0, 0], [1, 1, 2, 0]]))",
            "x.gather(-2, t.tensor([[0, 1, 1]]))", "x.gather(0, t.ones(2, 0, dtype=t.int64))",
            "x.gather(1, t.tensor([[2]], dtype=t.int32))", "x[0].gather(0, t.tensor(1))",
            "t.take_along_dim(x, t.tensor([[0], [1]]), 1)",
            "x.take_along_dim(t.tensor([[0, 1]]), dim=1)",
            "t.take_along_dim(x, t.tensor([0, 5]))",
            "x.scatter_add(1, t.tensor([[0, 0, 2], [1, 1, 1]]), w)",
            "t.scatter_add(x, 0, t.tensor([[1, 1, 1], [1, 1, 1]]), w)",
            "x.scatter(1, t.tensor([[0, 2, 1], [2, 1, 0]]), w)",
            "t.scatter(x, 1, t.tensor([[0, 2]]), 2.5)",
            "x.scatter(0, t.tensor([[0, 1, 0], [1, 0, 1]]), w)",
            "x.scatter(1, t.tensor([[1]]), w[:1, :1])",
            "x.scatter_add(1, t.tensor([[1, 1]]), w[:1, :2])",
            "y = x * 1; y.scatter_(1, t.tensor([[1]]), 0.0); y",
            "y = x * 1; y.scatter_add_(1, t.tensor([[0, 0, 0], [1, 1, 1]]), w); y",
            "(x * 0).scatter(1, t.tensor([[1], [2]]), w[:, :1]) * x",
        )
    ],
    ("x.gather(0, t.tensor(0)) * x.gather(0, t.tensor([0, 0])) * x.index_select(0, t.tensor([0]))",
     {"x": 3.0}),
    ("x.scatter(0, t.tensor(0), w) * x.scatter_add(0, t.tensor(0), w)", {"x": 3.0, "w": 2.0}),
    ("t.tensor([1, 2]).scatter(0, t.tensor([1]), 7), t.zeros(2).scatter_(0, t.tensor([1]), 1)", {}),
    ("t.nn.functional.one_hot(t.tensor([0, 2])), t.nn.functional.one_hot(t.tensor([[1]]), 3)", {}),
    ("t.nn.functional.one_hot(t.tensor(1)), t.nn.functional.one_hot(t.ones(0).long(), 2)", {}),
]  # fmt: skip
