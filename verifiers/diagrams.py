"""Causal diagrams: acyclic directed graphs with bidirected edges for unseen common causes, and criteria on them.

A bidirected edge `A <-> B` is an unseen variable with edges to both, so every criterion is one on a directed graph
(Pearl 2009, section 1.2 and ch. 3). d-separation is decided by looking for a way along which dependence flows: through
a chain or fork whose middle is not conditioned on, or a collider that is an ancestor of something that is (Koller &
Friedman 2009, algorithm 3.1). The way found is a shortest one, the first by the names on it: the witness.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import networkx as nx

from reasonlab.language.diagrams import Graph

Edge = tuple[str, str]


@dataclass(frozen=True)
class Diagram:
    """`parents` of every variable, in order of their names; `hidden`: pairs with an unseen common cause, sorted."""

    parents: Mapping[str, tuple[str, ...]]
    hidden: tuple[Edge, ...] = ()

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {name: [] for name in self.parents}
        for name in sorted(self.parents):
            for parent in self.parents[name]:
                found[parent].append(name)
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def siblings(self) -> dict[str, tuple[str, ...]]:
        """The variables that share an unseen cause with each."""
        found: dict[str, set[str]] = {name: set() for name in self.parents}
        for one, two in self.hidden:
            found[one].add(two)
            found[two].add(one)
        return {name: tuple(sorted(each)) for name, each in found.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Causes first; the first by name of those that could come next."""
        return tuple(nx.lexicographical_topological_sort(self._directed()))

    @cached_property
    def size(self) -> int:
        """How many variables and edges there are: what going through it once costs."""
        return len(self.parents) + len(self.hidden) + sum(len(each) for each in self.parents.values())

    def cycle(self) -> list[str] | None:
        """The variables of a directed cycle, from the first by name; None if there is none."""
        try:
            found = [edge[0] for edge in nx.find_cycle(self._directed())]
        except nx.NetworkXNoCycle:
            return None
        start = found.index(min(found))
        return found[start:] + found[:start]

    def _directed(self) -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_nodes_from(sorted(self.parents))
        graph.add_edges_from((parent, name) for name in sorted(self.parents) for parent in self.parents[name])
        return graph

    def ancestors(self, names: Iterable[str]) -> frozenset[str]:
        """The names themselves and all that lead to them."""
        return _reach(names, self.parents)

    def descendants(self, names: Iterable[str]) -> frozenset[str]:
        """The names themselves and all that they lead to."""
        return _reach(names, self.children)

    def within(self, names: Collection[str]) -> Diagram:
        """The diagram of some variables alone, its other variables left out."""
        kept = {name: tuple(p for p in self.parents[name] if p in names) for name in self.parents if name in names}
        return Diagram(kept, tuple(pair for pair in self.hidden if pair[0] in names and pair[1] in names))

    def cut(self, into: Collection[str] = (), out_of: Collection[str] = ()) -> Diagram:
        """Without the edges into some variables (what do() on them removes) and the directed ones out of others."""
        parents = {
            name: () if name in into else tuple(p for p in self.parents[name] if p not in out_of)
            for name in self.parents
        }
        return Diagram(parents, tuple(pair for pair in self.hidden if pair[0] not in into and pair[1] not in into))

    def without(self, edges: Collection[Edge]) -> Diagram:
        """Without some directed edges (cause, effect)."""
        parents = {name: tuple(p for p in each if (p, name) not in edges) for name, each in self.parents.items()}
        return Diagram(parents, self.hidden)

    def districts(self) -> list[frozenset[str]]:
        """The sets that unseen causes tie together (c-components), in order of their first variable by name."""
        found: list[frozenset[str]] = []
        seen: set[str] = set()
        for name in sorted(self.parents):
            if name not in seen:
                found.append(_reach([name], self.siblings))
                seen |= found[-1]
        return found

    def open_way(self, left: Iterable[str], right: Collection[str], given: Collection[str]) -> list[str] | None:
        """A way from left to right along which dependence flows, [name, arrow, name, ...]; None if all are blocked."""
        explained = self.ancestors(given)
        # A state is a variable and whether it was entered through an arrowhead; at the start it acts as if it was not.
        start = [(name, False) for name in sorted(left)]
        before: dict[tuple[str, bool], tuple[tuple[str, bool], str]] = {}
        seen, queue = set(start), list(start)
        for state in queue:
            name, entered = state
            for arrow, other in self._steps(name, entered, state not in before, name in explained, name in given):
                following = (other, arrow != "<-")
                if following in seen:
                    continue
                seen.add(following)
                before[following] = (state, arrow)
                if other in right:
                    return _unwind(following, before)
                queue.append(following)
        return None

    def _steps(
        self, name: str, entered: bool, first: bool, explained: bool, conditioned: bool
    ) -> Iterator[tuple[str, str]]:
        """The edges by which dependence goes on from a variable, in the order of the arrows and names."""
        through_chain = first or not conditioned  # name is left by its tail, or was entered by it
        through_collider = first or (explained if entered else not conditioned)
        if through_chain:
            yield from (("->", child) for child in self.children[name])
        if through_collider:
            yield from (("<-", parent) for parent in self.parents[name])
            yield from (("<->", other) for other in self.siblings[name])


def diagram_of(claim: Graph) -> Diagram:
    names = sorted({*claim.alone, *(name for left, _, right in claim.edges for name in (left, right))})
    causes: dict[str, set[str]] = {name: set() for name in names}
    for left, arrow, right in claim.edges:
        if arrow == "->":
            causes[right].add(left)
    hidden = tuple(sorted((left, right) for left, arrow, right in claim.edges if arrow == "<->"))
    return Diagram({name: tuple(sorted(causes[name])) for name in names}, hidden)


def way(found: list[str]) -> str:
    return " ".join(found)


def backdoor(
    diagram: Diagram, chosen: Collection[str], treatment: Collection[str], outcome: Collection[str]
) -> str | None:
    """What Pearl's back-door criterion (2009, definition 3.3.1) finds wrong with a set; None if nothing."""
    for name in sorted(chosen):
        if cause := sorted(diagram.ancestors([name]) & set(treatment)):
            return f"{name} is a descendant of {cause[0]}"
    # Of several treatments each has its own back-door paths, which may not lead through another one's edges.
    found = diagram.cut(out_of=treatment).open_way(treatment, outcome, chosen)
    return None if found is None else f"the back-door path {way(found)} stays open"


def frontdoor(
    diagram: Diagram, chosen: Collection[str], treatment: Collection[str], outcome: Collection[str]
) -> str | None:
    """What Pearl's front-door criterion (2009, definition 3.3.3) finds wrong with a set; None if nothing."""
    directed = Diagram(diagram.parents).cut(into=chosen)
    around = _directed_path(directed, treatment, outcome)
    if around is not None:
        return f"the directed path {' -> '.join(around)} avoids it"
    if chosen:
        found = diagram.cut(out_of=treatment).open_way(treatment, chosen, ())
        if found is not None:
            return f"the back-door path {way(found)} into it is open"
        found = diagram.cut(out_of=chosen).open_way(chosen, outcome, treatment)
        if found is not None:
            return f"the back-door path {way(found)} out of it is not blocked by {', '.join(sorted(treatment))}"
    return None


def adjusts(
    diagram: Diagram, chosen: Collection[str], treatment: Collection[str], outcome: Collection[str]
) -> str | None:
    """What the complete adjustment criterion finds wrong with a set; None if nothing.

    Shpitser, VanderWeele & Robins (2010), theorem 5, in the form of Perkovic et al. (2018), definition 4: (a) nothing
    in the set descends from what lies, treatments aside, on a proper causal path; (b) it blocks all other proper paths.
    """
    proper = diagram.cut(into=treatment)
    causal = (proper.descendants(treatment) - set(treatment)) & proper.ancestors(outcome)
    forbidden = diagram.descendants(causal)
    for name in sorted(chosen):
        if name in forbidden:
            return f"{name} is on a causal path or descends from one"
    first = {(cause, name) for name in causal for cause in diagram.parents[name] if cause in treatment}
    found = diagram.without(first).open_way(treatment, outcome, chosen)
    return None if found is None else f"the path {way(found)}, which is not causal, stays open"


def _directed_path(diagram: Diagram, left: Iterable[str], right: Collection[str]) -> list[str] | None:
    before: dict[str, str] = {}
    queue = sorted(left)
    seen = set(queue)
    for name in queue:
        if name in right:
            path = [name]
            while path[-1] in before:
                path.append(before[path[-1]])
            return path[::-1]
        for child in diagram.children[name]:
            if child not in seen:
                seen.add(child)
                before[child] = name
                queue.append(child)
    return None


def _reach(names: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found = set(names)
    stack = list(found)
    while stack:
        for other in edges[stack.pop()]:
            if other not in found:
                found.add(other)
                stack.append(other)
    return frozenset(found)


def _unwind(state: tuple[str, bool], before: Mapping[tuple[str, bool], tuple[tuple[str, bool], str]]) -> list[str]:
    found = [state[0]]
    while state in before:
        state, arrow = before[state]
        found += [arrow, state[0]]
    return found[::-1]
