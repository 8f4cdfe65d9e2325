"""PlanBench's obfuscated domains ("mystery" words or random ones), whose introduction spells every action out.

    Attack object
    Feast object from another object
    To perform Feast action, the following needs to be true: Object Craves other object, Province object, Harmony.
    Once Feast action is performed the following will be true: Pain object, Province other object.
    Once Feast action is performed the following will be false:, Object Craves other object, Province object, Harmony.

The published text has a slip: what Overcome (stacking, in disguise) makes true is said to include "Pain object", which
it makes false as well, where the domain file behind the text has "Province object", as of the other object. An action
that makes a fact true and false at once is read as this slip.

In a statement and a plan objects have letters: "province object a", "object a craves object b", "feast object a from
object b". Capitals mean nothing.
"""

from __future__ import annotations

import re

from reasonlab.language.chains import Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.planning import Action, Condition, Fact, read_fact

_LISTED = re.compile(r"(\w+) object( from another object)?(?:\. it takes .*)?\.?", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?:to perform (?P<needs>\w+) action, the following (?:facts )?needs? to be true"
    r"|once (?P<makes>\w+) action is performed the following (?:facts )?will be (?P<truth>true|false))"
    r"\s*:,?\s*(?P<facts>.*)",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"\bobject[ _](\w+)")
_ASIDES = ("i am playing with", "i have the following", "here are the actions")


def looks_like(intro: str) -> bool:
    text = intro.lower()
    return "playing with a set of objects" in text and "to perform" in text


def actions(intro: str) -> list[Step]:
    """The actions that the introduction spells out, and each sentence that is not understood."""
    heads: dict[str, Fact] = {}
    needs: dict[str, list[Condition]] = {}
    makes: dict[str, list[Condition]] = {}
    unread: list[Step] = []
    for line in (" ".join(line.split()) for line in intro.splitlines()):
        try:
            if found := _SENTENCE.fullmatch(line):
                into, name = (needs, found["needs"]) if found["needs"] else (makes, found["makes"])
                positive = (found["truth"] or "true").lower() == "true"
                texts = [text for text in found["facts"].rstrip(" .").split(",") if text.strip()]
                into.setdefault(name.lower(), []).extend(Condition(_schematic(text), positive) for text in texts)
            elif found := _LISTED.fullmatch(line):
                name = found[1].lower()
                heads[name] = (name, "?x", "?y") if found[2] else (name, "?x")
            elif line and not line.lower().startswith(_ASIDES):
                raise ParseError("the sentence says nothing known of an action")
        except ParseError as error:
            unread.append(Step(line, None, reason=str(error)))
    return [*(_given(head, needs, makes) for head in heads.values()), *unread]


def _given(head: Fact, needs: dict[str, list[Condition]], makes: dict[str, list[Condition]]) -> Step:
    name = head[0]
    made = makes.get(name, [])
    false = [condition.fact for condition in made if not condition.positive]
    other = next((fact[0] for fact in false if fact[1:] == ("?y",)), None)
    for place, condition in enumerate(made):
        if condition.positive and condition.fact in false and other is not None:  # the slip
            made[place] = Condition((other, *condition.fact[1:]))
    try:
        action = Action(head, tuple(needs.get(name, ())), tuple(made))
    except ValueError as error:
        return Step(f"the action {name}", None, reason=str(error))
    return Step(f"the action {name}", action)


def _schematic(text: str) -> Fact:
    """ "Province other object" as `province ?y`. Raises ParseError."""
    words = re.sub(r"\bobject\b", "?x", re.sub(r"\bother object\b", "?y", text.lower())).split()
    return read_fact(" ".join(sorted(words, key=lambda word: word[0] == "?")), variables=True)


def fact(text: str) -> Fact:
    """Raises ParseError."""
    words = text.lower().strip(" .")
    names = _OBJECT.findall(words)
    rest = _OBJECT.sub(" ", words).split()
    if len(rest) != 1:
        raise ParseError(f"expected a fact such as 'province object a', found {quote(text)}")
    return read_fact(" ".join((rest[0], *names)))


def action(text: str) -> Fact:
    """Raises ParseError."""
    words = text.lower().strip(" .")
    names = _OBJECT.findall(words)
    rest = _OBJECT.sub(" ", words).split()
    if not names or rest[1:] not in ([], ["from"]):
        raise ParseError(f"expected an action such as 'feast object a from object b', found {quote(text)}")
    return read_fact(" ".join((rest[0], *names)))


def schema(text: str) -> str:
    return text.split()[0]


def spelled(fact: Fact) -> Fact:
    """`feast o1 o2` as `feast 1 2`."""
    return (fact[0], *(name.removeprefix("o") for name in fact[1:]))


def kinds(facts: list[Fact]) -> list[Fact]:
    return []
