"""Algebra: claims about unknowns, from equations and comparisons. Unknowns are reals; those in a congruence, integers.

From the cheapest exact method to the dearest; each says "not mine" rather than guess:

1. *Linear*: Gaussian elimination over the rationals, with the premises of every row. Complete for linear equations.
   With the solved variables put in and every other monomial taken as an unknown, it still proves and refutes.
2. *One unknown left*: the real roots common to all equations (SymPy: gcd, square-free part, Sturm's count). Complete.
3. *Mod p*: every assignment of the unknowns that no definition settles, up to a stated number. Complete.
4. *Z3* (nonlinear real and integer arithmetic) within its resource limit; else `unknown`.

Premises are minimised by leaving out one at a time, givens first, so that what remains is the latest steps. Leap: 0 for
a relation restated; for a linear claim that 1 proves: 1 for every premise after the first, at least 1; else None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from reasonlab.language.claims import Compare, render_claim
from reasonlab.language.errors import ResourceLimit
from reasonlab.language.terms import Symbol, Term, symbols
from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.arithmetic import Relation, Ring
from reasonlab.verifiers.evaluation import evaluate, residue, show
from reasonlab.verifiers.limits import Limits, Meter, within
from reasonlab.verifiers.polynomials import ONE, Polynomial
from reasonlab.verifiers.verdicts import Contradiction, Judgement

Premises = Sequence[tuple[int, Relation]]


@dataclass(frozen=True, slots=True)
class Link:
    """One relation between two terms, and the premise it comes from."""

    key: int
    left: Term
    operator: str  # = < <= > >= !=
    right: Term
    modulus: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What one method found; `status` None: not mine. `model`: the givens hold there and the claim fails."""

    status: str | None
    premises: frozenset[int] = frozenset()
    model: str | None = None
    reason: str | None = None
    linear: bool = False


def links(key: int, claim: Relation) -> list[Link]:
    if isinstance(claim, Compare):
        return [Link(key, claim.left, claim.operator, claim.right)]
    return [Link(key, claim.terms[i], "=", claim.terms[i + 1], claim.modulus) for i in range(len(claim.terms) - 1)]


def judge_links(premises: Premises, claim: Relation, limits: Limits, meter: Meter) -> Judgement:
    """The judgement on a claim of any number of links: entailed iff every link is."""
    judged = [_judge(premises, link, limits, meter) for link in links(-1, claim)]
    for status in ("refuted", "unsupported", "unknown"):
        for one in judged:
            if one.status == status:
                return one
    return Judgement("entailed", tuple(sorted({key for one in judged for key in one.premises})))


def judge(premises: Premises, claim: Relation, limits: Limits, meter: Meter) -> Judgement:
    """The judgement on a claim of one link."""
    (link,) = links(-1, claim)
    return _judge(premises, link, limits, meter)


def _judge(premises: Premises, goal: Link, limits: Limits, meter: Meter) -> Judgement:
    try:
        relevant = _relevant([link for key, claim in premises for link in links(key, claim)], _names(goal))
        within(len(relevant), limits.premises, "premises of one question")
        decision = _decide(relevant, goal, limits, meter)
        if decision.status in ("entailed", "refuted"):
            kept = _minimal(relevant, goal, decision, limits, meter)
            leap = max(1, len(kept) - 1) if decision.linear else None
            return Judgement(decision.status, kept, leap, decision.model, decision.reason)
        return Judgement(decision.status or "unknown", (), None, decision.model, decision.reason)
    except ZeroDivisionError as error:
        return Judgement("unsupported", reason=f"a term is undefined: {error}")
    except ResourceLimit as error:
        return Judgement("unknown", reason=str(error))


def contradiction(premises: Premises, limits: Limits, meter: Meter) -> Contradiction | None:
    """Whether the premises contradict each other: which, or None. Undecided counts, and says so."""
    every = [link for key, claim in premises for link in links(key, claim)]
    try:
        rest = every
        while rest:
            group = _relevant(rest, _names(rest[0])) or [rest[0]]
            taken = set(map(id, group))
            rest = [link for link in rest if id(link) not in taken]
            within(len(group), limits.premises, "premises of one question")
            decision = _decide(group, None, limits, meter)
            if decision.status == "refuted":
                kept = _minimal(group, None, decision, limits, meter)
                words = " and ".join(dict.fromkeys(render_claim(claim) for key, claim in premises if key in kept))
                return Contradiction(kept, f"{words} cannot {'all ' if len(kept) > 1 else ''}hold")
            if decision.status == "unknown":
                return Contradiction((), f"whether the givens can all hold is unknown: {decision.reason}")
    except ZeroDivisionError as error:
        return Contradiction(tuple(sorted({link.key for link in every if _undefined(link, limits)})), str(error))
    except ResourceLimit as error:
        return Contradiction((), f"whether the givens can all hold is unknown: {error}")
    return None


def _undefined(link: Link, limits: Limits) -> bool:
    try:
        _difference(link, limits)
    except ZeroDivisionError:
        return True
    return False


def _names(link: Link) -> frozenset[str]:
    return symbols(link.left) | symbols(link.right)


def _relevant(premises: Sequence[Link], names: Iterable[str]) -> list[Link]:
    """The premises that share a variable with `names`, directly or through others, in their order."""
    reached = set(names)
    named = [(link, _names(link)) for link in premises]
    taken: set[int] = set()
    grew = True
    while grew:
        grew = False
        for position, (_, own) in enumerate(named):
            if position not in taken and own & reached:
                taken.add(position)
                reached |= own
                grew = True
    return [named[position][0] for position in sorted(taken)]


def _minimal(
    premises: Sequence[Link], goal: Link | None, decision: Decision, limits: Limits, meter: Meter
) -> tuple[int, ...]:
    """The decision's premises without those that it stands without, left out one at a time in canonical order."""
    kept = set(decision.premises)
    for key in sorted(decision.premises):
        some = [link for link in premises if link.key in kept and link.key != key]
        if _decide(some, goal, limits, meter).status == decision.status:
            kept.discard(key)
    return tuple(sorted(kept))


def _decide(premises: Sequence[Link], goal: Link | None, limits: Limits, meter: Meter) -> Decision:
    """Without a goal: "refuted" if the premises contradict each other, "consistent" if not."""
    moduli = {link.modulus for link in (*premises, *((goal,) if goal else ()))}
    if moduli == {None}:
        decision = _eliminate(premises, goal, limits)
        if decision.status is not None:
            return decision
    elif None not in moduli and len(moduli) == 1:
        decision = _enumerate(premises, goal, next(iter(moduli)), limits)  # type: ignore[arg-type]
        if decision.status is not None:
            return decision
    return _ask_z3(premises, goal, limits, meter)


# --- 1 and 2: the reals, exactly ---------------------------------------------------------------------------------


def _difference(link: Link, limits: Limits) -> tuple[Polynomial, list[Polynomial]]:
    """left - right over a common denominator, and the denominators that must not be zero."""
    left, right = poly.ratio(link.left, limits.monomials), poly.ratio(link.right, limits.monomials)
    above = poly.add(
        poly.multiply(left.numerator, right.denominator, limits.monomials),
        poly.multiply(right.numerator, left.denominator, limits.monomials),
        -1,
    )
    return above, [below for below in (left.denominator, right.denominator) if set(below) != {ONE}]


@dataclass(slots=True)
class _Row:
    polynomial: Polynomial
    premises: frozenset[int]


def _reduce(row: _Row, pivots: dict[Any, _Row]) -> _Row:
    """The row with every pivot's monomial eliminated. Pivot rows have 1 at their own monomial and no other pivot."""
    polynomial, premises = row.polynomial, row.premises
    for monomial in sorted(row.polynomial):
        if monomial in pivots and monomial in polynomial:
            pivot = pivots[monomial]
            polynomial = poly.add(polynomial, pivot.polynomial, -polynomial[monomial])
            premises |= pivot.premises
    return _Row(polynomial, premises)


def _insert(row: _Row, pivots: dict[Any, _Row]) -> frozenset[int] | None:
    """Take a row into the reduced system; the premises of a contradiction if it makes one."""
    row = _reduce(row, pivots)
    if not row.polynomial:
        return None
    # The greatest monomial is eliminated, so that the lowest stay free.
    lead = max(row.polynomial, key=lambda monomial: (sum(e for _, e in monomial), monomial))
    if lead == ONE:
        return row.premises
    scale = 1 / row.polynomial[lead]
    row = _Row({monomial: value * scale for monomial, value in row.polynomial.items()}, row.premises)
    for monomial, other in pivots.items():
        if lead in other.polynomial:
            pivots[monomial] = _Row(
                poly.add(other.polynomial, row.polynomial, -other.polynomial[lead]), other.premises | row.premises
            )
    pivots[lead] = row
    return None


def _eliminate(premises: Sequence[Link], goal: Link | None, limits: Limits) -> Decision:
    rows: list[_Row] = []
    exact = True  # whether the rows say all that the premises say
    for link in sorted(premises, key=lambda one: -one.key):  # later steps become pivots: they stay as premises
        if link.operator != "=":
            exact = False
            continue
        polynomial, conditions = _difference(link, limits)
        exact = exact and not conditions
        rows.append(_Row(polynomial, frozenset((link.key,))))
    solved: dict[Any, _Row] = {}
    for row in rows:
        if poly.degree(row.polynomial) <= 1 and (found := _insert(row, solved)) is not None:
            return Decision("refuted", found)
    others = [_put_in(row, solved, limits) for row in rows if poly.degree(row.polynomial) > 1]
    pivots = dict(solved)
    for row in others:
        if (found := _insert(row, pivots)) is not None:
            return Decision("refuted", found)
    if goal is None:
        if exact and not others:
            return Decision("consistent")
        return _roots(others, None, solved) if exact else Decision(None)
    polynomial, conditions = _difference(goal, limits)
    if conditions or goal.operator != "=":
        return Decision(None)
    target = _put_in(_Row(polynomial, frozenset()), solved, limits)
    reduced = _reduce(target, pivots)
    linear = poly.degree(polynomial) <= 1
    if not reduced.polynomial:
        return Decision("entailed", reduced.premises, linear=linear)
    if set(reduced.polynomial) == {ONE}:
        return Decision("refuted", reduced.premises, model=_solution(goal, solved))
    if not exact:
        return Decision(None)
    if others:
        return _roots(others, target, solved)
    if poly.degree(target.polynomial) == 1 or _has_root(target.polynomial):
        return Decision("unsupported", model=_counterexample(target.polynomial, solved, _unknowns(premises, goal)))
    return Decision(None)


def _put_in(row: _Row, solved: dict[Any, _Row], limits: Limits) -> _Row:
    """The row with the variables that linear equations solve put in."""
    used = [m for m in solved if m[0][0] in poly.variables(row.polynomial)]
    if not used:
        return row
    values = {m[0][0]: poly.add({m: Fraction(1)}, solved[m].polynomial, -1) for m in used}
    premises = row.premises.union(*(solved[m].premises for m in used))
    return _Row(poly.replace(row.polynomial, values, limits.monomials), premises)


def _solution(goal: Link, solved: dict[Any, _Row]) -> str | None:
    """The right value of a variable that the goal is about, if one has it."""
    for side in (goal.left, goal.right):
        if isinstance(side, Symbol) and (row := solved.get(((side.name, 1),))) is not None:
            rest = {m: value for m, value in row.polynomial.items() if m != ((side.name, 1),)}
            if set(rest) <= {ONE}:
                return f"{side.name} = {show(-rest.get(ONE, Fraction(0)))}"
    return None


def _unknowns(premises: Sequence[Link], goal: Link) -> list[str]:
    return sorted(frozenset().union(*(_names(link) for link in (*premises, goal))))


def _counterexample(target: Polynomial, solved: dict[Any, _Row], names: list[str]) -> str:
    """A solution of the linear system at which `target` is not zero: the first on a grid (a nonzero polynomial
    cannot vanish on the whole of one whose side is longer than its degree)."""
    free = sorted(poly.variables(target))
    side = poly.degree(target) + 1
    point = next(
        dict(zip(free, map(Fraction, values)))
        for values in product(range(side), repeat=len(free))
        if poly.value_at(target, dict(zip(free, map(Fraction, values)))) != 0
    )
    full = {name: point.get(name, Fraction(0)) for name in names}
    for monomial, row in solved.items():
        rest = {m: -value for m, value in row.polynomial.items() if m != monomial}
        full[monomial[0][0]] = poly.value_at(rest, full)
    return _in_words(full)


def _in_words(values: dict[str, Fraction], most: int = 12) -> str:
    shown = [f"{name} = {show(value)}" for name, value in sorted(values.items())]
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")


def _sympy(polynomial: Polynomial, name: str) -> Any:
    import sympy

    symbol = sympy.Symbol(name)
    return sympy.Poly.from_dict(
        {
            (monomial[0][1] if monomial else 0,): sympy.Rational(v.numerator, v.denominator)
            for monomial, v in polynomial.items()
        },
        symbol,
        domain="QQ",
    )


MAX_DEGREE = 30


def _univariate(*polynomials: Polynomial) -> str | None:
    names = frozenset().union(*(poly.variables(polynomial) for polynomial in polynomials))
    small = all(poly.degree(polynomial) <= MAX_DEGREE for polynomial in polynomials)
    return next(iter(names)) if len(names) == 1 and small else None


def _has_root(polynomial: Polynomial) -> bool:
    """Whether a polynomial certainly has a real root; False also where this does not see it."""
    name = _univariate(polynomial)
    return name is not None and _sympy(polynomial, name).sqf_part().count_roots() > 0


def _roots(rows: Sequence[_Row], target: _Row | None, solved: dict[Any, _Row]) -> Decision:
    """Equations in one unknown: compare their common real roots with the target's."""
    rows = [row for row in rows if row.polynomial]
    name = _univariate(*(row.polynomial for row in rows), *((target.polynomial,) if target else ()))
    if not rows or name is None:
        return Decision(None)
    common = _sympy(rows[0].polynomial, name)
    for row in rows[1:]:
        common = common.gcd(_sympy(row.polynomial, name))
    premises = frozenset().union(*(row.premises for row in rows))
    common = common.sqf_part()
    if common.count_roots() == 0:
        return Decision("refuted", premises)
    if target is None:
        return Decision("consistent")
    premises |= target.premises
    shared = common.gcd(_sympy(target.polynomial, name))
    rest = common.quo(shared)
    roots = " or ".join(f"{name} = {root}" for root in common.real_roots()) if common.degree() <= 4 else None
    if rest.count_roots() == 0:
        return Decision("entailed", premises)
    if shared.count_roots() == 0:
        return Decision("refuted", premises, model=roots)
    return Decision("unsupported", model=roots)


# --- 3: mod p, by trying every world ------------------------------------------------------------------------------


def _enumerate(premises: Sequence[Link], goal: Link | None, modulus: int, limits: Limits) -> Decision:
    if any(link.operator != "=" for link in premises) or (goal is not None and goal.operator != "="):
        return Decision(None)
    ring, constraints = _orient(premises, modulus)
    names = frozenset().union(*(_names(link) for link in premises), _names(goal) if goal else frozenset())
    free = sorted(names - set(ring.definitions))
    if modulus ** min(len(free), 64) > limits.worlds:
        return Decision(None)
    seen, holds, fails, undefined, model = 0, 0, 0, 0, None
    for values in product(range(modulus), repeat=len(free)):
        world = dict(zip(free, values))
        ring.values = dict(world)
        if ring.solve() is not None or not all(_true(link, ring) for link in constraints):
            continue
        seen += 1
        truth = _true(goal, ring) if goal is not None else True
        if truth is None:
            undefined += 1
        elif truth:
            holds += 1
        else:
            fails += 1
            model = model or _in_words({name: Fraction(ring.values[name]) for name in names})
    every = frozenset(link.key for link in premises)
    if not seen:
        return Decision("refuted", every)
    if goal is None:
        return Decision("consistent")
    if undefined:
        return Decision("unsupported", reason=f"a term is undefined in {undefined} of {seen} cases")
    if not fails:
        return Decision("entailed", every)
    if not holds:
        return Decision("refuted", every, model=None if seen > 1 else model)
    return Decision("unsupported", model=model)


def _orient(premises: Sequence[Link], modulus: int) -> tuple[Ring, list[Link]]:
    """As many premises as can be as definitions without a cycle; the others are constraints."""
    ring, constraints = Ring(modulus), []
    for link in premises:
        name, term = (link.left, link.right) if isinstance(link.left, Symbol) else (link.right, link.left)
        if isinstance(name, Symbol) and name.name not in ring.definitions:
            ring.definitions[name.name] = (link.key, term)
            ring.parents[name.name] = tuple(sorted(symbols(term)))
            if not ring.cyclic():
                continue
            del ring.definitions[name.name], ring.parents[name.name]
        constraints.append(link)
    return ring, constraints


def _true(link: Link, ring: Ring) -> bool | None:
    """Whether the link holds in the ring's world; None where it is undefined."""
    try:
        left, right = (evaluate(term, ring.values, ring.modulus, set()) for term in (link.left, link.right))
    except ZeroDivisionError:
        return None
    except KeyError as name:
        raise ResourceLimit(f"{name} has no value within the limits") from None
    return left == right


# --- 4: Z3 -------------------------------------------------------------------------------------------------------


def _ask_z3(premises: Sequence[Link], goal: Link | None, limits: Limits, meter: Meter) -> Decision:
    from reasonlab.verifiers.solver import Solver

    solver = Solver(limits, meter, limits.algebra_rlimit)
    whole = {name for link in premises if link.modulus for name in _names(link)}
    # A congruence is about integers, and that a claim speaks of one makes nothing an integer.
    if goal is not None and goal.modulus and (open_names := sorted(_names(goal) - whole)):
        return Decision("unsupported", reason=f"{', '.join(open_names)} may not be an integer")
    givens: dict[int, list[Any]] = {link.key: [] for link in premises}
    for link in premises:
        formula, defined = _encode(link, solver, whole, limits)
        givens[link.key] += [formula, *defined]
    tracked = {key: solver.all(formulas) for key, formulas in givens.items()}
    if goal is None:
        answer = solver.check(tracked, [])
        return Decision(
            {"unsat": "refuted", "sat": "consistent"}.get(answer.status, "unknown"), answer.core, reason=answer.reason
        )
    formula, defined = _encode(goal, solver, whole, limits)
    sound: frozenset[int] = frozenset()  # what makes the goal defined
    if defined:
        answer = solver.check(tracked, [solver.none(defined)])
        if answer.status == "sat":
            return Decision("unsupported", model=answer.model, reason="a term may be undefined")
        if answer.status == "unknown":
            return Decision("unknown", reason=answer.reason)
        sound = answer.core
    against = solver.check(tracked, [solver.none([formula])])
    if against.status == "unsat":
        return Decision("entailed", against.core | sound)
    given = solver.check(tracked, [formula])
    if given.status == "unsat":
        return Decision("refuted", given.core | sound, model=against.model)
    if "unknown" in (against.status, given.status):
        return Decision("unknown", reason=against.reason or given.reason)
    return Decision("unsupported", model=against.model)


def _encode(link: Link, solver: Any, whole: set[str], limits: Limits) -> tuple[Any, list[Any]]:
    """The link for Z3 and the conditions under which it is defined."""
    difference, conditions = _difference(link, limits)
    if link.modulus is not None:
        if conditions:
            raise ResourceLimit("a division by an unknown together with a congruence is outside the exact methods")
        scaled = {monomial: Fraction(residue(value, link.modulus)) for monomial, value in difference.items()}
        return solver.divisible(solver.polynomial(scaled, whole), link.modulus), []
    defined = [solver.compare(solver.polynomial(below, whole), "!=", 0) for below in conditions]
    if link.operator not in ("=", "!="):
        # Over a common denominator the sides compare as their difference does, if its sign is put right.
        for below in conditions:
            difference = poly.multiply(difference, below, limits.monomials)
    if poly.degree(difference) > limits.degree and len(poly.variables(difference)) > 1:
        raise ResourceLimit(
            f"degree {poly.degree(difference)} in several unknowns is over the limit of {limits.degree} for the solver"
        )
    return solver.compare(solver.polynomial(difference, whole), link.operator, 0), defined
