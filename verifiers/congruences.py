"""Congruences: every assignment of residues to the unknowns that no definition settles, up to a stated number.

Complete, for terms as they stand: divisions and powers mod p are done, not reasoned about. Where there are several
moduli the residues are those mod their least common multiple, from which all the others follow (Chinese remainders).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from reasonlab.language.terms import Symbol, Term, subterms, symbols
from reasonlab.verifiers.constraints import Link, Premise
from reasonlab.verifiers.decision import Decision
from reasonlab.verifiers.evaluation import Value, evaluate, in_words
from reasonlab.verifiers.limits import Meter

Cases = tuple[tuple[Link, ...], ...]


def enumerate_worlds(links: Sequence[tuple[int, Link]], goal: Premise | None, modulus: int, meter: Meter) -> Decision:
    """The decision on a goal (or, without one, on the links alone) in every world in which the links hold.

    Args:
        modulus: the least common multiple of all moduli.
    """
    order, constraints = _orient([link for _, link in links], modulus)
    defined = {name for name, _ in order}
    names = frozenset().union(*(link.names for _, link in links), goal.names if goal else frozenset())
    free = sorted(names - defined)
    if modulus ** min(len(free), 64) > meter.limits.worlds:
        return Decision(None)
    seen = good = 0
    model = None
    setting = 1 + _size([term for _, term in order]) // 2
    checks = [(link, 1 + _size(link.sides) // 2) for link in constraints]
    asking = 1 + _size([side for case in goal.cases for one in case for side in one.sides]) // 2 if goal else 0
    for values in product(range(modulus), repeat=len(free)):
        meter.spend(setting)
        world: dict[str, Value] = dict(zip(free, values))
        try:
            for name, term in order:
                world[name] = evaluate(term, world, modulus, set(), meter)
        except ZeroDivisionError:
            continue
        if not all(_true(link, world, meter, weight) for link, weight in checks):
            continue
        if goal is None:
            return Decision("consistent")
        meter.spend(asking)
        truth = _holds(goal.cases, world, meter)
        if truth is None:
            return Decision("unsupported", model=in_words(world), reason="a term may be undefined")
        seen, good = seen + 1, good + truth
        if not truth and model is None:
            model = in_words(world)
        if model is not None and good:
            return Decision("unsupported", model=model)
    every = frozenset(key for key, _ in links)
    if not seen:
        return Decision("impossible", every)
    if model is None:
        return Decision("entailed", every)
    if not good:
        return Decision("refuted", every, model=None if seen > 1 else model)
    return Decision("unsupported", model=model)


def _size(terms: Sequence[Term]) -> int:
    return sum(1 for term in terms for _ in subterms(term))


def _orient(links: Sequence[Link], modulus: int) -> tuple[list[tuple[str, Term]], list[Link]]:
    """As many links as can be as definitions, each after those that it reads; the others are constraints."""
    definitions: dict[str, Term] = {}
    constraints = []
    for link in links:
        symbol, term = (link.left, link.right) if isinstance(link.left, Symbol) else (link.right, link.left)
        name = symbol.name if isinstance(symbol, Symbol) and link.modulus == modulus else None
        if name is not None and name not in definitions and not _reads(term, name, definitions):
            definitions[name] = term
        else:
            constraints.append(link)
    order: dict[str, Term] = {}
    stack = [(name, False) for name in reversed(definitions)]
    while stack:
        here, ready = stack.pop()
        if ready:
            order[here] = definitions[here]
        elif here not in order:
            stack.append((here, True))
            stack += [(part, False) for part in sorted(symbols(definitions[here])) if part in definitions]
    return list(order.items()), constraints


def _reads(term: Term, name: str, definitions: dict[str, Term]) -> bool:
    """Whether a term reads a variable, if through definitions."""
    seen: set[str] = set()
    stack = list(symbols(term))
    while stack:
        here = stack.pop()
        if here == name:
            return True
        if here in definitions and here not in seen:
            seen.add(here)
            stack += symbols(definitions[here])
    return False


def _holds(cases: Cases, world: dict[str, Value], meter: Meter) -> bool | None:
    """Whether one of the cases holds; None where the only case is undefined."""
    truths = [[_true(link, world, meter) for link in case] for case in cases]
    if len(truths) == 1 and None in truths[0]:
        return None
    return any(all(case) for case in truths)


def _true(link: Link, world: dict[str, Value], meter: Meter, weight: int = 0) -> bool | None:
    """Whether the link holds in a world; None where it is undefined."""
    meter.spend(weight)
    try:
        left, right = (evaluate(term, world, link.modulus, set(), meter) for term in (link.left, link.right))
    except ZeroDivisionError:
        return None
    return (left - right) % link.modulus == 0  # type: ignore[operator]
