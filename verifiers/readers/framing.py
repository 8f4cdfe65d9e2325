"""How records lie in a stream: a JSON value a line, or the elements of one JSON array; the first line tells.

A first line that is an opening brace alone begins an object over several lines: one record, or, where its only list is
one of objects (as in PlanBench's {"task": ..., "instances": [...]}), its elements.

Nothing is read that is not yet needed, so a pipe is answered line by line and memory does not grow with the stream.
"""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_RECORD = 64 * 1024 * 1024  # bytes
MAX_OBJECT = 16 * 1024 * 1024  # of an object over several lines, which is parsed as a whole to find its records
_CHUNK = 1 << 16
_SPACE = " \t\r\n"


class Piece(NamedTuple):
    """The text of one record, not yet parsed; or why there is none. `number`: its line, or place in the array."""

    number: int
    data: bytes
    reason: str | None = None


def pieces(stream: BinaryIO) -> Iterator[Piece]:
    """The records of a stream, in order. Blank lines are no records."""
    number, line = 1, _line(stream)
    line = line.removeprefix(codecs.BOM_UTF8)
    while line and not line.strip():
        number, line = number + 1, _line(stream)
    if line.lstrip().startswith(b"["):
        yield from _elements(stream, line)
        return
    if line.strip() == b"{":
        yield from _object(stream, line, number)
        return
    yield from _lines(stream, line, number)


def _lines(stream: BinaryIO, line: bytes, number: int) -> Iterator[Piece]:
    """A record a line, from this one on."""
    while line:
        if len(line) > MAX_RECORD:
            while line and not line.endswith(b"\n"):
                line = _line(stream)
            yield Piece(number, b"", f"a record of more than {MAX_RECORD} bytes")
        elif line.strip():
            yield Piece(number, line)
        number, line = number + 1, _line(stream)


def _line(stream: BinaryIO) -> bytes:
    return stream.readline(MAX_RECORD + 1)


def _object(stream: BinaryIO, start: bytes, number: int) -> Iterator[Piece]:
    """An object over several lines; lines again if it is none."""
    data = start + stream.read(MAX_OBJECT)
    if len(data) > MAX_OBJECT:
        yield Piece(number, b"", f"an object over several lines of more than {MAX_OBJECT} bytes")
        return
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        rest = io.BytesIO(data)
        yield from _lines(rest, rest.readline(), number)
        return
    lists = [each for each in value.values() if isinstance(each, list)]
    if len(lists) != 1 or not lists[0] or not all(isinstance(each, dict) for each in lists[0]):
        yield Piece(number, data)
        return
    for place, element in enumerate(lists[0], 1):
        yield Piece(place, json.dumps(element).encode())


class _Text:
    """The characters of an array, as far as they were read."""

    def __init__(self, stream: BinaryIO, start: bytes) -> None:
        self.stream, self.decoder = stream, codecs.getincrementaldecoder("utf-8")()
        self.text, self.at, self.ended = self.decoder.decode(start), 0, False

    def more(self) -> bool:
        """Read on, twice as much each time, so that a long record is not parsed too often; False at the end."""
        if self.ended:
            return False
        data = self.stream.read(max(_CHUNK, len(self.text) - self.at))
        self.ended = not data
        self.text = self.text[self.at :] + self.decoder.decode(data, self.ended)
        self.at = 0
        return not self.ended

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""


def _elements(stream: BinaryIO, start: bytes) -> Iterator[Piece]:
    """The elements of an array. Past a broken one nothing can be told apart: it and the rest are one record."""
    number = 1
    try:
        text = _Text(stream, start)
        text.peek()
        text.at += 1  # the opening bracket
        if text.peek() == "]":
            return
        while True:
            begin, end = _element(text)
            yield Piece(number, text.text[begin:end].encode("utf-8", "surrogatepass"))
            number += 1
            text.at = end
            mark = text.peek()
            text.at += 1
            if mark == "]":
                break
            if mark != ",":
                raise ValueError(f"expected ',' or ']' after record {number - 1}, found {mark or 'the end'!r}")
        if text.peek():
            raise ValueError("there is text after the array")
    except UnicodeDecodeError:
        yield Piece(number, b"", f"not UTF-8 from record {number} on")
    except RecursionError:
        yield Piece(number, b"", f"record {number} is nested too deep, and what follows it cannot be told apart")
    except ValueError as error:
        yield Piece(number, b"", f"the JSON array is broken from record {number} on: {error}")


def _element(text: _Text) -> tuple[int, int]:
    """Where the next value begins and ends. Raises ValueError if there is none."""
    decoder = json.JSONDecoder()
    text.peek()
    while True:
        try:
            _, end = decoder.raw_decode(text.text, text.at)
        except json.JSONDecodeError:
            if len(text.text) - text.at > MAX_RECORD or not text.more():
                raise
            continue
        # A number may go on beyond what was read, so a value counts once something follows it.
        if end < len(text.text) or not text.more():
            return text.at, end
