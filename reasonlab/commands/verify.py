"""`reasonlab verify`: check every step of chains of reasoning, and gate on the share that holds.

Exit codes (`reasonlab.gate.tally` has the table): 0 pass; 1 the gate failed; 2 bad usage, an unreadable file, or
nothing to verify; 3 inconclusive; 4 an internal fault, or two solvers that contradict each other.

There is nothing to verify if there is no record, or if no record holds an answer or a step that claims something: that
is so of every record that could not be read, and of prose without an equation. Its verdicts (`unparsed`, with the
reason) are written all the same.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import asdict, dataclass, field
from itertools import chain as join
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import tyro

from reasonlab.commands.outfile import check_outdir, check_outfile, outfile, writable
from reasonlab.commands.output import emit_json, emit_table, progress, shown
from reasonlab.gate.engines import ENGINES
from reasonlab.gate.failures import Failures
from reasonlab.gate.intake import STANDARD, pass_over, read_work
from reasonlab.gate.junit import junit
from reasonlab.gate.questions import Asking, Question, write_questions
from reasonlab.gate.records import Place, Result, Work, is_fault
from reasonlab.gate.sarif import sarif
from reasonlab.gate.tally import Tally
from reasonlab.language.errors import BadInput
from reasonlab.verifiers.outcomes import OUTCOMES
from reasonlab.verifiers.readers import READERS, reader_for
from reasonlab.verifiers.verdicts import STATUSES

FORMATS = f"""How to read them: auto, {", ".join(READERS)}. Our own records (docs/schema/chain.schema.json) look like
{{"givens": ["a = 3", "b = a + a"], "query": {{"value": "b"}}, "steps": ["b = a + a = 3 + 3 = 6"], "answer": "6"}}."""


@dataclass(frozen=True)
class Options:
    """Verify chains of reasoning: JSON records, one a line or in one array. Writes one record a chain, in order.

    Exit codes: 0 pass; 1 the gate failed; 2 bad usage, or nothing to verify; 3 inconclusive, some chain is unknown and
    the gate hangs on it; 4 an internal fault, or two solvers that contradict each other."""

    paths: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH...")]
    """Files to read; - is standard input, answered line by line (in blocks, if --jobs is more than 1)."""
    format: Annotated[str, tyro.conf.arg(help=FORMATS)] = "auto"
    out: str | None = None
    """Write the verdicts here, a line a chain as it is done (docs/schema/verdict.schema.json); - is standard output,
    the default when reading from -."""
    resume: bool = False
    """Go on after the last complete line of --out."""
    jobs: int = 1
    """Processes. The output is the same for any number."""
    engine: Literal["local", "ray"] = "local"
    """Where they run: on this machine, or on the Ray cluster that $RAY_ADDRESS names (without it, one started here)."""
    fail_under: float | None = None
    """The gate: the least share of chains that must be proved or consistent, between 0 and 1."""
    junit: Path | None = None
    """Write JUnit XML here: a test case a chain."""
    sarif: Path | None = None
    """Write SARIF 2.1.0 here: a result for each step, answer or record that does not hold."""
    smt_dir: Path | None = None
    """Write each question to the solver here, in a new or an empty folder, as SMT-LIB 2: CHAIN/step-3-1.smt2."""
    cross_check: bool = False
    """Ask cvc5 each question, too (extra "crosscheck"): where it contradicts Z3, the exit code is 4."""
    limit: int | None = None
    """Stop after so many records."""
    json: bool = False
    """Print the summary as one JSON document."""


Add = Callable[[dict[str, Any], Place], None]


@dataclass
class Outlets:
    """Where the verdicts go, and what they add up to."""

    sink: BinaryIO | None
    questions: Path | None
    reports: list[Add]
    tally: Tally = field(default_factory=Tally)
    failures: Failures = field(default_factory=Failures)
    fresh: int = 0  # chains verified now, and not in an earlier run

    def seen(self, work: Work, record: dict[str, Any]) -> None:
        """Take in a verdict of an earlier run."""
        self.tally.add(record["outcome"], record["answer"]["status"], [step["status"] for step in record["steps"]])
        self.tally.faults += is_fault(record)
        if self.failures.wants(record["outcome"]):
            self.failures.add(record, work.place)
        for add in self.reports:
            add(record, work.place)

    def take(self, result: Result) -> None:
        """Take in a new verdict. Its questions come first: a line in --out says that all about a chain is written."""
        if self.questions is not None:
            write_questions(self.questions, result.number, result.id, result.questions)
        if self.sink is not None:
            self.sink.write(result.line)
            self.sink.flush()
        wanted = self.failures.wants(result.outcome)
        if self.reports or wanted:
            record = json.loads(result.line)
            if wanted:
                self.failures.add(record, result.place)
            for add in self.reports:
                add(record, result.place)
        self.fresh += 1
        self.tally.add(result.outcome, result.answer, result.statuses)
        self.tally.ask(result.questions)
        if result.fault is not None:
            self.tally.faults += 1
            print(f"internal fault: {result.fault}", file=sys.stderr)
        for question in result.questions:
            if question.disagrees:
                print(_disagreement(result.id, question), file=sys.stderr)


def run(options: Options) -> int:
    """Verify, write, summarise; the exit code is the gate's."""
    _check(options)
    out = options.out if options.out is not None else (STANDARD if STANDARD in options.paths else None)
    started = time.monotonic()
    with ExitStack() as stack:
        work = read_work(options.paths, options.format, stack)
        first = next(work, None)  # before --out is touched: an unreadable file loses nothing that was written
        work = islice(join([first] if first else [], work), options.limit)
        outlets = _outlets(options, out, stack)
        if options.resume and out is not None and outlets.sink is not None:
            pass_over(out, outlets.sink, work, outlets.seen)
        _verify(work, options, outlets, stack)
        tally = outlets.tally
        if not tally.chains:
            raise BadInput("there is nothing to verify", "at least one record", "check the paths")
    seconds = time.monotonic() - started
    with redirect_stdout(sys.stderr if out == STANDARD else sys.stdout):
        _summarise(options, outlets, outlets.fresh / seconds if seconds else 0.0)
    code = tally.exit_code(options.fail_under)
    if code == 2:
        what = f"none of {tally.chains} records holds a step or an answer that could be read"
        shapes = "records of a known format, with a step that says something of numbers or terms, or an answer"
        raise BadInput(what, shapes, "see `reason` in the verdicts, and check --format")
    return code


def _check(options: Options) -> None:
    """Refuses what cannot be done before anything is read or written."""
    if not options.paths:
        raise BadInput("there is no path", "one file or more, or - for standard input", "name one")
    if options.fail_under is not None and not 0 <= options.fail_under <= 1:
        raise BadInput(f"--fail-under is {options.fail_under}", "a share between 0 and 1", "such as 0.98")
    if not 1 <= options.jobs <= 256:
        raise BadInput(f"--jobs is {options.jobs}", "a number from 1 to 256", "use the number of cores")
    if options.limit is not None and options.limit < 1:
        raise BadInput(f"--limit is {options.limit}", "a positive number", "leave it out to read everything")
    if options.resume and options.out in (None, STANDARD):
        raise BadInput("--resume has nothing to go on from", "--out with a file", "name the file written before")
    if options.resume and options.cross_check:
        raise BadInput(
            "--resume does not go with --cross-check", "one of them", "a new --out: disagreements are not kept"
        )
    if options.format != "auto":
        reader_for(options.format)
    if options.engine == "ray":
        import ray  # noqa: F401  (a missing extra is said before anything is written)
    if options.cross_check:
        import cvc5  # noqa: F401
    _check_places(options)


def _check_places(options: Options) -> None:
    for path, count in Counter(os.path.realpath(path) if path != STANDARD else path for path in options.paths).items():
        if count > 1:
            raise BadInput(f"{path!r} is named {count} times", "each file once", "leave the others out")
    for path in options.paths:
        if path != STANDARD and not Path(path).is_file():
            what = "is no file" if Path(path).exists() else "does not exist"
            raise BadInput(f"{path!r} {what}", "a file of JSON records", "check the path")
    read = {Path(path).resolve() for path in options.paths if path != STANDARD}
    written: set[Path] = set()
    out = None if options.out in (None, STANDARD) else options.out
    for option, place in (("--out", out), ("--junit", options.junit), ("--sarif", options.sarif)):
        if place is None:
            continue
        target = check_outfile(place, option).resolve()
        if target in read:
            raise BadInput(f"{option} is the input {str(place)!r}", "another file", "choose another name")
        if target in written:
            raise BadInput(f"{option} {str(place)!r} is written already", "a file for each", "choose another name")
        written |= {target} if target.is_file() or not target.exists() else set()  # a device takes whatever comes
    if options.smt_dir is not None:
        place = check_outdir(options.smt_dir, "--smt-dir")
        if not options.resume and place.is_dir() and any(place.iterdir()):
            what = f"--smt-dir {str(place)!r} holds something already"
            raise BadInput(what, "a new or an empty folder, or --resume", "remove it, or choose another name")


def _outlets(options: Options, out: str | None, stack: ExitStack) -> Outlets:
    """Everything that is written to, opened."""
    reports: list[Add] = []
    if options.junit is not None:
        reports.append(stack.enter_context(junit(stack.enter_context(outfile(options.junit, "--junit")))))
    if options.sarif is not None:
        reports.append(stack.enter_context(sarif(stack.enter_context(outfile(options.sarif, "--sarif")))))
    if options.smt_dir is not None:
        with writable(options.smt_dir, "--smt-dir"):
            options.smt_dir.mkdir(exist_ok=True)
    return Outlets(_open_out(out, options.resume, stack), options.smt_dir, reports)


def _open_out(out: str | None, resume: bool, stack: ExitStack) -> BinaryIO | None:
    """Where the lines of verdicts go."""
    if out is None:
        return None
    if out == STANDARD:
        return sys.stdout.buffer
    if os.path.isfile(out) and os.path.getsize(out) and not resume:
        raise BadInput(f"{out!r} is there already", "a new file, or --resume", "remove it, or go on with --resume")
    if resume and os.path.exists(out) and not os.path.isfile(out):
        raise BadInput(f"{out!r} is a device or a pipe", "a file to go on with", "leave --resume out")
    with writable(out, "--out"):
        return stack.enter_context(open(out, "ab"))


def _verify(work: Iterator[Work], options: Options, outlets: Outlets, stack: ExitStack) -> None:
    """Verify and write, in order."""
    asking = Asking(keep=options.smt_dir is not None, second=options.cross_check)
    shown = stack.enter_context(progress("verify", None)) if sys.stderr.isatty() else None
    for result in ENGINES[options.engine](work, asking, options.jobs, stack):
        outlets.take(result)
        if shown is not None:
            shown.advance(1)


def _disagreement(id: str, question: Question) -> str:
    return f"solvers disagree: {id}, {question.name}: Z3 says {question.status}, cvc5 {question.other}"


def _summarise(options: Options, outlets: Outlets, rate: float) -> None:
    tally = outlets.tally
    if options.json:
        emit_json(_summary(options, outlets, rate))
        return
    steps = sum(tally.steps.values())
    rows = [("chain", name, tally.outcomes[name], tally.chains) for name in OUTCOMES]
    rows += [("step", name, tally.steps[name], steps) for name in STATUSES]
    table = [
        {"of": of, "status": name, "count": count, "share": f"{count / total:.1%}"}
        for of, name, count, total in rows
        if count
    ]
    emit_table(f"{tally.chains} chains, {steps} steps, {rate:.0f} chains/s", table)
    if not tally.nothing:
        _name_failures(outlets, options.format)
    if options.cross_check:
        agreed = tally.questions - tally.undecided - tally.disagreements
        print(
            f"cross-check: {tally.questions} questions, cvc5 agrees on {agreed}, "
            f"{tally.undecided} undecided by one of the two, {tally.disagreements} disagreements"
        )
    if options.fail_under is not None:
        words = {0: "passed", 1: "failed", 2: "nothing to judge", 3: "inconclusive", 4: "not judged: a fault of ours"}
        verdict = words[tally.exit_code(options.fail_under)]
        share = f"{tally.good / tally.chains:.1%} proved or consistent, at least {options.fail_under:.1%} asked"
        print(f"gate: {share}: {verdict}")


def _name_failures(outlets: Outlets, format: str) -> None:
    """The first chains that do not hold, and how to see all about one."""
    first, tally = outlets.failures.first, outlets.tally
    if not first:
        return
    named = f"the first {len(first)}" if tally.chains - tally.good > len(first) else "all of them"
    print(f"{tally.chains - tally.good} neither proved nor consistent, {named}:")
    for each in first:
        print(shown(f"  {each.id}: {each.outcome}: {each.why}"))
    shape = "" if format == "auto" else f" --format {format}"
    path = "FILE" if first[0].path == STANDARD else shlex.quote(first[0].path)
    print(shown(f"to see why: reasonlab explain {path}{shape} --id {shlex.quote(first[0].id)}"))


def _summary(options: Options, outlets: Outlets, rate: float) -> dict[str, Any]:
    tally = outlets.tally
    summary: dict[str, Any] = {
        "chains": tally.chains,
        "outcomes": {name: tally.outcomes[name] for name in OUTCOMES},
        "steps": {name: tally.steps[name] for name in STATUSES},
        "failing": [asdict(each) for each in outlets.failures.first],
        "share": tally.good / tally.chains,
        "fail_under": options.fail_under,
        "exit_code": tally.exit_code(options.fail_under),
        "chains_per_second": round(rate, 1),
    }
    if options.cross_check:
        summary["cross_check"] = {
            "questions": tally.questions, "undecided": tally.undecided, "disagreements": tally.disagreements,
        }  # fmt: skip
    return summary
