"""What is said when something does not work: what happened, with names and shapes, and a way out.

The classes are those that PyTorch raises, so that code which catches them still does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.names import called as called

if TYPE_CHECKING:
    from minigrad.graph import Node
    from minigrad.rules import Rule
    from minigrad.tensor import Tensor


class TraceError(RuntimeError):
    """There is nothing that could be stepped; the message says why, in a sentence."""


def _shape(tensor: Any) -> str:
    return f"{called(tensor)} {tuple(tensor.shape)}"


def check_can_require_grad(kind: np.dtype[Any], wanted: bool) -> None:
    """Only floats have slopes."""
    if wanted and kind.kind != "f":
        raise RuntimeError(
            f"Only floating-point tensors can require gradients, and this one is {kind.name}. "
            "Write 2.0 for 2, or give dtype=mg.float32."
        )


def check_floating(op: str, tensor: Tensor) -> None:
    """Some ops have no meaning on integers."""
    if not tensor.dtype.is_floating_point:
        raise RuntimeError(
            f"{op}() needs floating-point numbers, but {called(tensor)} is "
            f"{tensor.dtype.dtype.name}. Use {called(tensor)}.to(mg.float32).{op}()."
        )


def check_matmul(a: Tensor, b: Tensor) -> None:
    """Inner sizes must agree, and dtypes too."""
    if not a.ndim or not b.ndim:
        raise RuntimeError(
            f"@ multiplies matrices and vectors; here are {_shape(a)} @ {_shape(b)}. "
            "Use * for single numbers."
        )
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if a.shape[-1] != inner:
        raise RuntimeError(
            f"{_shape(a)} @ {_shape(b)}: the last size of the left, {a.shape[-1]}, must equal "
            f"the {'second to last' if b.ndim > 1 else 'only'} size of the right, {inner}. "
            "Is a transpose (.T) missing?"
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"@ needs one dtype, but {called(a)} is {a.dtype.dtype.name} and {called(b)} is "
            f"{b.dtype.dtype.name}. Convert one with .to(…)."
        )


def check_index(tensor: Tensor, parts: tuple[Any, ...]) -> None:
    """A single number cannot be indexed; sizes are NumPy's to check."""
    if not tensor.ndim and any(isinstance(each, int | slice) for each in parts):
        raise IndexError(
            f"{called(tensor)} is a single number and has no dim to index. Use .item() for it."
        )


def check_view(tensor: Tensor) -> None:
    """A view's history is its base's; when that changed, ours would be the old one."""
    if tensor._view is not None and tensor._view[0]._node is not tensor._view[1]:
        raise RuntimeError(
            f"{called(tensor)} shows part of {called(tensor._view[0])}, which was changed in place "
            "since. Take the view again after the change."
        )


def check_in_place(tensor: Tensor, result: Tensor) -> None:
    """Refuse the writes that would lose numbers, or history that a backward pass needs."""
    from minigrad.graph import is_grad_enabled

    if tensor._requires_grad and tensor._node is None and is_grad_enabled():
        raise RuntimeError(
            f"{called(tensor)} is a leaf that requires a gradient, so an in-place change of it "
            "cannot be recorded. Make the change inside `with mg.no_grad():`."
        )
    if result.shape != tensor.shape:
        who = called(tensor)
        raise RuntimeError(
            f"An in-place op keeps the shape of {who}, {tuple(tensor.shape)}, but the result has "
            f"shape {tuple(result.shape)}. Write {who} = … to make a new tensor."
        )
    if not np.can_cast(result._data.dtype, tensor._data.dtype, "same_kind"):
        who = called(tensor)
        raise RuntimeError(
            f"The result is {result.dtype.dtype.name}, which cannot be kept in {who}, "
            f"{tensor.dtype.dtype.name}. Write {who} = … to make a new tensor."
        )
    if tensor._view is not None and is_grad_enabled():
        base = tensor._view[0]
        if base.requires_grad or result.requires_grad:
            raise RuntimeError(
                f"{called(tensor)} shows part of {called(base)}, and a recorded in-place change "
                "through a view is not supported. Compute a new tensor, or change it inside "
                "`with mg.no_grad():`."
            )


def check_saved(node: Node) -> None:
    """A backward pass needs what was saved, unchanged."""
    if node.saved is None:
        raise RuntimeError(
            f"The graph through {node.name()} was freed by an earlier backward pass. Run the "
            "forward pass again, or keep the graph with backward(retain_graph=True)."
        )
    names = node.rule.plan(node.mask).names
    for name, version, recorded in node.watched:
        if name in names and version[0] != recorded:
            which = "its result" if name == "y" else f"its input {name}"
            for place, each in zip(node.rule.inputs, node.inputs, strict=True):
                if place == name and hasattr(each, "requires_grad"):
                    which = called(each)
            raise RuntimeError(
                f"{node.name()} needs the numbers that {which} held when {node.rule.name} ran, but "
                f"they were changed in place since (version {version[0]}, expected {recorded}). "
                "Compute a new tensor instead of changing this one."
            )


def explained(rule: Rule, operands: tuple[Any, ...], error: Exception) -> Exception:
    """Say in our words what NumPy refused."""
    shapes = [_shape(each) for each in operands if hasattr(each, "requires_grad")]
    if isinstance(error, np.exceptions.AxisError):
        many = operands[0].ndim
        allowed = f"from {-many} to {many - 1}" if many else "left out"
        return IndexError(f"{rule.name}: {shapes[0]} has no dim {error.axis}; dim is {allowed}.")
    if isinstance(error, IndexError):
        return IndexError(f"{rule.name}: {error} ({', '.join(shapes)})")
    if rule.broadcasts and "broadcast" in str(error):
        return RuntimeError(
            f"{rule.name}: {' and '.join(shapes)} do not broadcast. Compared from the right, "
            "sizes must be equal, or one of them 1. Use .reshape to line them up."
        )
    return RuntimeError(f"{rule.name} of {', '.join(shapes)}: {error}")
