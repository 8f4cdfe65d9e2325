"""`reasonlab sample`: let a model reason on problems it has not seen; show the chains or write them as JSONL."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from reasonlab.commands.outfile import check_outfile, outfile
from reasonlab.commands.output import emit_json, emit_table
from reasonlab.runs import default_root


@dataclass(frozen=True)
class Options:
    """Let a model reason on problems."""

    run: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUN")] = "arithmetic"
    """A run's name or folder; "arithmetic" and "deduction" are the shipped models."""
    family: str | None = None
    """Of what it was trained on, where that are several families; by default the first."""
    difficulty: str | None = None
    """Settings of the problems; by default those of the training."""
    split: str = "test"
    """train, validation or test."""
    count: int = 5
    """How many problems."""
    start: int = 0
    """The first problem's index."""
    seed: int = 1
    """Names the problems, and the draws at a temperature above 0."""
    temperature: float = 0.0
    """0 is greedy."""
    out: Path | None = None
    """Write JSONL that `reasonlab verify` reads, instead of showing the chains."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    device: str = "auto"
    """auto, cpu or cuda."""
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Sample and print."""
    from reasonlab.commands.model import draw, open_subject, reason

    if options.out is not None:
        check_outfile(options.out)
    subject = open_subject(options.run, options.root, options.device, options.family)
    difficulty = subject.difficulty if options.difficulty is None else options.difficulty
    asked = draw(subject.family, difficulty, options.split, options.seed, options.count, start=options.start)
    judged = reason(subject, asked, temperature=options.temperature, seed=options.seed, label="reasoning")
    if options.out is not None:
        with outfile(options.out) as file:
            file.writelines(json.dumps(item.problem.record(item.text)) + "\n" for item in judged)
        return 0
    if options.json:
        emit_json([item.row() for item in judged])
        return 0
    for item in judged:
        rows = [
            {"step": verdict.text, "verdict": verdict.status, "premises": " ".join(verdict.premises),
             "leap": verdict.leap, "why": verdict.reason or verdict.witness}
            for verdict in item.report.verdicts
        ]  # fmt: skip
        emit_table(f"{item.problem.id}\n{item.problem.prompt}", rows)
        print(f"answer {item.report.answer.value}: {item.report.outcome}\n")
    return 0
