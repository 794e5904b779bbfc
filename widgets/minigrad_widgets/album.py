"""Images that many frames show cross to the browser once: a frame holds an image's number."""

from typing import Any


class Album:
    """The `images` met so far, as data URIs, each one once."""

    def __init__(self) -> None:
        self.images: list[str] = []
        self._place: dict[str, int] = {}

    def filed(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Return a frame, as it is sent, with numbers for its images."""
        filed = dict(frame)
        if "writes" in frame:
            filed["writes"] = {
                slot: self._number(text) if slot.endswith(":heat") and text else text
                for slot, text in frame["writes"].items()
            }
        if "cells" in frame:
            parts = [
                part | {"image": self._number(part["image"])} if "image" in part else part
                for part in frame["cells"]["parts"]
            ]
            filed["cells"] = frame["cells"] | {"parts": parts}
        return filed

    def _number(self, image: str) -> str:
        if image not in self._place:
            self._place[image] = len(self.images)
            self.images.append(image)
        return str(self._place[image])
