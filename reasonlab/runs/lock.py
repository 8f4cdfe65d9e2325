"""One writer a run: a lock on the folder that ends with its process, however that ends. Readers need none."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from reasonlab.language.errors import BadInput
from reasonlab.runs.folder import Run


@contextmanager
def sole_writer(run: Run) -> Iterator[None]:
    """Holds the run for this process; BadInput where another one holds it, or nobody can write to it."""
    if run.record.sealed is not None:
        raise BadInput(f"run {run.path.name} is sealed", "a run that is still open", "write into a new run")
    if not os.access(run.path, os.W_OK):
        raise BadInput(f"run {run.path.name} cannot be written", "permission to write", "copy it to another place")
    handle = os.open(run.path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(
                f"run {run.path.name} is being written by another process",
                "one writer at a time",
                "wait for it, or stop it first",
            ) from None
        yield
    finally:
        os.close(handle)
