"""`reasonlab evaluate`: scores with intervals on held-out problems and on larger ones than any in training."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from reasonlab.commands.output import emit_json, emit_table
from reasonlab.language.errors import BadInput
from reasonlab.runs import default_root, sole_writer

if TYPE_CHECKING:
    from reasonlab.commands.model import Subject
    from reasonlab.recipes import Part

LARGER = 3  # how far past the largest size in training


@dataclass(frozen=True)
class Options:
    """Sample and verify by difficulty."""

    run: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUN")] = "arithmetic"
    """A run's name or folder; "arithmetic" and "deduction" are the shipped models."""
    problems: int = 500
    """How many held-out problems."""
    larger: int = 200
    """How many problems larger than any seen in training; 0 for none."""
    family: str | None = None
    """Of what it was trained on, where that are several families; by default every one."""
    difficulty: str | None = None
    """Other settings than those of the training; "larger" is then left out."""
    seed: int = 1
    """Names the problems."""
    temperature: float = 0.0
    """0 is greedy."""
    save: bool = True
    """Whether chains and scores are written into the run folder, or only printed."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    device: str = "auto"
    """auto, cpu or cuda."""
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Evaluate and print."""
    from reasonlab.commands.model import open_subject, scores_row

    if options.larger < 0:
        raise BadInput(f"--larger is {options.larger}", "0 or more", "leave it out with 0")
    subject = open_subject(options.run, options.root, options.device, options.family)
    if options.difficulty is not None and options.family is None and len(subject.parts) > 1:
        names = " and ".join(part.family for part in subject.parts)
        raise BadInput(f"--difficulty of {names}", "settings of one family", "say which with --family")
    chosen = [part for part in subject.parts if options.family in (None, part.family)]
    if options.save:
        subject.run.scores()  # what is there must be readable: the new scores are added to it
    with sole_writer(subject.run) if options.save else nullcontext():
        entries: dict[str, Any] = {}
        for part in chosen:
            entries |= evaluate_in(
                subject.on(part), sets_of(subject, part, options.difficulty, options.problems, options.larger),
                seed=options.seed, temperature=options.temperature, save=options.save,
            )  # fmt: skip
    if options.json:
        emit_json(entries)
        return 0
    emit_table(subject.run.path.name, [scores_row(name, entry) for name, entry in entries.items()])
    rows = [
        {"problems": name, **scores_row(size, {"overall": scores})} | {"problems": f"{name}, size {size}"}
        for name, entry in entries.items()
        for size, scores in entry["by_size"].items()
    ]
    emit_table("by size", rows)
    return 0


def sets_of(
    subject: Subject, part: Part, difficulty: str | None, held_out: int, more: int
) -> dict[str, tuple[str, int]]:
    """What a part is evaluated on, by name: held-out problems and, if any are asked for, larger ones than in training.

    `difficulty`: other settings than those of the training, without larger ones; None for those.
    """
    before = "" if part.family == subject.parts[0].family else f"{part.family}-"
    sets = {f"{before}held-out": (part.difficulty if difficulty is None else difficulty, held_out)}
    if more and difficulty is None:
        sets[f"{before}larger"] = (larger(part.family, part.difficulty), more)
    return sets


def evaluate_in(
    subject: Subject, sets: dict[str, tuple[str, int]], *, seed: int, temperature: float = 0.0, save: bool = True
) -> dict[str, Any]:
    """Evaluates each named set (difficulty, count) and, if asked, writes chains/NAME.parquet and scores.json."""
    from reasonlab import evaluate
    from reasonlab.commands.model import draw, reason

    entries: dict[str, Any] = {}
    for name, (difficulty, count) in sets.items():
        asked = draw(subject.family, difficulty, "test", seed, count)
        judged = reason(subject, asked, temperature=temperature, seed=seed, label=f"reasoning ({name})")
        entries[name] = evaluate.scores_to_json(name, judged, evaluate.asked(asked))
        if save:
            subject.run.write_table(f"chains/{name}.parquet", [item.row() for item in judged])
            subject.run.write_json("scores.json", {**subject.run.scores(), **entries})
    return entries


def larger(name: str, difficulty: str) -> str:
    """Settings whose every problem is larger than any that `difficulty` allows."""
    from dataclasses import replace

    from reasonlab.tasks import describe, family, parse_difficulty

    settings, size = parse_difficulty(name, difficulty), family(name).size_name
    high = getattr(settings, size)[1]
    return describe(replace(settings, **{size: (high + 1, high + LARGER)}))
