"""A signature: what each name stands for (a statement, a function, an individual) and of how many things.

In one chain a name stands for one thing. `Mother(ada, ben)` beside `Mother(ada)`, or `Likes(ben, Dog)` beside
`Dog(rex)`, has a meaning in logic, where these would be two things that happen to be spelled alike; no writer means
that, and a reader who lets it pass proves too little without saying why. So it is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reasonlab.language.formulas import Apply, Atom, Formula, arguments, is_variable, parts, spelling


@dataclass(frozen=True, slots=True)
class Use:
    """How a name is used: as a "predicate", a "function" or an "individual", with so many arguments."""

    role: str
    arity: int

    def __str__(self) -> str:
        if self.role == "individual":
            return "an individual"
        if not self.arity:
            return "a statement of its own"
        return f"a {self.role} of {self.arity} argument{'s' if self.arity > 1 else ''}"


def uses(formula: Formula) -> Iterator[tuple[str, Use]]:
    """Every name of a formula, by its spelling, with how it is used there."""
    for part in parts(formula):
        if isinstance(part, Atom):
            yield spelling(part.predicate), Use("predicate", len(part.arguments))
    for argument in arguments(formula):
        if isinstance(argument, Apply):
            yield spelling(argument.function), Use("function", len(argument.arguments))
        elif not is_variable(argument):
            yield spelling(argument), Use("individual", 0)


class Signature:
    """How the names of the formulas seen so far are used, and where that was seen first."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Use, str]] = {}

    def clash(self, formula: Formula) -> str | None:
        """The first name used in two ways, in words; None if there is none."""
        own: dict[str, tuple[Use, str]] = {}
        for name, use in uses(formula):
            known, where = self.known.get(name) or own.setdefault(name, (use, "elsewhere in it"))
            if known != use:
                return f"{name} is {known} {where}, and {use} here"
        return None

    def add(self, formula: Formula, where: str) -> None:
        """`where`: as in "in g0"."""
        for name, use in uses(formula):
            self.known.setdefault(name, (use, where))
