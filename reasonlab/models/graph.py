"""The computation graph of a decoder: who writes to the residual stream, and who reads from it.

    writers  embed, each head's result, each MLP's output                 the stream is their sum
    readers  each head's q, k and v (k and v once a key/value head), each MLP, the logits
    edge     a writer and a reader that comes after it

as in Goldowsky-Dill et al. 2023 (arXiv 2304.05969) and Syed et al. 2023 (arXiv 2310.10348), q, k and v apart. Any model
with TransformerLens' names has it, if what its blocks write is what is added to the stream (no norm after it).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool
from torch import Tensor

EMBED, LOGITS = "embed", "logits"
SPLITS = ("q", "k", "v")


def head_node(layer: int, head: int) -> str:
    """`head 0.1`."""
    return f"head {layer}.{head}"


def mlp_node(layer: int) -> str:
    """`mlp 0`."""
    return f"mlp {layer}"


@dataclass(frozen=True)
class Graph:
    """Names and order of a decoder's writers and readers.

    Attributes:
        kv_heads: key/value heads a layer; head 1.0 k is the keys of the first one.
    """

    layers: int
    heads: int
    kv_heads: int

    @cached_property
    def writers(self) -> tuple[str, ...]:
        """In the order in which they write: embed, head 0.0, head 0.1 ..., mlp 0, head 1.0 ..."""
        each = [[*(head_node(layer, h) for h in range(self.heads)), mlp_node(layer)] for layer in range(self.layers)]
        return (EMBED, *(name for layer in each for name in layer))

    @cached_property
    def readers(self) -> tuple[str, ...]:
        """In the order in which they read: head 0.0 q ..., head 0.0 k ..., head 0.0 v ..., mlp 0, ..., logits."""
        names: list[str] = []
        for layer in range(self.layers):
            for split in SPLITS:
                names += [f"{head_node(layer, h)} {split}" for h in range(self.split_heads(split))]
            names.append(mlp_node(layer))
        return (*names, LOGITS)

    def split_heads(self, split: str) -> int:
        return self.heads if split == "q" else self.kv_heads

    def written_before(self, reader: str) -> int:
        """How many of the writers come before a reader."""
        if reader == LOGITS:
            return len(self.writers)
        layer = int(reader.split()[1].split(".")[0])
        return 1 + layer * (self.heads + 1) + (self.heads if reader.startswith("mlp") else 0)

    @cached_property
    def allowed(self) -> Bool[Tensor, "reader writer"]:
        """The edges there are."""
        mask = torch.zeros(len(self.readers), len(self.writers), dtype=torch.bool)
        for row, reader in zip(mask, self.readers):
            row[: self.written_before(reader)] = True
        return mask

    @cached_property
    def size(self) -> int:
        """How many edges there are."""
        return int(self.allowed.sum())

    def edges(self, mask: Bool[Tensor, "reader writer"] | None = None) -> list[tuple[str, str]]:
        """The edges of a mask (of all, if None) as (writer, reader)."""
        chosen = self.allowed if mask is None else mask & self.allowed
        return [(self.writers[w], self.readers[r]) for r, w in chosen.nonzero().tolist()]

    def mask(self, edges: list[tuple[str, str]]) -> Bool[Tensor, "reader writer"]:
        """The reverse of `edges`."""
        found = torch.zeros_like(self.allowed)
        for writer, reader in edges:
            found[self.readers.index(reader), self.writers.index(writer)] = True
        return found & self.allowed

    def slots(self, layer: int) -> dict[str, slice]:
        """The readers of a layer's inputs, by the name of the input: q, k, v, mlp."""
        first = layer * (self.heads + 2 * self.kv_heads + 1)
        found = {}
        for split in SPLITS:
            found[split] = slice(first, first + self.split_heads(split))
            first = found[split].stop
        return {**found, "mlp": slice(first, first + 1)}

    def useful(self, mask: Bool[Tensor, "reader writer"]) -> Bool[Tensor, "reader writer"]:
        """The edges on a path from the embedding to the logits: under resampling the others do nothing."""
        found = mask & self.allowed
        while True:
            reached = torch.tensor([name == EMBED or bool(found[self._inputs(name)].any()) for name in self.writers])
            wanted = torch.tensor([name == LOGITS or bool(found[:, self._output(name)].any()) for name in self.readers])
            less = found & reached[None] & wanted[:, None]
            if torch.equal(less, found):
                return found
            found = less

    def _inputs(self, writer: str) -> list[int]:
        """The readers that feed a writer."""
        kind, place = writer.split()
        if kind == "mlp":
            return [self.readers.index(writer)]
        layer, head = map(int, place.split("."))
        kv = head * self.kv_heads // self.heads
        names = (f"{head_node(layer, head)} q", f"{head_node(layer, kv)} k", f"{head_node(layer, kv)} v")
        return [self.readers.index(name) for name in names]

    def _output(self, reader: str) -> list[int]:
        """The writers that a reader feeds."""
        if reader.startswith("mlp"):
            return [self.writers.index(reader)]
        place, split = reader.split()[1:]
        layer, head = map(int, place.split("."))
        share = 1 if split == "q" else self.heads // self.kv_heads
        return [self.writers.index(head_node(layer, h)) for h in range(head * share, (head + 1) * share)]
