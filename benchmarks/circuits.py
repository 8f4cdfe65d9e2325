"""The circuit that copies an operand's value into a step, for each of some runs; and how well estimates agree with
exact patching there, by kind of edge and of node.

    python benchmarks/circuits.py data/arithmetic [RUN ...] [--problems 200] [--exact 24] [--record]

Each circuit is found on half of the problems and reported on the other half; runs of several training seeds show how
much of it is the training's. The agreement is over --exact of the problems: exact patching is a pass an edge.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from results import keep, show

from reasonlab.commands.model import draw, open_subject
from reasonlab.probes.attribution import agreement, with_estimates
from reasonlab.probes.counterparts import make_cases
from reasonlab.probes.edges import STEPS, attribution, correlations, exact
from reasonlab.probes.find_circuit import find_circuit
from reasonlab.probes.graph import graph_of
from reasonlab.probes.patching import patch_rows
from reasonlab.probes.value_task import value_contrasts

FAITHFUL, SHARE = 0.9, 0.15
COMPONENTS = ("resid_pre", "resid_mid", "attn_out", "mlp_out", "resid_post")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="folders of runs, or names of shipped ones")
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--exact", type=int, default=24, help="problems of the agreement; 0 leaves it out")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--record", action="store_true", help="append a dated entry to benchmarks/RESULTS.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows, fits = [], True
    for run in options.runs:
        subject = open_subject(run, Path("runs"), "cpu")
        problems = draw(subject.family, subject.difficulty, "test", options.seed, options.problems)
        for variable in ("auto", "constant"):
            circuit = find_circuit(
                subject.model, subject.tokenizer, problems, name=subject.run.path.name, variable=variable,
                form=subject.form, seed=options.seed,
            ).circuit  # fmt: skip
            fits &= circuit.faithfulness.value >= FAITHFUL and len(circuit.edges) <= SHARE * circuit.possible
            rows.append({"run": circuit.model, "variable": variable, "circuit": circuit.sentence()})
            show(rows[-1:])
        if options.exact:
            rows += agreements(subject, problems[: options.exact])
            show(rows[-14:])
    if options.record:
        keep(f"circuits, {options.problems} problems, seed {options.seed}", rows)
    return 0 if fits else 1


def agreements(subject: Any, problems: list[Any]) -> list[dict[str, Any]]:
    """Correlations with exact patching: of EAP and EAP-IG by kind of edge, of attribution patching by kind of node."""
    model, tokenizer, graph = subject.model, subject.tokenizer, graph_of(subject.model)
    cases = make_cases(problems, tokenizer, form=subject.form).cases
    contrasts = value_contrasts(model, tokenizer, cases)
    patched = torch.cat([exact(model, graph, contrast) for contrast in contrasts])
    estimates = {
        name: torch.cat([attribution(model, graph, contrast, steps=steps) for contrast in contrasts])
        for name, steps in (("EAP", None), ("EAP-IG", STEPS))
    }
    found = correlations(graph, patched, estimates)
    nodes = with_estimates(
        model, tokenizer, cases, patch_rows(model, tokenizer, cases, components=COMPONENTS, heads=True, control=False)
    )
    return [{"run": subject.run.path.name, **_rounded(row)} for row in (*found, *agreement(nodes))]


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}


if __name__ == "__main__":
    sys.exit(main())
