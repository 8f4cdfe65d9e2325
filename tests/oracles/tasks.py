"""Slow twins of the tasks: they read the *text* of a problem and share no code with the package.

Arithmetic is computed over the integers and reduced at the very end; deduction is naive forward chaining on sentences,
and entailment a truth table over every word. Only for problems as small as the tests'.
"""

from __future__ import annotations

import re
from itertools import product

OPERATIONS = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}


def term(text: str, values: dict[str, int]) -> int:
    """The integer value of `a`, `7`, `-7` or `a * b`. KeyError for a variable without a value."""
    words = text.split()
    if len(words) == 3:
        return OPERATIONS[words[1]](term(words[0], values), term(words[2], values))
    (word,) = words
    if word.startswith("-"):
        return -term(word[1:], values)
    return int(word) if word.isdigit() else values[word]


def written_out(step: str) -> list[str]:
    """The terms of an equality; one with values in brackets is two, `a [3] + b [4]` being `a + b` and `3 + 4`.

    That a has the value in its brackets is a claim of its own.
    """
    terms = []
    for text in step.split(" = "):
        terms.append(re.sub(r" \[[^]]*\]", "", text))
        if "[" in text:
            terms.append(re.sub(r"[a-z] \[([^]]*)\]", r"\1", text))
    return terms


def arithmetic(givens: list[str], known: dict[str, int] | None = None) -> dict[str, int]:
    """Every variable's integer value, by going round the definitions until nothing is new; not reduced mod anything."""
    values = dict(known or {})
    while True:
        before = len(values)
        for given in givens:
            name, definition = given.split(" = ")
            if name not in values and all(word in values or not word.isalpha() for word in definition.split()):
                values[name] = term(definition, values)
        if len(values) == before:
            return values


def arithmetic_holds(step: str, givens: list[str], modulus: int) -> bool:
    """Whether a step holds for all values of the variables that no given defines."""
    if " needs " in step:
        target, sources = step.split(" needs ")
        defined = dict(given.split(" = ") for given in givens)
        wanted = {word for word in defined.get(target, "").split() if word.isalpha()}
        return wanted == set(sources.split(" and "))
    terms = written_out(step)
    defined = {given.split(" = ")[0] for given in givens}
    free = sorted({word for text in (*givens, step) for word in text.split() if word.isalpha()} - defined)
    for choice in product(range(modulus), repeat=len(free)):
        values = arithmetic(givens, dict(zip(free, choice)))
        if any((values[name] - int(value)) % modulus for name, value in re.findall(r"([a-z]) \[([^]]*)\]", step)):
            return False
        if len({term(text, values) % modulus for text in terms}) > 1:
            return False
    return True


def _signed(text: str) -> tuple[str, bool]:
    """`not a dax` -> ("dax", False)."""
    words = text.split()
    return words[-1], words[0] != "not"


def fact(sentence: str) -> tuple[str, str, bool] | None:
    """`ada is not cold` -> ("ada", "cold", False); None for a rule."""
    match = re.fullmatch(r"(?!every)(\w+) is (.+)", sentence)
    return (match[1], *_signed(match[2])) if match else None


def rule(sentence: str) -> tuple[list[tuple[str, bool]], tuple[str, bool]] | None:
    """`every dax that is red and that is not big is cold` -> its conditions and its conclusion."""
    match = re.fullmatch(
        r"(?:every (\w+)|everything)((?: (?:and )?that is (?:not )?(?:a )?\w+)*) is ((?:not )?(?:a )?\w+)", sentence
    )
    if not match:
        return None
    conditions = [(match[1], True)] if match[1] else []
    conditions += [_signed(part) for part in re.split(r"(?: and)? that is ", match[2]) if part]
    return conditions, _signed(match[3])


def deduction(givens: list[str]) -> dict[tuple[str, str], set[bool]]:
    """For each (individual, word) the signs that follow, by trying every rule on everyone until nothing is new."""
    facts = {found for given in givens if (found := fact(given))}
    rules = [found for given in givens if (found := rule(given))]
    people = {person for person, _, _ in facts}
    while True:
        new = {
            (person, *conclusion)
            for person in people
            for conditions, conclusion in rules
            if all((person, *condition) in facts for condition in conditions)
        }
        if new <= facts:
            signs: dict[tuple[str, str], set[bool]] = {}
            for person, word, sign in facts:
                signs.setdefault((person, word), set()).add(sign)
            return signs
        facts |= new


def deduction_holds(step: str, givens: list[str]) -> bool:
    """Whether a step holds in every row of the truth table in which the givens do."""
    facts = [found for given in givens if (found := fact(given))]
    rules = [found for given in givens if (found := rule(given))]
    if " needs " in step:
        target, sources = step.split(" needs ")
        (person, *wanted), parts = fact(target), [fact(part) for part in sources.split(" and ")]
        if any(part[0] != person for part in parts):
            return False
        return any(
            tuple(wanted) == conclusion and {part[1:] for part in parts} == set(conditions)
            for conditions, conclusion in rules
        )
    claim = fact(step)
    conditions, conclusion = ([], claim[1:]) if claim else rule(step)
    # Of someone new, nothing is given.
    known = [(word, sign) for person, word, sign in facts if claim and person == claim[0]]
    words = sorted(
        {word for body, head in rules for word, _ in (*body, head)} | {w for w, _ in (*known, *conditions, conclusion)}
    )
    for row in product((True, False), repeat=len(words)):
        world = dict(zip(words, row))
        possible = all(world[word] == sign for word, sign in known) and all(
            world[head[0]] == head[1] for body, head in rules if all(world[word] == sign for word, sign in body)
        )
        applies = all(world[word] == sign for word, sign in conditions)
        if possible and applies and world[conclusion[0]] != conclusion[1]:
            return False
    return True
