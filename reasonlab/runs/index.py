"""Many run folders as four SQL tables, read-only.

    runs      a row a run: run, name, kind, family, status, created, updated, problem, config_*, seeds_*, scores_*, ...
    metrics   a row a logged row: run, row, then what was logged
    chains    a row a chain: run, source (the file's stem), then its columns
    probes    a row a row of a probe's table: run, source, then its columns

The files are read first, into an in-memory database; then the database is locked: no file, network, extension or
setting can be reached from a query, and only one SELECT is taken. A file that is missing or unreadable is left out and
named in `problems`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from reasonlab.language.errors import BadInput
from reasonlab.runs.folder import METRICS_NAME, Run
from reasonlab.runs.listing import RunSummary, list_runs
from reasonlab.runs.metrics import read_metrics
from reasonlab.runs.plain import dumps, flatten, unused
from reasonlab.runs.tables import arrow_table, read_arrow

if TYPE_CHECKING:
    import duckdb
    import pyarrow

TABLES = ("runs", "metrics", "chains", "probes")
_log = logging.getLogger("reasonlab.runs")

# Order matters: the last line makes the others final.
_LOCK = (
    "SET enable_progress_bar = false",  # it goes to standard output, among what is asked for
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET temp_directory = ''",
    "SET memory_limit = '2GB'",
    "SET threads = 2",
    "SET enable_external_access = false",  # files, network, and variables of the calling program
    "SET lock_configuration = true",
)


@dataclass(frozen=True)
class Index:
    """The tables of the runs under one root, as they were when it was opened.

    Attributes:
        problems: one line on each file or folder that was left out.
        columns: the columns of each table.
    """

    connection: duckdb.DuckDBPyConnection
    problems: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]

    @classmethod
    def open(cls, root: Path | str | None = None) -> Index:
        """Read every run under `root` (default: `default_root()`) into a locked in-memory database."""
        import duckdb

        summaries = list_runs(root)
        problems = [item.problem for item in summaries if item.problem]
        tables = {"runs": _stack([_row_of(item) for item in summaries])}
        readable = [item for item in summaries if item.status != "unreadable"]
        tables["metrics"] = _stack([table for item in readable for table in _metrics_of(item, problems)])
        for kind in ("chains", "probes"):
            tables[kind] = _stack([table for item in readable for table in _tables_of(item, kind, problems)])
        connection = duckdb.connect(":memory:")
        for name, table in tables.items():
            connection.register("incoming", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
            connection.unregister("incoming")
        for setting in _LOCK:
            connection.execute(setting)
        return cls(connection, tuple(problems), {name: tuple(table.column_names) for name, table in tables.items()})

    def query(self, sql: str, *, seconds: float | None = None, limit: int | None = None) -> list[dict[str, object]]:
        """The rows of one SELECT; BadInput in one line for anything else, and for SQL that does not hold.

        Args:
            seconds: a query that runs longer is stopped with BadInput. None: it may run for ever.
            limit: the first so many rows.
        """
        import duckdb

        try:
            statements = duckdb.extract_statements(sql)
            # EXPLAIN ANALYZE would run whatever it explains, so it is not taken either.
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise BadInput(
                    "the SQL is not one SELECT", "a single read-only statement", f"the tables are {', '.join(TABLES)}"
                )
            return self._fetch(statements[0], seconds, limit)
        except duckdb.Error as error:
            remedy = "; ".join(f"{name}({', '.join(self.columns[name])})" for name in TABLES if name in sql.lower())
            what = f"SQL: {str(error).strip().splitlines()[0]}"
            raise BadInput(what, "SQL that DuckDB accepts", f"known are {remedy or ', '.join(TABLES)}") from error

    def _fetch(self, statement: duckdb.Statement, seconds: float | None, limit: int | None) -> list[dict[str, object]]:
        """Run the statement in a thread of its own: inside the main thread, DuckDB now and then swallows a Ctrl-C."""
        from concurrent.futures import ThreadPoolExecutor, wait

        with ThreadPoolExecutor(max_workers=1) as pool:
            rows = pool.submit(lambda: _rows(self.connection.execute(statement), limit))
            try:
                if rows in wait([rows], timeout=seconds).done:
                    return rows.result()
            finally:
                while not rows.done():  # again and again: an interrupt before the query began would be lost
                    self.connection.interrupt()
                    wait([rows], timeout=0.1)
                self.connection.interrupt()  # rows beyond the limit would still be computed, without an end perhaps
        raise BadInput(f"the query took more than {seconds:g} s", "one that ends", "narrow it, or allow more seconds")

    def close(self) -> None:
        """Free the tables."""
        self.connection.close()


def query(root: Path | str | None, sql: str) -> list[dict[str, object]]:
    """The rows of one SELECT over the runs under `root`; what had to be left out is reported as warnings in the log."""
    index = Index.open(root)
    try:
        for problem in index.problems:
            _log.warning("%s", problem)
        return index.query(sql)
    finally:
        index.close()


def _rows(cursor: duckdb.DuckDBPyConnection, limit: int | None) -> list[dict[str, object]]:
    names: dict[str, object] = {}
    for column in cursor.description:
        names[unused(column[0], names)] = None
    found = cursor.fetchall() if limit is None else cursor.fetchmany(limit)
    return [dict(zip(names, map(_cell, row))) for row in found]


def _cell(value: object) -> object:
    """A DuckDB value as JSON knows it: decimals as floats, times in ISO 8601, the rest of its types as text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_cell(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _cell(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _row_of(item: RunSummary) -> pyarrow.Table:
    head = ("run", "name", "kind", "family", "status", "created", "updated", "problem")
    row: dict[str, object] = {name: getattr(item, name) for name in head}
    if item.status != "unreadable":
        record = Run(item.path).record
        trees = {name: getattr(record, name) for name in ("config", "seeds", "facts", "versions", "code", "machine")}
        for key, value in flatten({**trees, "scores": item.scores}).items():
            row[unused(key, row)] = value
    return arrow_table([row], mixed_as_text=True)


def _metrics_of(item: RunSummary, problems: list[str]) -> list[pyarrow.Table]:
    try:
        read = read_metrics(item.path / METRICS_NAME)
    except BadInput as error:
        problems.append(str(error))
        return []
    problems += read.problems
    table = arrow_table([flatten(row) for row in read.rows], mixed_as_text=True)
    return [_labelled(table, run=[item.run] * len(read.rows), row=list(range(len(read.rows))))] if read.rows else []


def _tables_of(item: RunSummary, kind: str, problems: list[str]) -> list[pyarrow.Table]:
    tables = []
    for name in Run(item.path).tables(kind):
        try:
            table = read_arrow(item.path / name)
        except BadInput as error:
            problems.append(str(error))
            continue
        if table.num_rows:
            count = table.num_rows
            tables.append(_labelled(table, run=[item.run] * count, source=[Path(name).stem] * count))
    return tables


def _labelled(table: pyarrow.Table, **labels: list[object]) -> pyarrow.Table:
    """The table with label columns in front; a column of its own by such a name becomes `name_2`."""
    import pyarrow as pa

    columns = {name: pa.array(values) for name, values in labels.items()}
    for name, column in zip(table.column_names, table.columns):
        columns[unused(name, columns)] = column
    return pa.table(columns)


def _stack(tables: Sequence[pyarrow.Table]) -> pyarrow.Table:
    """Tables one over the other. A column has the type all agree on; decimals where some are whole; else text."""
    import pyarrow as pa

    # SQL tells no names apart by case: a column spelled in two ways is one column, under its first spelling.
    spelled: dict[str, str] = {}
    for table in tables:
        for name in table.column_names:
            spelled.setdefault(name.casefold(), name)
    if not spelled:
        return pa.table({"run": pa.array([], pa.string())})
    by_case = [{name.casefold(): table.column(name) for name in table.column_names} for table in tables]
    columns = {}
    for key, name in spelled.items():
        target = _common_type([columns_of[key].type for columns_of in by_case if key in columns_of])
        parts = [
            _cast(columns_of[key], target) if key in columns_of else pa.nulls(table.num_rows, target)
            for table, columns_of in zip(tables, by_case)
        ]
        columns[name] = pa.chunked_array(
            [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])],
            target,
        )
    return pa.table(columns)


def _common_type(types: Sequence[pyarrow.DataType]) -> pyarrow.DataType:
    import pyarrow as pa

    kinds = {kind for kind in types if not pa.types.is_null(kind)}
    if len(kinds) == 1 and not pa.types.is_nested(next(iter(kinds))):
        return kinds.pop()
    if kinds and all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        return pa.float64()
    return pa.string()


def _cast(column: pyarrow.ChunkedArray, target: pyarrow.DataType) -> pyarrow.ChunkedArray:
    import pyarrow as pa

    if column.type == target or not pa.types.is_string(target):
        return column.cast(target, safe=False)  # whole numbers beyond 2^53 may round when stacked with decimals
    return pa.chunked_array(
        [
            pa.array(
                [value if value is None or isinstance(value, str) else dumps(value) for value in column.to_pylist()],
                target,
            )
        ]
    )
