"""A variant: one sequence with one activation put in place, and where its logits are wanted."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Variant:
    """One sequence and one site in it: `value` replaces the activation of `hook` at `position` (of one `head`).

    `value` is [d_model], or [d_head] where a head is named. `reads`: the positions whose next-token logits are wanted.
    `hook` None: nothing is replaced.
    """

    tokens: tuple[int, ...]
    reads: tuple[int, ...]
    hook: str | None = None
    position: int = 0
    head: int | None = None
    value: Tensor | None = None
