"""Six programs: reverse, frac_prevs, sort_unique, histogram, brackets, induction.

The first five are old friends of RASP (Weiss et al. 2021, arXiv 2106.06981) and of Tracr (Lindner et al. 2023,
arXiv 2301.05062), written anew here; induction is the circuit of Olsson et al. 2022 (arXiv 2209.11895) as a program.
Each is made so that everything it computes differs between inputs of one shape and comes to matter in some of them:
reverse counts the tokens before the padding, brackets remember an earlier fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from reasonlab.compiled.rasp import (
    Aggregate,
    Indices,
    Map,
    Select,
    SequenceMap,
    SOp,
    Tokens,
    Value,
    everywhere,
    selector_width,
)
from reasonlab.language.errors import BadInput, quote

PAD = "_"
NONE = "none"


@dataclass(frozen=True)
class Program:
    """A program over sequences of at most `length` tokens of `vocabulary`; calling it is the oracle.

    Attributes:
        causal: whether no position may see a later one.
        output: what it gives at every position. A category is read off the largest logit (the loss that means something
            is cross-entropy), a number off the only one (squared error).
        draw: one random input of just `length` tokens.
    """

    name: str
    what: str
    vocabulary: tuple[str, ...]
    length: int
    causal: bool
    output: SOp
    draw: Callable[[random.Random], list[str]]

    ablation: ClassVar[str] = "resample"
    """What the edges of the compiled program hold under: an edge carries what it carries on another input of the same
    length. Under other ablations (zero, say) constants are edges, too: positions, BOS."""

    @property
    def loss(self) -> str:
        """`cross-entropy` or `squared error`."""
        return "squared error" if self.output.numerical else "cross-entropy"

    def __call__(self, tokens: Sequence[str]) -> list[Value]:
        """The outputs, one a token.

        Raises:
            BadInput: a token is not in the vocabulary, or there are more than `length`.
        """
        for token in tokens:
            if token not in self.vocabulary:
                raise BadInput(f"the token {quote(token)}", f"one of {quote(self.vocabulary)}", "choose another")
        if len(tokens) > self.length:
            raise BadInput(f"{len(tokens)} tokens", f"at most {self.length}", "make the program for longer inputs")
        return self.output.evaluate(tokens, causal=self.causal)

    def sample(self, n: int, seed: int) -> list[list[str]]:
        """n random inputs of `length` tokens; the i-th is a function of (name, seed, i) and of nothing else."""
        return [self.draw(random.Random(f"{self.name}/{seed}/{i}")) for i in range(n)]


def reverse(letters: str = "abcd", length: int = 6) -> Program:
    """The tokens before the padding, last first; then padding. Any number of them, one at least."""
    tokens, indices = Tokens("tokens", (*letters, PAD)), Indices("indices", length)
    count = selector_width("count", Select(tokens, tokens, lambda key, query: key != PAD), length)
    opposite = SequenceMap("opposite", lambda n, i: max(int(n) - 1 - int(i), -1), count, indices)
    output = Aggregate("output", Select(indices, opposite, lambda key, query: key == query), tokens, PAD, length)

    def draw(rng: random.Random) -> list[str]:
        n = rng.randint(1, length)
        return rng.choices(letters, k=n) + [PAD] * (length - n)

    return Program("reverse", "the tokens before the padding, reversed", tokens.vocabulary, length, False, output, draw)


def frac_prevs(letters: str = "abx", length: int = 8) -> Program:
    """The fraction of x among the tokens so far, the current one included."""
    tokens = Tokens("tokens", tuple(letters))
    is_x = Map("is_x", lambda token: int(token == "x"), tokens, numerical=True)
    output = Aggregate("output", everywhere(tokens), is_x, 0, length)

    def draw(rng: random.Random) -> list[str]:
        return rng.choices(letters, k=length)

    return Program("frac_prevs", "the fraction of x so far", tokens.vocabulary, length, True, output, draw)


def sort_unique(letters: str = "abcdefgh", length: int = 6) -> Program:
    """The tokens in rising order; no token may come twice."""
    tokens, indices = Tokens("tokens", tuple(letters)), Indices("indices", length)
    rank = selector_width("rank", Select(tokens, tokens, lambda key, query: str(key) < str(query)), length)
    # On allowed inputs some position has each rank; the default is what a longer list would have to say.
    output = Aggregate("output", Select(rank, indices, lambda key, query: key == query), tokens, letters[0], length)

    def draw(rng: random.Random) -> list[str]:
        return rng.sample(letters, length)

    return Program("sort_unique", "the tokens, sorted", tokens.vocabulary, length, False, output, draw)


def histogram(letters: str = "abcde", length: int = 8) -> Program:
    """How often each position's token comes in the sequence."""
    tokens = Tokens("tokens", tuple(letters))
    output = selector_width("output", Select(tokens, tokens, lambda key, query: key == query), length)

    def draw(rng: random.Random) -> list[str]:
        return rng.choices(letters, k=length)

    return Program("histogram", "how often the token occurs", tokens.vocabulary, length, False, output, draw)


def brackets(depth: int = 2, length: int = 8) -> Program:
    """Whether the brackets so far are balanced to a depth (Dyck-1 of bounded depth).

    `closed`: they are; `open`: they can still become so; `bad`: once more were closed than open, or more than `depth`
    were open at a time. A dot is no bracket.
    """
    tokens = Tokens("tokens", ("(", ")", "."))
    opened = selector_width("opened", Select(tokens, tokens, lambda key, query: key == "("), length)
    closed = selector_width("closed", Select(tokens, tokens, lambda key, query: key == ")"), length)

    def state(opened: Value, closed: Value) -> str:
        surplus = int(opened) - int(closed)
        return "closed" if surplus == 0 else "open" if 0 < surplus <= depth else "bad"

    here = SequenceMap("here", state, opened, closed)
    fault = SequenceMap("fault", lambda o, c: int(state(o, c) == "bad"), opened, closed, numerical=True)
    faults = Aggregate("faults", everywhere(tokens), fault, 0, length)
    output = SequenceMap("output", lambda before, now: now if before == 0 else "bad", faults, here)

    def draw(rng: random.Random) -> list[str]:
        # Steps that keep the balance are likelier than not: uniform strings would nearly all be bad.
        drawn: list[str] = []
        surplus = 0
        for _ in range(length):
            fitting = ["("] * (surplus < depth) + [")"] * (surplus > 0) + ["."]
            drawn.append(rng.choice(fitting if rng.random() < 0.8 else "()."))
            surplus += {"(": 1, ")": -1, ".": 0}[drawn[-1]]
        return drawn

    what = f"whether the brackets so far are balanced to depth {depth}"
    return Program("brackets", what, tokens.vocabulary, length, True, output, draw)


def induction(letters: str = "abcdef", length: int = 8) -> Program:
    """What came after the current token when it came before; `none` if it did not. No token comes three times."""
    tokens, indices = Tokens("tokens", tuple(letters)), Indices("indices", length)
    before = Select(indices, indices, lambda key, query: int(key) == int(query) - 1)
    previous = Aggregate("previous", before, tokens, NONE, length)
    output = Aggregate("output", Select(previous, tokens, lambda key, query: key == query), tokens, NONE, length)

    def draw(rng: random.Random) -> list[str]:
        return rng.sample(letters * 2, length)

    return Program("induction", "what followed the token last time", tokens.vocabulary, length, True, output, draw)


PROGRAMS: dict[str, Callable[[], Program]] = {
    "reverse": reverse,
    "frac_prevs": frac_prevs,
    "sort_unique": sort_unique,
    "histogram": histogram,
    "brackets": brackets,
    "induction": induction,
}
