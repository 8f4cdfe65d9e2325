"""Files that are whole or absent: written beside their place, forced to the disk, then renamed over it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reasonlab.language.errors import BadInput
from reasonlab.runs.plain import dumps


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The place of a draft beside `path`; it becomes `path` when the block ends without an error, or else goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        _force(draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _force(path.parent)


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a draft beside `path`, then rename it to `path`: a reader sees the old or the new."""
    with replacing(path) as draft:
        write(draft)


def _force(path: Path) -> None:
    # A rename is durable only once its folder is; a folder opened for reading can be forced like a file.
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    replace_file(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: object) -> None:
    """Write one JSON document atomically."""
    write_text(path, dumps(value, indent=2) + "\n")


def read_json(path: Path) -> object:
    """The JSON document at `path`; BadInput, naming file and fault, where there is none."""
    shown = f"{path.parent.name}/{path.name}"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{shown} is missing", "a JSON file", "check the folder, or make the run again") from None
    except OSError as error:
        raise BadInput(
            f"{shown} cannot be read ({error.strerror})", "a readable file", "check its permissions"
        ) from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadInput(
            f"{shown} is not JSON ({reason})", "one JSON document", "restore it, or make it again"
        ) from error
