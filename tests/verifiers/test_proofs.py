"""Steps with their rule: what each rule licenses, what a misuse is called, and that no rule licenses what is false."""

from __future__ import annotations

import random
from itertools import product

import pytest

from reasonlab.language.formulas import (
    Atom,
    Connective,
    Formula,
    Not,
    Quantified,
    atoms,
    parse_formula,
    parts,
    render_formula,
)
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.naturaldeduction import ALIASES, RULES, Application, refusal, sequent

LICENSED = [
    ("modus-ponens", "p -> q ; p", "q"),
    ("modus-ponens", "p & r ; p & r -> ~q", "~q"),
    ("modus-tollens", "p -> q ; ~q", "~p"),
    ("modus-tollens", "p -> ~q ; q", "~p"),
    ("hypothetical-syllogism", "q -> r ; p -> q", "p -> r"),
    ("disjunctive-syllogism", "p | q ; ~p", "q"),
    ("disjunctive-syllogism", "p | ~q | r ; q", "p | r"),
    ("disjunctive-syllogism", "p | q | r ; ~p ; ~q", "r"),
    ("disjunctive-syllogism", "p | p | q ; ~p", "p | q"),
    ("disjunctive-syllogism", "p | p | q ; ~p", "q"),
    ("disjunctive-syllogism", "q | p | p ; ~q", "p"),
    ("constructive-dilemma", "p -> q ; r -> s ; p | r", "q | s"),
    ("destructive-dilemma", "p -> q ; r -> s ; ~q | ~s", "~p | ~r"),
    ("absorption", "p -> q", "p -> p & q"),
    ("conjunction-introduction", "p ; q ; r", "r & (p & q)"),
    ("conjunction-elimination", "p & q & r", "q"),
    ("disjunction-introduction", "p", "q | p"),
    ("disjunction-elimination", "p | q ; p -> r ; q -> r", "r"),
    ("biconditional-introduction", "p -> q ; q -> p", "p <-> q"),
    ("biconditional-elimination", "p <-> q ; ~q", "~p"),
    ("excluded-middle", "", "p & q | ~(p & q)"),
    ("double-negation", "~~p -> q", "p -> q"),
    ("de-morgan", "~(p & q) -> r", "~p | ~q -> r"),
    ("de-morgan", "~(~p | q)", "p & ~q"),
    ("contraposition", "r & (p -> q)", "r & (~q -> ~p)"),
    ("material-implication", "p -> q", "~p | q"),
    ("material-equivalence", "p <-> q", "p & q | ~p & ~q"),
    ("exportation", "p & q -> r", "p -> q -> r"),
    ("distribution", "p & (q | r)", "p & q | p & r"),
    ("commutation", "(p | q) & r", "r & (p | q)"),
    ("association", "p | (q | r)", "p | q | r"),
    ("tautology", "p | p", "p"),
    ("reiteration", "p", "p"),
    ("universal-instantiation", "forall X. forall Y. r(X, Y)", "forall X. r(a, X)"),
    ("universal-instantiation", "forall X. forall Y. r(X, Y)", "r(a, f(b))"),
    ("existential-generalisation", "r(a, a)", "exists X. r(X, a)"),
    ("existential-generalisation", "r(a, b)", "exists X. exists Y. r(X, Y)"),
    ("universal-modus-ponens", "forall X. p(X) & q(X) -> r(X, X) ; q(a) ; p(a)", "r(a, a)"),
    ("universal-modus-tollens", "forall X. p(X) -> q(X) ; ~q(a)", "~p(a)"),
    ("quantifier-negation", "~(forall X. p(X)) & q", "(exists X. ~p(X)) & q"),
    ("quantifier-negation", "forall X. ~p(X)", "~(exists X. p(X))"),
    ("identity-introduction", "", "(f(a) = f(a))"),
    ("identity-elimination", "(a = f(b)) ; r(a, a)", "r(a, f(b))"),
    ("identity-elimination", "(a = b) ; (b != c)", "(a != c)"),
    ("symmetry", "(a != b)", "(b != a)"),
    ("resolution", "p | q ; ~p | r", "q | r"),
    ("resolution", "forall X. man(X) -> mortal(X) ; man(ada)", "mortal(ada)"),
    ("resolution", "forall X. forall Y. ~r(X, Y) | p(X) ; forall Z. r(Z, f(Z)) | q(Z)", "forall W. q(W) | p(W)"),
    ("resolution", "forall X. forall Y. p(X) | p(Y) | q(X) ; forall Z. ~q(Z)", "forall X. p(X)"),  # factored
]  # fmt: skip
REFUSED = [
    ("modus-ponens", "p -> q ; q", "p"),
    ("modus-ponens", "p -> q", "q"),
    ("modus-ponens", "forall X. p(X) -> q(X) ; p(a)", "q(a)"),
    ("modus-tollens", "p -> q ; ~p", "~q"),
    ("hypothetical-syllogism", "p -> q ; r -> q", "p -> r"),
    ("disjunctive-syllogism", "p | q ; p", "q"),
    ("disjunctive-syllogism", "p | q ; ~r", "p"),
    ("disjunctive-syllogism", "p | q ; ~p", "p | q"),
    ("disjunctive-syllogism", "p | q ; ~p", "p"),
    ("disjunctive-syllogism", "p | q | r ; ~p ; ~q", "q | r"),
    ("disjunctive-syllogism", "p | p | q ; ~p", "p"),
    ("conjunction-introduction", "p ; q", "p & q & r"),
    ("conjunction-elimination", "p | q", "p"),
    ("disjunction-introduction", "p | q", "p"),
    ("de-morgan", "~(p & q)", "~p & ~q"),
    ("contraposition", "p -> q", "~p -> ~q"),
    ("commutation", "p -> q", "q -> p"),
    ("universal-instantiation", "exists X. p(X)", "p(a)"),
    ("universal-instantiation", "forall X. forall Y. r(X, Y)", "forall Y. r(Y, Y)"),  # captured
    ("existential-generalisation", "p(a) -> q", "(exists X. p(X)) -> q"),  # inside
    ("existential-generalisation", "r(a, b)", "exists X. r(X, X)"),
    ("universal-generalisation", "p(a)", "forall X. p(X)"),  # a is named by the given
    ("universal-modus-ponens", "forall X. p(X) & q(X) -> r(X, X) ; q(a) ; p(b)", "r(a, a)"),
    ("quantifier-negation", "~(forall X. p(X))", "forall X. ~p(X)"),
    ("identity-elimination", "(a = b) ; r(a, a)", "r(b, c)"),
    ("resolution", "p | q ; p | r", "q | r"),
    ("resolution", "p | q ; ~p | ~q", "q | ~p"),  # only one pair goes
    ("resolution", "forall X. p(X, f(X)) | q ; forall Y. ~p(Y, Y)", "q"),  # the occurs check
    ("resolution", "exists X. p(X) ; forall X. ~p(X) | q", "q"),  # no clause
]


def application(givens, conclusion):
    premises = [parse_formula(part) for part in givens.split(";") if part.strip()]
    named = frozenset("abc")
    return Application(
        tuple(sequent((), premise) for premise in premises), sequent((), parse_formula(conclusion)), named
    )


@pytest.mark.parametrize(("rule", "givens", "conclusion"), LICENSED)
def test_licensed(chain, rule, givens, conclusion):
    assert refusal(rule, application(givens, conclusion)) is None
    cites = ", ".join(f"g{i}" for i in range(len([part for part in givens.split(";") if part.strip()])))
    (verdict,) = verify_chain(chain(givens, f"by: {rule} {cites} |- {conclusion}")).verdicts
    assert (verdict.status, ", ".join(verdict.premises)) == ("entailed", cites)
    assert verdict.leap == (0 if rule == "reiteration" else 1)


@pytest.mark.parametrize(("rule", "givens", "conclusion"), REFUSED)
def test_not_licensed(chain, rule, givens, conclusion):
    assert refusal(rule, application(givens, conclusion)) is not None
    cites = ", ".join(f"g{i}" for i in range(len(givens.split(";"))))
    (verdict,) = verify_chain(chain(givens, f"by: {rule} {cites} |- {conclusion}")).verdicts
    assert verdict.status in ("refuted", "unsupported")
    assert f"{rule} leads" in verdict.reason


def test_every_rule_is_tried():
    tried = {rule for rule, _, _ in LICENSED}
    subproofs = {"assumption", "conditional-introduction", "negation-introduction", "existential-elimination"}
    assert tried | subproofs | {"universal-generalisation", "explosion"} == set(RULES)
    assert set(ALIASES.values()) <= set(RULES)
    assert not set(ALIASES) & set(RULES)


def test_a_proof_with_subproofs(chain):
    report = verify_chain(
        chain(
            "p | q ; p -> r ; q -> r",
            "by: assumption [p] |- p ; by: mp g1, s0 [p] |- r ; by: conditional-introduction s1 |- p -> r ;"
            "by: assumption [q] |- q ; by: mp g2, s3 [q] |- r ; by: cases g0, s1, s4 |- r ;"
            "by: assumption [~r] |- ~r ; by: explosion s5, s6 [~r] |- p & ~p ; by: raa s7 |- r ; answer true",
            truth="r",
        )
    )
    assert [verdict.status for verdict in report.verdicts] == ["entailed"] * 9
    assert [verdict.leap for verdict in report.verdicts] == [0, 1, 1, 0, 1, 1, 0, 1, 1]
    assert report.verdicts[5].premises == ("g0", "s1", "s4")
    assert report.outcome == "proved"


def test_a_contradiction_between_conjunctions(chain):
    text = "by: assumption [s] |- s ; by: mp g0, s0 [s] |- p & q & ~(p & q) ; by: raa s1 |- ~s ; answer true"
    assert verify_chain(chain("s -> p & q & ~(p & q)", text, truth="~s")).outcome == "proved"


def test_assumptions_are_kept_or_discharged(chain):
    report = verify_chain(
        chain(
            "p -> q",
            "by: assumption [p] |- p ; by: mp g0, s0 |- q ; by: mp g0, s0 [p] |- q ; by: cp s2 |- r -> q ;"
            "by: cp s2 [r] |- p -> q ; by: raa s2 |- ~p",
        )
    )
    assert [verdict.status for verdict in report.verdicts] == [
        "entailed",
        "unsupported",  # p -> q does not say q
        "entailed",
        "unsupported",
        "entailed",
        "unsupported",
    ]
    assert "p was assumed for it" in report.verdicts[1].reason


def test_arbitrary_individuals(chain):
    report = verify_chain(
        chain(
            "forall X. p(X) & q(X) ; exists X. r(X) ; forall X. r(X) -> s(X) ; t(ada)",
            "by: ui g0 |- p(zoe) & q(zoe) ; by: simp s0 |- p(zoe) ; by: ug s1 |- forall X. p(X) ;"
            "by: assumption [r(zoe)] |- r(zoe) ; by: ump g2, s3 [r(zoe)] |- s(zoe) ;"
            "by: eg s4 [r(zoe)] |- exists X. s(X) ; by: ei g1, s5 |- exists X. s(X) ;"
            "by: ug g3 |- forall X. t(X) ; by: ug s4 [r(zoe)] |- forall X. s(X) ; by: ei g1, s4 |- s(zoe)",
        )
    )
    assert [verdict.status for verdict in report.verdicts] == ["entailed"] * 7 + ["unsupported"] * 3


def test_a_right_conclusion_by_a_wrong_rule(chain):
    report = verify_chain(
        chain(
            "p -> q ; p ; q -> r",
            "by: mt g0, g1 |- q ; by: mp g0, g1 |- q ; by: mp g0, s9 |- q ; by: mp g7, g0 |- q ; by: mp s1, g2 |- ~r ;"
            "by: mp s4, g2 |- r ; by: magic g0 |- q ; r ; answer true",
            truth="r",
        )
    )
    assert [(v.status, v.fault) for v in report.verdicts] == [
        ("refuted", "fresh"),
        ("entailed", None),
        ("unsupported", "fresh"),
        ("unsupported", "fresh"),
        ("refuted", "fresh"),
        ("refuted", "inherited"),
        ("unparsed", None),
        ("entailed", None),
    ]
    assert "it follows, but not so: mt leads from p -> q and ~q to ~p" in report.verdicts[0].reason
    assert "s9, which it cites, was not established" in report.verdicts[2].reason
    assert "no rule is called 'magic'" in report.verdicts[6].reason
    assert (report.outcome, report.first_error) == ("flawed", 0)


def test_a_cited_step_that_does_not_hold(chain):
    report = verify_chain(chain("p -> q ; q", "p ; by: mp g0, s0 |- q"))
    assert [(v.status, v.fault) for v in report.verdicts] == [("unsupported", "fresh"), ("refuted", "inherited")]
    assert "s0, which it cites, does not hold" in report.verdicts[1].reason


# No rule licenses what does not follow: all worlds of the propositions, or of two individuals, are tried.


def random_formula(rng: random.Random, depth: int) -> Formula:
    if depth == 0 or rng.random() < 0.2:
        return Atom(rng.choice("pqr"))
    kind = rng.choice(["~", "&", "|", "->", "<->"])
    if kind == "~":
        return Not(random_formula(rng, depth - 1))
    return Connective(kind, random_formula(rng, depth - 1), random_formula(rng, depth - 1))


def true(formula: Formula, world: dict[str, bool]) -> bool:
    if isinstance(formula, Atom):
        return world[formula.predicate]
    if isinstance(formula, Not):
        return not true(formula.operand, world)
    left, right = true(formula.left, world), true(formula.right, world)
    return {"&": left and right, "|": left or right, "->": not left or right, "<->": left == right}[formula.operator]


def follows(premises, conclusion) -> bool:
    worlds = (dict(zip("pqr", values)) for values in product((False, True), repeat=3))
    return all(true(conclusion, world) for world in worlds if all(true(premise, world) for premise in premises))


def filled(schema: Formula, by: dict[str, Formula]) -> Formula:
    if isinstance(schema, Atom):
        return by[schema.predicate]
    if isinstance(schema, Not):
        return Not(filled(schema.operand, by))
    return Connective(schema.operator, filled(schema.left, by), filled(schema.right, by))


def changed(formula: Formula, rng: random.Random) -> Formula:
    """The formula with one part put for another, so that it often is nearly right."""
    at, count = rng.randrange(len(list(parts(formula)))), iter(range(10**6))

    def walk(part):
        if next(count) == at:
            return random_formula(rng, 1) if rng.random() < 0.7 else Not(part)
        if isinstance(part, Not):
            return Not(walk(part.operand))
        return part if isinstance(part, Atom) else Connective(part.operator, walk(part.left), walk(part.right))

    return walk(formula)


def test_propositional_rules_are_sound():
    rng, licensed = random.Random(7), dict.fromkeys(RULES, 0)
    cases = [
        (rule, [parse_formula(part) for part in givens.split(";") if part.strip()], parse_formula(conclusion))
        for rule, givens, conclusion in (*LICENSED, *REFUSED)
        if all(not atom.arguments for part in (*givens.split(";"), conclusion) if part.strip()
               for atom in atoms(parse_formula(part))) and "=" not in givens + conclusion and "X" not in givens
    ]  # fmt: skip
    assert len(cases) > 35
    for _ in range(80):
        for rule, givens, conclusion in cases:
            by = {name: random_formula(rng, rng.choice([0, 0, 1, 2])) for name in "pqrs"}
            premises = [filled(given, by) for given in givens]
            goal = filled(conclusion, by)
            if rng.random() < 0.6:
                goal = changed(goal, rng)
            if premises and rng.random() < 0.3:
                premises[rng.randrange(len(premises))] = changed(rng.choice(premises), rng)
            made = Application(tuple(sequent((), one) for one in premises), sequent((), goal), frozenset())
            for name in {rule, rng.choice(list(RULES))}:
                if refusal(name, made) is None:
                    licensed[name] += 1
                    assert follows(premises, goal), (name, [render_formula(one) for one in (*premises, goal)])
    assert sum(licensed.values()) > 500


def in_world(formula: Formula, world, values) -> bool:
    if isinstance(formula, Atom):
        return tuple(values.get(name, name) for name in formula.arguments) in world[formula.predicate]
    if isinstance(formula, Not):
        return not in_world(formula.operand, world, values)
    if isinstance(formula, Quantified):
        cases = [in_world(formula.body, world, {**values, formula.variable: one}) for one in "ab"]
        return all(cases) if formula.quantifier == "forall" else any(cases)
    left, right = in_world(formula.left, world, values), in_world(formula.right, world, values)
    return {"&": left and right, "|": left or right, "->": not left or right, "<->": left == right}[formula.operator]


def random_quantified(rng: random.Random, depth: int, bound: tuple[str, ...] = ()) -> Formula:
    roll = rng.random()
    if depth == 0 or roll < 0.25:
        terms = (*bound, *bound, "a", "b")
        if rng.random() < 0.5:
            return Atom("p", (rng.choice(terms),))
        return Atom("r", (rng.choice(terms), rng.choice(terms)))
    if roll < 0.6 and len(bound) < 2:
        name = "XY"[len(bound)]
        return Quantified(rng.choice(["forall", "exists"]), name, random_quantified(rng, depth - 1, (*bound, name)))
    if roll < 0.7:
        return Not(random_quantified(rng, depth - 1, bound))
    kind = rng.choice(["&", "|", "->"])
    return Connective(kind, random_quantified(rng, depth - 1, bound), random_quantified(rng, depth - 1, bound))


QUANTIFIED = ["universal-instantiation", "existential-generalisation", "universal-modus-ponens", "resolution"]
QUANTIFIED += ["universal-modus-tollens", "quantifier-negation", "universal-generalisation", "contraposition"]


def test_quantifier_rules_are_sound():
    pairs = list(product("ab", repeat=2))
    worlds = [
        {"p": {(one,) for one, on in zip("ab", ps) if on}, "r": {pair for pair, on in zip(pairs, rs) if on}}
        for ps in product((False, True), repeat=2)
        for rs in product((False, True), repeat=4)
    ]
    rng, licensed = random.Random(11), dict.fromkeys(QUANTIFIED, 0)
    for _ in range(1_000):
        premises = [random_quantified(rng, 2) for _ in range(rng.choice([1, 2]))]
        goals = [random_quantified(rng, 2)]
        for premise in premises:  # what some rule may lead to
            body = premise
            while isinstance(body, Quantified):
                body = body.body
            goals += [_with(body, rng.choice("ab"), rng.choice("ab"))]
            goals += [Quantified(kind, "Z", _with(body, "Z", rng.choice(["Z", "a"]))) for kind in ("forall", "exists")]
        for goal in goals:
            made = Application(tuple(sequent((), one) for one in premises), sequent((), goal), frozenset("ab"))
            for name in QUANTIFIED:
                if refusal(name, made) is None:
                    licensed[name] += 1
                    for world in worlds:
                        if all(in_world(premise, world, {}) for premise in premises):
                            assert in_world(goal, world, {}), (name, [render_formula(one) for one in (*premises, goal)])
    assert licensed["universal-instantiation"] > 20
    assert licensed["existential-generalisation"] > 20


def _with(formula: Formula, x: str, y: str) -> Formula:
    if isinstance(formula, Atom):
        return Atom(formula.predicate, tuple({"X": x, "Y": y}.get(name, name) for name in formula.arguments))
    if isinstance(formula, Not):
        return Not(_with(formula.operand, x, y))
    if isinstance(formula, Quantified):
        return Quantified(formula.quantifier, formula.variable, _with(formula.body, x, y))
    return Connective(formula.operator, _with(formula.left, x, y), _with(formula.right, x, y))
