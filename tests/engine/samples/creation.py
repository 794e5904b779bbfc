"""New tensors, other dtypes, and what a tensor says of itself."""

M = [[1.0, -2.5, 3.0], [0.0, 5.0, 0.5]]
DOUBLE = "t.set_default_dtype(t.float64); y = {}; t.set_default_dtype(t.float32); y"
DTYPES = ("float32", "float64", "int64", "int32", "bool")

SAMPLES = [
    *[
        (f"t.{name}{size}", {})
        for name in ("zeros", "ones")
        for size in ("(2, 3)", "((2, 3))", "([2])", "(())", "(0, 2)", "(2, dtype=t.int32)")
    ],
    ("repr(t.zeros(2, requires_grad=True)), t.ones(t.Size([2]), device='cpu')", {}),
    ("t.empty(2, 3).shape, t.empty(2, dtype=t.bool).dtype, t.empty(()).ndim", {}),
    *[(f"t.full((2,), {value})", {}) for value in ("1", "1.5", "True", "float('-inf')")],
    ("t.full((2,), 2.7, dtype=t.int64), t.full((), 2), t.full([1], t.tensor(2.5))", {}),
    *[
        (f"t.arange({arguments})", {})
        for arguments in (
            "5", "5.", "1, 5", "1, 6, 2", "5, 1, -1", "5, 1, -1.5", "0", "0, 1, 0.1", "1, 2, 0.3",
            "end=3", "start=1, end=3", "t.tensor(3)", "t.tensor(3.)", "0.5, 5.5, dtype=t.int64",
            "3, dtype=t.float64", "0, 0.3, 0.1, dtype=t.float64", "-2.5, 2", "True",
        )
    ],
    *[
        (f"t.linspace({arguments})", {})
        for arguments in (
            "0, 1, 5", "0, 1, 1", "0, 1, 0", "-1, 2, 7", "0.1, 0.7, 33", "3, -3, 4", "2, 2, 3",
            "0, 10, 5, dtype=t.int64", "-10, 7, 5, dtype=t.int32", "0.1, 0.7, 20, dtype=t.float64",
            "t.tensor(0.), t.tensor(1.), 3", "start=0, end=1, steps=3",
        )
    ],
    ("t.eye(2), t.eye(2, 3), t.eye(3, 1, dtype=t.int64), t.eye(0)", {}),
    ("t.zeros_like(x), t.ones_like(x), t.full_like(x, 2), t.empty_like(x).shape", {"x": M}),
    ("t.zeros_like(x, dtype=t.int64), t.full_like(x, 2.5, dtype=t.int32)", {"x": M}),
    ("repr(t.zeros_like(x, requires_grad=True)), t.ones_like(x).requires_grad", {"x": M}),
    ("t.zeros_like(t.ones(2, 3).T).stride(), t.ones_like(t.ones(2, 6)[:, ::2]).stride()", {}),
    ("x.new_zeros(2), x.new_ones((1, 2)), x.new_full((2,), 3), x.new_tensor([1, 2])", {"x": M}),
    ("x.new_zeros(2, dtype=t.bool), x.new_empty(2, 3).shape", {"x": M}),
    # Conversions.
    *[(f"x.to(t.{kind})", {"x": M}) for kind in DTYPES],
    *[(f"t.tensor([[0, 3]]).to(t.{kind}), t.tensor(True).to(t.{kind})", {}) for kind in DTYPES],
    ("x.float() * 2, x.double() * 2", {"x": M}),
    ("x.int(), x.long(), x.bool()", {"x": M}),
    ("x.to('cpu'), x.to(device='cpu', dtype=t.float64), x.to('cpu', t.float64)", {"x": M}),
    ("x.to(t.ones(1, dtype=t.float64)), x.type_as(t.ones(1, dtype=t.float64))", {"x": M}),
    ("y = x * 1; y.to(t.device('cpu')) is y, y.to(copy=True) is y, y.cpu() is y", {"x": M}),
    ("y = x * x; y.clone() * y", {"x": M}),
    ("y = x.clone(); y *= 2; y * x", {"x": M}),
    ("t.clone(x.T).contiguous()", {"x": M}),
    ("y = t.ones(2, 3); y.contiguous() is y, y.T.contiguous().stride(), y.T.clone().stride()", {}),
    # What it says of itself.
    ("x.size(), x.size(-1), x.dim(), x.numel(), t.numel(x), x.is_floating_point()", {"x": M}),
    ("y = t.ones(2, 3); y.stride(), y.T.stride(), y.T.stride(0), y.T.is_contiguous()", {}),
    ("t.ones(2).element_size(), t.ones(2).double().element_size(), t.is_tensor(3)", {}),
    ("t.ones(2).device, t.device('cpu', 0), str(t.device('cpu:1'))", {}),
    # Dtypes.
    ("str([t.float, t.double, t.int, t.long, t.bool])", {}),
    ("t.int32.itemsize, t.bool.itemsize, t.float64.is_floating_point", {}),
    ("t.finfo(t.float32), t.finfo(), t.finfo(t.float64), t.iinfo(t.int32), t.iinfo(t.int64)", {}),
    ("z = t.finfo(t.float32); z.bits, z.eps, z.max, z.min, z.tiny, z.smallest_normal", {}),
    ("z = t.iinfo(t.int32); z.bits, z.max, z.min, z.dtype", {}),
    ("str([t.result_type(x, 2.5), t.result_type(x, t.tensor(1.0, dtype=t.float64))])", {"x": M}),
    ("str([t.result_type(t.ones(2).int(), 1.5), t.result_type(1, 2), t.result_type(True, 2)])", {}),
    ("str([t.promote_types(t.int32, t.int64), t.promote_types(t.int64, t.float32)])", {}),
    *[
        (f"[t.can_cast(a, b) for a in (t.{a},) for b in (t.float32, t.int32, t.bool)]", {})
        for a in ("float64", "int64", "bool")
    ],
    *[
        (DOUBLE.format(code), {})
        for code in (
            "t.tensor([0.5])", "t.tensor([1]) / 2", "t.zeros(2)", "t.arange(0, 1, 0.5)",
            "t.tensor([1]) + 0.5", "t.tensor([4]).sqrt()", "t.full((1,), 2.0)", "t.eye(1)",
            "t.linspace(0, 1, 2)", "str(t.get_default_dtype())", "str(t.rand(2).dtype)",
            "t.ones(2, dtype=t.float32) * 0.5",
        )
    ],
]  # fmt: skip
