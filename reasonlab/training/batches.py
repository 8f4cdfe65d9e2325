"""Batches: which sequences go together at step t, a pure function of (corpus, seed, batch size): resuming goes on
with the same stream.

Sequences of like length share a batch (sorted within shuffled windows), so that little of what is computed is padding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from numpy.typing import NDArray
from torch import Tensor

from reasonlab.tasks.streams import digest
from reasonlab.training.corpus import Corpus

WINDOW = 40  # batches sorted together: under 5% padding on our tasks, and batches still mix


@dataclass(frozen=True)
class Batch:
    """`tokens` are right-padded; `chain` marks the positions whose *next* token belongs to the chain."""

    tokens: Int[Tensor, "batch pos"]
    chain: Bool[Tensor, "batch pos"]
    padding: float  # the share of `tokens` that is padding


def order(corpus: Corpus, seed: int, epoch: int, batch_size: int) -> list[NDArray[np.int64]]:
    """The batches of one pass over the corpus, as arrays of sequence numbers; a last partial batch is left out."""
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest("batches", seed, epoch), "big")))
    shuffled = rng.permutation(len(corpus))
    lengths = corpus.lengths
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(shuffled), batch_size * WINDOW):
        window = shuffled[start : start + batch_size * WINDOW]
        window = window[np.argsort(lengths[window], kind="stable")]
        cut = len(window) // batch_size
        batches += np.split(window[: cut * batch_size], cut) if cut else []
    return [batches[i] for i in rng.permutation(len(batches))]


def easy(corpus: Corpus, seed: int, step: int, batch_size: int, curriculum: int) -> NDArray[np.int64]:
    """The batch of a step within the curriculum: of the k sizes there are, the smallest ceil(k (step+1) / curriculum).

    Small problems are short, so the skills that all sizes share are learnt at a fraction of the cost.
    """
    sizes = np.unique(corpus.sizes)
    limit = sizes[-(-len(sizes) * (step + 1) // curriculum) - 1]
    allowed = np.flatnonzero(corpus.sizes <= limit)
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest("easy", seed, step), "big")))
    # A random draw, four times too large and sorted by length, of which one stretch is taken: like lengths together.
    # Sixteen times too large leaves half of the padding; on the one seed tried the loss was a third higher (LOG.md).
    drawn = rng.choice(allowed, 4 * batch_size)
    drawn = drawn[np.argsort(corpus.lengths[drawn], kind="stable")]
    first = int(rng.integers(4)) * batch_size
    return drawn[first : first + batch_size]


def stream(
    corpus: Corpus, seed: int, batch_size: int, pad_id: int, *, curriculum: int = 0, start: int = 0
) -> Iterator[Batch]:
    """Batches from step `start` on, without end: the curriculum's, then pass after pass over the corpus, each in an
    order of its own."""
    for step in range(start, curriculum):
        yield collate(corpus, easy(corpus, seed, step, batch_size, curriculum), pad_id)
    step, epoch = curriculum, 0
    while True:
        batches = order(corpus, seed, epoch, batch_size)
        for rows in batches[max(0, start - step) :]:
            yield collate(corpus, rows, pad_id)
        step += len(batches)
        epoch += 1


def collate(corpus: Corpus, rows: NDArray[np.int64], pad_id: int) -> Batch:
    lengths = corpus.lengths[rows]
    width = int(lengths.max())
    tokens = np.full((len(rows), width), pad_id, dtype=np.int64)
    for i, row in enumerate(rows):
        tokens[i, : lengths[i]] = corpus.sequence(int(row))
    position = np.arange(width)[None, :]
    chain = (position >= corpus.prompts[rows][:, None] - 1) & (position < lengths[:, None] - 1)
    padding = 1.0 - float(lengths.sum()) / tokens.size
    return Batch(torch.from_numpy(tokens), torch.from_numpy(chain), padding)
