"""CLadder held against exact enumeration: its reasoning step by step, its answers, and its published ground truth.

    python benchmarks/traces_causal.py FOLDER [--list] [--json]

FOLDER holds cladder_easy.json (questions with reasoning) and cladder_models.json (the models behind them); without it
nothing is measured, and the script says so. Everything published is recomputed from the models' own probabilities:
every ground truth, every answer, every number in a text. What is off is counted by kind; --list names every case.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from traces import arguments, nothing_measured, records

from reasonlab.commands.output import emit_table
from reasonlab.language.diagrams import Graph
from reasonlab.language.errors import ParseError
from reasonlab.language.estimands import Estimate
from reasonlab.language.probability import Expression, parse_expression
from reasonlab.language.rounding import Rounded
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.counterfactuals import Evaluator
from reasonlab.verifiers.diagrams import Diagram, diagram_of
from reasonlab.verifiers.intervals import written
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.models import Model
from reasonlab.verifiers.readers import cladder
from reasonlab.verifiers.rounding import judge

NOISE = Fraction(1, 10**9)  # published numbers are floating point
FILES = ("cladder_easy.json", "cladder_models.json")


def main() -> int:
    options = arguments(__doc__).parse_args()
    if options.folder is None or not all((options.folder / name).is_file() for name in FILES):
        return nothing_measured(options.folder, FILES, lacks="does not hold")
    questions, published = (records(options.folder / name) for name in FILES)
    truths = GroundTruths()
    models = {record["model_id"]: truths.take(record) for record in published}
    emit_table("published ground truth against its model", truths.rows(), json=options.json)
    faults = Faults()
    rows = steps(questions, faults)
    emit_table("reasoning, by type of question", rows, json=options.json)
    answers(questions, models, faults)
    emit_table("what is wrong, by kind", faults.rows(), json=options.json)
    if options.list:
        emit_table("every case", [*truths.cases, *faults.cases], json=options.json)
    return 0


class GroundTruths:
    """The 4,000 or so published numbers, and which of them their models do not bear out."""

    def __init__(self) -> None:
        self.right: Counter[tuple[str, str]] = Counter()
        self.wrong: dict[tuple[str, str], list[Fraction]] = defaultdict(list)
        self.undefined: Counter[tuple[str, str]] = Counter()
        self.cases: list[dict[str, Any]] = []

    def take(self, record: dict[str, Any]) -> Model:
        model = exact_model(record)
        evaluator = Evaluator(model, Meter(Limits(work=10**9)))
        for name, value in record["groundtruth"].items():
            kind = (record["graph_id"], name)
            try:
                exact = evaluator.value(quantity(name, model.diagram), {})
            except ZeroDivisionError:  # a model of zeros and ones in which the condition never occurs
                self.undefined[kind] += 1
                continue
            gap = abs(Fraction(str(value)) - exact)
            if gap <= NOISE:
                self.right[kind] += 1
                continue
            self.wrong[kind].append(gap)
            sign = value * exact < 0 and abs(exact) > NOISE
            self.cases.append(
                {
                    "kind": f"ground truth {name} of {record['graph_id']}",
                    "id": f"model {record['model_id']}",
                    "says": f"{value:.4f}, not {float(exact):.4f}" + (", the sign is wrong" if sign else ""),
                }
            )
        return model

    def rows(self) -> Iterator[dict[str, Any]]:
        kinds = sorted({*self.right, *self.wrong, *self.undefined}, key=lambda kind: (-len(self.wrong[kind]), kind))
        for kind in kinds:
            if gaps := self.wrong[kind]:
                graph, name = kind
                yield {
                    "graph": graph,
                    "quantity": name,
                    "wrong": len(gaps),
                    "right": self.right[kind],
                    "undefined": self.undefined[kind],
                    "largest error": round(float(max(gaps)), 4),
                }
        total = {"wrong": sum(map(len, self.wrong.values())), "right": sum(self.right.values())}
        yield {
            "graph": "all",
            "quantity": "",
            **total,
            "undefined": sum(self.undefined.values()),
            "largest error": None,
        }


def exact_model(record: dict[str, Any]) -> Model:
    """The published probabilities as they are written, by the sorted parents of each variable."""
    diagram = diagram_of(Graph.read(record["structure"]))
    chances: dict[str, dict[tuple[int, ...], Fraction]] = {}
    for name, table in record["params"].items():
        variable, _, conditions = name.removeprefix("p(").removesuffix(")").partition("|")
        order = [each.strip() for each in conditions.split(",") if each.strip()]
        parents = diagram.parents[variable.strip()]
        assert sorted(order) == list(parents), name
        rows = {}
        for values in product((0, 1), repeat=len(order)):
            entry = table[0] if not order and isinstance(table, list) else table
            for value in values:
                entry = entry[value]
            row = dict(zip(order, values))
            rows[tuple(row[parent] for parent in parents)] = Fraction(str(entry))
        chances[variable.strip()] = rows
    return Model(diagram, chances, {}, coupled=True)


def quantity(name: str, diagram: Diagram) -> Expression:
    """`ATE(Y | X)`, `P(V2=1)`, ... as an expression. All mediators together carry the indirect effect."""
    if name.startswith("P("):
        return parse_expression(name)
    between = sorted(diagram.descendants(["X"]) & diagram.ancestors(["Y"]) - {"X", "Y"})
    meta = {"query_type": name[:3].lower(), "mediators": between}
    if name[:3] in ("NDE", "NIE") and not between:  # nothing in between: all of the effect is direct
        return parse_expression("E[Y_{X=1} - Y_{X=0}]" if name[:3] == "NDE" else "0")
    return parse_expression(cladder.question(meta).quantity or "")


class Faults:
    """What is wrong in questions and their reasoning, by kind."""

    def __init__(self) -> None:
        self.cases: list[dict[str, Any]] = []

    def add(self, kind: str, record: dict[str, Any], says: str) -> None:
        self.cases.append({"kind": kind, "id": f"question {record['question_id']}", "says": says})

    def rows(self) -> Iterator[dict[str, Any]]:
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for case in self.cases:
            groups[case["kind"]].append(case)
        for kind, cases in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
            yield {"kind": kind, "cases": len(cases), "first": cases[0]["id"], "it says": cases[0]["says"][:150]}


def steps(questions: Iterable[dict[str, Any]], faults: Faults) -> list[dict[str, Any]]:
    """Every chain verified: counts of steps and outcomes, and the faults by step, type and graph."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for record in questions:
        kind, graph = record["meta"]["query_type"], record["meta"]["graph_id"]
        counts = table[kind]
        started = time.process_time()
        chain = cladder.read(record, default_id="?")
        report = verify_chain(chain)
        counts["ms"] += round(1000 * (time.process_time() - started))
        counts["chains"] += 1
        counts[report.outcome] += 1
        counts["givens unread"] += sum(given.claim is None for given in chain.givens)
        for verdict in report.verdicts:
            counts[f"steps {verdict.status}"] += 1
            if verdict.status not in ("entailed", "no_claim"):
                where = place(record, verdict.text)
                faults.add(
                    f"{where} of {kind} on {graph}: {verdict.status}", record, f"{verdict.text}: {verdict.reason}"
                )
        if report.verdicts and report.answer.status == "entailed" and report.answer.leap:
            faults.add(f"the end of {kind} does not state the answer", record, record["reasoning"].get("end", ""))
        judge_alone(record, counts)
    rows = [{"type": kind, **counts} for kind, counts in sorted(table.items())]
    total: Counter[str] = sum(table.values(), Counter())
    rows.append({"type": "all", **total})
    columns = sorted({name for row in rows for name in row} - {"type", "chains"})
    return [
        {"type": row["type"], "chains": row["chains"], **{name: row.get(name, 0) for name in columns}} for row in rows
    ]


def place(record: dict[str, Any], text: str) -> str:
    """Which entry of the reasoning a step comes from."""
    return next((name for name, lines in record["reasoning"].items() if text in lines.split("\n")), "a step")


def judge_alone(record: dict[str, Any], counts: Counter[str]) -> None:
    """Step 5 as bare rounded arithmetic, whatever it is about."""
    text = (record.get("reasoning") or {}).get("step5", "")
    if "=" in text:
        try:
            counts[f"step5 arithmetic {judge(Rounded.read(text.replace('−', '-'))).status}"] += 1
        except ParseError:
            counts["step5 arithmetic unparsed"] += 1


def answers(questions: Iterable[dict[str, Any]], models: dict[int, Model], faults: Faults) -> None:
    """Each question asked of its model: the answer, the published value, and the numbers in the text."""
    for record in questions:
        model = models[record["meta"]["model_id"]]
        chain = cladder.read(record, default_id="?")
        evaluator = Evaluator(model, Meter(Limits(work=10**9)))
        kind, graph = record["meta"]["query_type"], record["meta"]["graph_id"]
        for given in chain.givens:
            off = misstated(given.claim, evaluator)
            if off:
                faults.add(f"given number on {graph} against its model", record, f"{given.text}: {off}")
        claim = chain.query.claim if chain.query is not None else None
        if isinstance(claim, Estimate):
            left, right = (evaluator.value(side, {}) for side in claim.sides)
            true = left > right if claim.operator == ">" else left < right
            if str(true).lower() != chain.reference and abs(left - right) > NOISE:
                faults.add(
                    f"answer to {kind} on {graph} against its model",
                    record,
                    f"{record['answer']!r}: {claim.body()} with {float(left):.4f}",
                )
            published = record["meta"].get("groundtruth")
            if isinstance(published, float) and abs(Fraction(str(published)) - left) > NOISE:
                faults.add(
                    f"ground truth of {kind} on {graph} against its model",
                    record,
                    f"{published:.4f}, not {float(left):.4f}",
                )


def misstated(claim: object, evaluator: Evaluator) -> str | None:
    """How a number in the text differs from what its model makes it."""
    if not isinstance(claim, Estimate):
        return None
    try:
        exact = evaluator.value(claim.sides[0], {})
    except ZeroDivisionError:
        return "the condition cannot occur"
    text = claim.body().rsplit("= ", 1)[1]
    interval = written(text.lstrip("-"))
    value = -exact if text.startswith("-") else exact
    return None if value in interval else f"{text}, not {float(exact):.4f}"


if __name__ == "__main__":
    sys.exit(main())
