"""`reasonlab demo`: the loop, end to end: train, reason, verify, compare with the causal graph, look inside, report."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasonlab.commands.model import MAX_PROBLEMS, recipe_of
from reasonlab.commands.output import emit_json, emit_table, progress
from reasonlab.commands.runs import check_name, find_run
from reasonlab.language.errors import BadInput
from reasonlab.runs import Run, default_root, sole_writer

if TYPE_CHECKING:
    import torch

    from reasonlab.commands.model import Subject
    from reasonlab.recipes import Recipe

PROBED = 64  # held-out problems for finding the variable's site: half to choose it, half to report on it


@dataclass(frozen=True)
class Options:
    """Train a small transformer, check every step it writes, look inside it, report: all in one."""

    minutes: float = 3.8
    """A budget of wall time for the training; the problems before it and the stages after it come on top."""
    problems: int = 500
    """Held-out problems to reason on."""
    seed: int = 0
    """Names the training problems, the weights at the start and the batches' order."""
    device: str = "auto"
    """auto, cpu or cuda."""
    name: str = "demo"
    """The run's name (a to z, 0 to 9, hyphens)."""
    resume: str | None = None
    """A stopped demo to go on with: its name or folder. What it finished is not done again."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Run the stages that are not done yet; print the scores and how to open the dashboard."""
    from reasonlab.recipes import DEMO, device_named

    if not 0 < options.minutes < math.inf:
        raise BadInput(f"--minutes is {options.minutes}", "more than 0", "leave it out for 3.8")
    if not 1 <= options.problems <= MAX_PROBLEMS:
        raise BadInput(f"--problems is {options.problems}", f"1 to {MAX_PROBLEMS}", "leave it out for 500")
    check_name(options.name)
    device = device_named(options.device)  # refused before anything is made
    if options.resume is not None:
        place = find_run(options.resume, options.root)
        recipe = recipe_of(place)
    else:
        recipe = replace(
            DEMO, seed=options.seed, train=replace(DEMO.train, seed=options.seed, seconds=60 * options.minutes)
        )
        place = Run.create(
            options.root, options.name, kind="demo", family=recipe.family, config={"recipe": asdict(recipe)},
            command=["reasonlab", "demo", *sys.argv[2:]], seeds={"seed": options.seed},
        )  # fmt: skip
    with sole_writer(place), place:
        summary = stages(place, recipe, options, device)
    if summary is None:
        return 130
    if options.json:
        emit_json(summary)
        return 0
    emit_table("what the model was asked, and what was proved", summary["scores"])
    emit_table("where the value of a variable lives", summary["located"])
    print(f"report:    {place.path / 'report.html'}")
    print(f"dashboard: reasonlab app --root {place.path.parent}")
    return 0


def stages(place: Run, recipe: Recipe, options: Options, device: torch.device) -> dict[str, Any] | None:
    """Train, evaluate, locate, report; a stage whose results are there is skipped. None: stopped in training."""
    from reasonlab.commands.evaluate import evaluate_in, larger
    from reasonlab.commands.model import open_subject, scores_row
    from reasonlab.commands.train import train_in
    from reasonlab.report import write_report

    if not place.record.facts.get("trained"):
        row = train_in(place, recipe, device=device, looks=96)
        if row["stopped"]:
            return None
        place.update(facts={"trained": row})
    subject = open_subject(str(place.path), options.root, options.device)
    sets = {
        "held-out": (recipe.difficulty, options.problems),
        "larger": (larger(recipe.family, recipe.difficulty), max(1, options.problems // 5)),
    }
    done = {name for name, entry in place.scores().items() if isinstance(entry, dict) and "overall" in entry}
    evaluate_in(subject, {name: value for name, value in sets.items() if name not in done}, seed=1)
    scores: dict[str, Any] = {name: entry for name, entry in place.scores().items() if name in sets}
    located = locate_in(subject)
    write_report(place)
    return {
        "run": place.path.name,
        "scores": [scores_row(name, entry) for name, entry in scores.items()],
        "located": located,
        "report": str(place.path / "report.html"),
    }


def locate_in(subject: Subject) -> list[dict[str, Any]]:
    """Finds where a computed variable's value lives, writes probes/*.parquet, and returns the table to print."""
    from reasonlab.commands.model import draw
    from reasonlab.probes.locate import locate
    from reasonlab.probes.tables import write_tables

    problems = draw(subject.family, subject.difficulty, "test", 2, PROBED)
    with progress("looking inside", None) as bar:
        found = locate(subject.model, subject.tokenizer, problems, form=subject.form, progress=bar.advance)
    write_tables(
        subject.run,
        {"interchange": found.report, "interchange_screen": found.screen, "patching_by_role": found.patching},
    )
    subject.run.update(facts={"located": found.sentence()})

    def percent(value: float | None) -> str:
        return "" if value is None else f"{value:.0%}"

    return [
        {
            "phase": phase,
            "site": f"layer {row['layer']}, {row['component']} at '{row['role']}'",
            "follows do()": f"{row['accuracy']:.0%} [{row['low']:.0%}, {row['high']:.0%}] of {row['total']}",
            "random position": percent(row["random_position"]),
            "untrained model": percent(row["untrained"]),
            "chance": percent(row["chance"]),
        }
        for phase, row in found.phases.items()
    ]
