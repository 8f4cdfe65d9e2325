"""Several processes on one run, by DistributedDataParallel or FSDP2; `torchrun --nproc-per-node 2 -m reasonlab.cli`.

Every process holds the model and takes its share of each batch, every size-th row. The loss is a mean over the chain's
tokens, of which a share holds more or fewer: each process weighs its own mean by its tokens, so that the average of the
processes' gradients, which both make, is the gradient of the whole batch on one process (a test).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from reasonlab.language.errors import BadInput
from reasonlab.models import HookedModel
from reasonlab.training.batches import Batch
from reasonlab.training.sharding import shard


@dataclass(frozen=True)
class World:
    """This process's number, and how many there are."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes: metrics, checkpoints, the run."""
        return self.rank == 0

    def agree(self, over: float, stop: bool) -> tuple[float, bool]:
        """What all hold to be so: the first one's `over`, since clocks differ; a stop that any was asked for."""
        if self.size == 1:
            return over, stop
        said = torch.tensor([over if self.first else 0.0, float(stop)], dtype=torch.float64)
        dist.all_reduce(said)
        return float(said[0]), bool(said[1] > 0)

    def tell(self, what: Any = None) -> Any:
        """What the first process gives (anything that JSON holds), in every process."""
        if self.size == 1:
            return what
        data = bytearray(json.dumps(what).encode()) if self.first else bytearray()
        length = torch.tensor([len(data)])
        dist.broadcast(length, 0)
        text = torch.frombuffer(data, dtype=torch.uint8) if self.first else torch.empty(int(length), dtype=torch.uint8)
        dist.broadcast(text, 0)
        return json.loads(bytes(text.tolist()))


ALONE = World()


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
        yield ALONE
        return
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(rank, size)
    finally:
        dist.destroy_process_group()


def local(device: torch.device) -> torch.device:
    """The device of this process, where torchrun gives each its own GPU."""
    if device.type != "cuda" or "LOCAL_RANK" not in os.environ:
        return device
    return torch.device("cuda", int(os.environ["LOCAL_RANK"]))


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
        losses: of (model, batch): a mean over the batch's chain tokens, and what is added to it.
    """

    def __init__(self, model: HookedModel, losses: Callable[[HookedModel, Batch], tuple[Tensor, Tensor]]) -> None:
        super().__init__()
        self.model, self.losses = model, losses

    def forward(self, batch: Batch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        return self.losses(self.model, batch)


def parallel(objective: Objective, here: World, *, split: bool = False) -> Callable[[Batch], tuple[Tensor, Tensor]]:
    """The objective over all processes: from this process's share to a loss that is that of the whole batch, value and
    gradient. What is added to it is of the share.

    Args:
        split: whether each process holds its part of the weights only (`sharding`); optimisers are made afterwards.
    """
    if here.size == 1:
        return objective
    # A layer of experts leaves out those that no token was sent to.
    together: nn.Module = objective
    if split:
        shard(objective, objective.model.blocks)
    else:
        together = DistributedDataParallel(objective, find_unused_parameters=True)

    def whole(batch: Batch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        loss, added = together(batch)
        mine = batch.chain[:, :-1].sum()
        sums = torch.stack((mine.double(), mine * loss.detach().double()))
        dist.all_reduce(sums)
        weight = (mine * here.size / sums[0]).float()
        return (sums[1] / sums[0]).float() + weight * (loss - loss.detach()), added

    return whole
