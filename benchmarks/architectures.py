"""Which architecture reasons best, a token and a second: all of them at equal parameters and on equal texts.

    python benchmarks/architectures.py --root runs/architectures [--seeds 0 1 2] [--steps 3000] [--record]

Every architecture's preset `tiny` (about 0.5 million parameters; both counts are printed, all and those that one token
goes through) trains on the demo's problems: the same texts in the same batches, so the same tokens where the tokenizer
is the same. byte_latent reads bytes only, so qwen3 is there on bytes, too. The recipe is the demo's, the learning rates
of each architecture tuned by themselves: one seed, `--tune` steps, powers of two of the demo's, the grid growing until
the best is at no edge. What counts then is greedy writing on held-out problems: answer right, and chain proved.

Seconds are CPU seconds of training with one thread, with what this machine has compiled (qwen3's passes are, so seconds
say as much of the code as of the architecture; texts and tokens do not). Each training is a line of results.jsonl under
--root and is not repeated, so the script can be stopped and started again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from results import keep, show
from trials import CPU, Task, Trials, best_power

from reasonlab.evaluate import write_chains
from reasonlab.models import HookedModel
from reasonlab.models.experts import ExpertLayer
from reasonlab.models.registry import ARCHITECTURES, architecture
from reasonlab.recipes import BYTE_POSITIONS, DEMO, Recipe, make_model, preset_fields
from reasonlab.training.loop import train

SUBJECTS = [*(name for name in ARCHITECTURES if not architecture(name).BYTES_ONLY), "qwen3 on bytes", "byte_latent"]
T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}  # Student's, two-sided


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="where results.jsonl is, or goes")
    parser.add_argument("--subjects", nargs="+", default=SUBJECTS, choices=SUBJECTS, metavar="SUBJECT")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--tune", type=int, default=500, help="steps of a training that tunes the learning rates")
    parser.add_argument("--problems", type=int, default=400, help="held-out problems")
    parser.add_argument("--train-problems", type=int, default=DEMO.problems)
    parser.add_argument("--record", action="store_true", help="append a dated entry to benchmarks/RESULTS.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    trials, rows = Trials(options.root), []
    for subject in options.subjects:
        bench = Bench(subject, options, trials)
        power = best_power(
            lambda power, bench=bench: bench.training(power, options.seeds[0], options.tune)["loss"], (-1, 0, 1)
        )
        found = [bench.training(power, seed, options.steps) for seed in options.seeds]
        rows.append(summary(subject, power, found))
        show(rows[-1:])
    if options.record:
        keep(f"architectures, {options.steps} steps, {options.problems} held-out problems", rows)
    return 0


class Bench:
    """One architecture on the task."""

    def __init__(self, subject: str, options: argparse.Namespace, trials: Trials) -> None:
        self.subject, self.options, self.trials = subject, options, trials
        self.task = Task(self.recipe(), options.problems)

    def recipe(self) -> Recipe:
        name = self.subject.split()[0]
        on_bytes = "bytes" in self.subject or architecture(name).BYTES_ONLY
        model = preset_fields(name, "tiny")
        train = replace(DEMO.train, seconds=None, evaluate_every=0, checkpoint_every=0, threads=1)
        return replace(
            DEMO, architecture=name, model={**model, "max_positions": BYTE_POSITIONS} if on_bytes else model,
            tokenizer="bytes" if on_bytes else "words", train=train, problems=self.options.train_problems,
        )  # fmt: skip

    def training(self, power: int, seed: int, steps: int) -> dict[str, Any]:
        key = (self.subject, power, seed, steps, self.options.train_problems, self.options.problems)
        return self.trials.once(key, lambda: self.trained(power, seed, steps))

    def trained(self, power: int, seed: int, steps: int) -> dict[str, Any]:
        usual, share = DEMO.train, 2.0**power
        config = replace(
            self.task.recipe.train, steps=steps, seed=seed, precision=self.task.precision,
            muon_lr=usual.muon_lr * share, adam_lr=usual.adam_lr * share, gain_lr=usual.gain_lr * share,
            curriculum=round(usual.curriculum * steps / usual.steps),
        )  # fmt: skip
        model, tokenizer = make_model(replace(self.task.recipe, train=config, seed=seed))
        spent = time.process_time()
        result = train(model, self.task.corpus, config, pad_id=tokenizer.pad_id, device=CPU)
        spent = time.process_time() - spent
        written = write_chains(model, tokenizer, self.task.held_out)
        tokens = float(self.task.validation.chain[:, :-1].sum())
        loss = self.task.chain_loss(model)
        return {
            "tokens": result.tokens, "texts": steps * config.batch_size, "seconds": round(spent, 1), "loss": loss,
            "nats a chain": loss * tokens / len(self.task.validation.tokens), **self.task.proved(written),
            "parameters": sizes(model), "precision": config.precision,
        }  # fmt: skip


def sizes(model: HookedModel) -> tuple[int, int]:
    """Parameters: all, and those that one token goes through (of the experts, those that are chosen)."""
    every = sum(weight.numel() for weight in model.hf_weights().values())
    layers = [layer for layer in model.modules() if isinstance(layer, ExpertLayer)]
    routed = sum(weight.numel() for layer in layers for weight in layer.parameters())
    return every, every - (routed - routed * model.cfg.experts_per_token // model.cfg.num_experts if layers else 0)


def summary(subject: str, power: int, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    every, active = found[0]["parameters"]
    row: dict[str, Any] = {
        "subject": subject, "parameters": f"{every:,} ({active:,} a token)", "rates": f"x {2.0**power:g}",
        "tokens": f"{statistics.mean(each['tokens'] for each in found):,.0f}",
    }  # fmt: skip
    for name, digits in (("proved", 3), ("right", 3), ("nats a chain", 2), ("seconds", 0)):
        row[name] = spread([each[name] for each in found], digits)
    return row | {"seeds": len(found)}


def spread(values: Sequence[float], digits: int) -> str:
    """The mean over seeds with its 95% interval by Student's t; the values themselves where there is one seed."""
    mean = statistics.mean(values)
    if len(values) not in T95:
        return f"{mean:.{digits}f}"
    half = T95[len(values)] * statistics.stdev(values) / len(values) ** 0.5
    return f"{mean:.{digits}f} ± {half:.{digits}f}"


if __name__ == "__main__":
    sys.exit(main())
