"""Expressions of probability: `sum_Z P(Y=1 | X, Z) P(Z)`, `E[Y_{X=1} - Y_{X=0} | X=1]`. Variables take the values 0, 1.

    expr    = product { ("+" | "-") product }
    product = unary { ["*"] unary | "/" unary }            side by side is a product
    unary   = "-" unary | atom
    atom    = number | "(" expr ")" | "[" expr "]" | sum | P | E
    sum     = "sum_" bound product  |  "sum_{" bound { "," bound } "}" product
    bound   = name [ "=" value ]                            `sum_Z` is `sum_{Z=Z}`: over the value called Z
    P       = "P(" event { "," event } [ "|" condition { "," condition } ] ")"
    E       = "E[" ["-"] event { ("+" | "-") event } [ "|" conditions ] "]"     an event without a value is =1
    condition = event | "do(" setting { "," setting } ")"
    event   = variable [ "=" value ]                        without a value: the value that has the variable's name
    variable = name [ "_{" setting { "," setting } "}" ]    a counterfactual, of Pearl's (2009) ch. 7
    setting = name [ "=" ( value | variable ) ]             `Y_{X=1, M=M_{X=0}}`: M as it would have been
    value   = "0" | "1" | name

A value that is a name stands for 0 or 1, the same one everywhere in its scope: that of its sum, else the whole claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reasonlab.language.lexer import Cursor, Token, tokenize

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<sum>\\?sum_(?=[A-Za-z{]))
  | (?P<name>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*'*)
  | (?P<symbol>_\{|<=|>=|!=|[-+*/()\[\]{}=<>,|])
    """,
    re.VERBOSE,
)

T = TypeVar("T")
Value = int | str


@dataclass(frozen=True, slots=True)
class Variable:
    """`name`, or what it would have been had `settings` been made."""

    name: str
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """`name` is made to take a value, or the one that a counterfactual variable has."""

    name: str
    value: Value | Variable


@dataclass(frozen=True, slots=True)
class Event:
    variable: Variable
    value: Value


@dataclass(frozen=True, slots=True)
class Probability:
    """P(events | given, do(do))."""

    events: tuple[Event, ...]
    given: tuple[Event, ...] = ()
    do: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """E[+-event +-event ... | given, do(do)]: of the indicators of the events; `terms` are (1 or -1, event)."""

    terms: tuple[tuple[int, Event], ...]
    given: tuple[Event, ...] = ()
    do: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of the body over the values of the bound variables; `bound` are (variable, name of its value)."""

    bound: tuple[tuple[str, str], ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is written: `0.50` and `0.5` differ."""

    text: str


@dataclass(frozen=True, slots=True)
class Minus:
    operand: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    operator: str  # one of + - * /
    left: Expression
    right: Expression


Expression = Probability | Expectation | Sum | Figure | Minus | Operation

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}


def tokens_of(text: str) -> list[Token]:
    """The tokens of an expression, closed by an "end". Raises ParseError."""
    return tokenize(text, _TOKEN)


def parse_expression(text: str) -> Expression:
    """Raises ParseError outside the grammar."""
    cursor = Cursor(tokens_of(text))
    expression = read_expression(cursor)
    cursor.end()
    return expression


def read_expression(cursor: Cursor) -> Expression:
    left = _read_product(cursor)
    while sign := cursor.accept("+", "-"):
        left = Operation(sign.text, left, _read_product(cursor))
    return left


def _read_product(cursor: Cursor) -> Expression:
    left = _read_unary(cursor)
    while True:
        if sign := cursor.accept("*", "/"):
            left = Operation(sign.text, left, _read_unary(cursor))
        elif cursor.at("(", "[", "P", "E") or cursor.now.kind == "sum":
            left = Operation("*", left, _read_atom(cursor))
        else:
            return left


def _read_unary(cursor: Cursor) -> Expression:
    if not cursor.accept("-"):
        return _read_atom(cursor)
    cursor.deeper()
    operand = _read_unary(cursor)
    cursor.depth -= 1
    return Minus(operand)


def _read_atom(cursor: Cursor) -> Expression:
    if cursor.now.kind == "sum":
        return _read_sum(cursor)
    if cursor.now.kind == "number":
        return Figure(cursor.take().text)
    if cursor.at("P") and cursor.after.text == "(":
        cursor.take()
        cursor.take()
        events = tuple(_listed(cursor, _read_event))
        return Probability(events, *_read_conditions(cursor, ")"))
    if cursor.at("E") and cursor.after.text == "[":
        cursor.take()
        cursor.take()
        terms = _read_terms(cursor)
        return Expectation(terms, *_read_conditions(cursor, "]"))
    if opening := cursor.accept("(", "["):
        cursor.deeper()
        inner = read_expression(cursor)
        cursor.expect(")" if opening.text == "(" else "]")
        cursor.depth -= 1
        return inner
    raise cursor.error("a number, P(...), E[...], a sum or a bracket")


def _read_sum(cursor: Cursor) -> Sum:
    cursor.take()
    cursor.deeper()
    if cursor.accept("{"):
        bound = tuple(_listed(cursor, _read_bound))
        cursor.expect("}")
    else:
        name = _read_name(cursor)
        bound = ((name, name),)
    if len({value for _, value in bound}) < len(bound):
        raise cursor.error("a name of its own for each value of a sum")
    body = _read_product(cursor)
    cursor.depth -= 1
    return Sum(bound, body)


def _read_bound(cursor: Cursor) -> tuple[str, str]:
    name = _read_name(cursor)
    if not cursor.accept("="):
        return name, name
    value = _read_value(cursor)
    if isinstance(value, int):
        raise cursor.error("a name for the value that a sum runs over")
    return name, value


def _read_terms(cursor: Cursor) -> tuple[tuple[int, Event], ...]:
    terms = [(-1 if cursor.accept("-") else 1, _read_event(cursor, default=1))]
    while sign := cursor.accept("+", "-"):
        terms.append((1 if sign.text == "+" else -1, _read_event(cursor, default=1)))
    return tuple(terms)


def _read_conditions(cursor: Cursor, closing: str) -> tuple[tuple[Event, ...], tuple[Setting, ...]]:
    given: list[Event] = []
    do: list[Setting] = []
    if cursor.accept("|"):
        while True:
            if cursor.at("do") and cursor.after.text == "(":
                cursor.take()
                cursor.take()
                do += _listed(cursor, _read_setting)
                cursor.expect(")")
            else:
                given.append(_read_event(cursor))
            if not cursor.accept(","):
                break
    cursor.expect(closing)
    if any(isinstance(setting.value, Variable) for setting in do):
        raise cursor.error("a value in do(); what a variable would have been goes in a subscript")
    _once(cursor, do)
    return tuple(given), tuple(do)


def _listed(cursor: Cursor, read: Callable[[Cursor], T]) -> list[T]:
    found = [read(cursor)]
    while cursor.accept(","):
        found.append(read(cursor))
    return found


def _read_event(cursor: Cursor, default: Value | None = None) -> Event:
    variable = _read_variable(cursor)
    if cursor.accept("="):
        return Event(variable, _read_value(cursor))
    return Event(variable, variable.name if default is None else default)


def _read_variable(cursor: Cursor) -> Variable:
    name = _read_name(cursor)
    if not cursor.accept("_{"):
        return Variable(name)
    cursor.deeper()
    settings = tuple(_listed(cursor, _read_setting))
    cursor.expect("}")
    cursor.depth -= 1
    _once(cursor, settings)
    return Variable(name, settings)


def _read_setting(cursor: Cursor) -> Setting:
    name = _read_name(cursor)
    if not cursor.accept("="):
        return Setting(name, name)
    if cursor.now.kind == "name" and cursor.after.text == "_{":
        return Setting(name, _read_variable(cursor))
    return Setting(name, _read_value(cursor))


def _once(cursor: Cursor, settings: list[Setting] | tuple[Setting, ...]) -> None:
    if len({setting.name for setting in settings}) < len(settings):
        raise cursor.error("one value for each variable that is set")


def _read_name(cursor: Cursor) -> str:
    if cursor.now.kind != "name" or cursor.now.text.endswith("'"):
        raise cursor.error("a variable")
    return cursor.take().text


def _read_value(cursor: Cursor) -> Value:
    if cursor.at("0", "1"):
        return int(cursor.take().text)
    if cursor.now.kind != "name":
        raise cursor.error("the value 0 or 1, or a name for it")
    return cursor.take().text


def render_expression(expression: Expression, context: int = 0) -> str:
    """The expression as text; `context`: how tightly what stands around it binds."""
    if isinstance(expression, Figure):
        return expression.text
    if isinstance(expression, Probability):
        events = ", ".join(_event(event) for event in expression.events)
        return f"P({events}{_conditions(expression)})"
    if isinstance(expression, Expectation):
        terms = [(" + " if sign > 0 else " - ") + _event(event, 1) for sign, event in expression.terms]
        first = terms[0].removeprefix(" + ")
        return f"E[{first.lstrip()}{''.join(terms[1:])}{_conditions(expression)}]"
    if isinstance(expression, Sum):
        bound = ", ".join(name if name == value else f"{name}={value}" for name, value in expression.bound)
        # A sum takes in every factor after it, so it has to be closed before another one.
        text, own = f"sum_{{{bound}}} {render_expression(expression.body, 2)}", 2
    elif isinstance(expression, Minus):
        text, own = "-" + render_expression(expression.operand, 3), 3
    else:
        own = _PRECEDENCE[expression.operator]
        left = render_expression(expression.left, own)
        if own == 2 and isinstance(expression.left, Sum):
            left = f"({left})"
        text = f"{left} {expression.operator} {render_expression(expression.right, own + 1)}"
    return f"({text})" if own < context else text


def _event(event: Event, default: Value | None = None) -> str:
    name = _variable(event.variable)
    bare = event.variable.name if default is None else default
    return name if event.value == bare else f"{name}={event.value}"


def _variable(variable: Variable) -> str:
    if not variable.settings:
        return variable.name
    return f"{variable.name}_{{{', '.join(_setting(setting) for setting in variable.settings)}}}"


def _setting(setting: Setting) -> str:
    if isinstance(setting.value, Variable):
        return f"{setting.name}={_variable(setting.value)}"
    return setting.name if setting.value == setting.name else f"{setting.name}={setting.value}"


def _conditions(expression: Probability | Expectation) -> str:
    parts = [_event(event) for event in expression.given]
    if expression.do:
        parts.append(f"do({', '.join(_setting(setting) for setting in expression.do)})")
    return f" | {', '.join(parts)}" if parts else ""


def parts(expression: Expression) -> Iterator[Expression]:
    """Every part of an expression, itself included, from the outside in, left to right."""
    stack = [expression]
    while stack:
        here = stack.pop()
        yield here
        if isinstance(here, Minus):
            stack.append(here.operand)
        elif isinstance(here, Sum):
            stack.append(here.body)
        elif isinstance(here, Operation):
            stack += (here.right, here.left)


def variables(expression: Expression) -> frozenset[str]:
    """The names of all variables, those of settings and sums included."""
    found: set[str] = set()
    for part in parts(expression):
        if isinstance(part, Sum):
            found |= {name for name, _ in part.bound}
        elif isinstance(part, (Probability, Expectation)):
            settings = list(part.do)
            for event in _events(part):
                found.add(event.variable.name)
                settings += event.variable.settings
            while settings:
                setting = settings.pop()
                found.add(setting.name)
                if isinstance(setting.value, Variable):
                    found.add(setting.value.name)
                    settings += setting.value.settings
    return frozenset(found)


def free_values(expression: Expression) -> frozenset[str]:
    """The names of values that no sum binds: each stands for 0 or 1."""
    if isinstance(expression, Figure):
        return frozenset()
    if isinstance(expression, Minus):
        return free_values(expression.operand)
    if isinstance(expression, Sum):
        return free_values(expression.body) - {value for _, value in expression.bound}
    if isinstance(expression, Operation):
        return free_values(expression.left) | free_values(expression.right)
    values: set[Value] = {event.value for event in _events(expression)}
    settings = [*expression.do, *(setting for event in _events(expression) for setting in event.variable.settings)]
    while settings:
        value = settings.pop().value
        if isinstance(value, Variable):
            settings += value.settings
        else:
            values.add(value)
    return frozenset(value for value in values if isinstance(value, str))


def is_observational(expression: Expression) -> bool:
    """Whether nothing is done or counterfactual in it: a quantity that passive data can tell."""
    return not any(
        part.do or any(event.variable.settings for event in _events(part))
        for part in parts(expression)
        if isinstance(part, (Probability, Expectation))
    )


def _events(part: Probability | Expectation) -> list[Event]:
    about = part.events if isinstance(part, Probability) else tuple(event for _, event in part.terms)
    return [*about, *part.given]


def ground(expression: Expression, values: Mapping[str, int]) -> Expression:
    """The expression with numbers put in for names that it leaves open."""
    if isinstance(expression, Figure):
        return expression
    if isinstance(expression, Minus):
        return Minus(ground(expression.operand, values))
    if isinstance(expression, Operation):
        return Operation(expression.operator, ground(expression.left, values), ground(expression.right, values))
    if isinstance(expression, Sum):
        own = {value for _, value in expression.bound}
        inner = {name: value for name, value in values.items() if name not in own}
        return Sum(expression.bound, ground(expression.body, inner))
    given = tuple(ground_event(event, values) for event in expression.given)
    do = tuple(_ground_setting(setting, values) for setting in expression.do)
    if isinstance(expression, Probability):
        return Probability(tuple(ground_event(event, values) for event in expression.events), given, do)
    return Expectation(tuple((sign, ground_event(event, values)) for sign, event in expression.terms), given, do)


def ground_event(event: Event, values: Mapping[str, int]) -> Event:
    value = values.get(event.value, event.value) if isinstance(event.value, str) else event.value
    return Event(_ground_variable(event.variable, values), value)


def _ground_variable(variable: Variable, values: Mapping[str, int]) -> Variable:
    return Variable(variable.name, tuple(_ground_setting(setting, values) for setting in variable.settings))


def _ground_setting(setting: Setting, values: Mapping[str, int]) -> Setting:
    if isinstance(setting.value, Variable):
        return Setting(setting.name, _ground_variable(setting.value, values))
    value = values.get(setting.value, setting.value) if isinstance(setting.value, str) else setting.value
    return Setting(setting.name, value)
