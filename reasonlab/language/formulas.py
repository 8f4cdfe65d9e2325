"""Formulas: first-order logic over named individuals, with the Horn rules that deduction needs as a special case.

    formula     = equivalence
    equivalence = implication [ "<->" implication ]
    implication = disjunction [ "->" implication ]
    disjunction = conjunction { "|" conjunction }
    conjunction = negation { "&" negation }
    negation    = "~" negation | ("forall" | "exists") Name "." formula | atom | "(" formula ")"
    atom        = name [ "(" name { "," name } ")" ]

Predicates are in lower case. Arguments that begin with a capital are variables; the others are individuals.
`parse_formula(render_formula(f)) == f`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reasonlab.language.lexer import RESERVED, Cursor, tokenize


@dataclass(frozen=True, slots=True)
class Atom:
    predicate: str
    arguments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.predicate in RESERVED or is_variable(self.predicate):
            raise ValueError(f"{self.predicate!r} is no predicate: a lower-case word outside the grammar's own")


@dataclass(frozen=True, slots=True)
class Not:
    operand: Formula


@dataclass(frozen=True, slots=True)
class Connective:
    operator: str  # & | -> <->
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Quantified:
    quantifier: str  # "forall" or "exists"
    variable: str
    body: Formula


Formula = Atom | Not | Connective | Quantified
Literal = Atom | Not

_LEVEL = {"<->": 1, "->": 2, "|": 3, "&": 4}
_UNARY = 5


def is_variable(argument: str) -> bool:
    return argument[:1].isupper()


def is_literal(formula: object) -> bool:
    return isinstance(formula, Atom) or (isinstance(formula, Not) and isinstance(formula.operand, Atom))


def negate(formula: Formula) -> Formula:
    """The negation, with a double one taken away."""
    return formula.operand if isinstance(formula, Not) else Not(formula)


def atom_of(literal: Formula) -> Atom:
    inner = literal.operand if isinstance(literal, Not) else literal
    if not isinstance(inner, Atom):
        raise TypeError(f"{render_formula(literal)} is not a literal")
    return inner


def render_formula(formula: Formula) -> str:
    return _render(formula, 0)


def _render(formula: Formula, context: int) -> str:
    if isinstance(formula, Atom):
        return f"{formula.predicate}({', '.join(formula.arguments)})" if formula.arguments else formula.predicate
    if isinstance(formula, Not):
        return "~" + _render(formula.operand, _UNARY)
    if isinstance(formula, Quantified):
        text = f"{formula.quantifier} {formula.variable}. {_render(formula.body, 0)}"
        return f"({text})" if context else text  # a quantifier reaches as far right as it can
    own = _LEVEL[formula.operator]
    # & and | read from the left, -> from the right, <-> not at all.
    left, right = {"->": (own + 1, own), "<->": (own + 1, own + 1)}.get(formula.operator, (own, own + 1))
    text = f"{_render(formula.left, left)} {formula.operator} {_render(formula.right, right)}"
    return f"({text})" if own < context else text


def parse_formula(text: str) -> Formula:
    """Raises ParseError outside the grammar."""
    cursor = Cursor(tokenize(text))
    formula = read_formula(cursor)
    cursor.end()
    return formula


def read_formula(cursor: Cursor) -> Formula:
    cursor.deeper()
    left = _read_implication(cursor)
    if cursor.accept("<->"):
        left = Connective("<->", left, _read_implication(cursor))
    cursor.depth -= 1
    return left


def _read_implication(cursor: Cursor) -> Formula:
    left = _read_chain(cursor, "|", 3)
    if cursor.accept("->"):
        cursor.deeper()
        left = Connective("->", left, _read_implication(cursor))
        cursor.depth -= 1
    return left


def _read_chain(cursor: Cursor, operator: str, level: int) -> Formula:
    def read() -> Formula:
        return _read_chain(cursor, "&", 4) if level == 3 else _read_unary(cursor)

    left = read()
    while cursor.accept(operator):
        left = Connective(operator, left, read())
    return left


def _read_unary(cursor: Cursor) -> Formula:
    if cursor.accept("~"):
        cursor.deeper()
        inner = Not(_read_unary(cursor))
        cursor.depth -= 1
        return inner
    if cursor.accept("("):
        formula = read_formula(cursor)
        cursor.expect(")")
        return formula
    if cursor.now.kind == "name" and cursor.now.text in ("forall", "exists"):
        quantifier = cursor.take().text
        variable = cursor.take()
        if variable.kind != "name" or not is_variable(variable.text):
            raise cursor.error("a variable beginning with a capital")
        cursor.expect(".")
        return Quantified(quantifier, variable.text, read_formula(cursor))
    return read_atom(cursor)


def read_atom(cursor: Cursor) -> Atom:
    if cursor.now.kind != "name" or is_variable(cursor.now.text) or cursor.now.text in RESERVED:
        raise cursor.error("a predicate in lower case")
    predicate = cursor.take().text
    arguments: list[str] = []
    if cursor.accept("("):
        while True:
            if cursor.now.kind != "name":
                raise cursor.error("an individual or a variable")
            arguments.append(cursor.take().text)
            if not cursor.accept(","):
                break
        cursor.expect(")")
    return Atom(predicate, tuple(arguments))


def parts(formula: Formula) -> Iterator[Formula]:
    """Every part of a formula, itself included, from the outside in."""
    stack: list[Formula] = [formula]
    while stack:
        here = stack.pop()
        yield here
        if isinstance(here, Not):
            stack.append(here.operand)
        elif isinstance(here, Connective):
            stack += (here.right, here.left)
        elif isinstance(here, Quantified):
            stack.append(here.body)


def atoms(formula: Formula) -> Iterator[Atom]:
    return (part for part in parts(formula) if isinstance(part, Atom))


@dataclass(frozen=True, slots=True)
class Rule:
    """A definite rule `body -> head` over literals, closed by `forall` over its variables (a view of a Formula)."""

    body: tuple[Literal, ...]
    head: Literal

    def formula(self) -> Formula:
        premise: Formula = self.body[0]
        for literal in self.body[1:]:
            premise = Connective("&", premise, literal)
        result: Formula = Connective("->", premise, self.head)
        names = sorted({name for atom in atoms(result) for name in atom.arguments if is_variable(name)}, reverse=True)
        for name in names:
            result = Quantified("forall", name, result)
        return result

    def instance(self, binding: Mapping[str, str]) -> Rule:
        return Rule(tuple(bind(literal, binding) for literal in self.body), bind(self.head, binding))


def bind(literal: Literal, binding: Mapping[str, str]) -> Literal:
    atom = atom_of(literal)
    bound = Atom(atom.predicate, tuple(binding.get(name, name) for name in atom.arguments))
    return Not(bound) if isinstance(literal, Not) else bound


def as_rule(formula: Formula) -> Rule | None:
    """The rule that a formula states, or None if it is not of that shape.

    The shape: `forall`s around an implication from a conjunction of literals to one literal.
    """
    while isinstance(formula, Quantified) and formula.quantifier == "forall":
        formula = formula.body
    if not (isinstance(formula, Connective) and formula.operator == "->" and is_literal(formula.right)):
        return None
    body: list[Literal] = []
    rest: list[Formula] = [formula.left]
    while rest:
        part = rest.pop()
        if isinstance(part, Connective) and part.operator == "&":
            rest += (part.right, part.left)
        elif is_literal(part):
            body.append(part)  # type: ignore[arg-type]
        else:
            return None
    return Rule(tuple(body), formula.right)  # type: ignore[arg-type]
