"""Patches of bytes: where they begin and end, who sees what of them, and what a cache keeps of them.

    byte t ends its patch iff the entropy of byte t+1, given bytes 0 to t, is above the threshold

so that it is known once byte t has been read, and before byte t+1 is. Byte 0 begins the first patch. A patch is
complete at its last byte: from there on, and not before, its latent may be read.
"""

from typing import Any, NamedTuple, Protocol, Self

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from reasonlab.models.attention import Context, KeyValueCache
from reasonlab.models.rotary import RotaryTables


class RowCache(KeyValueCache, Protocol):
    """A cache that remembers something of each row besides keys and values."""

    state: dict[str, Tensor]
    """[batch ...] each; empty before the prompt. A row's part leaves and is copied with the row."""

    def last(self, x: Tensor) -> Tensor:
        """[batch pos ...] -> [batch ...]: x at the last byte of each row, padding left aside."""


class Patches(NamedTuple):
    """The patches of one forward pass, seen from each byte."""

    ends: Bool[Tensor, "batch pos"]
    """Whether the byte is the last of its patch."""
    starts: Int[Tensor, "batch pos"]
    """The position of the first byte of its patch."""
    complete: Int[Tensor, "batch pos"]
    """How many patches are complete once the byte has been read, its own among them if it ends there."""

    @classmethod
    def ending(
        cls, ends: Bool[Tensor, "batch pos"], positions: Int[Tensor, "#batch pos"], cache: RowCache | None
    ) -> Self:
        """The patches that end there, going on from those in the cache."""
        known = {} if cache is None else cache.state
        begun = known.get("patch_start", ends.new_zeros(len(ends), dtype=torch.long))
        following = torch.where(ends, positions + 1, begun[:, None]).cummax(1).values
        complete = ends.long().cumsum(1) + known.get("patch_count", torch.zeros_like(begun))[:, None]
        if cache is not None:
            known |= {"patch_start": cache.last(following), "patch_count": cache.last(complete)}
        return cls(ends, torch.cat((begun[:, None], following[:, :-1]), 1), complete)


class PatchContext(Context):
    """What the layers of one pass over bytes share. `cut` comes before all that asks for patches."""

    patches: Patches
    own: "OwnPatch"
    """The same pass, for attention within patches."""

    def cut(self, ends: Bool[Tensor, "batch pos"], tables: RotaryTables) -> Self:
        """Let the patches end there."""
        cache: Any = self.cache
        self.patches = Patches.ending(ends, self.positions, cache)
        self.own = OwnPatch(self, self.patches.starts, tables)
        return self


class OwnPatch(Context):
    """A context in which a byte sees no patch but its own, and of that what came before."""

    def __init__(self, context: Context, starts: Int[Tensor, "batch pos"], tables: RotaryTables) -> None:
        super().__init__(tables, starts.shape[1], context.positions, context.cache)
        self.starts = starts

    def _make_blocked(self, keys: int, window: int | None, chunk: int | None) -> Bool[Tensor, "batch pos key"]:
        outside = self.key_positions(keys)[:, None] < self.starts[:, :, None]
        causal = super()._make_blocked(keys, window, chunk)
        return outside if causal is None else outside | causal


class PromptKeys:
    """Keys and values of the patches of prompts: kept in the state of the bytes' cache."""

    padded = False

    def __init__(self, state: dict[str, Tensor], device: torch.device) -> None:
        self.state, self.device = state, device

    def positions(self, new: int) -> Int[Tensor, "1 pos"]:
        return torch.arange(new, device=self.device)[None]

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        self.state |= {f"patch_k.{layer}": k, f"patch_v.{layer}": v}
        return k, v


class StepKeys:
    """Those of one more patch in each of `rows`. Rows reach their patches at their own pace, so keys and values stand
    by number, [batch kv slot d], with room at their end: that of row b is number `slots` of b."""

    padded = False

    def __init__(self, state: dict[str, Tensor], rows: Int[Tensor, "ended"], slots: Int[Tensor, "ended 1"]) -> None:
        self.state, self.rows, self.slots, self.used = state, rows, slots, int(slots.max()) + 1

    def positions(self, new: int) -> Int[Tensor, "ended 1"]:
        return self.slots

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        return self._write(f"patch_k.{layer}", k), self._write(f"patch_v.{layer}", v)

    def _write(self, name: str, new: Float[Tensor, "ended kv 1 d"]) -> Float[Tensor, "ended kv slot d"]:
        if self.state[name].shape[2] < self.used:
            self.state[name] = F.pad(self.state[name], (0, 0, 0, self.used))
        self.state[name][self.rows, :, self.slots[:, 0]] = new[:, :, 0]
        return self.state[name][self.rows, :, : self.used]


class StepContext(Context):
    """For one more patch in each row, which sees those of smaller numbers."""

    def _make_blocked(self, keys: int, window: int | None, chunk: int | None) -> Bool[Tensor, "ended 1 key"]:
        return torch.arange(keys, device=self.positions.device) > self.positions[:, :, None]
