"""Relations between terms, and systems of them.

    system   = case { "or" case }                 case = relation { "and" relation }
    relation = term { "=" term } [ "(" "mod" p ")" ]  |  term ("<" | "<=" | ">" | ">=" | "!=") term

A variable followed by a value in brackets, `c = a [3] + b [4]`, stands for the term twice, as written and with the
values put in: `c = a + b = 3 + 4`, and notes these values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.errors import ParseError
from reasonlab.language.lexer import Cursor, Token, tokenize
from reasonlab.language.terms import Negate, Number, Symbol, Term, read_term, render_term, substitute, symbols

COMPARISONS = ("<", "<=", ">", ">=", "!=")


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


Relation = Equal | Compare


@dataclass(frozen=True, slots=True)
class System:
    """`x + y = 5 and x = 2 or x = 3`: in one of the cases at least, all of its relations hold. They note no values."""

    cases: tuple[tuple[Relation, ...], ...]

    def __post_init__(self) -> None:
        if not all(self.cases) or sum(map(len, self.cases)) < 2:
            raise ValueError("a system has two relations or more, and none of its cases is empty")
        if any(isinstance(relation, Equal) and relation.notes for case in self.cases for relation in case):
            raise ValueError("values in brackets belong in an equality that stands alone")


def cases_of(claim: Relation | System) -> tuple[tuple[Relation, ...], ...]:
    """The claim as a system, whose cases may be one."""
    return claim.cases if isinstance(claim, System) else ((claim,),)


def terms_of(claim: Relation | System) -> tuple[Term, ...]:
    """The terms that a claim relates, in order."""
    if isinstance(claim, Equal):
        return claim.terms
    if isinstance(claim, Compare):
        return (claim.left, claim.right)
    return tuple(term for case in claim.cases for relation in case for term in terms_of(relation))


def names_of(claim: Relation | System) -> frozenset[str]:
    """The variables of a claim."""
    return frozenset().union(*map(symbols, terms_of(claim)))


def render_system(claim: Relation | System, *, modulus: int | None = None) -> str:
    """The claim as text. `modulus`: the one its reader will assume, which is then left out of the text."""
    if isinstance(claim, System):
        cases = (" and ".join(render_system(relation, modulus=modulus) for relation in case) for case in claim.cases)
        return " or ".join(cases)
    if isinstance(claim, Compare):
        return f"{render_term(claim.left)} {claim.operator} {render_term(claim.right)}"
    text = " = ".join(_render_terms(claim))
    return text if claim.modulus in (None, modulus) else f"{text} (mod {claim.modulus})"


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


def parse_system(text: str, *, modulus: int | None = None) -> Relation | System:
    """Raises ParseError outside the grammar."""
    return read_system(tokenize(text), modulus=modulus)


def read_system(tokens: Sequence[Token], *, modulus: int | None = None) -> Relation | System:
    """What the tokens say, to their end. `modulus` holds for every equality that names none itself."""
    notes: dict[str, Term] = {}
    noted = next((token for token in tokens if token.text == "["), None)
    if noted is not None:
        tokens, notes = _write_out(tokens)
    cursor = Cursor(list(tokens))
    cases = [[_read_relation(cursor, modulus, notes)]]
    while joint := cursor.accept("and", "or"):
        if noted is not None:
            raise ParseError("values in brackets belong in an equality that stands alone", noted.position)
        if joint.text == "or":
            cases.append([])
        cases[-1].append(_read_relation(cursor, modulus, notes))
    cursor.end()
    return cases[0][0] if sum(map(len, cases)) == 1 else System(tuple(map(tuple, cases)))


def _read_relation(cursor: Cursor, modulus: int | None, notes: Mapping[str, Term]) -> Relation:
    first = read_term(cursor)
    if cursor.at(*COMPARISONS):
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


def _write_out(tokens: Sequence[Token]) -> tuple[list[Token], dict[str, Term]]:
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
                return written + list(tokens[index:]), notes
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
            here[name] = [around[0], *value, around[1]] if size == 2 else list(value)
            index += size + 2
        else:
            plain.append(token)
            index += 1
