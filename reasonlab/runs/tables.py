"""Rows <-> Parquet, so that `read(write(rows)) == rows`.

A cell is a number, text, a truth value or nothing; a list or dict is kept as JSON text (the file's metadata names such
columns, and reading decodes them), so any tool reads the file and SQL finds plain columns. A key a row lacks is None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reasonlab.language.errors import BadInput
from reasonlab.runs.atomic import replace_file
from reasonlab.runs.plain import dumps, plain

if TYPE_CHECKING:
    import pyarrow

JSON_COLUMNS = b"reasonlab.json_columns"


def arrow_table(rows: Sequence[Mapping[str, object]], *, mixed_as_text: bool = False) -> pyarrow.Table:
    """Rows as an Arrow table, columns in order of first appearance.

    Args:
        mixed_as_text: a column of mixed kinds (or integers beyond 64 bits) becomes JSON text, not a BadInput.
    """
    import pyarrow as pa

    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    arrays, encoded = [], []
    for name in names:
        values = [plain(row.get(name)) for row in rows]
        if any(isinstance(value, list | dict) for value in values):
            encoded.append(name)
            values = [None if value is None else dumps(value) for value in values]
        kind = _kind(values)
        if kind is None and not mixed_as_text:
            raise BadInput(
                f"column {name!r} mixes kinds of values or exceeds 64 bits",
                "one of whole numbers, decimals, text or truth values in a column",
                "write the column as text",
            )
        if kind is None:
            values = [value if value is None or isinstance(value, str) else dumps(value) for value in values]
        arrays.append(pa.array(values, type=kind or pa.string()))
    table = pa.table(arrays, names=names)
    return table.replace_schema_metadata({JSON_COLUMNS: json.dumps(encoded).encode()})


def _kind(values: list[object]) -> pyarrow.DataType | None:
    """The one Arrow type that holds every value exactly as meant, or None where there is none."""
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if int in kinds and not all(-(2**63) <= value < 2**63 for value in values if isinstance(value, int)):
        return None
    if kinds <= {int, float}:
        return pa.null() if not kinds else pa.int64() if kinds == {int} else pa.float64()
    return {bool: pa.bool_(), str: pa.string()}.get(kinds.pop()) if len(kinds) == 1 else None


def write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows as one Parquet file, atomically."""
    import pyarrow.parquet as parquet

    table = arrow_table(rows)
    replace_file(path, lambda draft: parquet.write_table(table, draft, compression="zstd"))


def read_arrow(path: Path) -> pyarrow.Table:
    """The table in a Parquet file; BadInput, naming the file and the fault, where there is none."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    shown = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
    try:
        # A file object, not a name: pyarrow would read a name as a data set and invent columns from `a=b` folders.
        with open(path, "rb") as file:
            return parquet.read_table(file)
    except FileNotFoundError:
        raise BadInput(f"{shown} is missing", "a Parquet file", "check the folder, or make it again") from None
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(f"{shown} cannot be read ({reason})", "a Parquet file", "make it again") from error


def read_table(path: Path) -> list[dict[str, object]]:
    """The rows of a Parquet file, JSON columns decoded."""
    table = read_arrow(path)
    rows = table.to_pylist()
    for name in json.loads((table.schema.metadata or {}).get(JSON_COLUMNS, b"[]")):
        for row in rows:
            row[name] = None if row[name] is None else json.loads(row[name])
    return rows
