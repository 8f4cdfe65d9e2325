"""metrics.jsonl: one JSON object a line, only ever appended to.

A job that is killed in the middle of a write leaves a torn last line. Reading skips it and says so; the next append
first cuts it off, so a resumed run never glues two rows together. A row is one `write` call, hence whole rows survive.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reasonlab.language.errors import BadInput
from reasonlab.runs.plain import dumps


@dataclass(frozen=True)
class MetricsRead:
    """What a metrics file holds: its good rows in order, and a line on each part that could not be used."""

    rows: list[dict[str, object]]
    problems: tuple[str, ...]


def append_row(path: Path, row: Mapping[str, object]) -> None:
    """Append one row, after mending a torn tail. The only writer is the job that owns the run."""
    line = dumps(row).encode() + b"\n"
    with open(path, "a+b", buffering=0) as file:
        _mend_tail(file.fileno())
        file.write(line)


def _mend_tail(handle: int) -> None:
    """Make the file end in a newline: complete a whole last row, cut a torn one."""
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return
    whole = os.pread(handle, size, 0)
    tail = whole[whole.rfind(b"\n") + 1 :]
    if _row(tail) is None:
        os.ftruncate(handle, size - len(tail))
    else:
        os.write(handle, b"\n")


def _row(line: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_metrics(path: Path) -> MetricsRead:
    """Every whole row of the file. A missing file has no rows; one that cannot be opened is a BadInput."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return MetricsRead([], ())
    except OSError as error:
        what = f"{path.parent.name}/{path.name} cannot be read ({error.strerror})"
        raise BadInput(what, "a readable file", "check its permissions") from error
    rows, problems = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _row(line)
        if row is None:
            fault = "is torn (the run was cut off there)" if number == len(lines) else "is not a JSON object"
            problems.append(f"{path.parent.name}/{path.name}: line {number} {fault}; it is skipped")
        else:
            rows.append(row)
    return MetricsRead(rows, tuple(problems))
