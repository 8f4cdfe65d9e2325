"""A small RASP: sequence operations, what each gives on a sequence, and which values it can have at all.

RASP (Weiss, Goldberg & Yahav 2021, 'Thinking like transformers', arXiv 2106.06981) describes what attention and MLPs do
to whole sequences: `Map` and `SequenceMap` work at each position, `Select` says which positions look at which, and
`Aggregate` and `selector_width` gather from there. `evaluate` is the meaning of a program, by its definition and
without tensors: what a compiled model has to equal. That every operation knows its `values` beforehand is what makes
compiling possible (Lindner et al. 2023, 'Tracr', arXiv 2301.05062).

Operations are compared by identity: two mentions of one object are one variable of the compiled model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from reasonlab.language.errors import BadInput, quote

Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, eq=False)
class SOp(ABC):
    """A sequence operation: one value at each position of a sequence of tokens.

    Attributes:
        name: what tables call it.
        numerical: whether its values are numbers on one axis; otherwise they are categories.
        varies: whether two sequences of one length can differ in it.
    """

    name: str

    @property
    def numerical(self) -> bool:
        return False

    @property
    @abstractmethod
    def values(self) -> tuple[Value, ...]:
        """Every value it can have, without repetition; numbers of a numerical one in rising order."""

    @property
    @abstractmethod
    def operands(self) -> tuple[SOp, ...]:
        """What it is computed from."""

    @property
    def varies(self) -> bool:
        return any(operand.varies for operand in self.operands)

    @abstractmethod
    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[Value]:
        """Its value at each position; in a causal program selectors see no later position."""


@dataclass(frozen=True, eq=False)
class Tokens(SOp):
    """The sequence itself."""

    vocabulary: tuple[str, ...]

    @property
    def values(self) -> tuple[Value, ...]:
        return self.vocabulary

    @property
    def operands(self) -> tuple[SOp, ...]:
        return ()

    @property
    def varies(self) -> bool:
        return True

    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[Value]:
        return list(tokens)


@dataclass(frozen=True, eq=False)
class Indices(SOp):
    """0, 1, 2 ... up to length - 1."""

    length: int

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(range(self.length))

    @property
    def operands(self) -> tuple[SOp, ...]:
        return ()

    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[Value]:
        return list(range(len(tokens)))


@dataclass(frozen=True, eq=False)
class Map(SOp):
    """function(x) at each position."""

    function: Callable[[Value], Value]
    operand: SOp
    numerical: bool = False

    @cached_property
    def values(self) -> tuple[Value, ...]:
        return _collected((self.function(x) for x in self.operand.values), self.numerical)

    @property
    def operands(self) -> tuple[SOp, ...]:
        return (self.operand,)

    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[Value]:
        return [self.function(x) for x in self.operand.evaluate(tokens, causal=causal)]


@dataclass(frozen=True, eq=False)
class SequenceMap(SOp):
    """function(x, y) at each position."""

    function: Callable[[Value, Value], Value]
    first: SOp
    second: SOp
    numerical: bool = False

    @cached_property
    def values(self) -> tuple[Value, ...]:
        made = (self.function(x, y) for x in self.first.values for y in self.second.values)
        return _collected(made, self.numerical)

    @property
    def operands(self) -> tuple[SOp, ...]:
        return (self.first, self.second)

    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[Value]:
        pairs = zip(*(operand.evaluate(tokens, causal=causal) for operand in self.operands))
        return [self.function(x, y) for x, y in pairs]


@dataclass(frozen=True, eq=False)
class Select:
    """Which key positions each query position looks at: those with predicate(key's value, query's value)."""

    keys: SOp
    queries: SOp
    predicate: Callable[[Value, Value], bool]

    def table(self) -> list[list[bool]]:
        """[query value][key value]."""
        return [[bool(self.predicate(k, q)) for k in self.keys.values] for q in self.queries.values]

    @property
    def reads_keys(self) -> bool:
        """Whether the keys' values make a difference."""
        return any(len(set(row)) > 1 for row in self.table())

    @property
    def reads_queries(self) -> bool:
        """Whether the queries' values make a difference."""
        return len({tuple(row) for row in self.table()}) > 1

    @property
    def operands(self) -> tuple[SOp, ...]:
        """What is read, at the keys and at the queries."""
        return (self.keys,) * self.reads_keys + (self.queries,) * self.reads_queries

    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[list[bool]]:
        """[query position][key position]."""
        keys, queries = (x.evaluate(tokens, causal=causal) for x in (self.keys, self.queries))
        return [
            [bool(self.predicate(k, q)) and not (causal and j > i) for j, k in enumerate(keys)]
            for i, q in enumerate(queries)
        ]


@dataclass(frozen=True, eq=False)
class Aggregate(SOp):
    """What stands at the selected positions: the mean of numbers, or the one category; `default` where there are none.

    `evaluate` raises BadInput where several categories are selected at once (they have no mean), and `values` where the
    numbers are not zeros and ones (their means are too many to list).

    Attributes:
        longest: of the sequences, for the list of means.
    """

    selector: Select
    operand: SOp
    default: Value
    longest: int

    @property
    def numerical(self) -> bool:
        return self.operand.numerical

    @cached_property
    def values(self) -> tuple[Value, ...]:
        if not self.numerical:
            return _collected([*self.operand.values, self.default], False)
        if not {*self.operand.values, self.default} <= {0, 1}:
            raise BadInput(
                f"{self.name} is a mean of {quote(self.operand.values)}",
                "a mean of zeros and ones, whose values can be listed",
                "give it to no map, or average an indicator",
            )
        means = [part / whole for whole in range(1, self.longest + 1) for part in range(whole + 1)]
        return _collected(means, True)

    @property
    def operands(self) -> tuple[SOp, ...]:
        return (*self.selector.operands, self.operand)

    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[Value]:
        values = self.operand.evaluate(tokens, causal=causal)
        return [
            self._gather([x for x, on in zip(values, row) if on])
            for row in self.selector.evaluate(tokens, causal=causal)
        ]

    def _gather(self, chosen: list[Value]) -> Value:
        if not chosen:
            return self.default
        if self.numerical:
            return sum(chosen) / len(chosen)  # type: ignore[arg-type]
        if len(set(chosen)) > 1:
            raise BadInput(
                f"{self.name} selects {quote(chosen)} at one position",
                "one category",
                "narrow the selector, or sample inputs on which it selects one",
            )
        return chosen[0]


@dataclass(frozen=True, eq=False)
class InverseWidth(SOp):
    """1 / (1 + how many positions are selected): a head that always looks at one more position writes just this."""

    selector: Select
    longest: int

    @property
    def numerical(self) -> bool:
        return True

    @cached_property
    def values(self) -> tuple[Value, ...]:
        return _collected((1 / (1 + width) for width in range(self.longest + 1)), True)

    @property
    def operands(self) -> tuple[SOp, ...]:
        return self.selector.operands

    def evaluate(self, tokens: Sequence[str], *, causal: bool) -> list[Value]:
        return [1 / (1 + sum(row)) for row in self.selector.evaluate(tokens, causal=causal)]


def selector_width(name: str, selector: Select, longest: int) -> SOp:
    """How many positions are selected, as a category 0 ... longest: a head for the inverse and an MLP to read it."""
    return Map(name, lambda inverse: round(1 / float(inverse)) - 1, InverseWidth(f"1/(1+{name})", selector, longest))


def everywhere(over: SOp) -> Select:
    """Selects every position (that a causal program may see)."""
    return Select(over, over, lambda key, query: True)


def _collected(values: Iterable[Value], numerical: bool) -> tuple[Value, ...]:
    """Without repetition; numbers sorted, categories as they come."""
    return tuple(sorted(set(values))) if numerical else tuple(dict.fromkeys(values))
