"""Claims about causal diagrams; `reasonlab.verifiers.causal` judges.

graph: X -> M, M -> Y, X <-> Y, Z       these edges and no others; `<->`: an unseen common cause; Z: no edge
dsep: X, A from Y given Z, W            d-separated (also `X ; Y | Z`); `dconnected` is its negation
backdoor: Z, W for X on Y               Pearl's (2009) back-door criterion; `nothing for X on Y`: the empty set
frontdoor: M for X on Y                 his front-door criterion
adjusts: Z for X on Y                   the complete criterion of Shpitser, VanderWeele & Robins (2010)
better: Z over W for X on Y             Z adjusts and W does not
identifiable: P(Y | do(X), Z)           some estimand identifies it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError
from reasonlab.language.probability import Probability, parse_expression, render_expression
from reasonlab.language.worded import Worded

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
_ARROW = re.compile(r"\s*(<->|->|<-)\s*")
_NOTHING = "nothing"
_WORDS = frozenset({"for", "on", "over", "from", "given", _NOTHING})
MAX_NAMES = 1_000

Edge = tuple[str, str, str]  # (from, "->" or "<->", to)


def names(text: str) -> tuple[str, ...]:
    """Variables separated by commas. Raises ParseError."""
    found = tuple(part.strip() for part in text.split(","))
    for name in found:
        if not _NAME.fullmatch(name) or name in _WORDS:
            raise ParseError(f"expected a variable, found {name!r}")
    if len(set(found)) < len(found):
        raise ParseError("a variable is listed twice")
    if len(found) > MAX_NAMES:
        raise ParseError(f"{len(found)} variables are over the limit of {MAX_NAMES}")
    return found


@dataclass(frozen=True, slots=True)
class Graph(Worded):
    """The causal diagram: all its edges, each once, and the variables without any."""

    word: ClassVar[str] = "graph"
    theory: ClassVar[str] = "causal"

    edges: tuple[Edge, ...]
    alone: tuple[str, ...] = ()

    @classmethod
    def read(cls, body: str) -> Self:
        edges: list[Edge] = []
        alone: list[str] = []
        for item in body.split(","):
            pieces = _ARROW.split(item.strip())
            names(",".join(dict.fromkeys(pieces[::2])))
            if len(pieces) == 1:
                alone += pieces
            for left, arrow, right in zip(pieces[::2], pieces[1::2], pieces[2::2]):
                if left == right:
                    raise ParseError(f"an edge from {left} to itself")
                if arrow == "<->":
                    left, right = sorted((left, right))
                edges.append((right, "->", left) if arrow == "<-" else (left, arrow, right))
        if len(edges) + len(alone) > MAX_NAMES:
            raise ParseError(f"{len(edges) + len(alone)} edges are over the limit of {MAX_NAMES}")
        touched = {name for left, _, right in edges for name in (left, right)}
        return cls(tuple(dict.fromkeys(edges)), tuple(name for name in dict.fromkeys(alone) if name not in touched))

    def body(self) -> str:
        return ", ".join([*(f"{left} {arrow} {right}" for left, arrow, right in self.edges), *self.alone])


@dataclass(frozen=True, slots=True)
class Separated(Worded):
    """The condition d-separates the left variables from the right ones."""

    word: ClassVar[str] = "dsep"
    theory: ClassVar[str] = "causal"

    left: tuple[str, ...]
    right: tuple[str, ...]
    given: tuple[str, ...] = ()

    @classmethod
    def read(cls, body: str) -> Self:
        about, *condition = re.split(r"\||\bgiven\b", body)
        sides = re.split(r";|\bfrom\b", about)
        if len(sides) != 2 or len(condition) > 1:
            raise ParseError("expected 'X from Y given Z'")
        left, right = (names(side) for side in sides)
        given = names(condition[0]) if condition else ()
        if len({*left, *right, *given}) < len(left) + len(right) + len(given):
            raise ParseError("a variable is on two sides")
        return cls(left, right, given)

    def body(self) -> str:
        given = f" given {', '.join(self.given)}" if self.given else ""
        return f"{', '.join(self.left)} from {', '.join(self.right)}{given}"


@dataclass(frozen=True, slots=True)
class Connected(Separated):
    """It does not: some path between them stays open."""

    word: ClassVar[str] = "dconnected"


@dataclass(frozen=True, slots=True)
class Criterion(Worded):
    """A set of variables fulfils a criterion for the effect of the treatment on the outcome."""

    theory: ClassVar[str] = "causal"

    chosen: tuple[str, ...]
    treatment: tuple[str, ...]
    outcome: tuple[str, ...]

    @classmethod
    def read(cls, body: str) -> Self:
        match = re.fullmatch(r"(.*)\bfor\b(.*)\bon\b(.*)", body)
        if not match:
            raise ParseError("expected 'Z for X on Y', or 'nothing for X on Y'")
        chosen, treatment, outcome = _set(match[1]), names(match[2]), names(match[3])
        if len({*chosen, *treatment, *outcome}) < len(chosen) + len(treatment) + len(outcome):
            raise ParseError("a variable is on two sides")
        return cls(chosen, treatment, outcome)

    def body(self) -> str:
        return f"{_show(self.chosen)} for {', '.join(self.treatment)} on {', '.join(self.outcome)}"


@dataclass(frozen=True, slots=True)
class Backdoor(Criterion):
    word: ClassVar[str] = "backdoor"


@dataclass(frozen=True, slots=True)
class Frontdoor(Criterion):
    word: ClassVar[str] = "frontdoor"


@dataclass(frozen=True, slots=True)
class Adjusts(Criterion):
    word: ClassVar[str] = "adjusts"


@dataclass(frozen=True, slots=True)
class Better(Worded):
    """Adjusting for the first set tells the effect, and adjusting for the second does not."""

    word: ClassVar[str] = "better"
    theory: ClassVar[str] = "causal"

    first: Adjusts
    second: Adjusts

    @classmethod
    def read(cls, body: str) -> Self:
        first, over, rest = body.partition(" over ")
        if not over:
            raise ParseError("expected 'Z over W for X on Y'")
        second = Adjusts.read(rest)
        return cls(Adjusts.read(f"{first} for {', '.join(second.treatment)} on {', '.join(second.outcome)}"), second)

    def body(self) -> str:
        return f"{_show(self.first.chosen)} over {self.second.body()}"


def _set(text: str) -> tuple[str, ...]:
    return () if text.strip() == _NOTHING else names(text)


def _show(chosen: tuple[str, ...]) -> str:
    return ", ".join(chosen) or _NOTHING


@dataclass(frozen=True, slots=True)
class Identifiable(Worded):
    """Some expression of observed probabilities is the query in every positive model on the graph."""

    word: ClassVar[str] = "identifiable"
    theory: ClassVar[str] = "causal"

    query: Probability

    @classmethod
    def read(cls, body: str) -> Self:
        query = parse_expression(body)
        if not isinstance(query, Probability) or any(
            event.variable.settings for event in (*query.events, *query.given)
        ):
            raise ParseError("expected P(Y | do(X)) or P(Y | do(X), Z)")
        about = [event.variable.name for event in (*query.events, *query.given)] + [each.name for each in query.do]
        if len(set(about)) < len(about):
            raise ParseError("a variable is on two sides")
        return cls(query)

    def body(self) -> str:
        return render_expression(self.query)
