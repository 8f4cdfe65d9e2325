"""What the benchmarks share: a table on the screen, and a dated entry in RESULTS.md under --record."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "RESULTS.md"


def show(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)


def keep(title: str, rows: list[dict[str, Any]], device: str | None = None) -> None:
    """Append what was measured to RESULTS.md, with commit, machine and versions."""
    from reasonlab.runs.provenance import code_state, machine, versions

    lines = [f"## {datetime.now(UTC):%Y-%m-%d} {title}", ""]
    lines += [f"- {'; '.join(f'{name} {value}' for name, value in row.items())}" for row in rows]
    facts = {"code": code_state(), "machine": machine(device), "versions": versions(), "load": os.getloadavg()[0]}
    lines += ["", f"    {json.dumps(facts, default=str)}", ""]
    with open(RESULTS, "a", encoding="utf-8") as sink:
        sink.write("\n".join(lines) + "\n")
