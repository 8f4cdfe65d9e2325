"""Two runs side by side: what was asked differently, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from reasonlab.runs.folder import Run
from reasonlab.runs.plain import flatten

SECTIONS = ("config", "seeds", "versions", "code", "machine", "facts")


@dataclass(frozen=True)
class Difference:
    """One line of a comparison. `delta` is b - a where both are numbers, else None."""

    section: str
    key: str
    a: object
    b: object
    delta: float | None


def compare(a: Run, b: Run) -> list[Difference]:
    """Every entry of run.json that differs, then every score of either, equal or not."""
    first, second = a.record, b.record
    head = {"kind": first.kind, "family": first.family, "status": first.status}
    lines = _differences("run", head, {"kind": second.kind, "family": second.family, "status": second.status})
    for section in SECTIONS:
        lines += _differences(section, getattr(first, section), getattr(second, section))
    return lines + _differences("scores", a.scores(), b.scores(), keep_equal=True)


def _differences(
    section: str, a: dict[str, object], b: dict[str, object], *, keep_equal: bool = False
) -> list[Difference]:
    left, right = flatten(a), flatten(b)
    lines = []
    for key in dict.fromkeys([*left, *right]):
        one, two = left.get(key), right.get(key)
        if keep_equal or one != two or (key in left) != (key in right):
            lines.append(Difference(section, key, one, two, two - one if _number(one) and _number(two) else None))
    return lines


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
