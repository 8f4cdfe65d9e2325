"""Claims about a graph whose edges are given: `reasonlab.verifiers.networks` judges.

edge: a -> b = 3          an edge, and its weight if one is written; `a -- b` can be passed both ways
path: a -> b -> c = 7     each an edge, no node twice; the weights add up to 7 (an edge without one counts 1)
cycle: a -> b -> a        the same, back at the start; `cycle: none`: there is no cycle
reachable: a c            some path leads from a to c; `unreachable: a c`: none does
connected: a c            some path does if directions are disregarded
shortest: a c = 3         the least total weight of a path from a to c
order: a b c              all nodes, each before those that its edges lead to
components: 2             so many pieces, directions disregarded
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError
from reasonlab.language.lexer import MAX_DIGITS
from reasonlab.language.terms import number_term, render_term
from reasonlab.language.worded import Worded

_NODE = re.compile(r"[A-Za-z0-9_]+")
_WEIGHT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?|-?[0-9]+ ?/ ?[0-9]+")
_ARROW = re.compile(r"\s*(->|--)\s*")
NONE = "none"


def read_weight(text: str) -> Fraction:
    """A number, perhaps negative or a ratio. Raises ParseError."""
    text = text.strip()
    if not _WEIGHT.fullmatch(text) or len(text) > MAX_DIGITS:
        raise ParseError(f"expected a number, found {text[:40]!r}")
    try:
        return Fraction(text.replace(" ", ""))
    except ZeroDivisionError:
        raise ParseError(f"expected a number, found {text!r}") from None


def show_weight(value: Fraction) -> str:
    text = render_term(number_term(abs(value)))
    return f"-{text}" if value < 0 else text


def _nodes(text: str) -> list[str]:
    found = text.split()
    for name in found:
        if not _NODE.fullmatch(name):
            raise ParseError(f"expected a node, found {name[:40]!r}")
    return found


def _chained(body: str) -> tuple[list[str], list[str], Fraction | None]:
    """The nodes, the arrows between them, and the weight."""
    line, equals, weight = body.partition("=")
    pieces = _ARROW.split(line.strip())
    nodes = [name for piece in pieces[::2] for name in _nodes(piece)]
    if len(nodes) != len(pieces[::2]) or len(nodes) < 2:
        raise ParseError("expected 'a -> b'")
    return nodes, pieces[1::2], read_weight(weight) if equals else None


def _weighed(text: str, weight: Fraction | None) -> str:
    return text if weight is None else f"{text} = {show_weight(weight)}"


@dataclass(frozen=True, slots=True)
class Link(Worded):
    word: ClassVar[str] = "edge"
    theory: ClassVar[str] = "networks"

    start: str
    end: str
    directed: bool = True
    weight: Fraction | None = None

    @classmethod
    def read(cls, body: str) -> Self:
        (start, end, *rest), arrows, weight = _chained(body)
        if rest:
            raise ParseError("expected one edge; several make a path")
        return cls(start, end, arrows == ["->"], weight)

    def body(self) -> str:
        return _weighed(f"{self.start} {'->' if self.directed else '--'} {self.end}", self.weight)


@dataclass(frozen=True, slots=True)
class Path(Worded):
    word: ClassVar[str] = "path"
    theory: ClassVar[str] = "networks"

    nodes: tuple[str, ...]
    weight: Fraction | None = None

    @classmethod
    def read(cls, body: str) -> Self:
        nodes, arrows, weight = _chained(body)
        if "--" in arrows:
            raise ParseError("expected '->' between the nodes of a path: it has a direction")
        if len(set(nodes)) < len(nodes):
            raise ParseError("a path has no node twice")
        return cls(tuple(nodes), weight)

    def body(self) -> str:
        return _weighed(" -> ".join(self.nodes), self.weight)


@dataclass(frozen=True, slots=True)
class Cycle(Worded):
    """`nodes` as far as the last before the first comes again; empty: there is no cycle."""

    word: ClassVar[str] = "cycle"
    theory: ClassVar[str] = "networks"

    nodes: tuple[str, ...]
    weight: Fraction | None = None

    @classmethod
    def read(cls, body: str) -> Self:
        if body.strip() == NONE:
            return cls(())
        nodes, arrows, weight = _chained(body)
        if "--" in arrows or nodes[0] != nodes[-1] or len(set(nodes)) < len(nodes) - 1:
            raise ParseError("expected 'a -> b -> a': back at the start, no other node twice")
        return cls(tuple(nodes[:-1]), weight)

    def body(self) -> str:
        return _weighed(" -> ".join([*self.nodes, self.nodes[0]]), self.weight) if self.nodes else NONE


@dataclass(frozen=True, slots=True)
class Pair(Worded):
    """A statement about two nodes."""

    theory: ClassVar[str] = "networks"

    start: str
    end: str

    @classmethod
    def read(cls, body: str) -> Self:
        nodes = _nodes(body)
        if len(nodes) != 2:
            raise ParseError("expected two nodes")
        return cls(*nodes)

    def body(self) -> str:
        return f"{self.start} {self.end}"


@dataclass(frozen=True, slots=True)
class Reachable(Pair):
    word: ClassVar[str] = "reachable"


@dataclass(frozen=True, slots=True)
class Unreachable(Pair):
    word: ClassVar[str] = "unreachable"


@dataclass(frozen=True, slots=True)
class Linked(Pair):
    word: ClassVar[str] = "connected"


@dataclass(frozen=True, slots=True)
class Shortest(Worded):
    word: ClassVar[str] = "shortest"
    theory: ClassVar[str] = "networks"

    start: str
    end: str
    distance: Fraction

    @classmethod
    def read(cls, body: str) -> Self:
        pair, equals, weight = body.partition("=")
        nodes = _nodes(pair)
        if len(nodes) != 2 or not equals:
            raise ParseError("expected 'a c = 3'")
        start, end = nodes
        return cls(start, end, read_weight(weight))

    def body(self) -> str:
        return f"{self.start} {self.end} = {show_weight(self.distance)}"


@dataclass(frozen=True, slots=True)
class Order(Worded):
    word: ClassVar[str] = "order"
    theory: ClassVar[str] = "networks"

    nodes: tuple[str, ...]

    @classmethod
    def read(cls, body: str) -> Self:
        nodes = _nodes(body)
        if not nodes or len(set(nodes)) < len(nodes):
            raise ParseError("expected nodes, each once")
        return cls(tuple(nodes))

    def body(self) -> str:
        return " ".join(self.nodes)


@dataclass(frozen=True, slots=True)
class Components(Worded):
    word: ClassVar[str] = "components"
    theory: ClassVar[str] = "networks"

    count: int

    @classmethod
    def read(cls, body: str) -> Self:
        if not re.fullmatch(r"[0-9]{1,9}", body.strip()):
            raise ParseError("expected how many")
        return cls(int(body))

    def body(self) -> str:
        return str(self.count)
