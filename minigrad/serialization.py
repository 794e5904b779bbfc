"""Keeping tensors in a file: NumPy's .npz, which holds numbers and text and runs no code.

The arrays lie in it one by one. An entry of JSON says how they hang together: None, a
truth value, a number or a text stands for itself, and anything else is a list that starts
with its kind: ["list", …], ["tuple", …], ["dict", [key, value], …] or ["tensor", entry].
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minigrad.dtypes import as_dtype
from minigrad.tensor import Array, Tensor

__all__ = ["load", "save"]

_PLAIN = (type(None), bool, int, float, str)
_STRUCTURE = "structure"


def _encoded(value: Any, place: str, arrays: dict[str, Array]) -> Any:
    """What JSON says of `value`; its numbers are added to `arrays`. `place` is for errors."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, Tensor):
        entry = str(len(arrays))
        arrays[entry] = np.asarray(value._data)
        return ["tensor", entry]
    if kind in (list, tuple):
        parts = [_encoded(each, f"{place}[{i}]", arrays) for i, each in enumerate(value)]
        return [kind.__name__, *parts]
    if kind is dict:
        for key in value:
            if type(key) not in _PLAIN:
                what = f"A key of {place}, {key!r},"
                raise TypeError(f"{what} is of type {type(key).__name__}. {_CAN}")
        parts = [[key, _encoded(each, f"{place}[{key!r}]", arrays)] for key, each in value.items()]
        return ["dict", *parts]
    raise TypeError(f"{place} is of type {kind.__name__}. {_CAN}")


_CAN = (
    "A file keeps dicts, lists and tuples of tensors, numbers, texts and None; the keys of a dict "
    "are numbers, texts or None. For a module or an optimizer, save its state_dict()."
)


def _decoded(told: Any, arrays: Any) -> Any:
    if type(told) in _PLAIN:
        return told
    kind, *parts = told
    if kind == "tensor":
        array = arrays[parts[0]]
        as_dtype(array.dtype)
        return Tensor(array if array.ndim else array[()])
    if kind == "dict":
        return {key: _decoded(each, arrays) for key, each in parts}
    return {"list": list, "tuple": tuple}[kind](_decoded(each, arrays) for each in parts)


def save(obj: Any, f: str | Path | BinaryIO) -> None:
    """Write nested dicts, lists and tuples of tensors, numbers, texts and None into a file.

    `f` is a path or a file opened for writing bytes. Of a tensor its numbers, shape and dtype
    are kept: what a `state_dict` needs. TypeError, with the place, for anything else.
    As `torch.save`, without pickle.

    >>> import io
    >>> import minigrad as mg
    >>> file = io.BytesIO()
    >>> mg.save({"epoch": 3, "weight": mg.tensor([1.0, 2.0])}, file)
    >>> _ = file.seek(0)
    >>> mg.load(file)
    {'epoch': 3, 'weight': tensor([1., 2.])}
    """
    arrays: dict[str, Array] = {}
    structure = json.dumps(_encoded(obj, "obj", arrays))
    arrays[_STRUCTURE] = np.array(structure.encode())
    if isinstance(f, str | Path):
        with Path(f).open("wb") as file:  # np.savez would change the name
            np.savez(file, **arrays)  # type: ignore[arg-type]
    else:
        np.savez(f, **arrays)  # type: ignore[arg-type]


def load(f: str | Path | BinaryIO) -> Any:
    """Read what `save` wrote, from a path or a file opened for reading bytes.

    No code in the file is run. RuntimeError for a file that is damaged or from elsewhere.
    As `torch.load`.

    >>> import io
    >>> import minigrad as mg
    >>> file = io.BytesIO()
    >>> mg.save([mg.tensor(2.0), "two"], file)
    >>> _ = file.seek(0)
    >>> mg.load(file)
    [tensor(2.), 'two']
    """
    if isinstance(f, str | Path):
        with Path(f).open("rb") as file:
            return load(file)
    try:
        with np.load(f, allow_pickle=False) as archive:
            return _decoded(json.loads(archive[_STRUCTURE].item()), archive)
    except Exception as error:
        raise RuntimeError(
            f"{getattr(f, 'name', 'This')} is no file that mg.save wrote, or it is damaged: {error}"
        ) from error
