"""A small run with everything in it: a random model, gold chains (and spoiled ones) as its output, scores, probes.

The builder is shared with tests/report, which loads this file by its path: tests are no package.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from reasonlab.evaluate import asked, judge, scores_to_json
from reasonlab.models import save
from reasonlab.recipes import Recipe, make_model
from reasonlab.runs import Run
from reasonlab.tasks import make, parse_difficulty

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> **bold** :red[x] $x^2$ `code`"
SHAPE = {"d_model": 32, "n_layers": 2, "n_heads": 2, "n_kv_heads": 2, "d_head": 16, "d_mlp": 32, "max_positions": 256}


def spoil(text: str, mark: str) -> str:
    """The chain with a wrong value in its last step before the answer, or with the answer turned round."""
    steps = text.split(f" {mark} ")
    if mark == ";":
        last = steps[-2]
        steps[-2] = last[:-1] + str((int(last[-1]) + 1) % 10)
        steps[-1] = f"answer {steps[-2][-1]}"
    else:
        steps[-2] = (
            steps[-2].replace(" is not ", " is ") if " is not " in steps[-2] else steps[-2].replace(" is ", " is not ")
        )
    return f" {mark} ".join(steps)


def make_run(root: Path, family_name: str = "arithmetic", name: str = "fixture", hostile: bool = True) -> Run:
    """A finished run folder with `model/`, metrics, two tables of chains, scores and a table of interchanges."""
    difficulty = ""
    recipe = Recipe(family=family_name, difficulty=difficulty, model=SHAPE, problems=100)
    run = Run.create(
        root, name, kind="train", family=family_name, config={"recipe": asdict(recipe)}, command=["reasonlab", "train"]
    )
    save(*make_model(recipe), run.path / "model")
    scores = {}
    settings = parse_difficulty(family_name, difficulty)
    for label, start, count in (("held-out", 0, 12), ("larger", 100, 6)):
        problems = [make(family_name, settings, "test", 0, start + i) for i in range(count)]
        judged = []
        for i, problem in enumerate(problems):
            text = problem.gold_text("plan")
            if i % 4 == 1:
                text = spoil(text, problem.instance.surface.mark)
            if hostile and i == 2:
                text = f"{HOSTILE} {problem.instance.surface.mark} {text}"
            judged.append(judge(problem, text))
        run.write_table(f"chains/{label}.parquet", [item.row() for item in judged])
        scores[label] = scores_to_json(label, judged, asked(problems))
    run.write_json("scores.json", scores)
    for step in range(0, 400, 10):
        row = {"step": step, "loss": 3 * 0.99**step + 0.01, "learning_rate": 0.01, "gradient_norm": 1.0,
               "tokens": 1000, "padding": 0.1, "seconds": step / 10}  # fmt: skip
        run.log(
            row | ({"proved": min(0.99, step / 400), "answer_right": min(1.0, step / 350)} if step % 50 == 0 else {})
        )
    if family_name == "arithmetic":
        run.write_table("probes/interchange.parquet", [*interchange_rows("free"), *interchange_rows("held")])
        run.write_table("probes/interchange_screen.parquet", interchange_rows("held"))
        run.write_table("probes/patching_by_role.parquet", patching_rows())
        run.update(facts={"located": "layer 1 (resid_post) at 'value' carries the variable"})
    run.update(status="finished")
    return run


def interchange_rows(mode: str) -> list[dict[str, object]]:
    """Rows as `probes.interchange` and `probes.locate` write them."""
    read = "all" if mode == "free" else "copy"
    shares = {"accuracy": 0.25, "low": 0.1, "high": 0.5, "count": 5, "total": 20}
    controls = {"chance": 0.1, "random_position": 0.05, "untrained": 0.0}
    return [
        {"mode": mode, "component": "resid_post", "layer": layer, "role": role, "read": read, **shares, **controls,
         "trivial": "prediction" if layer == 1 and role == "before value" else ""}
        for layer in range(2) for role in ("value", "before value", "random position")
    ]  # fmt: skip


def patching_rows() -> list[dict[str, object]]:
    """Rows as `probes.patching.average` writes them."""
    return [
        {"component": "resid_pre", "layer": layer, "head": None, "role": role, "relation": relation,
         "effect": 0.5 * layer, "low": 0.0, "high": 1.0, "control": 0.1, "count": 6}
        for layer in range(2) for role, relation in (("value", "own"), ("step end", "own"), ("query end", ""))
    ]  # fmt: skip


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: a whole one, one of deduction, a half-written one, an empty one, one with a broken run.json."""
    folder = tmp_path_factory.mktemp("shelf") / "runs"
    make_run(folder, name="fixture")
    make_run(folder, "deduction", name="deductive")
    half = Run.create(folder, "half", kind="train", family="arithmetic")
    half.log({"step": 0, "loss": 2.0})
    with open(half.path / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write('{"step": 1, "lo')
    (half.path / "scores.json").write_text('{"held-out":', encoding="utf-8")
    (half.path / "chains").mkdir()
    (half.path / "chains" / "held-out.parquet").write_bytes(b"PAR1 cut off")
    (half.path / "model").mkdir()
    (folder / "empty").mkdir()
    (folder / "broken").mkdir()
    (folder / "broken" / "run.json").write_text('{"format": 99}', encoding="utf-8")
    return folder
