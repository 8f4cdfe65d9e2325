"""Readers: one a format, in one registry. Each input record gives exactly one item: a Chain, or an Unreadable.

A reader is a function from a JSON value and a default id to a Chain; what it cannot read raises BadInput. How records
lie in a file (a line each, or one JSON array) is `framing`, the same for every format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from reasonlab.language.chains import Chain
from reasonlab.language.errors import BadInput, LabError, quote
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers.readers import (
    boardgame,
    cladder,
    folio,
    gsm8k,
    mistake,
    pddl,
    plan,
    prontoqa,
    proofwriter,
    text,
)
from reasonlab.verifiers.readers.fields import identity
from reasonlab.verifiers.readers.framing import Piece, pieces

Reader = Callable[..., Chain]


@dataclass(frozen=True, slots=True)
class Format:
    """A reader, what it reads, and whether a record looks like it."""

    read: Reader
    summary: str
    looks_like: Callable[[dict[str, Any]], bool]


READERS: dict[str, Format] = {  # in the order in which `auto` tries them
    "mistake": Format(mistake.read, "BIG-Bench-Mistake: input, steps, answer, target", mistake.looks_like),
    "reasonlab": Format(
        chain_from_record,
        "our own chains (see reasonlab.language.records)",
        lambda record: "givens" in record or "steps" in record or "text" in record,
    ),
    "cladder": Format(
        cladder.read, "CLadder: given_info, question, answer, reasoning.step0..5, end, meta", cladder.looks_like
    ),
    "pddl": Format(pddl.read, "PDDL (a STRIPS subset): domain, problem, plan", pddl.looks_like),
    "plan": Format(plan.read, "PlanBench's plan verification: query, ground_truth_plan", plan.looks_like),
    "folio": Format(folio.read, "FOLIO: premises, premises-FOL, conclusion, conclusion-FOL, label", folio.looks_like),
    "prontoqa": Format(prontoqa.read, "PrOntoQA: context, question, explanation", prontoqa.looks_like),
    "proofwriter": Format(proofwriter.read, "ProofWriter: context, question, options, answer", proofwriter.looks_like),
    "boardgame": Format(
        boardgame.read, "BoardgameQA: question (facts, rules, preferences), proof, label", boardgame.looks_like
    ),
    "gsm8k": Format(gsm8k.read, "GSM8K: question, answer with <<a=b>> and ####", gsm8k.looks_like),
    # The last one: it takes whatever has a problem and a solution.
    "text": Format(text.read, "a problem and a free-form solution, equations plain or in LaTeX", text.looks_like),
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that no chain could be made of, and why."""

    id: str
    reason: str


def read_chains(stream: BinaryIO, format: str, *, name: str = "chain") -> Iterator[Chain | Unreadable]:
    """The chains of a stream, one item a record, in order; memory does not grow with the stream.

    Args:
        format: a key of READERS.
        name: default ids are `name:1`, `name:2`, ...
    """
    reader = reader_for(format)
    for piece in pieces(stream):
        yield read_piece(piece, reader, f"{name}:{piece.number}")


def reader_for(format: str) -> Reader:
    if format not in READERS:
        known = f"one of auto, {', '.join(READERS)}"
        raise BadInput(f"there is no format {quote(format)}", known, "choose one of these")
    return READERS[format].read


def read_piece(piece: Piece, reader: Reader, id: str) -> Chain | Unreadable:
    """The item of one record."""
    if piece.reason is not None:
        return Unreadable(id, piece.reason)
    try:
        return reader(parse(piece.data), default_id=id)
    except LabError as error:
        return Unreadable(id_of(piece, id), str(error))


def id_of(piece: Piece, id: str) -> str:
    """The id of one record, read or not: its own where it is JSON and has one, else `id`."""
    try:
        return identity(parse(piece.data)) or id
    except BadInput:
        return id


def parse(data: bytes) -> Any:
    """The JSON value of a piece. Raises BadInput: not UTF-8, not JSON, nested too deep, an integer too long."""
    try:
        return json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _bad(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise _bad("nested too deep") from None
    except ValueError as error:
        raise _bad(f"not JSON: {error}") from None


def _bad(what: str) -> BadInput:
    return BadInput(what, "one JSON object a record", "correct the record")


def guess(piece: Piece) -> str | None:
    """The format that a record looks like, or None if it gives no hint."""
    if piece.reason is not None:
        return None
    try:
        record = parse(piece.data)
    except BadInput:
        return None
    if not isinstance(record, dict):
        return None
    return next((name for name, format in READERS.items() if format.looks_like(record)), None)
