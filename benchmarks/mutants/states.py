"""Swaps, brackets, sorting, rows and plans. The oracles read the texts again and run through every event from the
start, or through every row there is.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from itertools import pairwise, permutations
from typing import Any

from mutants.cases import Case, Problem, mutated, rewordings
from mutants.twins import beside_the_tests

TWINS = beside_the_tests("test_states_twins")
NUMBERS = [str(number) for number in range(8)]


def family(name: str) -> Callable[[random.Random], Iterator[Case]]:
    gold, _ = TWINS.MAKERS[name]
    holds, words = ORACLES[name]

    def draw(rng: random.Random) -> Iterator[Case]:
        givens, steps, query, answer = gold(rng)
        problem = Problem(tuple(givens), tuple(steps), query, answer)
        yield from mutated(problem, holds, rng, rewordings(*words), _answers(rng, query, answer))

    return draw


def _answers(rng: random.Random, query: dict[str, Any], answer: str) -> list[str]:
    """Other answers: another truth or option; of a sequence, one with two parts changed round or one left out."""
    if "truth" in query:
        return ["false"]
    if "choice" in query:
        return list(query["choice"])
    parts = answer.split()
    if len(parts) < 2:
        return ["( )"]
    one, two = rng.sample(range(len(parts)), 2)
    swapped = list(parts)
    swapped[one], swapped[two] = parts[two], parts[one]
    return [" ".join(swapped), " ".join(parts[:-1])]


def _of(items: tuple[Any, ...], word: str) -> list[str]:
    return [item.removeprefix(f"{word}: ") for item in items if item.startswith(f"{word}: ")]


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(left, right) for part in text.split(", ") for left, right in [part.split(" = ")]]


# Swaps: whose thing it was at the start that somebody has now.


def _swapped(problem: Problem) -> bool | None:
    given: dict[int, set[str]] = {}
    for text in _of(problem.givens, "swap"):
        number, pair = text.split(" ", 1)
        if given.setdefault(int(number), set(pair.split(", "))) != set(pair.split(", ")):
            return False  # two swaps at one time
    owners = [{person: person for person in TWINS.PEOPLE}]
    while len(owners) in given:
        if len(given[len(owners)]) < 2:
            return None  # with oneself
        one, two = given[len(owners)]
        now = dict(owners[-1])
        now[one], now[two] = now[two], now[one]
        owners.append(now)
    had: dict[str, str] = {}

    def read(text: str) -> list[tuple[str, str]] | None:
        number, pairs = text.split(" ", 1)
        if int(number) >= len(owners):
            return None
        return [(owners[int(number)][person], thing) for person, thing in _pairs(pairs)]

    for text in _of(problem.givens, "after"):
        facts = read(text)
        if facts is None:
            return None  # about a time that is not told of
        for person, thing in facts:
            if had.setdefault(person, thing) != thing:
                return False
    claims = [part for step in problem.steps for part in step.removeprefix("all: ").split(" & ")]  # type: ignore[union-attr]
    for text in [*claims, problem.asked["choice"][problem.answer]]:  # type: ignore[index]
        if text.startswith("swap: "):
            number, pair = text.removeprefix("swap: ").split(" ", 1)
            if given.get(int(number)) != set(pair.split(", ")):
                return False
        else:
            facts = read(text.removeprefix("after: "))
            if facts is None or any(had.get(person) != thing for person, thing in facts):
                return False
    return True


# Brackets.


def _balanced(problem: Problem) -> bool | None:
    if not problem.givens:
        return False
    symbols = _symbols(_of(problem.givens, "brackets")[0])
    stacks = [TWINS.stack_of(symbols[:time]) for time in range(len(symbols) + 1)]
    if None in stacks:
        return False
    left = stacks[-1][::-1]
    closing = [TWINS.PAIRS[each] for each in left]
    claims = [part for step in problem.steps for part in step.removeprefix("all: ").split(" & ")]  # type: ignore[union-attr]
    for word, text in (claim.split(": ", 1) for claim in [*claims, f"closing: {problem.answer}"]):
        if word in ("open", "closing"):
            if _symbols(text) != list(left if word == "open" else closing):
                return False
            continue
        number, _, rest = text.partition(" ")
        time = int(number)
        if word == "bracket" and not (1 <= time <= len(symbols) and [symbols[time - 1]] == _symbols(rest)):
            return False
        if word == "stack" and not (time <= len(symbols) and list(stacks[time]) == _symbols(rest)):
            return False
    return True


def _symbols(text: str) -> list[str]:
    return [] if text == "empty" else text.split()


# Sorting.


def _sorted(problem: Problem) -> bool | None:
    if not problem.givens:
        return False
    words = _of(problem.givens, "words")[0].split()
    for letters in _of(problem.steps, "letters"):
        place, _, pairs = letters.partition(" ")
        for word, said in _pairs(pairs):
            letter, number = said.split()
            if letter != word[int(place) - 1 : int(place)] or _number(word, int(place)) != int(number):
                return False
    for groups in _of(problem.steps, "groups"):
        place, *shown = groups.split(" | ")
        parts = [part.split() for part in shown]
        numbers = [int(number) for number, *_ in parts]
        grouped = [word for _, *rest in parts for word in rest]
        right = all(_number(word, int(place)) == int(number) for number, *rest in parts for word in rest)
        if not (right and numbers == sorted(numbers) and sorted(grouped) == sorted(words)):
            return False
    for said in [*_of(problem.steps, "sorted"), problem.answer]:
        marks = re.findall(r" \? | ", said)
        listed = re.split(r" \? | ", said)
        groups_, now = [], [listed[0]]
        for mark, word in zip(marks, listed[1:]):
            if mark == " ":
                groups_, now = [*groups_, now], []
            now.append(word)
        ordered = all(
            TWINS.before(one, two) for left, right in pairwise([*groups_, now]) for one in left for two in right
        )
        if sorted(listed) != sorted(words) or not ordered:
            return False
    return True


def _number(word: str, place: int) -> int:
    """The place in the alphabet of a letter of a word; 0 where it has none there."""
    return ord(word[place - 1]) - 96 if len(word) >= place else 0


# Rows.


def _placed(problem: Problem) -> bool | None:
    objects = [names for text in _of(problem.givens, "objects") for names in text.split(", ")]
    known = [clause for text in _of(problem.givens, "place") for clause in _clauses(text)]
    if len(set(objects)) < 4:
        return False
    rows = [row for row in permutations(objects) if _true(known, row)]
    if not rows:
        return False
    for text in [*_of(problem.steps, "place"), problem.asked["choice"][problem.answer].removeprefix("place: ")]:  # type: ignore[index]
        said, _, since = text.partition(" since ")
        reasons = _clauses(since) if since else []
        if not all(_true(reasons, row) and _true(_clauses(said), row) for row in rows):
            return False
        if since and not all(_true(_clauses(said), row) for row in permutations(objects) if _true(reasons, row)):
            return False
    return True


def _clauses(text: str) -> list[list[tuple[str, str, str | int]]]:
    clauses = []
    for clause in text.split(", "):
        atoms = [re.fullmatch(r"(\w+) (<=|>=|!=|<|>|=) (\w+)", atom) for atom in clause.split(" or ")]
        clauses.append([(m[1], m[2], int(m[3]) if m[3].isdecimal() else m[3]) for m in atoms if m])
    return clauses


def _true(clauses: list[Any], row: tuple[str, ...]) -> bool:
    return bool(TWINS.true_in(clauses, row))


# Plans.


def _carried_out(problem: Problem) -> bool | None:
    actions = {}
    for text in _of(problem.givens, "action"):
        head, needs, makes = text.split(" | ")
        name, *variables = head.split()
        actions[name] = (variables, needs.removeprefix("needs ").split(", "), makes.removeprefix("makes ").split(", "))
    facts = {fact for text in _of(problem.givens, "init") for fact in text.split(", ")}
    for time, text in enumerate(_of(problem.steps, "act"), 1):
        number, name, *things = text.split()
        if int(number) != time:
            return None
        if name not in actions or len(things) != len(actions[name][0]):
            return False
        variables, needs, makes = actions[name]
        values = dict(zip(variables, things))
        bound = [
            [" ".join(values.get(word, word) for word in each.split()) for each in texts] for texts in (needs, makes)
        ]
        if not facts.issuperset(bound[0]):
            return False
        gone = {each.removeprefix("not ") for each in bound[1] if each.startswith("not ")}
        facts = facts - gone | {each for each in bound[1] if not each.startswith("not ")}
    goal = problem.asked["truth"].removeprefix("reaches: ")  # type: ignore[index]
    return (goal in facts) == (problem.answer == "true")


FACTS = ["clear", "ontable", "holding"]
ORACLES: dict[str, tuple[Callable[[Problem], bool | None], list[list[str]]]] = {
    "swaps": (_swapped, [list(TWINS.PEOPLE), list(TWINS.THINGS), NUMBERS]),
    "brackets": (_balanced, [[*TWINS.PAIRS, *TWINS.PAIRS.values()], NUMBERS]),
    "sorting": (_sorted, [["a", "b", "c", "ab", "ba", "cab", "bb", "abc"], ["1", "2", "3"]]),
    "rows": (_placed, [["truck", "bus", "sedan", "van"], ["<", ">", "="], ["1", "2", "3", "4"]]),
    "plans": (_carried_out, [list("abc"), [*TWINS.ACTIONS], ["?x", "?y"], FACTS, ["needs", "makes"]]),
}
FAMILIES = {name: family(name) for name in TWINS.MAKERS}
