"""Things in a row: constraints on their positions. The grammar; `verifiers.orderings` judges.

    objects: truck, station wagon, bus              these, and no others, take the positions 1 to 3 (a given)
    place: truck < bus, station wagon = 2           the truck comes before the bus, the station wagon is second
    place: truck = 1 or truck = 3                   one of these holds
    place: bus = 3 since truck < bus, bus != 2      the first follows from what is said after "since"

body = clause { "," clause } [ "since" clause { "," clause } ]        clause = atom { "or" atom }
atom = name ("<" | "<=" | ">" | ">=" | "=" | "!=") (name | position)
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.names import MAX_NAME, NAME, check_index, check_names, read_index, read_name, read_names
from reasonlab.language.worded import Worded

OPERATORS = ("<=", ">=", "!=", "<", ">", "=")
_ATOM = re.compile(rf"\s*({NAME})\s*({'|'.join(OPERATORS)})\s*({NAME})\s*")
_OR, _SINCE = re.compile(r"\s+or\s+"), re.compile(r"\s+since\s+")
MAX_ATOMS = 600
_KEYWORDS = frozenset({"or", "since"})


@dataclass(frozen=True, slots=True)
class Atom:
    """One relation between two positions; `right` is a thing or a position."""

    left: str
    operator: str
    right: str | int

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


Clause = tuple[Atom, ...]  # one of these holds


def _check(names: Collection[str]) -> None:
    check_names(names)
    for name in names:
        if not _is_thing(name):
            raise ValueError(f"a thing has no number and no 'or' or 'since' as its name, unlike {quote(name)}")


@dataclass(frozen=True, slots=True)
class Objects(Worded):
    """The things in the row: as many as there are positions."""

    word: ClassVar[str] = "objects"
    theory: ClassVar[str] = "orderings"

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _check(self.names)
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError(f"expected different things, not {quote(self.names)}")

    @classmethod
    def read(cls, body: str) -> Self:
        names = tuple(read_thing(name) for name in read_names(body))
        if len(set(names)) < len(names):
            raise ParseError(f"expected different things, found {quote(body)}")
        return cls(names)

    def body(self) -> str:
        return ", ".join(self.names)


@dataclass(frozen=True, slots=True)
class Place(Worded):
    """All the clauses hold; with `since`: those hold too, and these follow from them."""

    word: ClassVar[str] = "place"
    theory: ClassVar[str] = "orderings"

    clauses: tuple[Clause, ...]
    since: tuple[Clause, ...] = ()

    def __post_init__(self) -> None:
        if not self.clauses or not all((*self.clauses, *self.since)):
            raise ValueError("expected a constraint")
        if sum(len(clause) for clause in (*self.clauses, *self.since)) > MAX_ATOMS:
            raise ValueError(f"more than {MAX_ATOMS} relations in a claim are over the limit")
        atoms = {atom for clause in (*self.clauses, *self.since) for atom in clause}
        _check({each for atom in atoms for each in (atom.left, atom.right) if isinstance(each, str)})
        for atom in atoms:
            if isinstance(atom.right, int):
                check_index(atom.right)
            if atom.operator not in OPERATORS:
                raise ValueError(f"expected one of {', '.join(OPERATORS)}, not {quote(atom.operator)}")

    @classmethod
    def read(cls, body: str) -> Self:
        says, *since = _SINCE.split(f" {' '.join(body.split())} ")
        if len(since) > 1:
            raise ParseError("expected 'since' once")
        if body.count(",") + len(_OR.findall(body)) + len(since) >= MAX_ATOMS:
            raise ParseError(f"more than {MAX_ATOMS} relations in a claim are over the limit")
        return cls(_clauses(says), _clauses(since[0]) if since else ())

    def body(self) -> str:
        since = f" since {write_clauses(self.since)}" if self.since else ""
        return write_clauses(self.clauses) + since


def write_clauses(clauses: tuple[Clause, ...]) -> str:
    return ", ".join(" or ".join(str(atom) for atom in clause) for clause in clauses)


def read_thing(text: str) -> str:
    """Raises ParseError."""
    name = read_name(text)
    if not _is_thing(name):
        raise ParseError(f"expected the name of a thing, found {quote(name)}")
    return name


def _is_thing(name: str) -> bool:
    return not name.isdecimal() and _KEYWORDS.isdisjoint(name.split())


def _clauses(text: str) -> tuple[Clause, ...]:
    return tuple(tuple(_atom(part) for part in _OR.split(f" {clause} ")) for clause in text.split(","))


def _atom(text: str) -> Atom:
    found = _ATOM.fullmatch(text)
    if found is None:
        raise ParseError(f"expected a relation such as 'truck < bus', found {quote(text.strip())}")
    left, operator, right = found.groups()
    if len(left) > MAX_NAME or len(right) > MAX_NAME or not _is_thing(left):
        raise ParseError(f"expected the name of a thing, found {quote(left)}")
    if right.isdecimal():
        return Atom(left, operator, read_index(right))
    if not _is_thing(right):
        raise ParseError(f"expected the name of a thing, found {quote(right)}")
    return Atom(left, operator, right)
