"""Proofs: formulas, some of which come with the rule that is said to yield them (`by: modus-ponens s1, s2 |- q`).

Two questions a step, kept apart. Does its statement follow from the givens (`logic`)? Does the named rule lead to it
from what it cites (`naturaldeduction`)? It is

- entailed if both: its premises are what it cites, its leap is 1 (restating and assuming: 0);
- refuted if the statement follows but the rule does not lead to it from there, or rests on a step that does not hold;
- unsupported if it follows but something cited was never established: a step that comes later, claims nothing, or
  could not be decided;
- otherwise what its statement is, with the misuse of the rule as reason.

A rule that nobody knows makes the step unparsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reasonlab.language.formulas import Formula, individuals, render_formula
from reasonlab.language.justified import Justified
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.logic import Formulas
from reasonlab.verifiers.naturaldeduction import ALIASES, RULES, Application, Sequent, refusal, sequent
from reasonlab.verifiers.verdicts import Judgement

_FREE_RULES = frozenset({"reiteration", "assumption"})  # they infer nothing


class Proofs(Formulas):
    """The theory of a chain's formulas where some say how they follow."""

    def __init__(
        self,
        givens: Sequence[tuple[int, Formula | Justified]],
        others: Iterable[Formula | Justified],
        first_step: int,
        limits: Limits,
        meter: Meter,
    ) -> None:
        plain = [(key, _statement(claim)) for key, claim in givens]
        super().__init__(plain, map(_statement, others), first_step, limits, meter)
        self.stated: dict[int, Sequent] = {key: sequent((), formula) for key, formula in plain}
        self.named = frozenset(name for _, formula in plain for name in individuals(formula))
        self.misused: set[Justified] = set()  # statements that follow, but not so

    def judge(self, claim: Formula | Justified, text: str | None = None) -> Judgement:
        if not isinstance(claim, Justified):
            return super().judge(claim, text)
        if ALIASES.get(claim.rule, claim.rule) not in RULES:
            return Judgement("unparsed", reason=f"no rule is called {claim.rule!r}; there are {', '.join(RULES)}")
        judged = super().judge(claim.statement)
        keys = {self._key(cite): cite for cite in claim.cites}
        missing = next((cite for key, cite in keys.items() if key not in self.stated), None)
        if missing is not None:
            why = f"{missing}, which it cites, was not established before"
            return self._unlicensed(claim, judged, "unsupported", why)
        bad = {key for key, _ in self.bad}
        fallen = next((cite for key, cite in keys.items() if key in bad), None)
        application = Application(
            tuple(self.stated[self._key(cite)] for cite in claim.cites),
            sequent(claim.assumptions, claim.conclusion),
            self.named,
        )
        reason = refusal(claim.rule, application)
        if reason is None and fallen is not None:
            reason = f"{fallen}, which it cites, does not hold"
        if reason is not None:
            return self._unlicensed(claim, judged, "refuted", reason)
        if judged.status != "entailed":
            return judged
        leap = 0 if ALIASES.get(claim.rule, claim.rule) in _FREE_RULES else 1
        return Judgement("entailed", tuple(sorted(keys)), leap)

    def _key(self, cite: str) -> int:
        number = int(cite[1:])
        if cite[0] == "s":
            return self.first_step + number
        return number if number < self.first_step else -1

    def _unlicensed(self, claim: Justified, judged: Judgement, status: str, reason: str) -> Judgement:
        if judged.status != "entailed":
            why = f"{reason}; {judged.reason}" if judged.reason else reason
            return Judgement(judged.status, judged.premises, judged.leap, judged.witness, why)
        self.misused.add(claim)
        return Judgement(status, judged.premises, reason=f"it follows, but not so: {reason}")

    def fault(self, claim: Formula | Justified) -> str:
        if not isinstance(claim, Justified):
            return super().fault(claim)
        bad = {key for key, _ in self.bad}
        if any(self._key(cite) in bad for cite in claim.cites):
            return "inherited"
        return "fresh" if claim in self.misused else super().fault(claim.statement)

    def establish(self, key: int, claim: Formula | Justified, text: str) -> None:
        self.stated[key] = _sequent(claim)
        statement = _statement(claim)
        super().establish(key, statement, render_formula(statement))

    def discredit(self, key: int, claim: Formula | Justified) -> None:
        self.stated[key] = _sequent(claim)
        super().discredit(key, _statement(claim))


def _statement(claim: Formula | Justified) -> Formula:
    return claim.statement if isinstance(claim, Justified) else claim


def _sequent(claim: Formula | Justified) -> Sequent:
    return sequent(claim.assumptions, claim.conclusion) if isinstance(claim, Justified) else sequent((), claim)
