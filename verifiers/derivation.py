"""The derivation graph of a verified chain, held against the task's causal graph.

Nodes are givens ("g0"), steps ("s0") and "answer"; an edge runs from each premise to what rests on it. In the causal
graph a node is a variable: a name for arithmetic, a ground atom such as "cold(ada)" for deduction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import networkx as nx

from reasonlab.language.chains import Chain
from reasonlab.language.claims import FORMULAS, Claim, Equal, Needs
from reasonlab.language.formulas import Atom, Not, atom_of, render_formula
from reasonlab.language.justified import Justified
from reasonlab.language.terms import Symbol
from reasonlab.verifiers.evaluation import literal
from reasonlab.verifiers.horn import show
from reasonlab.verifiers.limits import DEFAULT_LIMITS, Meter
from reasonlab.verifiers.logic import Formulas
from reasonlab.verifiers.verdicts import ChainReport

ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a chain's derivation differs from what the query depends on.

    Attributes:
        needed: the variables that the query depends on, itself included, sorted.
        missing: needed ones that no given states and no entailed step does, sorted.
        missing_edges: (cause, effect), both needed and stated, where the effect was not derived from the cause.
        needless: indices of entailed steps that the answer does not rest on; of plan steps, those about a variable that
            is not needed, or a second time about the same one.
        misordered: (effect, cause): stated by steps, the effect first.
    """

    needed: tuple[str, ...]
    missing: tuple[str, ...]
    missing_edges: tuple[tuple[str, str], ...]
    needless: tuple[int, ...]
    misordered: tuple[tuple[str, str], ...]

    @property
    def faithful(self) -> bool:
        """Whether nothing is missing, needless or misordered."""
        return not (self.missing or self.missing_edges or self.needless or self.misordered)


def stated(claim: Claim | None) -> str | None:
    """The variable whose value a claim states: `c = a + b = 7` states c, `~cold(ada)` states cold(ada)."""
    if isinstance(claim, Justified):
        return stated(claim.statement)
    if isinstance(claim, Equal):
        names = [term.name for term in claim.terms if isinstance(term, Symbol)]
        valued = any(literal(term) is not None for term in claim.terms)
        return names[0] if len(names) == 1 and valued else None
    if isinstance(claim, Atom) or (isinstance(claim, Not) and isinstance(claim.operand, Atom)):
        return render_formula(atom_of(claim))
    return None


def derivation_graph(chain: Chain, report: ChainReport) -> nx.DiGraph:
    """The graph of what rests on what. Nodes carry `text`, `states` (a variable or None) and `status`."""
    graph = nx.DiGraph()
    for index, given in enumerate(chain.givens):
        graph.add_node(f"g{index}", text=given.text, states=stated(given.claim), status="given")
    for verdict in report.verdicts:
        node = f"s{verdict.index}"
        states = stated(chain.steps[verdict.index].claim)
        graph.add_node(node, text=verdict.text, states=states, status=verdict.status)
        graph.add_edges_from((premise, node) for premise in verdict.premises)
    if report.answer.value is not None:
        graph.add_node(ANSWER, text=report.answer.value, states=asked(chain), status=report.answer.status)
        graph.add_edges_from((premise, ANSWER) for premise in report.answer.premises)
    return graph


def asked(chain: Chain) -> str | None:
    """The variable that the query is about; None without one, or where it asks about more than a literal."""
    if chain.query is None:
        return None
    return chain.query.variable if chain.query.kind == "value" else stated(chain.query.claim)


def compare(
    chain: Chain, report: ChainReport, causal: nx.DiGraph, *, needed: Collection[str] | None = None
) -> Comparison:
    """Hold a chain's derivation against the causal graph.

    Args:
        needed: the variables that the query depends on. By default the query and its ancestors, in deduction along the
            edges that act (of rules whose bodies follow from the givens by chaining).
    """
    query = asked(chain)
    if needed is None:
        acting = _acting(chain, causal) if chain.query is not None and chain.query.kind == "truth" else causal
        needed = nx.ancestors(acting, query) | {query} if query in acting else ()
    wanted = frozenset(needed)
    graph = derivation_graph(chain, report)
    by_given, by_step = _first_statements(graph, len(chain.givens))
    missing = sorted(wanted - by_given.keys() - by_step.keys())
    edges = sorted((cause, effect) for cause, effect in causal.edges if cause in wanted and effect in wanted)
    lacking = [
        (cause, effect)
        for cause, effect in edges
        if effect in by_step and (cause in by_given or cause in by_step)
        if not _rests_on(graph, by_step[effect], cause)
    ]
    misordered = [
        (effect, cause)
        for cause, effect in edges
        if cause in by_step and effect in by_step and _index(by_step[effect]) < _index(by_step[cause])
    ]
    return Comparison(
        tuple(sorted(wanted)),
        tuple(missing),
        tuple(lacking),
        _needless(chain, report, graph, wanted),
        tuple(misordered),
    )


def _acting(chain: Chain, causal: nx.DiGraph) -> nx.DiGraph:
    """The causal graph without the edges of rules that do not fire."""
    givens = [(key, given.claim) for key, given in enumerate(chain.givens) if isinstance(given.claim, FORMULAS)]
    theory = Formulas(givens, [chain.query.claim], len(chain.givens), DEFAULT_LIMITS, Meter())  # type: ignore[union-attr, list-item]
    acting = nx.DiGraph()
    acting.add_nodes_from(causal)
    for instance in theory.fired():
        effect = show((True, *instance.head[1:]))
        edges = ((show((True, *part[1:])), effect) for part in instance.body)
        acting.add_edges_from(edge for edge in edges if causal.has_edge(*edge))
    return acting


def _first_statements(graph: nx.DiGraph, givens: int) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Which given, and which entailed step, first states each variable."""
    by_given: dict[str, str] = {}
    by_step: dict[str, str] = {}
    for node, data in graph.nodes(data=True):
        if data["states"] is None or node == ANSWER:
            continue
        if data["status"] == "given":
            by_given.setdefault(data["states"], node)
        elif data["status"] == "entailed":
            by_step.setdefault(data["states"], node)
    return by_given, by_step


def _rests_on(graph: nx.DiGraph, node: str, cause: str) -> bool:
    return any(graph.nodes[before]["states"] == cause for before in nx.ancestors(graph, node))


def _index(node: str) -> int:
    return int(node[1:])


def _needless(chain: Chain, report: ChainReport, graph: nx.DiGraph, wanted: frozenset[str]) -> tuple[int, ...]:
    used = nx.ancestors(graph, ANSWER) if ANSWER in graph else set()
    planned: set[str] = set()
    needless = []
    for verdict in report.verdicts:
        if verdict.status != "entailed":
            continue
        claim = chain.steps[verdict.index].claim
        if isinstance(claim, Needs):
            target = claim.target.name if isinstance(claim.target, Symbol) else render_formula(atom_of(claim.target))
            if target not in wanted or target in planned:
                needless.append(verdict.index)
            planned.add(target)
        elif f"s{verdict.index}" not in used:
            needless.append(verdict.index)
    return tuple(needless)
