"""What one exact method finds about a goal and the premises that bear on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """What was found.

    Attributes:
        status: with a goal "entailed", "refuted", "unsupported" or "unknown"; without one "consistent" or "unknown";
            with either "impossible": the premises cannot all hold. None: not mine.
        premises: keys that are enough for it.
        model: of a refuted goal what holds instead, of an unsupported one a world in which it fails, in words.
        failing: of an unsupported goal the worlds in which it fails, where `model` lists others, too.
        linear: whether it was proved by adding multiples of equations alone.
    """

    status: str | None
    premises: frozenset[int] = frozenset()
    model: str | None = None
    reason: str | None = None
    linear: bool = False
    failing: str | None = None


def together(found: Sequence[Decision], choosing: frozenset[int]) -> Decision:
    """The decision where premises leave a choice of cases and each was decided; `choosing`: these premises."""
    possible = [one for one in found if one.status != "impossible"]
    premises = choosing.union(*(one.premises for one in found))
    if not possible:
        return Decision("impossible", premises)
    statuses = {one.status for one in possible}
    if "consistent" in statuses:
        return Decision("consistent")
    for status in ("entailed", "refuted"):
        if statuses == {status}:
            models = dict.fromkeys(one.model for one in possible if one.model is not None)
            return Decision(status, premises, " or ".join(models) or None)
    if "unsupported" in statuses or {"entailed", "refuted"} <= statuses:
        first = next((one for one in possible if one.status == "unsupported"), None)
        first = first or next(one for one in possible if one.status == "refuted")
        return Decision("unsupported", model=first.model, reason=first.reason, failing=first.failing)
    return next(one for one in possible if one.status not in ("entailed", "refuted"))
