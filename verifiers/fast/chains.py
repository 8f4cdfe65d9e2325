"""A record to its report: the parts of `records` and of `chain` that records of the commonest shapes need.

Whatever is unusual about a record, None is the answer, and nothing is lost but a few microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from reasonlab.language.chains import ANSWER_WORD, label, split_steps
from reasonlab.language.records import FIELDS, MAX_TEXT
from reasonlab.verifiers.fast.reading import MAX_CHARACTERS, Equality, read_equality
from reasonlab.verifiers.fast.relations import Relations
from reasonlab.verifiers.fast.rows import WIDTHS, Narrow
from reasonlab.verifiers.fast.rules import Clause, Rules, opposite, read_clause
from reasonlab.verifiers.fast.values import Beyond, literal
from reasonlab.verifiers.outcomes import outcome
from reasonlab.verifiers.verdicts import BAD, AnswerVerdict, ChainReport, Judgement, SolverUse, Verdict

MAX_TEXTS = 100  # givens and steps
MAX_SPLIT = MAX_TEXT - MAX_TEXTS * MAX_CHARACTERS  # of a chain written as one text: so all together is in the limits
_OTHERS = frozenset(FIELDS) - set("id surface modulus nouns givens query steps text answer reference".split())
_outcome = cache(outcome)  # of a handful of facts, none of them about one chain


class Stated(Protocol):
    """A claim as read."""

    @property
    def text(self) -> str:
        """As the claim language writes it."""


class Lane(Protocol):
    """What judges the claims of one chain. Each may raise Beyond."""

    def judge(self, claim: Any) -> Judgement: ...
    def use(self) -> SolverUse: ...
    def fault(self, claim: Any) -> str: ...
    def establish(self, key: int, claim: Any) -> None: ...
    def discredit(self, key: int, claim: Any) -> None: ...


def report(record: Mapping[str, Any], default_id: str) -> ChainReport | None:
    """The report on a record, or None where this is not the place to make it."""
    for width in WIDTHS:
        try:
            return _report(record, default_id, width)
        except Narrow:
            continue
        except Beyond:
            return None
    return None


def _report(record: Mapping[str, Any], default_id: str, width: int) -> ChainReport:
    if record.get("surface", "formal") != "formal" or not _OTHERS.isdisjoint(record):
        raise Beyond
    modulus = record.get("modulus")
    if modulus is not None and (type(modulus) is not int or modulus < 2):
        raise Beyond
    id = record.get("id", default_id)
    if type(id) is not str or not (id := id.strip()):
        raise Beyond
    givens, steps, answer = _texts(record)
    reference = _stripped(record.get("reference"))
    query = record.get("query")
    if query is not None and (type(query) is not dict or len(query) != 1):
        raise Beyond
    lane, claims = _lane(givens, steps, query or {}, modulus, width)
    ids = [f"g{key}" for key in range(len(givens))]
    verdicts = []
    for index, text in enumerate(steps):
        verdicts.append(_step(index, text, claims[index], lane, ids))
        ids.append(f"s{index}")
    if answer is None:
        stated, agrees = AnswerVerdict(None, "absent"), None
    else:
        agrees = _agree(answer, reference, modulus) if reference is not None else None
        judged = _judge_answer(answer, agrees, query, modulus, lane)
        entailed = judged.status == "entailed"
        reason = judged.reason or judged.witness if judged.status in BAD else None
        if agrees not in (None, entailed) and judged.status in ("entailed", "refuted"):
            reason = f"the reference {reference!r} is {'refuted by the givens' if agrees else 'wrong'}"
        premises = tuple([ids[key] for key in judged.premises])
        stated = AnswerVerdict(answer, judged.status, premises, judged.leap if entailed else None, reason)
    statuses = frozenset([verdict.status for verdict in verdicts])
    token = _outcome(statuses, stated.status, answer_leap=stated.leap, agrees=agrees)
    return ChainReport(id, token, stated, tuple(verdicts), None, lane.use())


def _lane(
    givens: Sequence[object], steps: Sequence[object], query: Mapping[str, Any], modulus: int | None, width: int
) -> tuple[Lane, Sequence[Stated]]:
    """What judges the chain, and what its steps claim."""
    first = (*givens, *steps)[0] if givens or steps else ""
    if type(first) is str and "=" in first:
        if query and type(query.get("value")) is not str:
            raise Beyond
        claims = [_equality(text, modulus) for text in steps]
        return Relations([_equality(text, modulus) for text in givens], claims, modulus, width), claims
    asked = query.get("truth")
    if query and type(asked) is not str:
        raise Beyond
    facts = [_clause(text) for text in steps]
    return Rules([_clause(text) for text in givens], [*facts, _clause(asked)] if query else facts), facts


def _equality(text: object, modulus: int | None) -> Equality:
    read = read_equality(text, modulus) if type(text) is str else None
    if read is None:
        raise Beyond
    return read


def _clause(text: object) -> Clause:
    read = read_clause(text) if type(text) is str else None
    if read is None:
        raise Beyond
    return read


def _texts(record: Mapping[str, Any]) -> tuple[list[Any], list[Any], str | None]:
    """The givens, the steps and the answer. Whether givens and steps are texts is seen when they are read."""
    givens, steps, answer = record.get("givens", []), record.get("steps", []), record.get("answer")
    if "text" in record:
        if "steps" in record:
            raise Beyond
        steps, answer = _split(record["text"], answer)
    if type(givens) is not list or type(steps) is not list or len(givens) + len(steps) > MAX_TEXTS:
        raise Beyond
    return givens, steps, _stripped(answer)


def _stripped(text: object) -> str | None:
    if text is None:
        return None
    if type(text) is not str:
        raise Beyond
    return text.strip()


def _split(text: object, answer: object) -> tuple[list[str], str | None]:
    """The steps and the answer of a chain written as one text."""
    if type(text) is not str or len(text) > MAX_SPLIT or answer is not None:
        raise Beyond
    steps = [piece for piece, _ in split_steps(text, ";")]
    answers = [at for at, piece in enumerate(steps) if piece.split(None, 1)[0].lower().rstrip(":") == ANSWER_WORD]
    if not answers:
        return steps, None
    words = steps[-1].split(None, 1)
    if answers != [len(steps) - 1] or len(words) == 1:
        raise Beyond
    return steps[:-1], words[1]


def _step(index: int, text: str, claim: Stated, lane: Lane, ids: Sequence[str]) -> Verdict:
    """The verdict on a step; it is then established or discredited."""
    judged = lane.judge(claim)
    premises = tuple([ids[key] for key in judged.premises])
    if judged.status in BAD:
        fault = lane.fault(claim)
        lane.discredit(len(ids), claim)
        return Verdict(index, text, claim.text, judged.status, premises, fault, None, judged.witness, judged.reason)
    if judged.status == "entailed":
        lane.establish(len(ids), claim)
        return Verdict(index, text, claim.text, "entailed", premises, None, judged.leap)
    return Verdict(index, text, claim.text, judged.status, premises, None, None, judged.witness, judged.reason)


def _judge_answer(
    answer: str, agrees: bool | None, query: Mapping[str, Any] | None, modulus: int | None, lane: Lane
) -> Judgement:
    if query is None:
        return Judgement({None: "unchecked", True: "agrees", False: "differs"}[agrees])
    if "value" in query:
        return _value(query["value"], answer, modulus, lane)
    return _truth(query["truth"], answer, lane)


def _value(variable: str, answer: str, modulus: int | None, lane: Lane) -> Judgement:
    claim = _equality(f"{variable} = {answer}", modulus)
    if claim.texts != [variable, answer] or not _is_residue(claim, modulus):
        raise Beyond
    return lane.judge(claim)


def _truth(asked: str, answer: str, lane: Lane) -> Judgement:
    claim, word = _clause(asked), answer.lower()
    if claim.body or word not in ("true", "false", "unknown"):
        raise Beyond
    judged = lane.judge(claim)
    if word == "true":
        return judged
    if word == "unknown":
        status = "entailed" if judged.status == "unsupported" else "refuted"
        reason = None if status == "entailed" else f"the statement is {judged.status}"
        return Judgement(status, judged.premises, None, judged.witness, reason)
    if judged.status == "refuted":
        negation = opposite(claim.head)
        return lane.judge(Clause(negation, negation, (), claim.uses))
    status = "refuted" if judged.status == "entailed" else judged.status
    return Judgement(status, judged.premises, None, judged.witness, judged.reason)


def _is_residue(claim: Equality, modulus: int | None) -> bool:
    """Whether the claim gives a variable a value that is written as one."""
    if len(claim.sides) != 2 or len(claim.sides[0]) != 1 or type(claim.sides[0][0]) is not str:
        return False
    value = literal(claim.sides[1])
    return value is not None and (modulus is None or (type(value) is int and 0 <= value < modulus))


def _agree(answer: str, reference: str, modulus: int | None) -> bool:
    """Whether an answer equals the reference: as integers, or as words if both are."""
    texts = (answer, reference)
    if answer == reference:
        return True
    if all(text.isascii() and text.isalpha() for text in texts):
        return label(answer) == label(reference)
    if not all(text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 40 for text in texts):
        raise Beyond
    difference = int(answer) - int(reference)
    return (difference if modulus is None else difference % modulus) == 0
