"""How this machine computes a step fastest: the arithmetic, among those that pass an error probe, and the threads.

"medium" lets float32 products use bfloat16 passes where the processor has them; "bf16" is autocast. Neither is
trusted: the gradient of one real batch is compared with the one in full float32.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

CHOICES = ("fp32", "medium", "bf16")
# The relative error of the whole gradient, as a vector. bfloat16 keeps 8 bits, so one rounding is 0.004; what sums up
# over a few layers stays below this, and a path that computes something else does not.
TOLERANCE = {"medium": 0.02, "bf16": 0.08}


@contextmanager
def precision(name: str, device: torch.device) -> Iterator[None]:
    """Run forward and backward in the named precision."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if name == "medium" else "highest")
    try:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=name == "bf16"):
            yield
    finally:
        torch.set_float32_matmul_precision(before)


def choose(
    model: nn.Module, loss: Callable[[], Tensor], device: torch.device, *, repeats: int = 3
) -> tuple[str, dict[str, dict[str, float]]]:
    """The fastest precision that passes, and what was measured: seconds a step and gradient error, by name."""
    measured: dict[str, dict[str, float]] = {}
    reference: Tensor | None = None
    for name in CHOICES:
        times = []
        for _ in range(repeats + 1):
            model.zero_grad(set_to_none=True)
            begin = time.perf_counter()
            with precision(name, device):
                value = loss()
            value.backward()
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - begin)
        gradient = torch.cat([p.grad.flatten().float() for p in model.parameters() if p.grad is not None])
        reference = gradient if reference is None else reference
        error = float((gradient - reference).norm() / reference.norm())
        measured[name] = {"seconds": min(times[1:]), "gradient_error": error}
    model.zero_grad(set_to_none=True)
    passing = [name for name in CHOICES if name == "fp32" or measured[name]["gradient_error"] <= TOLERANCE[name]]
    return min(passing, key=lambda name: measured[name]["seconds"]), measured


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Run on so many threads of torch; 0 leaves them as they are."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_threads(step: Callable[[], object], *, repeats: int = 6) -> tuple[int, dict[str, float]]:
    """The faster of one thread and as many as torch takes, and the mean seconds a step of each.

    Small steps are split into parts so short that threads which have other work beside them mostly wait for each other.
    """
    most = torch.get_num_threads()
    seconds = dict.fromkeys((most, 1), 0.0)
    for _ in range(repeats):  # in turn, so that what else goes on meets both
        for number in seconds:
            with threads(number):
                step()
                begin = time.perf_counter()
                step()
                seconds[number] += (time.perf_counter() - begin) / repeats
    return min(seconds, key=lambda number: seconds[number]), {str(key): value for key, value in seconds.items()}
