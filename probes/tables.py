"""Tidy rows: shares with their interval, the best site of a table, and the tables in a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reasonlab.probes.capture import Row
from reasonlab.runs import Run
from reasonlab.runs.intervals import wilson


def share(count: int, total: int) -> dict[str, Any]:
    """The columns accuracy (None of nothing), low, high, count, total."""
    low, high = wilson(count, total)
    return {"accuracy": count / total if total else None, "low": low, "high": high, "count": count, "total": total}


def best_site(rows: Sequence[Row], **where: Any) -> Row | None:
    """The non-trivial row whose interval begins highest, among those that have the values `where`.

    The lower bound and not the share, so that a site seen twice does not win over one seen fifty times. Ties go to the
    earlier layer, then to the row that comes first.
    """
    allowed = [
        row
        for row in rows
        if not row["trivial"] and row["total"] and all(row[name] == value for name, value in where.items())
    ]
    return max(allowed, key=lambda row: (row["low"], -row["layer"]), default=None)


def write_tables(run: Run, tables: Mapping[str, Sequence[Row]]) -> list[str]:
    """Writes each table that has rows as probes/NAME.parquet, and returns the names written."""
    names = []
    for name, rows in tables.items():
        if rows:
            run.write_table(f"probes/{name}.parquet", rows)
            names.append(f"probes/{name}.parquet")
    return names
