"""What a command writes because an option says so: judged before any work starts, by one rule for every command.

The folder must be there: a misspelt one is refused, not made. A regular file is whole or absent: it takes its place
when all is written, and until then the one before it stays. A device or a pipe is written straight.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

from reasonlab.language.errors import BadInput
from reasonlab.runs.atomic import replacing


def check_outfile(path: Path | str, option: str = "--out") -> Path:
    """The path, if a file can be written there; else BadInput, which names the option."""
    path = Path(path)
    if path.is_dir():
        raise BadInput(
            f"{option} {str(path)!r} is a folder", "the name of a file", f"such as {str(path / 'out.jsonl')!r}"
        )
    _check_place(path, option)
    return path


def check_outdir(path: Path | str, option: str = "--out") -> Path:
    """The path, if a folder is there or can be made; else BadInput, which names the option."""
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise BadInput(f"{option} {str(path)!r} is a file", "a folder, there or new", "choose another name")
    _check_place(path, option)
    return path


def _check_place(path: Path, option: str) -> None:
    what = f"{option} {str(path)!r} cannot be written"
    if not path.parent.is_dir():
        raise BadInput(
            f"{what}: {str(path.parent)!r} is no folder", "a folder that is there", "make it, or check the path"
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise BadInput(f"{what}: permission denied", "a place that can be written", "choose another")


@contextmanager
def writable(path: Path | str, option: str) -> Iterator[None]:
    """Around what makes a file or a folder: a system that has none of that name (/proc/x) is said in one line."""
    try:
        yield
    except FileNotFoundError:
        raise BadInput(
            f"{option} {str(path)!r} cannot be made", "a place that can be written", "choose another"
        ) from None


@contextmanager
def outfile(path: Path, option: str = "--out") -> Iterator[TextIO]:
    """The file to write, UTF-8. A regular one takes its place only when the block ends without an error."""
    special = path.exists() and not path.is_file()  # a device or a pipe: renaming over it would remove it
    with ExitStack() as stack:
        with writable(path, option):
            place = stack.enter_context(nullcontext(path) if special else replacing(path))
            file = stack.enter_context(place.open("w", encoding="utf-8"))
        yield file
