"""The same numbers in another shape or order, joined, cut, repeated and padded."""

V = [1.0, -2.0, 3.0]
M = [[1.0, 2.0, -3.0], [0.5, 4.0, 6.0]]
X = [[[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]], [[0.5, 1.5], [2.5, 3.5], [-4.5, 5.5]]]
ONES = [[[1.0], [-2.0]]]
PAD = "t.nn.functional.pad"
ANY = [3.0, [3.0], [], [[2.0]], [[], []]]  # a number, rows and matrices of one and of none

SAMPLES = [
    *[
        (code, {"x": X})
        for code in (
            "x.reshape(6, -1)", "t.reshape(x, (4, 3))", "x.reshape(-1)", "x.reshape(x.shape)",
            "x[:0].reshape(3, 0)", "x.flatten()", "x.flatten(1)", "t.flatten(x, 0, 1)",
            "x.flatten(-2, -1)", "x.ravel()", "x.unflatten(1, (3, 1))", "x.unflatten(0, (-1, 2))",
            "x.reshape_as(t.ones(3, 4))", "x.unsqueeze(0)", "x.unsqueeze(-1)", "t.unsqueeze(x, 2)",
            "x[:1].expand(4, 3, -1)", "x[:, :1].expand(2, 2, 5, 2)", "x.expand(-1, -1, -1)",
            "x.permute(2, 0, 1)", "t.permute(x, (1, 0, 2))", "x.permute(-1, 0, 1)",
            "x.movedim(0, 2)", "x.movedim((0, 1), (1, 0))", "t.moveaxis(x, -1, 0)",
            "x.flip(0)", "x.flip(0, -1)", "t.flip(x, (1,))", "x.flip(())",
            "t.flip(x, dims=[1])", "t.permute(x, dims=(2, 0, 1))",
            "x.roll(1)", "x.roll((1, 2), (0, 1))", "t.roll(x, -1, 2)", "x.roll((1, 1), (0, 0))",
            "x.split(2, 1)", "t.split(x, [1, 2], 1)", "x.split(1, -1)", "x.chunk(2, 1)",
            "x.chunk(9, 2)", "x.unbind()", "t.unbind(x, 1)", "x.unbind(-1)",
            "x.narrow(1, 1, 2)", "t.narrow(x, 1, -2, 1)", "x.narrow(2, 2, 0)", "x.select(1, 2)",
            "t.select(x, -1, -1)", "(x.transpose(0, 1).reshape(-1) * 2, x.mT.flatten(1) * 2)",
            "x.permute(2, 1, 0)[:, 1:].transpose(0, 1) ** 2", "t.cat([x, x, x], 1)",
            f"{PAD}(x, (1, 1))", f"{PAD}(x, (1, -1, 0, 1), value=3.0)", f"{PAD}(x, (1, 2) * 3)",
            f"{PAD}(x, (-1, 0))", f"{PAD}(x, ())", f"{PAD}(x, (1, 1), 'reflect')",
            f"{PAD}(x, (1, 0, 2, 1), mode='reflect')", f"{PAD}(x, (3, 1), mode='replicate')",
            f"{PAD}(x, (2, 1), mode='circular')", f"{PAD}(x, (1, -1), mode='replicate')",
        )
    ],
    # A view of what lies apart in memory is refused by both.
    *[(code, {"x": X}) for code in ("x.view(4, -1)", "x.view(3, 2, 2)", "x.view_as(t.ones(6, 2))")],
    *[
        (code, {"x": ONES})
        for code in (
            "x.squeeze()", "x.squeeze(0)", "x.squeeze(1)", "t.squeeze(x, -1)", "x.squeeze((0, 2))",
            "x.squeeze((0, 1))", "x.expand(3, 2, 4)", "t.broadcast_to(x, (2, 2, 3))",
        )
    ],
    *[
        (code, {"v": V, "m": M})
        for code in (
            "v.expand(2, -1) * m", "v.expand_as(m) * m", "t.broadcast_tensors(v, m[:, :1])",
            "v.repeat(2, 2)", "v.repeat(3)", "m.repeat(2, 1, 3)", "v.repeat(0)", "m.tile(2)",
            "t.tile(m, (2, 1, 1))", "m.repeat_interleave(2, 1)", "t.repeat_interleave(m, 2)",
            "m.repeat_interleave(t.tensor([1, 3]), dim=0)",
            "t.cat([v, m[0]])", "t.cat((m, m[:, :1]), -1)", "t.cat([t.tensor([]), m], 1)",
            "t.cat([m[:0], m]) * m", "t.concat([v])", "t.cat([v, t.tensor([1, 2])])",
            "t.stack([v, m[0]])", "t.stack([m, m], -1)", "t.stack([v[0], m[0, 0]]) * 2",
            "t.stack([v, v, v], 1)", "t.hstack([v, m[0]])", "t.hstack([m, m])",
            "t.hstack([v[0], v[1]])", "t.vstack([v, m])", "t.vstack((v, v))",
            "t.meshgrid(v, m[:, 0], indexing='ij')", "t.meshgrid(v, m[0], v[0], indexing='xy')",
            "t.meshgrid([v, m[0]], indexing='xy')", f"{PAD}(m, (1, 1), mode='reflect')",
            "v[:0].split(2)", "v[:0].chunk(3)",
        )
    ],
    *[
        (f"x.{code}", {"x": x})
        for x in ANY
        for code in (
            "reshape(-1)", "flatten()", "squeeze()", "unsqueeze(-1)", "roll(1)", "repeat(2, 3)",
            "expand(2, *x.shape)",
        )
    ],
    ("x.squeeze(0) * x.movedim(0, -1) * x.transpose(0, 0) * x.flip(())", {"x": 3.0}),
    ("t.cat([t.tensor([1, 2]), t.tensor([True])]), t.cat([t.tensor([]), t.tensor([])])", {}),
    ("t.stack([t.tensor(1), t.tensor(2.5)]), t.cat([t.tensor([1.0]), t.ones(1).double()])", {}),
    (f"{PAD}(t.tensor([1, 2]), (1, 1), value=7), {PAD}(t.tensor([True]), (1, 0))", {}),
    ("[each.tolist() for each in t.arange(7).chunk(4)]", {}),
]  # fmt: skip
