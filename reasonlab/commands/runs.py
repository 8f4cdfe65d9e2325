"""`reasonlab runs`: list them, compare two, or ask all of them in SQL."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from reasonlab.commands.output import emit_json, emit_table
from reasonlab.language.errors import BadInput, quote
from reasonlab.runs import Index, Run, compare, default_root, list_runs
from reasonlab.runs.plain import flatten

MAX_NAME = 40


@dataclass(frozen=True)
class Listing:
    """List every run with its status and scores; a broken folder is listed with what is wrong with it."""

    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    json: bool = False
    """Print one JSON document."""


@dataclass(frozen=True)
class Compare:
    """Show what differs between two runs, and all their scores."""

    a: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="A")]
    """A run: its name under the root, the end or beginning of that name, or a folder."""
    b: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="B")]
    """Another run."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    json: bool = False
    """Print one JSON document."""


@dataclass(frozen=True)
class Sql:
    """Ask one SELECT of the tables runs, metrics, chains and probes; `DESCRIBE runs` names the columns."""

    query: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SELECT")]
    """The statement: one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES); nothing can be written and no file be read."""
    seconds: float = 60.0
    """Give up after so long: a query may ask for more than any machine can do."""
    limit: int = 10_000
    """Show at most so many rows."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    json: bool = False
    """Print one JSON document."""


Options = (
    Annotated[Listing, tyro.conf.subcommand("list")]
    | Annotated[Compare, tyro.conf.subcommand("compare")]
    | Annotated[Sql, tyro.conf.subcommand("sql")]
)


def run(options: Listing | Compare | Sql) -> int:
    """Print what was asked for."""
    # A default folder that is not there yet has no runs; one that was asked for should be there.
    if options.root != default_root() and not options.root.is_dir():
        raise BadInput(f"there is no folder {str(options.root)!r}", "a folder of runs", "check --root")
    if isinstance(options, Listing):
        return _list(options)
    if isinstance(options, Compare):
        return _compare(options)
    return _sql(options)


def _list(options: Listing) -> int:
    summaries = list_runs(options.root)
    if options.json:
        emit_json(summaries)
        return 0
    rows = []
    for item in summaries:
        row = {
            "run": item.run,
            "kind": item.kind,
            "family": item.family,
            "status": item.status,
            "updated": item.updated,
        }
        rows.append({**row, "scores": _headline(item.scores), "problem": item.problem})
    used = {name for row in rows for name, value in row.items() if value}
    emit_table("Runs", rows, columns=[name for name in (rows[0] if rows else ()) if name in used])
    return 0


def _headline(scores: dict[str, object], most: int = 3) -> str:
    numbers = [(name, value) for name, value in flatten(scores).items() if isinstance(value, int | float)]
    return ", ".join(f"{name} {value:.4g}" for name, value in numbers[:most]) + (" …" if len(numbers) > most else "")


def _compare(options: Compare) -> int:
    a, b = (find_run(name, options.root) for name in (options.a, options.b))
    differences = compare(a, b)
    emit_table(f"a = {a.path.name}\nb = {b.path.name}", differences, json=options.json)
    return 0


def _sql(options: Sql) -> int:
    if not options.seconds > 0:
        raise BadInput(f"--seconds is {options.seconds}", "more than 0", "leave it out for a minute")
    if options.limit < 1:
        raise BadInput(f"--limit is {options.limit}", "at least 1", "leave it out for 10,000")
    index = Index.open(options.root)
    try:
        for problem in index.problems:
            print(f"left out: {problem}", file=sys.stderr)
        rows = index.query(options.query, seconds=options.seconds, limit=options.limit + 1)
        emit_table("Rows", rows[: options.limit], json=options.json)
        if len(rows) > options.limit:
            print(f"there are more than {options.limit} rows: see them with a larger --limit", file=sys.stderr)
    finally:
        index.close()
    return 0


def check_name(name: str) -> str:
    """The name of a new run, if its folder can bear it as it is; else BadInput."""
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) is None or len(name) > MAX_NAME:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_NAME].strip("-")
        raise BadInput(
            f"--name is {quote(name)}",
            f"a to z, 0 to 9 and single hyphens between them, at most {MAX_NAME} characters",
            f"such as --name {plain or 'mine'}",
        )
    return name


def find_run(name: str, root: Path) -> Run:
    """The run called `name`: a folder, its name under the root, or the beginning or end of one name; else BadInput."""
    for path in (Path(name), root / name):
        if path.is_dir():
            return Run.open(path)
    names = [item.run for item in list_runs(root)]
    found = [full for full in names if full.startswith(name) or full.endswith(name)]
    if len(found) == 1:
        return Run.open(root / found[0])
    what = f"{name!r} names {len(found) or 'no'} run{'s' * (len(found) != 1)} of {str(root)!r}"
    raise BadInput(what, "the name of one run, or a run folder", "see `reasonlab runs list`")
