"""What commands print: tables and JSON on stdout, progress on stderr, so that stdout can always be piped.

Text from models and files is shown as text: no markup in it is obeyed and no control character reaches the terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from reasonlab.runs.plain import dumps, plain

PLAIN_SECONDS = 5.0  # between two lines of progress where there is no terminal


def shown(value: object) -> str:
    """A value as a cell: four significant digits, an empty cell for nothing, control characters made visible."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else dumps(value)
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text.replace("\t", " "))


def emit_json(value: object) -> None:
    """Print one JSON document: dataclasses, dicts and lists as they are, numbers that are not finite as null."""
    print(dumps(value, indent=2))


def emit_json_list(items: Iterable[object]) -> None:
    """Print one JSON list, each item as soon as it is there: memory does not grow with their number."""
    before = "["
    for item in items:
        print(f"{before}\n  {dumps(item)}", end="")
        before = ","
    print("[]" if before == "[" else "\n]")


def emit_table(title: str, rows: Sequence[object], *, json: bool = False, columns: Sequence[str] | None = None) -> None:
    """Print rows (dicts or dataclasses) as a table, or with `json` as one list of objects with every key.

    Args:
        columns: which keys the table shows, in this order; by default all, in order of first appearance.
    """
    if json:
        emit_json(list(rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    records = [_mapping(row) for row in rows]
    names = list(columns) if columns is not None else list(dict.fromkeys(name for record in records for name in record))
    table = Table(title=Text(shown(title)), title_justify="left")
    for name in names:
        numeric = all(isinstance(record.get(name), int | float | None) for record in records)
        table.add_column(Text(shown(name)), justify="right" if numeric else "left", overflow="fold")
    for record in records:
        table.add_row(*(Text(shown(record.get(name))) for name in names))
    terminal = sys.stdout.isatty()
    # Piped, a table is as wide as it needs to be: cutting cells to an imagined 80 columns would lose data. In a
    # notebook it goes to standard output like everything else.
    console = Console(file=sys.stdout, width=None if terminal else 10_000, force_jupyter=False)
    console.print(table if records else Text(f"{shown(title)}: none"))


def _mapping(row: object) -> Mapping[str, object]:
    value = row if isinstance(row, Mapping) else plain(row)
    if not isinstance(value, Mapping):
        raise TypeError(f"a row is a dict or a dataclass, not {type(row).__name__}")
    return value


class Progress(Protocol):
    """A running job's display."""

    def advance(self, count: int = 1, **facts: object) -> None:
        """`count` more units are done; `facts` (loss=..., proved=...) are shown and kept until they change."""

    def resize(self, total: int) -> None:
        """The job turned out to be of another size."""


@contextmanager
def progress(label: str, total: int | None, *, done: int = 0) -> Iterator[Progress]:
    """A progress bar on stderr with the time left; without a terminal, a plain line every few seconds and at the end.

    Args:
        total: units of work, None when unknown.
        done: units done before (a resumed job); the time left is reckoned from the new ones only.
    """
    display: _Bar | _Lines = _Bar(label, total, done) if sys.stderr.isatty() else _Lines(label, total, done)
    try:
        yield display
    finally:
        display.close()


class _Bar:
    def __init__(self, label: str, total: int | None, done: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left", markup=False),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            refresh_per_second=4,  # the cores are for the job
        )
        self._facts: dict[str, object] = {}
        self._task = self._bar.add_task(label, total=total, completed=done, facts="")
        self._bar.start()

    def advance(self, count: int = 1, **facts: object) -> None:
        self._facts |= facts
        self._bar.update(self._task, advance=count, facts=_facts_text(self._facts))

    def resize(self, total: int) -> None:
        self._bar.update(self._task, total=total)

    def close(self) -> None:
        self._bar.stop()


class _Lines:
    def __init__(self, label: str, total: int | None, done: int) -> None:
        self._label, self._total, self._before, self._done = label, total, done, done
        self._facts: dict[str, object] = {}
        self._start = self._said = time.monotonic()
        self._said_done = -1

    def advance(self, count: int = 1, **facts: object) -> None:
        self._done += count
        self._facts |= facts
        if time.monotonic() - self._said >= PLAIN_SECONDS:
            self._say()

    def resize(self, total: int) -> None:
        self._total = total

    def close(self) -> None:
        if self._done != self._said_done:
            self._say()

    def _say(self) -> None:
        self._said, self._said_done = time.monotonic(), self._done
        taken, fresh = self._said - self._start, self._done - self._before
        parts = [f"{self._label} {self._done}" + (f"/{self._total}" if self._total else ""), _facts_text(self._facts)]
        parts.append(f"{_clock(taken)} taken")
        if self._total and fresh > 0 and self._done < self._total:
            parts.append(f"{_clock(taken / fresh * (self._total - self._done))} left")
        print("  ".join(part for part in parts if part), file=sys.stderr, flush=True)


def _facts_text(facts: Mapping[str, object]) -> str:
    return "  ".join(f"{name} {shown(value)}" for name, value in facts.items())


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
