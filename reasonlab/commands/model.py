"""What commands share that work on a trained model: finding it, its problems, and letting it reason on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasonlab.commands.output import progress
from reasonlab.commands.runs import find_run
from reasonlab.language.errors import BadInput
from reasonlab.runs import Run
from reasonlab.runs.tensors import check_tensors

if TYPE_CHECKING:
    from reasonlab.evaluate import Judged
    from reasonlab.models import HookedModel, Tokenizer
    from reasonlab.recipes import Part, Recipe
    from reasonlab.tasks import Problem

DATA = Path(__file__).resolve().parents[2] / "data"
MAX_PROBLEMS = 1_000_000  # they are held in memory, with the chains written for them


@dataclass(frozen=True)
class Subject:
    """A trained model, where it was found, and the problems it was trained on: those of one part, and all parts."""

    run: Run
    model: HookedModel
    tokenizer: Tokenizer
    family: str
    difficulty: str
    form: str
    parts: tuple[Part, ...]

    def on(self, part: Part) -> Subject:
        """The same model, on the problems of another part."""
        return replace(self, family=part.family, difficulty=part.difficulty, form=part.form)


def find_model(name: str, root: Path) -> Run:
    """The run by that name: "arithmetic" and "deduction" are the shipped ones. Raises BadInput if there is none."""
    shipped = DATA / name
    return Run.open(shipped) if (shipped / "run.json").is_file() else find_run(name, root)


def open_subject(name: str, root: Path, device: str, family: str | None = None) -> Subject:
    """The model of a run: a folder, a name under `root`, or "arithmetic" / "deduction" for the shipped ones.

    `family`: which of the problems that it was trained on; by default the first. Raises BadInput for a run without a
    model or without the description of what it was trained on, and for a family that it was not trained on.
    """
    run = find_model(name, root)
    check_tensors(run.path / "model")  # first: the imports take seconds, and tens of them on a busy machine

    import torch

    from reasonlab.models import load
    from reasonlab.recipes import device_named

    where, recipe = device_named(device), recipe_of(run)
    part = recipe.part(family)
    # Weights may be stored in bfloat16; what is computed with them is not.
    model, tokenizer = load(run.path / "model", device=where, dtype=torch.float32)
    if tokenizer is None:
        raise BadInput(f"{run.path.name}/model has no tokenizer", "tokenizer.json beside the weights", "train it again")
    model.eval()
    return Subject(run, model, tokenizer, part.family, part.difficulty, part.form, recipe.parts)


def recipe_of(run: Run) -> Recipe:
    """What a run's model was, or is being, trained on. Raises BadInput for a run that does not say."""
    from reasonlab.recipes import check_recipe, recipe_from_json

    settings = run.record.config.get("recipe")
    if not isinstance(settings, dict):
        raise BadInput(
            f"{run.path.name} does not say what its model is trained on", "a recipe in run.json", "use a training run"
        )
    recipe = recipe_from_json(settings)
    check_recipe(recipe)
    return recipe


def draw(family: str, difficulty: str, split: str, seed: int, count: int, *, start: int = 0) -> list[Problem]:
    """Problems start .. start+count-1 of a split. Raises BadInput for settings out of range."""
    from reasonlab.tasks import parse_difficulty, problems

    if not 1 <= count <= MAX_PROBLEMS:
        raise BadInput(f"{count} problems", f"1 to {MAX_PROBLEMS}", "ask for fewer, in several runs if need be")
    if start < 0:
        raise BadInput(f"problems from {start} on", "a start of at least 0", "count from 0")
    return list(problems(family, parse_difficulty(family, difficulty), split, seed, count, start=start))


def reason(subject: Subject, asked: list[Problem], *, temperature: float, seed: int, label: str) -> list[Judged]:
    """Lets the model reason on problems and verifies every chain, with progress."""
    from reasonlab import evaluate

    done = 0
    with progress(label, len(asked)) as bar:

        def tick(now: int, total: int) -> None:
            nonlocal done
            bar.advance(now - done)
            done = now

        written = evaluate.write_chains(
            subject.model, subject.tokenizer, asked, temperature=temperature, seed=seed, progress=tick
        )
    return [evaluate.judge(problem, text, ended) for problem, (text, ended) in zip(asked, written)]


def scores_row(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """One line of a table of scores."""
    overall = entry["overall"]

    def share(value: dict[str, Any]) -> str:
        return f"{value['value']:.1%} [{value['low']:.1%}, {value['high']:.1%}]"

    return {
        "problems": name,
        "n": overall["chains"],
        "operations": round(overall["operations"], 2),
        "answer right": share(overall["answer_right"]),
        "chain proved": share(overall["proved"]),
        "right, badly reasoned": share(overall["flawed"]),
        "needless steps": share(overall["needless"]),
    }
