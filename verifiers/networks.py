"""Graphs whose edges are given: paths, reachability, distances, orders, cycles and pieces, by networkx.

The world is closed: the edges given are all there are, and a node without one is alone. An edge `a -- b` can be passed
both ways; one without a weight counts 1 where weights are added.

- *Premises*: the edges used. *Leap*: how many are used at once, where an earlier entailed `reachable` counts as one; an
  edge restated is 0. The path that serves as proof or witness is one with the fewest edges, the first by its nodes.
- *Witness* of a refutation: the edge that is missing, a shorter path, the edge against an order, the nodes reached.
- Givens that are no edges must hold of the edges, else they are a contradiction, as are two weights of one edge.
- *Fault*: `inherited` if the claim would be entailed were the edges and paths there that earlier bad steps state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

import networkx as nx

from reasonlab.language.claims import render_claim
from reasonlab.language.errors import ResourceLimit
from reasonlab.language.networks import (
    Components,
    Cycle,
    Link,
    Linked,
    Order,
    Path,
    Reachable,
    Shortest,
    Unreachable,
    show_weight,
)
from reasonlab.verifiers.limits import Meter, within
from reasonlab.verifiers.verdicts import Contradiction, Judgement

Claim = Link | Path | Cycle | Reachable | Unreachable | Linked | Shortest | Order | Components
_COST = 10  # what going by a node or an edge once counts for
_SHOWN = 20  # nodes of a witness


class Networks:
    """The graph of one chain, and what was established about it."""

    def __init__(self, givens: Sequence[tuple[int, Claim]], meter: Meter) -> None:
        self.givens, self.meter = givens, meter
        self.graph = nx.DiGraph()  # an edge that can be passed both ways is two, with one key
        self.stated: dict[str, int] = {}
        self.jumps: dict[str, dict[str, int]] = {}  # start -> end -> the step that got there
        self.bad: list[Claim] = []
        self.contradiction = self._read()

    def _read(self) -> Contradiction | None:
        for key, claim in self.givens:
            self.stated.setdefault(render_claim(claim), key)
            if isinstance(claim, Link) and (found := self._add(key, claim)):
                return found
        for key, claim in self.givens:
            if not isinstance(claim, Link):
                try:
                    judged = self._judge(claim)
                except ResourceLimit as limit:
                    return Contradiction((), f"given {key} was not decided: {limit}")
                if judged.status != "entailed":
                    premises = tuple(sorted({key, *judged.premises}))
                    return Contradiction(premises, judged.reason or judged.witness or "it does not hold")
        return None

    def _add(self, key: int, claim: Link) -> Contradiction | None:
        ways = [(claim.start, claim.end)] if claim.directed else [(claim.start, claim.end), (claim.end, claim.start)]
        for start, end in ways:
            before = self.graph.get_edge_data(start, end)
            if before is None:
                self.graph.add_edge(start, end, key=key, weight=claim.weight, both=not claim.directed)
            elif claim.weight is not None and before["weight"] not in (None, claim.weight):
                return Contradiction((before["key"], key), f"two weights of {start} -> {end}")
            elif claim.weight is not None and before["weight"] is None:
                before.update(key=key, weight=claim.weight)
            if before is not None and not claim.directed:
                before.update(key=key, both=True)  # one edge, however often a direction of it is given
        return None

    def judge(self, claim: Claim, text: str) -> Judgement:
        if text in self.stated:
            return Judgement("entailed", (self.stated[text],), 0)
        return self._judge(claim)

    def _judge(self, claim: Claim) -> Judgement:
        if not self.graph:
            return Judgement("unsupported", reason="no edge is given")
        if isinstance(claim, Link):
            return self._link(claim)
        if isinstance(claim, Path):
            return self._path(claim.nodes, claim.weight)
        self.meter.spend(_COST * (len(self.graph) + self.graph.number_of_edges()))
        if isinstance(claim, Cycle):
            return self._cycle(claim)
        if isinstance(claim, (Reachable, Unreachable)):
            return self._reaches(claim)
        if isinstance(claim, Linked):
            return self._linked(claim)
        if isinstance(claim, Shortest):
            return self._shortest(claim)
        return self._order(claim) if isinstance(claim, Order) else self._components(claim)

    def _link(self, claim: Link) -> Judgement:
        ways = [(claim.start, claim.end)] if claim.directed else [(claim.start, claim.end), (claim.end, claim.start)]
        for start, end in ways:
            if (missing := self._missing(start, end)) is not None:
                return missing
        keys = self._keys(ways)
        weights = [self.graph[start][end]["weight"] for start, end in ways]
        for (start, end), weight in zip(ways, weights):
            if claim.weight is not None and weight != claim.weight:
                if weight is None:
                    return Judgement("unsupported", keys, reason=f"no weight of {start} -> {end} is given")
                return Judgement("refuted", keys, None, f"{start} -> {end} = {show_weight(weight)}")
        return Judgement("entailed", keys, 0)

    def _missing(self, start: str, end: str) -> Judgement | None:
        """The refutation of whatever needs an edge that is not there."""
        if self.graph.has_edge(start, end):
            return None
        reason = f"there is no edge {start} -> {end}"
        if not self.graph.has_edge(end, start):
            return Judgement("refuted", (), None, reason)
        return Judgement("refuted", self._keys([(end, start)]), None, f"{reason}, only {end} -> {start}")

    def _path(self, nodes: Sequence[str], weight: Fraction | None) -> Judgement:
        edges = list(pairwise(nodes))
        for start, end in edges:
            if (missing := self._missing(start, end)) is not None:
                return missing
        total = sum((self._weight(start, end) for start, end in edges), Fraction(0))
        keys = self._keys(edges)
        if weight is not None and total != weight:
            return Judgement("refuted", keys, None, f"the weights add up to {show_weight(total)}")
        return Judgement("entailed", keys, len(edges))

    def _cycle(self, claim: Cycle) -> Judgement:
        if claim.nodes:
            start, *_ = claim.nodes
            if len(claim.nodes) == 2 and all(self.graph.has_edge(*way) for way in (claim.nodes, claim.nodes[::-1])):
                there, back = self.graph[start][claim.nodes[1]], self.graph[claim.nodes[1]][start]
                if there["key"] == back["key"]:
                    return Judgement("refuted", (there["key"],), None, "it goes back by the edge that it came by")
            return self._path([*claim.nodes, start], claim.weight)
        found = self._some_cycle()
        if found is None:
            return Judgement("entailed", self._keys(self.graph.edges), self._count())
        return Judgement("refuted", self._keys(pairwise(found)), None, _show(found))

    def _some_cycle(self) -> list[str] | None:
        """A cycle as its nodes, the first at both ends. Passing one edge there and back is none."""
        # Edges that can be passed both ways join nodes into pieces, each a tree unless it holds a cycle itself; any
        # other cycle goes through the pieces along the edges that have a direction.
        both = nx.Graph((a, b) for a, b, data in self.graph.edges(data=True) if data["both"])
        piece = {node: node for node in self.graph}
        for nodes in nx.connected_components(both):
            piece.update(dict.fromkeys(nodes, min(nodes)))
        contracted = nx.DiGraph()
        for a, b, data in sorted(self.graph.edges(data=True), key=lambda edge: edge[:2]):
            if not data["both"]:
                contracted.add_edge(piece[a], piece[b])
        home = {
            node: index for index, nodes in enumerate(nx.strongly_connected_components(contracted)) for node in nodes
        }
        loops = {frozenset(edge) for edge in (both.edges if both and not nx.is_forest(both) else ())}
        bridges = {frozenset(edge) for edge in nx.bridges(both)} if loops else set()
        for a, b, data in sorted(self.graph.edges(data=True), key=lambda edge: edge[:2]):
            if data["both"]:
                on_cycle = frozenset((a, b)) in loops - bridges
            else:
                on_cycle = home[piece[a]] == home[piece[b]]
            if on_cycle and (back := self._search(b, a, without=data["key"])) is not None:
                return [a, *back]
        return None

    def _reaches(self, claim: Reachable | Unreachable) -> Judgement:
        path = self._search(claim.start, claim.end, jumps=True)
        if path is None:
            reached = self._reached(claim.start)
            keys = self._keys((a, b) for a in reached if a in self.graph for b in self.graph[a])
            if isinstance(claim, Unreachable):
                return Judgement("entailed", keys, len(keys))
            others = sorted(reached - {claim.start})
            witness = f"{claim.start} reaches only {_list(others)}" if others else f"no edge leaves {claim.start}"
            return Judgement("refuted", keys, None, witness)
        keys = self._keys(pairwise(path))
        if isinstance(claim, Unreachable):
            return Judgement("refuted", keys, None, _show(path))
        return Judgement("entailed", keys, len(path) - 1)

    def _reached(self, start: str) -> set[str]:
        return {start, *nx.descendants(self.graph, start)} if start in self.graph else {start}

    def _linked(self, claim: Linked) -> Judgement:
        path = self._search(claim.start, claim.end, directed=False)
        if path is not None:
            return Judgement("entailed", self._keys(pairwise(path)), len(path) - 1)
        pieces = nx.weakly_connected_components(self.graph)
        near = next((nodes for nodes in pieces if claim.start in nodes), {claim.start})
        return Judgement("refuted", (), None, f"with {claim.start} are only {_list(sorted(near - {claim.start}))}")

    def _shortest(self, claim: Shortest) -> Judgement:
        if claim.start == claim.end or claim.start not in self.graph:
            distances = {claim.start: Fraction(0)}
        else:
            found = self._distances(claim.start)
            if found is None:
                return Judgement("unsupported", reason=f"from {claim.start} a cycle of negative weight can be reached")
            distances = found
        if claim.end not in distances:
            return Judgement("refuted", (), None, f"{claim.start} does not reach {claim.end}")
        path = self._search(claim.start, claim.end, distances=distances)
        assert path is not None
        keys, distance = self._keys(pairwise(path)), distances[claim.end]
        if distance == claim.distance:
            return Judgement("entailed", keys, len(path) - 1)
        return Judgement("refuted", keys, None, f"{_show(path)} = {show_weight(distance)}")

    def _distances(self, start: str) -> dict[str, Fraction] | None:
        """The distance of every node that can be reached; None if a negative cycle makes them endless."""
        if all((data["weight"] or 0) >= 0 for _, _, data in self.graph.edges(data=True)):
            return dict(nx.single_source_dijkstra_path_length(self.graph, start, weight=self._edge_weight))
        relaxations = len(self.graph) * self.graph.number_of_edges()
        within(relaxations, self.meter.limits.work // 4, "nodes times edges, where a weight is negative,")
        self.meter.spend(relaxations)
        try:
            return dict(nx.single_source_bellman_ford_path_length(self.graph, start, weight=self._edge_weight))
        except nx.NetworkXUnbounded:
            return None

    @staticmethod
    def _edge_weight(start: str, end: str, data: dict[str, Fraction | None]) -> Fraction:
        return Fraction(1) if data["weight"] is None else data["weight"]

    def _weight(self, start: str, end: str) -> Fraction:
        return self._edge_weight(start, end, self.graph[start][end])

    def _order(self, claim: Order) -> Judgement:
        place = {node: index for index, node in enumerate(claim.nodes)}
        left_out = sorted(set(self.graph) - set(place))
        if left_out:
            return Judgement("refuted", (), None, f"{left_out[0]} is left out")
        for start, end in sorted(self.graph.edges):
            if place[start] >= place[end]:
                return Judgement("refuted", self._keys([(start, end)]), None, f"{start} -> {end} goes against it")
        return Judgement("entailed", self._keys(self.graph.edges), self._count())

    def _components(self, claim: Components) -> Judgement:
        count = nx.number_weakly_connected_components(self.graph)
        keys = self._keys(self.graph.edges)
        if count == claim.count:
            return Judgement("entailed", keys, self._count())
        return Judgement("refuted", keys, None, f"there are {count}")

    def _count(self) -> int:
        return len({data["key"] for _, _, data in self.graph.edges(data=True)})

    def _search(
        self,
        start: str,
        end: str,
        *,
        jumps: bool = False,
        directed: bool = True,
        without: int | None = None,
        distances: dict[str, Fraction] | None = None,
    ) -> list[str] | None:
        """A path with the fewest edges, the first by its nodes.

        Args:
            jumps: what earlier steps reached counts as an edge.
            without: the key of an edge not to be used.
            distances: only edges that lead along shortest paths.
        """
        if start == end:
            return [start]
        before: dict[str, str] = {start: start}
        queue = [start]
        for node in queue:
            for other in self._near(node, jumps, directed, without, distances):
                if other in before:
                    continue
                before[other] = node
                if other == end:
                    path = [other]
                    while path[-1] != start:
                        path.append(before[path[-1]])
                    return path[::-1]
                queue.append(other)
        return None

    def _near(
        self, node: str, jumps: bool, directed: bool, without: int | None, distances: dict[str, Fraction] | None
    ) -> list[str]:
        found: set[str] = set(self.jumps.get(node, ())) if jumps else set()
        if node in self.graph:
            for other, data in self.graph[node].items():
                tight = distances is None or distances[node] + self._edge_weight(node, other, data) == distances[other]
                if data["key"] != without and tight:
                    found.add(other)
            if not directed:
                found |= set(self.graph.predecessors(node))
        return sorted(found)

    def _keys(self, edges: Iterable[tuple[str, str]]) -> tuple[int, ...]:
        """The givens that state the edges, or the steps that got from one end to the other."""
        found = set()
        for start, end in edges:
            if self.graph.has_edge(start, end):
                found.add(self.graph[start][end]["key"])
            elif end in self.jumps.get(start, ()):
                found.add(self.jumps[start][end])
            else:
                found.add(self.graph[end][start]["key"])
        return tuple(sorted(found))

    def fault(self, claim: Claim) -> str:
        if not self.bad:
            return "fresh"
        text = render_claim(claim)
        if any(render_claim(bad) == text for bad in self.bad):
            return "inherited"
        supposed = [link for bad in self.bad for link in _links(bad)]
        said = {(link.start, link.end) for link in supposed}
        kept = [
            (key, given)
            for key, given in self.givens
            if isinstance(given, Link) and not ({(given.start, given.end), (given.end, given.start)} & said)
        ]
        world = Networks([*kept, *((-1 - index, link) for index, link in enumerate(supposed))], self.meter)
        return "inherited" if not world.contradiction and world.judge(claim, text).status == "entailed" else "fresh"

    def establish(self, key: int, claim: Claim, text: str) -> None:
        self.stated.setdefault(text, key)
        if isinstance(claim, Reachable):
            self.jumps.setdefault(claim.start, {}).setdefault(claim.end, key)

    def discredit(self, key: int, claim: Claim) -> None:
        self.bad.append(claim)


def _links(claim: Claim) -> list[Link]:
    """The edges that would make a bad claim true."""
    if isinstance(claim, Link):
        return [claim]
    if isinstance(claim, (Reachable, Linked, Shortest)):
        between = f"{claim.start}..{claim.end}"  # no node of the text's own: which path it is was not said
        weight = claim.distance if isinstance(claim, Shortest) else None
        return [Link(claim.start, between, weight=weight), Link(between, claim.end, weight=Fraction(0))]
    if isinstance(claim, (Path, Cycle)):
        nodes = [*claim.nodes, *(claim.nodes[:1] if isinstance(claim, Cycle) else ())]
        return [Link(start, end) for start, end in pairwise(nodes)]
    return []


def _show(path: Sequence[str]) -> str:
    if len(path) <= _SHOWN:
        return " -> ".join(path)
    return " -> ".join([*path[: _SHOWN - 1], "…", path[-1]])


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown or "no others"
