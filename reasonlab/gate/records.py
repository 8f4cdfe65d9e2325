"""One record in, one line of verdicts out: the unit of work that processes and clusters are handed.

What goes from process to process is a tuple: a dataclass takes several times as long to pickle.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from reasonlab.gate.questions import Asking, Question
from reasonlab.language.errors import BadInput
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import fast
from reasonlab.verifiers.chain import unread_report, verify_chain
from reasonlab.verifiers.lines import to_line
from reasonlab.verifiers.readers import Reader, Unreadable, id_of, parse, read_piece, reader_for
from reasonlab.verifiers.readers.framing import Piece
from reasonlab.verifiers.verdicts import AnswerVerdict, ChainReport

FAULT = "internal fault: "  # how the reason of such a record begins


class Place(NamedTuple):
    """Where a record stands: its file as it was named, and its line there; None inside a JSON array."""

    path: str
    line: int | None


class Work(NamedTuple):
    """One record: its text, its id where it names none, its format, and its number among all records, from 0."""

    piece: Piece
    id: str
    format: str
    place: Place
    number: int

    @property
    def reader(self) -> Reader:
        """The reader of its format; a record that gives no hint is tried as one of ours."""
        return reader_for("reasonlab" if self.format == "auto" else self.format)


class Result(NamedTuple):
    """One chain's line of output, and what a summary needs of it."""

    id: str
    place: Place
    number: int
    line: bytes
    outcome: str
    answer: str
    statuses: tuple[str, ...]
    fault: str | None = None
    questions: tuple[Question, ...] = ()


def verify_records(work: Sequence[Work], asking: Asking) -> list[Result]:
    """The results of several records, in order."""
    return [verify_record(item, asking) for item in work]


def verify_record(item: Work, asking: Asking) -> Result:
    """The result on one record. A fault of ours is reported as such: one chain must not end a stream."""
    id, fault, questions = item.id, None, asking.log()
    try:
        report = _fast(item, asking)
        if report is None:
            read = read_piece(item.piece, item.reader, item.id)
            id = read.id
            if isinstance(read, Unreadable):
                report = unread_report(id, read.reason)
            else:
                with questions.of(read) as chain:
                    report = verify_chain(chain)
        line = to_line(report)
    except Exception as error:
        if os.environ.get("REASONLAB_DEBUG"):
            raise
        id = id_of(item.piece, id)  # the reader may have been at fault
        fault = f"{id}: {type(error).__name__}: {error}"
        report = ChainReport(id, "unknown", AnswerVerdict(None, "unknown"), (), f"{FAULT}{type(error).__name__}")
        line = to_line(report)
    statuses = tuple([verdict.status for verdict in report.verdicts])
    return Result(
        report.id, item.place, item.number, line, report.outcome, report.answer.status, statuses, fault,
        tuple(questions.asked),
    )  # fmt: skip


def _fast(item: Work, asking: Asking) -> ChainReport | None:
    """The report by the fast lane, which asks a solver nothing; None where it does not know the way."""
    if asking.keep or asking.second or item.piece.reason is not None or item.reader is not chain_from_record:
        return None
    try:
        record = parse(item.piece.data)
    except BadInput:
        return None
    return fast.report(record, item.id) if isinstance(record, dict) else None


def is_fault(record: Mapping[str, Any]) -> bool:
    """Whether a record of verdicts is one on which the verifiers failed."""
    return isinstance(record["reason"], str) and record["reason"].startswith(FAULT)
