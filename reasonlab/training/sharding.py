"""FSDP2: weights, gradients and optimiser state split over the processes, each holding its rows of every tensor.

A block's weights are gathered when the block computes and let go after its backward pass. A split module is there to be
trained; to look at it, or to hand it on, its weights are brought into a whole one. What is saved is whole, too, so that
a checkpoint does not know how many processes wrote it. Source: Zhao et al., "PyTorch FSDP" (arXiv 2304.11277), as
torch.distributed.fsdp.fully_shard does it.
"""

from __future__ import annotations

import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor


def shard(whole: nn.Module, blocks: nn.ModuleList) -> None:
    """Splits the parameters of a module, which must be alike in all processes, in place: make optimisers afterwards.

    Args:
        blocks: parts of it that are gathered and let go one by one.
    """
    device = next(whole.parameters()).device.type
    mesh = init_device_mesh(device, (dist.get_world_size(),))
    for module in (*blocks, whole):
        fully_shard(module, mesh=mesh, reshard_after_forward=False)


def gathered(tensor: Tensor) -> Tensor:
    """All of a tensor that may be split. Every process has to ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def split_like(value: Tensor, other: Tensor) -> Tensor:
    """A whole tensor split as another one is, if that is."""
    if not isinstance(other, DTensor):
        return value
    return distribute_tensor(value, other.device_mesh, other.placements, src_data_rank=None)


def bring(split: nn.Module, whole: nn.Module) -> None:
    """Copies the weights and buffers of a split module into a whole one. Every process has to come by."""
    homes = whole.state_dict()
    for name, value in split.state_dict().items():
        homes[name].copy_(gathered(value))
