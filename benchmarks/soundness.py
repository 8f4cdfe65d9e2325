"""Mutated chains of every theory: one whose meaning changed is never proved.

    python benchmarks/soundness.py --mutants 100000 [--seed 0] [--only linear plans ...]

Each family draws chains that are right, which must be proved (prose: `consistent`), and changes one thing in each of
them: a value, an operator, a variable, an individual, a negation, a direction, a given or the order of the steps.
Whether a step or the answer then no longer follows is said by an oracle that shares no code with the verifiers
(benchmarks/mutants, a theory a file). Such a harmful mutant must not be proved, nor, of prose, be `consistent`.
Harmless mutants, and those that the oracle cannot decide, are counted apart. A failure is printed with its record, and
ends the script with code 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from mutants import causal, logic, prose, relations, states, tasks
from mutants.cases import Case

from reasonlab.commands.output import emit_table
from reasonlab.verifiers import READERS, verify_chain

FAMILIES: dict[str, Callable[[random.Random], Iterator[Case]]] = {
    **relations.FAMILIES,
    **logic.FAMILIES,
    **states.FAMILIES,
    **causal.FAMILIES,
    **prose.FAMILIES,
    **tasks.FAMILIES,
}
PASSING = ("proved", "consistent")
DEAR = {
    "polynomial",
    "inequalities",
    "propositional",
    "first-order",
    "natural deduction",
    "estimates",
}  # a quarter each


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000, help="harmful ones, over all families")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    options = parser.parse_args()
    weights = {name: 1 if name in DEAR else 4 for name in options.only}
    rows, failures = [], 0
    for name in options.only:
        found, failed = judge(name, -(-options.mutants * weights[name] // sum(weights.values())), options.seed)
        rows += found
        failures += failed
    emit_table("mutated chains", rows)
    harmful, passed, harmless = (sum(row[key] for row in rows) for key in ("harmful", "passed", "harmless"))
    print(f"{harmful} harmful mutants, {passed} of them proved or consistent; {harmless} harmless; {failures} failures")
    return 1 if failures else 0


def judge(name: str, wanted: int, seed: int) -> tuple[list[dict[str, Any]], int]:
    """Harmful mutants of one family until there are enough: a row a change, and how many failures were printed."""
    counts: dict[str, Counter[str]] = {}
    right, failures, index, harmful, begun = 0, 0, 0, 0, time.process_time()
    while harmful < wanted:
        rng = random.Random(f"{name} {seed} {index}")
        index += 1
        previous = None
        for case in FAMILIES[name](rng):
            if case.right != previous:
                previous, right = case.right, right + 1
                if (said := outcome(case.right)) not in PASSING:
                    failures += 1
                    print(f"{name}: the right chain is {said}: {json.dumps(case.right)}", file=sys.stderr)
                    break
            said = outcome(case.mutant)
            tally = counts.setdefault(case.change, Counter())
            tally["harmful" if case.harmful else "harmless"] += 1
            tally[said] += case.harmful
            harmful += case.harmful
            if case.harmful and said in PASSING:
                failures += 1
                tally["passed"] += 1
                print(f"{name}, {case.change}: {said}: {json.dumps(case.mutant)}", file=sys.stderr)
    print(
        f"{name}: {right} right chains, {harmful} harmful mutants, {time.process_time() - begun:.0f} s CPU", flush=True
    )
    keys = ("harmful", "passed", "harmless")
    return [
        {"family": name, "change": change} | {key: counts[change][key] for key in keys} for change in sorted(counts)
    ], failures


def outcome(record: dict[str, Any]) -> str:
    """Of a record of ours, or of another format that it names."""
    format = record.get("format", "reasonlab")
    return verify_chain(READERS[format].read(record, default_id="mutant")).outcome


if __name__ == "__main__":
    sys.exit(main())
