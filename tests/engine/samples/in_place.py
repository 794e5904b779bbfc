"""Writes in place: into tensors, into views, through views of views, and what follows from them."""

V = [1.0, -2.0, 3.0]
M = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

SAMPLES = [
    ("y = x * 2; y += w; y", {"x": V, "w": 0.5}),
    ("y = x * 2; y *= w; y * w", {"x": V, "w": [2.0, -1.0, 0.5]}),
    ("y = x * 2; y -= x; y /= w; y", {"x": V, "w": [2.0, -1.0, 0.5]}),
    ("y = x * 1; y.sin_().mul_(2); y", {"x": V}),
    ("y = x * 1; y.zero_(); y + w", {"x": V, "w": V}),
    ("y = x * 1; y.fill_(3); y * x", {"x": V}),
    ("y = x * 1; y.copy_(w); y * x", {"x": V, "w": 2.0}),
    ("y = t.zeros(3, dtype=x.dtype); y.copy_(x); y * y", {"x": V}),
    ("y = t.zeros(3, dtype=x.dtype); y += x * x; y", {"x": V}),
    # Index assignment: basic, several dims, masks and lists.
    ("y = x * 1; y[0] = w; y * y", {"x": V, "w": 5.0}),
    ("y = x * 1; y[1:] = w; y * y", {"x": V, "w": 5.0}),
    ("y = x * 1; y[1:] = w; y * y", {"x": V, "w": [5.0, 6.0]}),
    ("y = x * 1; y[0] = 7; y * y", {"x": V}),
    ("y = x * 1; y[:, 1] = w; y * x", {"x": M, "w": [5.0, 6.0]}),
    ("y = x * 1; y[..., 0] = w; y * x", {"x": M, "w": 5.0}),
    ("y = x * 1; y[1, 2] = w * w; y * x", {"x": M, "w": 5.0}),
    ("y = x * 1; y[:, None, 1] = w; y * x", {"x": M, "w": [[5.0], [6.0]]}),
    ("y = x * 1; y[y > 0] = w; y * x", {"x": V, "w": 5.0}),
    ("y = x * 1; y[[0, 2]] = w; y * x", {"x": V, "w": [5.0, 6.0]}),
    ("y = x * 1; y[t.tensor([1, 0]), t.tensor([2, 0])] = w; y * x", {"x": M, "w": [5.0, 6.0]}),
    ("y = x * 1; y[0] += w; y[1] *= w; y", {"x": V, "w": 5.0}),
    ("y = x * 1; y[:, 1] += w; y[0] **= 2; y", {"x": M, "w": [5.0, 6.0]}),
    ("y = x * 1; y[[0, 2]] += w; y * y", {"x": V, "w": [5.0, 6.0]}),
    ("y = t.zeros(2, 3, dtype=x.dtype); y[0] = x; y[1] = x * x; y", {"x": V}),
    # Through views: the base follows, and so do other views of it.
    ("y = x * 1; v = y[0]; v.mul_(w); y * x", {"x": M, "w": 3.0}),
    ("y = x * 1; v = y[0]; y.mul_(w); v * v", {"x": M, "w": 3.0}),
    ("y = x * 1; v = y[0]; u = y[:, 1]; v += w; u * u", {"x": M, "w": 3.0}),
    ("y = x * 1; v = y.T; v[0] = w; y * y", {"x": M, "w": [7.0, 8.0]}),
    ("y = x * 1; v = y.reshape(-1)[1:5]; v *= 3; y * y", {"x": M}),
    ("y = x * 1; v = y.T[1:].T; v += w; y * y", {"x": M, "w": [7.0, 8.0]}),
    ("y = x * 1; v = y.view(3, 2)[1]; v.exp_(); y * x", {"x": [[.1, .2, .3], [.4, .5, .6]]}),
    ("y = x * 1; v = y[0]; u = v[1:]; u *= w; v += u.sum(); (y, v, u)", {"x": M, "w": 3.0}),
    ("y = x * 1; z = y * y; v = y[0:1].detach(); z.sum() * v.sum()", {"x": M}),
    ("y = x * 1; v = y.unsqueeze(0).squeeze(0)[1]; v.copy_(w); y * x", {"x": M, "w": V}),
    ("y = x * 1; a, b = y.unbind(0); c = a * b; c += a; c", {"x": M}),
    ("y = t.zeros(3, dtype=x.dtype); v = y[1:]; v += x; y *= 2; v * v", {"x": [3.0, 4.0]}),
    ("y = x * 1; v = y.diagonal(); v *= w; y * x", {"x": [[1.0, 2.0], [3.0, 4.0]], "w": V[:2]}),
    # Values that no backward pass needs may change; so may copies.
    ("y = x.exp(); z = y.clone(); z *= 2; y * z", {"x": V}),
    ("y = x + 1; z = y * 2; y += 1; y * z", {"x": V}),
    ("y = x * 1; y.requires_grad, y.detach_().requires_grad", {"x": V}),
    # Dtypes: the target keeps its own.
    ("y = x * 1; y += t.tensor([1, 2, 3]); y", {"x": V}),
    ("y = t.zeros(3, dtype=t.float64); y += x; y[0] = x[1]; y", {"x": V}),
    ("y = t.zeros(3, dtype=t.float32); y += x; y[0] = x[1]; y", {"x": V}),
    ("y = t.arange(4); y[1:3] = 7; y += 1; y", {}),
    ("y = t.tensor([True, False]); y[0] = False; y", {}),
    # Empty and single.
    ("y = x * 1; y[:0] = w; y * y", {"x": V, "w": 5.0}),
    ("y = x * 1; y[()] = w; y * x", {"x": 2.0, "w": 5.0}),
    ("y = x * 1; y[...] = w; y * x", {"x": V, "w": 5.0}),
    ("y = x * 1; y += w; y", {"x": 2.0, "w": 5.0}),
]  # fmt: skip
