"""Which module of a model each value belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minigrad.recorder import Draft, Input


def layers(drafts: list[Draft], names: Mapping[int, str]) -> list[str]:
    """Return the path of its module for each value, as in "model.0", and "" where there is none.

    A recorded op belongs to the module that was being called. Of others only the parameters
    tell: an op that uses parameters, or what was made of them alone, belongs to their module, and
    so does what lies between two ops of one module. `names` holds the reader's names of
    modules and parameters, by id.
    """
    found: list[str] = []
    alone: list[bool] = []  # made of parameters alone
    for draft in drafts:
        if draft.rule is None:
            path = names.get(id(draft.place), "")
            of_module = "." in path and not path.endswith(".grad")
            found.append(path.rpartition(".")[0] if of_module else "")
            alone.append(of_module)
            continue
        places = _inputs(draft)
        owned = [found[i] for i in places if alone[i]]
        alone.append(bool(places) and len(owned) == len(places))
        found.append(names.get(id(draft.module), "") or _common(owned))
    if any(found):
        _fill(drafts, found)
    return found


def _inputs(draft: Draft) -> list[int]:
    return [each.draft for each in draft.inputs if isinstance(each, Input)]


def _common(paths: list[str]) -> str:
    """The module that all of these are in."""
    parts = [path.split(".") for path in paths]
    shared = []
    for names in zip(*parts, strict=False):
        if len({*names}) > 1:
            break
        shared.append(names[0])
    return ".".join(shared)


def _fill(drafts: list[Draft], found: list[str]) -> None:
    """Give what lies between two ops of one module to that module."""
    ops = [[i for i in _inputs(draft) if drafts[i].rule] for draft in drafts]
    users: list[list[int]] = [[] for _ in drafts]
    for target, places in enumerate(ops):
        for i in places:
            users[i].append(target)
    before, after = [*found], [*found]
    for i in range(len(drafts)):
        if drafts[i].rule and not found[i]:
            before[i] = _only(before[each] for each in ops[i])
    for i in reversed(range(len(drafts))):
        if drafts[i].rule and not found[i]:
            after[i] = _only(after[each] for each in users[i])
            if before[i] == after[i]:
                found[i] = before[i]


def _only(paths: Iterable[str]) -> str:
    different = {*paths}
    return different.pop() if len(different) == 1 else ""
