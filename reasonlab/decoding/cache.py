"""Storage for the keys and values of earlier tokens, as reasonlab.models' KeyValueCache asks for it.

A prompt is read into a `Prefill`, rows padded on the right. Decoding then goes on in a `StaticCache`: allocated once,
and aligned so that all rows write their next token into the *same* slot (a plain slice: no scatter is as fast).
Row b of a tile whose longest prompt has P tokens starts at slot P - len_b, so slot = position + start_b. A layer that
looks back over a window only keeps the slots of the window: in a buffer of twice its length, whose latter half moves
to the front when it is full. What an architecture remembers of a row besides (`state`) goes where the row goes.

Keys are stored with the slots innermost: for one query a row, q K is then a sum of long contiguous runs (twice as fast
on a CPU as a dot product per key).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Prefill:
    """Keeps each layer's keys and values of the prompts as they come: [batch kv pos d_head], padded on the right."""

    padded = False  # on the right only, where causal attention does not look

    def __init__(self, device: torch.device, lengths: Int[Tensor, "prompt"] | None = None) -> None:
        self.device, self.lengths = device, lengths
        self.layers: list[tuple[Tensor, Tensor]] = []
        self.state: dict[str, Tensor] = {}

    def positions(self, new: int) -> Int[Tensor, "1 pos"]:
        return torch.arange(new, device=self.device)[None]

    def last(self, x: Float[Tensor, "prompt pos *rest"]) -> Float[Tensor, "prompt *rest"]:
        """x at each prompt's last token; at the last column where no lengths were given."""
        return x[:, -1] if self.lengths is None else x[torch.arange(len(x), device=x.device), self.lengths - 1]

    def append(
        self, layer: int, k: Float[Tensor, "batch kv pos d_head"], v: Float[Tensor, "batch kv pos d_head"]
    ) -> tuple[Float[Tensor, "batch kv pos d_head"], Float[Tensor, "batch kv pos d_head"]]:
        self.layers.append((k, v))
        return k, v


class Slots:
    """One layer's keys and values: [batch kv slot d], the newest last; all of them, or the last `window` ones."""

    def __init__(
        self,
        k: Float[Tensor, "batch kv slot d_k"],
        v: Float[Tensor, "batch kv slot d_v"],
        room: int,
        window: int | None,
    ) -> None:
        self.window, self.used = window, k.shape[2]
        capacity = self.used + room if window is None else min(self.used + room, 2 * max(window, self.used))
        batch, kv, _, d_k = k.shape
        self.k = k.new_empty(batch, kv, d_k, capacity).transpose(-1, -2)
        self.v = v.new_empty(batch, kv, capacity, v.shape[-1])
        self.k[:, :, : self.used], self.v[:, :, : self.used] = k, v

    def reserve(self, new: int) -> tuple[Float[Tensor, "batch kv key d_k"], Float[Tensor, "batch kv key d_v"]]:
        """All that the next `new` queries may look at; its last `new` slots are theirs to write."""
        if self.window is not None and self.used + new > self.k.shape[2]:
            kept = self.window - 1
            for tensor in (self.k, self.v):
                tensor[:, :, :kept] = tensor[:, :, self.used - kept : self.used].clone()
            self.used = kept
        self.used = end = self.used + new
        first = 0 if self.window is None else max(0, end - (self.window - 1 + new))
        return self.k[:, :, first:end], self.v[:, :, first:end]

    def keep(self, rows: Int[Tensor, "kept"]) -> None:
        self.k = self.k.transpose(-1, -2)[rows].transpose(-1, -2)
        self.v = self.v[rows]


class StaticCache:
    """Room for `room` more tokens of each row, after the prompts of `prefill`.

    Args:
        prefill: has seen the prompts.
        lengths: of the prompts.
        rows: which prompt each row of this cache goes on from; a prompt may serve several rows.
        room: how many tokens may be appended, one at a time.
        windows: for each layer, how many keys back a query looks at most; None for all.
    """

    def __init__(
        self,
        prefill: Prefill,
        lengths: Int[Tensor, "prompt"],
        rows: Int[Tensor, "batch"],
        room: int,
        windows: Sequence[int | None],
    ) -> None:
        lengths = lengths[rows]
        self.size = int(lengths.max())
        self.start = self.size - lengths
        self.padded = bool((self.start > 0).any())
        # Slot s of row b takes the prompt's position s - start_b; slots before the start take anything, and are hidden.
        source = (torch.arange(self.size, device=rows.device) - self.start[:, None]).clamp(min=0)
        self.state = {name: value[rows] for name, value in prefill.state.items()}
        self.layers = []
        for (k, v), window in zip(prefill.layers, windows, strict=True):
            first = 0 if window is None else max(0, self.size - window)
            placed_k, placed_v = (self._place(x, rows, source, first) for x in (k, v))
            self.layers.append(Slots(placed_k, placed_v, room, window))

    def _place(
        self,
        prompt: Float[Tensor, "prompt kv pos d"],
        rows: Int[Tensor, "batch"],
        source: Int[Tensor, "batch slot"],
        first: int,
    ) -> Float[Tensor, "batch kv kept d"]:
        """The slots from `first` on."""
        _, kv, _, d = prompt.shape
        chosen = prompt[rows]
        if self.padded:
            return chosen.gather(2, source[:, None, first:, None].expand(-1, kv, -1, d))
        return chosen[:, :, first : self.size]

    def positions(self, new: int) -> Int[Tensor, "#batch pos"]:
        start = self.start if self.padded else self.start[:1]
        return self.size - start[:, None] + torch.arange(new, device=start.device)

    def reserve(
        self, layer: int, new: int
    ) -> tuple[Float[Tensor, "batch kv key d_k"], Float[Tensor, "batch kv key d_v"]]:
        """Room in a layer for the next `new` tokens, in the last slots of what they may look at."""
        if layer == len(self.layers) - 1:
            self.size += new
        return self.layers[layer].reserve(new)

    def append(
        self, layer: int, k: Float[Tensor, "batch kv pos d_k"], v: Float[Tensor, "batch kv pos d_v"]
    ) -> tuple[Float[Tensor, "batch kv key d_k"], Float[Tensor, "batch kv key d_v"]]:
        new = k.shape[2]
        keys, values = self.reserve(layer, new)
        keys[:, :, -new:], values[:, :, -new:] = k, v
        return keys, values

    def last(self, x: Float[Tensor, "batch pos *rest"]) -> Float[Tensor, "batch *rest"]:
        return x[:, -1]

    def keep(self, rows: Int[Tensor, "kept"]) -> None:
        """Drop every row but these."""
        self.state = {name: value[rows] for name, value in self.state.items()}
        for slots in self.layers:
            slots.keep(rows)
        self.start = self.start[rows]
        self.padded = bool((self.start > 0).any())
