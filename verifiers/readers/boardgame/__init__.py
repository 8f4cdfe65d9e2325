"""BoardgameQA (Kazemi et al. 2023, arXiv 2306.07934), in the layout of SAT-LM or its own: facts, rules that may be
overruled, preferences, and a proof.

    {"id", "question": "A few players are playing a boardgame. The current state of the game is as follows. The camel
     has 88 dollars. ... And the rules of the game are as follows. Rule1: ... Rule2 is preferred over Rule1. Based on
     the game state and the rules and preferences, does the camel unite with the mermaid?", "proof": "We know ...",
     "label": "proved" | "disproved" | "unknown"}

The corpus' own layout has the text under "example". The theory is that of `reasonlab.verifiers.defeasible`. What a rule
asks about an attribute (`has something to drink`) and the facts answer (`has a green tea`) enters as a given of its
own, marked "common knowledge"; where the tables do not know, as one that says so.

A fact or a rule that is not understood might overturn everything, so such a record is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.defeasible import Defeasible, Holds, Perhaps, Prefers
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.formulas import Literal, Rule, atom_of, spelling
from reasonlab.verifiers.readers.boardgame.attributes import COMPARISONS, Attribute, decide
from reasonlab.verifiers.readers.boardgame.phrases import Clause, Said, is_known, plain, read_one, read_sentence
from reasonlab.verifiers.readers.boardgame.proofs import answer_of, steps_of
from reasonlab.verifiers.readers.boardgame.retold import ANSWERS, answer_in
from reasonlab.verifiers.readers.boardgame.rules import ANYONE, Reading, read_rule
from reasonlab.verifiers.readers.fields import identity

_START = "A few players are playing a boardgame. The current state of the game is as follows. "
_MIDDLE = "And the rules of the game are as follows. "
_END = "Based on the game state and the rules and preferences, does "
_RULES = re.compile(r"(?<=[.?!\"]) +(?=Rule[0-9]{1,6}(?::| is preferred over ))")
_RULE = re.compile(r"(Rule[0-9]{1,6}): (.+)", re.DOTALL)
_PREFERENCE = re.compile(r"(Rule[0-9]{1,6}) is preferred over (Rule[0-9]{1,6})\.?")
_FACTS = re.compile(r"(?<=\.) +(?=The )")
_LABELS = {**ANSWERS, "true": "true", "false": "false"}
_MOST_CHARACTERS = 40_000


def looks_like(record: dict[str, Any]) -> bool:
    text = record.get("question", record.get("example"))
    return isinstance(text, str) and _spaced(text[: 2 * len(_START)]).startswith(_START)


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    text = record.get("question", record.get("example"))
    if not isinstance(text, str) or len(text) > _MOST_CHARACTERS or not _spaced(text).startswith(_START):
        raise _bad(f"'question' is {quote(text)}", "the state of a game, its rules, and a question about them")
    text = _spaced(text)
    state, middle, rest = text.removeprefix(_START).partition(_MIDDLE)
    rules, end, question = rest.rpartition(_END)
    if not middle or not end or not question.strip().endswith("?"):
        raise _bad(f"'question' is {quote(text)}", f"{_MIDDLE.strip()!r}, then {_END.strip()!r} and '?' at its end")
    proof = record.get("proof", "")
    if not isinstance(proof, str) or len(proof) > _MOST_CHARACTERS:
        raise _bad(f"'proof' is {quote(proof)}", f"a text of at most {_MOST_CHARACTERS} characters")
    facts = [fact for sentence in _FACTS.split(state.strip()) for fact in _facts(sentence)]
    givens = [Step(text, Holds(clause.literal)) for text, clause in facts]
    readings: list[Reading] = []
    for piece in _RULES.split(rules.strip()):
        given, reading = _rule(piece)
        givens.append(given)
        readings += [reading] if reading is not None else []
    givens += _knowledge(facts, readings)
    goal = _goal(question.strip().removesuffix("?"), givens)
    _unambiguous(givens, goal)
    label = _label(record)
    ending = answer_of(proof)
    steps = steps_of(proof, [*(literal for given in givens for literal in _literals(given)), goal])
    if ending is not None and not _states(ending[1], goal):
        steps.append(Step(ending[1], None, reason="the proof is of another statement than the question's"))
    stated = ending[0] if ending is not None else answer_in(proof)
    # What the proof says, else the record's answer, else its label; the last of several is the reference.
    answers = [answer for answer in (stated, _answer(record), label) if answer is not None]
    return Chain(
        id=identity(record) or default_id,
        givens=tuple(givens),
        query=Query("truth", claim=Holds(goal)),
        steps=tuple(steps),
        answer=Answer(answers[0]) if answers else None,
        reference=answers[-1] if len(answers) > 1 else None,
    )


def _facts(sentence: str) -> list[tuple[str, Clause]]:
    """The facts of a sentence, each with its text."""
    try:
        return [(sentence, clause) for clause in read_sentence(plain(sentence).removesuffix("."))]
    except ParseError as error:
        raise _bad(f"the fact {quote(sentence)} is not understood: {error.reason}", "facts about animals") from None


def _rule(piece: str) -> tuple[Step, Reading | None]:
    """The given of a rule, with its reading, or of a preference."""
    preference = _PREFERENCE.fullmatch(piece.strip())
    if preference is not None:
        return Step(piece.strip(), Prefers(preference[1], preference[2])), None
    rule = _RULE.fullmatch(piece.strip())
    if rule is None:
        raise _bad(f"the rule {quote(piece)} has no number", "'Rule1: ...' or 'Rule2 is preferred over Rule1.'")
    try:
        reading = read_rule(rule[2])
    except ParseError as error:
        raise _bad(f"{rule[1]} is not understood: {error.reason}", "a rule in one of the known frames") from None
    return Step(piece.strip(), Defeasible(rule[1], reading.rule)), reading


def _knowledge(facts: list[tuple[str, Clause]], readings: list[Reading]) -> Iterator[Step]:
    """What is known about the world and bears on the conditions of the rules, a given each."""
    said: dict[str, list[Attribute]] = {}
    for _, clause in facts:
        said.setdefault(clause.subject, [])
        if clause.said.attribute is not None:
            said[clause.subject].append(clause.said.attribute)
    asked: dict[tuple[str, Said], None] = {}
    for reading in readings:
        for subject, condition in reading.attributes:
            asked.update(dict.fromkeys((name, condition) for name in (said if subject == ANYONE else (subject,))))
    for number, (subject, condition) in enumerate(asked, 1):
        decision = decide(condition.attribute, subject, said)  # type: ignore[arg-type]
        head = condition.of(subject)
        if decision.truth is None:
            yield Step("not common knowledge", Perhaps(head))
        body = tuple(Said(True, fact.name).of(animal) for animal, fact in decision.because)
        if decision.truth and head not in body:
            yield Step("common knowledge", Defeasible(f"Known{number}", Rule(body, head)))


def _goal(text: str, givens: list[Step]) -> Literal:
    """What is asked, "the cow smile at the dog": its verb is in the base form, so that only known animals tell it."""
    words = plain(text)
    try:
        return read_one(words).literal
    except ParseError as error:
        reason = error.reason
    names = {spelling(name) for given in givens for name in _animals(given)}
    first, *rest = words.removeprefix("the ").split(" ")
    for size in (0, 1):
        subject = " ".join((first, *rest[:size]))
        if subject in names and len(rest) > size:
            with suppress(ParseError):
                return read_one(f"the {subject} will {' '.join(rest[size:])}").literal
    raise _bad(f"the question {quote(text)} is not understood: {reason}", "what an animal does to another")


def _unambiguous(givens: list[Step], goal: Literal) -> None:
    """Refuse phrases outside the table that may be two wordings of one relation."""
    literals = [literal for given in givens for literal in _literals(given)] + [goal]
    phrases = {spelling(atom_of(literal).predicate): None for literal in literals if len(atom_of(literal).names) > 1}
    first: dict[str, str] = {}
    for phrase in phrases:
        known = first.setdefault(phrase.split(" ")[0], phrase)
        if phrase != known and not (is_known(phrase) and is_known(known)) and phrase not in COMPARISONS:
            raise _bad(f"{quote(known)} and {quote(phrase)} may mean the same", "one wording for each relation")


def _animals(given: Step) -> Iterator[str]:
    return (name for literal in _literals(given) for name in atom_of(literal).names)


def _literals(given: Step) -> tuple[Literal, ...]:
    if isinstance(given.claim, (Holds, Perhaps)):
        return (given.claim.literal,)
    return (*given.claim.rule.body, given.claim.rule.head) if isinstance(given.claim, Defeasible) else ()


def _states(text: str, goal: Literal) -> bool:
    """Whether a sentence states what was asked."""
    try:
        return read_one(plain(text)).literal == goal
    except ParseError:
        return False


def _spaced(text: str) -> str:
    """The text with one space wherever there is space."""
    return " ".join(text.split())


def _label(record: dict[str, Any]) -> str | None:
    label = record.get("label")
    if label is not None and _word(label) is None:
        raise _bad(f"'label' is {quote(label)}", f"one of {', '.join(_LABELS)}")
    return _word(label)


def _answer(record: dict[str, Any]) -> str | None:
    """The record's answer. Words of its own beside a label say nothing; without a label they are refused."""
    answer = record.get("answer")
    if answer is not None and _word(answer) is None and record.get("label") is None:
        raise _bad(f"'answer' is {quote(answer)}", f"one of {', '.join(_LABELS)}")
    return _word(answer)


def _word(label: object) -> str | None:
    return _LABELS.get(label.strip().lower()) if isinstance(label, str) else None


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, f"see {__name__} for the record's fields")
