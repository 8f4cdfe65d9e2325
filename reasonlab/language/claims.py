"""Claims: the formal statements that a step can make. Frozen, hashable, `parse_claim(render_claim(c)) == c`.

claim      = dependency | relation | formula | word ":" body
dependency = item "needs" item { "and" item }        item = variable | literal
relation   = term { "=" term } [ "(" "mod" p ")" ]  |  term ("<" | "<=" | ">" | ">=" | "!=") term
word       = a key of WORDED, which gives the class that reads the body
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language import (
    brackets,
    diagrams,
    estimands,
    joined,
    naming,
    networks,
    orderings,
    permutations,
    planning,
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
from reasonlab.language.terms import Negate, Number, Symbol, Term, read_term, render_term, substitute, symbols
from reasonlab.language.worded import Worded

_COMPARISONS = ("<", "<=", ">", ">=", "!=")


@dataclass(frozen=True, slots=True)
class Equal:
    """`a = b = c`: every term equals the next, over the rationals or mod `modulus`.

    `notes`: values that the text says variables have, such as `a [3]`: the claim is that these hold as well.
    """

    terms: tuple[Term, ...]
    modulus: int | None = None
    notes: tuple[tuple[str, Term], ...] = ()

    def __post_init__(self) -> None:
        if len(self.terms) < 2:
            raise ValueError("an equality needs two terms or more")
        if self.modulus is not None and self.modulus < 2:
            raise ValueError(f"a modulus must be at least 2, not {self.modulus}")


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right` over the rationals, operator one of < <= > >= !=."""

    left: Term
    operator: str
    right: Term


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


Claim = Equal | Compare | Needs | Formula | Worded
FORMULAS = (Atom, Identity, Not, Connective, Quantified)
CLASSES: tuple[type[Worded], ...] = (
    # a theory a line, in alphabetical order of its file
    *(brackets.Brackets, brackets.Bracket, brackets.Stack, brackets.Open, brackets.Closing),
    *(diagrams.Graph, diagrams.Separated, diagrams.Connected, diagrams.Backdoor, diagrams.Frontdoor),
    *(diagrams.Adjusts, diagrams.Identifiable),
    *(estimands.Estimate, estimands.Identifies, estimands.Identity),
    joined.Joined,
    *(naming.Let, naming.Suppose),
    *(networks.Link, networks.Path, networks.Cycle, networks.Reachable, networks.Unreachable, networks.Linked),
    *(networks.Shortest, networks.Order, networks.Components),
    *(orderings.Objects, orderings.Place),
    *(permutations.After, permutations.Swap),
    *(planning.Action, planning.Init, planning.Act, planning.State, planning.Reaches),
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
    terms = claim.terms if isinstance(claim, Equal) else (claim.left, claim.right)
    return "algebra" if any(symbols(term) for term in terms) else "arithmetic"


def render_claim(claim: Claim, *, modulus: int | None = None) -> str:
    """The claim as text. `modulus`: the one its reader will assume, which is then left out of the text."""
    if isinstance(claim, Worded):
        return f"{claim.word}: {claim.body()}"
    if isinstance(claim, Equal):
        text = " = ".join(_render_terms(claim))
        return text if claim.modulus in (None, modulus) else f"{text} (mod {claim.modulus})"
    if isinstance(claim, Compare):
        return f"{render_term(claim.left)} {claim.operator} {render_term(claim.right)}"
    if isinstance(claim, Needs):
        return f"{_render_item(claim.target)} needs {' and '.join(_render_item(item) for item in claim.sources)}"
    return render_formula(claim)


def _render_terms(claim: Equal) -> list[str]:
    """The terms as text; one that is followed by itself with noted values put in is written with brackets instead."""
    values = dict(claim.notes)
    texts: list[str] = []
    index = 0
    while index < len(claim.terms):
        term, following = claim.terms[index], claim.terms[index + 1 : index + 2]
        gone = symbols(term) - symbols(following[0]) if following else ()
        here = {name: values[name] for name in gone if name in values}
        if here and substitute(term, here) == following[0]:
            term = substitute(term, {name: Symbol(f"{name} [{render_term(value)}]") for name, value in here.items()})
            index += 1
        texts.append(render_term(term))
        index += 1
    return texts


def _render_item(item: Symbol | Literal) -> str:
    return item.name if isinstance(item, Symbol) else render_formula(item)


def parse_claim(text: str, *, modulus: int | None = None) -> Claim:
    """The claim that `text` makes. `modulus` holds for every equality that names none itself.

    Raises ParseError outside the grammar.
    """
    if worded := _WORD.match(text):
        return _read_worded(worded[1], text[worded.end() :].strip())
    tokens = tokenize(text)
    notes: dict[str, Term] = {}
    if any(token.text == "[" for token in tokens):
        tokens, notes = _write_out(tokens)
    cursor = Cursor(tokens)
    words = [token.text for token in tokens if token.kind == "name"]
    claim: Claim
    if "needs" in words:
        claim = _read_needs(cursor)
    elif _is_relation(tokens):
        claim = _read_relation(cursor, modulus, notes)
    else:
        claim = read_formula(cursor)
    cursor.end()
    return claim


def _is_relation(tokens: Sequence[Token]) -> bool:
    """Whether it relates numbers. Formulas have logical signs, and the identities in them, too; alone, in brackets."""
    depth, found = 0, False
    for token in tokens:
        if token.kind == "symbol" and token.text in ("=", *_COMPARISONS):
            if depth:
                return False
            found = True
        elif token.text in _LOGICAL and token.kind in ("symbol", "name"):
            return False
        depth += (token.text == "(") - (token.text == ")")
    return found


def _read_worded(word: str, body: str) -> Worded:
    if word not in WORDED:
        raise ParseError(f"no claim begins with {word + ':'!r}; expected one of {', '.join(sorted(WORDED))}")
    if len(body) > MAX_CHARACTERS:
        raise ParseError(f"a claim of {len(body)} characters is over the limit of {MAX_CHARACTERS}")
    return WORDED[word].read(body)


def _write_out(tokens: list[Token]) -> tuple[list[Token], dict[str, Term]]:
    """The tokens with each term that has values in brackets written twice, with its variables and then with the values;
    and the value of each variable that has one.
    """
    written: list[Token] = []
    notes: dict[str, Term] = {}
    plain: list[Token] = []
    here: dict[str, list[Token]] = {}  # the values noted in this term
    index = 0
    while True:
        token = tokens[index]
        if token.kind == "end" or token.text == "=" or [t.text for t in tokens[index : index + 2]] == ["(", "mod"]:
            written += plain
            if here:
                written.append(Token("symbol", "=", token.position))
                written += [part for t in plain for part in (here.get(t.text, [t]) if t.kind == "name" else [t])]
            plain, here = [], {}
            if token.text != "=":
                return written + tokens[index:], notes
            written.append(token)
            index += 1
        elif token.text == "[":
            size = 2 if tokens[index + 1].text == "-" else 1
            value, closing = tokens[index + 1 : index + 1 + size], tokens[min(index + 1 + size, len(tokens) - 1)]
            if not plain or plain[-1].kind != "name" or value[-1].kind != "number" or closing.text != "]":
                raise ParseError("a bracket must hold the value of the variable before it", token.position)
            name, number = plain[-1].text, Number(Fraction(value[-1].text))
            noted: Term = Negate(number) if size == 2 else number
            if notes.setdefault(name, noted) != noted:
                raise ParseError(f"two values are noted for {name}", token.position)
            around = (Token("symbol", "(", token.position), Token("symbol", ")", token.position))
            here[name] = [around[0], *value, around[1]] if size == 2 else value
            index += size + 2
        else:
            plain.append(token)
            index += 1


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


def _read_relation(cursor: Cursor, modulus: int | None, notes: Mapping[str, Term]) -> Equal | Compare:
    first = read_term(cursor)
    if cursor.at(*_COMPARISONS):
        operator = cursor.take().text
        if notes:
            raise ParseError("values in brackets belong in an equality", cursor.now.position)
        return Compare(first, operator, read_term(cursor))
    terms = [first]
    while cursor.accept("="):
        terms.append(read_term(cursor))
    if len(terms) < 2:
        raise cursor.error("'=' or a comparison")
    if cursor.accept("("):
        cursor.expect("mod")
        modulus = _read_modulus(cursor.take())
        cursor.expect(")")
    return Equal(tuple(terms), modulus, tuple(sorted(notes.items())))


def _read_modulus(token: Token) -> int:
    if token.kind != "number" or "." in token.text or int(token.text) < 2:
        raise ParseError("a modulus must be an integer of at least 2", token.position)
    return int(token.text)
