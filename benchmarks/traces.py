"""What the scripts on traces share: their options, their records, rows of counts, and first errors against labels."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reasonlab.verifiers import ChainReport
from reasonlab.verifiers.readers import parse
from reasonlab.verifiers.readers.framing import pieces


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """The options of every script on traces."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="where the files are")
    parser.add_argument("--list", action="store_true", help="name every case that is counted here")
    parser.add_argument("--json", action="store_true", help="tables as JSON")
    return parser


def nothing_measured(folder: Path | None, wanted: Iterable[str], *, lacks: str) -> int:
    """Say so, and the exit code of bad usage."""
    print(f"nothing measured: {folder or 'no folder'} {lacks} {', '.join(wanted)}", file=sys.stderr)
    return 2


def records(path: Path) -> list[Any]:
    with path.open("rb") as stream:
        return [parse(piece.data) for piece in pieces(stream)]


def row(what: str, count: int, whole: int | None = None) -> dict[str, Any]:
    return {"what": what, "count": count, "share": f"{count / whole:.2%}" if whole else ""}


def ranked(prefix: str, counts: Counter[str], whole: int | None = None) -> list[dict[str, Any]]:
    return [row(f"{prefix}{name}", count, whole) for name, count in counts.most_common()]


@dataclass
class Labels:
    """The first errors of chains against the human labels, by what is judged."""

    agree: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def take(self, name: str, id: str, report: ChainReport, label: int | None) -> None:
        self.total[name] += 1
        if report.first_error == label:
            self.agree[name] += 1
            return
        cause = whose(report, label)
        self.causes[f"{name}: {cause}"] += 1
        found = report.verdicts[report.first_error] if report.first_error is not None else None
        why = f"{found.status}: {found.reason or found.witness or found.claim}" if found else "nothing is refuted"
        self.cases.append(
            {"id": id, "what": name, "where": f"ours {report.first_error}, label {label}: {cause}", "why": why}
        )

    def rows(self) -> list[dict[str, Any]]:
        agree = [row(f"agrees, {name}", self.agree[name], total) for name, total in self.total.items()]
        return [*agree, *(row(f"disagrees, {cause}", count) for cause, count in sorted(self.causes.items()))]


def whose(report: ChainReport, label: int | None) -> str:
    """Who is wrong where the first error is not where the label has it, as far as the verdicts tell."""
    first = report.first_error
    if first is not None and (label is None or first < label):
        proved = report.verdicts[first].status == "refuted"
        return "theirs, an error before the label" if proved else "open, a step before the label does not follow"
    status = report.verdicts[label].status if label is not None and label < len(report.verdicts) else "absent"
    return "theirs, the step at the label is true" if status == "entailed" else f"ours, the label's step is {status}"
