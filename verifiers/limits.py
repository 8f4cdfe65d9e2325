"""Limits: every one is a count, so a verdict depends on no clock and on no load."""

from __future__ import annotations

from dataclasses import dataclass

from reasonlab.language.errors import ResourceLimit


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may spend. Over a limit the verdict is `unknown`, and names the limit."""

    rlimit: int = 100_000  # Z3's resource count for one check in logic
    algebra_rlimit: int = 20_000  # the same in algebra, where one count may be much more work
    chain_rlimit: int = 500_000  # for all checks of one chain
    instances: int = 20_000  # ground instances of the rules
    worlds: int = 10_000  # assignments tried of unknowns mod p
    monomials: int = 2_000  # terms of one polynomial
    degree: int = 4  # of a polynomial in several unknowns that Z3 is asked about: beyond, no count bounds its work
    premises: int = 200  # premises handed to a solver for one question
    parts: int = 200_000  # parts of formulas looked at while a counter-model is checked
    states: int = 200_000  # events, words and rows gone through in one chain by the theories of states and orders


DEFAULT_LIMITS = Limits()


class Meter:
    """Counts what the solver spends on one chain."""

    def __init__(self) -> None:
        self.questions = 0
        self.rlimit = 0


def within(count: int, limit: int, what: str) -> None:
    """Raises ResourceLimit if `count` is over `limit`."""
    if count > limit:
        raise ResourceLimit(f"{count} {what} are over the limit of {limit}")
