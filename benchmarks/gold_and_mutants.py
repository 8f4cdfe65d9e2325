"""What ties families to verifiers: every gold chain is proved, and no mutant with a claim that does not follow is.

    python benchmarks/gold_and_mutants.py --count 10000

For each family and form: `count` gold chains must be proved with no step leaping further than one inference; then as
many harmful mutants, of kinds in turn, must not be proved. Whether a mutant is harmful is said by the problem's SCM
(reasonlab.tasks.mutations), which no verifier sees. Harmless mutants met on the way are counted apart, and judged too.
And step by step, of gold chains and all mutants: a step must be `entailed` where its claim follows by the SCM and
nowhere else. Exit code 1 if a law fails; the first failures are shown.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from multiprocessing import get_context

from reasonlab.commands.output import emit_table, progress
from reasonlab.language.chains import Chain
from reasonlab.tasks import FAMILIES, Problem, make, parse_difficulty
from reasonlab.tasks.mutations import KINDS, Mutant, follow, mutate
from reasonlab.tasks.streams import Stream
from reasonlab.verifiers import ChainReport, verify_chain

MAX_LEAP = 1
MAX_TRIES = 200  # mutants of one kind drawn from one problem until one is harmful
CHUNK = 50
SHOWN = 10  # failures


@dataclass
class Tally:
    """What was found about some problems of one family in one form."""

    gold: int = 0
    gold_proved: int = 0
    max_leap: int = 0
    harmful: Counter[str] = field(default_factory=Counter)  # by kind
    harmful_refused: Counter[str] = field(default_factory=Counter)
    harmless: Counter[str] = field(default_factory=Counter)
    harmless_proved: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)  # of harmful mutants
    steps: int = 0  # judged, in all chains
    steps_differ: int = 0  # where verifier and SCM say different things
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.gold += other.gold
        self.gold_proved += other.gold_proved
        self.max_leap = max(self.max_leap, other.max_leap)
        self.steps += other.steps
        self.steps_differ += other.steps_differ
        for name in ("harmful", "harmful_refused", "harmless", "harmless_proved", "outcomes"):
            getattr(self, name).update(getattr(other, name))
        self.failures += other.failures


@dataclass(frozen=True)
class Job:
    """Problems first..last-1 of one family, in one form."""

    family: str
    difficulty: str
    form: str
    seed: int
    first: int
    last: int


def work(job: Job) -> Tally:
    """Judge the gold chain and one harmful mutant of each problem."""
    tally = Tally()
    difficulty = parse_difficulty(job.family, job.difficulty)
    for index in range(job.first, job.last):
        problem = make(job.family, difficulty, "test", job.seed, index)
        _gold(problem, job.form, tally)
        for mutant in _until_harmful(problem, job):
            _judge(mutant, tally)
    return tally


def _gold(problem: Problem, form: str, tally: Tally) -> None:
    chain = problem.chain(problem.gold_text(form))
    report = verify_chain(chain)
    _compare_steps(problem, chain, report, None, tally)
    # A leap that was not counted is no leap of at most one.
    leap = max((MAX_LEAP + 1 if verdict.leap is None else verdict.leap for verdict in report.verdicts), default=0)
    tally.gold += 1
    tally.gold_proved += report.outcome == "proved"
    tally.max_leap = max(tally.max_leap, leap)
    if report.outcome != "proved" or leap > MAX_LEAP:
        text = problem.gold_text(form)
        tally.failures.append(f"gold is {report.outcome}, leap {leap}\n    {problem.prompt}\n    {text}")


def _until_harmful(problem: Problem, job: Job) -> Iterator[Mutant]:
    """Different mutants of one kind, up to and including the first harmful one; if there is none, of the next kind."""
    stream, seen = Stream("mutants", job.seed, problem.id, job.form), set()
    kinds = KINDS[job.family]
    turn = problem.index % len(kinds)
    for kind in (*kinds[turn:], *kinds[:turn]):
        for _ in range(MAX_TRIES):
            mutant = mutate(problem, job.form, stream, kind)
            if (mutant.text, mutant.removed) not in seen:
                seen.add((mutant.text, mutant.removed))
                yield mutant
            if mutant.harmful:
                return


def _judge(mutant: Mutant, tally: Tally) -> None:
    report = verify_chain(mutant.chain)
    _compare_steps(mutant.problem, mutant.chain, report, mutant.removed, tally)
    proved = report.outcome == "proved"
    if not mutant.harmful:
        tally.harmless[mutant.kind] += 1
        tally.harmless_proved[mutant.kind] += proved
        return
    tally.harmful[mutant.kind] += 1
    tally.harmful_refused[mutant.kind] += not proved
    tally.outcomes[report.outcome] += 1
    if proved:
        lost = "" if mutant.removed is None else f" ({mutant.problem.instance.givens[mutant.removed]} removed)"
        tally.failures.append(
            f"harmful {mutant.kind} at step {mutant.step} is proved{lost}\n"
            f"    {mutant.problem.prompt}\n    {mutant.text}"
        )


def _compare_steps(problem: Problem, chain: Chain, report: ChainReport, removed: int | None, tally: Tally) -> None:
    for follows, verdict in zip(follow(problem, chain.steps, removed), report.verdicts, strict=True):
        tally.steps += 1
        if follows != (verdict.status == "entailed"):
            tally.steps_differ += 1
            lost = "" if removed is None else f" ({problem.instance.givens[removed]} removed)"
            says = "follows" if follows else "does not follow"
            tally.failures.append(
                f"{verdict.text!r} {says} but is {verdict.status} ({verdict.reason}){lost}\n    {problem.prompt}"
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="problems for each family and form")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", action="append", choices=list(FAMILIES), help="may be repeated; default: all")
    parser.add_argument("--difficulty", default="", help="settings of the family, as in `reasonlab problems`")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    if options.count < 1 or options.processes < 1:
        parser.error("--count and --processes must be at least 1")
    passed = True
    for name in options.family or FAMILIES:
        for form in FAMILIES[name].forms:
            tally = _run(name, form, options)
            passed &= _report(name, form, tally)
    print("every law holds" if passed else "A LAW FAILS")
    return 0 if passed else 1


def _run(name: str, form: str, options: argparse.Namespace) -> Tally:
    starts = range(0, options.count, CHUNK)
    jobs = [
        Job(name, options.difficulty, form, options.seed, first, min(first + CHUNK, options.count)) for first in starts
    ]
    tally = Tally()
    pool = get_context("spawn").Pool(options.processes) if options.processes > 1 else nullcontext()
    with progress(f"{name} {form}", options.count) as bar, pool as workers:
        # In order, so that the failures shown do not depend on the machine.
        for job, part in zip(jobs, workers.imap(work, jobs) if workers else map(work, jobs)):
            tally.add(part)
            bar.advance(job.last - job.first, failures=len(tally.failures))
    return tally


def _report(name: str, form: str, tally: Tally) -> bool:
    print(f"\n{name}, {form}: gold proved {tally.gold_proved}/{tally.gold}, furthest leap {tally.max_leap}")
    print(f"steps on which verifier and SCM differ: {tally.steps_differ}/{tally.steps}")
    rows = [
        {
            "mutation": kind,
            "harmful": tally.harmful[kind],
            "not proved": tally.harmful_refused[kind],
            "harmless (apart)": tally.harmless[kind],
            "of them proved": tally.harmless_proved[kind],
        }
        for kind in KINDS[name]
    ]
    total = {key: sum(row[key] for row in rows) for key in rows[0] if key != "mutation"}  # type: ignore[misc]
    emit_table("mutants", [*rows, {"mutation": "all", **total}])
    print("outcomes of the harmful:", ", ".join(f"{word} {count}" for word, count in sorted(tally.outcomes.items())))
    for failure in tally.failures[:SHOWN]:
        print("  FAILURE:", failure)
    if len(tally.failures) > SHOWN:
        print(f"  and {len(tally.failures) - SHOWN} more failures")
    sys.stdout.flush()
    return not tally.failures and total["harmful"] == tally.gold


if __name__ == "__main__":
    sys.exit(main())
