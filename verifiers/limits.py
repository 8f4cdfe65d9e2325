"""Limits: every one is a count, so a verdict depends on no clock and on no load."""

from __future__ import annotations

from dataclasses import dataclass

from reasonlab.language.errors import ResourceLimit


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may spend. Over a limit the verdict is `unknown`, and names the limit."""

    rlimit: int = 100_000  # Z3's resource count for one check in logic
    algebra_rlimit: int = 5_000  # the same in algebra, where one count may be much more work
    chain_rlimit: int = 500_000  # for all checks of one chain
    work: int = 1_000_000  # elementary operations of exact arithmetic for one chain
    instances: int = 20_000  # ground instances of the rules
    worlds: int = 10_000  # assignments tried of unknowns mod p
    monomials: int = 2_000  # terms of one polynomial
    degree: int = 4  # of a polynomial in several unknowns that Z3 is asked about: beyond, no count bounds its work
    bits: int = 64  # of a coefficient of such a polynomial, for the same reason
    roots: int = 60  # degree of the polynomials in one unknown whose roots are looked for together
    cases: int = 64  # ways of choosing a case of each premise that has several
    premises: int = 200  # premises of one question
    parts: int = 200_000  # parts of formulas looked at while a counter-model is checked
    states: int = 200_000  # events, words and rows gone through in one chain by the theories of states and orders


DEFAULT_LIMITS = Limits()


class Meter:
    """Counts what is spent on one chain: questions to the solver, its resource count, and elementary operations."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.questions = 0
        self.rlimit = 0
        self.work = 0

    def spend(self, work: int) -> None:
        """Count operations, each about as long as adding two numbers. Raises ResourceLimit once there are too many."""
        self.work += work
        if self.work > self.limits.work:
            raise ResourceLimit(f"the chain has spent the {self.limits.work} elementary operations that are its limit")


def within(count: int, limit: int, what: str) -> None:
    """Raises ResourceLimit if `count` is over `limit`."""
    if count > limit:
        raise ResourceLimit(f"{count} {what} are over the limit of {limit}")
