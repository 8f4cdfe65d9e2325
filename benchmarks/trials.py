"""What the benchmarks that train share: a task's problems, and trainings that are done once and kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reasonlab.evaluate import judge
from reasonlab.models import HookedModel, Tokenizer
from reasonlab.recipes import Recipe, make_corpus, make_model, settle
from reasonlab.tasks import Problem, parse_difficulty, problems
from reasonlab.training.batches import Batch, collate
from reasonlab.training.corpus import Corpus
from reasonlab.training.loop import chain_loss

CPU = torch.device("cpu")


class Trials:
    """Trainings by a key, each a line of results.jsonl: a script that is stopped goes on where it was."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.path = root / "results.jsonl"
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.done = {tuple(row["key"]): row for row in map(json.loads, lines)}

    def once(self, key: Sequence[Any], training: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if tuple(key) not in self.done:
            row = {"key": list(key), **training()}
            with open(self.path, "a") as sink:
                sink.write(json.dumps(row) + "\n")
            self.done[tuple(key)] = row
            print(json.dumps(row), file=sys.stderr, flush=True)
        return self.done[tuple(key)]


def best_power(loss: Callable[[int], float], powers: Sequence[int]) -> int:
    """The power of two, of a learning rate, with the least loss: never one at an edge of what was tried."""
    losses = {power: loss(power) for power in powers}
    while True:
        best = min(losses, key=lambda power: losses[power])
        if best not in (min(losses), max(losses)):
            return best
        further = best + (1 if best == max(losses) else -1)
        losses[further] = loss(further)


class Task:
    """A recipe's problems: those to train on, and those that nothing trains on."""

    def __init__(self, recipe: Recipe, held_out: int) -> None:
        self.recipe, self.count = recipe, held_out

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return make_model(self.recipe)[1]

    @cached_property
    def corpus(self) -> Corpus:
        print("making the problems", file=sys.stderr, flush=True)
        return make_corpus(self.recipe, self.tokenizer)

    @cached_property
    def held_out(self) -> list[Problem]:
        return self.drawn("test", self.count)

    def drawn(self, split: str, count: int) -> list[Problem]:
        difficulty = parse_difficulty(self.recipe.family, self.recipe.difficulty)
        return list(problems(self.recipe.family, difficulty, split, 0, count))

    @cached_property
    def validation(self) -> Batch:
        """Problems with their gold chains that nothing trains on, as one batch."""
        tokenizer, rows, prompts = self.tokenizer, [], []
        for problem in self.drawn("validation", 256):
            prompts.append(len(tokenizer.encode(problem.prompt)) + 1)
            text = tokenizer.encode(f"{problem.prompt} {problem.gold_text(self.recipe.form)}")
            rows.append([tokenizer.bos_id, *text, tokenizer.eos_id])
        starts = np.cumsum([0, *map(len, rows)])
        corpus = Corpus(np.concatenate(rows).astype(np.int32), starts, np.array(prompts), np.zeros(len(rows)))
        return collate(corpus, np.arange(len(rows)), tokenizer.pad_id)

    @cached_property
    def precision(self) -> str:
        model, tokenizer = make_model(self.recipe)
        return settle(self.recipe, model, self.corpus, tokenizer.pad_id, CPU)[0].train.precision

    @torch.no_grad()
    def chain_loss(self, model: HookedModel | nn.Module) -> float:
        """Mean loss, in nats a token, on the chains of problems that nothing trains on."""
        batch = self.validation
        if isinstance(model, HookedModel):
            return float(chain_loss(model, batch))
        logits: Tensor = model(batch.tokens, attention_mask=batch.tokens != self.tokenizer.pad_id).logits
        inside = batch.chain[:, :-1]
        return float(F.cross_entropy(logits[:, :-1][inside], batch.tokens[:, 1:][inside]))

    def proved(self, written: Sequence[tuple[str, bool]]) -> dict[str, float]:
        """Shares of the held-out problems: answer right, and chain proved."""
        judged = [judge(problem, *each) for problem, each in zip(self.held_out, written)]
        return {
            "right": sum(each.answer_right for each in judged) / len(judged),
            "proved": sum(each.proved for each in judged) / len(judged),
        }
