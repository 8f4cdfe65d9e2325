"""Put a finished run into data/ as a shipped checkpoint: weights in bfloat16, scores, chains, probes, and a card.

    python benchmarks/ship_checkpoint.py RUN data/arithmetic

The run is evaluated as it will be shipped (in bfloat16 rounded weights), so the card's scores are those of the files.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

import torch

from reasonlab.commands.demo import locate_in
from reasonlab.commands.evaluate import evaluate_in, sets_of
from reasonlab.commands.model import Subject, open_subject
from reasonlab.models import load, save
from reasonlab.runs import Run

HELD_OUT, LARGER = 1000, 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a finished training run")
    parser.add_argument("place", type=Path, help="the folder to ship it in")
    options = parser.parse_args()
    source = Run.open(options.run)
    place: Path = options.place
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    # Where the run lay on its machine is nobody's business.
    written = (source.path / "run.json").read_text()
    (place / "run.json").write_text(re.sub(r" --root \S+", "", written))
    shutil.copy(source.path / "metrics.jsonl", place / "metrics.jsonl")
    model, tokenizer = load(source.path / "model")
    save(model, tokenizer, place / "model", dtype=torch.bfloat16)
    subject = open_subject(str(place), place.parent, "cpu")
    entries = {}
    for part in subject.parts:
        entries |= evaluate_in(subject.on(part), sets_of(subject, part, None, HELD_OUT, LARGER), seed=1)
    # Deduction has no counterparts of equal length to interchange with, and places in bytes have no names.
    if subject.family == "arithmetic" and tokenizer is not None and tokenizer.words:
        locate_in(subject)
    (place / "card.md").write_text(card(subject, entries))
    print((place / "card.md").read_text())


def card(subject: Subject, entries: dict[str, Any]) -> str:
    record, last = subject.run.record, subject.run.metrics()[-1]
    recipe: dict[str, Any] = record.config["recipe"]  # type: ignore[assignment]
    families = " and ".join(part.family for part in subject.parts)
    on = record.facts.get("device", "cpu")
    parameters = sum(weight.numel() for weight in subject.model.hf_weights().values())
    written = " and ".join(f"`{part.form}` ({part.family})" for part in subject.parts)
    lines = [
        f"# {subject.run.path.name}: a shipped checkpoint",
        "",
        f"A {recipe['architecture']} of {parameters:,} parameters that reads {recipe['tokenizer']}, trained from "
        f"scratch to write gold chains of {families}, of the form {written}. Weights in bfloat16, in Hugging Face's "
        "format.",
        "",
        "## How it was trained",
        "",
        f"    {' '.join(record.command) if isinstance(record.command, (list, tuple)) else record.command}",
        "",
        f"{last['step']} steps, {last['tokens']:,} tokens, {float(last['seconds']) / 60:.0f} minutes on "  # type: ignore[arg-type]
        + ("a CPU (other work beside it: trust the steps more than the minutes), " if on == "cpu" else f"{on}, ")
        + f"{recipe['train']['threads']} threads, "
        f"precision {recipe['train']['precision']}, seed {recipe['seed']}, one run: no interval over seeds.",
        "",
        "## Scores (greedy, of the files in this folder; 95% Wilson intervals)",
        "",
        "| problems | n | needed operations | answer right | chain proved | right, badly reasoned |",
        "|---|---|---|---|---|---|",
    ]

    def share(value: dict[str, Any]) -> str:
        return f"{value['value']:.1%} [{value['low']:.1%}, {value['high']:.1%}]"

    for name, entry in entries.items():
        rows = {name: entry["overall"], **{f"{name}, size {size}": row for size, row in entry["by_size"].items()}}
        for label, row in rows.items():
            lines.append(
                f"| {label} | {row['chains']} | {row['operations']:.2f} | {share(row['answer_right'])} "
                f"| {share(row['proved'])} | {share(row['flawed'])} |"
            )
    asked = {name: json.dumps(entry["asked"]["difficulty"]) for name, entry in entries.items()}
    lines += ["", *(f"- `{name}`: {text}, split test, seed 1" for name, text in asked.items()), ""]
    if located := record.facts.get("located"):
        lines += ["## Where a variable lives", "", f"{located} (tables: probes/)", ""]
    lines += [
        "## Limits",
        "",
        f"Trained on {' and '.join(f'{part.family} at `{part.difficulty}`' for part in subject.parts)} only. Larger "
        "problems than those were never seen; the table says how far it carries. "
        + ("It knows no words but its vocabulary's, and no" if recipe["tokenizer"] == "words" else "It knows no")
        + " other form of chain.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
