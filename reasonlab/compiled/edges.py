"""An edge of the computation graph (`models.graph`), as the compiler names it."""

from typing import NamedTuple


class Edge(NamedTuple):
    """What `writer` writes, as `reader` reads it."""

    writer: str
    reader: str

    def __str__(self) -> str:
        return f"{self.writer} -> {self.reader}"
