"""The records of many files as one stream of work, in order, and the passing over of what an earlier run did."""

from __future__ import annotations

import codecs
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from reasonlab.gate.records import Place, Work
from reasonlab.language.errors import BadInput, quote
from reasonlab.verifiers.outcomes import OUTCOMES
from reasonlab.verifiers.readers import guess, read_piece
from reasonlab.verifiers.readers.framing import Piece, pieces
from reasonlab.verifiers.verdicts import STATUSES

STANDARD = "-"
_PROSE = (
    "the first line is bare text, and records are JSON: put a problem and its solution into one line such as "
    """{"problem": "Kim has 2 + 3 pears.", "solution": "2 + 3 = 5. The answer is 5"} (docs/formats.md)"""
)
LINE_START = b'{"id": "'  # of every line of verdicts: anything else at the end of a file is not cut off


def read_work(paths: Sequence[str], format: str, stack: ExitStack) -> Iterator[Work]:
    """The records of all paths. `format` "auto": what the first record that gives a hint looks like, said once."""
    number = 0
    for path, name in zip(paths, _names(paths)):
        stream = _open(path, stack)
        in_array, found = _is_array(stream), format
        in_doubt = format in ("auto", "text")  # until the first record is seen
        try:
            for piece in pieces(stream):
                if found == "auto" and (guessed := guess(piece)) is not None:
                    found = guessed
                    print(f"{path}: read as {found}", file=sys.stderr)
                elif in_doubt and _is_prose(piece):
                    print(f"{path}: {_PROSE}", file=sys.stderr)
                in_doubt = False
                place = Place(path, None if in_array else piece.number)
                yield Work(piece, f"{name}:{piece.number}", found, place, number)
                number += 1
        except BrokenPipeError:  # of what is written beside the reading
            raise
        except OSError as error:
            raise BadInput(f"{path!r} cannot be read: {error.strerror}", "a readable file", "check the disk") from None


def _names(paths: Sequence[str]) -> list[str]:
    """What the default ids of each path begin with: its stem; its whole path where another one has the same stem."""
    stems = ["stdin" if path == STANDARD else Path(path).stem for path in paths]
    return [stem if stems.count(stem) == 1 else path for path, stem in zip(paths, stems)]


def _is_prose(piece: Piece) -> bool:
    """Whether a record is no JSON at all: neither a value, nor one that is torn or spelt wrong."""
    return piece.reason is None and not piece.data.lstrip().startswith((b"{", b"[", b'"')) and _has_words(piece.data)


def _has_words(data: bytes) -> bool:
    return re.search(rb"[A-Za-z]{2}.*\s", data) is not None


def _open(path: str, stack: ExitStack) -> io.BufferedReader:
    if path == STANDARD:
        if sys.stdin is None:
            raise BadInput("standard input is closed", "records on it, or a file", "name a file")
        return sys.stdin.buffer  # type: ignore[return-value]  # a buffered reader unless a test sets another
    try:
        return stack.enter_context(open(path, "rb"))
    except OSError as error:
        raise BadInput(f"{path!r} cannot be read: {error.strerror}", "a readable file", "check the path") from None


def _is_array(stream: BinaryIO) -> bool:
    """Whether the records are elements of an array, which have no line of their own; the stream stays as it is."""
    start: bytes = stream.peek(1) if hasattr(stream, "peek") else b""
    return start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")


def pass_over(out: str, sink: BinaryIO, work: Iterator[Work], seen: Callable[[Work, dict[str, Any]], object]) -> None:
    """Hand the complete verdicts of an earlier run to `seen`, pass over their records, and cut off a torn last line.

    The records must be the same ones: their ids are compared one by one, so memory does not grow with the file.
    """
    end = 0
    with open(out, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                if not line.startswith(LINE_START[: len(line)]):
                    raise _no_verdict(out, number)
                break
            record = _verdict(line)
            if record is None:
                raise _no_verdict(out, number)
            item = next(work, None)
            chain = read_piece(item.piece, item.reader, item.id) if item is not None else None
            if item is None or chain is None or chain.id != record["id"]:
                found = quote(chain.id) if chain is not None else "nothing"
                what = f"{out!r} holds a verdict on {quote(record['id'])} where the input has {found}"
                raise BadInput(what, "verdicts on the same input", "resume with the same paths in the same order")
            seen(item, record)
            end += len(line)
    sink.truncate(end)


def _verdict(line: bytes) -> dict[str, Any] | None:
    """The record in a line, if it is one that was written here."""
    try:
        record = json.loads(line)
        statuses = {step["status"] for step in record["steps"]}
        known = record["outcome"] in OUTCOMES and statuses <= set(STATUSES) and "id" in record
        whole = known and "reason" in record and isinstance(record["answer"]["status"], str)
        return record if whole else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _no_verdict(out: str, number: int) -> BadInput:
    return BadInput(f"line {number} of {out!r} is no verdict", "a file written by `reasonlab verify`", "check --out")
