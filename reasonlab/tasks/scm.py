"""Structural causal models (Pearl, Causality, 2nd ed., definition 7.1.1), finite, deterministic given their roots.

A root's mechanism takes nothing: its value is the exogenous part of the model. `do` replaces mechanisms by constants
(definition 7.1.3); `counterfactual` is abduction, action, prediction (theorem 7.1.7) by exact enumeration of the roots.
A variable held by `do` is no root: nothing but another `do` gives it another value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

import networkx as nx

from reasonlab.language.errors import BadInput, ResourceLimit, quote

Value = Hashable
MAX_WORLDS = 100_000


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, its finite domain, its parents in order, and the mechanism that maps their values to its own."""

    name: str
    domain: tuple[Value, ...]
    parents: tuple[str, ...]
    mechanism: Callable[..., Value]


class SCM:
    """Variables given in any order; they must form a directed acyclic graph."""

    def __init__(self, variables: Mapping[str, Variable], *, held: Collection[str] = ()) -> None:
        """`held`: the variables that an intervention holds at their values."""
        self._variables = dict(variables)
        self.held = frozenset(held)
        for variable in self._variables.values():
            for parent in variable.parents:
                if parent not in self._variables:
                    raise BadInput(
                        f"the mechanism of {quote(variable.name)} reads {quote(parent)}, which has none",
                        "every parent among the variables",
                        "add it or take it out of the parents",
                    )
        try:
            self.order: tuple[str, ...] = tuple(nx.lexicographical_topological_sort(self.graph()))
        except nx.NetworkXUnfeasible:
            raise BadInput("the mechanisms form a cycle", "an acyclic graph", "break the cycle") from None

    @property
    def variables(self) -> Mapping[str, Variable]:
        return self._variables

    def graph(self) -> nx.DiGraph:
        """The causal graph: an edge from each parent to its child."""
        graph = nx.DiGraph()
        graph.add_nodes_from(self._variables)
        graph.add_edges_from((p, v.name) for v in self._variables.values() for p in v.parents)
        return graph

    def evaluate(self, exogenous: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """Every variable's value, where `exogenous` gives the values of roots (else their mechanisms do)."""
        self._check(exogenous or {}, roots_only=True)
        values: dict[str, Value] = {}
        for name in self.order:
            variable = self._variables[name]
            if exogenous and name in exogenous:
                values[name] = exogenous[name]
            else:
                values[name] = variable.mechanism(*(values[parent] for parent in variable.parents))
        return values

    def do(self, **interventions: Value) -> SCM:
        """The model in which each named variable is held at a value and no longer listens to its parents."""
        return self.intervene(interventions)

    def intervene(self, interventions: Mapping[str, Value]) -> SCM:
        """`do` for names that are no Python identifiers, such as "red(alex)". The last one on a variable holds it."""
        self._check(interventions, roots_only=False)
        changed = dict(self._variables)
        for name, value in interventions.items():
            changed[name] = Variable(name, self._variables[name].domain, (), _Constant(value))
        return SCM(changed, held={*self.held, *interventions})

    def counterfactual(
        self, evidence: Mapping[str, Value], interventions: Mapping[str, Value]
    ) -> dict[str, set[Value]]:
        """What each variable would be under `interventions`, given `evidence` of what it was.

        The roots are unknown except for what the evidence says. Returns the set of possible values per variable: one
        value where the evidence settles it. An empty set everywhere means that no world has this evidence.

        Raises:
            ResourceLimit: more than MAX_WORLDS settings of the roots.
        """
        self._check(evidence, roots_only=False)
        acted = self.intervene(interventions)
        possible: dict[str, set[Value]] = {name: set() for name in self.order}
        for roots in islice(self._worlds(evidence), MAX_WORLDS):
            before = self.evaluate(roots)
            if all(before[name] == value for name, value in evidence.items()):
                free = {name: value for name, value in roots.items() if name not in interventions}
                for name, value in acted.evaluate(free).items():
                    possible[name].add(value)
        return possible

    def _worlds(self, evidence: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
        roots = [v for v in self._variables.values() if not v.parents and v.name not in self.held]
        domains = [(evidence[root.name],) if root.name in evidence else root.domain for root in roots]
        count = 1
        for domain in domains:
            count *= len(domain)
        if count > MAX_WORLDS:
            raise ResourceLimit(f"{count} settings of the roots are over the limit of {MAX_WORLDS}")
        return (dict(zip((root.name for root in roots), world)) for world in product(*domains))

    def _check(self, values: Mapping[str, Value], *, roots_only: bool) -> None:
        for name, value in values.items():
            variable = self._variables.get(name)
            if variable is None:
                raise BadInput(
                    f"there is no variable {quote(name)}", f"one of {', '.join(self._variables)}", "name one of these"
                )
            if roots_only and name in self.held:
                raise BadInput(f"{quote(name)} is held by do()", "a root that is free", "name its value in do()")
            if roots_only and variable.parents:
                raise BadInput(f"{quote(name)} has causes", "a root", "hold it with do() instead")
            if value not in variable.domain:
                raise BadInput(
                    f"{quote(value)} is no value of {quote(name)}",
                    f"one of {list(variable.domain)}",
                    "choose one of these",
                )


@dataclass(frozen=True, slots=True)
class _Constant:
    value: Value

    def __call__(self) -> Value:
        return self.value


def constant(name: str, domain: tuple[Value, ...], value: Value) -> Variable:
    """A root that holds `value`."""
    return Variable(name, domain, (), _Constant(value))
