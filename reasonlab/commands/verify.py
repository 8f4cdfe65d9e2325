"""`reasonlab verify`: check every step of chains of reasoning, and gate on the share that holds.

Exit codes: 0 pass; 1 the gate failed; 2 bad usage, an unreadable file, or nothing to verify; 3 inconclusive: some chain
is unknown and the gate hangs on it; 4 an internal fault on some chain.

There is nothing to verify if there is no record, or if no record holds a step or an answer: that is so of every record
that could not be read. Its verdicts (`unparsed`, with the reason) are written all the same.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from itertools import chain as join
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import tyro

from reasonlab.commands.outfile import check_outfile
from reasonlab.commands.output import emit_json, emit_table, progress
from reasonlab.language.errors import BadInput, quote
from reasonlab.verifiers.chain import unread_report, verify_chain
from reasonlab.verifiers.outcomes import OUTCOMES
from reasonlab.verifiers.readers import Unreadable, guess, read_piece, reader_for
from reasonlab.verifiers.readers.framing import Piece, pieces
from reasonlab.verifiers.verdicts import STATUSES, AnswerVerdict, ChainReport

CHUNK = 64  # records handed to a worker at a time; results do not depend on it
STANDARD = "-"
LINE_START = b'{"id": "'  # of every line that is written here: anything else is not cut off, whatever it is


@dataclass(frozen=True)
class Options:
    """Verify chains of reasoning: JSON records, one a line or in one array. Writes one record a chain, in order."""

    paths: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH...")]
    """Files to read; - is standard input, answered line by line."""
    format: str = "auto"
    """How to read them: auto, reasonlab, prontoqa, gsm8k.

    Our own: {"id", "surface": "formal" or "english", "modulus", "nouns", "givens": [text], "query": {"value": name} or
    {"truth": statement}, "steps": [text], "answer", "reference"}; "text" may hold steps and answer as one."""
    out: str | None = None
    """Write the verdicts here, a line a chain as it is done; - is standard output (the default when reading from -)."""
    resume: bool = False
    """Go on after the last complete line of --out."""
    jobs: int = 1
    """Processes. The output is the same for any number."""
    fail_under: float | None = None
    """The gate: the least share of chains that must be proved or consistent, between 0 and 1."""
    limit: int | None = None
    """Stop after so many records."""
    json: bool = False
    """Print the summary as one JSON document."""


@dataclass
class Tally:
    """What was found so far."""

    chains: int = 0
    empty: int = 0  # of them, those without a step and without an answer
    outcomes: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    faults: int = 0

    def add(self, outcome: str, answer: str, statuses: Sequence[str]) -> None:
        """Count a chain: its outcome, the status of its answer and those of its steps."""
        self.chains += 1
        self.empty += answer == "absent" and not statuses
        self.outcomes[outcome] += 1
        self.steps.update(statuses)


@dataclass(frozen=True)
class Result:
    """One chain's line of output and what the summary needs of it."""

    line: bytes
    outcome: str
    answer: str
    statuses: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True)
class Work:
    """One record: its text, its id where it names none, and its format."""

    piece: Piece
    id: str
    format: str


def run(options: Options) -> int:
    """Verify, write, summarise; the exit code is the gate's."""
    _check(options)
    out = options.out if options.out is not None else (STANDARD if STANDARD in options.paths else None)
    tally = Tally()
    started = time.monotonic()
    with ExitStack() as stack:
        work = _work(options, stack)
        first = next(work, None)  # before --out is touched: an unreadable file loses nothing that was written
        sink = _open_out(out, options.resume, stack)
        work = islice(join([first] if first else [], work), options.limit)
        if options.resume and out is not None and sink is not None:
            _skip_written(out, sink, work, tally)
        fresh = _verify(work, options, sink, tally, stack)
    if not tally.chains:
        raise BadInput("there is nothing to verify", "at least one record", "check the paths")
    seconds = time.monotonic() - started
    with redirect_stdout(sys.stderr if out == STANDARD else sys.stdout):
        _summarise(options, tally, fresh / seconds if seconds else 0.0)
    if tally.empty == tally.chains and not tally.faults:
        what = f"none of {tally.chains} records holds a step or an answer that could be read"
        raise BadInput(what, "records of a known format", "see `reason` in the verdicts, and check --format")
    return exit_code(tally, options.fail_under)


def exit_code(tally: Tally, fail_under: float | None) -> int:
    """The exit code: an internal fault comes first, then whether there was anything to judge, then the gate."""
    if tally.faults:
        return 4
    if tally.empty == tally.chains:
        return 2
    if fail_under is None:
        return 0
    good = tally.outcomes["proved"] + tally.outcomes["consistent"]
    if good >= fail_under * tally.chains:
        return 0
    return 3 if good + tally.outcomes["unknown"] >= fail_under * tally.chains else 1


def _check(options: Options) -> None:
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
    if options.out not in (None, STANDARD):
        check_outfile(options.out)
    if options.format != "auto":
        reader_for(options.format)
    for path in options.paths:
        if path != STANDARD and not Path(path).is_file():
            what = "is no file" if Path(path).exists() else "does not exist"
            raise BadInput(f"{path!r} {what}", "a file of JSON records", "check the path")
        if (
            options.out not in (None, STANDARD)
            and path != STANDARD
            and Path(path).resolve() == Path(options.out).resolve()
        ):
            raise BadInput(f"--out is the input {path!r}", "another file", "choose another name")


def _work(options: Options, stack: ExitStack) -> Iterator[Work]:
    """The records of all paths, in order."""
    for path in options.paths:
        stream, name = _open(path, stack)
        format = options.format
        try:
            for piece in pieces(stream):
                if format == "auto" and (found := guess(piece)) is not None:
                    format = found
                    print(f"{path}: read as {format}", file=sys.stderr)
                yield Work(piece, f"{name}:{piece.number}", format)
        except OSError as error:
            raise BadInput(f"{path!r} cannot be read: {error.strerror}", "a readable file", "check the disk") from None


def _open(path: str, stack: ExitStack) -> tuple[BinaryIO, str]:
    if path == STANDARD:
        if sys.stdin is None:
            raise BadInput("standard input is closed", "records on it, or a file", "name a file")
        return sys.stdin.buffer, "stdin"
    try:
        return stack.enter_context(open(path, "rb")), Path(path).stem
    except OSError as error:
        raise BadInput(f"{path!r} cannot be read: {error.strerror}", "a readable file", "check the path") from None


def _open_out(out: str | None, resume: bool, stack: ExitStack) -> BinaryIO | None:
    """Where the verdicts go."""
    if out is None:
        return None
    if out == STANDARD:
        return sys.stdout.buffer
    if os.path.exists(out) and os.path.getsize(out) and not resume:
        raise BadInput(f"{out!r} is there already", "a new file, or --resume", "remove it, or go on with --resume")
    if resume and os.path.exists(out) and not os.path.isfile(out):
        raise BadInput(f"{out!r} is a device or a pipe", "a file to go on with", "leave --resume out")
    return stack.enter_context(open(out, "ab"))


def _skip_written(out: str, sink: BinaryIO, work: Iterator[Work], tally: Tally) -> None:
    """Count the complete verdicts of an earlier run, pass over their records and cut off a torn last line.

    The records must be the same ones: their ids are compared, one by one, so memory does not grow with the file.
    """
    end = 0
    with open(out, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                if not line.startswith(LINE_START[: len(line)]):
                    raise _no_verdict(out, number)
                break
            try:
                record = json.loads(line)
                id, outcome, answer = record["id"], record["outcome"], record["answer"]["status"]
                statuses = [step["status"] for step in record["steps"]]
                if outcome not in OUTCOMES or not set(statuses) <= set(STATUSES):
                    raise ValueError
            except (ValueError, KeyError, TypeError, RecursionError):
                raise _no_verdict(out, number) from None
            item = next(work, None)
            chain = read_piece(item.piece, _reader(item), item.id) if item is not None else None
            if chain is None or chain.id != id:
                found = quote(chain.id) if chain is not None else "nothing"
                what = f"{out!r} holds a verdict on {quote(id)} where the input has {found}"
                raise BadInput(what, "verdicts on the same input", "resume with the same paths in the same order")
            tally.add(outcome, answer, statuses)
            end += len(line)
    sink.truncate(end)


def _no_verdict(out: str, number: int) -> BadInput:
    return BadInput(f"line {number} of {out!r} is no verdict", "a file written by `reasonlab verify`", "check --out")


def _reader(item: Work):  # type: ignore[no-untyped-def]
    return reader_for("reasonlab" if item.format == "auto" else item.format)


def _verify(work: Iterator[Work], options: Options, sink: BinaryIO | None, tally: Tally, stack: ExitStack) -> int:
    """Verify and write, in order. Returns how many chains it did."""
    before = tally.chains
    results = map(verify_record, work) if options.jobs == 1 else _parallel(work, options.jobs, stack)
    shown = stack.enter_context(progress("verify", None)) if sys.stderr.isatty() else None
    for result in results:
        if sink is not None:
            sink.write(result.line)
            sink.flush()
        tally.add(result.outcome, result.answer, result.statuses)
        if result.fault is not None:
            tally.faults += 1
            print(f"internal fault: {result.fault}", file=sys.stderr)
        if shown is not None:
            shown.advance(1)
    return tally.chains - before


def _parallel(work: Iterator[Work], jobs: int, stack: ExitStack) -> Iterator[Result]:
    """The results in the order of the work; as many chunks under way as keep the workers busy, and no more."""
    pool = ProcessPoolExecutor(jobs, initializer=_ignore_interrupts)
    stack.callback(pool.shutdown, wait=True, cancel_futures=True)
    running: deque[Future[list[Result]]] = deque()
    while True:
        while len(running) < 2 * jobs + 1 and (chunk := list(islice(work, CHUNK))):
            running.append(pool.submit(verify_records, chunk))
        if not running:
            return
        yield from running.popleft().result()


def _ignore_interrupts() -> None:
    # Ctrl-C reaches the whole group; the parent ends the workers in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def verify_records(work: Sequence[Work]) -> list[Result]:
    return [verify_record(item) for item in work]


def verify_record(item: Work) -> Result:
    """The result on one record. A fault of ours is reported as such: one chain must not end a stream."""
    id, fault = item.id, None
    try:
        read = read_piece(item.piece, _reader(item), item.id)
        id = read.id
        report = unread_report(id, read.reason) if isinstance(read, Unreadable) else verify_chain(read)
        line = to_line(report)
    except Exception as error:
        if os.environ.get("REASONLAB_DEBUG"):
            raise
        fault = f"{id}: {type(error).__name__}: {error}"
        report = ChainReport(
            id, "unknown", AnswerVerdict(None, "unknown"), (), f"internal fault: {type(error).__name__}"
        )
        line = to_line(report)
    statuses = tuple(verdict.status for verdict in report.verdicts)
    return Result(line, report.outcome, report.answer.status, statuses, fault)


def to_line(report: ChainReport) -> bytes:
    """One JSON line. A lone surrogate, which UTF-8 has no bytes for, becomes its JSON escape."""
    text = json.dumps(report.to_record(), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _summarise(options: Options, tally: Tally, rate: float) -> None:
    good = tally.outcomes["proved"] + tally.outcomes["consistent"]
    if options.json:
        summary = {
            "chains": tally.chains,
            "outcomes": {name: tally.outcomes[name] for name in OUTCOMES},
            "steps": {name: tally.steps[name] for name in STATUSES},
            "share": good / tally.chains,
            "fail_under": options.fail_under,
            "exit_code": exit_code(tally, options.fail_under),
            "chains_per_second": round(rate, 1),
        }
        emit_json(summary)
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
    if options.fail_under is not None:
        words = {0: "passed", 1: "failed", 2: "nothing to judge", 3: "inconclusive", 4: "not judged, for our own fault"}
        verdict = words[exit_code(tally, options.fail_under)]
        print(
            f"gate: {good / tally.chains:.1%} proved or consistent, at least {options.fail_under:.1%} asked: {verdict}"
        )
