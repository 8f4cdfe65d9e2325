"""Formulas: first-order logic with equality, and the Horn rules that deduction needs as a special case.

    formula     = equivalence
    equivalence = implication [ "<->" implication ]
    implication = disjunction [ "->" implication ]
    disjunction = conjunction { "|" conjunction }
    conjunction = negation { "&" negation }
    negation    = "~" negation | ("forall" | "exists") Name "." formula | atom | identity | "(" formula ")"
    atom        = predicate [ "(" term { "," term } ")" ]
    identity    = term ("=" | "!=") term
    term        = Variable | individual | function "(" term { "," term } ")"

As in Prolog and TPTP (Sutcliffe 2017), a term that begins with a capital is a variable, and a name is a word, or any
text in single quotes, which are part of it: `'Mark'` is an individual, `Mark` a variable. Predicates and functions are
told by where they stand, so they may begin as they like. Every variable is bound: a text with a free one is refused,
since half of its readers would take it for an individual. An identity that stands alone is in brackets, `(a = b)`,
because `a = b` is arithmetic.

`parse_formula(render_formula(f)) == f` for closed formulas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reasonlab.language.errors import ParseError
from reasonlab.language.lexer import RESERVED, Cursor, Token, tokenize


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of terms, which denotes an individual: `father(ada)`."""

    function: str
    arguments: tuple[Argument, ...]


Argument = str | Apply  # a variable or an individual by its name, or a function of some


@dataclass(frozen=True, slots=True)
class Atom:
    predicate: str
    arguments: tuple[Argument, ...] = ()

    def __post_init__(self) -> None:
        if self.predicate in RESERVED:
            raise ValueError(f"{self.predicate!r} is no predicate: a word outside the grammar's own")

    @property
    def names(self) -> tuple[str, ...]:
        """The arguments where all are names. Raises TypeError."""
        if not all(isinstance(argument, str) for argument in self.arguments):
            raise TypeError(f"{render_formula(self)} has a function in it")
        return self.arguments  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Identity:
    """That two terms denote one individual."""

    left: Argument
    right: Argument


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


Formula = Atom | Identity | Not | Connective | Quantified
Literal = Atom | Not

_INDIVIDUAL = re.compile(r"[a-z][A-Za-z0-9_]*")
_PREDICATE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
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
    inner = formula.operand if isinstance(formula, Not) else formula
    text = _render(formula, 0)
    return f"({text})" if isinstance(inner, Identity) else text


def render_argument(argument: Argument) -> str:
    if isinstance(argument, str):
        return argument
    return f"{argument.function}({', '.join(map(render_argument, argument.arguments))})"


def _render(formula: Formula, context: int) -> str:
    if isinstance(formula, Atom):
        inner = ", ".join(map(render_argument, formula.arguments))
        return f"{formula.predicate}({inner})" if inner else formula.predicate
    if isinstance(formula, Identity):
        return f"{render_argument(formula.left)} = {render_argument(formula.right)}"
    if isinstance(formula, Not):
        if isinstance(formula.operand, Identity):
            return f"{render_argument(formula.operand.left)} != {render_argument(formula.operand.right)}"
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


def read_formula(cursor: Cursor, bound: frozenset[str] = frozenset()) -> Formula:
    """`bound`: the variables of the quantifiers around it."""
    cursor.deeper()
    left = _read_implication(cursor, bound)
    if cursor.accept("<->"):
        left = Connective("<->", left, _read_implication(cursor, bound))
    cursor.depth -= 1
    return left


def _read_implication(cursor: Cursor, bound: frozenset[str]) -> Formula:
    left = _read_chain(cursor, "|", 3, bound)
    if cursor.accept("->"):
        cursor.deeper()
        left = Connective("->", left, _read_implication(cursor, bound))
        cursor.depth -= 1
    return left


def _read_chain(cursor: Cursor, operator: str, level: int, bound: frozenset[str]) -> Formula:
    def read() -> Formula:
        return _read_chain(cursor, "&", 4, bound) if level == 3 else _read_unary(cursor, bound)

    left = read()
    while cursor.accept(operator):
        left = Connective(operator, left, read())
    return left


def _read_unary(cursor: Cursor, bound: frozenset[str]) -> Formula:
    if cursor.accept("~"):
        cursor.deeper()
        inner = Not(_read_unary(cursor, bound))
        cursor.depth -= 1
        return inner
    if cursor.accept("("):
        formula = read_formula(cursor, bound)
        cursor.expect(")")
        return formula
    if cursor.now.kind == "name" and cursor.now.text in ("forall", "exists"):
        quantifier = cursor.take().text
        variable = cursor.take()
        if variable.kind != "name" or not is_variable(variable.text):
            raise ParseError(
                f"expected a variable beginning with a capital, found {variable.text or 'the end'!r}", variable.position
            )
        cursor.expect(".")
        return Quantified(quantifier, variable.text, read_formula(cursor, bound | {variable.text}))
    return _read_statement(cursor, bound)


def symbol_name(spelling: str, *, individual: bool) -> str:
    """The name under which the language knows what is spelled so: the spelling, in quotes where it has to be.

    Two spellings never get one name.
    """
    pattern = _INDIVIDUAL if individual else _PREDICATE
    if pattern.fullmatch(spelling) and spelling not in RESERVED:
        return spelling
    return "'" + spelling.replace("'", "''") + "'"


def spelling(name: str) -> str:
    """What `symbol_name` made the name of."""
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _read_statement(cursor: Cursor, bound: frozenset[str]) -> Formula:
    """An atom or an identity, which begin alike."""
    token, arguments = _read_application(cursor, "a predicate", bound)
    if not cursor.at("=", "!="):
        if not arguments and token.text in bound:
            raise ParseError(f"{token.text} is a variable and states nothing; expected a predicate", token.position)
        return Atom(_symbol(token), arguments)
    equal = cursor.take().text == "="
    identity = Identity(_argument(token, arguments, bound), _read_argument(cursor, bound))
    return identity if equal else Not(identity)


def read_atom(cursor: Cursor) -> Atom:
    """An atom outside every quantifier."""
    token, arguments = _read_application(cursor, "a predicate", frozenset())
    return Atom(_symbol(token), arguments)


def _symbol(token: Token, *, individual: bool = False) -> str:
    """The name that a token gives: needless quotes are taken away."""
    return symbol_name(spelling(token.text), individual=individual) if token.kind == "quoted" else token.text


def _read_argument(cursor: Cursor, bound: frozenset[str]) -> Argument:
    return _argument(*_read_application(cursor, "an individual or a variable", bound), bound)


def _read_application(cursor: Cursor, expected: str, bound: frozenset[str]) -> tuple[Token, tuple[Argument, ...]]:
    """A name and the arguments behind it, if any."""
    if cursor.now.kind not in ("name", "quoted") or cursor.now.text in RESERVED:
        raise cursor.error(expected)
    token = cursor.take()
    arguments: list[Argument] = []
    if cursor.accept("("):
        cursor.deeper()
        while True:
            arguments.append(_read_argument(cursor, bound))
            if not cursor.accept(","):
                break
        cursor.expect(")")
        cursor.depth -= 1
    return token, tuple(arguments)


def _argument(token: Token, arguments: tuple[Argument, ...], bound: frozenset[str]) -> Argument:
    if arguments:
        return Apply(_symbol(token), arguments)
    if is_variable(token.text) and token.text not in bound:
        raise ParseError(
            f"the variable {token.text} is bound by no quantifier; write 'forall {token.text}. ...', or '{token.text}' "
            "in quotes for an individual",
            token.position,
        )
    return _symbol(token, individual=True)


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


def conjuncts(formula: Formula) -> list[Formula]:
    """What a formula joins by & at its outside, from left to right; itself if it joins nothing."""
    found: list[Formula] = []
    stack = [formula]
    while stack:
        part = stack.pop()
        if isinstance(part, Connective) and part.operator == "&":
            stack += (part.right, part.left)
        else:
            found.append(part)
    return found


def atoms(formula: Formula) -> Iterator[Atom]:
    return (part for part in parts(formula) if isinstance(part, Atom))


def arguments(formula: Formula) -> Iterator[Argument]:
    """Every term of a formula, and what functions in it are applied to, from left to right."""
    for part in parts(formula):
        stack: list[Argument] = []
        if isinstance(part, Atom):
            stack = [*reversed(part.arguments)]
        elif isinstance(part, Identity):
            stack = [part.right, part.left]
        while stack:
            term = stack.pop()
            yield term
            if isinstance(term, Apply):
                stack += reversed(term.arguments)


def individuals(formula: Formula) -> Iterator[str]:
    """The names of individuals, from left to right, as often as they occur."""
    return (term for term in arguments(formula) if isinstance(term, str) and not is_variable(term))


def substitute_argument(argument: Argument, binding: Mapping[str, Argument]) -> Argument:
    if isinstance(argument, str):
        return binding.get(argument, argument)
    return Apply(argument.function, tuple(substitute_argument(part, binding) for part in argument.arguments))


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
        variables = {term for term in arguments(result) if isinstance(term, str) and is_variable(term)}
        for name in sorted(variables, reverse=True):
            result = Quantified("forall", name, result)
        return result

    def instance(self, binding: Mapping[str, str]) -> Rule:
        return Rule(tuple(bind(literal, binding) for literal in self.body), bind(self.head, binding))


def bind(literal: Literal, binding: Mapping[str, str]) -> Literal:
    atom = atom_of(literal)
    bound = Atom(atom.predicate, tuple(substitute_argument(argument, binding) for argument in atom.arguments))
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
