"""The training loop: loss on the chain only, metrics as it goes, checkpoints, and a clean stop at any step.

A run is a pure function of (config, corpus, device): batch t depends on nothing but t, so a run that was killed and
resumed ends at the same weights.
"""

from __future__ import annotations

import copy
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from reasonlab.language.errors import BadInput
from reasonlab.models import HookedModel
from reasonlab.training import checkpoint
from reasonlab.training.batches import Batch, stream
from reasonlab.training.corpus import Corpus
from reasonlab.training.distributed import ALONE, Objective, World, parallel, share
from reasonlab.training.optimizer import Optimizers, schedule
from reasonlab.training.precision import precision
from reasonlab.training.sharding import bring, gathered


@dataclass(frozen=True)
class TrainConfig:
    """How to train.

    Attributes:
        steps: optimiser steps in all.
        batch_size: sequences a step.
        matrices: who trains the matrices of the blocks: "muon" or "adamw".
        muon_lr, adam_lr, gain_lr: peak learning rates (see `optimizer`).
        weight_decay: of the matrices (decoupled).
        warmup: steps in which the learning rate rises.
        decay: the share of the steps, at the end, in which it falls to zero.
        curriculum: steps at the start in which the problems grow from the smallest size to all; 0 for none.
        clip: the gradient's norm is cut to this.
        balance: the coefficient of the loss that keeps experts evenly busy, in architectures whose routers have no
            other means (GPT-OSS, Llama 4, Qwen3's mixture); transformers' default for all three. 0 for none. The
            loss that is logged is without it.
        further: the coefficient of the loss of tokens further ahead, in models that predict them (DeepSeek-V3 with
            n_predict; the report starts with 0.3), and of the entropy model's in byte_latent. The logged loss is
            without it, too.
        seed: of the batches' order.
        split: whether several processes hold a part of the weights each (FSDP2), and not all of them (DDP).
        precision: "fp32", "medium" or "bf16".
        threads: of torch, where it computes on processor cores; 0 leaves them as they are.
        log_every, evaluate_every, checkpoint_every: in steps; 0 leaves it out.
        seconds: a budget of wall time. The run is then as far through as the larger of its shares of the steps and of
            the seconds: a machine that is slow for a while costs steps, but no part of the schedule. Such a run
            depends on the machine's speed.
    """

    steps: int = 3000
    batch_size: int = 32
    matrices: str = "muon"
    muon_lr: float = 0.02
    adam_lr: float = 0.003
    gain_lr: float = 0.024
    weight_decay: float = 0.01
    warmup: int = 50
    decay: float = 0.4
    curriculum: int = 0
    clip: float = 1.0
    balance: float = 0.001
    further: float = 0.3
    seed: int = 0
    split: bool = False
    precision: str = "fp32"
    threads: int = 0
    log_every: int = 25
    evaluate_every: int = 0
    checkpoint_every: int = 0
    seconds: float | None = None


@dataclass
class Progress:
    """What a watcher is told after each logged step."""

    step: int
    steps: int
    loss: float
    seconds: float
    tokens: int
    row: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainResult:
    step: int
    stopped: bool  # True: interrupted before the last step; a checkpoint holds the state
    seconds: float
    tokens: int
    loss: float


def chain_loss(
    model: HookedModel, batch: Batch, hidden: Float[Tensor, "batch pos d_model"] | None = None
) -> Float[Tensor, ""]:
    """Mean cross-entropy, in nats, of the next token at the positions inside the chain. Logits are made only there.

    Args:
        hidden: what `model.hidden(batch.tokens)` gave, where it is there already.
    """
    hidden = model.hidden(batch.tokens) if hidden is None else hidden
    targets = batch.tokens[:, 1:][batch.chain[:, :-1]]
    logits = model.unembed(hidden[:, :-1][batch.chain[:, :-1]])
    return F.cross_entropy(logits.float(), targets)


def _losses(model: HookedModel, batch: Batch, config: TrainConfig) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """The loss on the chain, and what is added to it with small coefficients."""
    hidden = model.hidden(batch.tokens)
    loss = chain_loss(model, batch, hidden)
    further = model.further_loss(batch.tokens, hidden, batch.chain)
    return loss, config.further * further + config.balance * model.auxiliary_loss()


@contextmanager
def _stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM ask for a stop after the current step; a second Ctrl-C stops at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _taking_over(found: checkpoint.Checkpoint | None) -> Iterator[None]:
    """Says of a checkpoint that does not fit that it does not."""
    try:
        yield
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        if found is None:
            raise
        raise BadInput(
            f"the checkpoint of step {found.step} is of another model or format",
            "the model of this run's configuration",
            "start a new run, or delete its checkpoints",
        ) from error


def train(
    model: HookedModel,
    corpus: Corpus,
    config: TrainConfig,
    *,
    pad_id: int,
    device: torch.device,
    checkpoints: Path | None = None,
    log: Callable[[dict[str, Any]], None] | None = None,
    watch: Callable[[Progress], None] | None = None,
    evaluate: Callable[[int], dict[str, Any]] | None = None,
    here: World = ALONE,
) -> TrainResult:
    """Trains `model` in place, from the newest checkpoint in `checkpoints` if there is one.

    Args:
        here: one of several processes that train together; only the first one writes checkpoints, and it alone
            should be given callbacks.

    Raises:
        BadInput: a checkpoint of another model; a loss that is no number.
    """
    found = checkpoint.latest(checkpoints) if checkpoints else None
    first, tokens, before = 0, 0, 0.0
    with _taking_over(found):
        if found is not None:
            model.load_state_dict(found.model)
            first, tokens, before = found.step, int(found.state["tokens"]), float(found.state["seconds"])
    split = config.split and here.size > 1
    trained = copy.deepcopy(model) if split else model
    objective = parallel(Objective(trained, lambda model, batch: _losses(model, batch, config)), here, split=split)
    optimizers = Optimizers(
        trained,
        muon_lr=config.muon_lr,
        adam_lr=config.adam_lr,
        gain_lr=config.gain_lr,
        weight_decay=config.weight_decay,
        matrices=config.matrices,
    )
    with _taking_over(found):
        if found is not None:
            optimizers.load(found.optimizer)
    trained.train()
    begin = time.perf_counter()

    def seconds() -> float:
        return before + time.perf_counter() - begin

    def save(step: int) -> None:
        if not checkpoints:
            return
        tensors, state = ({key: gathered(value) for key, value in part.items()}
                          for part in (trained.state_dict(), optimizers.state()))  # fmt: skip
        if here.first:
            checkpoint.save(checkpoints, step, tensors, state, {"tokens": tokens, "seconds": seconds()})

    def through(step: int) -> float:
        share = step / config.steps
        return share if config.seconds is None else max(share, seconds() / config.seconds)

    batches = stream(corpus, config.seed, config.batch_size, pad_id, curriculum=config.curriculum, start=first)
    losses: list[Tensor] = []
    computed, padded = 0, 0.0  # positions since the last row
    value, step = math.nan, first
    over, _ = here.agree(through(first), False)
    with _stop_on_signal() as stopped:
        while over < 1:
            batch = next(batches)
            batch = Batch(
                batch.tokens.to(device, non_blocking=True), batch.chain.to(device, non_blocking=True), batch.padding
            )
            with precision(config.precision, device):
                loss, added = objective(share(batch, here))
            (loss + added).backward()
            norm = gathered(nn.utils.clip_grad_norm_(trained.parameters(), config.clip, foreach=True))
            rate = schedule(step, over, config.warmup, config.decay)
            optimizers.step(rate)
            optimizers.zero_grad()
            trained.after_step()
            losses.append(loss.detach())
            tokens, computed = tokens + batch.tokens.numel(), computed + batch.tokens.numel()
            padded += batch.padding * batch.tokens.numel()
            done = step = step + 1
            over, stop = here.agree(through(done), stopped())
            last = over >= 1
            if config.log_every and (done % config.log_every == 0 or last):
                value = float(torch.stack(losses).mean())
                losses.clear()
                if not math.isfinite(value):
                    raise BadInput(
                        f"the loss is {value} at step {done}", "a number", "lower the learning rates and resume"
                    )
                row = {
                    "step": done, "loss": value, "learning_rate": rate * config.muon_lr, "gradient_norm": float(norm),
                    "tokens": tokens, "padding": padded / computed, "seconds": round(seconds(), 3),
                    **trained.load_metrics(),
                }  # fmt: skip
                computed, padded = 0, 0.0
                if last or (config.evaluate_every and done % config.evaluate_every == 0):
                    if split:
                        bring(trained, model)
                    model.eval()
                    row.update(evaluate(done) if evaluate else {})
                    trained.train()
                if log:
                    log(row)
                if watch:
                    watch(Progress(done, done if last else round(done / over), value, seconds(), tokens, row))
            if last or (config.checkpoint_every and done % config.checkpoint_every == 0) or stop:
                save(done)
            if stop and not last:
                if split:
                    bring(trained, model)
                return TrainResult(done, True, seconds(), tokens, value)
    if split:
        bring(trained, model)
    model.eval()
    return TrainResult(step, False, seconds(), tokens, value)
