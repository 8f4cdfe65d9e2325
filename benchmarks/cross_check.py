"""The questions that verifiers put to Z3, asked of cvc5 as well: two solvers with no code in common.

    python benchmarks/cross_check.py --questions 10000 [--seed 0]

The questions are those of right and of mutated chains of logic, first-order logic, linear inequalities and polynomials
(benchmarks/mutants), in equal parts: so many that both solvers decide. Counted by what each solver said; where one does
not know within its count of resources, that is apart. A contradiction is printed, and ends the script with code 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter

import soundness

from reasonlab.commands.output import emit_table
from reasonlab.gate.questions import Asking, Question
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain

FAMILIES = ("propositional", "first-order", "inequalities", "polynomial")  # linear equations need no solver


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=1_000, help="decided by both, over all families")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=FAMILIES)
    options = parser.parse_args()
    share, rows, disagreements = -(-options.questions // len(options.only)), [], 0
    for name in options.only:
        said: Counter[tuple[str, str]] = Counter()
        index = decided = 0
        while decided < share:
            for question in questions(name, options.seed, index):
                said[question.status, question.other or ""] += 1
                decided += "unknown" not in (question.status, question.other)
                if question.disagrees:
                    disagreements += 1
                    print(f"{name} {index}: Z3 {question.status}, cvc5 {question.other}", file=sys.stderr)
            index += 1
            if index % 50 == 0:
                print(f"{name}: {decided} of {share} decided", file=sys.stderr, flush=True)
        for (z3, cvc5), count in sorted(said.items()):
            rows.append({"family": name, "Z3": z3, "cvc5": cvc5, "questions": count})
            print(rows[-1], flush=True)
    emit_table("questions", rows)
    total = sum(row["questions"] for row in rows)
    undecided = sum(row["questions"] for row in rows if "unknown" in (row["Z3"], row["cvc5"]))
    print(f"{total} questions, {disagreements} disagreements, {undecided} undecided by one of them")
    return 1 if disagreements else 0


def questions(name: str, seed: int, index: int) -> list[Question]:
    """What was asked about the chains of one draw, each chain once."""
    found: dict[str, list[Question]] = {}
    for case in soundness.FAMILIES[name](random.Random(f"{name} {seed} {index}")):
        for record in (case.right, case.mutant):
            text = json.dumps(record)
            if text not in found:
                log = Asking(second=True).log()
                with log.of(chain_from_record(record)) as chain:
                    verify_chain(chain)
                found[text] = log.asked
    return [question for asked in found.values() for question in asked]


if __name__ == "__main__":
    sys.exit(main())
