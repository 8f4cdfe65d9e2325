"""Tidy rows: shares with their interval, the best site of a table, and the tables in a run folder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reasonlab.probes.capture import Row
from reasonlab.runs import Run

Z95 = 1.959963984540054  # the 97.5% quantile of the standard normal


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95% interval of a share (E. B. Wilson 1927); (0, 1) where nothing was counted."""
    if not total:
        return 0.0, 1.0
    p, z = count / total, Z95
    centre = (p + z * z / (2 * total)) / (1 + z * z / total)
    spread = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return max(0.0, centre - spread), min(1.0, centre + spread)


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
