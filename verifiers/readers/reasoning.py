"""Reasoning in words about a theory in words: what each sentence of it claims.

| written                                               | claims                                               |
|-------------------------------------------------------|------------------------------------------------------|
| S; so S; we know that S; by rule 2, S; int1: S        | S                                                    |
| since P and Q, S; P, so S; S because P; from P, S     | P, Q and S                                           |
| assume S                                              | nothing; what follows claims itself if S             |
| this contradicts P                                    | P and its opposite, if what was assumed: so not that |
| since P or Q, S; in either case S                     | the same, without the case that was assumed last     |
| the statement "S" is false; it is false that S        | that S is not so                                     |
| the statement is true; the answer is A                | what was asked, or its opposite; it is the answer    |

An assumption that is another case of the last one (both stand in one "or", or one denies the other) takes its place;
else it is one more. What stands under an assumption that was not understood is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reasonlab.language.chains import Step
from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import Atom, Connective, Formula, Not, Quantified, negate, render_formula
from reasonlab.language.sentences import Effort, Said, Vocabulary, parse_sentence
from reasonlab.verifiers.readers import wordings
from reasonlab.verifiers.readers.wordings import OPEN, TRUTHS


@dataclass(slots=True)
class Reasoning:
    """What the sentences of a chain claim, in order.

    Attributes:
        asked: what the chain is to decide.
        options: the answer that each label stands for.
        cases: what stands together in an "or", as far as the text shows.
        answer: what the chain itself says the answer is, so far.
    """

    vocabulary: Vocabulary
    asked: Formula
    options: Mapping[str, str]
    cases: list[frozenset[str]] = field(default_factory=list)
    answer: str | None = None
    effort: Effort = field(default_factory=Effort)
    assumed: list[Formula | None] = field(default_factory=list)  # None: one that was not understood
    named: str | None = None

    def steps(self, texts: Sequence[str]) -> tuple[Step, ...]:
        sentences = [sentence for text in texts for sentence in wordings.sentences(text)]
        for sentence in sentences:
            if len(sentence) <= wordings.LONGEST and re.search(r"\bor\b", sentence, re.IGNORECASE):
                self._collect_cases(sentence)
        return tuple(self.step(sentence) for sentence in sentences)

    def hear(self, given: Formula | None) -> None:
        """Take note of the cases that a given distinguishes."""
        cases = _cases(given) if given is not None else None
        if cases is not None:
            self.cases.append(cases)

    def _collect_cases(self, sentence: str) -> None:
        text = wordings.without_leads(wordings.plain(sentence))[0]
        since = wordings.SINCE.fullmatch(text)
        for piece in (text, *((since[1][:at] for at in wordings.commas(since[1])) if since else ())):
            try:
                self.hear(parse_sentence(piece, self.vocabulary, effort=self.effort).formula)
            except ParseError:
                continue

    def step(self, text: str) -> Step:
        """The step that a sentence makes."""
        try:
            if len(text) > wordings.LONGEST:
                raise ParseError(f"a sentence of {len(text)} characters is over the limit of {wordings.LONGEST}")
            claim = self._claim(wordings.plain(text))
        except ParseError as error:
            return Step(text, None, reason=str(error))
        if claim is not None and None in self.assumed:
            return Step(text, None, reason="it stands under an assumption that was not understood")
        return Step(text, claim)

    def _claim(self, text: str) -> Formula | None:
        """What a sentence claims; None for nothing. Raises ParseError."""
        text, closes = wordings.without_leads(text)
        if closes and self.assumed:
            self.assumed.pop()
        if wordings.NOTHING.fullmatch(text):
            return None
        if found := wordings.ANSWER.fullmatch(text):
            return self._answered(found)
        if found := wordings.ASSUME.fullmatch(text):
            self._assume(found[1])
            return None
        if found := wordings.CONTRADICTS.fullmatch(text):
            return self._contradiction(found[1].strip())
        if (found := wordings.STATEMENT.fullmatch(text)) or (found := wordings.TRUE_THAT.fullmatch(text)):
            return self._under(self._judged(found["said"], found["truth"].lower()))
        try:
            return self._under(self._inference(text.rstrip(": ")))
        except ParseError:
            if text.endswith(":"):  # a heading
                return None
            raise

    def _under(self, claim: Formula | None) -> Formula | None:
        """The claim, if what is assumed is so."""
        known = [each for each in self.assumed if each is not None]
        return claim if claim is None or not known else Connective("->", _all(known), claim)

    def _inference(self, text: str) -> Formula:
        """The statements of a sentence, premises and conclusion alike. Raises ParseError."""
        try:
            return self._said(text)
        except ParseError as error:
            reason = error
        for premises, conclusion in wordings.inferences(text):
            try:
                before = self.named
                first = self._said(premises)
                self._close_case(first)
                second = self._said(wordings.without_leads(conclusion)[0])
            except ParseError:
                self.named = before
                continue
            return Connective("&", first, second)
        raise reason

    def _said(self, text: str) -> Formula:
        said: Said = parse_sentence(text, self.vocabulary, named=self.named, effort=self.effort)
        self.named = said.named
        return said.formula

    def _close_case(self, premises: Formula) -> None:
        """ "Since P or Q, ..." ends the case that is open."""
        cases = _cases(premises)
        if cases is not None and self.assumed and self.assumed[-1] is not None and _case(self.assumed[-1]) in cases:
            self.assumed.pop()

    def _assume(self, text: str) -> None:
        try:
            assumed = self._said(text)
        except ParseError as error:
            self.assumed.append(None)
            raise error
        last = self.assumed[-1] if self.assumed else None
        if last is not None and (
            negate(last) == assumed
            or negate(assumed) == last
            or any({_case(last), _case(assumed)} <= one for one in self.cases)
        ):
            self.assumed.pop()
        self.assumed.append(assumed)

    def _contradiction(self, text: str) -> Formula:
        """That what is assumed last is not so, since this and its opposite would be. Raises ParseError."""
        if not self.assumed:
            raise ParseError("nothing was assumed that this could refute")
        last = self.assumed[-1]
        against = self._said(text) if text else None
        if last is None:
            self.assumed.pop()
            raise ParseError("it refutes an assumption that was not understood")
        claim = self._under(Connective("&", against, negate(against))) if against is not None else negate(last)
        self.assumed.pop()
        return self._under(claim) if against is None else claim  # type: ignore[return-value]

    def _judged(self, said: str | None, truth: str) -> Formula | None:
        """That a statement, or what is asked, is true or false. Raises ParseError."""
        claim = self._said(said) if said is not None else self.asked
        word = TRUTHS.get(truth, "unknown")
        if claim == self.asked and not self.assumed:
            self.answer = word
        elif word == "unknown":
            raise ParseError("that something is not known is no statement of the theory")
        return {"true": claim, "false": negate(claim)}.get(word)

    def _answered(self, found: re.Match[str]) -> Formula | None:
        """The answer. Raises ParseError."""
        spelled = (found["label"] or found["bare"]).lower()
        word = self.options.get(spelled) or TRUTHS.get(spelled) or ("unknown" if spelled in OPEN else None)
        if word is None or (found["truth"] and TRUTHS.get(found["truth"].lower(), "unknown") != word):
            raise ParseError(f"expected one of the options as the answer, found {found[0][:60]!r}")
        self.answer = word
        self.assumed.clear()
        return {"true": self.asked, "false": negate(self.asked)}.get(word)


def _all(formulas: Sequence[Formula]) -> Formula:
    joined = formulas[0]
    for formula in formulas[1:]:
        joined = Connective("&", joined, formula)
    return joined


def _cases(formula: Formula) -> frozenset[str] | None:
    """What stands in the "or" of a fact or of what a rule concludes; None without one."""
    while isinstance(formula, Quantified):
        formula = formula.body
    if isinstance(formula, Connective) and formula.operator == "->":
        formula = formula.right
    if isinstance(formula, Connective) and formula.operator == "&":  # since P or Q and R
        return _cases(formula.left) or _cases(formula.right)
    if not isinstance(formula, Connective) or formula.operator != "|":
        return None
    found: set[str] = set()
    stack: list[Formula] = [formula]
    while stack:
        part = stack.pop()
        if isinstance(part, Connective) and part.operator == "|":
            stack += (part.left, part.right)
        else:
            found.add(_case(part))
    return frozenset(found)


def _case(formula: Formula) -> str:
    """A case by what it says, whoever it says it of: "each dax is a fep or a gorp" has the cases of "Rex is a fep"."""
    if isinstance(formula, Atom):
        return render_formula(Atom(formula.predicate, ("x",) * len(formula.arguments)))
    if isinstance(formula, Not):
        return "~" + _case(formula.operand)
    if isinstance(formula, Connective):
        return f"({_case(formula.left)} {formula.operator} {_case(formula.right)})"
    return render_formula(formula)
