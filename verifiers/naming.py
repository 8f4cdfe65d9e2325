"""Names that a chain gives itself, among its relations: definitions by `let`, unknowns by `suppose`.

- A name is new if no given, definition or supposition has it, and the question does not ask about it: a chain cannot
  answer by defining what is asked. `let: A = 3 + 4` defines a new name by a term that has a
  value. A definition adds nothing to what follows about other names, so it is entailed; its operations count once what
  it defines is used. About a name that is not new the same words are a claim, and judged as one.
- A supposition that follows is entailed, and one that cannot hold beside what was said before is refuted. Where neither
  is so it may be taken as said: `no_claim`, and a premise for later steps. This is granted where the problem has no
  formal reading, so that nothing can be proved by it, and as long as there are more unknowns than suppositions about
  them. Once there are as many, what does not follow is `unsupported`: so
  `x^2 = 4`, then `x = 2`, is not let through as one more supposition. One decimal on a side of its own may be rounded.
- A name that an earlier step defined, and that a supposition defines again by a computation of another value
  (`x = 3 * 5 = 15` for one thing, `x = 7 * 2 = 14` for the next), may have come to mean another thing: nothing says so,
  and nothing refutes it, so it is `unsupported`. A number alone (`x = 14`) is about the `x` that there is, and refuted.
- `near` is the two comparisons that it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from reasonlab.language.claims import Compare, Equal, render_claim
from reasonlab.language.errors import ResourceLimit
from reasonlab.language.naming import Let, Suppose
from reasonlab.language.nearness import Near
from reasonlab.language.relations import Relation, System, names_of
from reasonlab.language.terms import Binary, Number, Symbol, Term, number_term, render_term, substitute, symbols
from reasonlab.verifiers.arithmetic import Relations
from reasonlab.verifiers.evaluation import Operation, evaluate, literal, show
from reasonlab.verifiers.limits import Limits, Meter, within
from reasonlab.verifiers.verdicts import Judgement

Claim = Relation | System | Let | Suppose | Near
MAX_NAMES = 200  # that a chain may give, and as many suppositions: each is a premise of what comes later


class Naming(Relations):
    """Relations in which steps give names, too."""

    def __init__(
        self,
        givens: Sequence[tuple[int, Claim]],
        first_step: int,
        modulus: int | None,
        limits: Limits,
        meter: Meter,
        asks: frozenset[str] | None = None,
    ) -> None:
        """`asks`: the names that the question is about; None where nothing is asked formally."""
        self.asks = asks
        self.unknowns: set[str] = set()
        self.suppositions = self.names = 0
        self.own_names: set[str] = set()  # by definitions of steps
        self.given_names: set[str] = set()  # by definitions; none of them is defined by a name of the givens
        plain = [(key, relation) for key, given in givens for relation in relations_of(given, modulus)]
        self.mentioned = {name for _, relation in plain for name in names_of(relation)}
        super().__init__(plain, first_step, modulus, limits, meter)
        for _, relation in plain:  # what is given about unknowns is settled by it, as by a supposition
            unknown = {name for name in names_of(relation) if self._unknown(name)}
            self.unknowns |= unknown
            self.suppositions += bool(unknown)

    def judge(self, claim: Claim, text: str | None = None) -> Judgement:
        if isinstance(claim, Let):
            return self._judge_let(claim)
        if isinstance(claim, Near):
            return self._judge_near(claim)
        return self._judge_suppose(claim) if isinstance(claim, Suppose) else super().judge(claim, text)

    def _judge_let(self, claim: Let) -> Judgement:
        within(self.names + len(claim.equalities), MAX_NAMES, "names given by steps")
        written: dict[str, Term] = {}  # what the new names stand for, so that a restated given is known as one
        judged: list[Judgement] = []
        for equality in claim.equalities:
            name, terms = _head(equality), tuple(substitute(term, written) for term in equality)
            if name is None or name in written or not self._new(name):
                judged.append(super().judge(Equal(terms, self.modulus)))
                continue
            written[name] = terms[1]
            judged.append(self._defined(name, terms[1]))
            if len(terms) > 2:
                judged.append(super().judge(Equal(terms[1:], self.modulus)))
        return _together(judged)

    def _defined(self, name: str, term: Term) -> Judgement:
        """The judgement on a definition by a term: it holds, unless the term has no value."""
        try:
            evaluate(term, self.ring(self.modulus).values, self.modulus, set(), self.meter)
        except KeyError:
            missing = ", ".join(sorted(symbols(term) - self.ring(self.modulus).values.keys()))
            return Judgement("unsupported", reason=f"{name} is defined by {missing}, which has no value")
        except ZeroDivisionError:
            return Judgement("unsupported", reason=f"{name} is defined by a term that is undefined: division by zero")
        except ResourceLimit as error:
            return Judgement("unknown", reason=str(error))
        return Judgement("entailed", (), 0, reason="a definition")

    def _judge_near(self, claim: Near) -> Judgement:
        judged = [super(Naming, self).judge(relation) for relation in relations_of(claim, self.modulus)]
        together = _together(judged)
        if together.status == "entailed":
            return together._replace(leap=judged[0].leap)  # both bounds are about one value
        value = next((one.witness for one in judged if one.status == "refuted"), None)
        return together._replace(witness=value)

    def _judge_suppose(self, claim: Suppose) -> Judgement:
        if (definition := self._definition(claim)) is not None:
            return self._judge_let(definition)
        within(self.suppositions + len(claim.sides), MAX_NAMES, "suppositions")
        (relation,) = relations_of(claim, self.modulus)
        judged = super().judge(relation)
        if judged.status == "refuted" and (rounded := self._judge_rounded(claim)) is not None:
            return rounded
        if judged.status == "refuted" and (name := self._defined_anew(claim)) is not None:
            value = show(self.ring(self.modulus).values[name])
            return judged._replace(
                status="unsupported",
                reason=f"{name} is {value} by an earlier step, and nothing says that this {name} is another",
            )
        if judged.status != "unsupported":
            return judged
        open_links = self._open_links(relation)
        names = {name for link in open_links for name in names_of(link) if self._unknown(name)}
        granted = self.asks is None and self.suppositions + len(open_links) <= len(self.unknowns | names)
        if not names or not granted:
            return judged
        return Judgement("no_claim", reason=f"taken as said: nothing before it settles {', '.join(sorted(names))}")

    def _judge_rounded(self, claim: Suppose) -> Judgement | None:
        """The judgement on an equality that only holds if its one decimal was rounded."""
        near = _rounded(claim)
        judged = self._judge_near(near) if near is not None else None
        if judged is None or judged.status != "entailed":
            return None
        return judged._replace(reason="the decimal is rounded")

    def fault(self, claim: Claim) -> str:
        faults = {super(Naming, self).fault(relation) for relation in relations_of(claim, self.modulus)}
        return "inherited" if faults == {"inherited"} else "fresh"

    def establish(self, key: int, claim: Claim, text: str) -> None:
        """An entailed step, or a supposition that was taken as said."""
        if isinstance(claim, Suppose):
            claim = self._definition(claim) or claim
        if isinstance(claim, Let):
            for equality in claim.equalities:
                name = _head(equality)
                if name is not None and self._new(name):
                    self._take(key, name, equality[1])
                elif name is not None:
                    self._restate(key, name, equality[1])
                self._establish(key, Equal(equality, self.modulus))
        elif isinstance(claim, Suppose):
            (relation,) = relations_of(claim, self.modulus)
            if super().judge(relation).status == "refuted":
                return  # it holds as rounded alone, and no equality follows from it
            for link in self._open_links(relation):
                self.suppositions += 1
                self.unknowns |= {name for name in names_of(link) if self._unknown(name)}
            self._establish(key, relation, given=True)
        elif isinstance(claim, Near):
            for relation in relations_of(claim, self.modulus):
                self._establish(key, relation)
        else:
            self._establish(key, claim)

    def _establish(self, key: int, relation: Relation | System, *, given: bool = False) -> None:
        self.mentioned |= names_of(relation)
        self.take_in(key, relation, render_claim(relation), given=given)

    def discredit(self, key: int, claim: Claim) -> None:
        """A bad step; what it only defines is defined all the same, and later steps may use it."""
        for equality in claim.equalities if isinstance(claim, Let) else ():
            name = _head(equality)
            if name is not None and self._new(name) and self._defined(name, equality[1]).status == "entailed":
                self._take(key, name, equality[1])
        for relation in relations_of(claim, self.modulus):
            super().discredit(key, relation)

    def _take(self, key: int, name: str, term: Term) -> None:
        """Take in a definition that a step made, as if it had been given."""
        if symbols(term) <= self.given_names:
            self.given_names.add(name)
        self.names += 1
        self.own_names.add(name)
        self.define(key, Equal((Symbol(name), term), self.modulus))

    def _restate(self, key: int, name: str, term: Term) -> None:
        """Where a plan says what the names it gives come together to, later steps go by the plan: what a mistake in one
        part leads to is inherited.
        """
        ring = self.ring(self.modulus)
        parts = symbols(term)
        if name not in ring.definitions or not parts or not parts <= self.given_names or name in self.given_names:
            return
        noted: set[Operation] = set()
        evaluate(term, ring.values, self.modulus, noted, self.meter)
        ring.define(name, key, term, tuple(sorted(parts)))
        ring.operations[name] = noted

    def _defined_anew(self, claim: Suppose) -> str | None:
        """The name, if the supposition computes a value for one that a step defined, and computes it rightly."""
        name, ring = _head(claim.sides), self.ring(self.modulus)
        term, *others = claim.sides[1:]
        if claim.operator != "=" or name not in self.own_names or literal(term) is not None or symbols(term):
            return None
        rest = (Equal((term, *others), self.modulus),) if others else ()
        if any(super(Naming, self).judge(relation).status != "entailed" for relation in rest):
            return None
        return name if name in ring.values else None

    def _definition(self, claim: Suppose) -> Let | None:
        """The supposition as a definition, if one of its ends is a new name and the others have values."""
        if claim.operator != "=":
            return None
        for sides in (claim.sides, claim.sides[::-1]):
            name = _head(sides)
            known = self.ring(self.modulus).values.keys()
            if name is not None and self._new(name) and all(symbols(side) <= known for side in sides[1:]):
                return Let((sides,))
        return None

    def _open_links(self, relation: Relation | System) -> list[Relation | System]:
        """The links that do not follow from what was said before."""
        links: list[Relation | System] = [relation]
        if isinstance(relation, Equal):
            links = [Equal(pair, relation.modulus) for pair in pairwise(relation.terms)]
        return [link for link in links if super(Naming, self).judge(link).status == "unsupported"]

    def _new(self, name: str) -> bool:
        return name not in self.mentioned and name not in (self.asks or ()) and self._unknown(name)

    def _unknown(self, name: str) -> bool:
        ring = self.ring(self.modulus)
        return name not in ring.values and name not in ring.definitions


def relations_of(claim: Claim, modulus: int | None) -> tuple[Relation | System, ...]:
    """What a claim says, without who may say it."""
    if isinstance(claim, Let):
        return tuple(Equal(terms, modulus) for terms in claim.equalities)
    if isinstance(claim, Near):
        difference = Binary("-", claim.left, claim.right)
        return Compare(difference, ">=", number_term(-claim.within)), Compare(
            difference, "<=", number_term(claim.within)
        )
    if isinstance(claim, Suppose) and claim.operator == "=":
        return (Equal(claim.sides, modulus),)
    if isinstance(claim, Suppose):
        return (Compare(claim.sides[0], claim.operator, claim.sides[1]),)
    return (claim,)


def _rounded(claim: Suppose) -> Near | None:
    """The supposition as one about a decimal that was rounded, if one of its two sides is a decimal."""
    if claim.operator != "=" or len(claim.sides) != 2:
        return None
    for term, number in (claim.sides, claim.sides[::-1]):
        value = number.value if isinstance(number, Number) else Fraction(0)
        if value.denominator > 1:
            places = len(render_term(number).partition(".")[2])
            return Near(term, number, Fraction(1, 2 * 10**places))
    return None


def _head(terms: Sequence[Term]) -> str | None:
    return terms[0].name if isinstance(terms[0], Symbol) else None


def _together(judged: Sequence[Judgement]) -> Judgement:
    """The judgement on a conjunction of claims: the first that fails decides."""
    for status in ("refuted", "unsupported", "unknown"):
        if (found := next((one for one in judged if one.status == status), None)) is not None:
            return found
    leaps = [one.leap for one in judged]
    premises = tuple(sorted({key for one in judged for key in one.premises}))
    leap = None if None in leaps else sum(leaps)  # type: ignore[arg-type]
    return Judgement("entailed", premises, leap, None, judged[0].reason if len(judged) == 1 else None)
