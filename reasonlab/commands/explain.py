"""`reasonlab explain`: why one step of a chain has its verdict, in words (needs no torch)."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Annotated

import tyro

from reasonlab.commands.output import emit_json, shown
from reasonlab.gate.explain import explain, render
from reasonlab.gate.failures import why_not
from reasonlab.gate.intake import STANDARD, read_work
from reasonlab.gate.records import Work
from reasonlab.language.chains import Chain
from reasonlab.language.errors import BadInput, quote
from reasonlab.verifiers.chain import verify_chain
from reasonlab.verifiers.lines import to_line
from reasonlab.verifiers.readers import READERS, Unreadable, read_piece, reader_for
from reasonlab.verifiers.verdicts import ChainReport


@dataclass(frozen=True)
class Options:
    """Explain the verdict on one step of one chain: its premises, and the proof or what speaks against it."""

    path: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CHAINFILE")]
    """A file of chains, as `reasonlab verify` reads it; - is standard input."""
    id: str | None = None
    """Which chain: its id, or its file and line as `chains:3`; by default the first."""
    step: int | None = None
    """Which step, from 0; by default the first that does not hold, or else the answer."""
    answer: bool = False
    """Explain the answer instead."""
    format: Annotated[str, tyro.conf.arg(help=f"How to read the file: auto, {', '.join(READERS)}.")] = "auto"
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Verify the chain and print the explanation."""
    if options.answer and options.step is not None:
        raise BadInput("--answer and --step are both given", "one of them", "leave one out")
    if options.format != "auto":
        reader_for(options.format)
    chain = _find(options)
    report = verify_chain(chain)
    step = _chosen(options, report)
    if step is None and report.answer.value is None:
        raise BadInput(
            f"{quote(chain.id)} has no answer, and no step of it fails", "a step to explain", "name one with --step"
        )
    explanation = explain(chain, report, step)
    if options.json:
        emit_json({"outcome": report.outcome, **asdict(explanation)})
    else:
        print("\n".join(shown(line) for line in render(explanation).splitlines()))
        said = report.outcome in ("proved", "consistent") or report.first_error is not None
        why = "" if said else f": {shown(why_not(json.loads(to_line(report)))[1])}"
        print(f"the chain is {report.outcome}{why}")
    return 0


def _find(options: Options) -> Chain:
    """The chain that is asked for."""
    seen: list[str] = []
    with ExitStack() as stack:
        for item in read_work([options.path], options.format, stack):
            read = read_piece(item.piece, item.reader, item.id)
            # Two records may have one id, and among several files an id may begin with the path: the place names one.
            if options.id in (None, read.id, item.id, _long_id(item)):
                if isinstance(read, Unreadable):
                    raise BadInput(
                        f"{quote(read.id)} is no chain: {read.reason}", "a readable record", "check --format"
                    )
                return read
            seen = [*seen, read.id][:5]
    name = "standard input" if options.path == STANDARD else repr(options.path)
    if options.id is None:
        raise BadInput(f"there is no chain in {name}", "at least one record", "check the path")
    known = f"an id such as {', '.join(map(quote, seen))}" if seen else "at least one record"
    raise BadInput(f"there is no chain {quote(options.id)} in {name}", known, "check --id")


def _long_id(item: Work) -> str:
    return f"{item.place.path}:{item.piece.number}"


def _chosen(options: Options, report: ChainReport) -> int | None:
    """The index of the step to explain; None for the answer."""
    count = len(report.verdicts)
    if options.step is not None and not 0 <= options.step < count:
        expected = f"0 to {count - 1}" if count else "a chain that has steps"
        raise BadInput(f"{quote(report.id)} has no step {options.step}", expected, "steps are counted from 0")
    if options.step is None and not options.answer:
        return report.first_error
    return options.step
