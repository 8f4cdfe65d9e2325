"""Arithmetic in text, on chains that nobody here wrote: GSM8K's solutions and BIG-Bench-Mistake's multistep arithmetic.

    python benchmarks/traces_arithmetic.py FOLDER [--list] [--json] [--limit N]

FOLDER holds gsm8k_train.jsonl and bigbench_mistake_multistep_arithmetic.jsonl; without them nothing is measured, and
the script says so.

- GSM8K: how much of what looks like an equation is read (every annotation, and every `=` in the text beside them), what
  becomes of it, and of the equations that hold the share whose numbers have a source, with what the others lack.
- Mistake: whether the first error is where the human label has it. Two counts: with the plan held against the problem,
  and with each step judged by what the chain itself says, as the labels seem to be (none of them is at a plan). Of each
  disagreement the verdicts tell whether the label can be right.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import permutations
from typing import Any

from traces import Labels, arguments, nothing_measured, ranked, records, row

from reasonlab.commands.output import emit_table
from reasonlab.language.claims import render_claim
from reasonlab.language.errors import ParseError
from reasonlab.verifiers import ChainReport, verify_chain
from reasonlab.verifiers.quantities import numbers_stated
from reasonlab.verifiers.readers import gsm8k, mistake
from reasonlab.verifiers.readers.assertion import asserted
from reasonlab.verifiers.readers.readings import read_line
from reasonlab.verifiers.readers.solutions import unknowns

GSM8K, MISTAKE = "gsm8k_train.jsonl", "bigbench_mistake_multistep_arithmetic.jsonl"
ANNOTATION = re.compile(r"<<([^<>]*)>>")
NOWHERE = re.compile(r"(.+) comes? from nowhere")
SMALL = 12  # numbers up to this are mostly counts of people, days, sides


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--limit", type=int, help="only so many solutions of GSM8K")
    options = parser.parse_args()
    if options.folder is None or not all((options.folder / name).is_file() for name in (GSM8K, MISTAKE)):
        return nothing_measured(options.folder, (GSM8K, MISTAKE), lacks="does not hold")
    text, labels = Text(), Labels()
    for number, record in enumerate(records(options.folder / GSM8K)[: options.limit], 1):
        text.take(record, f"gsm8k:{number}")
    outcomes: Counter[str] = Counter()
    for number, record in enumerate(records(options.folder / MISTAKE), 1):
        chain = mistake.read(record, default_id=f"mistake:{number}")
        whole, alone = verify_chain(chain), verify_chain(replace(chain, givens=(), query=None))
        outcomes[whole.outcome] += 1
        labels.take("judged with the problem", chain.id, whole, record["mistake_index"])
        labels.take("judged by itself", chain.id, alone, record["mistake_index"])
    emit_table("gsm8k: equations", text.equations(), json=options.json)
    emit_table("gsm8k: numbers from nowhere", text.sources(), json=options.json)
    rows = [*labels.rows(), *ranked("chains ", outcomes)]
    emit_table("mistake: the first error against the label", rows, json=options.json)
    if options.list:
        emit_table("every case", [*text.cases, *labels.cases], json=options.json)
    return 0


@dataclass
class Text:
    """What is found out about GSM8K's solutions."""

    annotated: Counter[str] = field(default_factory=Counter)
    signs: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    cases: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def take(self, record: dict[str, Any], id: str) -> None:
        begin = time.perf_counter()
        chain = gsm8k.read(record, default_id=id)
        report = verify_chain(chain)
        self.seconds += time.perf_counter() - begin
        self.outcomes[report.outcome] += 1
        self._count_signs(record["answer"], id)
        self._count_annotations(record["answer"], report, id)
        stated = set(numbers_stated(record["question"]))
        for verdict in report.verdicts:
            self.steps[f"{verdict.status} {verdict.fault}" if verdict.fault else verdict.status] += 1
            if verdict.status == "refuted":
                self.cases.append({"id": id, "what": "refuted", "where": verdict.claim, "why": verdict.reason})
            if named := NOWHERE.match(verdict.reason or ""):
                self._count_numbers(named[1], stated)

    def _count_signs(self, answer: str, id: str) -> None:
        lines = [line for line in ANNOTATION.sub("", answer).split("\n") if not line.startswith("####")]
        names = unknowns("\n".join(lines))
        read_lines = [(line, read_line(line, names)) for line in lines]
        for line, found in zip(lines, asserted(read_lines)):
            read = sum(line[one.start : one.end].count("=") for one in found if one.claims)
            self.signs["all"] += line.count("=")
            self.signs["read"] += read
            unread = [one.reason for one in found if one.reason is not None]
            self.signs["not understood"] += len(unread)
            self.cases += [{"id": id, "what": "not understood", "where": line, "why": reason} for reason in unread]

    def _count_annotations(self, answer: str, report: ChainReport, id: str) -> None:
        refuted = {verdict.claim for verdict in report.verdicts if verdict.status == "refuted"}
        for match in ANNOTATION.finditer(answer):
            self.annotated["all"] += 1
            try:
                claims = gsm8k.read_equation(match[1])
            except ParseError as error:
                self.cases.append({"id": id, "what": "annotation not read", "where": match[0], "why": str(error)})
                continue
            self.annotated["read"] += 1
            self.annotated["refuted"] += any(render_claim(claim) in refuted for claim in claims)

    def _count_numbers(self, named: str, stated: set[Fraction]) -> None:
        for word in re.findall(r"\d+(?:\.\d+)?(?: / \d+)?", named):
            number = Fraction(word.replace(" ", ""))
            self.numbers[word] += 1
            self.lacking[kind(number, stated)] += 1

    def equations(self) -> list[dict[str, Any]]:
        total = sum(self.outcomes.values())
        held = self.steps["entailed"] + sum(self.steps[f"unsupported {fault}"] for fault in ("fresh", "inherited"))
        rows = [
            {"what": "solutions", "count": total, "share": f"{total / self.seconds:.0f} a second"},
            row("annotated equations read", self.annotated["read"], self.annotated["all"]),
            row("annotated equations refuted", self.annotated["refuted"]),
            row("'=' in the text read", self.signs["read"], self.signs["all"]),
            row("pieces not understood", self.signs["not understood"]),
            row("claims that hold, grounded", self.steps["entailed"], held),
        ]
        return [*rows, *ranked("steps ", self.steps), *ranked("chains ", self.outcomes, total)]

    def sources(self) -> list[dict[str, Any]]:
        total = sum(self.lacking.values())
        numbers = Counter(dict(self.numbers.most_common(8)))
        return [*ranked("", self.lacking, total), *ranked("the number ", numbers, total)]


def kind(number: Fraction, stated: set[Fraction]) -> str:
    """What may stand behind a number from nowhere. Nothing rests on it: it sorts the list."""
    shares = [share for share in stated if 0 < share < 1]
    if any(number in (1 - s, 1 + s, 100 * (1 - s), 100 * (1 + s)) for s in shares):
        return "what a percentage or a fraction leaves, worked out in the head"
    if number.denominator == 1 and 2 <= number <= SMALL:
        return f"a whole number up to {SMALL}: mostly a count of what is listed (people, days, sides)"
    for one, two in permutations(stated, 2):
        if number in (one + two, one - two, one * two, two and one / two):
            return "one operation on the problem's numbers, done in the head"
    return "something else"


if __name__ == "__main__":
    sys.exit(main())
