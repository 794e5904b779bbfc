"""`autograd.functional`: Jacobians, Hessians and products, of one and of several tensors.

The results are recorded (`create_graph`), so that their own derivatives are compared too; times 1,
because the last op of a derivative is not what is compared here.
"""

F = "F = t.autograd.functional; on = {'create_graph': True}; "
V = [1.0, -2.0, 0.5]
W = [3.0, 0.25]
M = [[1.0, 2.0], [0.5, -1.0]]

SAMPLES = [
    (F + "F.jacobian(lambda x: x.exp() * x, x, **on) * 1", {"x": V}),
    (F + "F.jacobian(lambda x: x * x, x, **on) * 1", {"x": 3.0}),
    (F + "F.jacobian(lambda x: (x**3).sum(), x, **on) * 1", {"x": M}),
    (F + "F.jacobian(lambda x: x.sin().sum(0), x, **on) * 1", {"x": M}),
    (F + "a, b = F.jacobian(lambda x, w: x.sum() * w, (x, w), **on); (a * 1, b * 1)",
     {"x": V, "w": W}),
    (F + "(a,), (b,) = F.jacobian(lambda x: (x * x, x.sum()), (x,), **on); (a * 1, b * 1)",
     {"x": V}),
    (F + "((a, b), (c, d)) = F.jacobian(lambda x, w: (x.sum() * w, x * w[0]), (x, w), **on); "
     "(a * 1, b * 1, c * 1, d * 1)", {"x": V, "w": W}),
    (F + "F.jacobian(lambda x, w: x.exp(), (x, w))", {"x": V, "w": W}),
    (F + "F.jacobian(lambda x: t.tensor([1.0, 2.0], dtype=x.dtype), x)", {"x": V}),
    (F + "F.jacobian(lambda m: m @ m, m, **on) * 1", {"m": M}),
    (F + "F.hessian(lambda x: (x**3).sum() * x[0], x, **on) * 1", {"x": V}),
    (F + "F.hessian(lambda x: x.sin() * x, x, **on) * 1", {"x": 0.75}),
    (F + "F.hessian(lambda x: x.exp().sum().reshape(1, 1), x)", {"x": M}),
    (F + "((a, b), (c, d)) = F.hessian(lambda x, w: (x**2).sum() * w.sin().sum(), (x, w), **on); "
     "(a * 1, b * 1, c * 1, d * 1)", {"x": V, "w": W}),
    (F + "F.hessian(lambda x, w: (2 * x).sum() + (w * w).sum(), (x, w))", {"x": V, "w": W}),
    (F + "y, p = F.vjp(lambda x: x.exp(), x, v, **on); (y, p * 1)",
     {"x": V, "v": [1.0, 0.5, -1.0]}),
    (F + "y, p = F.vjp(lambda x: (x * x).sum(), x, **on); (y, p * 1)", {"x": V}),
    (F + "F.vjp(lambda x, w: (x.sum() * w, x), (x, w), (w, x))", {"x": V, "w": W}),
    (F + "y, p = F.jvp(lambda x: x.exp() * x[0], x, v, **on); (y, p * 1)",
     {"x": V, "v": [1.0, 0.5, -1.0]}),
    (F + "y, p = F.jvp(lambda x: x.sigmoid(), x, **on); (y, p * 1)", {"x": 0.5}),
    (F + "F.jvp(lambda x, w: (x.sum() * w, x, w.detach()), (x, w), (x, w))", {"x": V, "w": W}),
    (F + "y, p = F.vhp(lambda x: (x**3).sum() * x[1], x, v, **on); (y, p * 1)",
     {"x": V, "v": [1.0, 0.5, -1.0]}),
    (F + "F.vhp(lambda x, w: x.sum() ** 2 * w[0], (x, w), (x, w))", {"x": V, "w": W}),
    (F + "y, p = F.hvp(lambda x: (x**3).sum() * x[1], x, v, **on); (y, p * 1)",
     {"x": V, "v": [1.0, 0.5, -1.0]}),
    (F + "F.hvp(lambda x, w: x.sum() ** 2 * w[0], (x, w), (x, w))", {"x": V, "w": W}),
]  # fmt: skip
