"""Errors that a person can act on: one line that says what is wrong, what was expected and the remedy."""

from __future__ import annotations


class LabError(Exception):
    """An error meant for the user. The command line prints it as one line and exits with code 2."""


class BadInput(LabError):
    """Something handed to us cannot be used.

    Args:
        what: what is wrong, naming the value.
        expected: what would have been right.
        remedy: what to do about it.
    """

    def __init__(self, what: str, expected: str, remedy: str) -> None:
        self.what, self.expected, self.remedy = (" ".join(part.split()) for part in (what, expected, remedy))
        super().__init__(f"{self.what}; expected {self.expected}; {self.remedy}")

    def __reduce__(self) -> tuple[type[BadInput], tuple[str, str, str]]:
        # Exceptions cross process borders; the default would call __init__ with the joined line.
        return (type(self), (self.what, self.expected, self.remedy))


class ParseError(LabError):
    """Text outside the grammar: why, and where (a character offset into the text)."""

    def __init__(self, reason: str, position: int = 0) -> None:
        self.reason, self.position = reason, position
        super().__init__(f"{reason} (at character {position})")

    def __reduce__(self) -> tuple[type[ParseError], tuple[str, int]]:
        return (type(self), (self.reason, self.position))


class ResourceLimit(LabError):
    """A named limit stopped an exact computation. The verdict is `unknown`, never `entailed`."""


def quote(value: object, limit: int = 60) -> str:
    """A value as shown in a message: printable, on one line, cut to `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
