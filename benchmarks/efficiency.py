"""Sample efficiency: tokens and seconds until 90% of held-out chains are proved, on the demo's task, three loops.

    python benchmarks/efficiency.py --root runs/efficiency [--seeds 0 1 2] [--share 0.9] [--record]

- muon: what `reasonlab demo` trains: our model, Muon, loss on the chain, problems that grow, the fastest precision.
- adamw: the same with AdamW for the matrices, too.
- gpt2: the loop that most people would write: transformers' GPT-2 of as many layers, the same width and as many
  parameters, AdamW (betas 0.9 and 0.95, weight decay 0.1), warm-up and cosine, fp32, batches drawn at random, loss on
  every token that is no padding.

Each loop is tuned by itself: the first seed, `--tune` steps with their own fall of the learning rate, at least five
rates a factor of two apart; where the best is at an edge, the grid grows until it is not. What counts is the mean loss
on held-out chains. Then every seed trains with the best rate by schedules of growing length (a factor of 1.41) until
one ends with the share proved: what a loop needs is the shortest such schedule. `--most` ends that search, and what
was not reached is said.

Tokens are all that went through the model, padding included. Seconds are CPU seconds of training with one thread;
looking at held-out problems is not in them. Each training is a line of results.jsonl under --root and is not repeated,
so the script can be stopped and started again. Bars: at least 4x fewer seconds than gpt2, 1.5x fewer tokens than adamw.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from results import keep, show
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel
from trials import CPU, Task, Trials, best_power

from reasonlab.evaluate import write_chains
from reasonlab.recipes import DEMO, Recipe, make_model
from reasonlab.training.loop import train

START = {"muon": 0.02, "adamw": 0.002, "gpt2": 0.001}  # the middle of each loop's first grid
GRID = (-2, -1, 0, 1, 2)  # powers of two of it
RUNG = 2**0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="where results.jsonl is, or goes")
    parser.add_argument("--loops", nargs="+", default=list(START), choices=list(START))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--share", type=float, default=0.9, help="of the held-out chains, proved")
    parser.add_argument("--tune", type=int, default=500, help="steps of a training that tunes the learning rate")
    parser.add_argument("--first", type=int, default=1_000, help="steps of the shortest schedule")
    parser.add_argument("--most", type=int, default=16_000, help="steps of the longest schedule")
    parser.add_argument("--problems", type=int, default=400, help="held-out problems")
    parser.add_argument("--train-problems", type=int, default=DEMO.problems)
    parser.add_argument("--width", type=int, default=None, help="another width than the demo's, to try the script")
    parser.add_argument("--record", action="store_true", help="append a dated entry to benchmarks/RESULTS.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    bench = Bench(options)
    needs: dict[str, list[dict[str, Any]]] = {}
    for loop in options.loops:
        rate = bench.tuned(loop)
        needs[loop] = [found for seed in options.seeds if (found := bench.shortest(loop, rate, seed)) is not None]
    rows = [summary(loop, found, len(options.seeds)) for loop, found in needs.items()]
    rows += ratios(needs, len(options.seeds))
    show(rows)
    if options.record:
        keep(f"efficiency, {options.share:.0%} of {options.problems} held-out chains proved", rows)
    return 0


class Bench:
    """The task, and the three loops' trainings on it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.trials = Trials(options.root)
        self.task = Task(self.recipe(), options.problems)

    def recipe(self) -> Recipe:
        model = dict(DEMO.model)
        if width := self.options.width:
            model |= {"d_model": width, "n_heads": width // 32, "n_kv_heads": width // 32}
        train = replace(DEMO.train, seconds=None, evaluate_every=0, checkpoint_every=0, threads=1)
        return replace(DEMO, model=model, train=train, problems=self.options.train_problems)

    def tuned(self, loop: str) -> float:
        """The learning rate with the least loss on held-out chains."""
        seed, steps = self.options.seeds[0], self.options.tune
        best = best_power(lambda power: self.training(loop, START[loop] * 2.0**power, seed, steps)["loss"], GRID)
        return START[loop] * 2.0**best

    def shortest(self, loop: str, rate: float, seed: int) -> dict[str, Any] | None:
        """The shortest of the schedules that ends with the share proved; None if none up to the longest does."""
        steps = float(self.options.first)
        while steps <= self.options.most:
            row = self.training(loop, rate, seed, round(steps))
            if row["proved"] >= self.options.share:
                return row
            steps *= RUNG
        return None

    def training(self, loop: str, rate: float, seed: int, steps: int) -> dict[str, Any]:
        task = [self.options.train_problems, self.options.problems, self.options.width]
        made = self.plain if loop == "gpt2" else self.ours
        return self.trials.once((loop, rate, seed, steps, *task), lambda: made(loop, rate, seed, steps))

    def ours(self, loop: str, rate: float, seed: int, steps: int) -> dict[str, Any]:
        usual = DEMO.train
        share = rate / (usual.muon_lr if loop == "muon" else usual.adam_lr)
        config = replace(
            self.task.recipe.train, matrices=loop, steps=steps, seed=seed, precision=self.task.precision,
            muon_lr=usual.muon_lr * share, adam_lr=usual.adam_lr * share, gain_lr=usual.gain_lr * share,
            curriculum=round(usual.curriculum * steps / 2_000),
        )  # fmt: skip
        recipe = replace(self.task.recipe, train=config, seed=seed)
        model, tokenizer = make_model(recipe)
        spent = time.process_time()
        result = train(model, self.task.corpus, recipe.train, pad_id=tokenizer.pad_id, device=CPU)
        spent = time.process_time() - spent
        written = write_chains(model, tokenizer, self.task.held_out)
        return {
            "tokens": result.tokens, "seconds": round(spent, 1), "loss": self.task.chain_loss(model),
            **self.task.proved(written), "precision": self.task.precision,
        }  # fmt: skip

    def plain(self, loop: str, rate: float, seed: int, steps: int) -> dict[str, Any]:
        torch.manual_seed(seed)
        model = GPT2LMHeadModel(self.gpt2_config()).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
        warmup, tokens, spent = max(1, min(100, steps // 10)), 0, time.process_time()
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda step: min((step + 1) / warmup, 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))),
        )
        draw = random.Random(seed)
        for _ in range(steps):
            chosen = [draw.randrange(len(self.task.corpus)) for _ in range(DEMO.train.batch_size)]
            ids = self.padded([self.task.corpus.sequence(index) for index in chosen])
            logits = model(ids, attention_mask=ids != self.task.tokenizer.pad_id).logits[:, :-1]
            targets = ids[:, 1:].masked_fill(ids[:, 1:] == self.task.tokenizer.pad_id, -100)
            F.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            tokens += ids.numel()
        spent = time.process_time() - spent
        model.eval()
        return {
            "tokens": tokens, "seconds": round(spent, 1), "loss": self.task.chain_loss(model),
            **self.task.proved(list(self.completed(model))), "precision": "fp32",
            "parameters": sum(p.numel() for p in model.parameters()),
        }  # fmt: skip

    def gpt2_config(self) -> GPT2Config:
        """GPT-2 of as many layers and the same width, its MLP as wide as gives our number of parameters."""
        ours, tokenizer = make_model(self.task.recipe)
        count = sum(parameter.numel() for parameter in ours.parameters())
        shape, positions = self.task.recipe.model, int(self.task.corpus.lengths.max()) + 1

        def config(inner: int) -> GPT2Config:
            return GPT2Config(
                vocab_size=tokenizer.vocab_size, n_positions=positions, n_embd=shape["d_model"], n_inner=inner,
                n_layer=shape["n_layers"], n_head=shape["n_heads"], resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
                bos_token_id=tokenizer.bos_id, eos_token_id=tokenizer.eos_id, pad_token_id=tokenizer.pad_id,
            )  # fmt: skip

        def size(inner: int) -> int:
            return sum(parameter.numel() for parameter in GPT2LMHeadModel(config(inner)).parameters())

        least, more = size(8), (size(72) - size(8)) / 64
        return config(max(8, 8 + round((count - least) / more)))

    def padded(self, sequences: Sequence[Any]) -> Tensor:
        rows = [torch.as_tensor(sequence.astype("int64")) for sequence in sequences]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=self.task.tokenizer.pad_id)

    def completed(self, model: nn.Module) -> Iterator[tuple[str, bool]]:
        """What GPT-2 writes for the held-out problems, greedily."""
        tokenizer, most = self.task.tokenizer, model.config.n_positions
        for problem in self.task.held_out:
            ids = torch.tensor([[tokenizer.bos_id, *tokenizer.encode(problem.prompt)]])
            out = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, max_length=most,
                eos_token_id=tokenizer.eos_id, pad_token_id=tokenizer.pad_id,
            )[0, ids.shape[1] :].tolist()  # fmt: skip
            finished = tokenizer.eos_id in out
            yield tokenizer.decode(out[: out.index(tokenizer.eos_id)] if finished else out), finished


def summary(loop: str, found: Sequence[dict[str, Any]], seeds: int) -> dict[str, Any]:
    row: dict[str, Any] = {"loop": loop, "seeds that reached it": f"{len(found)} of {seeds}"}
    for what in ("tokens", "seconds"):
        values = [each[what] for each in found]
        row[what] = f"{statistics.mean(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})" if values else "-"
    return row


def ratios(needs: dict[str, list[dict[str, Any]]], seeds: int) -> list[dict[str, Any]]:
    rows = []
    for other, what, bar in (("gpt2", "seconds", 4.0), ("adamw", "tokens", 1.5)):
        if len(needs.get("muon", ())) == len(needs.get(other, ())) == seeds:
            ours, theirs = (statistics.mean(row[what] for row in needs[loop]) for loop in ("muon", other))
            rows.append({"muon against": other, f"times fewer {what}": f"{theirs / ours:.2f}", "bar": bar})
    return rows


if __name__ == "__main__":
    sys.exit(main())
