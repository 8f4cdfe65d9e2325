"""Claims of the theories beyond arithmetic and logic: all are written `word: body`, and the word tells which it is.

So their grammars cannot be confused with each other's or with a relation's or a formula's. A class of such claims is a
frozen dataclass in the file of its theory, and enters the table in `reasonlab.language.claims`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self


class Worded(ABC):
    """A claim written `word: body`; `Class.read(claim.body()) == claim`."""

    word: ClassVar[str]  # lower-case letters and "-"; unique among all classes
    theory: ClassVar[str]  # the key of `reasonlab.verifiers.theories.THEORIES` that judges it

    __slots__ = ()

    @classmethod
    @abstractmethod
    def read(cls, body: str) -> Self:
        """The claim of a body. Raises ParseError."""

    @abstractmethod
    def body(self) -> str:
        """The body as text: one line, without ";"."""
