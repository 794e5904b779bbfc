"""Products of matrices and vectors, and what has to do with a diagonal."""

from __future__ import annotations

import numpy as np

from minigrad import errors
from minigrad.functions.attach import in_place, instead_of, method
from minigrad.functions.views import movedim
from minigrad.rules import Rule, linalg
from minigrad.tensor import Tensor, apply

__all__ = [
    "addmm", "bmm", "diag", "diagonal", "dot", "matmul", "mm", "mv", "outer", "tril",
    "triu",
]  # fmt: skip


# Products --------------------------------------------------------------------------------


def _check_ndims(
    op: str,
    tensors: tuple[Tensor, ...],
    ndims: tuple[int, ...],
    way_out: str = "matmul, or @, takes any number of dims.",
) -> None:
    """PyTorch's named products take one number of dims each; only matmul takes any."""
    for place, (tensor, ndim) in enumerate(zip(tensors, ndims, strict=True), 1):
        if tensor.ndim != ndim:
            raise RuntimeError(
                f"{op}: tensor {place} needs {ndim} dims, but {errors.called(tensor)} has shape "
                f"{tuple(tensor.shape)}. {way_out}"
            )


def _product(rule: Rule, *tensors: Tensor) -> Tensor:
    errors.check_matmul(*tensors)
    return apply(rule, *tensors)


@instead_of(np.matmul)
@method
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Matrix product: (…, n, k) @ (…, k, m) → (…, n, m), or with a vector on either side.

    Stacks of matrices broadcast. RuntimeError, with the shapes, where the inner sizes
    or the dtypes differ. As `torch.matmul`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]) @ mg.tensor([1.0, 1.0])
    tensor([3., 7.])
    """
    errors.check_matmul(input, other)
    if input.ndim == 1 and other.ndim == 1:
        return apply(linalg.dot, input, other)
    if other.ndim == 1:
        if input.ndim == 2:
            return apply(linalg.mv, input, other)
        return matmul(input, other.reshape(-1, 1)).reshape(input.shape[:-1])
    if input.ndim == 1:
        return matmul(other.transpose(-1, -2), input)
    return apply(linalg.matmul if input.ndim == other.ndim == 2 else linalg.bmm, input, other)


@method
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Matrix product (n, k) @ (k, m) → (n, m); RuntimeError for other shapes. As `torch.mm`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0]]).mm(mg.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    _check_ndims("mm", (input, mat2), (2, 2))
    return _product(linalg.matmul, input, mat2)


@method
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of pairs of matrices: (b, n, k) @ (b, k, m) → (b, n, m). As `torch.bmm`.

    RuntimeError for other shapes or two dtypes; a stack of one is not stretched.

    >>> import minigrad as mg
    >>> mg.tensor([[[2.0]], [[3.0]]]).bmm(mg.tensor([[[5.0]], [[7.0]]]))
    tensor([[[10.]],
    <BLANKLINE>
            [[21.]]])
    """
    _check_ndims("bmm", (input, mat2), (3, 3))
    if len(input) != len(mat2):
        raise RuntimeError(
            f"bmm: {errors.called(input)} holds {len(input)} matrices and {errors.called(mat2)} "
            f"{len(mat2)}. They must be as many; matmul, or @, stretches a stack of one."
        )
    return _product(linalg.bmm, input, mat2)


@method
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Matrix times vector: (n, k) @ (k) → (n). RuntimeError for other shapes. As `torch.mv`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0]]).mv(mg.tensor([3.0, 4.0]))
    tensor([11.])
    """
    _check_ndims("mv", (input, vec), (2, 1))
    return _product(linalg.mv, input, vec)


@instead_of(np.dot)
@method
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Sum of the products of two rows, (n) · (n) → one number. As `torch.dot`.

    RuntimeError for other shapes.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).dot(mg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _check_ndims("dot", (input, tensor), (1, 1))
    return _product(linalg.dot, input, tensor)


@instead_of(np.outer)
@method
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Each number of one row times each of another: (n), (m) → (n, m). As `torch.outer`.

    RuntimeError for other shapes.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).outer(mg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _check_ndims("outer", (input, vec2), (1, 1), "Use .flatten() first.")
    return input.reshape(-1, 1) * vec2


@method
@in_place
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta·input + alpha·(mat1 @ mat2), where `input` broadcasts to (n, m). As `torch.addmm`.

    RuntimeError where shapes or dtypes do not fit.

    >>> import minigrad as mg
    >>> mg.tensor([1.0]).addmm(mg.tensor([[1.0, 2.0]]), mg.tensor([[3.0], [4.0]]), alpha=2)
    tensor([[23.]])
    """
    _check_ndims("addmm", (mat1, mat2), (2, 2))
    errors.check_matmul(mat1, mat2)
    errors.check_stretches("addmm", input, (mat1.shape[0], mat2.shape[1]))
    errors.check_one_dtype("addmm", (input, mat1))
    if not input.dtype.is_floating_point and isinstance(beta + alpha, float):
        raise RuntimeError(
            f"addmm: {errors.called(input)} holds integers, so beta and alpha must be integers, "
            f"not {beta} and {alpha}."
        )
    return apply(linalg.addmm, input, mat1, mat2, beta=beta, alpha=alpha)


# Diagonals and triangles -----------------------------------------------------------------


@method
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dims as the last dim; `offset` steps to the right of the main one.

    Shares memory. IndexError for a dim that there is not, RuntimeError for one dim twice. As
    `torch.diagonal`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).diagonal(1)
    tensor([2.])
    """
    return apply(linalg.diagonal, movedim(input, (dim1, dim2), (-2, -1)), offset=offset)


@method
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, copied; or the matrix with a row of numbers on its diagonal.

    (n, n) → (n,), or (n,) → (n, n). RuntimeError for other shapes. As `torch.diag`.

    >>> import minigrad as mg
    >>> mg.tensor([1.0, 2.0]).diag()
    tensor([[1., 0.],
            [0., 2.]])
    """
    if input.ndim not in (1, 2):
        raise RuntimeError(
            f"diag takes a matrix or a row, but {errors.called(input)} has shape "
            f"{tuple(input.shape)}. diagonal() takes two dims of many."
        )
    return apply(linalg.diag if input.ndim == 2 else linalg.diag_embed, input, offset=diagonal)


@instead_of(np.trace)
@method
def trace(input: Tensor) -> Tensor:
    """Sum of a matrix's diagonal; RuntimeError for other shapes. As `torch.trace`.

    A method only: `mg.trace` shows a computation step by step.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).trace()
    tensor(5.)
    """
    _check_ndims("trace", (input,), (2,), "Use .diagonal().sum(-1).")
    return apply(linalg.trace, input)


@method
@in_place
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix, up to `diagonal` steps right of it; the rest is 0.

    RuntimeError for fewer than two dims. As `torch.tril`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).tril()
    tensor([[1., 0.],
            [3., 4.]])
    """
    _check_matrices("tril", input)
    return apply(linalg.tril, input, k=diagonal)


@method
@in_place
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix, from `diagonal` steps right of it; the rest is 0.

    RuntimeError for fewer than two dims. As `torch.triu`.

    >>> import minigrad as mg
    >>> mg.tensor([[1.0, 2.0], [3.0, 4.0]]).triu()
    tensor([[1., 2.],
            [0., 4.]])
    """
    _check_matrices("triu", input)
    return apply(linalg.triu, input, k=diagonal)


def _check_matrices(op: str, input: Tensor) -> None:
    if input.ndim < 2:
        raise RuntimeError(
            f"{op} takes matrices, but {errors.called(input)} has shape {tuple(input.shape)}."
        )
