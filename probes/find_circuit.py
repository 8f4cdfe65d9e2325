"""Find the circuit of a variable's value, and test it on problems that were not used to find it.

    1 score    every edge by EAP-IG on half of the problems
    2 choose   the fewest top edges that are faithful enough there; prune them one by one by exact runs
    3 report   faithfulness on the other half, beside random circuits of as many edges, and the whole curve

It is chosen to be `MARGIN` more faithful than is asked, since a choice made on some problems does less well on others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from reasonlab.language.errors import BadInput
from reasonlab.models import Tokenizer
from reasonlab.probes.capture import Row
from reasonlab.probes.circuits import Circuit, Measured, at_random, cmd, cpr, curve, prune, smallest
from reasonlab.probes.counterparts import Case, make_cases
from reasonlab.probes.edges import STEPS, attribution
from reasonlab.probes.graph import graph_of
from reasonlab.probes.hooks import require_room
from reasonlab.probes.value_task import value_contrasts
from reasonlab.tasks import Problem

BAR, MARGIN = 0.9, 0.03
RANDOM = 20  # random circuits
FEWEST = 4  # cases on each side


@dataclass(frozen=True)
class FoundCircuit:
    """A circuit, each edge's score, and the curves of its ranking and of a random one.

    Attributes:
        edges: writer, reader, score (EAP-IG, mean over pairs, in logits), kept.
        curve: ranking ("EAP-IG" or "random"), share, edges, faithfulness; and, the same in each row, the curve's cpr
            and cmd.
    """

    circuit: Circuit
    edges: list[Row]
    curve: list[Row]


def find_circuit(
    model: Any,
    tokenizer: Tokenizer,
    problems: Sequence[Problem],
    *,
    name: str = "the model",
    variable: str = "auto",
    form: str = "plan",
    bar: float = BAR,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> FoundCircuit:
    """The circuit that writes `variable`'s value where it is used next. A pure function of its arguments.

    Args:
        name: of the model, as the circuit is to call it. bar: the faithfulness asked for.
        progress: called with the number of edges just tried.

    Raises:
        BadInput: no problem has the variable, too few problems, problems too long, a model without the hook points.
    """
    graph = graph_of(model)
    cases = make_cases(list(problems), tokenizer, variable=variable, form=form, seed=seed).cases
    choosing, reporting = halves(cases)
    require_room(model, max(len(case.base.tokens) for case in cases))
    some, others = (value_contrasts(model, tokenizer, part) for part in (choosing, reporting))
    scores = torch.cat([attribution(model, graph, contrast, steps=STEPS) for contrast in some]).mean(0)
    measured, held_out = Measured(model, graph, some), Measured(model, graph, others)
    kept = smallest(measured, scores, bar + MARGIN)
    kept = prune(measured, kept, scores, bar + MARGIN, progress=progress)
    draws = [held_out.faithfulness(at_random(graph, int(kept.sum()), seed + i)) for i in range(RANDOM)]
    circuit = Circuit(
        model=name,
        task=f"write the value of a variable ({variable}) where it is next used",
        ablation="resample: every other edge carries what it does when the variable has another value",
        method=f"EAP-IG of {STEPS} steps, pruned by exact runs",
        layers=graph.layers,
        heads=graph.heads,
        kv_heads=graph.kv_heads,
        edges=tuple(graph.edges(kept)),
        possible=graph.size,
        faithfulness=held_out.interval(kept, seed=seed),
        random=sum(draws) / len(draws),
        random_highest=max(draws),
        random_circuits=len(draws),
        chosen_on=len(choosing),
        held_out=len(reporting),
    )
    edges = [
        {"writer": graph.writers[w], "reader": graph.readers[r], "score": float(scores[r, w]), "kept": bool(kept[r, w])}
        for r, w in graph.allowed.nonzero().tolist()
    ]
    noise = torch.rand(scores.shape, generator=torch.Generator().manual_seed(seed))
    rows: list[Row] = []
    for ranking, by in (("EAP-IG", scores), ("random", noise)):
        points = curve(held_out, by)
        areas = {"cpr": cpr(points), "cmd": cmd(points)}
        rows += [
            {"ranking": ranking, "share": p.share, "edges": p.edges, "faithfulness": p.faithfulness, **areas}
            for p in points
        ]
    return FoundCircuit(circuit, sorted(edges, key=lambda row: -abs(row["score"])), rows)


def halves(cases: Sequence[Case]) -> tuple[Sequence[Case], Sequence[Case]]:
    """The cases to choose on, and those to report on.

    Raises:
        BadInput: too few for both.
    """
    if len(cases) < 2 * FEWEST:
        raise BadInput(
            f"{len(cases)} problems with the variable",
            f"at least {2 * FEWEST}: half to choose on, half to report",
            "give more problems",
        )
    return cases[::2], cases[1::2]
