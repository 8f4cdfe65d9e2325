"""Arithmetic as a formula: which data its numbers stand for, so that it is the quantity that it claims to compute.

`0.80 * 0.85 + 0.20 * 0.26` is P(Y=1) because 0.80 was said to be P(X=1), 0.85 to be P(Y=1 | X=1), and so on: with these
put in it is P(X=1) P(Y=1 | X=1) + (1 - P(X=1)) P(Y=1 | X=0), which equals P(Y=1) in every model. Numbers that merely
come out near do not. A number may stand for several things; some choice has to make the formula right, and the choices
are tried in order, in a model with numbers first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product

from reasonlab.language.probability import Expression, Figure, Minus, Operation, parts
from reasonlab.verifiers.counterfactuals import Evaluator
from reasonlab.verifiers.diagrams import Diagram
from reasonlab.verifiers.identities import difference
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.models import models

MAX_CHOICES = 4_096
Meanings = Mapping[Fraction, Sequence[Expression]]  # what a number was said to be


def is_decimal(part: Expression) -> bool:
    """Whether it is a number that has to come from somewhere."""
    return isinstance(part, Figure) and "." in part.text


def reading(
    side: Expression, quantity: Expression, meanings: Meanings, diagram: Diagram, meter: Meter
) -> Expression | None:
    """The arithmetic with meanings for its numbers that make it equal the quantity in every model; None if none do.

    Raises ResourceLimit.
    """
    numbers = [Fraction(part.text) for part in parts(side) if isinstance(part, Figure) and is_decimal(part)]
    trials = [Evaluator(model, meter) for model in models(diagram, 2)]
    try:
        targets = [trial.value(quantity, {}) for trial in trials]
        values = [{each: [trial.value(one, {}) for one in meanings[each]] for each in numbers} for trial in trials]
    except ZeroDivisionError:
        return None
    choices = product(*(range(len(meanings[each])) for each in numbers))
    for choice in islice(choices, MAX_CHOICES):
        meter.spend(len(numbers))
        chosen = [[value[each][index] for each, index in zip(numbers, choice)] for value in values]
        if all(_comes_out(side, target, one) for target, one in zip(targets, chosen)):
            found = put_in(side, [meanings[each][index] for each, index in zip(numbers, choice)])
            try:
                if difference(diagram, quantity, found, meter) is None:
                    return found
            except ZeroDivisionError:
                continue
    return None


def _comes_out(side: Expression, target: Fraction, values: list[Fraction]) -> bool:
    try:
        return _compute(side, iter(values)) == target
    except ZeroDivisionError:
        return False


def _compute(side: Expression, values: Iterator[Fraction]) -> Fraction:
    """The value of arithmetic whose decimals have these values, from left to right."""
    if isinstance(side, Minus):
        return -_compute(side.operand, values)
    if isinstance(side, Operation):
        left, right = _compute(side.left, values), _compute(side.right, values)
        if side.operator == "/":
            return left / right
        return {"+": left + right, "-": left - right, "*": left * right}[side.operator]
    assert isinstance(side, Figure)
    return next(values) if is_decimal(side) else Fraction(side.text)


def put_in(side: Expression, meanings: Sequence[Expression]) -> Expression:
    """The arithmetic with expressions for its decimals, from left to right."""
    rest = iter(meanings)

    def build(part: Expression) -> Expression:
        if isinstance(part, Minus):
            return Minus(build(part.operand))
        if isinstance(part, Operation):
            left = build(part.left)
            return Operation(part.operator, left, build(part.right))
        return next(rest) if is_decimal(part) else part

    return build(side)
