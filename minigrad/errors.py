"""What is said when something does not work: what happened, with names and shapes, and a way out.

The classes are those that PyTorch raises, so that code which catches them still does.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.modes import state
from minigrad.names import called as called
from minigrad.names import reader_frames, short

if TYPE_CHECKING:
    from minigrad.graph import Node
    from minigrad.rules import Rule
    from minigrad.tensor import Tensor


FREED = (
    "The graph through {op} was freed by an earlier backward pass. Run the forward pass again, or "
    "keep the graph with backward(retain_graph=True)."
)


class TraceError(RuntimeError):
    """There is nothing that could be stepped; the message says why, in a sentence."""


def warn(message: str) -> None:
    """Warn at the reader's own line, however many modules lie between."""
    frame = next(reader_frames())
    warnings.warn_explicit(
        message,
        UserWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def shaped(tensor: Any) -> str:
    """Name a tensor and its shape, as in x (3, 4)."""
    return f"{called(tensor)} {tuple(tensor.shape)}"


def check_can_require_grad(kind: np.dtype[Any], wanted: bool) -> None:
    """Only floats have slopes."""
    if wanted and kind.kind != "f":
        raise RuntimeError(
            f"Only floating-point tensors can require gradients, and this one is {kind.name}. "
            "Write 2.0 for 2, or give dtype=mg.float32."
        )


def no_operand(value: Any) -> TypeError:
    """Only tensors and numbers can be computed with."""
    if value is None:
        return TypeError("None is no number. Was .grad used before backward() was called?")
    return TypeError(
        f"An op takes Tensors, numbers and NumPy arrays, not {short(repr(value))}. Use "
        "mg.tensor(…)."
    )


def check_floating(op: str, tensor: Tensor) -> None:
    """Some ops have no meaning on integers."""
    if not tensor.dtype.is_floating_point:
        raise NotImplementedError(
            f"{op}() needs floating-point numbers, but {called(tensor)} is "
            f"{tensor.dtype.dtype.name}. Use {called(tensor, '')}.to(mg.float32)."
        )


_KINDS = {"b": "truth values", "i": "integers", "f": "floating-point numbers"}


def check_taken(rule: Rule, kind: np.dtype[Any]) -> None:
    """Not every op has a meaning on every kind of number."""
    if kind.kind not in rule.takes:
        raise NotImplementedError(
            f"{rule.name} works on {' and '.join(_KINDS[each] for each in rule.takes)}, not on "
            f"{_KINDS[kind.kind]} ({kind.name}). Convert first, with .to(…)."
        )


def met(op: str, *tensors: Tensor) -> tuple[int, ...]:
    """Find the shape in which tensors meet by broadcasting."""
    try:
        return np.broadcast_shapes(*(tuple(each.shape) for each in tensors))
    except ValueError:
        raise _apart(op, tensors) from None


def _apart(op: str, tensors: Iterable[Any]) -> RuntimeError:
    return RuntimeError(
        f"{op}: {' and '.join(map(shaped, tensors))} do not broadcast. Compared from the right, "
        "sizes must be equal, or one of them 1. Use .reshape to line them up."
    )


def check_stretches(op: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    """What is added to a result may be stretched, but must not stretch the result."""
    pairs = zip(reversed(tensor.shape), reversed(shape), strict=False)
    if tensor.ndim > len(shape) or any(size not in (1, wanted) for size, wanted in pairs):
        raise RuntimeError(
            f"{op}: {shaped(tensor)} cannot be stretched to the shape {shape}. Compared from the "
            "right, its sizes must be equal, or 1."
        )


def check_one_dtype(op: str, tensors: tuple[Tensor, ...]) -> None:
    """Products do not convert: a float32 and a float64 factor are a mistake."""
    for each in tensors:
        if each.dtype is not tensors[0].dtype:
            raise RuntimeError(
                f"{op} needs one dtype, but {called(tensors[0])} is "
                f"{tensors[0].dtype.dtype.name} and {called(each, 'the other')} is "
                f"{each.dtype.dtype.name}. Convert one with .to(…)."
            )


def check_matmul(a: Tensor, b: Tensor) -> None:
    """Inner sizes must agree, and dtypes too."""
    if not a.ndim or not b.ndim:
        raise RuntimeError(
            f"@ multiplies matrices and vectors; here are {shaped(a)} @ {shaped(b)}. "
            "Use * for single numbers."
        )
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if a.shape[-1] != inner:
        raise RuntimeError(
            f"{shaped(a)} @ {shaped(b)}: the last size of the left, {a.shape[-1]}, must equal "
            f"the {'second to last' if b.ndim > 1 else 'only'} size of the right, {inner}. "
            "Is a transpose (.T) missing?"
        )
    pairs = zip(a.shape[-3::-1], b.shape[-3::-1], strict=False)
    if any(m != n and 1 not in (m, n) for m, n in pairs):
        raise RuntimeError(
            f"{shaped(a)} @ {shaped(b)}: stacks of {tuple(a.shape[:-2])} and "
            f"{tuple(b.shape[:-2])} matrices do not broadcast. Compared from the right, sizes "
            "must be equal, or one of them 1."
        )
    if a._data.dtype.kind == "b":
        raise NotImplementedError(
            f"@ multiplies numbers, and {called(a)} holds truth values. Use .to(mg.int64)."
        )
    check_one_dtype("@", (a, b))


def check_tracked(what: str, tensor: Tensor) -> None:
    """Only what takes part in a backward pass has a gradient to ask for."""
    if not tensor.requires_grad:
        raise RuntimeError(
            f"{what}: {called(tensor)} does not require a gradient, so none will ever arrive. "
            "Create it with requires_grad=True."
        )


def _kind(numbers: Any) -> str:
    return f"{np.dtype(numbers.dtype).name} {tuple(numbers.shape)}"


def check_hook(g: Any, changed: Any) -> None:
    """What a hook returns goes on as the gradient, so it must be one."""
    if not hasattr(changed, "requires_grad"):
        raise TypeError(f"A hook returns None or a Tensor, not {short(repr(changed))}.")
    wanted, found = map(_kind, (g, changed))
    if found != wanted:
        raise RuntimeError(
            f"A hook must return a gradient of the dtype and shape that it was given, {wanted}, "
            f"and not {found}."
        )


def check_grad(tensor: Tensor, grad: Any) -> None:
    """What is set as `.grad` must be such as a backward pass would find."""
    if not hasattr(grad, "requires_grad"):
        raise TypeError(
            f"The .grad of {called(tensor)} is a Tensor or None, not {short(repr(grad))}."
        )
    wanted, found = map(_kind, (tensor, grad))
    if found != wanted:
        raise RuntimeError(
            f"A gradient has the dtype and shape of its tensor: {called(tensor)} is {wanted}, the "
            f"gradient {found}."
        )


def check_in_place(tensor: Tensor, result: Tensor) -> None:
    """Refuse the writes that would lose numbers, or history that a backward pass needs."""
    who, view = called, tensor._view
    base = tensor if view is None else view.base
    if state.grad_enabled and base.is_leaf and base._requires_grad:
        part = "" if base is tensor else f"{who(tensor)} shows part of {who(base)}. "
        raise RuntimeError(
            f"{part}{who(base)} is a leaf that requires a gradient, so an in-place change of it "
            "cannot be recorded. Make the change inside `with mg.no_grad():`."
        )
    tracked = state.grad_enabled and any(each.requires_grad for each in (tensor, base, result))
    if view is not None and not view.tracked and tracked:
        raise RuntimeError(
            f"{who(tensor)} was made as a view of {who(base)} inside no_grad or a Function, so an "
            "in-place change of it cannot be recorded. Take the view outside, or .clone() it."
        )
    if result.shape != tensor.shape:
        raise RuntimeError(
            f"An in-place op keeps the shape of {who(tensor)}, {tuple(tensor.shape)}, but the "
            f"result has shape {tuple(result.shape)}. Write {who(tensor)} = … to make a new tensor."
        )
    if not np.can_cast(result._data.dtype, tensor._data.dtype, "same_kind"):
        raise RuntimeError(
            f"The result is {result.dtype.dtype.name}, which cannot be kept in {who(tensor)}, "
            f"{tensor.dtype.dtype.name}. Write {who(tensor)} = … to make a new tensor."
        )
    if not tensor._array().flags.writeable:
        raise RuntimeError(
            f"{who(tensor)} shows memory that cannot be written to: it was stretched by expand, or "
            f"made from a read-only array. Use {who(tensor, '')}.clone() for memory of its own."
        )


def check_saved(node: Node) -> None:
    """A backward pass needs what was saved, unchanged."""
    if node.saved is None:
        raise RuntimeError(FREED.format(op=node.name()))
    for place, (version, last_write) in zip(node.plan.numbers, node.watched, strict=True):
        if last_write < node.number:
            which = "its result" if place < 0 else f"its input {node.rule.inputs[place]}"
            if place >= 0 and hasattr(node.inputs[place], "requires_grad"):
                which = called(node.inputs[place])
            raise RuntimeError(
                f"{node.name()} needs the numbers that {which} held when {node.rule.name} ran, but "
                f"they were changed in place since (to version {version}). "
                "Compute a new tensor instead of changing this one."
            )


def explained(rule: Rule, operands: tuple[Any, ...], error: Exception) -> Exception:
    """Say in our words what NumPy refused."""
    shapes = [shaped(each) for each in operands if hasattr(each, "requires_grad")]
    if isinstance(error, np.exceptions.AxisError):
        many = operands[0].ndim
        allowed = f"dim is from {-many} to {many - 1}" if many else "a single number has none"
        return IndexError(f"{rule.name}: {shapes[0]} has no dim {error.axis}; {allowed}.")
    if "indexing arrays could not be broadcast" in str(error):
        return IndexError(
            f"{rule.name} of {shapes[0]}: the lists of indices do not broadcast. Give them one "
            "length, or one of them a single number."
        )
    if isinstance(error, OverflowError):
        return OverflowError(
            f"{rule.name} of {', '.join(shapes)}: {error}. Use a wider dtype, such as mg.int64 or "
            "mg.float64."
        )
    if isinstance(error, IndexError):
        return IndexError(f"{rule.name}: {error} ({', '.join(shapes)})")
    if rule.broadcasts and "broadcast" in str(error):
        return _apart(rule.name, [each for each in operands if hasattr(each, "requires_grad")])
    if "duplicate value in 'axis'" in str(error):
        return RuntimeError(f"{rule.name} of {shapes[0]}: a dim is named twice. Name each once.")
    kind = TypeError if isinstance(error, TypeError) else RuntimeError
    return kind(f"{rule.name} of {', '.join(shapes)}: {error}")
