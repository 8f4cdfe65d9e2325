"""Claims: the formal statements that a step can make. Frozen, hashable, `parse_claim(render_claim(c)) == c`.

claim      = dependency | system | formula | word ":" body
dependency = item "needs" item { "and" item }        item = variable | literal
system     = relations joined by "and" and "or"; see `reasonlab.language.relations`
word       = a key of WORDED, which gives the class that reads the body
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reasonlab.language import (
    brackets,
    defeasible,
    diagrams,
    estimands,
    joined,
    justified,
    naming,
    nearness,
    networks,
    orderings,
    permutations,
    planning,
    rewriting,
    rounding,
    sorting,
)
from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import (
    Atom,
    Connective,
    Formula,
    Identity,
    Literal,
    Not,
    Quantified,
    atom_of,
    read_atom,
    read_formula,
    render_formula,
)
from reasonlab.language.lexer import MAX_CHARACTERS, RESERVED, Cursor, Token, tokenize
from reasonlab.language.relations import COMPARISONS, Compare, Equal, System, names_of, read_system, render_system
from reasonlab.language.terms import Symbol
from reasonlab.language.worded import Worded


@dataclass(frozen=True, slots=True)
class Needs:
    """A step of a plan: `target` is defined by (or follows by one rule from) exactly `sources`."""

    target: Symbol | Literal
    sources: tuple[Symbol | Literal, ...]

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError("a dependency needs a source")
        for item in (self.target, *self.sources):
            if not isinstance(item, Symbol) and not atom_of(item).arguments:
                raise ValueError("a proposition in a dependency is a Symbol")


Claim = Equal | Compare | System | Needs | Formula | Worded
RELATIONS = (Equal, Compare, System)
FORMULAS = (Atom, Identity, Not, Connective, Quantified)
CLASSES: tuple[type[Worded], ...] = (
    # a theory a line, in alphabetical order of its file
    *(brackets.Brackets, brackets.Bracket, brackets.Stack, brackets.Open, brackets.Closing),
    *(defeasible.Holds, defeasible.Defeasible, defeasible.Prefers, defeasible.Perhaps, defeasible.Concluded),
    defeasible.Unproved,
    *(diagrams.Graph, diagrams.Separated, diagrams.Connected, diagrams.Backdoor, diagrams.Frontdoor),
    *(diagrams.Adjusts, diagrams.Better, diagrams.Identifiable),
    *(estimands.Estimate, estimands.Identifies, estimands.Identity),
    joined.Joined,
    justified.Justified,
    *(naming.Let, naming.Suppose),
    nearness.Near,
    *(networks.Link, networks.Path, networks.Cycle, networks.Reachable, networks.Unreachable, networks.Linked),
    *(networks.Shortest, networks.Order, networks.Components),
    *(orderings.Objects, orderings.Place),
    *(permutations.After, permutations.Swap),
    *(planning.Action, planning.Init, planning.Act, planning.State, planning.Reaches),
    rewriting.Rewrite,
    rounding.Rounded,
    *(sorting.Words, sorting.Letters, sorting.Groups, sorting.Sorted),
)
WORDED: dict[str, type[Worded]] = {each.word: each for each in CLASSES}
_LOGICAL = frozenset({"~", "&", "|", "->", "<->", "forall", "exists"})
_WORD = re.compile(r"\s*([a-z][a-z-]*):(?:\s|$)")


def theory(claim: Claim) -> str:
    """The theory a claim is stated in: "arithmetic" (ground), "algebra" (with unknowns), "logic", "plan", or the
    theory of its word.
    """
    if isinstance(claim, Worded):
        return claim.theory
    if isinstance(claim, Needs):
        return "plan"
    if isinstance(claim, FORMULAS):
        return "logic"
    return "algebra" if names_of(claim) else "arithmetic"


def render_claim(claim: Claim, *, modulus: int | None = None) -> str:
    """The claim as text. `modulus`: the one its reader will assume, which is then left out of the text."""
    if isinstance(claim, Worded):
        return f"{claim.word}: {claim.body()}"
    if isinstance(claim, RELATIONS):
        return render_system(claim, modulus=modulus)
    if isinstance(claim, Needs):
        return f"{_render_item(claim.target)} needs {' and '.join(_render_item(item) for item in claim.sources)}"
    return render_formula(claim)


def _render_item(item: Symbol | Literal) -> str:
    return item.name if isinstance(item, Symbol) else render_formula(item)


def parse_claim(text: str, *, modulus: int | None = None) -> Claim:
    """The claim that `text` makes. `modulus` holds for every equality that names none itself.

    Raises ParseError outside the grammar.
    """
    if worded := _WORD.match(text):
        return _read_worded(worded[1], text[worded.end() :].strip())
    tokens = tokenize(text)
    words = [token.text for token in tokens if token.kind == "name"]
    if "needs" not in words and _is_relation(tokens):
        return read_system(tokens, modulus=modulus)
    cursor = Cursor(tokens)
    claim: Claim = _read_needs(cursor) if "needs" in words else read_formula(cursor)
    cursor.end()
    return claim


def _is_relation(tokens: Sequence[Token]) -> bool:
    """Whether it relates numbers.

    Formulas have logical signs, or functions; an identity with neither, such as `(a = b)`, is in brackets.
    """
    depth, found = 0, False
    for position, token in enumerate(tokens):
        if token.kind == "symbol" and token.text in ("=", *COMPARISONS):
            if depth:
                return False
            found = True
        elif token.text in _LOGICAL and token.kind in ("symbol", "name"):
            return False
        elif token.text == "(" and position and tokens[position + 1].text != "mod":
            before = tokens[position - 1]
            if before.kind in ("name", "quoted") and before.text not in RESERVED:
                return False
        depth += (token.text == "(") - (token.text == ")")
    return found


def _read_worded(word: str, body: str) -> Worded:
    if word not in WORDED:
        raise ParseError(f"no claim begins with {word + ':'!r}; expected one of {', '.join(sorted(WORDED))}")
    if len(body) > MAX_CHARACTERS:
        raise ParseError(f"a claim of {len(body)} characters is over the limit of {MAX_CHARACTERS}")
    return WORDED[word].read(body)


def _read_needs(cursor: Cursor) -> Needs:
    target = _read_item(cursor)
    cursor.expect("needs")
    sources = [_read_item(cursor)]
    while cursor.accept("and"):
        sources.append(_read_item(cursor))
    return Needs(target, tuple(sources))


def _read_item(cursor: Cursor) -> Symbol | Literal:
    negated = cursor.accept("~") is not None
    literal = cursor.after.text == "("
    if cursor.now.kind not in ("name", "quoted") or cursor.now.text in RESERVED:
        raise cursor.error("a variable or a literal with arguments")
    if not literal and (negated or cursor.now.kind == "quoted"):
        raise cursor.error("a variable or a literal with arguments")
    if not literal:
        return Symbol(cursor.take().text)
    return Not(read_atom(cursor)) if negated else read_atom(cursor)
