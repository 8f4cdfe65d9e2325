"""Several processes on one run, by DistributedDataParallel: `torchrun --nproc-per-node 2 -m reasonlab.cli train ...`.

Every process holds the model and takes its share of each batch, every size-th row. The loss is a mean over the chain's
tokens, of which a share holds more or fewer: each process weighs its own mean by its tokens, so that the average of the
processes' gradients, which DDP makes, is the gradient of the whole batch on one process (a test).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from reasonlab.language.errors import BadInput
from reasonlab.training.batches import Batch


@dataclass(frozen=True)
class World:
    """This process's number, and how many there are."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes: metrics, checkpoints, the run."""
        return self.rank == 0


@contextmanager
def world(device: torch.device) -> Iterator[World]:
    """The processes that torchrun started, joined while this lasts; one alone where it started none.

    Raises:
        BadInput: torchrun's variables are not numbers.
    """
    try:
        rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    except ValueError:
        raise BadInput(
            "RANK or WORLD_SIZE is no number", "what torchrun sets", "start with torchrun, or unset both"
        ) from None
    if size == 1:
        yield World()
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(rank, size)
    finally:
        dist.destroy_process_group()


def share(batch: Batch, here: World) -> Batch:
    """The rows of a batch that this process takes.

    Raises:
        BadInput: there are fewer rows than processes.
    """
    if here.size == 1:
        return batch
    if len(batch.tokens) < here.size:
        raise BadInput(
            f"a batch of {len(batch.tokens)} for {here.size} processes", "at least a row each", "raise --batch-size"
        )
    return Batch(batch.tokens[here.rank :: here.size], batch.chain[here.rank :: here.size], batch.padding)


class Objective(nn.Module):
    """The loss as a module, so that DDP sees its forward and its backward pass.

    Args:
        loss: of (model, batch), a mean over the batch's chain tokens.
    """

    def __init__(self, model: nn.Module, loss: Callable[[nn.Module, Batch], Tensor]) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        return self.loss(self.model, batch)


def parallel(objective: Objective, here: World) -> Callable[[Batch], Tensor]:
    """The objective over all processes: from this process's share to a loss whose gradient is that of the whole batch.

    The value itself is of this share.
    """
    if here.size == 1:
        return objective
    # A layer of experts leaves out those that no token was sent to.
    together = DistributedDataParallel(objective, find_unused_parameters=True)

    def loss(batch: Batch) -> Float[Tensor, ""]:
        mine = batch.chain[:, :-1].sum()
        total = mine.clone()
        dist.all_reduce(total)
        value = together(batch)
        weight = mine * here.size / total
        # The value stays a mean over this share; only the gradient takes the weight.
        return value.detach() + weight * (value - value.detach())

    return loss
