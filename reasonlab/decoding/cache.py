"""Storage for the keys and values of earlier tokens, as reasonlab.models' KeyValueCache asks for it.

A prompt is read into a `Prefill`, rows padded on the right. Decoding then goes on in a `StaticCache`: allocated once,
and aligned so that all rows write their next token into the *same* slot (a plain slice: no scatter is as fast).
Row b of a tile whose longest prompt has P tokens starts at slot P - len_b, so slot = position + start_b.

Keys are stored with the slots innermost: for one query a row, q K is then a sum of long contiguous runs (twice as fast
on a CPU as a dot product per key).
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class Prefill:
    """Keeps each layer's keys and values of the prompts as they come: [batch kv pos d_head], padded on the right."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.layers: list[tuple[Tensor, Tensor]] = []

    def positions(self, new: int) -> Int[Tensor, "1 pos"]:
        return torch.arange(new, device=self.device)[None]

    def hidden_keys(self, new: int) -> None:
        """No padding to hide: it stands on the right, where causal attention does not look."""

    def append(
        self, layer: int, k: Float[Tensor, "batch kv pos d_head"], v: Float[Tensor, "batch kv pos d_head"]
    ) -> tuple[Float[Tensor, "batch kv pos d_head"], Float[Tensor, "batch kv pos d_head"]]:
        self.layers.append((k, v))
        return k, v


class StaticCache:
    """Room for `room` more tokens of each row, after the prompts of `prefill`.

    Args:
        prefill: has seen the prompts.
        lengths: of the prompts.
        rows: which prompt each row of this cache goes on from; a prompt may serve several rows.
        room: how many tokens may be appended.
    """

    def __init__(self, prefill: Prefill, lengths: Int[Tensor, "prompt"], rows: Int[Tensor, "batch"], room: int) -> None:
        lengths = lengths[rows]
        self.size = int(lengths.max())
        self.start = self.size - lengths
        self.ragged = bool((self.start > 0).any())
        # Slot s of row b takes the prompt's position s - start_b; slots before the start take anything, and are hidden.
        source = (torch.arange(self.size, device=rows.device) - self.start[:, None]).clamp(min=0)
        self.layers = [
            (
                self._place(k, rows, source, room).transpose(-1, -2).contiguous().transpose(-1, -2),
                self._place(v, rows, source, room),
            )
            for k, v in prefill.layers
        ]

    def _place(
        self,
        prompt: Float[Tensor, "prompt kv pos d_head"],
        rows: Int[Tensor, "batch"],
        source: Int[Tensor, "batch slot"],
        room: int,
    ) -> Float[Tensor, "batch kv capacity d_head"]:
        _, kv, _, d_head = prompt.shape
        slots = prompt.new_empty(len(rows), kv, self.size + room, d_head)
        chosen = prompt[rows]
        if self.ragged:
            chosen = chosen.gather(2, source[:, None, :, None].expand(-1, kv, -1, d_head))
        slots[:, :, : self.size] = chosen[:, :, : self.size]
        return slots

    def positions(self, new: int) -> Int[Tensor, "batch pos"]:
        return self.size - self.start[:, None] + torch.arange(new, device=self.start.device)

    def hidden_keys(self, new: int) -> Bool[Tensor, "batch key"] | None:
        if not self.ragged:
            return None
        return torch.arange(self.size + new, device=self.start.device) < self.start[:, None]

    def append(
        self, layer: int, k: Float[Tensor, "batch kv pos d_head"], v: Float[Tensor, "batch kv pos d_head"]
    ) -> tuple[Float[Tensor, "batch kv key d_head"], Float[Tensor, "batch kv key d_head"]]:
        keys, values = self.layers[layer]
        end = self.size + k.shape[2]
        keys[:, :, self.size : end] = k
        values[:, :, self.size : end] = v
        if layer == len(self.layers) - 1:
            self.size = end
        return keys[:, :, :end], values[:, :, :end]

    def keep(self, rows: Int[Tensor, "kept"]) -> None:
        """Drop every row but these."""
        self.layers = [(k.transpose(-1, -2)[rows].transpose(-1, -2), v[rows]) for k, v in self.layers]
        self.start = self.start[rows]
        self.ragged = bool((self.start > 0).any())
