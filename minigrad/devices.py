"""Where tensors live. There is one place, the CPU, and PyTorch's ways of naming it."""

from __future__ import annotations

from typing import Any


class device:
    """A device as PyTorch writes it: "cpu", or "cpu:0". As `torch.device`.

    RuntimeError for any other, such as "cuda".

    >>> import minigrad as mg
    >>> mg.device("cpu")
    device(type='cpu')
    """

    type = "cpu"

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name, _, place = str(type).partition(":")
        if name != "cpu" or not (place.isdigit() or not place):
            raise RuntimeError(
                f'There is no device {type!r} here: minigrad computes on the CPU. Use "cpu", or '
                "leave device out."
            )
        self.index = int(place) if place else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.index == other.index

    def __hash__(self) -> int:
        return hash(self.index)

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"
