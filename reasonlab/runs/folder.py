"""A run is a folder. Its files are the only state: the class holds a path and no more, so a job can be killed any time.

    with Run.create(kind="train", config=config) as run:      # running -> finished, interrupted or failed
        run.log({"step": 1, "loss": 2.3})
        run.write_table("chains/test.parquet", rows)
        run.write_json("scores.json", scores)

`model/`, `checkpoints/` and `report.html` are written by their makers under `run.path`.
"""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from reasonlab.language.errors import BadInput, quote
from reasonlab.runs import atomic, tables
from reasonlab.runs.metrics import append_row, read_metrics
from reasonlab.runs.plain import plain, portable
from reasonlab.runs.provenance import code_state, machine, versions
from reasonlab.runs.record import RECORD_NAME, STATUSES, RunRecord, default_root, read_record

METRICS_NAME = "metrics.jsonl"
SCORES_NAME = "scores.json"
_FIXED = ("id", "created", "format", "sealed")
_log = logging.getLogger("reasonlab.runs")


@dataclass(frozen=True)
class Run:
    """One run folder. Make with `create` or `open`; two values of the same path are the same run."""

    path: Path

    @classmethod
    def create(
        cls,
        root: Path | str | None = None,
        name: str | None = None,
        *,
        kind: str,
        config: object = None,
        command: Sequence[str] | str | None = None,
        family: str | None = None,
        seeds: Mapping[str, object] | None = None,
        device: str | None = None,
    ) -> Run:
        """Make a new run folder `<time>-<name>` under `root` (default: `default_root()`), with status `running`.

        Args:
            config: a nested dict or a dataclass.
            command: the words of the command line; paths in them are made portable.
            device: the accelerator's name, where one is used (this package never imports torch to find out).
        """
        root = Path(root) if root is not None else default_root()
        now = datetime.now(UTC)
        stem = f"{now:%Y%m%d-%H%M%S}-{_slug(name or kind)}"
        path = _claim_folder(root, stem)
        words = shlex.split(command) if isinstance(command, str) else list(command or ())
        record = RunRecord(
            id=path.name,
            name=name or kind,
            created=now.isoformat(timespec="seconds"),
            kind=kind,
            family=family,
            config=_as_dict(config),
            seeds=_as_dict(seeds),
            versions=versions(),
            code=code_state(),
            machine=machine(device),
            command=shlex.join([Path(words[0]).name, *map(portable, words[1:])]) if words else None,
        )
        atomic.write_json(path / RECORD_NAME, record)
        return cls(path)

    @classmethod
    def open(cls, path: Path | str) -> Run:
        """An existing run; BadInput in one line where the folder is missing, half-written or of an unknown format."""
        path = Path(path)
        if not path.is_dir():
            raise BadInput(
                f"there is no run folder {str(path)!r}",
                "a folder with a run.json",
                "see `reasonlab runs list` for those there are",
            )
        read_record(path)
        return cls(path)

    @property
    def record(self) -> RunRecord:
        """run.json as it is now."""
        return read_record(self.path)

    def log(self, row: Mapping[str, object]) -> None:
        """Append one row to metrics.jsonl; a number that is not finite is written as null."""
        self._refuse_if_sealed()
        append_row(self.path / METRICS_NAME, row)

    def metrics(self) -> list[dict[str, object]]:
        """Every whole row of metrics.jsonl; a torn last line is skipped and reported as a warning in the log."""
        read = read_metrics(self.path / METRICS_NAME)
        for problem in read.problems:
            _log.warning("%s", problem)
        return read.rows

    def write_json(self, name: str, value: object) -> None:
        """Write one JSON document, atomically."""
        atomic.write_json(self._writable(name), value)

    def read_json(self, name: str) -> object:
        """Read one JSON document; BadInput where it is missing or not JSON."""
        return atomic.read_json(self.file(name))

    def scores(self) -> dict[str, object]:
        """scores.json, or {} before there is one."""
        if not (self.path / SCORES_NAME).exists():
            return {}
        value = self.read_json(SCORES_NAME)
        if not isinstance(value, dict):
            raise BadInput(
                f"{self.path.name}/{SCORES_NAME} holds a {type(value).__name__}", "a JSON object", "evaluate again"
            )
        return value

    def write_text(self, name: str, text: str) -> None:
        """Write one UTF-8 text file (report.html), atomically."""
        atomic.write_text(self._writable(name), text)

    def write_table(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows as Parquet, atomically; lists and dicts in cells are kept as JSON text columns."""
        tables.write_table(self._writable(name), rows)

    def read_table(self, name: str) -> list[dict[str, object]]:
        """The rows of a Parquet file, JSON columns decoded; BadInput where it is missing or unreadable."""
        return tables.read_table(self.file(name))

    def tables(self, kind: str) -> list[str]:
        """The names of the tables in a subfolder ("chains" or "probes"), sorted, each fit for `read_table`."""
        return sorted(f"{kind}/{path.name}" for path in (self.path / kind).glob("[!.]*.parquet"))

    def file(self, name: str) -> Path:
        """The path of a file in this folder; BadInput for a name that leads out of it."""
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "/" or ".." in parts:
            raise BadInput(
                f"{quote(name)} leads out of the run folder", "a relative path", "drop the leading / and any .."
            )
        return self.path.joinpath(*parts)

    def update(self, **changes: object) -> RunRecord:
        """Change fields of run.json, atomically; dicts (config, seeds, facts, ...) are merged into what is there."""
        self._refuse_if_sealed()
        record = self.record
        allowed = [item.name for item in fields(RunRecord) if item.name not in _FIXED]
        for name, value in changes.items():
            if name not in allowed:
                raise TypeError(f"run.json has no field {name!r} to change; it has {', '.join(allowed)}")
            if name == "status" and value not in STATUSES:
                raise ValueError(f"status {value!r} is none of {', '.join(STATUSES)}")
        merged: dict[str, Any] = {
            name: {**getattr(record, name), **_as_dict(value)}
            if isinstance(getattr(record, name), dict)
            else plain(value)
            for name, value in changes.items()
        }
        record = replace(record, **merged)
        atomic.write_json(self.path / RECORD_NAME, record)
        return record

    def seal(self) -> None:
        """Finish the run for good: keep the SHA-256 of every file; from now on this class refuses to write to it."""
        self._refuse_if_sealed()
        record = self.record
        status = "finished" if record.status == "running" else record.status
        atomic.write_json(self.path / RECORD_NAME, replace(record, sealed=self._digests(), status=status))

    def broken_seal(self) -> list[str]:
        """What differs from the sealed state, one line a file; empty for an intact run and for one never sealed."""
        sealed, now = self.record.sealed, self._digests()
        if sealed is None:
            return []
        changed = [f"{name} was changed" for name in sealed if name in now and now[name] != sealed[name]]
        return (
            changed
            + [f"{n} is missing" for n in sealed if n not in now]
            + [f"{n} was added" for n in now if n not in sealed]
        )

    def __enter__(self) -> Run:
        self.update(status="running", error=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.record.sealed is not None:
            return
        if kind is None:
            self.update(status="finished")
        elif issubclass(kind, KeyboardInterrupt):
            self.update(status="interrupted")
        else:
            self.update(status="failed", error=" ".join(f"{kind.__name__}: {error}".split())[:500])

    def _writable(self, name: str) -> Path:
        self._refuse_if_sealed()
        path = self.file(name)
        if path.name == RECORD_NAME and path.parent == self.path:
            raise ValueError("run.json is changed through update()")
        return path

    def _refuse_if_sealed(self) -> None:
        if self.record.sealed is not None:
            raise BadInput(f"run {self.path.name} is sealed", "a run that is still open", "write into a new run")

    def _digests(self) -> dict[str, str]:
        import hashlib

        found = {}
        for path in sorted(self.path.rglob("*")):
            name = path.relative_to(self.path).as_posix()
            if path.is_file() and name != RECORD_NAME and not path.name.startswith("."):
                with open(path, "rb") as file:
                    found[name] = hashlib.file_digest(file, "sha256").hexdigest()
        return found


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "run"


def _claim_folder(root: Path, stem: str) -> Path:
    """Make and return `root/stem`, or `root/stem-2` and so on: mkdir is the lock between two jobs of one second."""
    count = 1
    while True:
        path = root / (stem if count == 1 else f"{stem}-{count}")
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            if not root.is_dir():  # a dangling link
                raise BadInput(f"{str(root)!r} is no folder", "a folder for runs", "choose another --root") from None
            count += 1
        except OSError as error:
            what = f"a run cannot be made in {str(root)!r} ({error.strerror})"
            raise BadInput(
                what, "a folder that can be written", "choose another --root or set REASONLAB_RUNS"
            ) from error


def _as_dict(value: object) -> dict[str, object]:
    if value is None:
        return {}
    made = plain(value)
    if not isinstance(made, dict):
        raise TypeError(f"expected a dict or a dataclass, not {type(value).__name__}")
    return made
