"""A report as the line of JSON that `json.dumps(report.to_record(), ensure_ascii=False)` writes, some times faster."""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring

from reasonlab.verifiers.verdicts import ChainReport, Verdict


def to_line(report: ChainReport) -> bytes:
    """The line, with its end. A lone surrogate, which UTF-8 has no bytes for, becomes its JSON escape."""
    answer, first, furthest = report.answer, report.first_error, report.max_leap
    text = (
        f'{{"id": {encode_basestring(report.id)}, "outcome": "{report.outcome}", "answer": '
        f'{{"value": {_text(answer.value)}, "status": "{answer.status}", "premises": {_list(answer.premises)}, '
        f'"leap": {_number(answer.leap)}, "reason": {_text(answer.reason)}}}, "first_error": {_number(first)}, '
        f'"max_leap": {_number(furthest)}, "reason": {_text(report.reason)}, '
        f'"steps": [{", ".join(map(_step, report.verdicts))}], '
        f'"solver": {{"questions": {report.solver.questions}, "rlimit": {report.solver.rlimit}}}}}\n'
    )
    return text.encode("utf-8", "backslashreplace")


def _step(verdict: Verdict) -> str:
    index, text, claim, status, premises, fault, leap, witness, reason = verdict
    written = encode_basestring(text)
    understood = written if claim == text else _text(claim)
    return (
        f'{{"index": {index}, "text": {written}, "claim": {understood}, "status": "{status}", '
        f'"premises": {_list(premises)}, "fault": {_text(fault)}, "leap": {_number(leap)}, '
        f'"witness": {_text(witness)}, "reason": {_text(reason)}}}'
    )


def _text(text: str | None) -> str:
    return "null" if text is None else encode_basestring(text)


def _number(number: int | None) -> str:
    return "null" if number is None else str(number)


def _list(ids: Sequence[str]) -> str:
    joined = '", "'.join(ids)
    return f'["{joined}"]' if ids else "[]"
