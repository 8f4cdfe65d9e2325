"""Mutants: one step changed, and harm exactly where a claim no longer follows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.chains import Step, read_step
from reasonlab.language.claims import Equal
from reasonlab.language.errors import BadInput
from reasonlab.language.formulas import Atom, Not, Rule
from reasonlab.tasks import FAMILIES, Problem, arithmetic, deduction, family, make, parse_difficulty, problems
from reasonlab.tasks.arithmetic import Definition
from reasonlab.tasks.mutations import BRACKET, GIVEN_REMOVED, KINDS, follow, mutate, satisfiable
from reasonlab.tasks.streams import Stream

CASES = [(name, form) for name in FAMILIES for form in FAMILIES[name].forms]
# Small enough for truth tables.
SMALL = {"arithmetic": "variables=3-5,modulus=6", "deduction": "hops=1-3,conjunctions=0.4,distractors=0-3"}


def mutants(name: str, form: str, count: int, text: str = ""):
    for problem in problems(name, parse_difficulty(name, text), "train", 4, count):
        for kind in KINDS[name]:
            yield mutate(problem, form, Stream("test", problem.id, form), kind)


def long_form(step: Step, problem: Problem) -> str:
    assert step.claim is not None
    if isinstance(step.claim, Equal):
        return problem.instance.surface.render(replace(step.claim, notes=()))
    return problem.instance.surface.render(step.claim)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_one_step_is_changed_or_one_given_removed(name, form):
    for mutant in mutants(name, form, 60):
        gold = mutant.problem.chain(mutant.problem.gold_text(form))
        chain = mutant.chain
        # With a given removed the chain is the gold one to the letter; else each step is in the long form of its claim.
        before = [step.text if mutant.kind == GIVEN_REMOVED else long_form(step, mutant.problem) for step in gold.steps]
        assert [step.reason for step in chain.steps if step.claim is None] == []
        assert chain.answer.text == chain.reference == mutant.problem.answer
        changed = [i for i, (old, new) in enumerate(zip(before, chain.steps, strict=True)) if old != new.text]
        if mutant.kind == GIVEN_REMOVED:
            assert changed == []
            assert mutant.text == mutant.problem.gold_text(form)
            left = [given.text for given in chain.givens]
            assert mutant.problem.instance.givens[mutant.removed] not in left
            assert len(left) == len(gold.givens) - 1
        else:
            assert changed == [mutant.step]
            assert chain.givens == gold.givens
            assert mutant.removed is None


@pytest.mark.parametrize("kind", ["operator", "variable", "negation", "backwards"])
def test_restated_definitions_are_changed_too(kind):
    """Both in the plan, where a definition has no value, and where it is computed."""
    changed = Counter()
    for mutant in mutants("arithmetic", "plan", 60):
        if mutant.kind == kind:
            gold = mutant.problem.chain(mutant.problem.gold_text("plan"))
            before = long_form(gold.steps[mutant.step], mutant.problem)
            after = mutant.chain.steps[mutant.step].text
            changed[len(before.split()), mutant.harmful] += 1
            assert before.count(" = ") == after.count(" = ")
    assert changed[5, True]
    assert changed[11, True]


@pytest.mark.parametrize("form", arithmetic.FORMS)
def test_a_wrong_value_in_brackets_is_harm_whatever_comes_out(form):
    """Also where the arithmetic is right for the wrong value, or the wrong value gives the right result."""
    kinds = Counter()
    for mutant in mutants("arithmetic", form, 150):
        if mutant.kind == BRACKET:
            text = mutant.chain.steps[mutant.step].text
            notes = re.findall(r"([a-z]) \[(\d+)\]", text)
            wrong = [n for n, v in notes if int(v) % 10 != mutant.problem.instance.values[n]]
            assert mutant.harmful == bool(wrong)
            left, right = (int(value) for _, value in notes)
            result = arithmetic.compute(text.split()[4], left, right, 10)
            kinds[mutant.harmful, result == int(text.split()[-1])] += 1
    assert min(kinds[True, True], kinds[True, False], kinds[False, True]) > 3, kinds


@pytest.mark.parametrize("kind", ["variable", "negation", "backwards"])
def test_restated_rules_are_changed_too(kind):
    made = [mutant for mutant in mutants("deduction", "plan", 60) if mutant.kind == kind]
    assert any(mutant.harmful and mutant.chain.steps[mutant.step].text.startswith("every") for mutant in made)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_harm_is_what_the_truth_tables_say(oracle, name, form):
    seen = Counter()
    for mutant in mutants(name, form, 60, SMALL[name]):
        givens = [given.text for given in mutant.chain.givens]
        if name == "arithmetic":
            holds = [oracle.arithmetic_holds(step.text, givens, mutant.chain.modulus) for step in mutant.chain.steps]
        else:
            holds = [oracle.deduction_holds(step.text, givens) for step in mutant.chain.steps]
        assert follow(mutant.problem, mutant.chain.steps, mutant.removed) == holds, mutant
        assert mutant.harmful == (not all(holds))
        if mutant.harmful:
            assert holds.index(False) == mutant.step
        seen[mutant.kind, mutant.harmful] += 1
    assert all(seen[kind, True] for kind in KINDS[name])  # each kind can do harm,
    assert any(seen[kind, False] for kind in KINDS[name])  # and some mutants do none
    assert not seen[GIVEN_REMOVED, False]  # each needed given is needed


@pytest.mark.parametrize(("name", "form"), CASES)
def test_gold_chains_do_no_harm(oracle, name, form):
    for problem in problems(name, parse_difficulty(name, SMALL[name]), "train", 5, 40):
        chain = problem.chain(problem.gold_text(form))
        assert all(follow(problem, chain.steps))
        givens = list(problem.instance.givens)
        if name == "arithmetic":
            assert all(oracle.arithmetic_holds(step.text, givens, chain.modulus) for step in chain.steps)
        else:
            assert all(oracle.deduction_holds(step.text, givens) for step in chain.steps)


def arithmetic_problem() -> Problem:
    """mod 10 ; a = 3 ; b = a + a ; c = a - a ; d = b * c"""
    definitions = (
        Definition("a", value=3),
        Definition("b", "+", "a", "a"),
        Definition("c", "-", "a", "a"),
        Definition("d", "*", "b", "c"),
    )
    made = arithmetic.Instance(10, definitions, "d")
    return Problem("arithmetic", arithmetic.Difficulty(), "test", 0, 0, made)


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        ("b = a + a = 3 + 3 = 6", True),
        ("b = a + a", True),
        ("b = a - a", False),
        ("a = b + a", False),  # inside out
        ("d = b * a", False),
        ("d = c * b", True),
        ("c = a - -a", False),
        ("d = b * -c", True),  # nothing times six, whatever its sign
        ("c = d - d", True),  # no definition, but true
        ("d = x * c", True),  # whatever x is
        ("b = a + x", False),
        ("b = a + a = 3 + 3 = 7", False),
        ("b = a + a = 3 + 4 = 6", False),
        ("b = a - a = 3 + 3 = 6", False),
        ("b = a + a = 3 + 3 = -6", False),
        ("d = b * c = 6 * 0 = -0", True),  # a sign that changes nothing
        ("d = b * c = 7 * 0 = 0", True),  # a wrong operand, but a true equation
        ("d = c = 0", True),  # true, though no given says so
        ("d = c * x = 0 * 1 = 0", True),  # whatever x is
        ("d = b * x = 6 * 0 = 0", False),  # some x
        ("b = a [3] + a [3] = 6", True),  # the same with each value behind its variable
        ("b = a [3] + a [3] = 7", False),
        ("b = a [3] + a [4] = 6", False),
        ("b = a [4] + a [4] = 8", False),
        ("b = a [3] - a [3] = 6", False),
        ("b = a [3] + a [3] = -6", False),
        ("b = a [-7] + a [-7] = 6", True),  # the same residue
        ("d = b [6] * c [0] = 0", True),
        ("d = b [7] * c [0] = 0", False),  # true, but b has another value
        ("d = b [-4] * c [10] = 0", True),
        ("b = a [3] + a = 6", True),
        ("d = b * c [5] = 0", False),
        ("d = c [0] * b [6] = 0", True),
        ("d = b [6] * x [0] = 0", False),
        ("a = b [6] + a [3] = 9", False),
        ("x = 3", False),
        ("d needs b and c", True),
        ("d needs c and b", True),
        ("b needs a", True),
        ("d needs b", False),
        ("d needs a", False),  # it does, but not by its definition
        ("c needs d and b", False),
        ("a needs b", False),
        ("x needs a", False),
    ],
)
def test_what_holds_in_arithmetic(oracle, step, holds):
    problem = arithmetic_problem()
    assert follow(problem, [read_step(step, problem.instance.surface)]) == [holds]
    assert holds == oracle.arithmetic_holds(step, list(problem.instance.givens), 10)


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        ("a = 3", False),  # the removed given
        ("b = a + a", True),
        ("b = 6", False),
        ("c = a - a = 0", True),  # whatever a is
        ("c = a [3] - a [3] = 0", False),
        ("b = a [3] + a [3] = 6", False),
        ("d = 0", True),
    ],
)
def test_what_holds_without_a_given(oracle, step, holds):
    problem = arithmetic_problem()
    assert follow(problem, [read_step(step, problem.instance.surface)], removed=0) == [holds]
    assert holds == oracle.arithmetic_holds(step, list(problem.instance.givens[1:]), 10)


def deduction_problem() -> Problem:
    """Two rules and four facts: ada is a big dax, ben a cold fep."""
    x = ("X",)
    rules = (
        Rule((Atom("dax", x),), Atom("fep", x)),
        Rule((Atom("fep", x), Atom("big", x)), Not(Atom("cold", x))),
    )
    facts = (Atom("dax", ("ada",)), Atom("big", ("ada",)), Atom("cold", ("ben",)), Atom("fep", ("ben",)))
    made = deduction.Instance((*rules, *facts), facts[0], {facts[0]: None}, hops=0)
    return Problem("deduction", deduction.Difficulty(), "test", 0, 0, made)


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        ("ada is a fep", True),
        ("ada is not cold", True),
        ("ada is cold", False),
        ("ben is a dax", False),  # a rule used backwards
        ("ben is not big", True),  # it cannot be: he would not be cold
        ("ben is big", False),
        ("cleo is not a dax", False),  # nothing is known of her
        ("every dax is a fep", True),
        ("every fep is a dax", False),
        ("everything that is not a fep is not a dax", True),  # contraposition
        ("everything that is not a dax is not a fep", False),
        ("every dax that is big is not cold", True),  # two rules at once
        ("every dax that is cold is not big", True),
        ("every dax is a dax", True),
        ("every dax that is not a fep is cold", True),  # there is none
        ("every dax is big", False),  # ada is, but a rule speaks of everybody
        ("ada is a fep needs ada is a dax", True),
        ("ada is not cold needs ada is big and ada is a fep", True),
        ("ada is not cold needs ada is a fep", False),
        ("ada is a dax needs ada is a fep", False),
        ("ada is not cold needs ada is a dax and ada is big", False),  # it follows, but by two rules
        ("ada is a fep needs ben is a dax", False),
    ],
)
def test_what_holds_in_deduction(oracle, step, holds):
    problem = deduction_problem()
    assert follow(problem, [read_step(step, problem.instance.surface)]) == [holds]
    assert holds == oracle.deduction_holds(step, list(problem.instance.givens))


def test_a_step_that_does_not_parse_has_no_foundation():
    problem = arithmetic_problem()
    assert follow(problem, [read_step("a ( 3", problem.instance.surface)]) == [False]


signs = st.tuples(st.sampled_from("abcde"), st.booleans())


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.lists(st.lists(signs, max_size=3).map(tuple), max_size=14))
def test_satisfiable_is_the_truth_table(clauses):
    rows = (dict(zip("abcde", row)) for row in product((True, False), repeat=5))
    table = any(all(any(row[word] == sign for word, sign in clause) for clause in clauses) for row in rows)
    assert satisfiable(clauses) == table


@pytest.mark.parametrize(("name", "form"), CASES)
def test_mutants_are_a_function_of_their_stream(name, form):
    problem = make(name, family(name).difficulty(), "test", 0, 0)
    first, again = ([mutate(problem, form, Stream("x", i)) for i in range(60)] for _ in range(2))
    assert first == again
    assert {mutant.kind for mutant in first} == set(KINDS[name])
    assert len({(mutant.text, mutant.removed) for mutant in first}) > 10


@pytest.mark.parametrize(("form", "kind"), [("plan", "spelling"), ("haiku", None), ("plan", "value")])
def test_bad_input_is_one_line(form, kind):
    with pytest.raises(BadInput, match="expected a kind of variable, negation, backwards, given_removed"):
        mutate(deduction_problem(), form, Stream("x"), kind)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_any_given_that_the_chain_needs_may_be_removed_and_no_other(name, form):
    for problem in problems(name, parse_difficulty(name, SMALL[name]), "train", 8, 10):
        steps = problem.chain(problem.gold_text(form)).steps
        givens = range(len(problem.instance.givens))
        stream = Stream("removed", problem.id)
        removed = {mutate(problem, form, stream, GIVEN_REMOVED).removed for _ in range(60)}
        assert removed == {i for i in givens if not all(follow(problem, steps, removed=i))}
