"""Which form of gold chain a small model learns best: the same model, optimiser, problems and steps, several seeds.

    python benchmarks/forms.py --root runs/forms --steps 700 --seeds 0 1 2

Each (form, seed) is a run folder under --root; those that are finished are not trained again, so it can be stopped and
started. The table gives, of every form, the share of held-out chains proved by seed, the mean with its standard error
over seeds, and what a chain costs in tokens: a form that is learnt well may still be a longer one to write.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

from reasonlab.cli import main as reasonlab
from reasonlab.commands.output import emit_table
from reasonlab.runs import Run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="where the runs go")
    parser.add_argument("--family", default="arithmetic")
    parser.add_argument("--difficulty", default="variables=3-6,modulus=10")
    parser.add_argument("--forms", nargs="+", default=["plan", "needs", "direct"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--curriculum", type=int, default=200)
    parser.add_argument("--train-problems", type=int, default=30_000)
    parser.add_argument("--problems", type=int, default=400, help="held-out problems a run")
    options = parser.parse_args()
    options.root.mkdir(parents=True, exist_ok=True)
    rows = []
    for form in options.forms:
        runs = [finished(options, form, seed) for seed in options.seeds]
        shares = [run.scores()["held-out"]["overall"]["proved"]["value"] for run in runs]  # type: ignore[index]
        lengths = [len(str(row["text"]).split()) for run in runs for row in run.read_table("chains/held-out.parquet")]
        spread = statistics.stdev(shares) / len(shares) ** 0.5 if len(shares) > 1 else None
        rows.append(
            {
                "form": form,
                "proved by seed": " ".join(f"{share:.1%}" for share in shares),
                "mean": f"{statistics.mean(shares):.1%}",
                "standard error": "one seed" if spread is None else f"{spread:.1%}",
                "words a chain": round(statistics.mean(lengths), 1),
                "tokens trained on": max(int(run.metrics()[-1]["tokens"]) for run in runs),  # type: ignore[call-overload]
            }
        )
    emit_table(f"{options.family}, {options.difficulty}, {options.steps} steps, {options.problems} problems", rows)


def finished(options: argparse.Namespace, form: str, seed: int) -> Run:
    """The run of a form and a seed, trained and evaluated if it is not yet."""
    name = f"{options.family}-{form}-{options.steps}-{seed}"
    found = next(iter(sorted(options.root.glob(f"*-{name}"))), None)
    if found is None:
        call(
            "train", "--root", str(options.root), "--name", name, "--family", options.family, "--form", form,
            "--difficulty", options.difficulty, "--steps", str(options.steps), "--seed", str(seed),
            "--problems", str(options.train_problems), "--curriculum", str(options.curriculum),
            "--evaluate-every", "0", "--evaluate-problems", "64",
        )  # fmt: skip
    elif not (found / "model").is_dir():
        call("train", "--root", str(options.root), "--resume", found.name)
    found = next(iter(sorted(options.root.glob(f"*-{name}"))))
    if "held-out" not in Run.open(found).scores():
        call("evaluate", str(found), "--problems", str(options.problems), "--larger", "0", "--root", str(options.root))
    return Run.open(found)


def call(*words: str) -> None:
    if reasonlab(list(words)) != 0:
        raise SystemExit(json.dumps({"failed": words}))


if __name__ == "__main__":
    main()
