"""`reasonlab doctor`: is everything here that ReasonLab needs, and what to do where it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reasonlab.commands.output import emit_json, emit_table
from reasonlab.doctor import examine
from reasonlab.runs import default_root


@dataclass(frozen=True)
class Options:
    """Check Python, packages, device, disk, shipped checkpoints and tools. Exit code 1 if a line is red."""

    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Print every check and return 1 if one is red."""
    checks = examine(options.root)
    if options.json:
        emit_json(checks)
    else:
        emit_table("ReasonLab doctor", checks)
    return int(any(check.state == "red" for check in checks))
