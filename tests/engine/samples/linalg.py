"""Products of matrices and vectors, einsum, transposes, diagonals and triangles."""

V = [0.5, -1.5, 2.0]
M = [[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]]
N = [[2.0, 1.0, 0.0, -1.0], [0.5, -3.0, 1.0, 2.0], [1.5, 0.25, -2.0, 1.0]]
B = [[[1.0, 2.0, -1.0], [0.0, 3.0, 1.0]], [[2.0, -2.0, 0.5], [1.0, 1.0, 4.0]]]
C = [[[1.0], [2.0], [-1.0]], [[0.5], [3.0], [2.0]]]
S = [[3.0, 1.0], [-2.0, 0.5]]
GIVEN = {"v": V, "m": M, "n": N, "b": B, "c": C, "s": S}


def of(names, *codes):
    """Make samples of inputs that are called by one letter each."""
    return [(code, {name: GIVEN[name] for name in names}) for code in codes]


SAMPLES = [
    # Products, all ranks; stacks broadcast.
    *of("mn", "m @ n", "t.mm(m, n)", "m.matmul(n)", "m[:0] @ n", "m[:, :0] @ n[:0]"),
    *of("mv", "m @ v", "m.mv(v)", "v @ m.T", "t.outer(v, m[0])"),
    *of("v", "v @ v", "t.dot(v, v)", "v[:0] @ v[:0]"),
    *of("bc", "b @ c", "t.bmm(b, c)", "b @ c[0]", "b[0] @ c", "b[:, None] @ c", "b[:1] @ c"),
    *of("bn", "b @ n", "b[:0] @ n"),
    *of("bv", "b @ v", "v @ b.mT"),
    *of("vmn", "t.addmm(n[:1], m, n)", "t.addmm(n[0, 0], m, n, beta=0.5, alpha=-2)"),
    *of("mns", "t.addmm(s[:, :1], m, n, beta=0)", "s.addmm(m, m.T)", "y = s * 1; y.addmm_(m, m.T)"),
    ("t.addmm(x * float('nan'), x, x, beta=0)", {"x": S}),
    ("t.ones(2, 3, dtype=t.int64) @ t.full((3, 2), 7), t.tensor([2, 3]) @ t.tensor([4, 5])", {}),
    ("t.ones(2, 3, dtype=t.int32).mv(t.tensor([1, 2, 3], dtype=t.int32))", {}),
    ("x @ w", {"x": [[1.0, float("inf")], [0.0, 2.0]], "w": [[0.0, 1.0], [float("nan"), 1.0]]}),
    # einsum: repeated letters, stretched dims, dots, results in any order.
    *of("mn", *(f"t.einsum('{each}', m, n)" for each in ("ij,jk->ik", "ij,jk", "ij,jk->ki"))),
    *of("mn", "t.einsum(' i j , j k -> ', m, n)", "t.einsum('ij,kl->il', m, n)"),
    *of("m", *(f"t.einsum('{each}', m)" for each in ("ji", "ij->", "ij->j", "...j->j", "bA"))),
    *of("m", "t.einsum('ij,ij->ij', m, m[:1])", "t.einsum('ij,ij->i', m[:, :1], m)"),
    *of("s", *(f"t.einsum('{each}', s)" for each in ("ii", "ii->i", "...ii->...", "ii->"))),
    *of("bc", "t.einsum('bij,bjk->bik', b, c)", "t.einsum('...ij,...jk', b, c)"),
    *of("bc", "t.einsum('...ij,...jk->...ik', b[:, None], c)", "t.einsum('aij,bjk->abik', b, c)"),
    *of("bv", "t.einsum('...i,i', b, v)", "t.einsum('...,...->...', b, v)"),
    *of("v", "t.einsum('i,j->ji', v, v)", "t.einsum('i,i', v, v)", "t.einsum('i,i->i', v[:1], v)"),
    *of("v", "t.einsum(',', v[0], v[1])", "t.einsum('iij->j', v[:, None, None] * v[:, None] * v)"),
    *of("mnv", "t.einsum('ij,jk,j->ik', m, n, v)", "t.einsum('ij,jk,l->kil', [m, n, v])"),
    ("t.einsum('ij,jk', t.tensor([[1, 2]]), t.tensor([[3], [4]]))", {}),
    # Transposes.
    *of("m", "m.T", "m.t()", "m.mT", "m.transpose(0, 1)", "m.swapaxes(-1, 0)", "m.T @ m"),
    *of("v", "v.t()", "t.t(v[0])", "v.transpose(0, -1)"),
    *of("b", "b.mT", "b.transpose(0, 2)", "t.transpose(b, -3, -2)", "t.swapdims(b, 1, 1)"),
    # Diagonals and triangles.
    *of("v", "t.diag(v)", "v.diag(1)", "v.diag(-2)", "v[:0].diag()"),
    *of("m", "m.diag()", "t.diag(m, 1)", "m.diag(diagonal=-1)", "m.diag(7)"),
    *of("b", "b.diagonal()", "b.diagonal(1, 1, 2)", "t.diagonal(b, -1, -1, 0)"),
    *of("m", "m.trace()", "m[:0].trace()"),
    ("t.ones(2, 2, dtype=t.int32).trace()", {}),
    *of("m", "m.tril()", "m.triu()", "t.tril(m, -1)", "t.triu(m, 1)", "m.tril(diagonal=1)"),
    *of("b", "b.tril()", "b.triu(2)"),
    ("x.tril()", {"x": [[1.0, float("nan")], [float("inf"), 2.0]]}),
]
