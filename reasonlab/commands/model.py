"""What commands share that work on a trained model: finding it, its problems, and letting it reason on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasonlab.commands.output import progress
from reasonlab.commands.runs import find_run
from reasonlab.language.errors import BadInput
from reasonlab.runs import Run

if TYPE_CHECKING:
    from reasonlab.evaluate import Judged
    from reasonlab.models import HookedModel, Tokenizer
    from reasonlab.tasks import Problem

DATA = Path(__file__).resolve().parents[2] / "data"


@dataclass(frozen=True)
class Subject:
    """A trained model, where it was found, and the problems it was trained on."""

    run: Run
    model: HookedModel
    tokenizer: Tokenizer
    family: str
    difficulty: str
    form: str


def open_subject(name: str, root: Path, device: str) -> Subject:
    """The model of a run: a folder, a name under `root`, or "arithmetic" / "deduction" for the shipped ones.

    Raises BadInput for a run without a model or without the description of what it was trained on.
    """
    import torch

    from reasonlab.models import load
    from reasonlab.recipes import device_named, recipe_from_json

    shipped = DATA / name
    run = Run.open(shipped) if (shipped / "run.json").is_file() else find_run(name, root)
    # Weights may be stored in bfloat16; what is computed with them is not.
    model, tokenizer = load(run.path / "model", device=device_named(device), dtype=torch.float32)
    if tokenizer is None:
        raise BadInput(f"{run.path.name}/model has no tokenizer", "tokenizer.json beside the weights", "train it again")
    model.eval()
    try:
        recipe = recipe_from_json(run.record.config["recipe"])  # type: ignore[arg-type]
    except KeyError:
        raise BadInput(
            f"{run.path.name} does not say what its model was trained on", "a recipe in run.json", "use a training run"
        ) from None
    return Subject(run, model, tokenizer, recipe.family, recipe.difficulty, recipe.form)


def draw(family: str, difficulty: str, split: str, seed: int, count: int, *, start: int = 0) -> list[Problem]:
    """Problems start .. start+count-1 of a split. Raises BadInput for settings out of range."""
    from reasonlab.tasks import parse_difficulty, problems

    if count < 1:
        raise BadInput(f"{count} problems", "at least 1", "give a larger number")
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
