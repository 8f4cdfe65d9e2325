"""`verify_chain`: one verdict a step, never dropped and never two; then the answer, then the outcome.

1. The givens are read into the theories that their claims belong to (`theories`), which share no symbols. A value in
   brackets is a note on what was said before; in a given there is nothing that it could repeat: it is not understood.
2. If they contradict each other everything would follow: every claim is `unknown`, and the contradiction is named.
3. Each step is judged against the givens. An entailed one is established: a premise for later ones, without power of
   its own. A refuted or unsupported one is kept apart: it only tells inherited faults from fresh ones. Where the
   problem is told in words, each number that a step uses has to come from somewhere (`grounding`).
4. The answer is judged in the same way. Its leap is 0 iff a given or a step states it: `proved` asks for that. An
   answer mod p may be any number of the right residue class; which residue it is, its reason says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import gcd

from reasonlab.language.chains import Chain, Query, Step, label
from reasonlab.language.claims import Claim, Compare, Equal, Needs, parse_claim, render_claim
from reasonlab.language.errors import ParseError, ResourceLimit
from reasonlab.language.formulas import negate
from reasonlab.language.terms import Symbol, Term, number_term, parse_term, render_term
from reasonlab.language.worded import Worded
from reasonlab.verifiers import plans
from reasonlab.verifiers.agreement import bare, same_answer
from reasonlab.verifiers.evaluation import Value, evaluate, literal
from reasonlab.verifiers.grounding import Grounding
from reasonlab.verifiers.limits import DEFAULT_LIMITS, Limits, Meter
from reasonlab.verifiers.outcomes import outcome
from reasonlab.verifiers.theories import (
    CLOSED,
    FORMULAS,
    GROWING,
    PLANS,
    RELATIONS,
    THEORIES,
    Setting,
    Theory,
    theory_name,
)
from reasonlab.verifiers.verdicts import BAD, AnswerVerdict, ChainReport, Contradiction, Judgement, SolverUse, Verdict

MOST_NAMED = 12  # givens that contradict each other

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def verify_chain(chain: Chain, *, limits: Limits = DEFAULT_LIMITS) -> ChainReport:
    """The report on a chain. Deterministic: the same chain and limits give the same report on any machine."""
    judge = _Judge(chain, limits)
    verdicts = tuple(judge.step(index, step) for index, step in enumerate(chain.steps))
    answer, agrees = judge.answer()
    token = outcome(
        {verdict.status for verdict in verdicts},
        answer.status,
        answer_leap=answer.leap,
        agrees=agrees,
        complete=judge.complete,
        contradiction=judge.contradiction is not None,
    )
    use = SolverUse(judge.meter.questions, judge.meter.rlimit)
    return ChainReport(chain.id, token, answer, verdicts, judge.reason, use)


def unread_report(id: str, reason: str) -> ChainReport:
    """The report on a record that could not be read as a chain."""
    return ChainReport(id, "unparsed", AnswerVerdict(None, "absent"), (), reason)


class _Judge:
    """The theories of one chain and what its steps have established so far."""

    def __init__(self, chain: Chain, limits: Limits) -> None:
        self.chain, self.limits, self.meter = chain, limits, Meter(limits)
        self.givens = tuple(map(_without_notes, chain.givens))
        self.first_step = len(self.givens)
        self.complete = all(given.claim is not None for given in self.givens)
        self.theories: dict[str, Theory] = {}
        self.contradiction = self._build()
        self.reason = self._reason()
        self.grounding = Grounding(chain.problem, self._claims()) if chain.problem is not None else None

    def _build(self) -> Contradiction | None:
        """The theories that some claim of the chain belongs to, and always that of relations: an answer may be one.

        Returns what contradicts itself in the givens.
        """
        givens: dict[str, list[tuple[int, Claim]]] = {RELATIONS: []}
        asked: dict[str, list[Claim]] = {}
        for key, given in enumerate(self.givens):
            if given.claim is not None:
                givens.setdefault(theory_name(given.claim), []).append((key, given.claim))
        query = self.chain.query.claims if self.chain.query is not None else ()
        for claim in (*(step.claim for step in self.chain.steps), *query):
            if claim is not None:
                asked.setdefault(theory_name(claim), []).append(claim)
        try:
            for name in [name for name in THEORIES if name in givens or name in asked]:
                self.theories[name] = theory = self._theory_of(name, givens.get(name, ()), asked.get(name, ()))
                if theory.contradiction is not None:
                    return theory.contradiction
            return _clash(self.givens, self.meter)
        except ResourceLimit as limit:
            return Contradiction((), f"whether the givens can all hold is unknown: {limit}")

    def _claims(self) -> list[Claim]:
        return [given.claim for given in self.givens if given.claim is not None]

    def _theory_of(self, name: str, givens: Sequence[tuple[int, Claim]], asked: Sequence[Claim]) -> Theory:
        modulus, asks = self.chain.modulus, _names_asked(self.chain.query)
        relations = self.theories.get(RELATIONS)
        first = self.first_step
        setting = Setting(tuple(givens), tuple(asked), first, modulus, self.limits, self.meter, asks, relations)
        return THEORIES[name](setting)

    def _reason(self) -> str | None:
        if self.contradiction is not None:
            ids = self.ids(self.contradiction.premises)
            named = ", ".join(ids[:MOST_NAMED]) + (", …" if len(ids) > MOST_NAMED else "")
            return (
                f"the givens contradict each other ({named}): {self.contradiction.reason}"
                if named
                else self.contradiction.reason
            )
        unread = next((i for i, given in enumerate(self.givens) if given.claim is None), None)
        if unread is None:
            return None
        return f"given {unread} was not understood: {self.givens[unread].reason or 'it claims nothing'}"

    def ids(self, keys: tuple[int, ...]) -> tuple[str, ...]:
        first = self.first_step
        return tuple([f"g{key}" if key < first else f"s{key - first}" for key in keys])

    def step(self, index: int, step: Step) -> Verdict:
        """The verdict on a step; it is then established or discredited."""
        claim = step.claim
        if claim is None:
            if self.grounding is not None and step.reason:
                self.grounding.hear_unread(self.first_step + index, step.text)
            elif self.grounding is not None:
                self.grounding.hear_prose(step.text)
            return Verdict(index, step.text, None, "unparsed" if step.reason else "no_claim", reason=step.reason)
        text = render_claim(claim)
        if self.contradiction is not None:
            return Verdict(index, step.text, text, "unknown", reason=self.reason)
        judged = self.judge(claim, text)
        if step.reason is not None and judged.status not in ("refuted", "entailed"):
            return Verdict(index, step.text, text, "unparsed", reason=step.reason)
        key = self.first_step + index
        fault = None
        if self.grounding is not None and step.reason is not None:
            self.grounding.hear_unread(key, step.text)
        elif self.grounding is not None:
            judged, fault = self.grounding.judge(key, claim, judged, step.text)
        theory = self._theory(claim)
        if judged.status in BAD:
            fault = fault or self._fault(claim)
        if theory is not None:
            with suppress(ResourceLimit):  # once the chain has spent its limit, nothing more is taken in
                if judged.status in BAD:
                    theory.discredit(key, claim)
                elif judged.status in ("entailed", "no_claim"):
                    theory.establish(key, claim, text)
        if step.reason is not None and judged.status == "entailed":
            judged = Judgement("unparsed", reason=step.reason)  # its part holds, and later steps may use that
        return Verdict(
            index,
            step.text,
            text,
            judged.status,
            self.ids(judged.premises),
            fault,
            judged.leap if judged.status == "entailed" else None,
            judged.witness,
            judged.reason,
        )

    def _theory(self, claim: Claim) -> Theory | None:
        """What judges the claim; None for a dependency, which no theory takes in."""
        name = theory_name(claim)
        if name == PLANS:
            return None
        if name not in self.theories:  # only the answer can bring up a theory that nothing before it belongs to
            self.theories[name] = self._theory_of(name, (), (claim,))
        return self.theories[name]

    def judge(self, claim: Claim, text: str) -> Judgement:
        try:
            self.meter.spend(1)  # once the chain has spent its limit, nothing more is judged
            for noted in _noted(claim):  # `a [3]`: where it does not hold, that is the verdict on the step
                judged = self.theories[RELATIONS].judge(noted, render_claim(noted))
                if judged.status != "entailed":
                    return judged
            if isinstance(claim, Needs):
                return plans.judge(claim, self.theories[RELATIONS], self.theories.get(FORMULAS))  # type: ignore[arg-type]
            return self._of_all_givens(claim, self._theory(claim).judge(claim, text))  # type: ignore[union-attr]
        except ResourceLimit as limit:
            return Judgement("unknown", reason=str(limit))

    def _of_all_givens(self, claim: Claim, judged: Judgement) -> Judgement:
        """The judgement, unknown where a given that was not understood may say what the others leave open, or in a
        closed world, where what no given says is false, what they seem to rule out.
        """
        decided = judged.status == "refuted" or (judged.status == "entailed" and not isinstance(claim, GROWING))
        if decided and not self.complete and theory_name(claim) in CLOSED:
            return Judgement("unknown", reason=f"{self.reason}; it may say otherwise")
        if judged.status != "unsupported" or self.complete or self.grounding is not None:  # prose never says it all
            return judged
        return Judgement("unknown", reason=f"{self.reason}; it may say more")

    def _fault(self, claim: Claim) -> str:
        theory = self._theory(claim)
        try:
            if any(self.theories[RELATIONS].fault(noted) == "fresh" for noted in _noted(claim)):
                return "fresh"
            return theory.fault(claim) if theory is not None else "fresh"
        except ResourceLimit:
            return "fresh"

    def answer(self) -> tuple[AnswerVerdict, bool | None]:
        """The verdict on the answer, and whether it agrees with the reference (None without one)."""
        given = self.chain.answer
        if given is None:
            return AnswerVerdict(None, "absent"), None
        agrees = self._agree(given.text, self.chain.reference)
        query = self.chain.query
        if self.contradiction is not None:
            return AnswerVerdict(given.text, "unknown", reason=self.reason), agrees
        if query is None:
            status = {None: "unchecked", True: "agrees", False: "differs"}[agrees]
            if agrees is not False and not self._reached(given.text):
                return AnswerVerdict(given.text, "unsupported", reason="no step comes to this answer"), agrees
            return AnswerVerdict(given.text, status), agrees
        judged = {"value": self._value, "truth": self._truth, "choice": self._choice, "fill": self._fill}[query.kind](
            given.text
        )
        reason = judged.reason or (judged.witness if judged.status in BAD else None)
        if agrees is not None and agrees != (judged.status == "entailed") and judged.status in ("entailed", "refuted"):
            reason = f"the reference {self.chain.reference!r} is {'wrong' if not agrees else 'refuted by the givens'}"
        leap = judged.leap if judged.status == "entailed" else None
        return AnswerVerdict(given.text, judged.status, self.ids(judged.premises), leap, reason), agrees

    def _agree(self, answer: str, reference: str | None) -> bool | None:
        """Whether an answer equals the reference: as numbers if both are, else as words (or labels of options)."""
        return None if reference is None else same_answer(answer, reference, self._number)

    def _reached(self, answer: str) -> bool:
        """Whether the steps of a problem in prose come to an answer, as far as one can tell."""
        number = self._number(answer) if self.grounding else None
        return number is None or self.grounding is None or self.grounding.reached(Fraction(number))

    def _number(self, text: str) -> Value | None:
        try:
            return evaluate(parse_term(text), {}, self.chain.modulus, set(), self.meter)
        except (ParseError, KeyError, ZeroDivisionError, ResourceLimit):
            return None

    def _follows(self, claim: Claim, note: str | None = None) -> Judgement:
        """The judgement on a claim that an answer makes. What is not stated takes an inference, counted or not."""
        judged = self.judge(claim, render_claim(claim))
        if judged.status != "entailed":
            return judged
        return judged._replace(leap=1 if judged.leap is None else judged.leap, reason=note)

    def _value(self, text: str) -> Judgement:
        if self._number(text) is None and not (said := bare(text)).percent:
            text = said.text
        try:
            variable, value = parse_term(self.chain.query.variable or ""), parse_term(text)  # type: ignore[union-attr]
        except ParseError as error:
            return Judgement("unparsed", reason=str(error))
        if literal(value) is None or not isinstance(variable, Symbol):
            return Judgement("unparsed", reason=f"expected a number as the value of {self.chain.query.variable}")  # type: ignore[union-attr]
        return self._follows(Equal((variable, value), self.chain.modulus), self._residue(value))

    def _residue(self, value: Term) -> str | None:
        """Which residue a number stands for, where it is not written as one."""
        modulus = self.chain.modulus
        if modulus is None:
            return None
        residue = self._number(render_term(value))
        if residue is None or value == number_term(residue):
            return None
        return f"{render_term(value)} stands for {residue} (mod {modulus})"

    def _truth(self, text: str) -> Judgement:
        claim = self.chain.query.claim  # type: ignore[union-attr]
        word = text.strip().lower()
        if word not in ("true", "false", "unknown") or claim is None or isinstance(claim, Needs):
            return Judgement("unparsed", reason="expected 'true', 'false' or 'unknown'")
        judged = self._follows(claim)
        if word == "true" or judged.status == "unknown":
            return judged
        if word == "unknown":
            # No step can state that nothing follows, so no leap is counted.
            status = "entailed" if judged.status == "unsupported" else "refuted"
            reason = None if status == "entailed" else f"the statement is {judged.status}"
            return Judgement(status, judged.premises, None, judged.witness, reason)
        if judged.status == "refuted":
            return self._negation(claim, judged)
        status = "refuted" if judged.status == "entailed" else judged.status
        return Judgement(status, judged.premises, None, judged.witness, judged.reason)

    def _choice(self, text: str) -> Judgement:
        options = {label(name): claim for name, claim in self.chain.query.options}  # type: ignore[union-attr]
        claim = options.get(label(text))
        if claim is None:
            return Judgement("unparsed", reason=f"expected one of {', '.join(options)}")
        return self._follows(claim)

    def _fill(self, text: str) -> Judgement:
        try:
            claim = parse_claim(self.chain.query.template.replace("_", text), modulus=self.chain.modulus)  # type: ignore[union-attr]
        except ParseError as error:
            return Judgement("unparsed", reason=str(error))
        return self._follows(claim)

    def _negation(self, claim: Claim, judged: Judgement) -> Judgement:
        """The answer "false" to a refuted statement: how far its negation is from what was established."""
        if isinstance(claim, (Equal, Compare, Worded)):
            return Judgement("entailed", judged.premises, 1 if judged.leap is None else judged.leap)
        return self._follows(negate(claim))  # type: ignore[arg-type]


def _without_notes(given: Step) -> Step:
    """The given, not understood if it notes values in brackets."""
    if not (isinstance(given.claim, Equal) and given.claim.notes):
        return given
    name = given.claim.notes[0][0]
    return replace(
        given, claim=None, reason=f"a given has no value to note; state that of {name} as a given of its own"
    )


def _names_asked(query: Query | None) -> frozenset[str] | None:
    """Every name that the question is about; None where nothing is asked."""
    if query is None:
        return None
    texts = [query.variable or "", query.template, *map(render_claim, query.claims)]
    return frozenset(name for text in texts for name in _NAME.findall(text))


def _clash(givens: Sequence[Step], meter: Meter) -> Contradiction | None:
    """Two givens that state values of one variable under different moduli, and differ modulo what both divide by."""
    stated: dict[str, dict[int, tuple[int, int]]] = {}  # name -> modulus (0: none) -> key and value of the first
    for key, given in enumerate(givens):
        if isinstance(given.claim, Equal):
            names = [term.name for term in given.claim.terms if isinstance(term, Symbol)]
            values = [value for term in given.claim.terms if (value := literal(term)) is not None]
            if names and values and values[0].denominator == 1:
                for name in names:
                    stated.setdefault(name, {}).setdefault(given.claim.modulus or 0, (key, int(values[0])))
    for name, found in stated.items():
        for (m, (a, left)), (n, (b, right)) in combinations(found.items(), 2):
            meter.spend(1)
            common = gcd(m, n)
            if common != 1 and (left - right) % common:
                moduli = " and ".join(f"{v}{f' (mod {p})' if p else ''}" for v, p in ((left, m), (right, n)))
                return Contradiction(tuple(sorted((a, b))), f"{name} cannot be both {moduli}")
    return None


def _noted(claim: Claim) -> list[Equal]:
    """The values that an equality notes in brackets, as claims of their own."""
    notes = claim.notes if isinstance(claim, Equal) else ()
    return [Equal((Symbol(name), value), claim.modulus) for name, value in notes]  # type: ignore[union-attr]
