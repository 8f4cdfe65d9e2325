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

import argparse
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

from reasonlab.commands.output import emit_table
from reasonlab.language.claims import render_claim
from reasonlab.language.errors import ParseError
from reasonlab.verifiers import ChainReport, Verdict, verify_chain
from reasonlab.verifiers.quantities import numbers_stated
from reasonlab.verifiers.readers import gsm8k, mistake
from reasonlab.verifiers.readers.readings import read_line
from reasonlab.verifiers.verdicts import BAD

GSM8K, MISTAKE = "gsm8k_train.jsonl", "bigbench_mistake_multistep_arithmetic.jsonl"
ANNOTATION = re.compile(r"<<([^<>]*)>>")
NOWHERE = re.compile(r"(.+) comes? from nowhere")
SMALL = 12  # numbers up to this are mostly counts of people, days, sides


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="where the two files are")
    parser.add_argument("--limit", type=int, help="only so many solutions of GSM8K")
    parser.add_argument("--list", action="store_true", help="name every disagreement, refutation and unread equation")
    parser.add_argument("--json", action="store_true", help="tables as JSON")
    options = parser.parse_args()
    if options.folder is None or not all((options.folder / name).is_file() for name in (GSM8K, MISTAKE)):
        print(f"nothing measured: {options.folder or 'no folder'} does not hold {GSM8K} and {MISTAKE}", file=sys.stderr)
        return 2
    solutions, traces = (
        [json.loads(line) for line in (options.folder / name).read_text("utf-8").splitlines()]
        for name in (GSM8K, MISTAKE)
    )
    text = Text()
    for number, record in enumerate(solutions[: options.limit], 1):
        text.take(record, f"gsm8k:{number}")
    labels = Labels()
    for number, record in enumerate(traces, 1):
        labels.take(record, f"mistake:{number}")
    emit_table("gsm8k: equations", text.equations(), json=options.json)
    emit_table("gsm8k: numbers from nowhere", text.sources(), json=options.json)
    emit_table("mistake: the first error against the label", labels.rows(), json=options.json)
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
        for line in ANNOTATION.sub("", answer).split("\n"):
            if line.startswith("####") or "=" not in line:
                continue
            found = read_line(line)
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
            _row("solutions", total, f"{total / self.seconds:.0f} a second"),
            _row(
                "annotated equations read",
                self.annotated["read"],
                _share(self.annotated["read"], self.annotated["all"]),
            ),
            _row("annotated equations refuted", self.annotated["refuted"], ""),
            _row("'=' in the text read", self.signs["read"], _share(self.signs["read"], self.signs["all"])),
            _row("pieces not understood", self.signs["not understood"], ""),
            _row("claims that hold, grounded", self.steps["entailed"], _share(self.steps["entailed"], held)),
        ]
        rows += [_row(f"steps {name}", count, "") for name, count in self.steps.most_common()]
        return rows + [_row(f"chains {name}", n, _share(n, total)) for name, n in self.outcomes.most_common()]

    def sources(self) -> list[dict[str, Any]]:
        total = sum(self.lacking.values())
        rows = [_row(name, count, _share(count, total)) for name, count in self.lacking.most_common()]
        return rows + [
            _row(f"the number {name}", count, _share(count, total)) for name, count in self.numbers.most_common(8)
        ]


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


@dataclass
class Labels:
    """The first error against the label."""

    agree: Counter[str] = field(default_factory=Counter)
    theirs: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def take(self, record: dict[str, Any], id: str) -> None:
        chain = mistake.read(record, default_id=id)
        whole = verify_chain(chain)
        alone = verify_chain(replace(chain, givens=(), query=None))
        self.outcomes[whole.outcome] += 1
        label = record["mistake_index"]
        for name, report in (("with the problem", whole), ("by itself", alone)):
            if report.first_error == label:
                self.agree[name] += 1
            else:
                verdict = whose(report, label)
                self.theirs[f"{name}: {verdict}"] += 1
                found = report.verdicts[report.first_error] if report.first_error is not None else None
                why = f"{found.status}: {found.reason or found.claim}" if found is not None else "every step holds"
                where = f"ours {report.first_error}, label {label}: {verdict}"
                self.cases.append({"id": id, "what": name, "where": where, "why": why})

    def rows(self) -> list[dict[str, Any]]:
        total = sum(self.outcomes.values())
        rows = [_row(f"agrees, judged {name}", count, _share(count, total)) for name, count in self.agree.most_common()]
        rows += [_row(f"disagrees, {name}", count, "") for name, count in sorted(self.theirs.items())]
        return rows + [_row(f"chains {name}", count, "") for name, count in self.outcomes.most_common()]


def whose(report: ChainReport, label: int | None) -> str:
    """Who is wrong where the first error is not where the label has it, as far as the verdicts tell."""
    first = report.first_error
    if first is not None and (label is None or first < label):
        return "theirs, an error before the label" if _sure(report.verdicts[first]) else "open"
    there = report.verdicts[label] if label is not None else None
    return "theirs, nothing is wrong at the label" if there is not None and there.status == "entailed" else "open"


def _sure(verdict: Verdict) -> bool:
    return verdict.status in BAD


def _row(what: str, count: int, share: str) -> dict[str, Any]:
    return {"what": what, "count": count, "share": share}


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else ""


if __name__ == "__main__":
    sys.exit(main())
