"""Proofs in other words than the corpus': a sentence each, which names its rule or does not.

    The cat respects the dog.                                   that it can be concluded
    By Rule1, the dog winks at the owl.                         that Rule1 applies and concludes it
    Rule1 says that if the cat respects the dog, then ...       that Rule1 is so
    Rule2 is preferred over Rule1.                              that it is
    So the answer is "yes".                                     the answer

What speaks of an animal or a deed that the game does not have is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from reasonlab.language.chains import Step
from reasonlab.language.defeasible import Concluded, Defeasible, Holds, Prefers
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.formulas import Literal, atom_of, is_variable
from reasonlab.verifiers.readers import wordings
from reasonlab.verifiers.readers.boardgame.phrases import plain, read_one
from reasonlab.verifiers.readers.boardgame.rules import read_rule

ANSWERS = {"yes": "true", "no": "false", "proved": "true", "disproved": "false", "unknown": "unknown"}
_BY = re.compile(
    r"(?:(?:so|then|thus|hence|therefore|and),? )*(?:by|using|from|applying|according to|based on|because of|due to) "
    r"(?:the )?rule ?([0-9]{1,6}),? (?:we (?:can )?(?:conclude|know|infer) that )?((?:the|if) .+)",
    re.IGNORECASE,
)
_BY_AFTER = re.compile(
    r"(the .+?),? (?:by|using|according to|based on|because of|due to) (?:the )?rule ?([0-9]{1,6})", re.IGNORECASE
)
_SAYS = re.compile(r"(?:the )?rule ?([0-9]{1,6}) (?:says|states|tells us)(?: that|:|,)? (.+)", re.IGNORECASE)
_PREFERRED = re.compile(
    r"rule ?([0-9]{1,6}) (?:is preferred over|has (?:a )?higher p(?:reference|riority) than|overrides) "
    r"rule ?([0-9]{1,6})",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    rf"(?:(?:so|thus|therefore|hence),? )?(?:the )?(?:final )?answer(?: is|:) \"?({'|'.join(ANSWERS)})\"?",
    re.IGNORECASE,
)
_LONGEST = 2000


def answer_in(proof: str) -> str | None:
    """The answer that the last sentence gives, if it does."""
    last = [sentence for line in proof.strip().split("\n")[-1:] for sentence in wordings.sentences(line)][-1:]
    found = _ANSWER.fullmatch(wordings.plain(last[0]).strip('"')) if last else None
    return ANSWERS[found[1].lower()] if found is not None else None


def retold(piece: str, game: Collection[Literal]) -> Iterator[Step]:
    """The steps of a piece of a proof, one a sentence. `game`: what the facts, the rules and the question speak of."""
    known = {name for literal in game for name in (atom_of(literal).predicate, *atom_of(literal).names)}
    for sentence in wordings.sentences(piece):
        text = wordings.plain(sentence)
        try:
            if len(text) > _LONGEST:
                raise ParseError(f"a sentence of {len(text)} characters is over the limit of {_LONGEST}")
            yield _step(sentence, text, known)
        except ParseError as error:
            yield Step(sentence, None, reason=error.reason)


def _literal(text: str, known: set[str]) -> Literal:
    literal = read_one(plain(text)).literal
    atom = atom_of(literal)
    strange = [name for name in (atom.predicate, *atom.names) if name not in known and not is_variable(name)]
    if strange:
        raise ParseError(f"the game has no {quote(strange[0])}")
    return literal


def _step(sentence: str, text: str, known: set[str]) -> Step:
    if _ANSWER.fullmatch(text.strip('"')):
        return Step(sentence, None)
    if (by := _BY.fullmatch(text)) and by[2].lower().startswith("if "):
        return Step(sentence, Defeasible(f"Rule{by[1]}", read_rule(by[2]).rule))
    if by is not None:
        return Step(sentence, Concluded(f"Rule{by[1]}", _literal(by[2], known)))
    if by := _BY_AFTER.fullmatch(wordings.without_leads(text)[0]):
        return Step(sentence, Concluded(f"Rule{by[2]}", _literal(by[1], known)))
    if says := _SAYS.fullmatch(text):
        return Step(sentence, Defeasible(f"Rule{says[1]}", read_rule(says[2].strip('"')).rule))
    if better := _PREFERRED.fullmatch(wordings.without_leads(text)[0]):
        return Step(sentence, Prefers(f"Rule{better[1]}", f"Rule{better[2]}"))
    return Step(sentence, Holds(_literal(wordings.without_leads(text)[0], known)))
