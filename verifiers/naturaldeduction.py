"""Rules of inference by name: whether one application of a rule leads from what is cited to what is concluded.

Most are schemas, written as sequents over formulas p, q, r, s: Copi's rules of inference, and his rules of
replacement, which may act on any part of a formula. A schema's `~p` also takes the p of a formula `~p`: from `p -> ~q`
and `q`, modus tollens leads to `~p`. Rules on lists (conjunctions, disjunctions), quantifiers, identity, clauses and
subproofs are functions.

Subproofs: a step may hold under assumptions (`reasonlab.language.justified`). An ordinary rule keeps all assumptions of
what it cites; `assumption` makes one; `conditional-introduction`, `negation-introduction`, `disjunction-elimination`
and `existential-elimination` discharge. An arbitrary individual is one that neither a given nor an assumption names.

No rule here asks what is true: that the conclusion follows from the givens is another question, put elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from reasonlab.language.formulas import (
    Apply,
    Argument,
    Atom,
    Connective,
    Formula,
    Identity,
    Not,
    Quantified,
    individuals,
    parse_formula,
    render_formula,
)
from reasonlab.verifiers.limits import within
from reasonlab.verifiers.matching import match, normal
from reasonlab.verifiers.resolution import clause_of, resolvents, variants

_TRIED = 20_000  # ways to apply a rule that are looked at


@dataclass(frozen=True, slots=True)
class Sequent:
    """A formula and the assumptions under which it holds; all in normal form (`matching.normal`)."""

    assumptions: frozenset[Formula]
    formula: Formula


@dataclass(frozen=True, slots=True)
class Application:
    """A rule applied. `named`: the individuals that the givens name."""

    premises: tuple[Sequent, ...]
    conclusion: Sequent
    named: frozenset[str]

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return tuple(premise.formula for premise in self.premises)


@dataclass(frozen=True, slots=True)
class Rule:
    """`form`: what the rule leads from and to, in words. `licenses`: whether an application is one of its."""

    form: str
    licenses: Callable[[Application], bool]
    discharges: bool = False


def sequent(assumptions: Sequence[Formula], formula: Formula) -> Sequent:
    return Sequent(frozenset(map(normal, assumptions)), normal(formula))


def refusal(name: str, application: Application) -> str | None:
    """Why the rule of that name does not license the application; None if it does. Raises KeyError: no such rule."""
    rule = RULES[ALIASES.get(name, name)]
    if not rule.discharges:
        lost = [
            assumption
            for premise in application.premises
            for assumption in premise.assumptions
            if assumption not in application.conclusion.assumptions
        ]
        if lost:
            return f"{render_formula(lost[0])} was assumed for it and is not assumed here"
    if rule.licenses(application):
        return None
    return f"{name} leads {rule.form}"


# Schemas: formulas with p, q, r and s for any formulas.

_SCHEMATIC = ("p", "q", "r", "s")
Match = dict[str, Formula]


def fill(schema: Formula, formula: Formula, found: Match) -> Iterator[Match]:
    """Every way to read a formula as an instance of a schema, given what was read before."""
    if isinstance(schema, Atom):
        known = found.get(schema.predicate)
        if known is None:
            yield {**found, schema.predicate: formula}
        elif known == formula:
            yield found
    elif isinstance(schema, Not):
        if isinstance(formula, Not):
            yield from fill(schema.operand, formula.operand, found)
        if isinstance(schema.operand, Atom):
            yield from fill(schema.operand, Not(formula), found)
    elif isinstance(schema, Connective) and isinstance(formula, Connective) and schema.operator == formula.operator:
        for extended in fill(schema.left, formula.left, found):
            yield from fill(schema.right, formula.right, extended)


def _schema(text: str) -> tuple[tuple[Formula, ...], Formula]:
    before, _, after = text.partition("|-")
    return tuple(parse_formula(part) for part in before.split(",") if part.strip()), parse_formula(after)


def _inference(*texts: str) -> Rule:
    """A rule whose premises may be cited in any order."""
    schemas = [_schema(text) for text in texts]

    def licenses(application: Application) -> bool:
        return any(
            any(_instances((*premises, conclusion), (*order, application.conclusion.formula)))
            for premises, conclusion in schemas
            if len(premises) == len(application.premises)
            for order in permutations(application.formulas)
        )

    return Rule("; or ".join(f"from {before} to {after}" for before, after in map(_words, texts)), licenses)


def _words(text: str) -> tuple[str, str]:
    before, _, after = text.partition(" |- ")
    return (" and ".join(before.split(", ")) or "nothing", after)


def _instances(schemas: Sequence[Formula], formulas: Sequence[Formula]) -> Iterator[Match]:
    found: list[Match] = [{}]
    for schema, formula in zip(schemas, formulas):
        found = [extended for one in found for extended in fill(schema, formula, one)]
    yield from found


def _replacement(*pairs: tuple[str, str]) -> Rule:
    """A rule that puts a formula for an equivalent one, as a whole or in some of its parts."""
    schemas = [(parse_formula(left), parse_formula(right)) for left, right in pairs]
    both = [*schemas, *((right, left) for left, right in schemas)]

    def replaced(before: Formula, after: Formula) -> bool:
        if before == after or any(any(_instances(pair, (before, after))) for pair in both):
            return True
        return _within(before, after, replaced)

    def licenses(application: Application) -> bool:
        return len(application.premises) == 1 and replaced(application.formulas[0], application.conclusion.formula)

    return Rule("between " + "; ".join(f"{left} and {right}" for left, right in pairs), licenses)


def _within(before: Formula, after: Formula, same: Callable[[Formula, Formula], bool]) -> bool:
    """Whether two formulas are built alike from parts that are the same in the given sense."""
    if isinstance(before, Not) and isinstance(after, Not):
        return same(before.operand, after.operand)
    if isinstance(before, Quantified) and isinstance(after, Quantified):
        alike = (before.quantifier, before.variable) == (after.quantifier, after.variable)
        return alike and same(before.body, after.body)
    if isinstance(before, Connective) and isinstance(after, Connective):
        return before.operator == after.operator and same(before.left, after.left) and same(before.right, after.right)
    return False


# Lists.


def _listed(formula: Formula, operator: str) -> list[Formula]:
    found, todo = [], [formula]
    while todo:
        part = todo.pop()
        if isinstance(part, Connective) and part.operator == operator:
            todo += [part.right, part.left]
        else:
            found.append(part)
    return found


def _opposite(left: Formula, right: Formula) -> bool:
    return left == Not(right) or right == Not(left)


def _joins(application: Application) -> bool:
    together = [part for formula in application.formulas for part in _listed(formula, "&")]
    return len(application.premises) > 1 and set(together) == set(_listed(application.conclusion.formula, "&"))


def _separates(application: Application) -> bool:
    if len(application.premises) != 1:
        return False
    return set(_listed(application.conclusion.formula, "&")) <= set(_listed(application.formulas[0], "&"))


def _widens(application: Application) -> bool:
    if len(application.premises) != 1:
        return False
    return set(_listed(application.formulas[0], "|")) <= set(_listed(application.conclusion.formula, "|"))


def _excludes(application: Application) -> bool:
    """Sides are told apart by where they stand: of two equal ones, one may be dropped and the other kept."""
    kept = Counter(_listed(application.conclusion.formula, "|"))
    for position, formula in enumerate(application.formulas):
        options = Counter(_listed(formula, "|"))
        against = [*application.formulas[:position], *application.formulas[position + 1 :]]
        opposed = {option for option in options if any(_opposite(option, other) for other in against)}
        used = all(any(_opposite(option, other) for option in options - kept) for other in against)
        if against and used and options.keys() - opposed <= kept.keys() <= options.keys():
            return True
    return False


# Subproofs.


def _assumes(application: Application) -> bool:
    return not application.premises and application.conclusion.formula in application.conclusion.assumptions


def _discharged(premise: Sequent, assumption: Formula | None, application: Application) -> bool:
    """Whether what a premise assumes is assumed by the conclusion, too, but for one assumption."""
    return premise.assumptions - {assumption} <= application.conclusion.assumptions


def _conditional(application: Application) -> bool:
    goal = application.conclusion.formula
    return (
        len(application.premises) == 1
        and isinstance(goal, Connective)
        and goal.operator == "->"
        and application.formulas[0] == goal.right
        and _discharged(application.premises[0], goal.left, application)
    )


def _reduces(application: Application) -> bool:
    """From a contradiction under an assumption to the assumption's opposite."""
    parts = [part for formula in application.formulas for part in (formula, *_sides(formula), *_listed(formula, "&"))]
    if not any(_opposite(one, other) for one in parts for other in parts):
        return False
    goal = application.conclusion.formula
    opposites = [Not(goal), goal.operand] if isinstance(goal, Not) else [Not(goal)]
    return len(application.premises) <= 2 and any(
        all(_discharged(premise, one, application) for premise in application.premises) for one in opposites
    )


def _sides(formula: Formula) -> tuple[Formula, ...]:
    """The two sides of a conjunction, which may be conjunctions themselves."""
    if isinstance(formula, Connective) and formula.operator == "&":
        return (formula.left, formula.right)
    return ()


_BY_CASES = _inference("p | q, p -> r, q -> r |- r")


def _cases(application: Application) -> bool:
    """From a disjunction, and the conclusion under each of its sides; or the conditionals that say so."""
    if len(application.premises) != 3:
        return False
    for options, first, second in permutations(application.premises):
        either = options.formula
        if not (isinstance(either, Connective) and either.operator == "|" and _discharged(options, None, application)):
            continue
        if (
            first.formula == second.formula == application.conclusion.formula
            and _discharged(first, either.left, application)
            and _discharged(second, either.right, application)
        ):
            return True
    kept = all(_discharged(premise, None, application) for premise in application.premises)
    return kept and _BY_CASES.licenses(application)


# Quantifiers.


def _stripped(formula: Formula, quantifier: str) -> Iterator[tuple[Formula, frozenset[str]]]:
    """The formula without its first one, two, ... quantifiers of a kind, and the variables that this sets free."""
    free: frozenset[str] = frozenset()
    while isinstance(formula, Quantified) and formula.quantifier == quantifier:
        free = free | {formula.variable}
        formula = formula.body
        yield formula, free


def _instantiates(application: Application) -> bool:
    return len(application.premises) == 1 and any(
        match(body, application.conclusion.formula, free, {}) is not None
        for body, free in _stripped(application.formulas[0], "forall")
    )


def _exists(application: Application) -> bool:
    return len(application.premises) == 1 and any(
        match(body, application.formulas[0], free, {}) is not None
        for body, free in _stripped(application.conclusion.formula, "exists")
    )


def _arbitrary(argument: Argument, application: Application, *elsewhere: Formula) -> bool:
    """Whether a term is an individual that no given, no assumption and none of these formulas names."""
    known = (*application.conclusion.assumptions, *elsewhere)
    return (
        isinstance(argument, str)
        and argument not in application.named
        and all(argument not in individuals(formula) for formula in known)
    )


def _generalises(application: Application) -> bool:
    if len(application.premises) != 1:
        return False
    for body, free in _stripped(application.conclusion.formula, "forall"):
        found = match(body, application.formulas[0], free, {})
        if found is not None:
            terms = [found.get(name) for name in free]
            used = [term for term in terms if term is not None]
            if len(set(used)) == len(used) and all(
                _arbitrary(term, application, application.conclusion.formula) for term in used
            ):
                return True
    return False


def _chooses(application: Application) -> bool:
    """From `exists`, and the conclusion under an instance with an arbitrary individual."""
    if len(application.premises) != 2:
        return False
    for some, under in permutations(application.premises):
        if under.formula != application.conclusion.formula or not _discharged(some, None, application):
            continue
        for assumption in under.assumptions:
            for body, free in _stripped(some.formula, "exists"):
                found = match(body, assumption, free, {})
                if found is None or not _discharged(under, assumption, application):
                    continue
                terms = list(found.values())
                if len(set(terms)) == len(terms) and all(
                    _arbitrary(term, application, some.formula, under.formula) for term in terms
                ):
                    return True
    return False


def _universal(application: Application, *, backwards: bool) -> bool:
    """A rule for all, applied at once: its instance, and what that leads to from the other premises."""
    for position, formula in enumerate(application.formulas):
        others = [*application.formulas[:position], *application.formulas[position + 1 :]]
        known = [*others, *(part for other in others for part in _listed(other, "&") if part != other)]
        for body, free in _stripped(formula, "forall"):
            if not (isinstance(body, Connective) and body.operator == "->"):
                continue
            goal = application.conclusion.formula
            if not backwards:
                wanted, heads = _listed(body.left, "&"), [body.right, *_listed(body.right, "&")]
            else:
                wanted, heads = _negated(body.right), _negated(body.left)
            tried = [0]
            for head in heads:
                found = match(head, goal, free, {})
                if found is not None and _met(wanted, known, free, found, backwards, tried):
                    return True
    return False


def _negated(formula: Formula) -> list[Formula]:
    return [Not(formula), formula.operand] if isinstance(formula, Not) else [Not(formula)]


def _met(
    wanted: Sequence[Formula],
    known: Sequence[Formula],
    free: frozenset[str],
    found: dict[str, Argument],
    one: bool,
    tried: list[int],
) -> bool:
    """Whether all that is wanted (or just one) matches something known, in one way for all."""
    if not wanted:
        return not one
    for formula in known:
        tried[0] += 1
        within(tried[0], _TRIED, "ways to apply a rule")
        extended = match(wanted[0], formula, free, found)
        if extended is not None and (one or _met(wanted[1:], known, free, extended, False, tried)):
            return True
    return one and _met(wanted[1:], known, free, found, one, tried)


def _denies(before: Formula, after: Formula) -> bool:
    """`~forall X. p` for `exists X. ~p`, and so on, as a whole or in some parts."""
    if before == after:
        return True
    for one, other in ((before, after), (after, before)):
        if isinstance(one, Not) and isinstance(one.operand, Quantified) and isinstance(other, Quantified):
            inside = one.operand
            dual = {"forall": "exists", "exists": "forall"}[inside.quantifier]
            if other.quantifier == dual and other.variable == inside.variable and _opposite(other.body, inside.body):
                return True
    return _within(before, after, _denies)


# Identity.


def _swapped(before: Argument, after: Argument, left: Argument, right: Argument) -> bool:
    """Whether one term is the other with some of `left` put for `right`."""
    if before == after or (before, after) == (left, right):
        return True
    return (
        isinstance(before, Apply)
        and isinstance(after, Apply)
        and before.function == after.function
        and len(before.arguments) == len(after.arguments)
        and all(_swapped(one, other, left, right) for one, other in zip(before.arguments, after.arguments))
    )


def _substitutes(application: Application) -> bool:
    if len(application.premises) != 2:
        return False
    goal = application.conclusion.formula
    for identity, other in permutations(application.formulas):
        if not isinstance(identity, Identity):
            continue
        for left, right in ((identity.left, identity.right), (identity.right, identity.left)):

            def same(before: Formula, after: Formula, left: Argument = left, right: Argument = right) -> bool:
                if isinstance(before, Atom) and isinstance(after, Atom):
                    row = Apply(before.predicate, before.arguments), Apply(after.predicate, after.arguments)
                    return before == after or bool(before.arguments and after.arguments and _swapped(*row, left, right))
                if isinstance(before, Identity) and isinstance(after, Identity):
                    return _swapped(before.left, after.left, left, right) and _swapped(
                        before.right, after.right, left, right
                    )
                return _within(before, after, same)

            if same(other, goal):
                return True
    return False


def _reflexive(application: Application) -> bool:
    goal = application.conclusion.formula
    return not application.premises and isinstance(goal, Identity) and goal.left == goal.right


def _symmetric(application: Application) -> bool:
    (*_, goal) = (*application.formulas, application.conclusion.formula)
    inner = goal.operand if isinstance(goal, Not) else goal
    if len(application.premises) != 1 or not isinstance(inner, Identity):
        return False
    turned: Formula = Identity(inner.right, inner.left)
    return application.formulas[0] == (Not(turned) if isinstance(goal, Not) else turned)


def _resolves(application: Application) -> bool:
    if len(application.premises) != 2:
        return False
    first, second = (clause_of(formula, mark) for formula, mark in zip(application.formulas, ("_a", "_b")))
    goal = clause_of(application.conclusion.formula, "_c")
    if first is None or second is None or goal is None:
        return False
    return any(variants(clause, goal) for clause in resolvents(first, second))


RULES: dict[str, Rule] = {
    "reiteration": _inference("p |- p"),
    "modus-ponens": _inference("p -> q, p |- q"),
    "modus-tollens": _inference("p -> q, ~q |- ~p"),
    "hypothetical-syllogism": _inference("p -> q, q -> r |- p -> r"),
    "disjunctive-syllogism": Rule("from a disjunction and the opposites of some of its sides to the rest", _excludes),
    "constructive-dilemma": _inference("p -> q, r -> s, p | r |- q | s", "(p -> q) & (r -> s), p | r |- q | s"),
    "destructive-dilemma": _inference("p -> q, r -> s, ~q | ~s |- ~p | ~r"),
    "absorption": _inference("p -> q |- p -> p & q"),
    "conjunction-introduction": Rule("from all sides of a conjunction to it", _joins),
    "conjunction-elimination": Rule("from a conjunction to some of its sides", _separates),
    "disjunction-introduction": Rule("from a side of a disjunction to it", _widens),
    "disjunction-elimination": Rule(
        "from a disjunction, and the conclusion under each of its sides, to the conclusion", _cases, discharges=True
    ),
    "biconditional-introduction": _inference("p -> q, q -> p |- p <-> q"),
    "biconditional-elimination": _inference(
        *("p <-> q |- p -> q", "p <-> q |- q -> p", "p <-> q, p |- q", "p <-> q, q |- p"),
        *("p <-> q, ~p |- ~q", "p <-> q, ~q |- ~p"),
    ),
    "explosion": _inference("p, ~p |- q", "p & ~p |- q"),
    "excluded-middle": _inference("|- p | ~p"),
    "assumption": Rule("from nothing to one of the assumptions in brackets", _assumes),
    "conditional-introduction": Rule("from q under the assumption p to p -> q", _conditional, discharges=True),
    "negation-introduction": Rule(
        "from a contradiction under an assumption to the opposite of the assumption", _reduces, discharges=True
    ),
    "double-negation": _replacement(("~~p", "p")),
    "de-morgan": _replacement(("~(p & q)", "~p | ~q"), ("~(p | q)", "~p & ~q")),
    "contraposition": _replacement(("p -> q", "~q -> ~p")),
    "material-implication": _replacement(("p -> q", "~p | q"), ("~(p -> q)", "p & ~q")),
    "material-equivalence": _replacement(
        ("p <-> q", "(p -> q) & (q -> p)"), ("p <-> q", "p & q | ~p & ~q"), ("~(p <-> q)", "p <-> ~q")
    ),
    "exportation": _replacement(("p & q -> r", "p -> q -> r")),
    "distribution": _replacement(("p & (q | r)", "p & q | p & r"), ("p | q & r", "(p | q) & (p | r)")),
    "commutation": _replacement(("p & q", "q & p"), ("p | q", "q | p"), ("p <-> q", "q <-> p")),
    "association": _replacement(("p & q & r", "p & (q & r)"), ("p | q | r", "p | (q | r)")),
    "tautology": _replacement(("p & p", "p"), ("p | p", "p")),
    "universal-instantiation": Rule("from a formula for all to it for some individual", _instantiates),
    "universal-generalisation": Rule(
        "from a formula about an individual that no given and no assumption names to it for all", _generalises
    ),
    "existential-generalisation": Rule("from a formula about some individual to that there is one", _exists),
    "existential-elimination": Rule(
        "from that there is one, and the conclusion under that a fresh individual is one, to the conclusion",
        _chooses,
        discharges=True,
    ),
    "universal-modus-ponens": Rule(
        "from forall X. p(X) -> q(X) and p(a) to q(a)", lambda application: _universal(application, backwards=False)
    ),
    "universal-modus-tollens": Rule(
        "from forall X. p(X) -> q(X) and ~q(a) to ~p(a)", lambda application: _universal(application, backwards=True)
    ),
    "quantifier-negation": Rule(
        "between ~forall X. p and exists X. ~p, and between ~exists X. p and forall X. ~p",
        lambda application: (
            len(application.premises) == 1 and _denies(application.formulas[0], application.conclusion.formula)
        ),
    ),
    "identity-introduction": Rule("from nothing to t = t", _reflexive),
    "identity-elimination": Rule("from t = u and a formula to it with some t for u, or u for t", _substitutes),
    "symmetry": Rule("between t = u and u = t", _symmetric),
    "resolution": Rule(
        "from two clauses to a third, without a literal of the one and its opposite in the other", _resolves
    ),
}

_OTHER_NAMES = {
    "reiteration": "reit repetition restatement",
    "modus-ponens": "mp modus-ponendo-ponens implication-elimination conditional-elimination detachment",
    "modus-tollens": "mt modus-tollendo-tollens",
    "hypothetical-syllogism": "hs chain-rule",
    "disjunctive-syllogism": "ds modus-tollendo-ponens",
    "constructive-dilemma": "cd",
    "destructive-dilemma": "dd",
    "conjunction-introduction": "conj conjunction adjunction and-introduction conjunction-intro and-intro",
    "conjunction-elimination": "simp simplification and-elimination conjunction-elim and-elim",
    "disjunction-introduction": "add addition or-introduction disjunction-intro or-intro",
    "disjunction-elimination": "cases proof-by-cases or-elimination disjunction-elim or-elim",
    "biconditional-introduction": "biconditional-intro iff-introduction iff-intro",
    "biconditional-elimination": "biconditional-elim iff-elimination iff-elim",
    "explosion": "ex-falso ex-falso-quodlibet principle-of-explosion",
    "assumption": "assume hypothesis suppose",
    "conditional-introduction": "cp conditional-proof implication-introduction deduction-theorem conditional-intro",
    "negation-introduction": "raa reductio reductio-ad-absurdum indirect-proof proof-by-contradiction negation-intro",
    "double-negation": "dn double-negation-elimination double-negation-introduction",
    "de-morgan": "dm demorgan de-morgans de-morgan-s de-morgan-s-law de-morgan-s-laws de-morgans-law",
    "contraposition": "transposition contrapositive",
    "material-implication": "impl implication conditional-disjunction",
    "material-equivalence": "equiv",
    "exportation": "exp",
    "distribution": "dist",
    "commutation": "com comm commutativity",
    "association": "assoc associativity",
    "tautology": "taut idempotence",
    "universal-instantiation": "ui universal-elimination forall-elimination specialisation specialization",
    "universal-generalisation": "ug universal-generalization universal-introduction forall-introduction",
    "existential-generalisation": "eg existential-generalization existential-introduction exists-introduction",
    "existential-elimination": "ei existential-instantiation exists-elimination",
    "universal-modus-ponens": "ump generalised-modus-ponens generalized-modus-ponens",
    "universal-modus-tollens": "umt",
    "quantifier-negation": "qn quantifier-exchange",
    "identity-introduction": "reflexivity",
    "identity-elimination": "leibniz leibniz-s-law substitution substitution-of-identicals",
}
ALIASES: dict[str, str] = {alias: name for name, aliases in _OTHER_NAMES.items() for alias in aliases.split()}
