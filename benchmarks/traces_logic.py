"""Logic in text, on chains that nobody here wrote: PrOntoQA, ProofWriter, FOLIO and BoardgameQA.

    python benchmarks/traces_logic.py FOLDER [--list] [--json]

FOLDER holds some of prontoqa_100.json, proofwriter_dev.json, folio_train.jsonl and boardgame_depth1.json (or others of
these formats, named alike up to the first "_"); without any nothing is measured, and the script says so.

- how many records are read, what becomes of the steps, and how many answers agree with the label;
- FOLIO: how many formulas are read, and what is wrong with the others; whether the premises can hold together; what
  the premises say about the conclusion, where it has a formula that can be read, against the label;
- of each disagreement, its cause, by what was found out: whose it is follows from that.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from traces import arguments, nothing_measured

from reasonlab.commands.output import emit_table
from reasonlab.language.chains import Chain, Step
from reasonlab.language.claims import FORMULAS, render_claim
from reasonlab.verifiers import DEFAULT_LIMITS, ChainReport, verify_chain
from reasonlab.verifiers.horn import opposite, read_literal
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.logic import Formulas
from reasonlab.verifiers.readers import Unreadable, read_chains

FORMATS = ("prontoqa", "proofwriter", "folio", "boardgame")


def main() -> int:
    options = arguments(__doc__).parse_args()
    files = [
        (format, path)
        for format in FORMATS
        for path in sorted(options.folder.glob(f"{format}_*.json*") if options.folder is not None else ())
    ]
    if not files:
        return nothing_measured(options.folder, (f"{format}_*.json*" for format in FORMATS), lacks="holds none of")
    corpora = [Corpus(format, path.name) for format, path in files]
    for corpus, (format, path) in zip(corpora, files):
        with path.open("rb") as stream:
            for chain in read_chains(stream, format, name=format):
                corpus.take(chain)
    emit_table("answers and steps", [corpus.row() for corpus in corpora], json=options.json)
    for corpus in corpora:
        if corpus.format == "folio":
            emit_table(f"{corpus.name}: formulas", corpus.formulas_row(), json=options.json)
            emit_table(f"{corpus.name}: what is wrong with the others", corpus.ill_formed_rows(), json=options.json)
    emit_table("disagreements by cause", [row for corpus in corpora for row in corpus.causes_rows()], json=options.json)
    if options.list:
        emit_table("every case", [case for corpus in corpora for case in corpus.cases], json=options.json)
    return 0


@dataclass
class Corpus:
    """What is found out about the chains of a file."""

    format: str
    name: str
    refused: int = 0
    chains: int = 0
    judged: int = 0
    agree: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    formulas: Counter[str] = field(default_factory=Counter)  # how often each is given; FOLIO repeats its stories
    wrong: dict[str, str] = field(default_factory=dict)  # ill-formed formulas, by what is wrong with each
    causes: Counter[str] = field(default_factory=Counter)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def take(self, chain: Chain | Unreadable) -> None:
        if isinstance(chain, Unreadable):
            self.refused += 1
            self._case(chain.id, "refused", chain.reason)
            return
        self.chains += 1
        report = verify_chain(chain)
        self.steps.update(verdict.status for verdict in report.verdicts)
        self.outcomes[report.outcome] += 1
        if self.format == "folio":
            self._formulas(chain)
        if chain.query is not None:
            self.judged += 1
            self.agree += report.answer.status == "entailed"
        contradictory = report.reason is not None and report.reason.startswith("the givens contradict each other")
        if chain.query is None and contradictory:
            self._disagreement(chain, report, "premises that contradict each other (conclusion without a formula)")
        elif chain.query is not None and report.answer.status != "entailed":
            cause = "premises that contradict each other" if contradictory else _cause(chain, report)
            self._disagreement(chain, report, cause)

    def _formulas(self, chain: Chain) -> None:
        conclusion = [step for step in chain.steps if step.reason and step.reason.startswith("ill-formed")]
        asked = [Step(render_claim(chain.query.claim), chain.query.claim)] if chain.query is not None else []  # type: ignore[arg-type]
        for step in (*chain.givens, *conclusion, *asked):
            key = f"{step.text} {step.reason or ''}"
            self.formulas[key] += 1
            if step.claim is None and key not in self.wrong:
                self.wrong[key] = step.reason or ""
                self._case(chain.id, "ill-formed formula", f"{step.text}: {step.reason}")

    def _disagreement(self, chain: Chain, report: ChainReport, cause: str) -> None:
        self.causes[cause] += 1
        why = report.reason or report.answer.reason or ""
        self._case(chain.id, cause, f"label {_label(chain)}, found {report.answer.status}: {why}")

    def _case(self, id: str, what: str, why: str) -> None:
        self.cases.append({"file": self.name, "record": id, "what": what, "why": why})

    def row(self) -> dict[str, Any]:
        right = self.agree / self.judged if self.judged else None
        return {
            "file": self.name,
            "read": f"{self.chains} of {self.chains + self.refused}",
            "asked": self.judged,
            "agree": self.agree,
            "share": f"{right:.1%}" if right is not None else "-",
            "outcomes": ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items())),
            "steps": ", ".join(f"{count} {status}" for status, count in sorted(self.steps.items())) or "none",
        }

    def formulas_row(self) -> list[dict[str, Any]]:
        counts = {
            "all": (sum(self.formulas.values()), sum(self.formulas[key] for key in self.wrong)),
            "different": (len(self.formulas), len(self.wrong)),
        }
        return [
            {
                "of": which,
                "formulas": total,
                "read": total - bad,
                "ill-formed": bad,
                "share read": f"{1 - bad / total:.1%}",
            }
            for which, (total, bad) in counts.items()
            if total
        ]

    def ill_formed_rows(self) -> list[dict[str, Any]]:
        kinds: Counter[str] = Counter()
        for key, reason in self.wrong.items():
            kinds[re.sub(r"'[^']*'|variable \S+| \(at character \d+\)", _blank, reason)] += self.formulas[key]
        return [{"what": kind, "formulas": count} for kind, count in kinds.most_common()] or [{"what": "nothing"}]

    def causes_rows(self) -> Iterator[dict[str, Any]]:
        for cause, count in self.causes.most_common():
            yield {"file": self.name, "cause": cause, "records": count}


def _blank(match: re.Match[str]) -> str:
    return "" if match[0].startswith(" (") else "variable" if match[0].startswith("variable") else "..."


def _label(chain: Chain) -> str | None:
    """The label of a record: its reference, or where no proof states an answer, the answer."""
    return chain.reference or (chain.answer.text if chain.answer is not None else None)


def _cause(chain: Chain, report: ChainReport) -> str:
    """Why an answer does not agree, by what the verdicts say."""
    if report.answer.status in ("unknown", "unparsed"):
        return f"{report.answer.status}: {report.answer.reason}"
    refuted = [verdict.claim or "" for verdict in report.verdicts if verdict.status == "refuted"]
    if any(claim.startswith("rule:") for claim in refuted):
        return "the proof's wording of a rule is not the rule's own"
    claim = chain.query.claim if chain.query is not None else None
    if _label(chain) == "unknown" and report.answer.status == "refuted":
        if isinstance(claim, FORMULAS) and not _chained(chain):
            return "label unknown, but it follows by contraposition or cases, not by chaining rules forwards"
        return "label unknown, but the statement or its negation follows"
    return f"label {_label(chain)}, which is {report.answer.status}"


def _chained(chain: Chain) -> bool:
    """Whether chaining the rules forwards reaches what is asked, or its opposite."""
    givens = [(key, given.claim) for key, given in enumerate(chain.givens) if isinstance(given.claim, FORMULAS)]
    literal = read_literal(chain.query.claim)  # type: ignore[union-attr, arg-type]
    theory = Formulas(givens, [chain.query.claim], len(chain.givens), DEFAULT_LIMITS, Meter())  # type: ignore[union-attr, list-item]
    return literal is not None and (literal in theory.closure or opposite(literal) in theory.closure)


if __name__ == "__main__":
    sys.exit(main())
