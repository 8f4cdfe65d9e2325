"""The proofs of the corpus, sentence by sentence, as steps that can be checked.

    We know the camel has 88 dollars and the cobra has 77 dollars, 88 is more than 77 which is the cobra's money, and
    according to Rule1 "if the camel has more money than the cobra, then ...", and for the conflicting and higher
    priority rule Rule2 we cannot prove the antecedent "...", so we can conclude "...".

makes a step for each thing known and each comparison of numbers, one for each condition of the rule that is an
attribute (what is said in between about the world, such as what is a drink, is checked with it), one for the rule as it
is quoted, those for the rules that speak against it, and one for the conclusion. Other words: `retold`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from reasonlab.language.chains import Step
from reasonlab.language.claims import parse_claim
from reasonlab.language.defeasible import Concluded, Defeasible, Holds, Prefers, Unproved
from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import Literal
from reasonlab.verifiers.readers.boardgame.phrases import plain, read_clauses, read_list, read_one
from reasonlab.verifiers.readers.boardgame.retold import retold
from reasonlab.verifiers.readers.boardgame.rules import ANYONE, read_rule

_PIECES = re.compile(r"(?<=\.) (?=We know |So the statement |The provided information )")
_ACCORDING, _SO = " and according to ", ', so we can conclude "'
_RULE = re.compile(r'(Rule[0-9]{1,6}) "')
_AGAINST = re.compile(
    r'", and (?=for the conflicting and higher priority rule |Rule[0-9]{1,6} has a higher preference than )'
)
_UNMET = re.compile(r'(Rule[0-9]{1,6}) we cannot prove the antecedent "([^"]*(?:"[^"]"[^"]*)?)"')
_HIGHER = re.compile(r"(Rule[0-9]{1,6}) has a higher preference than the conflicting rules \(([^()]*)\)")
_END = re.compile(r'So the statement "([^"]*(?:"[^"]"[^"]*)?)" is (proved|disproved) and the answer is "(?:yes|no)"\.')
_NOTHING = re.compile(r'The provided information is not enough to prove or disprove the statement "([^"]*)"\.')
_LIST_MARK = re.compile(r"\s*[0-9]{1,4}\.\s*")  # "1. We know ..." is cut behind it
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_COMPARED = re.compile(
    rf"(?<![\w.])({_NUMBER}) (?:is (more than|fewer than|after|before)|(<)) "
    rf"({_NUMBER})(?:\+({_NUMBER})=({_NUMBER}))?(?![\w.]*[0-9])"
)
_REMARK = re.compile(  # what is said about the world
    r"(?:so |one can |both names |the notebook |the ball |the diameter|[0-9]).*"
    r"|.* (?:is a|is an|is one of|is located in|appears in|starts with|can be used|is more than|is less than) .*",
    re.DOTALL,
)


def answer_of(proof: str) -> tuple[str, str] | None:
    """The answer that a proof ends with ("true", "false" or "unknown"), and the statement that it is about."""
    last = _PIECES.split(proof.strip())[-1]
    if (end := _END.fullmatch(last)) is not None:
        return ("true" if end[2] == "proved" else "false"), end[1]
    nothing = _NOTHING.fullmatch(last)
    return ("unknown", nothing[1]) if nothing is not None else None


def steps_of(proof: str, game: Collection[Literal]) -> list[Step]:
    """The steps of a proof; a sentence that is not understood is one of them.

    `game`: what the facts, the rules and the question speak of.
    """
    steps: list[Step] = []
    for piece in _PIECES.split(proof.strip()):
        if piece and not any(each.fullmatch(piece) for each in (_END, _NOTHING, _LIST_MARK)):
            try:
                steps += _sentence(piece)
            except ParseError as error:
                told = _ACCORDING not in piece
                steps += retold(piece, game) if told else [Step(piece, None, reason=error.reason)]
    return steps


def _sentence(piece: str) -> Iterator[Step]:
    known, _, rest = piece.partition(_ACCORDING)
    rule = _RULE.match(rest)
    body, _, conclusion = rest[rule.end() :].rpartition(_SO) if rule is not None else ("", "", "")
    if rule is None or not body or not conclusion.endswith('".'):
        raise ParseError('expected \'We know ..., and according to RuleN "...", so we can conclude "...".\'')
    name, against = rule[1], _AGAINST.search(body)
    quoted = body[: against.start()] if against else body.removesuffix('"')
    reading = read_rule(quoted)
    known = known.removeprefix("We know ").rstrip(", ")
    yield from _known(known)
    for subject, said in reading.attributes:
        yield Step(known, Holds(said.of(subject)))
    yield Step(quoted, Defeasible(name, reading.rule))
    if against is not None:
        yield from _against(body[against.end() :], name)
    yield Step(conclusion[:-2], Concluded(name, read_one(plain(conclusion[:-2])).literal))


def _known(text: str) -> Iterator[Step]:
    """The facts that a sentence starts from, and the numbers that it compares."""
    for piece in text.split(", "):
        words = plain(piece)
        if not _REMARK.fullmatch(words) or _is_fact(words):
            for clause in read_clauses(words):
                yield Step(piece, Holds(clause.literal))
            continue
        compared = list(_COMPARED.finditer(piece))
        for match in compared:
            yield from (Step(piece, parse_claim(claim)) for claim in _claims(match))
        if not compared:
            yield Step(piece, None)


def _is_fact(words: str) -> bool:
    """Whether words that might be a remark are about an animal."""
    try:
        return words.startswith("the ") and all(clause.said.attribute is not None for clause in read_clauses(words))
    except ParseError:
        return False


def _claims(match: re.Match[str]) -> Iterator[str]:
    operator = "<" if match[3] or match[2] in ("fewer than", "before") else ">"
    if match[5] is not None:
        yield f"{match[4]} + {match[5]} = {match[6]}"
    yield f"{match[1]} {operator} {match[6] or match[4]}"


def _against(text: str, name: str) -> Iterator[Step]:
    """The rules that speak against a conclusion, and why they do not count."""
    unmet, higher = list(_UNMET.finditer(text)), _HIGHER.search(text)
    for match in unmet:
        yield Step(match[0], Prefers(match[1], name))
        yield Step(match[0], Unproved(match[1], _condition(plain(match[2]))))
    for other in re.findall(r"Rule[0-9]{1,6}", higher[2]) if higher is not None else ():
        yield Step(text, Prefers(higher[1], other))  # type: ignore[index]
    if not unmet and higher is None:
        raise ParseError("expected why the conflicting rules do not count")


def _condition(words: str) -> Literal:
    for anyone in ("at least one animal ", "something "):
        if words.startswith(anyone):
            (said, *more) = read_list(words.removeprefix(anyone))
            if more:
                raise ParseError("expected one condition")
            return said.of(ANYONE)
    return read_one(words).literal
