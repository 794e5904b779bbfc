"""What the frames of a stepper show, and whether that is what finite differences give."""

import re
from collections import Counter
from itertools import pairwise

from differences import Differences, shown

NOT_YET = "–"
PRODUCT = re.compile(r"(.+) × (.+) [=≈] (.+)")


def number(text: str) -> float:
    return float(text.strip("()").replace("−", "-"))


def _numbers(kind: str, nodes: dict[str, dict]) -> dict[str, str]:
    """The number or the cells of each node that has any; `kind` is "v" or "g"."""
    texts = {
        name: " ".join(node[slot] for slot in node if re.fullmatch(rf"{kind}\d+(\.\d+)?", slot))
        for name, node in nodes.items()
    }
    return {name: text for name, text in texts.items() if text}


class Shown:
    """What one frame shows, by the names of the nodes."""

    def __init__(self, frame: dict) -> None:
        self.chips, self.lit, self.marked = frame["chips"], frame["lit"], frame["marked"]
        self.labels = {node["label"].split(", value ")[0]: node["label"] for node in frame["nodes"]}
        self.ids = dict(zip((node["id"][1:] for node in frame["nodes"]), self.labels, strict=True))
        by_name = dict(zip(self.labels, frame["nodes"], strict=True))
        self.values = _numbers("v", by_name)
        self.gradients = _numbers("g", by_name)
        self.sockets = {name: node["sockets"] for name, node in by_name.items() if node["sockets"]}
        self.buckets = {
            bucket["label"].split(".grad ")[0]: bucket[slot].removeprefix(".grad ")
            for bucket in frame["buckets"]
            for slot in bucket
            if slot != "label"
        }

    def arrived(self, before: "Shown") -> dict[str, str]:
        """What came since the frame before, by the name of the node that it came to."""
        came = {
            name: self.gradients[name].removeprefix("∂ ")
            for name in self.gradients.keys() - self.sockets.keys()
            if self.gradients[name] != before.gradients[name]
        }
        for name, sockets in self.sockets.items():
            for _, text in sockets.items() - before.sockets[name].items():
                came[name] = text
        return came


def edges_in(frames: list[Shown]) -> Counter:
    """Every product along an edge that a walk showed, as Differences.edges counts them."""
    seen = Counter()
    for before, now in pairwise(frames):
        found = filter(None, map(PRODUCT.fullmatch, now.chips))
        products = [tuple(map(number, match.groups())) for match in found]
        if not products:
            continue
        (target,) = [now.ids[part[1:]] for part in now.lit if part[0] == "n"]
        ((arriving, local, contribution),) = products  # one chip, whatever many roads it is about
        came = now.arrived(before)
        assert len(came) == sum(part[0] == "e" for part in now.lit)
        assert number(now.gradients[target].removeprefix("∂ ")) == arriving
        for source, text in came.items():
            assert number(text) == contribution
            seen[source, target, arriving, local, contribution] += 1
    return seen


def check(walked: list[dict], expected: Differences) -> list[Shown]:
    """Compare all numbers of a walk through a stepper with `expected`."""
    frames = [Shown(frame) for frame in walked]
    first, last = frames[0], frames[-1]
    assert edges_in(frames) == expected.edges()
    assert {name: number(text) for name, text in last.values.items()} == {
        name: shown(value) for name, value in expected.values.items()
    }
    assert {name: number(text.removeprefix("∂ ")) for name, text in last.gradients.items()} == {
        name: shown(slope) for name, slope in expected.gradients.items()
    }
    assert {name: number(text) for name, text in last.buckets.items()} == {
        name: shown(expected.gradients[name]) for name in expected.leaves
    }
    check_waiting(frames)
    check_nothing_yet(first)
    assert set(first.buckets.values()) == {"None"}
    return frames


def check_waiting(frames: list[Shown]) -> None:
    """A node with several sockets shows no gradient before all are filled and were added."""
    for name, sockets in frames[0].sockets.items():
        counts = [sum(text != "" for text in frame.sockets[name].values()) for frame in frames]
        assert set(counts) == set(range(len(sockets) + 1))
        for frame, count in zip(frames, counts, strict=True):
            waiting = frame.gradients[name] == NOT_YET
            assert frame.labels[name].endswith(f", {count} of {len(sockets)} arrived") == (
                waiting and count > 0
            )
            assert waiting or count == len(sockets)
        adds = frames[[frame.gradients[name] != NOT_YET for frame in frames].index(True)]
        assert counts[frames.index(adds) - 1] == len(sockets)
        (chip,) = adds.chips
        parts, total = re.split(" [=≈] ", chip)
        added = sorted(map(number, parts.split(" + ")))
        assert added == sorted(map(number, adds.sockets[name].values()))
        assert f"∂ {total}" == adds.gradients[name]


def check_nothing_yet(frame: Shown) -> None:
    """No gradient is in sight anywhere."""
    assert set(frame.gradients.values()) == {NOT_YET}
    assert {text for sockets in frame.sockets.values() for text in sockets.values()} <= {""}
    assert all(label.endswith(", gradient none") for label in frame.labels.values())
    assert frame.chips == []
