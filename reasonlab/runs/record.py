"""run.json: what a run is, as one frozen value.

The file says its format's number; another number is refused in one line instead of being half understood.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path

from reasonlab.language.errors import BadInput, quote
from reasonlab.runs.atomic import read_json

FORMAT = 1
STATUSES = ("running", "finished", "interrupted", "failed")
RECORD_NAME = "run.json"


@dataclass(frozen=True)
class RunRecord:
    """The content of run.json.

    Attributes:
        created: UTC, ISO 8601, to the second.
        kind: what the run did: "demo", "train", "evaluate", "probe", ...
        code: commit and dirty flag. machine: no host, person or path in it.
        facts: anything worth keeping that has no field: parameter count, seconds taken, ...
        sealed: path in the folder -> SHA-256, once the run is sealed; None before.
    """

    id: str
    name: str
    created: str
    kind: str
    family: str | None = None
    config: dict[str, object] = field(default_factory=dict)
    seeds: dict[str, object] = field(default_factory=dict)
    versions: dict[str, object] = field(default_factory=dict)
    code: dict[str, object] = field(default_factory=dict)
    machine: dict[str, object] = field(default_factory=dict)
    status: str = "running"
    command: str | None = None
    error: str | None = None
    facts: dict[str, object] = field(default_factory=dict)
    sealed: dict[str, str] | None = None
    format: int = FORMAT


_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("id", "name", "created", "kind", "status"), ((str,), "text")),
    **dict.fromkeys(("config", "seeds", "versions", "code", "machine", "facts"), ((dict,), "a JSON object")),
    **dict.fromkeys(("family", "command", "error"), ((str, type(None)), "text or null")),
    "sealed": ((dict, type(None)), "a JSON object or null"),
}


def default_root() -> Path:
    """Where runs live when nobody says: $REASONLAB_RUNS, else `runs` in the working directory."""
    return Path(os.environ.get("REASONLAB_RUNS") or "runs")


def read_record(folder: Path) -> RunRecord:
    """The record of a run folder; BadInput where it is missing, half-written, foreign or of another format."""
    data = read_json(folder / RECORD_NAME)
    shown = f"{folder.name}/{RECORD_NAME}"
    if not isinstance(data, dict):
        raise BadInput(f"{shown} holds a {type(data).__name__}", "a JSON object", "make the run again")
    if data.get("format") is True or data.get("format") != FORMAT:
        raise BadInput(
            f"{shown} has format {quote(data.get('format'))}",
            f"format {FORMAT}",
            "open it with the version of reasonlab that wrote it, or make the run again",
        )
    known = {item.name for item in fields(RunRecord)}
    record = RunRecord(
        **{"id": None, "name": None, "created": None, "kind": None} | {k: data[k] for k in data if k in known}
    )
    for name, (wanted, says) in _TYPES.items():
        if not isinstance(getattr(record, name), wanted):
            what = f"{shown} has {name} = {quote(getattr(record, name))}"
            raise BadInput(what, says, "restore the file, or make the run again")
    if record.status not in STATUSES:
        raise BadInput(
            f"{shown} has status {quote(record.status)}", "one of " + ", ".join(STATUSES), "restore the file"
        )
    return record
