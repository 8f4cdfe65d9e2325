"""Two runs side by side: what was asked differently, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from reasonlab.runs.folder import Run
from reasonlab.runs.plain import flatten
from reasonlab.runs.record import RunRecord

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
    lines = _differences("run", _head(first), _head(second))
    for section in SECTIONS:
        lines += _differences(section, getattr(first, section), getattr(second, section))
    return lines + _differences("scores", a.scores(), b.scores(), keep_equal=True)


def _head(record: RunRecord) -> dict[str, object]:
    return {"kind": record.kind, "family": record.family, "status": record.status}


def _differences(
    section: str, a: dict[str, object], b: dict[str, object], *, keep_equal: bool = False
) -> list[Difference]:
    left, right = flatten(a), flatten(b)
    lines = []
    for key in dict.fromkeys([*left, *right]):
        one, two = left.get(key), right.get(key)
        if keep_equal or one != two or (key in left) != (key in right):
            lines.append(Difference(section, key, one, two, _delta(one, two)))
    return lines


def _delta(a: object, b: object) -> float | None:
    # A truth value is an int in Python, and no number here.
    if isinstance(a, bool) or isinstance(b, bool) or not isinstance(a, int | float) or not isinstance(b, int | float):
        return None
    return b - a
